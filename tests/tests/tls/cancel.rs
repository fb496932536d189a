//! Statements that another thread cancels, over TLS, TCP and the socket of the machine.

use std::thread;
use std::time::{Duration, Instant};

use tenantry::ErrorKind;
use tenantry::exec::blocking;
use tenantry::prelude::*;
use tenantry::sql;

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

/// Waits until a session sleeps.
fn asleep(server: &TlsServer, pid: i32) {
    let deadline = Instant::now() + Duration::from_secs(30);
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'";
    let mut client = server.client();
    while client.query_one(sql, &[&pid]).unwrap().get::<_, i64>(0) == 0 {
        assert!(Instant::now() < deadline, "{pid} does not sleep");
    }
}

/// Cancels a statement, and nothing afterwards.
fn is_cancelled(server: &TlsServer, db: &Database) {
    let mut scope = db.shared().unwrap();
    let token = scope.cancel_token().unwrap();
    let first = pid(&mut scope);
    // Another statement of the scope can be cancelled too.
    for _ in 0..2 {
        let error = thread::scope(|threads| {
            threads.spawn(|| {
                asleep(server, first);
                token.cancel().unwrap();
            });
            let slept = scope.sql(sql!("SELECT pg_sleep(60)")).execute();
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
            asleep(server, first);
            old.cancel().unwrap();
            // The server has been told nothing, and goes on sleeping.
            asleep(server, first);
            new.cancel().unwrap();
        });
        scope.transaction(|tx| {
            tx.sql(sql!("SELECT pg_sleep(60)")).execute()?;
            Ok(())
        })
    });
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Cancelled);
}

#[test]
fn a_token_cancels_over_tls() {
    let Some(world) = world() else { return };
    let shop = world.server.shop();
    let db = soon(world, &shop, 60);
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
