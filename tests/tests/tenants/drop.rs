//! Drops: what goes, what stays, and what is gone on with.

use std::thread;

use postgres::Client;
use tenantry::tenant::NewTenant;
use tenantry::testing::{Server, TestDb};
use tenantry::{Database, ErrorKind, SchemaName};
use tenantry_tests::fleet::{app, create, key, ledger, migrate, schemas, shop, shop_db, tables};
use tenantry_tests::wait::Meeting;

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
    db.tenants().drop(&key("acme")).unwrap();
    db.tenants().drop(&key("other")).unwrap();
    assert_eq!(schemas(&mut client), before);
    assert_eq!(ledger(&mut client), ["0 0001_plans"]);
    assert!(
        db.tenants()
            .drop(&key("acme"))
            .unwrap_err()
            .is_unknown_tenant()
    );
    let again = create(&mut client, "acme");
    assert_eq!(again.schema().as_str(), format!("t{}_acme", again.id()));
    let chosen = NewTenant::new(&key("x")).schema(SchemaName::new("acme").unwrap());
    let error = db.tenants().create(chosen).unwrap_err();
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
    let error = db.open("acme").unwrap_err();
    assert!(error.is_tenant_state(), "{error}");
    let error = db.tenants().create(key("acme")).unwrap_err();
    assert!(
        error.is_tenant_state() && error.to_string().contains("being dropped"),
        "{error}"
    );
    db.tenants().drop(&key("acme")).unwrap();
    assert_eq!(schemas(&mut client), ["shared", "tenantry"]);
    create(&mut client, "acme");
}

#[test]
fn a_tenant_whose_schema_is_gone_can_be_dropped() {
    let db = shop_db();
    let mut client = db.connect();
    create(&mut client, "acme");
    client.batch_execute("DROP SCHEMA acme CASCADE").unwrap();
    db.tenants().drop(&key("acme")).unwrap();
    assert!(!db.has("acme"));
}

#[test]
fn a_half_dropped_tenant_can_be_dropped_and_not_opened() {
    let db = shop_db();
    let mut client = db.connect();
    create(&mut client, "acme");
    client
        .batch_execute("UPDATE tenantry.tenant SET state = 'dropping'")
        .unwrap();
    assert!(db.open("acme").unwrap_err().is_tenant_state());
    db.tenants().drop(&key("acme")).unwrap();
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
    let error = db.tenants().drop(&key("acme")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotOwned, "{error}");
    assert_eq!(tables(&mut client, "acme"), ["precious"]);
    db.open("acme").unwrap();
    assert_eq!(db.tenants().get(key("acme")).unwrap(), acme);
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
    let error = db.tenants().drop(&key("acme")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Dependents, "{error}");
    assert!(error.to_string().contains("reports.names"), "{error}");
    db.open("acme").unwrap();
    client.batch_execute("DROP SCHEMA reports CASCADE").unwrap();
    db.tenants().drop(&key("acme")).unwrap();
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
        let error = db.tenants().drop(&key("acme")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Dependents, "{outside}: {error}");
        assert!(error.to_string().contains(named), "{outside}: {error}");
        db.open("acme").unwrap();
        assert_eq!(db.tenants().get(key("acme")).unwrap(), acme);
        client.batch_execute("DROP TABLE public.other").unwrap();
    }
    db.tenants().drop(&key("acme")).unwrap();
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
    let error = db.tenants().drop(&key("acme")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Dependents, "{error}");
    assert_eq!(tables(&mut client, "public"), ["other"]);
    client.batch_execute("DROP TABLE public.other").unwrap();
    db.tenants().drop(&key("acme")).unwrap();
    assert_eq!(schemas(&mut client), ["shared", "tenantry"]);
}

/// A tenant on a server with room for a few locks only.
struct Small {
    client: Client,
    app: Database,
    // Dropped last, in this order.
    _db: TestDb,
    _server: Server,
}

impl Small {
    fn new() -> Self {
        let server = Server::builder()
            .setting("max_locks_per_transaction", "10")
            .setting("max_connections", "20")
            .start()
            .unwrap();
        let db = server.database().unwrap();
        let mut client = db.connect();
        migrate(&mut client, shop());
        create(&mut client, "acme");
        Self {
            client,
            app: app(db.url()),
            _db: db,
            _server: server,
        }
    }

    /// Drops what is too much for one transaction.
    fn drop_in_steps(&mut self) {
        let dropped = self.client.batch_execute("DROP SCHEMA acme CASCADE");
        let code = dropped.unwrap_err().code().unwrap().clone();
        assert_eq!(
            code.code(),
            "53200",
            "the test has to exceed the lock table"
        );
        self.app.tenants().drop(&key("acme")).unwrap();
        assert_eq!(schemas(&mut self.client), ["shared", "tenantry"]);
    }
}

