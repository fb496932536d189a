//! The life of a tenant: create, open, suspend, rename, drop.

use std::thread;

use tenantry::tenant::{self, NewTenant, TenantFilter, TenantState};
use tenantry::testing::TestDb;
use tenantry::{ErrorKind, SchemaName};
use tenantry_tests::fleet::{create, key, ledger, migrate, schemas, shop, shop_db, tables, texts};
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
    assert_eq!(tenant::open(&mut client, &key("acme")).unwrap(), acme);
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
    let mut found: Vec<String> = tenant::list(&mut client, &TenantFilter::all())
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
    let error = tenant::create(&mut client, &NewTenant::new(&key("acme"))).unwrap_err();
    assert!(error.is_schema_exists(), "{error}");
    assert!(
        error.to_string().contains("takes over no schema"),
        "{error}"
    );
    assert_eq!(tables(&mut client, "acme"), ["secrets"]);
    assert!(tenant::find(&mut client, &key("acme")).unwrap().is_none());

    let error = tenant::create(
        &mut client,
        &NewTenant::new(&key("other")).schema(SchemaName::new("acme").unwrap()),
    );
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
    let error = tenant::create(&mut client, &NewTenant::new(&key("acme"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Migration);
    assert_eq!(error.sqlstate(), Some("22012"));
    assert_eq!(error.tenant(), Some(&key("acme")));
    assert_eq!(schemas(&mut client), before);
    assert_eq!(ledger(&mut client), ["0 0001_plans"]);
    assert!(tenant::find(&mut client, &key("acme")).unwrap().is_none());
}

#[test]
fn a_creation_that_fails_in_a_file_names_file_and_line() {
    let db = shop_db();
    let mut client = db.connect();
    client
        .batch_execute("ALTER TABLE shared.plans RENAME TO tariffs")
        .unwrap();
    let error = tenant::create(&mut client, &NewTenant::new(&key("acme"))).unwrap_err();
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
        let error = tenant::create(&mut client, &NewTenant::new(&key(again))).unwrap_err();
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
        let error = tenant::create(&mut client, &NewTenant::new(&key(name))).unwrap_err();
        assert_eq!(error.kind(), kind, "{name}: {error}");
    }
    let made_up = SchemaName::new("t5_x").unwrap();
    let error = tenant::create(&mut client, &NewTenant::new(&key("x")).schema(made_up));
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
                    let mut client = db.connect();
                    meeting.wait();
                    tenant::create(&mut client, &NewTenant::new(&key("acme")))
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
fn only_an_active_tenant_opens() {
    let db = shop_db();
    let mut client = db.connect();
    create(&mut client, "acme");
    let error = tenant::open(&mut client, &key("ghost")).unwrap_err();
    assert!(error.is_unknown_tenant());

    let suspended = tenant::suspend(&mut client, &key("acme")).unwrap();
    assert_eq!(suspended.state(), TenantState::Suspended);
    assert_eq!(suspended.epoch(), 1);
    let again = tenant::suspend(&mut client, &key("acme")).unwrap();
    assert_eq!(again.epoch(), 1);
    let error = tenant::open(&mut client, &key("acme")).unwrap_err();
    assert!(error.is_tenant_state());
    assert!(
        error.to_string().contains("suspended") && error.to_string().contains("resume"),
        "{error}"
    );

    tenant::resume(&mut client, &key("acme")).unwrap();
    tenant::open(&mut client, &key("acme")).unwrap();
    for state in TenantState::ALL {
        client
            .batch_execute(&format!("UPDATE tenantry.tenant SET state = '{state}'"))
            .unwrap();
        let opens = tenant::open(&mut client, &key("acme")).is_ok();
        assert_eq!(opens, state == TenantState::Active, "{state}");
    }
}

#[test]
fn a_database_that_was_never_migrated_says_so() {
    let db = TestDb::new();
    let mut client = db.connect();
    let acme = key("acme");
    let errors = [
        tenant::open(&mut client, &acme).unwrap_err(),
        tenant::create(&mut client, &NewTenant::new(&acme)).unwrap_err(),
        tenant::list(&mut client, &TenantFilter::all()).unwrap_err(),
        tenant::suspend(&mut client, &acme).unwrap_err(),
        tenant::rename_key(&mut client, &acme, &key("b")).unwrap_err(),
        tenant::drop(&mut client, &acme).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::NotMigrated, "{error}");
    }
}

