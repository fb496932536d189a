//! Each kind of object is told where it is all that a schema has: nothing is asked about kinds that are not there.

use std::collections::BTreeSet;

use postgres::Client;
use tenantry::SchemaName;
use tenantry::structure::{Namespace, ObjectKind, ObjectName, introspect};
use tenantry::testing::TestDb;

/// An object of a kind: its name, the SQL that makes it in the schema `%s`, and what `ALTER` calls it, if it is moved.
type Alone = (ObjectKind, &'static str, &'static str, &'static str);

/// Objects that need nothing else in their schema.
const ALONE: &[Alone] = &[
    (
        ObjectKind::Type,
        "enum",
        "CREATE TYPE %s.enum AS ENUM ('one')",
        "TYPE %s.enum",
    ),
    (
        ObjectKind::Type,
        "domain",
        "CREATE DOMAIN %s.domain AS text NOT NULL CHECK (VALUE <> 'x')",
        "DOMAIN %s.domain",
    ),
    (
        ObjectKind::Type,
        "pair",
        "CREATE TYPE %s.pair AS (one integer, other text)",
        "TYPE %s.pair",
    ),
    (
        ObjectKind::Type,
        "span",
        "CREATE TYPE %s.span AS RANGE (SUBTYPE = date)",
        "",
    ),
    (
        ObjectKind::Sequence,
        "numbers",
        "CREATE SEQUENCE %s.numbers START 7",
        "SEQUENCE %s.numbers",
    ),
    (
        ObjectKind::Function,
        "f(integer)",
        "CREATE FUNCTION %s.f(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "FUNCTION %s.f(integer)",
    ),
    (
        ObjectKind::Function,
        "p(IN integer)",
        "CREATE PROCEDURE %s.p(integer) LANGUAGE sql AS 'SELECT 1'",
        "PROCEDURE %s.p(integer)",
    ),
    (
        ObjectKind::Function,
        "w()",
        "CREATE FUNCTION %s.w() RETURNS bigint LANGUAGE internal WINDOW AS 'window_row_number'",
        "FUNCTION %s.w()",
    ),
    (
        ObjectKind::Function,
        "longest(bigint)",
        "CREATE AGGREGATE %s.longest(bigint) (SFUNC = int8larger, STYPE = bigint)",
        "AGGREGATE %s.longest(bigint)",
    ),
    (
        ObjectKind::View,
        "v",
        "CREATE VIEW %s.v AS SELECT 1 AS one",
        "VIEW %s.v",
    ),
    (
        ObjectKind::MaterializedView,
        "m",
        "CREATE MATERIALIZED VIEW %s.m AS SELECT 1 AS one",
        "MATERIALIZED VIEW %s.m",
    ),
    (
        ObjectKind::Index,
        "m.by_one",
        "CREATE MATERIALIZED VIEW %s.m AS SELECT 1 AS one; CREATE INDEX by_one ON %s.m (one)",
        "MATERIALIZED VIEW %s.m",
    ),
    (
        ObjectKind::Rule,
        "v.none",
        "CREATE VIEW %s.v AS SELECT 1 AS one; CREATE RULE none AS ON DELETE TO %s.v DO INSTEAD NOTHING",
        "VIEW %s.v",
    ),
    (
        ObjectKind::Trigger,
        "v.touch",
        "CREATE VIEW %s.v AS SELECT 1 AS one;
         CREATE TRIGGER touch INSTEAD OF UPDATE ON %s.v FOR EACH ROW EXECUTE FUNCTION elsewhere.touch()",
        "VIEW %s.v",
    ),
    (
        ObjectKind::ForeignTable,
        "far",
        "CREATE FOREIGN TABLE %s.far (a integer) SERVER far OPTIONS (table_name 'it''s')",
        "FOREIGN TABLE %s.far",
    ),
    (
        ObjectKind::Trigger,
        "far.touch",
        "CREATE FOREIGN TABLE %s.far (a integer) SERVER far;
         CREATE TRIGGER touch BEFORE UPDATE ON %s.far FOR EACH ROW EXECUTE FUNCTION elsewhere.touch()",
        "FOREIGN TABLE %s.far",
    ),
    // Its table is in another schema.
    (
        ObjectKind::Statistics,
        "related",
        "CREATE STATISTICS %s.related ON a, b FROM elsewhere.t",
        "STATISTICS %s.related",
    ),
    (
        ObjectKind::Operator,
        "##(integer,integer)",
        "CREATE OPERATOR %s.## (FUNCTION = int4pl, LEFTARG = integer, RIGHTARG = integer)",
        "OPERATOR %s.## (integer, integer)",
    ),
    (
        ObjectKind::OperatorFamily,
        "numbers USING btree",
        "CREATE OPERATOR FAMILY %s.numbers USING btree;
         ALTER OPERATOR FAMILY %s.numbers USING btree ADD OPERATOR 1 <(integer, bigint), FUNCTION 1 btint48cmp(integer, bigint)",
        "OPERATOR FAMILY %s.numbers USING btree",
    ),
    // The family of this one is in another schema, and nobody reads that.
    (
        ObjectKind::OperatorClass,
        "ints USING hash",
        "CREATE OPERATOR CLASS %s.ints FOR TYPE integer USING hash FAMILY elsewhere.others AS OPERATOR 1 =, FUNCTION 1 hashint4(integer)",
        "",
    ),
    (
        ObjectKind::Collation,
        "plain",
        r#"CREATE COLLATION %s.plain FROM "C""#,
        "COLLATION %s.plain",
    ),
    (
        ObjectKind::Dictionary,
        "words",
        "CREATE TEXT SEARCH DICTIONARY %s.words (TEMPLATE = simple)",
        "TEXT SEARCH DICTIONARY %s.words",
    ),
    (
        ObjectKind::SearchConfiguration,
        "found",
        "CREATE TEXT SEARCH CONFIGURATION %s.found (COPY = simple)",
        "TEXT SEARCH CONFIGURATION %s.found",
    ),
    (
        ObjectKind::Trigger,
        "t.touch",
        "CREATE TABLE %s.t (a integer);
         CREATE TRIGGER touch BEFORE UPDATE ON %s.t FOR EACH ROW EXECUTE FUNCTION elsewhere.touch()",
        "TABLE %s.t",
    ),
    (
        ObjectKind::Trigger,
        "t.late",
        "CREATE TABLE %s.t (a integer); CREATE CONSTRAINT TRIGGER late AFTER INSERT ON %s.t
         DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION elsewhere.touch()",
        "TABLE %s.t",
    ),
    (
        ObjectKind::Rule,
        "t.none",
        "CREATE TABLE %s.t (a integer); CREATE RULE none AS ON DELETE TO %s.t DO ALSO NOTHING",
        "TABLE %s.t",
    ),
    // Row security is off.
    (
        ObjectKind::Policy,
        "t.mine",
        "CREATE TABLE %s.t (a integer); CREATE POLICY mine ON %s.t USING (a > 0)",
        "TABLE %s.t",
    ),
    (
        ObjectKind::Table,
        "t",
        "CREATE UNLOGGED TABLE %s.t ()",
        "TABLE %s.t",
    ),
    (
        ObjectKind::Table,
        "p",
        "CREATE TABLE %s.p (a integer) PARTITION BY LIST (a)",
        "TABLE %s.p",
    ),
    (
        ObjectKind::Column,
        "t.a",
        "CREATE TABLE %s.t (a integer GENERATED ALWAYS AS IDENTITY)",
        "TABLE %s.t",
    ),
    (
        ObjectKind::Constraint,
        "t.t_a_excl",
        "CREATE TABLE %s.t (a integer, EXCLUDE (a WITH =) DEFERRABLE)",
        "TABLE %s.t",
    ),
    (
        ObjectKind::Index,
        "t.by_a",
        "CREATE TABLE %s.t (a integer); CREATE INDEX by_a ON %s.t (a) WITH (fillfactor = 50)",
        "TABLE %s.t",
    ),
];

const BESIDE: &str = "
    CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw;
    CREATE SCHEMA elsewhere; CREATE SCHEMA shared; CREATE TABLE elsewhere.t (a integer, b integer);
    CREATE FUNCTION elsewhere.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
    CREATE OPERATOR FAMILY elsewhere.others USING hash";

fn name(name: &str) -> SchemaName {
    SchemaName::new(name).unwrap()
}

fn read(client: &mut Client, schema: &str) -> Namespace {
    let schema = name(schema);
    let schemas = std::slice::from_ref(&schema);
    let mut found = introspect(client, schemas, &name("shared")).unwrap();
    found.remove(&schema).unwrap()
}

fn execute(client: &mut Client, sql: &str) {
    if let Err(error) = client.batch_execute(sql) {
        panic!("{sql}: {error:?}");
    }
}

#[test]
fn an_object_that_is_alone_in_its_schema_is_told() {
    let db = TestDb::new();
    let mut client = db.connect();
    execute(&mut client, BESIDE);
    let mut kinds = BTreeSet::new();
    for (number, &(kind, object, sql, moved)) in ALONE.iter().enumerate() {
        let [here, there, before] = ["here", "there", "before"].map(|it| format!("{it}_{number}"));
        execute(&mut client, &format!("CREATE SCHEMA {here}"));
        execute(&mut client, &sql.replace("%s", &here));
        let made = read(&mut client, &here);
        let object = ObjectName::new(kind, object);
        assert!(made.objects.contains_key(&object), "{sql}: {made:?}");
        kinds.insert(kind);
        if moved.is_empty() {
            continue;
        }
        execute(
            &mut client,
            &format!("CREATE SCHEMA {before}; CREATE SCHEMA {there}"),
        );
        execute(&mut client, &sql.replace("%s", &before));
        let moved = moved.replace("%s", &before);
        execute(&mut client, &format!("ALTER {moved} SET SCHEMA {there}"));
        assert_eq!(read(&mut client, &before), Namespace::default(), "{sql}");
        assert_eq!(read(&mut client, &there), made, "{sql}");
    }
    assert_eq!(kinds.len(), 20, "{kinds:?}");
}

#[test]
fn objects_are_told_alike_with_and_without_others_beside_them() {
    let db = TestDb::new();
    let mut client = db.connect();
    execute(&mut client, BESIDE);
    let schemas: Vec<SchemaName> = (0..ALONE.len())
        .map(|it| name(&format!("a_{it}")))
        .collect();
    for (schema, (_, _, sql, _)) in schemas.iter().zip(ALONE) {
        execute(&mut client, &format!("CREATE SCHEMA {schema}"));
        execute(&mut client, &sql.replace("%s", schema.as_str()));
    }
    let all = introspect(&mut client, &schemas, &name("shared")).unwrap();
    for schema in &schemas {
        assert_eq!(read(&mut client, schema.as_str()), all[schema], "{schema}");
    }
}

#[test]
fn an_operator_class_is_told_whole_without_the_schema_of_its_family() {
    let db = TestDb::new();
    let mut client = db.connect();
    execute(&mut client, BESIDE);
    let (_, object, sql, _) = ALONE
        .iter()
        .find(|it| it.0 == ObjectKind::OperatorClass)
        .unwrap();
    execute(
        &mut client,
        &format!("CREATE SCHEMA acme; {}", sql.replace("%s", "acme")),
    );
    let object = ObjectName::new(ObjectKind::OperatorClass, *object);
    let acme = read(&mut client, "acme");
    let definition = &acme.objects[&object];
    assert!(
        definition.contains("FUNCTION 1 (integer, integer) hashint4"),
        "{definition}"
    );
}

#[test]
fn a_table_of_an_extension_is_left_out_with_all_that_it_has() {
    let db = TestDb::new();
    let mut client = db.connect();
    execute(
        &mut client,
        "CREATE SCHEMA acme; CREATE EXTENSION hstore SCHEMA acme;
         CREATE TABLE acme.words (id integer PRIMARY KEY, word text CHECK (word <> ''));
         CREATE INDEX by_word ON acme.words (word);
         CREATE MATERIALIZED VIEW acme.kept AS SELECT 1 AS one; CREATE INDEX by_one ON acme.kept (one);
         ALTER EXTENSION hstore ADD TABLE acme.words; ALTER EXTENSION hstore ADD MATERIALIZED VIEW acme.kept",
    );
    assert_eq!(read(&mut client, "acme"), Namespace::default());
}
