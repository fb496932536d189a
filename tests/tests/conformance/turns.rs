//! Creations take turns, and who waits for one in vain is told who has it.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use postgres::{Client, NoTls};
use tenantry::scope::Options;
use tenantry::tenant::NewTenant;
use tenantry::testing::TestDb;
use tenantry::{Database, Error, ErrorKind};
use tenantry_tests::fleet::{check_whole, key, migrate, shop};

/// A database, and a way in that gives up soon.
fn hasty() -> (TestDb, Database, Client) {
    let database = TestDb::new();
    let mut client = database.connect();
    migrate(&mut client, shop());
    let mut options = Options::default();
    options.lock_timeout = Duration::from_millis(100);
    options.lock_wait = Duration::from_millis(350);
    let db = Database::connect_with(&database.config(), NoTls, options).unwrap();
    (database, db, client)
}

#[track_caller]
fn is_told<T: std::fmt::Debug>(outcome: Result<T, Error>, who: &str) {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LockTimeout, "{error}");
    assert!(error.is_retryable(), "{error}");
    let text = error.to_string();
    let words = format!("{who} has had the turn to create a tenant for ");
    for part in [&*words, "longer than anybody else", "tried ", "\nhelp: "] {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

#[test]
fn a_creation_that_takes_long_is_named_to_those_who_wait_for_its_turn() {
    let (database, db, mut client) = hasty();
    let mut slow = database.config();
    slow.application_name("slow");
    let slow = Database::connect_with(&slow, NoTls, Options::default()).unwrap();
    let one_at_once = |name: &str| NewTenant::new(&key(name)).at_once(1);
    let ((began, has_begun), (go_on, goes_on)) = (mpsc::channel(), mpsc::channel());
    thread::scope(|scope| {
        let making = scope.spawn(|| {
            slow.tenants().create_with(one_at_once("acme"), move |_| {
                began.send(()).unwrap();
                goes_on.recv().unwrap();
                Ok(())
            })
        });
        has_begun.recv().unwrap();
        let pid: i32 = client
            .query_one(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'slow' AND datname = current_database()",
                &[],
            )
            .unwrap()
            .get(0);
        let who = format!("session {pid} (`slow`)");
        is_told(db.tenants().create(one_at_once("globex")), &who);
        is_told(
            db.tenants().create_with(one_at_once("globex"), |_| Ok(())),
            &who,
        );
        go_on.send(()).unwrap();
        making.join().unwrap().unwrap();
    });
    db.tenants().create(one_at_once("globex")).unwrap();
    check_whole(&mut client, &shop());
}

#[test]
fn whoever_makes_standbys_is_named_to_those_who_want_to_make_some() {
    let (database, db, mut client) = hasty();
    let mut other = database.connect();
    // As a session has it whose client is gone, and that nobody has told so.
    let lock =
        "SET application_name = 'gone'; BEGIN; SELECT pg_advisory_xact_lock(x'74656e01'::int, -1)";
    other.batch_execute(lock).unwrap();
    is_told(db.tenants().refill_standbys(1), "(`gone`)");
    // Who waits for something else is not told of turns.
    other.batch_execute("ROLLBACK").unwrap();
    other
        .batch_execute(
            "BEGIN; SELECT FROM tenantry.meta FOR UPDATE; SELECT pg_advisory_xact_lock(5, 5)",
        )
        .unwrap();
    let error = db.tenants().create(&key("acme")).unwrap_err().to_string();
    assert!(
        error.contains("`tenantry.meta` locked") && !error.contains("turn"),
        "{error}"
    );
    other.batch_execute("ROLLBACK").unwrap();
    db.tenants().refill_standbys(1).unwrap();
    check_whole(&mut client, &shop());
}
