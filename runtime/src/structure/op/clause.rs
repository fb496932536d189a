//! Pieces of SQL that several families share.

use crate::name::quote_identifier;
use crate::structure::Deferral;

pub(super) const fn deferral(deferral: Deferral) -> &'static str {
    match deferral {
        Deferral::Never => "",
        Deferral::Deferrable => " DEFERRABLE",
        Deferral::InitiallyDeferred => " DEFERRABLE INITIALLY DEFERRED",
    }
}

pub(super) const fn not_valid(not_valid: bool) -> &'static str {
    if not_valid { " NOT VALID" } else { "" }
}

/// Returns names of columns in parentheses.
pub(super) fn column_list(columns: &[String]) -> String {
    let quoted: Vec<String> = columns.iter().map(|name| quote_identifier(name)).collect();
    format!("({})", quoted.join(", "))
}

/// Returns the statement that adds a constraint to a table.
pub(in crate::structure) fn add_constraint(table: &str, constraint: &str) -> String {
    format!("ALTER TABLE {table} ADD {constraint}")
}

/// Returns the statements that add a constraint for new rows first, and then look at the rows that there are while others go on.
pub(super) fn add_and_validate(table: &str, name: &str, constraint: &str) -> Vec<String> {
    vec![
        format!("{} NOT VALID", add_constraint(table, constraint)),
        format!(
            "ALTER TABLE {table} VALIDATE CONSTRAINT {}",
            quote_identifier(name)
        ),
    ]
}
