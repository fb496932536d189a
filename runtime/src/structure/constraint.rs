//! Clauses of constraints, as `CREATE TABLE` and `ALTER TABLE ADD` have them.

use super::slots::qualified;
use super::{Action, Check, Deferral, ForeignKey, PrimaryKey, Unique};
use crate::name::quote_identifier;

pub(super) fn primary_key(key: &PrimaryKey) -> String {
    format!(
        "CONSTRAINT {} PRIMARY KEY {}{}",
        quote_identifier(&key.name),
        column_list(&key.columns),
        deferral(key.deferral)
    )
}

pub(super) fn unique(name: &str, unique: &Unique) -> String {
    let nulls = if unique.nulls_not_distinct {
        "NULLS NOT DISTINCT "
    } else {
        ""
    };
    format!(
        "CONSTRAINT {} UNIQUE {nulls}{}{}",
        quote_identifier(name),
        column_list(&unique.columns),
        deferral(unique.deferral)
    )
}

pub(super) fn check(name: &str, check: &Check) -> String {
    format!(
        "CONSTRAINT {} CHECK ({}){}",
        quote_identifier(name),
        check.condition,
        not_valid(check.not_valid)
    )
}

/// Returns the clause of a foreign key. One whose target has no columns uses the primary key.
pub(super) fn foreign_key(name: &str, key: &ForeignKey) -> String {
    let target = &key.target;
    let columns = match target.columns[..] {
        [] => String::new(),
        _ => column_list(&target.columns),
    };
    let reaction = |when: &str, action: Action| match action {
        Action::NoAction => String::new(),
        action => format!(" ON {when} {}", action.as_sql()),
    };
    [
        &format!("CONSTRAINT {} ", quote_identifier(name)),
        &format!("FOREIGN KEY {} ", column_list(&key.columns)),
        &format!("REFERENCES {} ", qualified(target.placement, &target.table)),
        &columns,
        &reaction("DELETE", key.on_delete),
        &reaction("UPDATE", key.on_update),
        deferral(key.deferral),
        not_valid(key.not_valid),
    ]
    .concat()
}

const fn deferral(deferral: Deferral) -> &'static str {
    match deferral {
        Deferral::Never => "",
        Deferral::Deferrable => " DEFERRABLE",
        Deferral::InitiallyDeferred => " DEFERRABLE INITIALLY DEFERRED",
    }
}

const fn not_valid(not_valid: bool) -> &'static str {
    if not_valid { " NOT VALID" } else { "" }
}

/// Returns names of columns in parentheses.
pub(super) fn column_list(columns: &[String]) -> String {
    let quoted: Vec<String> = columns.iter().map(|name| quote_identifier(name)).collect();
    format!("({})", quoted.join(", "))
}