#[test]
fn a_schema_with_more_tables_than_the_server_has_locks_is_dropped() {
    let mut small = Small::new();
    for batch in 0..20 {
        let tables: Vec<String> = (0..60)
            .map(|table| {
                format!(
                    "CREATE TABLE acme.t{batch}_{table} (id bigint PRIMARY KEY, x text UNIQUE);"
                )
            })
            .collect();
        for some in tables.chunks(20) {
            small.client.batch_execute(&some.concat()).unwrap();
        }
    }
    small.drop_in_steps();
}

#[test]
fn a_schema_with_more_functions_and_types_than_the_server_has_locks_is_dropped() {
    let mut small = Small::new();
    // All functions depend on one type, and all views on one function.
    small
        .client
        .batch_execute(
            "CREATE TYPE acme.mood AS ENUM ('ok'); \
             CREATE FUNCTION acme.first() RETURNS int LANGUAGE sql AS 'SELECT 1'; \
             DO $$ BEGIN FOR n IN 1..600 LOOP \
             EXECUTE format('CREATE FUNCTION acme.f%s(acme.mood) RETURNS int LANGUAGE sql AS ''SELECT 1''', n); \
             EXECUTE format('CREATE DOMAIN acme.d%s AS int', n); END LOOP; END $$",
        )
        .unwrap();
    for some in 0..20 {
        let views = (0..10).map(|view| {
            format!("CREATE VIEW acme.\"V {some} {view}\" AS SELECT acme.first() AS x;")
        });
        small
            .client
            .batch_execute(&views.collect::<String>())
            .unwrap();
    }
    small.drop_in_steps();
}

#[test]
fn a_schema_with_objects_of_all_kinds_is_dropped() {
    let db = shop_db();
    let mut client = db.connect();
    create(&mut client, "acme");
    let all_kinds = "CREATE TYPE acme.\"Mood (1)\" AS ENUM ('ok'); CREATE TYPE acme.pair AS (a int, b acme.\"Mood (1)\"[]); \
        CREATE TYPE acme.span AS RANGE (subtype = int4); CREATE DOMAIN acme.positive AS int CHECK (VALUE > 0); \
        CREATE FUNCTION acme.less(acme.pair, acme.pair) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true'; \
        CREATE FUNCTION acme.compare(acme.pair, acme.pair) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 0'; \
        CREATE OPERATOR acme.<< (FUNCTION = acme.less, LEFTARG = acme.pair, RIGHTARG = acme.pair); \
        CREATE OPERATOR CLASS acme.pairs FOR TYPE acme.pair USING btree AS OPERATOR 1 acme.<<, \
            FUNCTION 1 acme.compare(acme.pair, acme.pair); \
        CREATE AGGREGATE acme.most(int) (SFUNC = int4larger, STYPE = int); \
        CREATE AGGREGATE acme.middle(float8 ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal, \
            FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA); \
        CREATE AGGREGATE acme.\"how ()\"(*) (SFUNC = int8inc, STYPE = int8, INITCOND = '0'); \
        CREATE PROCEDURE acme.\"do it\"(VARIADIC of int[]) LANGUAGE sql AS 'SELECT 1'; CREATE SEQUENCE acme.\"Seq\"; \
        CREATE COLLATION acme.plain FROM \"C\"; CREATE TEXT SEARCH CONFIGURATION acme.words (COPY = pg_catalog.simple); \
        CREATE TEXT SEARCH DICTIONARY acme.simply (TEMPLATE = pg_catalog.simple); \
        CREATE CONVERSION acme.turned FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8; \
        CREATE VIEW acme.one AS SELECT 1 AS x; CREATE VIEW acme.two AS SELECT * FROM acme.one; \
        CREATE MATERIALIZED VIEW acme.three AS SELECT * FROM acme.two; CREATE INDEX ON acme.three (x); \
        CREATE FUNCTION acme.of_view() RETURNS SETOF acme.two LANGUAGE sql BEGIN ATOMIC SELECT * FROM acme.two; END; \
        CREATE STATISTICS acme.both ON id, name FROM acme.customers";
    client.batch_execute(all_kinds).unwrap();
    db.tenants().drop(&key("acme")).unwrap();
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
                    meeting.wait();
                    match db.tenants().drop(&key(&name)) {
                        Ok(()) => {}
                        Err(error) => assert!(error.is_unknown_tenant(), "{error}"),
                    }
                });
            }
        });
    }
    assert_eq!(schemas(&mut client), ["shared", "tenantry"]);
}
