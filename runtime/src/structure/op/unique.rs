//! Unique constraints.

use std::collections::BTreeMap;

use super::Change;
use super::clause::{add_constraint, column_list, deferral};
use super::family::{At, Verb};
use super::part::Part;
use super::using_index::{add_using_index, unique_index};
use crate::name::quote_identifier;
use crate::structure::{Index, Table, Unique};

impl Part for Unique {
    const KIND: &str = "unique constraint";

    fn of(table: &mut Table) -> &mut BTreeMap<String, Self> {
        &mut table.uniques
    }

    fn change(self, verb: Verb, name: String) -> Change {
        let definition = self;
        match verb {
            Verb::Add => Change::AddUnique { name, definition },
            Verb::Drop => Change::DropUnique { name, definition },
        }
    }

    fn added(&self, at: &At, name: &str) -> String {
        add_constraint(&at.table, &unique(name, self))
    }

    fn added_in_use(&self, at: &At, name: &str) -> Vec<String> {
        let index = Index {
            nulls_not_distinct: self.nulls_not_distinct,
            ..unique_index(&self.columns)
        };
        add_using_index(at, name, "UNIQUE", &index, self.deferral)
    }
}

/// Returns the clause of a unique constraint.
pub(in crate::structure) fn unique(name: &str, unique: &Unique) -> String {
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
