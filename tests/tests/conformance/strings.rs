//! A string ends where tenantry says that it ends, or nothing is sent over the connection.

use std::fmt::Debug;

use postgres::NoTls;
use tenantry::exec::blocking;
use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry::testing::TestDb;
use tenantry::{Error, ErrorKind, sql};
use tenantry_tests::bouncer::Bouncer;
use tenantry_tests::fleet::{chain, migrate, shop, texts};
use tenantry_tests::programs::is_not_installed;

use crate::common::key;

/// A database whose sessions take a backslash in a string for an escape, unless they say otherwise.
fn escaping() -> TestDb {
    let database = TestDb::new();
    set(&database, "off");
    database
}

fn set(database: &TestDb, value: &str) {
    let name = database.name();
    let set = format!("ALTER DATABASE {name} SET standard_conforming_strings = {value}");
    database.connect().batch_execute(&set).unwrap();
}

#[track_caller]
fn refused<T: Debug>(outcome: Result<T, Error>) {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    assert!(!error.is_retryable(), "{error}");
    let text = error.to_string();
    for part in [
        "`standard_conforming_strings` is off",
        "\nhelp: `ALTER ROLE",
    ] {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

#[test]
fn a_session_that_reads_strings_in_another_way_is_refused() {
    let database = escaping();
    refused(Database::connect(database.url()));
    let Some(bouncer) = Bouncer::start(&database) else {
        is_not_installed("PgBouncer");
        return;
    };
    let behind = Database::connect_with(&bouncer.config(), NoTls, Options::default());
    refused(behind);
}

#[tokio::test]
async fn so_it_is_from_a_task() {
    let database = blocking(escaping);
    refused(tenantry::tokio::Database::connect(database.url()).await);
    blocking(|| set(&database, "on"));
    let db = tenantry::tokio::Database::connect(database.url()).await;
    drop(db.unwrap());
    blocking(|| drop(database));
}

#[test]
fn a_session_that_begins_to_do_so_later_is_refused_too() {
    let database = TestDb::new();
    migrate(&mut database.connect(), shop());
    let db = Database::connect(database.url()).unwrap();
    let mut first = db.shared().unwrap();
    set(&database, "off");
    refused(db.shared());
    // What is there goes on.
    let one = first
        .sql(sql!("SELECT pg_catalog.length('\\')"))
        .row::<i32>();
    assert_eq!(one.unwrap(), 1);
    set(&database, "on");
    drop(db.shared().unwrap());
}

#[test]
fn the_setting_can_be_given_with_the_connection_and_then_all_strings_are_whole() {
    const UP: &str = r#"CREATE TABLE "{tenant}".paths (id bigint PRIMARY KEY, path text DEFAULT 'c:\' NOT NULL);
        INSERT INTO "{tenant}".paths VALUES (1, '\'), (2, 'a\\b; "{tenant}".c'), (3, E'\\ \''), (4, DEFAULT);
        CREATE FUNCTION "{tenant}".slash() RETURNS text LANGUAGE sql AS 'SELECT ''\''';"#;
    let database = escaping();
    let mut config = database.config();
    config.options("-c standard_conforming_strings=on");
    let db = Database::connect_with(&config, NoTls, Options::default()).unwrap();
    let chain = || chain(&[("0001_paths", &[("tenant.up.sql", UP)])]);
    db.migrator(chain()).run().unwrap();
    // The first takes the baseline and the second what was made ready.
    for name in ["acme", "globex"] {
        db.tenants().create(&key(name)).unwrap();
        db.tenants().refill_standbys(1).unwrap();
        let paths = format!("SELECT path FROM {name}.paths ORDER BY id");
        assert_eq!(
            texts(&mut database.connect(), &paths),
            ["\\", r#"a\\b; "{tenant}".c"#, "\\ '", "c:\\"]
        );
        let slash = format!("SELECT {name}.slash()");
        assert_eq!(texts(&mut config.connect(NoTls).unwrap(), &slash), ["\\"]);
    }
    let mut acme = db.tenant(&key("acme")).unwrap();
    let read = |acme: &mut TenantScope| {
        let read = acme.sql(sql!("SELECT '\\' || $1::text || 'b\\''; c'"));
        read.bind("a").row::<String>().unwrap()
    };
    assert_eq!(read(&mut acme), "\\ab\\'; c");
    // Whatever somebody does to the session, the next who has it finds it as it was.
    acme.client()
        .batch_execute("SET standard_conforming_strings = off")
        .unwrap();
    drop(acme);
    let mut acme = db.tenant(&key("acme")).unwrap();
    assert_eq!(read(&mut acme), "\\ab\\'; c");
}
