//! Objects made by SQL written by hand are read too, and read the same in every tenant.

use postgres::Client;
use tenantry::SchemaName;
use tenantry::structure::{
    Namespace, ObjectKind, ObjectName, Slots, StructureError, fill, introspect,
};
use tenantry::testing::TestDb;

fn name(name: &str) -> SchemaName {
    SchemaName::new(name).unwrap()
}

/// Executes SQL with slots in a tenant's schema.
fn execute(client: &mut Client, tenant: &SchemaName, sql: &str) {
    let shared = name("shared");
    let slots = Slots {
        shared: &shared,
        tenant: Some(tenant),
    };
    let sql = fill(sql, &slots).unwrap();
    if let Err(error) = client.batch_execute(&sql) {
        panic!("{sql}: {error:?}");
    }
}

fn read(client: &mut Client, schema: &SchemaName) -> Namespace {
    let mut found = introspect(client, std::slice::from_ref(schema), &name("shared")).unwrap();
    found.remove(schema).unwrap()
}

/// A server with a shared schema and these tenants, each made by the same SQL.
fn tenants(client: &mut Client, names: &[&str], sql: &str) -> Vec<SchemaName> {
    client
        .batch_execute(
            "CREATE SCHEMA shared; CREATE TABLE shared.plans (id bigint PRIMARY KEY);
             CREATE FUNCTION shared.slug(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)'",
        )
        .unwrap();
    let names: Vec<SchemaName> = names.iter().copied().map(name).collect();
    for tenant in &names {
        execute(client, tenant, "CREATE SCHEMA \"{tenant}\"");
        execute(client, tenant, sql);
    }
    names
}

/// A table, and much around it that models have no words for.
const MUCH: &str = r#"
CREATE TYPE "{tenant}".mood AS ENUM ('fine', 'it''s');
CREATE DOMAIN "{tenant}".code AS text NOT NULL CHECK ("{shared}".slug(VALUE) = VALUE);
CREATE TYPE "{tenant}".pair AS (one integer, other "{tenant}".mood);
CREATE TYPE "{tenant}".span AS RANGE (SUBTYPE = date);
CREATE SEQUENCE "{tenant}".numbers;
CREATE TABLE "{tenant}".orders (
    id bigint GENERATED ALWAYS AS IDENTITY (START 1000) PRIMARY KEY,
    number bigint DEFAULT nextval('"{tenant}".numbers'::regclass),
    mood "{tenant}".mood DEFAULT 'fine',
    moods "{tenant}".mood[],
    name text COLLATE "C" CHECK (name NOT LIKE '%@acme.com'),
    plan bigint REFERENCES "{shared}".plans (id),
    twice bigint GENERATED ALWAYS AS (id * 2) STORED,
    parent bigint,
    note text,
    FOREIGN KEY (parent) REFERENCES "{tenant}".orders (id) MATCH FULL,
    CHECK (mood <> 'it''s'::"{tenant}".mood OR "{shared}".slug(name) = 'x')
);
CREATE FUNCTION "{tenant}".total("{tenant}".mood) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE result bigint; -- isn't "quoted"
BEGIN
    EXECUTE format('SELECT count(*) FROM %s', '"{tenant}".orders'::regclass) INTO result;
    RETURN result + (SELECT count(*) FROM "{tenant}".orders WHERE mood = $1 AND name <> 'acme.com');
END $$;
CREATE FUNCTION "{tenant}".touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON "{tenant}".orders FOR EACH ROW EXECUTE FUNCTION "{tenant}".touch();
CREATE INDEX by_slug ON "{tenant}".orders ("{shared}".slug(name)) WHERE mood = 'fine'::"{tenant}".mood;
CREATE INDEX by_pattern ON "{tenant}".orders (name text_pattern_ops);
CREATE VIEW "{tenant}".fine AS SELECT orders.id, orders.name FROM "{tenant}".orders
    WHERE orders.mood = 'fine' AND "{tenant}".total(orders.mood) > 0;
CREATE MATERIALIZED VIEW "{tenant}".sums AS SELECT count(*) AS n FROM "{tenant}".fine;
CREATE INDEX by_n ON "{tenant}".sums (n);
CREATE POLICY mine ON "{tenant}".orders USING ("{tenant}".total(mood) > 0);
CREATE RULE none AS ON DELETE TO "{tenant}".fine DO INSTEAD NOTHING;
CREATE STATISTICS "{tenant}".related ON mood, plan FROM "{tenant}".orders;
CREATE AGGREGATE "{tenant}".longest(bigint) (SFUNC = int8larger, STYPE = bigint);
CREATE TABLE "{tenant}".parts (id bigint, day date) PARTITION BY RANGE (day);
CREATE TABLE "{tenant}".parts_20 PARTITION OF "{tenant}".parts FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
"#;

