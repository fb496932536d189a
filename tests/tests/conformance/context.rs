//! A statement runs in the scope it is given, and nowhere else.

use postgres::error::SqlState;
use tenantry::prelude::*;
use tenantry::{Error, ErrorKind};
use tenantry_tests::shop::{Customer, NewCustomer, Plan};
use tenantry_tests::{Shop, chain_of};

use tenantry::testing::TestDb;

use crate::common::{backend, customer, customers, key, one_connection, open};

/// A query is built without a tenant, and reads where it is run, whatever was in use when it was built.
///
/// That it can't be run in a scope without a tenant is shown by `tests/ui/scope/tenant_rows_without_a_tenant.rs`.
#[test]
fn a_query_reads_the_tenant_that_it_is_run_in() {
    let shop = Shop::new();
    let (mut acme, mut globex) = (shop.tenant("acme"), shop.tenant("globex"));
    let query = Customer::query().filter(Customer::EMAIL.ends_with("@x.example"));
    customer(&mut acme, "Ann");
    let names = |scope: &mut TenantScope| {
        let rows = query.clone().all(scope).unwrap();
        rows.into_iter()
            .map(|row| row.into_inner().name)
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&mut globex), [""; 0]);
    customer(&mut globex, "Zoe");
    assert_eq!(names(&mut acme), ["Ann"]);
    assert_eq!(names(&mut globex), ["Zoe"]);
    assert_eq!(names(&mut acme), ["Ann"]);
    let sql = query.to_sql(&globex).unwrap();
    assert!(sql.contains("\"globex\".\"customers\""), "{sql}");
}

/// For changes and raw SQL: they too are made without a tenant, and change where they are run.
#[test]
fn a_change_changes_the_tenant_that_it_is_run_in() {
    let shop = Shop::new();
    let (mut acme, mut globex) = (shop.tenant("acme"), shop.tenant("globex"));
    customer(&mut acme, "Ann");
    customer(&mut globex, "Zoe");
    let rename = Customer::update_where(Customer::everything()).set(Customer::NAME, "Bob");
    assert_eq!(rename.execute(&mut globex).unwrap(), 1);
    assert_eq!(customers(&mut acme), ["Ann"]);
    globex
        .sql(sql!("DELETE FROM {Customer}"))
        .execute()
        .unwrap();
    assert_eq!(customers(&mut globex), [""; 0]);
    assert_eq!(customers(&mut acme), ["Ann"]);
}

/// After a rollback to a savepoint, statements go where the scope says, as before.
#[test]
fn a_savepoint_that_is_rolled_back_leaves_the_tenant_as_it_is() {
    let shop = Shop::new();
    let (mut acme, mut globex) = (shop.tenant("acme"), shop.tenant("globex"));
    customer(&mut globex, "Zoe");
    acme.transaction(|acme| {
        customer(acme, "Ann");
        let failed: Result<(), Error> = acme.transaction(|acme| {
            // Another tenant comes in between, and a shared row, and then a failure.
            customers(&mut globex);
            Plan::query().count(&mut acme.shared_mut())?;
            customer(acme, "Bob");
            Customer::insert(NewCustomer::new("Ann", "Ann@x.example", 1)).execute(acme)
        });
        assert!(failed.unwrap_err().is_unique());
        assert_eq!(acme.key().as_str(), "acme");
        assert_eq!(customers(acme), ["Ann"]);
        customer(acme, "Cid");
        Ok::<_, Error>(())
    })
    .unwrap();
    assert_eq!(customers(&mut acme), ["Ann", "Cid"]);
    assert_eq!(customers(&mut globex), ["Zoe"]);
}

