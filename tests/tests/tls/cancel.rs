//! Statements that another thread cancels, over TLS, TCP and the socket of the machine.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tenantry::ErrorKind;
use tenantry::exec::blocking;
use tenantry::prelude::*;
use tenantry::sql;
use tenantry_tests::wait::until;

use super::server::TlsServer;
use super::{soon, world};

fn pid(scope: &mut SharedScope) -> i32 {
    let client = scope.client();
    blocking(|| {
        client
            .query_one("SELECT pg_backend_pid()", &[])
            .unwrap()
            .get(0)
    })
}

/// Waits until a session sleeps in a statement, or that is over.
///
/// A server may tell that a statement was cancelled before it says that the session does not sleep any more, so the statement is
/// known by its text.
fn asleep(server: &TlsServer, pid: i32, text: &str, is_over: &AtomicBool) {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep' \
               AND position($2 IN query) > 0";
    let mut client = server.client();
    until("the session sleeps", || {
        let sleeps = client.query_one(sql, &[&pid, &text]);
        is_over.load(Ordering::Relaxed) || sleeps.unwrap().get::<_, i64>(0) > 0
    });
}

/// Cancels a statement, and nothing afterwards.
pub(super) fn is_cancelled(server: &TlsServer, db: &Database) {
    let mut scope = db.shared().unwrap();
    let token = scope.cancel_token().unwrap();
    let first = pid(&mut scope);
    // Another statement of the scope can be cancelled too. A server sends itself the signal more than once, so that the second
    // may be over before it sleeps.
    for text in ["601", "602"] {
        let is_over = AtomicBool::new(false);
        let error = thread::scope(|threads| {
            threads.spawn(|| {
                asleep(server, first, text, &is_over);
                token.cancel().unwrap();
            });
            let slept = match text {
                "601" => scope.sql(sql!("SELECT pg_sleep(601)")).execute(),
                _ => scope.sql(sql!("SELECT pg_sleep(602)")).execute(),
            };
            is_over.store(true, Ordering::Relaxed);
            slept.unwrap_err()
        });
        assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
        assert!(!error.to_string().contains("took longer"), "{error}");
    }
    drop(scope);
    token.cancel().unwrap();
    // The cancellation could have come late, so that nobody is lent that connection.
    let mut scope = db.shared().unwrap();
    assert_ne!(pid(&mut scope), first);
}

/// Cancels nothing of the scope that has the same connection next.
fn is_over_with_its_scope(server: &TlsServer, db: &Database) {
    let mut scope = db.shared().unwrap();
    let old = scope.cancel_token().unwrap();
    let first = pid(&mut scope);
    drop(scope);
    let mut scope = db.shared().unwrap();
    assert_eq!(pid(&mut scope), first);
    let new = scope.cancel_token().unwrap();
    let error = thread::scope(|threads| {
        threads.spawn(|| {
            let is_over = AtomicBool::new(false);
            asleep(server, first, "600", &is_over);
            old.cancel().unwrap();
            // The server has been told nothing, and goes on sleeping.
            asleep(server, first, "600", &is_over);
            new.cancel().unwrap();
        });
        scope.transaction(|tx| {
            tx.sql(sql!("SELECT pg_sleep(600)")).execute()?;
            Ok(())
        })
    });
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Cancelled);
}

#[test]
fn a_token_cancels_over_tls() {
    let Some(world) = world() else { return };
    let shop = world.server.shop();
    let db = soon(world, &shop, 600);
    is_cancelled(&world.server, &db);
    is_over_with_its_scope(&world.server, &db);
}

#[test]
fn a_token_cancels_over_tcp_and_over_a_socket() {
    let server = TlsServer::plain();
    let shop = server.shop();
    let over_tcp = server.url(&shop, "localhost", "sslmode=disable");
    for url in [over_tcp.as_str(), shop.url()] {
        let db = Database::connect(url).unwrap();
        is_cancelled(&server, &db);
        is_over_with_its_scope(&server, &db);
    }
}

#[tokio::test]
async fn a_token_cancels_on_the_thread_of_a_runtime_and_outlives_its_database() {
    let (server, shop, db) = blocking(|| {
        let server = TlsServer::plain();
        let shop = server.shop();
        let db = Database::connect(&server.url(&shop, "localhost", "sslmode=disable")).unwrap();
        (server, shop, db)
    });
    let mut scope = db.shared().unwrap();
    let token = scope.cancel_token().unwrap();
    // Nothing runs: there is nothing to cancel, and the next statement goes through or is cancelled.
    token.cancel().unwrap();
    if let Err(error) = scope.sql(sql!("SELECT 1")).execute() {
        assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
    }
    drop((scope, db));
    token.cancel().unwrap();
    blocking(|| drop((shop, server)));
}
