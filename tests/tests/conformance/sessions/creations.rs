//! Nothing that the rows of a baseline have evaluated reaches the next scope of the connection or the next sign-up.

use postgres::NoTls;
use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{Folder, chain, key, migrate, texts};

use super::left;

/// A function that leaves a setting and a lock in its session.
const SLY: &str = "LANGUAGE plpgsql AS $$ BEGIN \
    PERFORM set_config('app.x', n::text, false), pg_advisory_lock(7); RETURN true; END $$;";

/// Creates tenants over one connection, with and without work of the application, and looks at it after each.
fn leaves_nothing(folder: Folder<'_>) {
    let database = TestDb::new();
    let mut client = database.connect();
    migrate(&mut client, chain(&[folder]));
    let reason = "SELECT reason FROM tenantry.baseline WHERE sql IS NULL";
    assert_eq!(texts(&mut client, reason), Vec::<String>::new());
    let mut options = Options::default();
    options.max_connections = 1;
    let db = Database::connect_with(&database.config(), NoTls, options).unwrap();
    for name in ["a", "b"] {
        db.tenants().create(key(name)).unwrap();
        let mut scope = db.shared().unwrap();
        assert_eq!(left(scope.client()), Vec::<String>::new(), "{name}");
    }
    // The locks that are the creation's own are there until the end.
    let seen = "SELECT concat(current_setting('app.x', true), (SELECT count(*) FROM pg_locks \
                WHERE locktype = 'advisory' AND objid = 7 AND pid = pg_backend_pid()))";
    let (_, seen) = db
        .tenants()
        .create_with(key("c"), |tx| {
            Ok::<_, tenantry::Error>(texts(tx.client(), seen))
        })
        .unwrap();
    assert_eq!(seen, ["0"]);
    // Whoever signs up over another connection waits for no lock that is left.
    let other = Database::connect(database.url()).unwrap();
    other.tenants().create(key("d")).unwrap();
}

#[test]
fn a_check_of_rows_leaves_nothing_in_the_connection() {
    let sql = format!(
        "CREATE FUNCTION \"{{tenant}}\".ok(n int) RETURNS bool {SLY} \
         CREATE TABLE \"{{tenant}}\".t (n int CHECK (\"{{tenant}}\".ok(n))); INSERT INTO \"{{tenant}}\".t VALUES (1);"
    );
    leaves_nothing(("0001_rows", &[("tenant.up.sql", &sql)]));
}

#[test]
fn a_check_of_a_shared_domain_leaves_nothing_in_the_connection() {
    let shared = format!(
        "CREATE FUNCTION \"{{shared}}\".ok(n int) RETURNS bool {SLY} \
         CREATE DOMAIN \"{{shared}}\".d AS int CHECK (\"{{shared}}\".ok(VALUE));"
    );
    let tenant = "CREATE TABLE \"{tenant}\".t (list \"{shared}\".d[] DEFAULT '{1}');";
    leaves_nothing((
        "0001_list",
        &[("shared.up.sql", &shared), ("tenant.up.sql", tenant)],
    ));
}
