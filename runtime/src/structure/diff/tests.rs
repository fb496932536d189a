//! Differences, as words and in their order.

use super::*;
use crate::structure::{Column, Deferral, PrimaryKey, Target, Unique};

fn plans() -> Table {
    Table {
        columns: vec![Column::new("id", "bigint"), Column::new("code", "text")],
        primary_key: Some(PrimaryKey::new("plans_pkey", ["id"])),
        ..Table::default()
    }
}

/// Tenants have customers that reference a column of a shared table.
fn customers_of(plans: Table, column: &str) -> State {
    let mut state = State::default();
    let mut customers = Table::default();
    customers.columns.push(Column::new("plan", "bigint"));
    let target = Target::new(PlacementKind::Shared, "plans", [column]);
    customers.foreign_keys.insert(
        "customers_plan_fkey".to_owned(),
        ForeignKey::new(["plan"], target),
    );
    state.shared.tables.insert("plans".to_owned(), plans);
    state
        .tenant
        .tables
        .insert("customers".to_owned(), customers);
    state
}

fn in_words(from: &State, to: &State) -> Vec<String> {
    diff(from, to).iter().map(Op::to_string).collect()
}

#[test]
fn tables_come_before_the_foreign_keys_between_them() {
    let state = customers_of(plans(), "id");
    assert_eq!(
        in_words(&State::default(), &state),
        [
            "create shared table `plans`",
            "create tenant table `customers`",
            "add foreign key `customers_plan_fkey` to tenant table `customers`",
        ]
    );
}

#[test]
fn a_shared_table_is_dropped_after_the_tenants_have_let_go_of_it() {
    let mut to = customers_of(plans(), "id");
    to.shared.tables.clear();
    let customers = to.tenant.tables.get_mut("customers").unwrap();
    customers.foreign_keys.clear();
    assert_eq!(
        in_words(&customers_of(plans(), "id"), &to),
        [
            "drop foreign key `customers_plan_fkey` from tenant table `customers`",
            "drop shared table `plans`",
        ]
    );
}

#[test]
fn a_foreign_key_makes_way_for_a_change_to_the_key_that_it_references() {
    let mut with_other_key = plans();
    let mut key = PrimaryKey::new("plans_pkey", ["id"]);
    key.deferral = Deferral::Deferrable;
    with_other_key.primary_key = Some(key);
    assert_eq!(
        in_words(
            &customers_of(with_other_key, "id"),
            &customers_of(plans(), "id")
        ),
        [
            "drop foreign key `customers_plan_fkey` from tenant table `customers`",
            "drop primary key `plans_pkey` from shared table `plans`",
            "add primary key `plans_pkey` to shared table `plans`",
            "add foreign key `customers_plan_fkey` to tenant table `customers`",
        ]
    );
}

#[test]
fn a_key_that_has_another_name_is_renamed_where_it_is() {
    let mut with_other_name = plans();
    with_other_name.primary_key = Some(PrimaryKey::new("plans_key", ["id"]));
    assert_eq!(
        in_words(
            &customers_of(plans(), "id"),
            &customers_of(with_other_name, "id")
        ),
        ["rename constraint `plans_pkey` of shared table `plans` to `plans_key`"]
    );
}

#[test]
fn a_foreign_key_stays_when_another_key_changes() {
    let mut with_code = plans();
    let code = Unique::new(["code"]);
    with_code.uniques.insert("plans_code_key".to_owned(), code);
    assert_eq!(
        in_words(&customers_of(with_code, "id"), &customers_of(plans(), "id")),
        ["drop unique constraint `plans_code_key` from shared table `plans`"]
    );
}

#[test]
fn a_table_whose_name_is_wanted_is_dropped_first() {
    let (mut from, mut to) = (State::default(), State::default());
    from.tenant.tables.insert("plans".to_owned(), plans());
    let mut other = Table::default();
    other.columns.push(Column::new("plan", "bigint"));
    let unique = Unique::new(["plan"]);
    other.uniques.insert("plans_pkey".to_owned(), unique);
    to.tenant.tables.insert("other".to_owned(), other);
    assert_eq!(
        in_words(&from, &to),
        ["drop tenant table `plans`", "create tenant table `other`"]
    );
}

#[test]
fn what_is_said_of_a_column_is_said_again_when_its_type_changes() {
    let table = |sql_type: &str| {
        let mut column = Column::new("rank", sql_type);
        column.default = Some("1".to_owned());
        let mut table = Table::default();
        table.columns.push(column);
        let condition = crate::structure::Check::new("rank > 0");
        table.checks.insert("positive".to_owned(), condition);
        let mut state = State::default();
        state.tenant.tables.insert("teams".to_owned(), table);
        state
    };
    assert_eq!(
        in_words(&table("integer"), &table("numeric(9,2)")),
        [
            "drop check `positive` from tenant table `teams`",
            "drop the default of column `rank` of tenant table `teams`",
            "change column `rank` of tenant table `teams` from `integer` to `numeric(9,2)`",
            "set the default of column `rank` of tenant table `teams` to `1`",
            "add check `positive` to tenant table `teams`",
        ]
    );
    assert_eq!(
        in_words(&table("numeric(9,2)"), &table("numeric(12,2)")),
        [
            "drop check `positive` from tenant table `teams`",
            "change column `rank` of tenant table `teams` from `numeric(9,2)` to `numeric(12,2)`",
            "add check `positive` to tenant table `teams`",
        ]
    );
}
