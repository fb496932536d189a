//! Comments of tables and columns.

use super::family::{At, Family};
use super::state::{Misfit, column_mut, table_mut};
use super::{Change, Phase};
use crate::name::{quote_identifier, quote_literal};
use crate::structure::Namespace;

pub(super) struct CommentChange<'a> {
    pub(super) column: &'a Option<String>,
    pub(super) from: &'a Option<String>,
    pub(super) to: &'a Option<String>,
}

impl Family for CommentChange<'_> {
    fn words(&self, table: &str) -> String {
        match self.column {
            Some(column) => format!("comment on column `{column}` of {table}"),
            None => format!("comment on {table}"),
        }
    }

    fn phase(&self) -> Phase {
        Phase::Comments
    }

    fn sql(&self, at: &At) -> Vec<String> {
        let (column, to) = (self.column.as_deref(), self.to.as_deref());
        vec![comment(&at.table, column, to)]
    }

    fn apply(&self, Namespace { tables, .. }: &mut Namespace, table: &str) -> Result<(), Misfit> {
        let comment = match self.column {
            Some(column) => &mut column_mut(tables, table, column)?.comment,
            None => &mut table_mut(tables, table)?.comment,
        };
        comment.clone_from(self.to);
        Ok(())
    }

    fn reversed(&self) -> Change {
        Change::SetComment {
            column: self.column.clone(),
            from: self.to.clone(),
            to: self.from.clone(),
        }
    }
}

/// Returns the statement that gives a table or a column a comment, or takes it away.
pub(in crate::structure) fn comment(
    table: &str,
    column: Option<&str>,
    text: Option<&str>,
) -> String {
    let on = match column {
        Some(column) => format!("COLUMN {table}.{}", quote_identifier(column)),
        None => format!("TABLE {table}"),
    };
    let text = text.map_or_else(
        || "NULL".to_owned(),
        |text| quote_literal(text).trim_start().to_owned(),
    );
    format!("COMMENT ON {on} IS {text}")
}
