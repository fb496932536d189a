//! Primary keys.

use super::clause::{column_list, deferral};
use super::family::{At, Family, Verb};
use super::index::create_index;
use super::state::{Misfit, missing, present, table_mut};
use super::using_index::{add_using_index, unique_index, using_index};
use super::{Change, Phase};
use crate::name::quote_identifier;
use crate::structure::names::next_name;
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

/// A primary key that gives way to another.
pub(super) struct PrimaryKeyExchange<'a> {
    pub(super) from: &'a PrimaryKey,
    pub(super) to: &'a PrimaryKey,
}

impl Family for PrimaryKeyExchange<'_> {
    fn words(&self, table: &str) -> String {
        format!(
            "change primary key `{}` of {table} from `{}` to `{}`",
            self.from.name,
            self.from.columns.join(", "),
            self.to.columns.join(", ")
        )
    }

    fn phase(&self) -> Phase {
        Phase::AddConstraints
    }

    fn sql(&self, at: &At) -> Vec<String> {
        let dropped = format!("DROP CONSTRAINT {}", quote_identifier(&self.from.name));
        let mut statements = at.alter(&dropped);
        statements.extend(at.alter(&format!("ADD {}", primary_key(self.to))));
        statements
    }

    /// The index of the next one is built while the former is the key.
    fn sql_in_use(&self, at: &At) -> Vec<String> {
        let next = next_name(&at.name, &self.to.name);
        let mut statements = vec![create_index(
            &at.table,
            &next,
            &unique_index(&self.to.columns),
        )];
        let dropped = format!("DROP CONSTRAINT {}", quote_identifier(&self.from.name));
        statements.extend(at.alter(&dropped));
        statements.push(using_index(
            at,
            (&self.to.name, &next),
            "PRIMARY KEY",
            self.to.deferral,
        ));
        statements
    }

    fn apply(&self, Namespace { tables, .. }: &mut Namespace, table: &str) -> Result<(), Misfit> {
        let key = &mut table_mut(tables, table)?.primary_key;
        let before = key.as_mut().filter(|key| key.name == self.from.name);
        let before = before.ok_or_else(|| missing("primary key", &self.from.name))?;
        before.clone_from(self.to);
        Ok(())
    }

    fn reversed(&self) -> Change {
        Change::AlterPrimaryKey {
            from: self.to.clone(),
            to: self.from.clone(),
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
