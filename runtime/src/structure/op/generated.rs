//! Columns that begin or cease to be computed of others.

use super::alter::alterations;
use super::column::{column_comment, column_sql};
use super::family::{At, Family};
use super::state::{Misfit, column_mut};
use super::{Change, Phase};
use crate::name::quote_identifier;
use crate::structure::{Column, Namespace};

/// A column that is computed before or afterwards, and not both.
pub(super) struct Generation<'a> {
    pub(super) from: &'a Column,
    pub(super) to: &'a Column,
}

impl Family for Generation<'_> {
    fn words(&self, table: &str) -> String {
        let name = &self.to.name;
        match &self.to.generated {
            Some(expression) => format!("compute column `{name}` of {table} as `{expression}`"),
            None => format!("stop computing column `{name}` of {table}"),
        }
    }

    fn phase(&self) -> Phase {
        if self.begins() {
            Phase::AddGenerated
        } else {
            Phase::DropGenerated
        }
    }

    fn sql(&self, at: &At) -> Vec<String> {
        let name = quote_identifier(&self.to.name);
        if self.begins() {
            // A column that has values of its own can't be given an expression in any version of PostgreSQL.
            let dropped = at.alter(&format!("DROP COLUMN {name}"));
            let added = at.alter(&format!("ADD COLUMN {}", column_sql(self.to)));
            let comment = column_comment(&at.table, self.to);
            return [dropped, added]
                .concat()
                .into_iter()
                .chain(comment)
                .collect();
        }
        let plain = Column {
            generated: None,
            ..self.from.clone()
        };
        let mut statements = at.alter(&format!("ALTER COLUMN {name} DROP EXPRESSION"));
        for change in alterations(&plain, self.to) {
            statements.extend(change.family().sql(at));
        }
        statements
    }

    fn apply(&self, Namespace { tables, .. }: &mut Namespace, table: &str) -> Result<(), Misfit> {
        *column_mut(tables, table, &self.from.name)? = self.to.clone();
        Ok(())
    }

    fn reversed(&self) -> Change {
        Change::AlterGenerated {
            from: self.to.clone(),
            to: self.from.clone(),
        }
    }

    fn loses_data(&self) -> bool {
        self.begins()
    }

    fn takes_away(&self) -> bool {
        // Whoever does not know of the change gives it a value, or none where there has to be one.
        self.begins() || !self.to.has_value()
    }

    fn note(&self) -> Option<&'static str> {
        if self.begins() {
            Some(
                "its values are lost: each row gets the computed one, for which the table is written anew under a lock",
            )
        } else {
            Some("its values stay, and new rows get none by themselves any more")
        }
    }
}

impl Generation<'_> {
    fn begins(&self) -> bool {
        self.to.generated.is_some()
    }
}
