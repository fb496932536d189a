//! Parts of a table that have names, and are added and dropped but never altered.

use std::collections::BTreeMap;

use super::family::{At, Family, Verb};
use super::state::{Misfit, add, drop_from, table_mut};
use super::{Change, Phase};
use crate::name::quote_identifier;
use crate::structure::{Namespace, Table};

/// A part of a table.
pub(super) trait Part: Clone {
    /// Its kind, in words.
    const KIND: &str;

    /// When it is due to be added.
    const ADDED: Phase = Phase::AddConstraints;

    /// When it is due to be dropped.
    const DROPPED: Phase = Phase::DropConstraints;

    /// Returns its likes in a table, by name.
    fn of(table: &mut Table) -> &mut BTreeMap<String, Self>;

    /// Returns the change that adds or drops it.
    fn change(self, verb: Verb, name: String) -> Change;

    /// Returns the statement that adds it.
    fn added(&self, at: &At, name: &str) -> String;

    /// Returns the statements that add it to a table that is in use.
    fn added_in_use(&self, at: &At, name: &str) -> Vec<String> {
        vec![self.added(at, name)]
    }

    /// Returns the statement that drops it.
    fn dropped(&self, at: &At, name: &str) -> String {
        drop_constraint(at, name)
    }

    /// Says how adding it holds others up.
    fn note(&self) -> Option<&'static str> {
        None
    }

    /// Says what becomes of it.
    fn words(&self, verb: Verb, name: &str, table: &str) -> String {
        let kind = Self::KIND;
        match verb {
            Verb::Add => format!("add {kind} `{name}` to {table}"),
            Verb::Drop => format!("drop {kind} `{name}` from {table}"),
        }
    }
}

pub(super) struct PartChange<'a, P> {
    pub(super) verb: Verb,
    pub(super) name: &'a str,
    pub(super) definition: &'a P,
}

impl<P: Part> Family for PartChange<'_, P> {
    fn words(&self, table: &str) -> String {
        self.definition.words(self.verb, self.name, table)
    }

    fn phase(&self) -> Phase {
        self.verb.of(P::ADDED, P::DROPPED)
    }

    fn sql(&self, at: &At) -> Vec<String> {
        vec![match self.verb {
            Verb::Add => self.definition.added(at, self.name),
            Verb::Drop => self.definition.dropped(at, self.name),
        }]
    }

    fn sql_in_use(&self, at: &At) -> Vec<String> {
        match self.verb {
            Verb::Add => self.definition.added_in_use(at, self.name),
            Verb::Drop => self.sql(at),
        }
    }

    fn apply(&self, Namespace { tables, .. }: &mut Namespace, table: &str) -> Result<(), Misfit> {
        let parts = P::of(table_mut(tables, table)?);
        match self.verb {
            Verb::Add => add(parts, P::KIND, self.name, self.definition),
            Verb::Drop => drop_from(parts, P::KIND, self.name),
        }
    }

    fn reversed(&self) -> Change {
        let definition = self.definition.clone();
        definition.change(self.verb.reversed(), self.name.to_owned())
    }

    fn note(&self) -> Option<&'static str> {
        self.verb.of(self.definition.note(), None)
    }
}

/// Returns the statement that drops a constraint.
pub(super) fn drop_constraint(at: &At, name: &str) -> String {
    let name = quote_identifier(name);
    format!("ALTER TABLE {} DROP CONSTRAINT {name}", at.table)
}
