//! Tables that are made and dropped.

use std::collections::BTreeSet;

use super::check::check;
use super::clause::add_constraint;
use super::column::{column_comment, column_sql};
use super::comment::comment;
use super::family::{At, Family, Verb};
use super::index::create_index;
use super::primary_key::primary_key;
use super::state::{Misfit, add, drop_from};
use super::unique::unique;
use super::{Change, Phase};
use crate::structure::{Namespace, Table};

pub(super) struct TableChange<'a> {
    pub(super) verb: Verb,
    pub(super) definition: &'a Table,
}

impl Family for TableChange<'_> {
    fn words(&self, table: &str) -> String {
        format!("{} {table}", self.verb.of("create", "drop"))
    }

    fn phase(&self) -> Phase {
        self.verb.of(Phase::CreateTables, Phase::DropTables)
    }

    fn sql(&self, at: &At) -> Vec<String> {
        match self.verb {
            Verb::Add => create_table(&at.table, self.definition),
            Verb::Drop => vec![format!("DROP TABLE {}", at.table)],
        }
    }

    fn apply(&self, Namespace { tables, .. }: &mut Namespace, table: &str) -> Result<(), Misfit> {
        match self.verb {
            Verb::Add => add(tables, "table", table, self.definition),
            Verb::Drop => drop_from(tables, "table", table),
        }
    }

    fn reversed(&self) -> Change {
        let definition = self.definition.clone();
        match self.verb {
            Verb::Add => Change::DropTable { definition },
            Verb::Drop => Change::CreateTable { definition },
        }
    }

    fn slug(&self, table: &str) -> String {
        format!("{}_{table}", self.verb.of("create", "drop"))
    }

    fn loses_data(&self) -> bool {
        self.verb.of(false, true)
    }

    fn note(&self) -> Option<&'static str> {
        let lost = "its rows are lost; copy them before if they are needed";
        self.verb.of(None, Some(lost))
    }
}

fn create_table(table: &str, definition: &Table) -> Vec<String> {
    let (inside, after) = constraints(definition);
    let columns = definition.columns.iter().map(column_sql);
    let lines: Vec<String> = columns.chain(inside).collect();
    let mut statements = vec![if lines.is_empty() {
        format!("CREATE TABLE {table} ()")
    } else {
        format!("CREATE TABLE {table} (\n    {}\n)", lines.join(",\n    "))
    }];
    for constraint in after {
        statements.push(add_constraint(table, &constraint));
    }
    for (name, index) in &definition.indexes {
        statements.push(create_index(table, name, index));
    }
    if definition.comment.is_some() {
        statements.push(comment(table, None, definition.comment.as_deref()));
    }
    for column in &definition.columns {
        statements.extend(column_comment(table, column));
    }
    statements
}

/// The constraints of a new table: those that can stand inside its `CREATE TABLE`, and those that can't.
///
/// In there, PostgreSQL makes only the first of two unique constraints over the same columns, and passes over `NOT VALID`.
pub(in crate::structure) fn constraints(table: &Table) -> (Vec<String>, Vec<String>) {
    let key = table.primary_key.iter();
    let mut covered: BTreeSet<&[String]> = key.clone().map(|key| &key.columns[..]).collect();
    let mut inside: Vec<String> = key.map(primary_key).collect();
    let mut after = Vec::new();
    for (name, it) in &table.uniques {
        let place = if covered.insert(&it.columns) {
            &mut inside
        } else {
            &mut after
        };
        place.push(unique(name, it));
    }
    for (name, it) in &table.checks {
        let place = if it.not_valid {
            &mut after
        } else {
            &mut inside
        };
        place.push(check(name, it));
    }
    (inside, after)
}
