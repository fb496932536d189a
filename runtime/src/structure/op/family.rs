//! All that is known of a change.

use super::state::Misfit;
use super::{Change, Op, Phase};
use crate::model::PlacementKind;
use crate::structure::slots::qualified;
use crate::structure::{Namespace, Target};

/// A change as its family sees it.
pub(super) trait Family {
    /// Says what it does to a table, which is given in words.
    fn words(&self, table: &str) -> String;

    /// Returns the kind of thing that it changes, in words.
    fn noun(&self) -> &'static str {
        "table"
    }

    /// Returns when it is due, unless a diff has a reason for another time.
    fn phase(&self) -> Phase;

    /// Returns the statements that carry it out, with slots.
    fn sql(&self, at: &At) -> Vec<String>;

    /// Returns the statements that carry it out on a table that is in use, each of which holds up others for a moment only.
    fn sql_in_use(&self, at: &At) -> Vec<String> {
        self.sql(at)
    }

    /// Carries it out on a schema.
    fn apply(&self, namespace: &mut Namespace, table: &str) -> Result<(), Misfit>;

    /// Changes what foreign keys, of whatever table, say of the table that they lead to.
    fn follow(&self, _target: &mut Target) {}

    /// Returns the name that the table has afterwards, if it is another.
    fn table_after(&self) -> Option<&str> {
        None
    }

    /// Returns the change that takes it back.
    fn reversed(&self) -> Change;

    /// Says in a few words what it does, for the name of a migration.
    fn slug(&self, table: &str) -> String {
        format!("alter_{table}")
    }

    /// Tells whether it takes away values that can't be had back.
    fn loses_data(&self) -> bool {
        false
    }

    /// Tells whether a version of the application that does not know of it may fail after it.
    fn takes_away(&self) -> bool {
        self.loses_data()
    }

    /// Says how it can fail, or lose data.
    fn note(&self) -> Option<&'static str> {
        None
    }
}

/// The table that a change is made to.
pub(super) struct At {
    pub(super) placement: PlacementKind,
    /// Its name.
    pub(super) name: String,
    /// Its name with the slot of its schema.
    pub(super) table: String,
    /// The columns by whose order its rows can be done in batches; none, if they can't.
    pub(super) key: Vec<String>,
}

impl At {
    pub(super) fn of(op: &Op) -> Self {
        Self {
            placement: op.placement,
            name: op.table.clone(),
            table: qualified(op.placement, &op.table),
            key: Vec::new(),
        }
    }

    pub(super) fn alter(&self, subcommand: &str) -> Vec<String> {
        vec![format!("ALTER TABLE {} {subcommand}", self.table)]
    }
}

/// The two ways of what can be taken back.
#[derive(Clone, Copy)]
pub(super) enum Verb {
    Add,
    Drop,
}

impl Verb {
    pub(super) fn reversed(self) -> Self {
        match self {
            Self::Add => Self::Drop,
            Self::Drop => Self::Add,
        }
    }

    /// Returns one of two values.
    pub(super) fn of<T>(self, add: T, drop: T) -> T {
        match self {
            Self::Add => add,
            Self::Drop => drop,
        }
    }
}
