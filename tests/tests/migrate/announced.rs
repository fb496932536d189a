//! Versions of the application that are running, and what is not taken away from them.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::time::Duration;

use postgres::{Client, NoTls};
use tenantry::migrate::{Phase, Report, RunningRelease, WaitsFor};
use tenantry::scope::{Options, Release};
use tenantry::testing::TestDb;
use tenantry::{Database, ErrorKind};
use tenantry_tests::bouncer::Bouncer;
use tenantry_tests::fleet::{app, chain, migrator, texts};
use tenantry_tests::programs::is_not_installed;
use tenantry_tests::wait::until;

use crate::common::{full, versions, young_shop};

fn old() -> Release {
    Release::new("web 1.0", "0004_emails").unwrap()
}

fn new() -> Release {
    Release::of("web 1.1", &full()).unwrap()
}

/// The versions that keep a migration from being applied, each with its last migration and its number of processes.
fn needed_by(report: &Report) -> Vec<String> {
    let Some(blocked) = &report.blocked else {
        return Vec::new();
    };
    assert_eq!(blocked.migration, "0005_no_names");
    let WaitsFor::Applications(running) = &blocked.waits_for else {
        panic!("{blocked:?}");
    };
    let shown = |it: &RunningRelease| format!("{} {} {}", it.processes, it.name, it.migration);
    running.iter().map(shown).collect()
}

fn run(client: &mut Client) -> Report {
    migrator(full())
        .phase(Phase::Contract)
        .on(client)
        .run()
        .unwrap()
}

fn announced(client: &mut Client) -> Vec<String> {
    texts(client, "SELECT name FROM tenantry.application ORDER BY 1")
}

#[test]
fn what_a_running_version_needs_is_not_taken_away() {
    let (db, mut client) = young_shop(&["a", "b"]);
    let app = app(db.url());
    let running = [old(), old(), new()].map(|release| app.announce(&release).unwrap());
    let blocked = run(&mut client);
    assert_eq!(needed_by(&blocked), ["2 web 1.0 0004_emails"]);
    assert_eq!(versions(&mut client), ["a 4", "b 4"]);
    let plan = migrator(full()).on(&mut client).dry_run().unwrap();
    assert_eq!((plan.steps.len(), plan.blocked), (0, blocked.blocked));
    let [one, other, new] = running;
    drop(one);
    assert_eq!(needed_by(&run(&mut client)), ["1 web 1.0 0004_emails"]);
    drop(other);
    assert_eq!(announced(&mut client), ["web 1.1"]);
    assert_eq!(run(&mut client).blocked, None);
    assert_eq!(versions(&mut client), ["a 5", "b 5"]);
    // Whoever comes too late is told so, and keeps nobody from anything.
    let late = app.announce(&old()).unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Outdated);
    let said = late.to_string();
    assert!(
        said.contains("`web 1.0`") && said.contains("`0005_no_names`"),
        "{said}"
    );
    assert_eq!(announced(&mut client), ["web 1.1"]);
    assert!(new.take_error().is_none());
}

#[test]
fn a_process_that_was_killed_counts_as_gone_after_a_while() {
    let (_db, mut client) = young_shop(&["a"]);
    // As it leaves its row behind, with one that is long gone.
    client
        .batch_execute(
            "INSERT INTO tenantry.application (id, name, migration, position, seen_at, gone_after) VALUES \
             ('x', 'killed', '0002_customers', 2, now(), '3 s'), \
             ('y', 'long gone', '0002_customers', 2, now() - interval '1 day', '1 min')",
        )
        .unwrap();
    assert_eq!(needed_by(&run(&mut client)), ["1 killed 0002_customers"]);
    until("it counts as gone", || run(&mut client).blocked.is_none());
    assert_eq!(versions(&mut client), ["a 5"]);
}

