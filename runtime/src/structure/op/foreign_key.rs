//! Foreign keys.

use std::collections::BTreeMap;

use super::clause::{add_and_validate, add_constraint, column_list, deferral, not_valid};
use super::family::{At, Verb};
use super::part::Part;
use super::{Change, Phase};
use crate::name::quote_identifier;
use crate::structure::slots::qualified;
use crate::structure::{Action, ForeignKey, Table};

impl Part for ForeignKey {
    const KIND: &str = "foreign key";
    const ADDED: Phase = Phase::AddForeignKeys;
    const DROPPED: Phase = Phase::DropForeignKeys;

    fn of(table: &mut Table) -> &mut BTreeMap<String, Self> {
        &mut table.foreign_keys
    }

    fn change(self, verb: Verb, name: String) -> Change {
        let definition = self;
        match verb {
            Verb::Add => Change::AddForeignKey { name, definition },
            Verb::Drop => Change::DropForeignKey { name, definition },
        }
    }

    fn added(&self, at: &At, name: &str) -> String {
        add_constraint(&at.table, &foreign_key(name, self))
    }

    fn added_in_use(&self, at: &At, name: &str) -> Vec<String> {
        if self.not_valid {
            return vec![self.added(at, name)];
        }
        add_and_validate(&at.table, name, &foreign_key(name, self))
    }
}

/// Returns the clause of a foreign key. One whose target has no columns uses the primary key.
pub(in crate::structure) fn foreign_key(name: &str, key: &ForeignKey) -> String {
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