#[test]
fn tenants_made_by_the_same_sql_are_equal_whatever_their_names_are() {
    let db = TestDb::new();
    let mut client = db.connect();
    // One is called like a domain in a text, one like a table and the columns' prefix in a view, one like a column.
    let names = ["t1", "acme", "orders", "name"];
    let tenants = tenants(&mut client, &names, MUCH);
    let found = introspect(&mut client, &tenants, &name("shared")).unwrap();
    let first = &found[&tenants[0]];
    for tenant in &tenants[1..] {
        let other = &found[tenant];
        for (name, definition) in &first.objects {
            assert_eq!(
                other.objects.get(name),
                Some(definition),
                "{tenant}: {name}"
            );
        }
        assert_eq!(first, other, "{tenant}");
    }
}

#[test]
fn the_schemas_names_are_slots_in_what_is_read() {
    let db = TestDb::new();
    let mut client = db.connect();
    let tenants = tenants(&mut client, &["acme"], MUCH);
    let acme = read(&mut client, &tenants[0]);
    let orders = &acme.tables["orders"];
    assert_eq!(
        orders.column("mood").unwrap().sql_type,
        r#""{tenant}".mood"#
    );
    assert_eq!(
        orders.column("number").unwrap().default.as_deref(),
        Some(r#"nextval('"{tenant}".numbers'::regclass)"#)
    );
    assert_eq!(
        orders.checks["orders_name_check"].condition,
        "(name !~~ '%@acme.com'::text)"
    );
    let by_pattern = &orders.indexes["by_pattern"];
    assert_eq!(
        by_pattern.parts[0].opclass.as_deref(),
        Some("text_pattern_ops")
    );
    let all: String = acme.objects.values().map(String::as_str).collect();
    assert!(
        !all.contains("acme.") || all.contains("'acme.com'"),
        "{all}"
    );
    assert_eq!(all.matches("acme").count(), 1, "{all}");
    let kinds = acme.objects.keys().map(|name| name.kind);
    let mut kinds: Vec<ObjectKind> = kinds.collect();
    kinds.dedup();
    assert_eq!(kinds.len(), 13, "{kinds:?}");
    let trigger = ObjectName::new(ObjectKind::Trigger, "orders.touch");
    assert_eq!(
        acme.objects[&trigger],
        r#"CREATE TRIGGER touch BEFORE UPDATE ON "{tenant}".orders FOR EACH ROW EXECUTE FUNCTION "{tenant}".touch()"#
    );
}

/// Changes that a comparison of tenants has to notice.
const CHANGES: &[&str] = &[
    r#"ALTER TYPE "{tenant}".mood ADD VALUE 'odd'"#,
    r#"ALTER DOMAIN "{tenant}".code DROP NOT NULL"#,
    r#"ALTER TYPE "{tenant}".pair ADD ATTRIBUTE third integer"#,
    r#"ALTER SEQUENCE "{tenant}".numbers INCREMENT 2"#,
    r#"CREATE SEQUENCE "{tenant}".more"#,
    r#"ALTER TABLE "{tenant}".orders ALTER COLUMN id SET GENERATED BY DEFAULT"#,
    r#"ALTER TABLE "{tenant}".orders ALTER COLUMN id SET INCREMENT 5"#,
    r#"ALTER TABLE "{tenant}".orders ALTER COLUMN note TYPE text COLLATE "POSIX""#,
    r#"ALTER TABLE "{tenant}".orders ALTER COLUMN name SET STORAGE EXTERNAL"#,
    r#"ALTER TABLE "{tenant}".orders ALTER COLUMN name SET STATISTICS 500"#,
    r#"ALTER TABLE "{tenant}".orders ALTER COLUMN twice DROP EXPRESSION"#,
    r#"ALTER TABLE "{tenant}".orders ALTER COLUMN plan SET DEFAULT 3"#,
    r#"ALTER TABLE "{tenant}".orders ADD COLUMN more integer"#,
    r#"ALTER TABLE "{tenant}".orders RENAME CONSTRAINT orders_pkey TO other"#,
    r#"ALTER TABLE "{tenant}".orders ALTER CONSTRAINT orders_plan_fkey DEFERRABLE"#,
    r#"ALTER TABLE "{tenant}".orders DROP CONSTRAINT orders_parent_fkey"#,
    r#"ALTER TABLE "{tenant}".orders ADD CHECK (id > 0) NOT VALID"#,
    r#"ALTER TABLE "{tenant}".orders ADD CHECK (id > 0) NO INHERIT"#,
    r#"ALTER TABLE "{tenant}".orders ADD UNIQUE (id) INCLUDE (name)"#,
    r#"ALTER TABLE "{tenant}".orders ADD EXCLUDE (name WITH =)"#,
    r#"ALTER TABLE "{tenant}".orders ENABLE ROW LEVEL SECURITY"#,
    r#"ALTER TABLE "{tenant}".orders SET (fillfactor = 70)"#,
    r#"ALTER TABLE "{tenant}".orders REPLICA IDENTITY FULL"#,
    r#"ALTER TABLE "{tenant}".parts_20 SET UNLOGGED"#,
    r#"ALTER TABLE "{tenant}".parts DETACH PARTITION "{tenant}".parts_20"#,
    r#"ALTER TABLE "{tenant}".orders DISABLE TRIGGER touch"#,
    r#"DROP TRIGGER touch ON "{tenant}".orders"#,
    r#"COMMENT ON TABLE "{tenant}".orders IS 'What is bought.'"#,
    r#"COMMENT ON COLUMN "{tenant}".orders.name IS 'Whose.'"#,
    r#"CREATE INDEX ON "{tenant}".orders (plan)"#,
    r#"DROP INDEX "{tenant}".by_n"#,
    r#"ALTER INDEX "{tenant}".by_slug SET (fillfactor = 70)"#,
    r#"CREATE INDEX ON "{tenant}".orders (name COLLATE "POSIX")"#,
    r#"CREATE OR REPLACE FUNCTION "{tenant}".touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$"#,
    r#"ALTER FUNCTION "{tenant}".touch() SECURITY DEFINER"#,
    r#"CREATE FUNCTION "{tenant}".touch(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'"#,
    r#"CREATE OR REPLACE VIEW "{tenant}".fine AS SELECT id, name FROM "{tenant}".orders"#,
    r#"ALTER VIEW "{tenant}".fine SET (security_barrier)"#,
    r#"ALTER POLICY mine ON "{tenant}".orders USING (id > 0)"#,
    r#"DROP RULE none ON "{tenant}".fine"#,
    r#"DROP STATISTICS "{tenant}".related"#,
    r#"DROP AGGREGATE "{tenant}".longest(bigint)"#,
    // The same, but in another tenant's schema or in the wrong place.
    r#"ALTER TABLE "{tenant}".orders ADD FOREIGN KEY (id) REFERENCES acme.orders (id)"#,
    r#"CREATE TABLE "{tenant}".plans (id bigint PRIMARY KEY)"#,
];

#[test]
fn every_change_to_one_tenant_is_noticed() {
    let db = TestDb::new();
    let mut client = db.connect();
    let tenants = tenants(&mut client, &["acme", "t1"], MUCH);
    let acme = read(&mut client, &tenants[0]);
    for change in CHANGES {
        client.batch_execute("BEGIN").unwrap();
        execute(&mut client, &tenants[1], change);
        let changed = read(&mut client, &tenants[1]);
        assert_ne!(changed, acme, "{change}");
        client.batch_execute("ROLLBACK").unwrap();
    }
    assert_eq!(read(&mut client, &tenants[1]), acme);
}

#[test]
fn an_index_that_failed_to_build_is_not_taken_for_one() {
    let db = TestDb::new();
    let mut client = db.connect();
    let sql = r#"CREATE TABLE "{tenant}".a (b integer); INSERT INTO "{tenant}".a VALUES (1), (1)"#;
    let tenants = tenants(&mut client, &["acme"], sql);
    client
        .batch_execute("CREATE UNIQUE INDEX CONCURRENTLY by_b ON acme.a (b)")
        .unwrap_err();
    let acme = read(&mut client, &tenants[0]);
    assert!(acme.tables["a"].indexes.is_empty());
    let by_b = ObjectName::new(ObjectKind::Index, "a.by_b");
    assert!(acme.objects[&by_b].ends_with("(not valid)"), "{acme:?}");
}

#[test]
fn what_belongs_to_an_extension_is_left_out() {
    let db = TestDb::new();
    let mut client = db.connect();
    let tenants = tenants(&mut client, &["acme"], "");
    client
        .batch_execute("CREATE EXTENSION hstore SCHEMA acme")
        .unwrap();
    assert_eq!(read(&mut client, &tenants[0]), Namespace::default());
}

#[test]
fn the_shared_schema_reads_its_own_name_as_its_slot() {
    let db = TestDb::new();
    let mut client = db.connect();
    tenants(&mut client, &[], "");
    client
        .batch_execute("ALTER TABLE shared.plans ADD parent bigint REFERENCES shared.plans, ADD CHECK (shared.slug('a') = 'a')")
        .unwrap();
    let shared = read(&mut client, &name("shared"));
    let plans = &shared.tables["plans"];
    assert_eq!(
        plans.checks["plans_check"].condition,
        r#"("{shared}".slug('a'::text) = 'a'::text)"#
    );
    assert_eq!(
        plans.foreign_keys["plans_parent_fkey"].target.placement,
        tenantry::model::PlacementKind::Shared
    );
}

#[test]
fn a_schema_that_does_not_exist_has_no_entry() {
    let db = TestDb::new();
    let mut client = db.connect();
    tenants(&mut client, &["acme"], "");
    let asked = [name("acme"), name("nobody")];
    let found = introspect(&mut client, &asked, &name("shared")).unwrap();
    assert_eq!(found.into_keys().collect::<Vec<_>>(), [name("acme")]);
}

#[test]
fn a_schema_in_the_search_path_is_refused() {
    let db = TestDb::new();
    let mut client = db.connect();
    let tenants = tenants(&mut client, &["acme"], "");
    client.batch_execute("SET search_path = acme").unwrap();
    let error = introspect(&mut client, &tenants, &name("shared")).unwrap_err();
    assert!(
        matches!(&error, StructureError::InSearchPath(schema) if *schema == tenants[0]),
        "{error}"
    );
}
