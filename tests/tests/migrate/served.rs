//! Tenants that a version of the application serves, by the migrations that they have.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use postgres::NoTls;
use tenantry::migrate::{Chain, Phase};
use tenantry::scope::Options;
use tenantry::tenant::ServedRange;
use tenantry::testing::TestDb;
use tenantry::{Database, ErrorKind};
use tenantry_tests::fleet::{CUSTOMERS, Folder, INVOICES, PLANS, chain, create, key, migrator};
use tenantry_tests::wait::until;

use crate::common::{full, young_shop};

/// Has only a shared part.
const CODES: Folder<'static> = (
    "0004_codes",
    &[(
        "shared.up.sql",
        "CREATE INDEX codes ON \"{shared}\".plans (code);",
    )],
);

fn serving(db: &TestDb, range: ServedRange) -> Database {
    let mut options = Options::default();
    options.serves = range;
    Database::connect_with(&db.config(), NoTls, options).unwrap()
}

fn since(db: &TestDb, id: &str) -> Database {
    serving(db, ServedRange::new().since(id).unwrap())
}

fn before(db: &TestDb, id: &str) -> Database {
    serving(db, ServedRange::new().until(id).unwrap())
}

fn is_served(db: &Database, tenant: &str) -> bool {
    let opened = [
        db.tenant(&key(tenant)).map(drop),
        db.tenant_now(&key(tenant)).map(drop),
        db.read_tenant(&key(tenant)).map(drop),
    ];
    let [is_served, rest @ ..] = opened.map(|opened| match opened {
        Ok(()) => true,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::TenantVersion, "{error}");
            let said = error.to_string();
            assert!(said.contains(&format!("tenant `{tenant}`")), "{said}");
            false
        }
    });
    assert_eq!(rest, [is_served; 2]);
    is_served
}

#[test]
fn a_tenant_that_is_behind_or_ahead_is_told_before_anything_is_asked_of_it() {
    let (db, mut client) = young_shop(&["a", "b"]);
    let (late, early) = (since(&db, "0004_emails"), before(&db, "0005_no_names"));
    assert!(!is_served(&late, "a") && is_served(&early, "a"));
    let expand = migrator(full()).phase(Phase::Expand);
    let expand = expand.only([key("a")]);
    expand.on(&mut client).run().unwrap();
    assert!(is_served(&late, "a") && is_served(&early, "a"));
    assert!(!is_served(&late, "b") && is_served(&early, "b"));
    migrator(full()).on(&mut client).run().unwrap();
    // What was known is forgotten, once it is seen that the tenant has changed.
    for tenant in ["a", "b"] {
        until("the tenant is too new", || {
            early.tenant(&key(tenant)).is_err()
        });
        assert!(is_served(&late, tenant) && !is_served(&early, tenant));
    }
    migrator(full())
        .on(&mut client)
        .rollback(Some("0003_invoices"))
        .unwrap();
    until("the tenant is too old", || late.tenant(&key("a")).is_err());
    assert!(!is_served(&late, "a") && is_served(&early, "a"));
    // Both at once: who comes new is as the others.
    create(&mut client, "c");
    let range = ServedRange::new().since("0002_customers").unwrap();
    let both = serving(&db, range.until("0004_emails").unwrap());
    assert!(is_served(&both, "c"));
}

#[test]
fn a_migration_without_part_for_tenants_is_reached_with_its_shared_part() {
    let (db, mut client) = young_shop(&["a"]);
    let all = || chain(&[PLANS, CUSTOMERS, INVOICES, CODES]);
    let (late, early) = (since(&db, "0004_codes"), before(&db, "0004_codes"));
    assert!(is_served(&since(&db, "0001_plans"), "a"));
    assert!(!is_served(&late, "a") && is_served(&early, "a"));
    let without: Chain = chain(&[PLANS, CUSTOMERS, INVOICES]);
    migrator(without).on(&mut client).run().unwrap();
    assert!(!is_served(&late, "a") && is_served(&early, "a"));
    migrator(all()).on(&mut client).run().unwrap();
    assert!(is_served(&late, "a"));
    // Nothing of the tenant has changed, and still it is seen.
    until("the shared schema is too new", || {
        early.tenant(&key("a")).is_err()
    });
    assert!(!is_served(&early, "a"));
}

#[test]
fn a_tenant_that_has_a_part_of_a_migration_is_not_served_until_it() {
    let (db, mut client) = young_shop(&["a"]);
    let early = before(&db, "0003_half");
    client
        .batch_execute("INSERT INTO a.customers (id, name) VALUES (1, 'x'), (2, 'x')")
        .unwrap();
    let half = [(
        "tenant.up.sql",
        "CREATE INDEX CONCURRENTLY one ON \"{tenant}\".customers (name);\n\
         CREATE UNIQUE INDEX CONCURRENTLY two ON \"{tenant}\".customers (name);",
    )];
    let half = chain(&[PLANS, CUSTOMERS, ("0003_half", &half)]);
    let report = migrator(half).on(&mut client).attempt().unwrap();
    assert_eq!(report.failed.len(), 1);
    assert!(!is_served(&early, "a"));
}

#[test]
fn states_and_names_come_before_versions() {
    let (db, _client) = young_shop(&["a"]);
    let late = since(&db, "0004_emails");
    late.tenants().suspend(key("a")).unwrap();
    let kind = |name: &str| late.tenant(&key(name)).unwrap_err().kind();
    assert_eq!(kind("a"), ErrorKind::TenantState);
    assert_eq!(kind("ghost"), ErrorKind::UnknownTenant);
    let wrong = ServedRange::new().since("notes").unwrap_err();
    assert_eq!(wrong.kind(), ErrorKind::Chain);
}
