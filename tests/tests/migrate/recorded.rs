//! The chain of the folder beside the chain that is recorded.

use tenantry::{ErrorKind, SchemaName};
use tenantry_tests::fleet::{
    CUSTOMERS, Folder, INVOICES, PLANS, app, chain, create, key, migrate, migrator, shop, shop_db,
};

use crate::common::{EMAILS, run, versions, young_shop};

fn edited(
    folder: Folder<'static>,
    file: &str,
    sql: &'static str,
) -> (&'static str, Vec<(&'static str, &'static str)>) {
    let texts = folder
        .1
        .iter()
        .map(|(name, text)| (*name, if *name == file { sql } else { *text }));
    (folder.0, texts.collect())
}

#[test]
fn a_migration_that_is_applied_nowhere_can_be_edited() {
    let (_db, mut client) = young_shop(&["acme"]);
    client
        .batch_execute("INSERT INTO acme.customers VALUES (1, 'Ann', NULL)")
        .unwrap();
    let before = chain(&[PLANS, CUSTOMERS, INVOICES, EMAILS]);
    run(&mut client, before).unwrap_err();
    let (id, texts) = edited(
        EMAILS,
        "tenant.up.sql",
        "ALTER TABLE \"{tenant}\".customers ADD COLUMN email text",
    );
    run(
        &mut client,
        chain(&[PLANS, CUSTOMERS, INVOICES, (id, &texts)]),
    )
    .unwrap();
    assert_eq!(versions(&mut client), ["acme 4"]);
}

#[test]
fn a_migration_that_is_applied_can_not() {
    let (_db, mut client) = young_shop(&["acme"]);
    for file in ["tenant.up.sql", "tenant.down.sql"] {
        let (id, texts) = edited(CUSTOMERS, file, "-- nothing\nSELECT 1");
        let error = run(&mut client, chain(&[PLANS, (id, &texts)])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Diverged);
        let text = error.to_string();
        assert!(
            text.starts_with(&format!(
                "`0002_customers/{file}`: the migration `0002_customers` is applied"
            )),
            "{text}"
        );
        assert!(
            text.contains("line 1 was") && text.contains("help: undo the change"),
            "{text}"
        );
    }
    let status = {
        let (id, texts) = edited(CUSTOMERS, "tenant.up.sql", "SELECT 1");
        migrator(chain(&[PLANS, (id, &texts)]))
            .on(&mut client)
            .status()
            .unwrap()
    };
    assert_eq!(status.conflicts.len(), 1, "{status:?}");
    let other: Folder<'_> = ("0002_orders", CUSTOMERS.1);
    let error = run(&mut client, chain(&[PLANS, other])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Diverged);
    assert!(
        error.to_string().contains("`0002_customers` applied"),
        "{error}"
    );
}

#[test]
fn an_application_from_before_the_last_migration_goes_on() {
    let (_db, mut client) = young_shop(&["acme"]);
    migrate(&mut client, shop());
    let report = run(&mut client, chain(&[PLANS, CUSTOMERS])).unwrap();
    assert_eq!(report.ahead, ["0003_invoices"]);
    assert_eq!(report.migrated, 0);
    create(&mut client, "bolt");
    assert_eq!(versions(&mut client), ["acme 3", "bolt 3"]);
}

#[test]
fn another_shared_schema_than_before_is_refused() {
    let (_db, mut client) = young_shop(&[]);
    let other = SchemaName::new("common").unwrap();
    let error = tenantry::migrate::Migrator::new(shop(), other)
        .on(&mut client)
        .run()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("`shared`"), "{error}");
}

#[test]
fn what_a_newer_version_of_the_books_says_is_not_guessed() {
    let (db, mut client) = young_shop(&[]);
    client
        .batch_execute("UPDATE tenantry.meta SET format = 99")
        .unwrap();
    let run = run(&mut client, shop()).unwrap_err();
    let create = app(db.url()).tenants().create(key("acme")).unwrap_err();
    for error in [run, create] {
        assert_eq!(error.kind(), ErrorKind::NewerFormat, "{error}");
    }
}

#[test]
fn sql_that_is_recorded_is_not_changed_behind_its_checksum() {
    let db = shop_db();
    let mut client = db.connect();
    for change in [
        "SET tenant_up = tenant_up || '; SELECT 1' WHERE tenant_up IS NOT NULL",
        "SET tenant_down = 'SELECT 1' WHERE tenant_up IS NOT NULL",
        "SET shared_up = 'SELECT 1' WHERE shared_up IS NOT NULL",
        "SET is_transaction = false",
        "SET tenant_checksum = 'x' WHERE tenant_up IS NOT NULL",
    ] {
        let error = client
            .batch_execute(&format!("UPDATE tenantry.migration {change}"))
            .unwrap_err();
        let constraint = error.as_db_error().and_then(|error| error.constraint());
        assert!(
            constraint.is_some_and(|name| name.ends_with("_checksum_fits")),
            "{change}: {error:?}"
        );
    }
}
