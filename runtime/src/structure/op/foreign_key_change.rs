//! Foreign keys that react in another way.

use super::clause::add_and_validate;
use super::family::{At, Family};
use super::foreign_key::foreign_key;
use super::part::{Part as _, drop_constraint};
use super::state::{Misfit, missing, table_mut};
use super::{Change, Phase};
use crate::name::quote_identifier;
use crate::structure::names::temporary_name;
use crate::structure::{Action, ForeignKey, Namespace};

pub(super) struct ForeignKeyChange<'a> {
    pub(super) name: &'a String,
    pub(super) from: &'a ForeignKey,
    pub(super) to: &'a ForeignKey,
}

impl Family for ForeignKeyChange<'_> {
    fn words(&self, table: &str) -> String {
        let reacts = |key: &ForeignKey| {
            format!(
                "on delete {}, on update {}",
                key.on_delete.as_sql().to_lowercase(),
                key.on_update.as_sql().to_lowercase()
            )
        };
        format!(
            "change foreign key `{}` of {table} from `{}` to `{}`",
            self.name,
            reacts(self.from),
            reacts(self.to)
        )
    }

    fn phase(&self) -> Phase {
        Phase::AddForeignKeys
    }

    fn sql(&self, at: &At) -> Vec<String> {
        vec![drop_constraint(at, self.name), self.to.added(at, self.name)]
    }

    /// The new one is there before the old one goes, so that no row can come in between that refers to nothing.
    fn sql_in_use(&self, at: &At) -> Vec<String> {
        let next = temporary_name(&[self.name], "next");
        let mut statements = add_and_validate(&at.table, &next, &foreign_key(&next, self.to));
        statements.push(drop_constraint(at, self.name));
        statements.extend(at.alter(&format!(
            "RENAME CONSTRAINT {} TO {}",
            quote_identifier(&next),
            quote_identifier(self.name)
        )));
        statements
    }

    fn apply(&self, Namespace { tables, .. }: &mut Namespace, table: &str) -> Result<(), Misfit> {
        let keys = &mut table_mut(tables, table)?.foreign_keys;
        let key = keys.get_mut(self.name);
        let key = key.ok_or_else(|| missing("foreign key", self.name))?;
        key.clone_from(self.to);
        Ok(())
    }

    fn reversed(&self) -> Change {
        Change::AlterForeignKey {
            name: self.name.clone(),
            from: self.to.clone(),
            to: self.from.clone(),
        }
    }

    /// Who relied on the former reaction may be refused a change of the row that is referenced.
    fn takes_away(&self) -> bool {
        let refuses = |action: Action| matches!(action, Action::NoAction | Action::Restrict);
        let is_refused = |before: Action, after: Action| !refuses(before) && refuses(after);
        is_refused(self.from.on_delete, self.to.on_delete)
            || is_refused(self.from.on_update, self.to.on_update)
    }
}
