//! The life of tenants.

use postgres::{Client, NoTls};
use tenantry::config::Config;
use tenantry::migrate::{Chain, Selection, make};
use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry::tenant::{Match, NewTenant, Order, TenantFilter};
use tenantry::testing::TestDb;
use tenantry::{Error, ErrorKind};
use tenantry_tests::fleet::{
    CUSTOMERS, Fleet, Folder, INVOICES, PLANS, chain, create, ledger, migrate, migrator, schemas,
    shop, shop_db, tables, texts,
};
use tenantry_tests::shop::{Customer, Plan, SHOP};
use tenantry_tests::{Shop, chain_of};

use crate::common::{customer, customers, key, open};
use crate::crash::at_each_statement;

/// Creating a tenant whose schema is there already is an error, and shows nobody what is in it.
#[test]
fn a_schema_that_is_there_is_not_handed_to_a_new_tenant() {
    let shop = Shop::new();
    let mut former = shop.tenant("acme");
    customer(&mut former, "Ann");
    drop(former);
    drop(shop.tenant("globex"));
    // What a restored backup, or a tenant that was deleted by hand, leaves behind.
    let mut client = shop.database().connect();
    client
        .batch_execute(
            "WITH former AS (DELETE FROM tenantry.tenant WHERE key = 'acme' RETURNING id) \
             DELETE FROM tenantry.ledger USING former WHERE tenant_id = former.id",
        )
        .unwrap();
    let chosen = NewTenant::new(&key("other")).schema(SchemaName::new("acme").unwrap());
    for new in [NewTenant::new(&key("acme")), chosen] {
        let error = shop.db().tenants().create(new).unwrap_err();
        assert!(error.is_schema_exists(), "{error}");
    }
    assert!(
        shop.db()
            .tenant_now(&key("acme"))
            .unwrap_err()
            .is_unknown_tenant()
    );
    assert_eq!(
        texts(&mut client, "SELECT name FROM acme.customers"),
        ["Ann"]
    );
}

/// A tenant that is created under the key of one that was dropped, or was given another key, has none of its rows.
#[test]
fn a_key_that_is_used_again_leads_to_an_empty_schema() {
    let shop = Shop::new();
    customer(&mut shop.tenant("acme"), "Ann");
    shop.db().tenants().drop(&key("acme")).unwrap();
    assert_eq!(customers(&mut shop.tenant("acme")), [""; 0]);

    customer(&mut shop.tenant("acme"), "Bob");
    shop.db()
        .tenants()
        .rename(&key("acme"), &key("globex"))
        .unwrap();
    assert_eq!(customers(&mut shop.tenant("acme")), [""; 0]);
    assert_eq!(customers(&mut open(shop.db(), "acme")), [""; 0]);
    assert_eq!(customers(&mut open(shop.db(), "globex")), ["Bob"]);
}

/// A creation that fails takes away what it has made, and nothing that was there before.
#[test]
fn a_creation_that_fails_drops_only_what_it_has_made() {
    let db = shop_db();
    let mut client = db.connect();
    client
        .batch_execute("CREATE SCHEMA acme; CREATE TABLE acme.customers (id bigint)")
        .unwrap();
    let broken = "ALTER TABLE tenantry.migration DROP CONSTRAINT migration_tenant_checksum_fits; UPDATE tenantry.migration SET tenant_up = tenant_up || ' SELECT 1 / 0' WHERE position = 3; DELETE FROM tenantry.baseline";
    client.batch_execute(broken).unwrap();
    for (name, kind) in [
        ("acme", ErrorKind::SchemaExists),
        ("globex", ErrorKind::Migration),
    ] {
        let error = db.tenants().create(key(name)).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(!db.has(name));
    }
    assert_eq!(schemas(&mut client), ["acme", "shared", "tenantry"]);
    assert_eq!(tables(&mut client, "acme"), ["customers"]);
    assert_eq!(ledger(&mut client), ["0 0001_plans"]);
}