#[test]
fn signs_are_given_as_long_as_a_process_is_there() {
    let (db, mut client) = young_shop(&["a"]);
    let db = app(db.url());
    let release = old().gone_after(Duration::from_secs(1));
    let running = db.announce(&release).unwrap();
    let signs = "SELECT count(*)::text FROM tenantry.application WHERE seen_at > started_at + interval '2 s'";
    until("it has given several signs", || {
        assert_eq!(needed_by(&run(&mut client)).len(), 1);
        texts(&mut client, signs) == ["1"]
    });
    // Somebody takes it away all the same, and the version is told.
    client
        .batch_execute("UPDATE tenantry.application SET gone_after = '0'")
        .unwrap();
    assert_eq!(run(&mut client).blocked, None);
    until("it is told", || {
        let error = running.take_error();
        error.is_some_and(|error| error.kind() == ErrorKind::Outdated)
    });
    drop(running);
    assert_eq!(announced(&mut client), Vec::<String>::new());
}

#[test]
fn a_migration_that_got_another_number_is_known_by_its_name() {
    let (db, mut client) = young_shop(&["a"]);
    let db = app(db.url());
    // A branch had it as the second, and by now it is the fourth.
    let early = Release::new("web 1.0", "0007_emails").unwrap();
    let _early = db.announce(&early).unwrap();
    client
        .batch_execute("UPDATE tenantry.application SET migration = '0004_emails'")
        .unwrap();
    assert_eq!(needed_by(&run(&mut client)), ["1 web 1.0 0004_emails"]);
}

#[test]
fn only_what_takes_away_asks_who_is_running() {
    let (db, mut client) = young_shop(&["a"]);
    let db = app(db.url());
    let _old = db.announce(&Release::new("web 0.9", "0001_plans").unwrap());
    let expand = chain(&[
        tenantry_tests::fleet::PLANS,
        tenantry_tests::fleet::CUSTOMERS,
        tenantry_tests::fleet::INVOICES,
    ]);
    let report = migrator(expand).on(&mut client).run().unwrap();
    assert_eq!((report.migrated, report.blocked), (1, None));
}

#[test]
fn a_role_without_rights_is_told_what_to_grant() {
    let (db, mut client) = young_shop(&[]);
    let role = format!("reader_{}", db.name());
    client
        .batch_execute(&format!("CREATE ROLE {role} LOGIN"))
        .unwrap();
    let as_role = |db: &TestDb| {
        let mut config = db.config();
        Database::connect_with(config.user(&role), NoTls, Options::default()).unwrap()
    };
    let grants = [
        format!("GRANT USAGE ON SCHEMA tenantry TO {role}"),
        format!("GRANT SELECT, INSERT, UPDATE, DELETE ON tenantry.application TO {role}"),
        format!("GRANT SELECT ON tenantry.migration, tenantry.ledger TO {role}"),
    ];
    for grant in &grants {
        let error = as_role(&db).announce(&old()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Permission, "before {grant}");
        let said = error.to_string();
        let (granted, _) = grant.split_once(" TO ").unwrap();
        assert!(said.contains(granted), "{said}");
        client.batch_execute(grant).unwrap();
    }
    let running = as_role(&db).announce(&old()).unwrap();
    assert_eq!(needed_by(&run(&mut client)), ["1 web 1.0 0004_emails"]);
    drop(running);
    assert_eq!(announced(&mut client), Vec::<String>::new());
    client
        .batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"))
        .unwrap();
}

#[test]
fn a_transaction_pooler_may_be_in_between() {
    let (db, mut client) = young_shop(&["a"]);
    let Some(bouncer) = Bouncer::start(&db) else {
        is_not_installed("PgBouncer");
        return;
    };
    let pooled = Database::connect_with(&bouncer.config(), NoTls, Options::default()).unwrap();
    let running = pooled.announce(&old()).unwrap();
    assert_eq!(needed_by(&run(&mut client)), ["1 web 1.0 0004_emails"]);
    drop(running);
    assert_eq!(run(&mut client).blocked, None);
}

#[test]
fn a_database_without_metadata_tables_and_a_wrong_id_are_told() {
    let db = TestDb::new();
    let error = app(db.url()).announce(&old()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotMigrated);
    for wrong in ["", "notes", "4_notes", "0004", "x004_notes", "-004_notes"] {
        let error = Release::new("web", wrong).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Chain, "{wrong}");
    }
    assert!(Release::of("web", &chain(&[])).is_err());
}