#[test]
fn a_key_changes_without_its_schema() {
    let db = shop_db();
    let mut client = db.connect();
    create(&mut client, "acme");
    create(&mut client, "other");
    let renamed = tenant::rename_key(&mut client, &key("acme"), &key("Acme.Example")).unwrap();
    assert_eq!(renamed.schema().as_str(), "acme");
    assert!(
        tenant::open(&mut client, &key("acme"))
            .unwrap_err()
            .is_unknown_tenant()
    );
    tenant::open(&mut client, &key("Acme.Example")).unwrap();
    let error = tenant::rename_key(&mut client, &key("other"), &key("acme.example")).unwrap_err();
    assert!(error.is_tenant_exists());
    let error = tenant::rename_key(&mut client, &key("ghost"), &key("x")).unwrap_err();
    assert!(error.is_unknown_tenant());
    // The schema is still that tenant's, so a new one with the old key gets another.
    let acme = create(&mut client, "acme");
    assert_eq!(acme.schema().as_str(), format!("t{}_acme", acme.id()));
    let chosen = NewTenant::new(&key("x")).schema(SchemaName::new("acme").unwrap());
    let error = tenant::create(&mut client, &chosen).unwrap_err();
    assert!(error.is_schema_exists(), "{error}");
}

#[test]
fn lists_are_paged_and_filtered() {
    let db = shop_db();
    let mut client = db.connect();
    for name in ["b", "B2", "a", "a2"] {
        create(&mut client, name);
    }
    tenant::suspend(&mut client, &key("a")).unwrap();
    let mut list = |filter: TenantFilter| -> Vec<String> {
        let tenants = tenant::list(&mut client, &filter).unwrap();
        tenants
            .iter()
            .map(|tenant| tenant.key().to_string())
            .collect()
    };
    assert_eq!(list(TenantFilter::all()), ["B2", "a", "a2", "b"]);
    assert_eq!(list(TenantFilter::all().prefix("a")), ["a", "a2"]);
    assert_eq!(
        list(TenantFilter::all().state(TenantState::Suspended)),
        ["a"]
    );
    assert_eq!(list(TenantFilter::all().after(&key("a")).limit(1)), ["a2"]);
}

#[test]
fn a_dropped_tenant_is_gone_and_its_key_is_free_but_its_schema_is_not() {
    let db = shop_db();
    let mut client = db.connect();
    let before = schemas(&mut client);
    create(&mut client, "acme");
    create(&mut client, "other");
    client
        .batch_execute(
            "CREATE VIEW acme.names AS SELECT name FROM acme.customers; \
             CREATE TYPE acme.mood AS ENUM ('ok'); \
             CREATE FUNCTION acme.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; \
             CREATE TABLE acme.log (at date) PARTITION BY RANGE (at); \
             CREATE TABLE acme.log_1 PARTITION OF acme.log FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
        )
        .unwrap();
    tenant::drop(&mut client, &key("acme")).unwrap();
    tenant::drop(&mut client, &key("other")).unwrap();
    assert_eq!(schemas(&mut client), before);
    assert_eq!(ledger(&mut client), ["0 0001_plans"]);
    assert!(
        tenant::drop(&mut client, &key("acme"))
            .unwrap_err()
            .is_unknown_tenant()
    );
    let again = create(&mut client, "acme");
    assert_eq!(again.schema().as_str(), format!("t{}_acme", again.id()));
    let chosen = NewTenant::new(&key("x")).schema(SchemaName::new("acme").unwrap());
    let error = tenant::create(&mut client, &chosen).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Name, "{error}");
    assert!(
        error.to_string().contains("a tenant that was dropped"),
        "{error}"
    );
}

#[test]
fn a_drop_that_was_interrupted_goes_on() {
    let db = shop_db();
    let mut client = db.connect();
    let acme = create(&mut client, "acme");
    // As it is after the first step, and one table.
    let aside = format!("t{}__dropping", acme.id());
    client
        .batch_execute(&format!(
            "ALTER SCHEMA acme RENAME TO {aside}; DROP TABLE {aside}.invoices; \
             UPDATE tenantry.tenant SET state = 'dropping', schema_name = '{aside}'"
        ))
        .unwrap();
    let error = tenant::open(&mut client, &key("acme")).unwrap_err();
    assert!(error.is_tenant_state(), "{error}");
    let error = tenant::create(&mut client, &NewTenant::new(&key("acme"))).unwrap_err();
    assert!(
        error.is_tenant_state() && error.to_string().contains("being dropped"),
        "{error}"
    );
    tenant::drop(&mut client, &key("acme")).unwrap();
    assert_eq!(schemas(&mut client), ["shared", "tenantry"]);
    create(&mut client, "acme");
}