/// Whatever statement of a creation the session is lost at, there is nothing of the tenant, and creating it again
/// succeeds. `tests/killed.rs` kills the process instead, at random moments.
#[test]
fn a_creation_that_is_cut_off_at_any_statement_leaves_nothing() {
    let create_acme = |db: &Fleet| db.tenants().create(key("acme")).map(drop);
    let cut_off = at_each_statement(shop_db, create_acme, |db, client| {
        assert_eq!(schemas(client), ["shared", "tenantry"]);
        assert_eq!(ledger(client), ["0 0001_plans"]);
        assert!(!db.has("acme"));
        create_acme(db).unwrap();
        db.open("acme").unwrap();
        assert_eq!(tables(client, "acme"), ["customers", "invoices"]);
    });
    assert!(
        cut_off >= 3,
        "a schema and two tables are {cut_off} statements"
    );
}

/// At the other end: whatever statement of a drop the session is lost at, the tenant is whole or can't be opened,
/// and dropping it again finishes.
#[test]
fn a_drop_that_is_cut_off_at_any_statement_is_finished_by_the_next() {
    let with_acme = || {
        let db = shop_db();
        create(&mut db.connect(), "acme");
        db
    };
    let drop_acme = |db: &Fleet| db.tenants().drop(key("acme"));
    let cut_off = at_each_statement(with_acme, drop_acme, |db, client| {
        match db.open("acme") {
            Ok(_) => assert_eq!(tables(client, "acme"), ["customers", "invoices"]),
            Err(error) => assert!(error.is_tenant_state(), "{error}"),
        }
        drop_acme(db).unwrap();
        assert_eq!(schemas(client), ["shared", "tenantry"]);
        create(client, "acme");
    });
    assert!(
        cut_off >= 3,
        "renaming the schema, dropping tables and the schema are {cut_off} statements"
    );
}

/// A scope that was open when its tenant was dropped never finds the tenant that has the key afterwards.
#[test]
fn a_scope_of_a_dropped_tenant_does_not_reach_its_successor() {
    let shop = Shop::new();
    let mut former = shop.tenant("acme");
    let ann = customer(&mut former, "Ann");
    shop.db().tenants().drop(&key("acme")).unwrap();
    let mut acme = shop.tenant("acme");
    let bob = customer(&mut acme, "Bob");
    assert_eq!(ann.id, bob.id, "the test needs rows of one key");
    for error in [
        Customer::query().all(&mut former).unwrap_err(),
        ann.delete(&mut former).unwrap_err(),
    ] {
        assert!(error.is_missing_table(), "{error}");
    }
    assert_eq!(customers(&mut acme), ["Bob"]);
}

/// A scope that was open when its tenant was dropped reads and writes nothing more, and says of which tenant.
#[test]
fn a_scope_whose_tenant_is_dropped_reads_nothing_more() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let ann = customer(&mut acme, "Ann");
    shop.db().tenants().drop(&key("acme")).unwrap();
    let errors = [
        Customer::query().all(&mut acme).unwrap_err(),
        ann.delete(&mut acme).unwrap_err(),
    ];
    for error in errors {
        assert!(error.is_missing_table(), "{error}");
        assert_eq!(error.tenant(), Some(&key("acme")));
        assert_eq!(error.table(), Some("customers"));
    }
}

/// A key changes in the registry and nowhere else, in one statement, from wherever it is done: also while the
/// tenant is in use, in whose scope everything stays as it is.
#[test]
fn a_key_changes_at_once_for_everybody_and_moves_nothing() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let mut globex = shop.tenant("globex");
    customer(&mut globex, "Zoe");
    acme.transaction(|acme| {
        let mut ann = customer(acme, "Ann");
        shop.db()
            .tenants()
            .rename(&key("acme"), &key("acme.example"))?;
        ann.name = "Anna".to_owned();
        ann.save(acme)
    })
    .unwrap();
    assert!(
        shop.db()
            .tenant(&key("acme"))
            .unwrap_err()
            .is_unknown_tenant()
    );
    let mut renamed = open(shop.db(), "acme.example");
    assert_eq!(renamed.schema(), acme.schema());
    assert_eq!(customers(&mut renamed), ["Anna"]);
    let error = shop
        .db()
        .tenants()
        .rename(&key("acme.example"), &key("globex"))
        .unwrap_err();
    assert!(error.is_tenant_exists(), "{error}");
    assert_eq!(customers(&mut open(shop.db(), "acme.example")), ["Anna"]);
    assert_eq!(customers(&mut open(shop.db(), "globex")), ["Zoe"]);
}

/// A discount on tenants' orders.
#[shared_model]
#[derive(Debug)]
pub(crate) struct Coupon {
    #[field(key)]
    pub id: i64,
    pub code: String,
}

