//! Checks.

use std::collections::BTreeMap;

use super::Change;
use super::clause::{add_and_validate, add_constraint, not_valid};
use super::family::{At, Verb};
use super::part::Part;
use crate::name::quote_identifier;
use crate::structure::{Check, Table};

impl Part for Check {
    const KIND: &str = "check";

    fn of(table: &mut Table) -> &mut BTreeMap<String, Self> {
        &mut table.checks
    }

    fn change(self, verb: Verb, name: String) -> Change {
        let definition = self;
        match verb {
            Verb::Add => Change::AddCheck { name, definition },
            Verb::Drop => Change::DropCheck { name, definition },
        }
    }

    fn added(&self, at: &At, name: &str) -> String {
        add_constraint(&at.table, &check(name, self))
    }

    fn added_in_use(&self, at: &At, name: &str) -> Vec<String> {
        if self.not_valid {
            return vec![self.added(at, name)];
        }
        add_and_validate(&at.table, name, &check(name, self))
    }
}

/// Returns the clause of a check.
pub(super) fn check(name: &str, check: &Check) -> String {
    format!(
        "CONSTRAINT {} CHECK ({}){}",
        quote_identifier(name),
        check.condition,
        not_valid(check.not_valid)
    )
}
