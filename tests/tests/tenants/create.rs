//! Creation: names, schemas, and what comes of a failure.

use std::thread;

use tenantry::tenant::{NewTenant, TenantFilter, TenantState};
use tenantry::testing::TestDb;
use tenantry::{ErrorKind, SchemaName};
use tenantry_tests::fleet::{
    Fleet, chain, create, key, ledger, migrate, schemas, shop_db, tables, texts,
};
use tenantry_tests::wait::Meeting;

#[test]
fn a_new_tenant_has_its_tables_its_ledger_and_the_version_of_the_fleet() {
    let db = shop_db();
    let mut client = db.connect();
    let acme = create(&mut client, "acme");
    assert_eq!(acme.schema().as_str(), "acme");
    assert_eq!(acme.state(), TenantState::Active);
    assert_eq!(acme.version(), 3);
    assert_eq!(tables(&mut client, "acme"), ["customers", "invoices"]);
    assert_eq!(
        ledger(&mut client),
        [
            "0 0001_plans",
            &format!("{} 0002_customers", acme.id()),
            &format!("{} 0003_invoices", acme.id()),
        ]
    );
    db.open("acme").unwrap();
    assert_eq!(db.tenants().get(key("acme")).unwrap(), acme);
}

#[test]
fn keys_that_are_no_schema_names_never_share_a_schema() {
    let db = shop_db();
    let mut client = db.connect();
    let keys = [
        "a.b",
        "a-b",
        "a_b",
        "7",
        "A-B2",
        "t1_x",
        "pg_x",
        &"x".repeat(200),
    ];
    for name in keys {
        create(&mut client, name);
    }
    let mut found: Vec<String> = db
        .tenants()
        .list(&TenantFilter::all())
        .unwrap()
        .iter()
        .map(|tenant| tenant.schema().to_string())
        .collect();
    assert!(found.contains(&"a_b".to_owned()));
    found.sort();
    found.dedup();
    assert_eq!(found.len(), keys.len());
    for schema in &found {
        assert!(schema.len() <= 63);
        assert_eq!(
            tables(&mut client, schema),
            ["customers", "invoices"],
            "{schema}"
        );
    }
}

#[test]
fn creation_takes_over_no_schema_that_is_there() {
    let db = shop_db();
    let mut client = db.connect();
    client
        .batch_execute("CREATE SCHEMA acme; CREATE TABLE acme.secrets (id bigint)")
        .unwrap();
    let error = db.tenants().create(key("acme")).unwrap_err();
    assert!(error.is_schema_exists(), "{error}");
    assert!(
        error.to_string().contains("takes over no schema"),
        "{error}"
    );
    assert_eq!(tables(&mut client, "acme"), ["secrets"]);
    assert!(!db.has("acme"));

    let error = db
        .tenants()
        .create(NewTenant::new(&key("other")).schema(SchemaName::new("acme").unwrap()));
    assert!(error.unwrap_err().is_schema_exists());
}

#[test]
fn a_failing_creation_leaves_nothing_and_drops_nothing() {
    let db = shop_db();
    let mut client = db.connect();
    // A chain whose last tenant part fails in every schema but the first, unseen by the registry.
    client
        .batch_execute(
            "ALTER TABLE tenantry.migration DROP CONSTRAINT migration_tenant_checksum_fits; UPDATE tenantry.migration SET tenant_up = tenant_up || ' SELECT 1 / 0' WHERE position = 3; DELETE FROM tenantry.baseline",
        )
        .unwrap();
    let before = schemas(&mut client);
    let error = db.tenants().create(key("acme")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Migration);
    assert_eq!(error.sqlstate(), Some("22012"));
    assert_eq!(error.tenant(), Some(&key("acme")));
    assert_eq!(schemas(&mut client), before);
    assert_eq!(ledger(&mut client), ["0 0001_plans"]);
    assert!(!db.has("acme"));
}