/// An order keeps, but for the coupon.
#[tenant_model]
#[derive(Debug)]
pub(crate) struct Purchase {
    #[field(key)]
    pub id: i64,
    #[field(on_delete = "set_null")]
    pub coupon: Option<Fk<Coupon>>,
}

/// Goes with the coupon.
#[tenant_model]
#[derive(Debug)]
pub(crate) struct Redemption {
    #[field(key)]
    pub id: i64,
    #[field(on_delete = "cascade")]
    pub coupon: Fk<Coupon>,
}

/// Deleting a shared row that tenants reference is refused if any tenant's reference says so, whichever scope
/// deletes, and the error has the schema of a tenant that holds on to it.
#[test]
fn a_shared_row_that_any_tenant_holds_on_to_is_not_deleted() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    customer(&mut shop.tenant("globex"), "Zoe");
    let pro = Plan::query().filter(Plan::CODE.eq("pro"));
    let pro = pro.one(&mut acme).unwrap();
    let refused = [
        pro.clone().delete(&mut shop.db().shared().unwrap()),
        pro.clone().delete(&mut acme.shared_mut()),
        pro.clone()
            .delete(&mut open(shop.db(), "globex").shared_mut()),
    ];
    for error in refused.map(Result::unwrap_err) {
        assert!(error.is_foreign_key(), "{error}");
        assert_eq!(error.constraint(), Some("customers_plan_fkey"));
        assert_eq!(error.schema().map(SchemaName::as_str), Some("globex"));
    }
    let mut globex = open(shop.db(), "globex");
    let zoe = Customer::query().one(&mut globex).unwrap();
    zoe.delete(&mut globex).unwrap();
    pro.delete(&mut acme.shared_mut()).unwrap();
}

/// Otherwise what the reference declares happens in all tenants, whichever scope deletes.
#[test]
fn what_a_reference_declares_happens_in_all_tenants() {
    let database = TestDb::new();
    let db = Database::connect(database.url()).unwrap();
    db.migrator(chain_of(&[Coupon::DEF, Purchase::DEF, Redemption::DEF]))
        .run()
        .unwrap();
    let mut shared = db.shared().unwrap();
    for code in ["spring", "summer", "autumn"] {
        Coupon::insert(NewCoupon::new(code))
            .execute(&mut shared)
            .unwrap();
    }
    let coupons = Coupon::query()
        .order_by(Coupon::ID.asc())
        .all(&mut shared)
        .unwrap();
    for name in ["acme", "globex"] {
        db.tenants().create(&key(name)).unwrap();
        let mut scope = open(&db, name);
        for coupon in &coupons {
            Purchase::insert(NewPurchase::new().coupon(coupon))
                .execute(&mut scope)
                .unwrap();
            Redemption::insert(NewRedemption::new(coupon))
                .execute(&mut scope)
                .unwrap();
        }
    }
    let mut left = 3;
    let mut delete = coupons.into_iter();
    let mut expect = |deleted: Result<(), Error>| {
        deleted.unwrap();
        left -= 1;
        for name in ["acme", "globex"] {
            let mut scope = open(&db, name);
            let with = Purchase::query().filter(Purchase::COUPON.is_not_null());
            assert_eq!(with.count(&mut scope).unwrap(), left, "{name}");
            assert_eq!(Purchase::query().count(&mut scope).unwrap(), 3, "{name}");
            assert_eq!(
                Redemption::query().count(&mut scope).unwrap(),
                left,
                "{name}"
            );
        }
    };
    expect(delete.next().unwrap().delete(&mut shared));
    expect(
        delete
            .next()
            .unwrap()
            .delete(&mut open(&db, "acme").shared_mut()),
    );
    let last = Coupon::delete_where(Coupon::everything());
    expect(
        last.execute(&mut open(&db, "globex").shared_mut())
            .map(drop),
    );
}

/// Whatever only looks changes nothing: it works in a session that refuses every write, also where things are
/// missing that a writer would make. `tests/manage` has the commands.
#[test]
fn what_only_looks_writes_nothing() {
    let db = TestDb::new();
    look(&read_only(&db), shop());
    assert_eq!(schemas(&mut db.connect()), [""; 0]);

    let mut client = db.connect();
    migrate(&mut client, chain(&[PLANS, CUSTOMERS]));
    create(&mut client, "acme");
    client.batch_execute("DROP SCHEMA acme CASCADE").unwrap();
    let looking = read_only(&db);
    look(&looking, shop());
    let listed = looking.tenants().list(&TenantFilter::all()).unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(schemas(&mut client), ["shared", "tenantry"]);
    let refused = looking.tenants().create(key("globex")).unwrap_err();
    assert_eq!(
        refused.sqlstate(),
        Some("25006"),
        "the test needs a session that refuses writes"
    );
}