/// Nothing that a statement means depends on the session, so a session that another tenant, or anybody, has left
/// behind in whatever state serves the right tenant. `tests/pgbouncer.rs` has the pooler.
#[test]
fn no_state_of_a_session_leads_to_another_tenant() {
    let shop = Shop::new();
    let db = one_connection(&shop);
    customer(&mut shop.tenant("acme"), "Ann");
    let pid = {
        let mut globex = shop.tenant("globex");
        customer(&mut globex, "Zoe");
        drop(globex);
        let mut globex = open(&db, "globex");
        globex
            .client()
            .batch_execute("SET search_path TO globex; CREATE TEMPORARY TABLE customers (id bigint, name text)")
            .unwrap();
        backend(&mut globex)
    };
    let mut acme = open(&db, "acme");
    assert_eq!(backend(&mut acme), pid, "the test needs the same session");
    assert_eq!(customers(&mut acme), ["Ann"]);
    let raw = acme.sql(sql!("SELECT {Customer.name} FROM {Customer}"));
    assert_eq!(raw.rows::<String>().unwrap(), ["Ann"]);
    customer(&mut acme, "Bob");
    assert_eq!(customers(&mut acme), ["Ann", "Bob"]);
    drop(acme);
    assert_eq!(customers(&mut open(&db, "globex")), ["Zoe"]);
}

/// A session that ends between two statements is an error, in the transaction too, and the next scope is right.
#[test]
fn a_session_that_is_lost_between_two_statements_is_an_error() {
    let shop = Shop::new();
    let db = one_connection(&shop);
    shop.tenant("acme");
    customer(&mut shop.tenant("globex"), "Zoe");
    let mut acme = open(&db, "acme");
    let outcome: Result<(), Error> = acme.transaction(|acme| {
        customer(acme, "Ann");
        let pid = backend(acme);
        let end = "SELECT pg_catalog.pg_terminate_backend($1, 10000)";
        shop.database().connect().execute(end, &[&pid]).unwrap();
        let error = Customer::query().all(acme).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
        assert_eq!(error.tenant().map(TenantKey::as_str), Some("acme"));
        Err(error)
    });
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Connection);
    assert_eq!(
        Customer::query().all(&mut acme).unwrap_err().kind(),
        ErrorKind::Connection
    );
    drop(acme);
    assert_eq!(customers(&mut open(&db, "globex")), ["Zoe"]);
    assert_eq!(customers(&mut open(&db, "acme")), [""; 0]);
}

/// Where a tenant can't be selected there is no scope, and so no statement; and nothing is left selected.
#[test]
fn a_tenant_that_can_not_be_selected_gives_no_scope() {
    let shop = Shop::new();
    let db = one_connection(&shop);
    customer(&mut shop.tenant("acme"), "Ann");
    shop.tenant("late");
    db.tenants().suspend(&key("late")).unwrap();
    shop.tenant("half");
    let half = "UPDATE tenantry.tenant SET state = 'dropping' WHERE key = 'half'";
    shop.database().connect().batch_execute(half).unwrap();
    for (name, kind) in [
        ("ghost", ErrorKind::UnknownTenant),
        ("late", ErrorKind::TenantState),
        ("half", ErrorKind::TenantState),
        // Schemas that are there, and are no tenants.
        ("shared", ErrorKind::UnknownTenant),
        ("public", ErrorKind::UnknownTenant),
        ("tenantry", ErrorKind::UnknownTenant),
        ("ACME", ErrorKind::UnknownTenant),
    ] {
        let error = db.tenant(&key(name)).unwrap_err();
        assert_eq!(error.kind(), kind, "{name}: {error}");
        assert_eq!(error.tenant(), Some(&key(name)));
        assert_eq!(customers(&mut open(&db, "acme")), ["Ann"]);
    }
}

/// A table of the shared schema.
mod shared {
    use super::*;

    /// Rules for all tenants.
    #[shared_model(table = "settings")]
    #[derive(Debug, Clone)]
    pub(crate) struct Setting {
        #[field(key)]
        pub id: i64,
        pub value: String,
    }
}

/// A table of the same name in each tenant's schema.
#[tenant_model(table = "settings")]
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    #[field(key)]
    pub id: i64,
    pub value: String,
    #[field(inverse = "overrides")]
    pub replaces: Fk<shared::Setting>,
}