#[test]
fn a_tenant_whose_schema_is_gone_can_be_dropped() {
    let db = shop_db();
    let mut client = db.connect();
    create(&mut client, "acme");
    client.batch_execute("DROP SCHEMA acme CASCADE").unwrap();
    tenant::drop(&mut client, &key("acme")).unwrap();
    assert!(tenant::find(&mut client, &key("acme")).unwrap().is_none());
}

#[test]
fn a_half_dropped_tenant_can_be_dropped_and_not_opened() {
    let db = shop_db();
    let mut client = db.connect();
    create(&mut client, "acme");
    client
        .batch_execute("UPDATE tenantry.tenant SET state = 'dropping'")
        .unwrap();
    assert!(
        tenant::open(&mut client, &key("acme"))
            .unwrap_err()
            .is_tenant_state()
    );
    tenant::drop(&mut client, &key("acme")).unwrap();
    assert_eq!(schemas(&mut client), ["shared", "tenantry"]);
}

#[test]
fn only_a_schema_that_creation_made_is_dropped() {
    let db = shop_db();
    let mut client = db.connect();
    let acme = create(&mut client, "acme");
    client
        .batch_execute(
            "DROP SCHEMA acme CASCADE; CREATE SCHEMA acme; CREATE TABLE acme.precious (id bigint)",
        )
        .unwrap();
    let error = tenant::drop(&mut client, &key("acme")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotOwned, "{error}");
    assert_eq!(tables(&mut client, "acme"), ["precious"]);
    assert_eq!(tenant::open(&mut client, &key("acme")).unwrap(), acme);
}

#[test]
fn what_others_depend_on_is_not_dropped() {
    let db = shop_db();
    let mut client = db.connect();
    create(&mut client, "acme");
    client
        .batch_execute(
            "CREATE SCHEMA reports; CREATE VIEW reports.names AS SELECT name FROM acme.customers",
        )
        .unwrap();
    let error = tenant::drop(&mut client, &key("acme")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Dependents, "{error}");
    assert!(error.to_string().contains("reports.names"), "{error}");
    tenant::open(&mut client, &key("acme")).unwrap();
    client.batch_execute("DROP SCHEMA reports CASCADE").unwrap();
    tenant::drop(&mut client, &key("acme")).unwrap();
}

