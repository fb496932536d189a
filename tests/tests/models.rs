//! Models as the macros make them.

use tenantry::model::{IndexPart, NewRow, OnDelete, ReadOnly, SharedSchema, Source, TenantSchema};
use tenantry::query::RawSql;
use tenantry::value::SqlType;
use tenantry::{Column, Fk, Json, Model, schema, shared_model, sql, tenant_model};

/// A plan that customers pay for.
///
/// All customers share them.
#[shared_model]
#[derive(Debug)]
struct Plan {
    #[field(key)]
    id: i64,
    /// Its name.
    #[field(unique, max_length = 40)]
    code: String,
    #[field(default = "draft")]
    state: State,
}

/// How far a plan is.
#[derive(Column, Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Draft,
    OnSale,
    #[column(rename = "gone")]
    Withdrawn,
}

/// A customer's number.
#[derive(Column, Debug, Clone, PartialEq, Eq)]
struct Number(i64);

#[tenant_model(
    table = "people",
    unique(plan, "lower(kind)", filter = "NOT vip"),
    check(name = "kind_is_short", "length(kind) < 9")
)]
#[derive(Debug)]
struct Customer {
    #[field(key, given)]
    id: Number,
    plan: Fk<Plan>,
    #[field(column = "kind")]
    r#type: String,
    vip: bool,
    parent: Option<Fk<Customer>>,
    tags: Json<Vec<String>>,
    #[field(auto_now_add)]
    created_at: jiff::Timestamp,
}

#[tenant_model(index(customer))]
#[derive(Debug)]
struct Invoice {
    #[field(key)]
    id: i64,
    #[field(on_delete = "cascade", inverse = "invoices")]
    customer: Fk<Customer>,
    #[field(version)]
    version: i64,
}

schema! {
    /// All of them.
    static LISTED = [Plan, self::{Customer, Invoice}];
}

schema! {
    static GLOBBED = [crate::*];
}

#[test]
fn a_model_says_what_its_attributes_and_types_say() {
    let plan = Plan::DEF;
    assert_eq!(plan.table, "plans");
    assert_eq!(
        plan.comment,
        Some("A plan that customers pay for.\n\nAll customers share them.")
    );
    assert_eq!(plan.columns[0].source, Source::Identity);
    assert_eq!(plan.columns[1].sql, SqlType::Varchar(40));
    assert!(plan.columns[1].unique);
    assert_eq!(plan.columns[1].comment, Some("Its name."));
    assert_eq!(plan.columns[2].source, Source::Default("'draft'"));
    assert_eq!(
        plan.columns[2].labels,
        Some(&["draft", "on_sale", "gone"][..])
    );
    assert_eq!(plan.given, [1]);

    let customer = Customer::DEF;
    assert_eq!(customer.table, "people");
    assert_eq!(customer.columns[0].source, Source::Given);
    assert_eq!(customer.columns[2].field, "type");
    assert_eq!(customer.columns[2].name, "kind");
    assert_eq!(
        customer.columns[1].references.map(|r| r.table),
        Some("plans")
    );
    assert!(customer.columns[4].nullable);
    assert_eq!(customer.given, [0, 1, 2, 3, 4, 5]);
    let unique = &customer.indexes[0];
    assert!(unique.unique);
    assert_eq!(
        unique.parts,
        [
            IndexPart::Column("plan"),
            IndexPart::Expression("lower(kind)")
        ]
    );
    assert_eq!(unique.filter, Some("NOT vip"));
    assert_eq!(customer.checks[0].name, Some("kind_is_short"));
    assert_eq!(Invoice::DEF.columns[1].on_delete, OnDelete::Cascade);
}

#[test]
fn fixed_statements_are_cut_at_the_schema() {
    assert_eq!(
        Plan::DEF.statements.insert.with_schema("\"shared\""),
        r#"INSERT INTO "shared"."plans" ("code") VALUES ($1) RETURNING "id", "code", "state""#
    );
}

#[test]
fn column_constants_know_their_columns() {
    assert_eq!(Customer::TYPE.name(), "kind");
    assert_eq!(Customer::PLAN.def().field, "plan");
    assert_eq!(Customer::INVOICES.def().name, "customer");
}

#[test]
fn a_new_row_has_a_value_for_each_column_that_the_database_does_not_fill_in() {
    let values = NewPlan::new("pro").into_values().unwrap();
    let present: Vec<_> = values.iter().map(Option::is_some).collect();
    assert_eq!(present, [false, true, false]);

    let values = NewPlan::new("pro")
        .id(3)
        .state(State::OnSale)
        .into_values()
        .unwrap();
    assert!(values.iter().all(Option::is_some));

    let new = NewCustomer::new(Number(7), 3, "firm", true, Json(vec!["a".to_owned()]));
    assert_eq!(format!("{new:?}"), "NewCustomer { .. }");
    let values = new.into_values().unwrap();
    assert!(values[4].as_ref().unwrap().is_null());
    assert!(values[6].is_none());
}

#[test]
fn a_schema_lists_each_model_once_and_in_order() {
    for schema in [&LISTED, &GLOBBED] {
        let names: Vec<_> = schema
            .models()
            .unwrap()
            .iter()
            .map(|model| model.name)
            .collect();
        assert_eq!(names, ["Plan", "Invoice", "Customer"]);
    }
}

/// The statement's type says what it reaches and writes.
fn typed<Reach, Writes>(
    raw: RawSql<Reach, Writes, impl Sized>,
    _: fn() -> (Reach, Writes),
) -> String {
    format!("{raw:?}")
}

#[test]
fn raw_sql_knows_its_columns_and_what_it_reaches_and_writes() {
    let text = typed::<TenantSchema, TenantSchema>(
        sql!("UPDATE {Customer} SET {Customer.type} = lower($1) WHERE {Customer.id} = $2;"),
        || unreachable!(),
    );
    assert_eq!(
        text,
        r#"RawSql(UPDATE {Customer} SET "kind" = lower($1) WHERE "id" = $2)"#
    );
    typed::<SharedSchema, ReadOnly>(sql!("SELECT 1"), || unreachable!());
    typed::<SharedSchema, ReadOnly>(sql!("SELECT '{{}}' FROM {Plan}"), || unreachable!());
    typed::<TenantSchema, ReadOnly>(
        sql!("SELECT 1 FROM {Plan} p JOIN {Customer} c ON c.plan = p.id"),
        || unreachable!(),
    );
    typed::<TenantSchema, SharedSchema>(
        sql!("WITH c AS (DELETE FROM {Customer}) INSERT INTO {Plan} SELECT 1 FROM c"),
        || unreachable!(),
    );
}
