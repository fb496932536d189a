//! Primary keys.

use super::clause::{column_list, deferral};
use super::family::{At, Family, Verb};
use super::state::{Misfit, missing, present, table_mut};
use super::using_index::{add_using_index, unique_index};
use super::{Change, Phase};
use crate::name::quote_identifier;
use crate::structure::{Namespace, PrimaryKey};

pub(super) struct PrimaryKeyChange<'a> {
    pub(super) verb: Verb,
    pub(super) definition: &'a PrimaryKey,
}

impl Family for PrimaryKeyChange<'_> {
    fn words(&self, table: &str) -> String {
        let name = &self.definition.name;
        match self.verb {
            Verb::Add => format!("add primary key `{name}` to {table}"),
            Verb::Drop => format!("drop primary key `{name}` from {table}"),
        }
    }

    fn phase(&self) -> Phase {
        self.verb.of(Phase::AddConstraints, Phase::DropConstraints)
    }

    fn sql(&self, at: &At) -> Vec<String> {
        at.alter(&match self.verb {
            Verb::Add => format!("ADD {}", primary_key(self.definition)),
            Verb::Drop => format!(
                "DROP CONSTRAINT {}",
                quote_identifier(&self.definition.name)
            ),
        })
    }

    fn sql_in_use(&self, at: &At) -> Vec<String> {
        let key = self.definition;
        match self.verb {
            Verb::Add => add_using_index(
                at,
                &key.name,
                "PRIMARY KEY",
                &unique_index(&key.columns),
                key.deferral,
            ),
            Verb::Drop => self.sql(at),
        }
    }

    fn apply(&self, Namespace { tables, .. }: &mut Namespace, table: &str) -> Result<(), Misfit> {
        let key = &mut table_mut(tables, table)?.primary_key;
        let name = &self.definition.name;
        match self.verb {
            Verb::Add => match key {
                Some(key) => return Err(present("primary key", &key.name)),
                None => *key = Some(self.definition.clone()),
            },
            Verb::Drop => {
                let dropped = key.take_if(|key| key.name == *name);
                dropped.ok_or_else(|| missing("primary key", name))?;
            }
        }
        Ok(())
    }

    fn reversed(&self) -> Change {
        let definition = self.definition.clone();
        match self.verb {
            Verb::Add => Change::DropPrimaryKey { definition },
            Verb::Drop => Change::AddPrimaryKey { definition },
        }
    }
}

/// Returns the clause of a primary key.
pub(in crate::structure) fn primary_key(key: &PrimaryKey) -> String {
    format!(
        "CONSTRAINT {} PRIMARY KEY {}{}",
        quote_identifier(&key.name),
        column_list(&key.columns),
        deferral(key.deferral)
    )
}