#[test]
fn a_creation_that_fails_in_a_file_names_file_and_line() {
    let db = shop_db();
    let mut client = db.connect();
    client
        .batch_execute("ALTER TABLE shared.plans RENAME TO tariffs")
        .unwrap();
    let error = db.tenants().create(key("acme")).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("`0002_customers/tenant.up.sql`, line"),
        "{text}"
    );
    assert!(
        text.contains("relation \"shared.plans\" does not exist"),
        "{text}"
    );
}

#[test]
fn a_key_can_be_had_once_in_whatever_case() {
    let db = shop_db();
    let mut client = db.connect();
    create(&mut client, "acme");
    for again in ["acme", "Acme", "ACME"] {
        let error = db.tenants().create(key(again)).unwrap_err();
        assert!(error.is_tenant_exists(), "{error}");
    }
}

#[test]
fn names_that_mean_something_else_are_refused() {
    let db = shop_db();
    let mut client = db.connect();
    let role = texts(&mut client, "SELECT current_user::text").remove(0);
    client
        .batch_execute("CREATE SCHEMA extras; CREATE EXTENSION IF NOT EXISTS plpgsql")
        .unwrap();
    for (name, kind) in [
        ("shared", ErrorKind::Name),
        (role.as_str(), ErrorKind::Name),
        ("extras", ErrorKind::SchemaExists),
    ] {
        let error = db.tenants().create(key(name)).unwrap_err();
        assert_eq!(error.kind(), kind, "{name}: {error}");
    }
    let made_up = SchemaName::new("t5_x").unwrap();
    let error = db
        .tenants()
        .create(NewTenant::new(&key("x")).schema(made_up));
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Name);
}

#[test]
fn of_fifty_who_create_one_tenant_at_once_exactly_one_does() {
    let db = shop_db();
    let meeting = Meeting::new(50);
    let made = thread::scope(|scope| {
        let threads: Vec<_> = (0..50)
            .map(|_| {
                scope.spawn(|| {
                    meeting.wait();
                    db.tenants().create(key("acme"))
                })
            })
            .collect();
        let results = threads.into_iter().map(|thread| thread.join().unwrap());
        results
            .filter(|result| match result {
                Ok(_) => true,
                Err(error) => {
                    assert!(error.is_tenant_exists(), "{error}");
                    false
                }
            })
            .count()
    });
    assert_eq!(made, 1);
    let mut client = db.connect();
    assert_eq!(tables(&mut client, "acme"), ["customers", "invoices"]);
}

#[test]
fn a_database_that_was_never_migrated_says_so() {
    let db = Fleet::of(TestDb::new());
    let acme = key("acme");
    let errors = [
        db.open("acme").unwrap_err(),
        db.tenants().create(&acme).unwrap_err(),
        db.tenants().list(&TenantFilter::all()).unwrap_err(),
        db.tenants().suspend(&acme).unwrap_err(),
        db.tenants().rename(&acme, &key("b")).unwrap_err(),
        db.tenants().drop(&acme).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::NotMigrated, "{error}");
    }
}

#[test]
fn a_migration_that_another_time_fails_as_well_is_named() {
    // Codes beside that of a lock that is held, which tell of the statement itself.
    for code in ["55000", "55006", "55P04"] {
        let sql = format!(
            "DO $$ BEGIN IF '\"{{tenant}}\"'::regnamespace::text = 'acme' THEN \
             RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END IF; END $$"
        );
        let database = TestDb::new();
        migrate(
            &mut database.connect(),
            chain(&[("0001_no", &[("tenant.up.sql", &sql)])]),
        );
        let db = Fleet::of(database);
        let error = db.tenants().create(key("acme")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Migration, "{code}: {error}");
        assert!(
            error.to_string().contains("0001_no/tenant.up.sql"),
            "{error}"
        );
        assert!(!db.has("acme"));
        db.tenants().create(key("globex")).unwrap();
    }
}
