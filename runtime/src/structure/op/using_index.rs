//! Constraints that are made of an index which is there.

use super::clause::{add_constraint, deferral};
use super::family::At;
use super::index::create_index;
use crate::name::quote_identifier;
use crate::structure::{Deferral, Index, IndexPart};

/// Returns the statements that build the index of a constraint first, which can be done while others go on, and then make it a constraint of
/// a kind: `UNIQUE`, or `PRIMARY KEY`.
pub(super) fn add_using_index(
    at: &At,
    name: &str,
    kind: &str,
    index: &Index,
    deferred: Deferral,
) -> Vec<String> {
    vec![
        create_index(&at.table, name, index),
        using_index(at, (name, name), kind, deferred),
    ]
}

/// Returns the statement that makes an index a constraint, which gives it the constraint's name.
pub(super) fn using_index(
    at: &At,
    (name, index): (&str, &str),
    kind: &str,
    deferred: Deferral,
) -> String {
    let constraint = format!(
        "CONSTRAINT {} {kind} USING INDEX {}{}",
        quote_identifier(name),
        quote_identifier(index),
        deferral(deferred)
    );
    add_constraint(&at.table, &constraint)
}

/// Returns the index that a constraint over columns has.
pub(super) fn unique_index(columns: &[String]) -> Index {
    let parts = columns.iter().map(|name| IndexPart::column(name.as_str()));
    Index {
        unique: true,
        ..Index::new(parts)
    }
}