/// A database where `settings` is a table of the shared schema, of `public`, and of the tenant `acme`.
fn settings() -> (TestDb, Database) {
    let database = TestDb::new();
    let db = Database::connect(database.url()).unwrap();
    db.migrator(chain_of(&[shared::Setting::DEF, Setting::DEF]))
        .run()
        .unwrap();
    db.tenants()
        .create(&TenantKey::new("acme").unwrap())
        .unwrap();
    let everybodys = shared::NewSetting::new("everybody's");
    shared::Setting::insert(everybodys)
        .execute(&mut db.shared().unwrap())
        .unwrap();
    database
        .connect()
        .batch_execute(
            "CREATE TABLE public.settings (id bigint, value text, replaces bigint); \
             INSERT INTO public.settings VALUES (1, 'nobody''s', 1)",
        )
        .unwrap();
    (database, db)
}

/// A tenant's table that is gone is an error that names tenant and table. Tables of the same name in the shared
/// schema and in `public` are neither read nor written in its place.
#[test]
fn a_missing_table_is_never_taken_from_elsewhere() {
    let (database, db) = settings();
    let mut acme = open(&db, "acme");
    Setting::insert(NewSetting::new("acme's", 1))
        .execute(&mut acme)
        .unwrap();
    let row = Setting::find(1).one(&mut acme).unwrap();
    database
        .connect()
        .batch_execute("DROP TABLE acme.settings")
        .unwrap();
    missing(&mut acme, row);

    let mut client = database.connect();
    for (table, value) in [
        ("shared.settings", "everybody's"),
        ("public.settings", "nobody's"),
    ] {
        let rows = client
            .query(&format!("SELECT value FROM {table}"), &[])
            .unwrap();
        let values: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(values, [value]);
    }
}

/// A tenant whose whole schema is gone is an error too, and so is a scope that was open before.
#[test]
fn a_missing_schema_is_never_taken_for_another() {
    let (database, db) = settings();
    let mut before = open(&db, "acme");
    Setting::insert(NewSetting::new("acme's", 1))
        .execute(&mut before)
        .unwrap();
    let row = Setting::find(1).one(&mut before).unwrap();
    database
        .connect()
        .batch_execute("DROP SCHEMA acme CASCADE")
        .unwrap();
    missing(&mut before, row.clone());
    missing(&mut open(&db, "acme"), row);
    assert_eq!(
        shared::Setting::query().one(&mut before).unwrap().value,
        "everybody's"
    );
}

/// Every statement on a tenant's table fails, and says of what tenant and table.
fn missing(scope: &mut TenantScope, mut row: Stored<Setting>) {
    row.value = "changed".to_owned();
    let used = shared::Setting::OVERRIDES.exists();
    let errors = [
        Setting::query().all(scope).unwrap_err(),
        Setting::query().count(scope).unwrap_err(),
        Setting::query()
            .join(Setting::REPLACES)
            .all(scope)
            .unwrap_err(),
        Setting::find(1).one(scope).unwrap_err(),
        Setting::insert(NewSetting::new("new", 1))
            .execute(scope)
            .unwrap_err(),
        Setting::update_where(Setting::everything())
            .set(Setting::VALUE, "x")
            .execute(scope)
            .unwrap_err(),
        Setting::delete_where(Setting::everything())
            .execute(scope)
            .unwrap_err(),
        row.save(scope).unwrap_err(),
        row.reload(scope).unwrap_err(),
        row.delete(scope).unwrap_err(),
        shared::Setting::query()
            .filter(used)
            .all(scope)
            .unwrap_err(),
        scope
            .sql(sql!("SELECT {Setting.value} FROM {Setting}"))
            .rows::<String>()
            .unwrap_err(),
    ];
    for error in errors {
        assert!(error.is_missing_table(), "{error}");
        assert_eq!(error.sqlstate(), Some(SqlState::UNDEFINED_TABLE.code()));
        assert_eq!(error.tenant().map(TenantKey::as_str), Some("acme"));
        assert!(error.to_string().contains("acme.settings"), "{error}");
        assert!(error.to_string().contains("tenant `acme`"), "{error}");
    }
}