#[test]
fn a_drop_takes_nothing_along_that_is_not_in_the_schema() {
    let db = shop_db();
    let mut client = db.connect();
    let acme = create(&mut client, "acme");
    let inside = "CREATE TYPE acme.mood AS ENUM ('ok'); CREATE SEQUENCE acme.seq; \
         CREATE FUNCTION acme.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
         CREATE FUNCTION acme.g(x int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT x'; \
         CREATE FUNCTION acme.h(x acme.mood) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1'; \
         CREATE CAST (acme.mood AS int) WITH FUNCTION acme.h(acme.mood); \
         CREATE TABLE acme.log (at date, body text, mood acme.mood DEFAULT 'ok', n int DEFAULT nextval('acme.seq'), \
             CHECK (acme.g(n) > 0)) PARTITION BY RANGE (at); \
         CREATE TABLE acme.base (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mine acme.mood[]); \
         CREATE INDEX ON acme.base (acme.g(id)); CREATE VIEW acme.moods AS SELECT mood, acme.g(n) FROM acme.log; \
         CREATE TRIGGER t BEFORE INSERT ON acme.base FOR EACH ROW EXECUTE FUNCTION acme.f()";
    client.batch_execute(inside).unwrap();
    for (outside, named) in [
        ("CREATE TABLE public.other (m acme.mood)", "public.other.m"),
        (
            "CREATE TABLE public.other (m acme.mood[])",
            "public.other.m",
        ),
        ("CREATE TABLE public.other (m acme.base)", "public.other.m"),
        (
            "CREATE TABLE public.other (n int DEFAULT nextval('acme.seq'))",
            "public.other.n",
        ),
        (
            "CREATE TABLE public.other (n int CHECK (acme.g(n) > 0))",
            "public.other",
        ),
        (
            "CREATE TABLE public.other (n int); CREATE INDEX other_n ON public.other (acme.g(n))",
            "public.other_n",
        ),
        (
            "CREATE TABLE public.other (n int); \
             CREATE TRIGGER t BEFORE INSERT ON public.other FOR EACH ROW EXECUTE FUNCTION acme.f()",
            "public.other",
        ),
        (
            "CREATE TABLE public.other (n int); CREATE POLICY p ON public.other USING (acme.g(n) > 0)",
            "public.other",
        ),
        (
            "CREATE TABLE public.other () INHERITS (acme.base)",
            "public.other",
        ),
        (
            "CREATE TABLE public.other PARTITION OF acme.log FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
            "public.other",
        ),
        (
            "CREATE TABLE public.other (id int REFERENCES acme.base)",
            "public.other",
        ),
    ] {
        client.batch_execute(outside).unwrap();
        let error = tenant::drop(&mut client, &key("acme")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Dependents, "{outside}: {error}");
        assert!(error.to_string().contains(named), "{outside}: {error}");
        assert_eq!(tenant::open(&mut client, &key("acme")).unwrap(), acme);
        client.batch_execute("DROP TABLE public.other").unwrap();
    }
    tenant::drop(&mut client, &key("acme")).unwrap();
    assert_eq!(schemas(&mut client), ["shared", "tenantry"]);
}

#[test]
fn a_drop_that_goes_on_looks_again_for_what_others_made_meanwhile() {
    let db = shop_db();
    let mut client = db.connect();
    let acme = create(&mut client, "acme");
    let aside = format!("t{}__dropping", acme.id());
    client
        .batch_execute(&format!(
            "ALTER SCHEMA acme RENAME TO {aside}; \
             UPDATE tenantry.tenant SET state = 'dropping', schema_name = '{aside}'; \
             CREATE TABLE public.other (c {aside}.customers)"
        ))
        .unwrap();
    let error = tenant::drop(&mut client, &key("acme")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Dependents, "{error}");
    assert_eq!(tables(&mut client, "public"), ["other"]);
    client.batch_execute("DROP TABLE public.other").unwrap();
    tenant::drop(&mut client, &key("acme")).unwrap();
    assert_eq!(schemas(&mut client), ["shared", "tenantry"]);
}

#[test]
fn a_schema_with_more_tables_than_the_server_has_locks_is_dropped() {
    let server = tenantry::testing::Server::builder()
        .setting("max_locks_per_transaction", "10")
        .setting("max_connections", "20")
        .start()
        .unwrap();
    let db = server.database().unwrap();
    let mut client = db.connect();
    migrate(&mut client, shop());
    create(&mut client, "acme");
    for batch in 0..20 {
        let tables: Vec<String> = (0..60)
            .map(|table| {
                format!(
                    "CREATE TABLE acme.t{batch}_{table} (id bigint PRIMARY KEY, x text UNIQUE);"
                )
            })
            .collect();
        for some in tables.chunks(20) {
            client.batch_execute(&some.concat()).unwrap();
        }
    }
    let error = client
        .batch_execute("DROP SCHEMA acme CASCADE")
        .unwrap_err();
    assert_eq!(
        error.code().unwrap().code(),
        "53200",
        "the test has to exceed the lock table"
    );
    tenant::drop(&mut client, &key("acme")).unwrap();
    assert_eq!(schemas(&mut client), ["shared", "tenantry"]);
}

#[test]
fn two_who_drop_one_tenant_at_once_both_find_it_gone() {
    let db = shop_db();
    let mut client = db.connect();
    for round in 0..5 {
        let name = format!("acme{round}");
        create(&mut client, &name);
        let meeting = Meeting::new(2);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let mut client = db.connect();
                    meeting.wait();
                    match tenant::drop(&mut client, &key(&name)) {
                        Ok(()) => {}
                        Err(error) => assert!(error.is_unknown_tenant(), "{error}"),
                    }
                });
            }
        });
    }
    assert_eq!(schemas(&mut client), ["shared", "tenantry"]);
}
