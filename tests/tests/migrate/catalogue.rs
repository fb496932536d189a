//! Two that change the same entry of the catalogue at once: the one that comes second is tried again.

use std::thread;

use postgres::Client;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{CUSTOMERS, PLANS, chain, create, migrate, migrator, texts};
use tenantry_tests::wait::until_by;

use crate::common::{versions, young_shop};

/// Statements about a thing that all tenants share, and what somebody else does to it meanwhile.
const RACES: [(&str, &str); 2] = [
    (
        "GRANT SELECT ON \"{shared}\".plans TO pg_monitor;",
        "GRANT INSERT ON shared.plans TO pg_monitor",
    ),
    (
        "CREATE OR REPLACE FUNCTION \"{shared}\".f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "CREATE OR REPLACE FUNCTION shared.f() RETURNS int LANGUAGE sql AS 'SELECT 2'",
    ),
];

/// Does some work that waits for a transaction of somebody else, which is committed then.
fn beside<T: Send>(
    db: &TestDb,
    client: &mut Client,
    theirs: &str,
    work: impl FnOnce() -> T + Send,
) -> T {
    let mut other = db.connect();
    let mut tx = other.transaction().expect("the server is there");
    tx.batch_execute(theirs).expect("nobody else is at it");
    thread::scope(|scope| {
        let run = scope.spawn(work);
        until_by(&run, "it waits for the other transaction", || {
            let waiting = "SELECT pid::text FROM pg_catalog.pg_stat_activity \
                           WHERE datname = current_database() AND wait_event_type = 'Lock'";
            !texts(client, waiting).is_empty()
        });
        tx.commit().expect("the server is there");
        run.join().expect("the work is done")
    })
}

#[test]
fn a_migration_that_changes_a_shared_thing_at_once_with_another_is_tried_again() {
    for (ours, theirs) in RACES {
        let (db, mut client) = young_shop(&["a", "b"]);
        let parts = [("tenant.up.sql", ours)];
        let chain = chain(&[PLANS, CUSTOMERS, ("0003_shared", &parts)]);
        let run = || migrator(chain).on(&mut db.connect()).run();
        let report = beside(&db, &mut client, theirs, run).unwrap();
        assert_eq!(report.migrated, 2, "{ours}");
        assert_eq!(versions(&mut client), ["a 3", "b 3"]);
    }
}

#[test]
fn a_sign_up_that_changes_a_shared_thing_at_once_with_another_is_tried_again() {
    for (ours, theirs) in RACES {
        let (db, mut client) = young_shop(&[]);
        let parts = [("tenant.up.sql", ours)];
        migrate(
            &mut client,
            chain(&[PLANS, CUSTOMERS, ("0003_shared", &parts)]),
        );
        beside(&db, &mut client, theirs, || create(&mut db.connect(), "a"));
        assert_eq!(versions(&mut client), ["a 3"]);
    }
}
