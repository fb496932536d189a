//! A database that is dropped and made again under its name, while a process goes on that knew the one before.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::time::Duration;

use postgres::NoTls;
use tenantry::ErrorKind;
use tenantry::migrate::Chain;
use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry::testing::TestDb;
use tenantry_tests::Shop;
use tenantry_tests::again::make_again;
use tenantry_tests::fleet::{Folder, PLANS, app, chain, check_whole, create, key, migrate, texts};
use tenantry_tests::shop::{Customer, NewCustomer, Plan};
use tenantry_tests::wait::until;

const NOTES: Folder<'static> = (
    "0002_notes",
    &[(
        "tenant.up.sql",
        "CREATE TABLE \"{tenant}\".notes (id bigint PRIMARY KEY);",
    )],
);

/// The same, and a function whose text has the name of the schema.
const COUNTED: Folder<'static> = (
    "0002_notes",
    &[(
        "tenant.up.sql",
        "CREATE TABLE \"{tenant}\".notes (id bigint PRIMARY KEY);\n\
         CREATE FUNCTION \"{tenant}\".how_many() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM \"{tenant}\".notes';",
    )],
);

/// Applies a chain, and makes three standbys.
fn ready(database: &TestDb, chain: Chain) {
    migrate(&mut database.connect(), chain);
    let made = app(database.url()).tenants().refill_standbys(3).unwrap();
    assert_eq!(made, 3);
}

#[test]
fn a_standby_of_the_database_before_is_not_taken_for_one_of_this() {
    let template = TestDb::new();
    migrate(&mut template.connect(), chain(&[PLANS]));
    let as_template = "UPDATE tenantry.meta SET database = 0";
    template.connect().batch_execute(as_template).unwrap();
    for template in [None, Some(&template)] {
        let database = TestDb::new();
        make_again(&database, template);
        ready(&database, chain(&[PLANS, NOTES]));
        let db = app(database.url());
        // From here on it has the other two in mind.
        db.tenants().create(key("first")).unwrap();

        make_again(&database, template);
        ready(&database, chain(&[PLANS, COUNTED]));
        db.tenants().create(key("second")).unwrap();
        assert_eq!(db.tenants().standbys().unwrap().ready, 2, "none is claimed");
        let mut client = database.connect();
        let count = texts(&mut client, "SELECT second.how_many()::text");
        assert_eq!(count, ["0"]);
        check_whole(&mut client, &chain(&[PLANS, COUNTED]));
    }
}

fn add(acme: &mut TenantScope, name: &str) -> Stored<Customer> {
    let free = Plan::query().filter(Plan::CODE.eq("free")).one(acme);
    let customer = NewCustomer::new(name, "ann@example.com", &free.unwrap());
    Customer::insert(customer).returning(acme).unwrap()
}

#[test]
fn a_row_of_the_database_before_is_not_saved_in_the_tenant_that_has_its_tenants_number_and_names() {
    let (shop, other) = (Shop::new(), Shop::new());
    add(&mut other.tenant("acme"), "Bob");
    other.db().close(Duration::from_secs(30)).unwrap();
    create(&mut shop.database().connect(), "acme");
    let mut options = Options::default();
    // Whoever looks keeps its connection for half of that after its last look.
    options.registry_staleness = Duration::from_secs(4);
    let db = Database::connect_with(&shop.database().config(), NoTls, options).unwrap();
    let mut ann = add(&mut db.tenant(key("acme")).unwrap(), "Ann");

    make_again(shop.database(), Some(other.database()));
    let mut client = shop.database().connect();
    let mut looks = || {
        let looks = "SELECT pid::text FROM pg_stat_activity WHERE datname = current_database() \
            AND state = 'idle' AND query LIKE '%FROM tenantry.tenant WHERE id = ANY%'";
        texts(&mut client, looks)
    };
    until("the registry is looked at again", || !looks().is_empty());
    // The server is done before the answer is read. Whoever has read it knows no tenant any more, and looks no further.
    until("nobody looks", || looks().is_empty());
    let mut acme = db.tenant(key("acme")).unwrap();
    ann.name = "Cid".to_owned();
    let error = ann.save(&mut acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignRow, "{error}");
    let names = texts(&mut client, "SELECT name FROM acme.customers");
    assert_eq!(names, ["Bob"]);
}