/// Neither catalogue nor metadata tables are different after a dry run, whoever is selected and in whatever groups.
#[test]
fn a_dry_run_leaves_catalogue_and_books_as_they_are() {
    let db = shop_db();
    let mut client = db.connect();
    for name in ["acme", "globex", "initech"] {
        let new = NewTenant::new(&key(name)).tag("beta");
        db.tenants().create(new).unwrap();
    }
    let notes: Folder<'_> = (
        "0004_notes",
        &[(
            "tenant.up.sql",
            "ALTER TABLE \"{tenant}\".customers ADD COLUMN note text",
        )],
    );
    let longer = chain(&[PLANS, CUSTOMERS, INVOICES, notes]);
    let config: Config = "
        [[rollout]]
        name = 'small'
        match = { smaller_than = '1GB', tags = ['beta'] }
        order = 'size'
        bake = '1h'
        health = 'SELECT true'"
        .parse()
        .unwrap();
    let before = everything(&mut client);
    let all = Selection::all;
    for selection in [
        all(),
        all().first(1).order(Order::Random),
        all().except(Match::all().key(&key("acme"))),
    ] {
        for migrator in [
            migrator(longer.clone()),
            migrator(longer.clone()).configure(&config),
        ] {
            let plan = migrator.select(selection.clone()).on(&mut client).dry_run();
            assert!(!plan.unwrap().is_empty());
        }
    }
    migrator(longer.clone())
        .configure(&config)
        .on(&mut client)
        .groups()
        .unwrap();
    assert_eq!(everything(&mut client), before);
    migrator(longer).to("0004").on(&mut client).run().unwrap();
    assert_ne!(everything(&mut client), before);
}

/// The catalogue, and all rows of all tables, each with the transaction that wrote it.
fn everything(client: &mut Client) -> Vec<String> {
    let catalogues = [
        ("pg_namespace", "oid"),
        ("pg_attribute", "attrelid"),
        ("pg_constraint", "oid"),
        ("pg_index", "indexrelid"),
        ("pg_description", "objoid"),
    ];
    let mut queries: Vec<String> = catalogues
        .iter()
        .map(|(name, oid)| {
            format!("SELECT t.xmin || ' ' || t::text FROM pg_catalog.{name} AS t WHERE {oid} >= 16384 ORDER BY 1")
        })
        .collect();
    let tables = "SELECT pg_catalog.format('SELECT t.xmin || '' '' || t::text FROM %I.%I AS t ORDER BY 1', schemaname, tablename) \
         FROM pg_catalog.pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1";
    queries.extend(texts(client, tables));
    queries.push(
        "SELECT sequencename || ' ' || COALESCE(last_value, 0) FROM pg_catalog.pg_sequences ORDER BY 1".to_owned(),
    );
    queries
        .iter()
        .flat_map(|query| texts(client, query))
        .collect()
}

/// Does what is said to change nothing.
fn look(db: &Database, chain: Chain) {
    db.migrator(chain.clone()).status().unwrap();
    let plan = db.migrator(chain).dry_run().unwrap();
    assert!(!plan.is_empty());
    let models = SHOP.models().unwrap();
    assert!(
        make(&models, &Chain::from_files(&[]).unwrap(), None)
            .unwrap()
            .is_some()
    );
    let ghost = key("ghost");
    let opened = db.tenant(&ghost).map(drop);
    let found = db.tenants().get(&ghost).map(drop);
    for error in [opened, found].map(Result::unwrap_err) {
        assert!(
            matches!(
                error.kind(),
                ErrorKind::UnknownTenant | ErrorKind::NotMigrated
            ),
            "{error}"
        );
    }
}

/// Connects in sessions that refuse writes.
fn read_only(db: &TestDb) -> Database {
    let mut config = db.config();
    config.options("-c default_transaction_read_only=on");
    Database::connect_with(&config, NoTls, Options::default()).unwrap()
}