/// A table may have one name in the shared schema and in the tenants', and each model has its own.
#[test]
fn a_table_of_one_name_in_both_placements_is_two_tables() {
    let (_database, db) = settings();
    let mut acme = open(&db, "acme");
    let common = shared::Setting::query().one(&mut acme).unwrap();
    let ours = Setting::insert(NewSetting::new("acme's", &common))
        .returning(&mut acme)
        .unwrap();
    assert_eq!(
        ours.follow(Setting::REPLACES, &mut acme).unwrap().value,
        "everybody's"
    );
    assert_eq!(
        common
            .related(shared::Setting::OVERRIDES)
            .one(&mut acme)
            .unwrap()
            .value,
        "acme's"
    );

    let replaced = Setting::REPLACES.on(shared::Setting::VALUE.eq("everybody's"));
    let query = Setting::query().filter(replaced & Setting::VALUE.eq("acme's"));
    let by_common = query
        .join(Setting::REPLACES)
        .order_by(Setting::REPLACES.by(shared::Setting::VALUE.asc()));
    let (ours, common) = by_common.one(&mut acme).unwrap();
    assert_eq!(
        (ours.value.as_str(), common.value.as_str()),
        ("acme's", "everybody's")
    );

    let theirs = shared::Setting::OVERRIDES.any(Setting::VALUE.eq("acme's"));
    let query = shared::Setting::query().filter(theirs & shared::Setting::VALUE.eq("everybody's"));
    assert_eq!(query.count(&mut acme).unwrap(), 1);

    let of_none = Setting::REPLACES.on(shared::Setting::VALUE.eq("acme's"));
    assert_eq!(
        Setting::delete_where(of_none).execute(&mut acme).unwrap(),
        0
    );
    let of_all = Setting::REPLACES.on(shared::Setting::VALUE.eq("everybody's"));
    let update = Setting::update_where(of_all).set(Setting::VALUE, "changed");
    assert_eq!(update.execute(&mut acme).unwrap(), 1);
    assert_eq!(
        shared::Setting::query().one(&mut acme).unwrap().value,
        "everybody's"
    );
    let raw = sql!(
        "SELECT o.{Setting.value}, c.{shared::Setting.value} FROM {Setting} AS o \
         JOIN {shared::Setting} AS c ON c.{shared::Setting.id} = o.{Setting.replaces}"
    );
    let rows = acme.sql(raw).rows::<(String, String)>().unwrap();
    assert_eq!(rows, [("changed".to_owned(), "everybody's".to_owned())]);
}

/// Work that ends in an error leaves nothing on the connection for the next tenant.
#[test]
fn work_that_ends_in_an_error_leaves_nothing_for_the_next_tenant() {
    let shop = Shop::new();
    let db = one_connection(&shop);
    shop.tenant("acme");
    shop.tenant("globex");
    let request = |name: &str| {
        let mut scope = open(&db, name);
        let pid = backend(&mut scope);
        let outcome = scope.transaction(|scope| {
            customer(scope, "Ann");
            Err::<(), _>(Error::from(TenantKey::new("").unwrap_err()))
        });
        (pid, outcome.unwrap_err().kind())
    };
    let (pid, kind) = request("acme");
    assert_eq!(kind, ErrorKind::Name);
    let mut globex = open(&db, "globex");
    assert_eq!(backend(&mut globex), pid, "the test needs the same session");
    customer(&mut globex, "Zoe");
    drop(globex);
    // Had the transaction of the first still been open, this would not be seen from another session.
    assert_eq!(customers(&mut shop.tenant("globex")), ["Zoe"]);
    assert_eq!(customers(&mut shop.tenant("acme")), [""; 0]);
}
