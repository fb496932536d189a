//! Others beside the booking: another run, a kill, a version of the application that is running.

use std::thread;

use postgres::Client;
use tenantry::Database;
use tenantry::ErrorKind;
use tenantry::scope::{Options, Release};
use tenantry::tenant::ServedRange;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{
    CUSTOMERS, PLANS, app, chain, check_whole, create, key, migrate, texts,
};
use tenantry_tests::wait::until;

use crate::common::{ALL, Migrations, OF_TENANTS, PHONES, TAGS, booked, picture, versions};

/// A fleet that has all of the range, which is one by now on disk.
fn squashed(database: &TestDb, tenants: &[&str]) -> (Client, Migrations) {
    let mut client = database.connect();
    let migrations = Migrations::new(&ALL[..6]);
    migrations.migrate(&mut client);
    for tenant in tenants {
        create(&mut client, tenant);
    }
    migrations.squash(&mut client, "3", "6");
    (client, migrations)
}

#[test]
fn two_runs_at_once_book_it_once() {
    let database = TestDb::new();
    let (mut client, migrations) = squashed(&database, &["a", "b", "c"]);
    let db = app(database.url());
    thread::scope(|scope| {
        let runs = [0; 4].map(|_| scope.spawn(|| db.migrator(migrations.chain()).run()));
        for run in runs {
            assert_eq!(run.join().unwrap().unwrap().migrated, 0);
        }
    });
    let booked = "SELECT migration FROM tenantry.ledger WHERE migration LIKE '0006%'";
    assert_eq!(texts(&mut client, booked), ["0006_squashed"; 4]);
    check_whole(&mut client, &migrations.chain());
}

#[test]
fn a_run_that_is_killed_has_booked_nothing() {
    let database = TestDb::new();
    let (mut client, migrations) = squashed(&database, &["a", "b"]);
    let before = (picture(&mut client), versions(&mut client));
    // The ledger is written before the versions, whose rows somebody has.
    let mut other = database.connect();
    let mut tx = other.transaction().unwrap();
    tx.batch_execute("SELECT FROM tenantry.tenant WHERE key = 'b' FOR UPDATE")
        .unwrap();
    let killed = thread::scope(|scope| {
        let run = scope.spawn(|| {
            let mut client = database.connect();
            migrations.migrator().on(&mut client).run()
        });
        let waits = "SELECT a.pid::text FROM pg_catalog.pg_stat_activity AS a WHERE a.query LIKE 'UPDATE tenantry.tenant SET version%' \
                     AND a.wait_event_type = 'Lock' AND a.datname = current_database()";
        until("it waits", || !texts(&mut client, waits).is_empty());
        client
            .batch_execute(&format!(
                "SELECT pg_catalog.pg_terminate_backend(pid::int) FROM ({waits}) AS w (pid)"
            ))
            .unwrap();
        run.join().unwrap()
    });
    assert!(killed.is_err());
    tx.rollback().unwrap();
    let after = (picture(&mut client), versions(&mut client));
    assert_eq!(after, before);
    assert_eq!(migrations.migrate(&mut client), (0, 0));
    check_whole(&mut client, &migrations.chain());
}

#[test]
fn somebody_who_migrates_tenants_meanwhile_is_waited_for() {
    let database = TestDb::new();
    let (mut client, migrations) = squashed(&database, &["a"]);
    let mut other = database.connect();
    let mut tx = other.transaction().unwrap();
    // As a creation holds the chain.
    tx.batch_execute("SELECT FROM tenantry.meta FOR SHARE")
        .unwrap();
    thread::scope(|scope| {
        let run = scope.spawn(|| {
            let mut client = database.connect();
            migrations.migrate(&mut client)
        });
        let waits = "SELECT query FROM pg_catalog.pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
        until("it waits", || !texts(&mut client, waits).is_empty());
        assert!(booked(&mut client).contains(&"a 0005_notes".to_owned()));
        tx.rollback().unwrap();
        assert_eq!(run.join().unwrap(), (0, 0));
    });
    assert!(booked(&mut client).contains(&"a 0006_squashed".to_owned()));
}

/// A range in which something is taken away before something is added.
fn contracts() -> Migrations {
    let dropped = [
        (
            "migration.toml",
            "format = 1\nid = \"0004_no_phones\"\nphase = \"contract\"\n",
        ),
        (
            "tenant.up.sql",
            "ALTER TABLE \"{tenant}\".customers DROP COLUMN phone",
        ),
    ];
    let tags = ("0005_tags", TAGS.1);
    Migrations::new(&[PLANS, CUSTOMERS, PHONES, ("0004_no_phones", &dropped), tags])
}

#[test]
fn a_version_that_runs_is_not_outdated_by_the_whole_of_what_it_knows_a_part_of() {
    let database = TestDb::new();
    let mut client = database.connect();
    let db = app(database.url());
    let migrations = contracts();
    migrations.migrate(&mut client);
    create(&mut client, "acme");
    let web = Release::new("web 1.0", "0004_no_phones").unwrap();
    let runs = db.announce(&web).unwrap();
    let why = "`web 1.0` is running and knows those up to `0004_no_phones` only";
    migrations.refuses(&mut client, ("3", "5"), why);
    drop(runs);
    migrations.squash(&mut client, "3", "5");
    let runs = db.announce(&web).unwrap();
    let before = booked(&mut client);
    let error = migrations.migrator().on(&mut client).run().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Migration);
    assert!(error.to_string().contains(why), "{error}");
    assert_eq!(booked(&mut client), before);
    drop(runs);
    assert_eq!(migrations.migrate(&mut client), (0, 0));
    check_whole(&mut client, &migrations.chain());
}

#[test]
fn whom_a_version_serves_is_asked_by_the_numbers_of_the_whole() {
    let database = TestDb::new();
    let mut client = database.connect();
    migrate(&mut client, chain(&OF_TENANTS[..2]));
    create(&mut client, "acme");
    let migrations = Migrations::new(&OF_TENANTS);
    migrations.squash(&mut TestDb::new().connect(), "3", "4");
    // It is recorded, and not applied to the tenant that others are to be tried with.
    create(&mut client, "other");
    let migrator = migrations.migrator().only([key("other")]);
    migrator.on(&mut client).run().unwrap();
    let serves = |range: ServedRange| {
        let mut options = Options::default();
        options.serves = range;
        Database::connect_to(&database.url().parse().unwrap(), options).unwrap()
    };
    for since in ["0003_phones", "0004_notes", "0004_squashed"] {
        let db = serves(ServedRange::new().since(since).unwrap());
        let error = db.tenant(key("acme")).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TenantVersion, "{since}");
        db.tenant(key("other")).unwrap();
        let db = serves(ServedRange::new().until(since).unwrap());
        db.tenant(key("acme")).unwrap();
        let error = db.tenant(key("other")).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TenantVersion, "{since}");
    }
    let db = serves(ServedRange::new().since("0002_customers").unwrap());
    db.tenant(key("acme")).unwrap();
}
