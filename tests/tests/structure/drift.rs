//! Live schemas against what they should be.

use postgres::Client;
use tenantry::SchemaName;
use tenantry::model::PlacementKind::{Shared, Tenant};
use tenantry::structure::{
    Check, Column, ForeignKey, Index, IndexPart, PrimaryKey, Slots, State, StructureError, Table,
    Target, diff, drift, fill, render,
};
use tenantry::testing::TestDb;

fn name(name: &str) -> SchemaName {
    SchemaName::new(name).unwrap()
}

/// Plans for all, and customers of each tenant who have one.
fn wanted() -> State {
    let mut plans = Table::default();
    plans.columns.push(Column::new("id", "bigint"));
    plans.primary_key = Some(PrimaryKey::new("plans_pkey", ["id"]));

    let mut customers = Table::default();
    let mut state = Column::new("state", "character varying(9)");
    state.default = Some("'new'".to_owned());
    customers.columns = vec![state, Column::new("plan", "bigint")];
    customers.checks.insert(
        "customers_state_check".to_owned(),
        Check::new("\"state\" IN ('new', 'old')"),
    );
    customers.foreign_keys.insert(
        "customers_plan_fkey".to_owned(),
        ForeignKey::new(["plan"], Target::new(Shared, "plans", ["id"])),
    );
    let mut index = Index::new([IndexPart::expression("lower(state)")]);
    index.filter = Some("plan > 1 + 1".to_owned());
    customers.indexes.insert("by_state".to_owned(), index);

    let mut wanted = State::default();
    wanted.shared.tables.insert("plans".to_owned(), plans);
    wanted
        .tenant
        .tables
        .insert("customers".to_owned(), customers);
    wanted
}

/// Builds a state in the schemas `shared` and `acme`.
fn build(client: &mut Client, state: &State) {
    let (shared, acme) = (name("shared"), name("acme"));
    let slots = Slots {
        shared: &shared,
        tenant: Some(&acme),
    };
    for op in diff(&State::default(), state) {
        for sql in render(&op) {
            client.batch_execute(&fill(&sql, &slots).unwrap()).unwrap();
        }
    }
}

fn found(client: &mut Client, wanted: &State) -> Vec<String> {
    let ops = drift(client, wanted, &name("shared"), Some(&name("acme"))).unwrap();
    ops.iter().map(ToString::to_string).collect()
}

#[test]
fn what_was_built_has_not_drifted_and_what_is_changed_by_hand_has() {
    let db = TestDb::new();
    let mut client = db.connect();
    client
        .batch_execute("CREATE SCHEMA shared; CREATE SCHEMA acme")
        .unwrap();
    build(&mut client, &wanted());
    assert_eq!(found(&mut client, &wanted()), [""; 0]);

    client
        .batch_execute(
            "ALTER TABLE acme.customers DROP CONSTRAINT customers_state_check;
             ALTER TABLE acme.customers ADD CONSTRAINT customers_state_check CHECK (state IN ('new'));
             ALTER TABLE shared.plans ADD COLUMN note text;
             CREATE TABLE acme.left_over (id bigint)",
        )
        .unwrap();
    assert_eq!(
        found(&mut client, &wanted()),
        [
            "drop column `note` from shared table `plans`",
            "drop check `customers_state_check` from tenant table `customers`",
            "add check `customers_state_check` to tenant table `customers`",
            "drop tenant table `left_over`",
        ]
    );
    let shared_alone = drift(&mut client, &wanted(), &name("shared"), None).unwrap();
    assert_eq!(shared_alone.len(), 1, "{shared_alone:?}");
}

#[test]
fn looking_for_drift_leaves_nothing_behind() {
    let db = TestDb::new();
    let mut client = db.connect();
    client
        .batch_execute("CREATE SCHEMA shared; CREATE SCHEMA acme")
        .unwrap();
    let schemas = |client: &mut Client| -> Vec<String> {
        let sql = "SELECT nspname::text FROM pg_catalog.pg_namespace ORDER BY 1";
        let rows = client.query(sql, &[]).unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    };
    let before = schemas(&mut client);
    assert_eq!(found(&mut client, &wanted()).len(), 3);
    let mut broken = wanted();
    let customers = broken.tenant.tables.get_mut("customers").unwrap();
    let check = Check::new("no_such_column > 0");
    customers.checks.insert("broken".to_owned(), check);
    let error = drift(&mut client, &broken, &name("shared"), Some(&name("acme"))).unwrap_err();
    assert!(matches!(error, StructureError::Database(_)), "{error}");
    assert_eq!(schemas(&mut client), before);
}

#[test]
fn expressions_may_name_types_sequences_and_functions_of_the_schemas() {
    let db = TestDb::new();
    let mut client = db.connect();
    client
        .batch_execute(
            "CREATE SCHEMA shared; CREATE SCHEMA acme; CREATE SEQUENCE acme.numbers;
             CREATE TYPE shared.mood AS ENUM ('fine');
             CREATE FUNCTION shared.is_fine(shared.mood) RETURNS boolean LANGUAGE sql IMMUTABLE
                 AS $$ SELECT $1 = 'fine'::shared.mood $$",
        )
        .unwrap();
    let mut wanted = wanted();
    let customers = wanted.tenant.tables.get_mut("customers").unwrap();
    customers
        .columns
        .push(Column::new("mood", r#""{shared}".mood"#));
    let mut number = Column::new("number", "bigint");
    number.default = Some(r#"nextval('"{tenant}".numbers'::regclass)"#.to_owned());
    customers.columns.push(number);
    let check = Check::new(r#""{shared}".is_fine(mood)"#);
    customers.checks.insert("is_fine".to_owned(), check);
    build(&mut client, &wanted);
    assert_eq!(found(&mut client, &wanted), [""; 0]);
}

#[test]
fn a_schema_that_does_not_exist_is_an_error() {
    let db = TestDb::new();
    let mut client = db.connect();
    client.batch_execute("CREATE SCHEMA shared").unwrap();
    let error = drift(&mut client, &wanted(), &name("shared"), Some(&name("acme"))).unwrap_err();
    assert_eq!(error.to_string(), "the database has no schema `acme`");
}

#[test]
fn foreign_keys_of_a_tenant_lead_to_its_own_schema() {
    let db = TestDb::new();
    let mut client = db.connect();
    client
        .batch_execute("CREATE SCHEMA shared; CREATE SCHEMA acme; CREATE SCHEMA other")
        .unwrap();
    let mut wanted = wanted();
    let plans = wanted.shared.tables.remove("plans").unwrap();
    wanted.tenant.tables.insert("plans".to_owned(), plans);
    let customers = wanted.tenant.tables.get_mut("customers").unwrap();
    let key = customers
        .foreign_keys
        .get_mut("customers_plan_fkey")
        .unwrap();
    key.target.placement = Tenant;
    build(&mut client, &wanted);
    assert_eq!(found(&mut client, &wanted), [""; 0]);
    client
        .batch_execute(
            "CREATE TABLE other.plans (id bigint PRIMARY KEY);
             ALTER TABLE acme.customers DROP CONSTRAINT customers_plan_fkey;
             ALTER TABLE acme.customers ADD CONSTRAINT customers_plan_fkey
                 FOREIGN KEY (plan) REFERENCES other.plans (id)",
        )
        .unwrap();
    assert_eq!(
        found(&mut client, &wanted),
        ["add foreign key `customers_plan_fkey` to tenant table `customers`"]
    );
}
