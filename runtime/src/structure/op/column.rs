//! Columns that are added and dropped.

use tenantry_sql::{Harmless, harmless, tokens};

use super::alter::{Alteration, Of};
use super::clause::IDENTITY;
use super::comment::comment;
use super::family::{At, Family, Verb};
use super::state::{Misfit, column_mut, present, table_mut};
use super::{Change, Phase};
use crate::name::quote_identifier;
use crate::structure::{Column, Namespace};

pub(super) struct ColumnChange<'a> {
    pub(super) verb: Verb,
    pub(super) column: &'a Column,
    /// The value of rows that are there when it is added.
    pub(super) fill: Option<&'a str>,
}

impl Family for ColumnChange<'_> {
    fn words(&self, table: &str) -> String {
        let name = &self.column.name;
        match self.verb {
            Verb::Add => format!("add column `{name}` to {table}"),
            Verb::Drop => format!("drop column `{name}` from {table}"),
        }
    }

    fn phase(&self) -> Phase {
        match self.column.generated {
            Some(_) => self.verb.of(Phase::AddGenerated, Phase::DropGenerated),
            None => self.verb.of(Phase::AddColumns, Phase::DropColumns),
        }
    }

    fn sql(&self, at: &At) -> Vec<String> {
        match self.verb {
            Verb::Add => {
                let mut statements = self.added(at);
                statements.extend(column_comment(&at.table, self.column));
                statements
            }
            Verb::Drop => at.alter(&format!(
                "DROP COLUMN {}",
                quote_identifier(&self.column.name)
            )),
        }
    }

    /// Where each row has a value of its own, `ADD COLUMN` would write the table anew while nobody can read it. So rows get theirs when the
    /// column is there.
    fn sql_in_use(&self, at: &At) -> Vec<String> {
        match self.of_each_row() {
            Some(value) => self.filled_in_use(at, value),
            None => self.sql(at),
        }
    }

    fn apply(&self, Namespace { tables, .. }: &mut Namespace, table: &str) -> Result<(), Misfit> {
        let name = &self.column.name;
        match self.verb {
            Verb::Add => {
                let table = table_mut(tables, table)?;
                if table.column(name).is_some() {
                    return Err(present("column", name));
                }
                table.columns.push(self.column.clone());
            }
            Verb::Drop => {
                column_mut(tables, table, name)?;
                let columns = &mut table_mut(tables, table)?.columns;
                columns.retain(|other| other.name != *name);
            }
        }
        Ok(())
    }

    fn reversed(&self) -> Change {
        let column = self.column.clone();
        let fill = self.fill.map(str::to_owned);
        match self.verb {
            Verb::Add => Change::DropColumn { column, fill },
            Verb::Drop => Change::AddColumn { column, fill },
        }
    }

    fn slug(&self, table: &str) -> String {
        format!(
            "{}_{table}_{}",
            self.verb.of("add", "drop"),
            self.column.name
        )
    }

    fn loses_data(&self) -> bool {
        self.verb.of(false, self.column.generated.is_none())
    }

    fn takes_away(&self) -> bool {
        self.verb.of(false, true)
    }

    fn note(&self) -> Option<&'static str> {
        match self.verb {
            Verb::Add if self.column.generated.is_some() => Some(
                "computes a value for each row, for which the table is written anew under a lock",
            ),
            Verb::Drop if self.column.generated.is_some() => None,
            Verb::Add if !self.column.has_value() && self.fill.is_none() => {
                Some("fails while the table has rows, which have no value for it")
            }
            Verb::Add => self
                .of_each_row()
                .map(|_| "each row gets a value of its own, for which all rows are written once"),
            Verb::Drop if !self.column.has_value() && self.fill.is_none() => Some(
                "its values are lost, and on the way back rows need one: give it by `--fill`, or write it over the nulls by then",
            ),
            Verb::Drop => Some("its values are lost"),
        }
    }
}

impl ColumnChange<'_> {
    /// Returns the value that rows get which there are, if it is another for each.
    fn of_each_row(&self) -> Option<&str> {
        let value = self.fill.or(self.column.default.as_deref())?;
        let is_added = self.verb.of(true, false) && self.column.generated.is_none();
        (is_added && differs_by_row(value)).then_some(value)
    }

    /// Returns the statements that add it, and give each row a value of its own while others read and write.
    fn filled_in_use(&self, at: &At, value: &str) -> Vec<String> {
        let name = quote_identifier(&self.column.name);
        let empty = Column {
            default: None,
            nullable: true,
            ..self.column.clone()
        };
        let mut statements = at.alter(&format!("ADD COLUMN {}", column_sql(&empty)));
        if let Some(default) = &self.column.default {
            statements.extend(at.alter(&format!("ALTER COLUMN {name} SET DEFAULT {default}")));
        }
        if self.column.nullable {
            statements.push(format!(
                "UPDATE {} SET {name} = {value} WHERE {name} IS NULL",
                at.table
            ));
        } else {
            let present = Alteration {
                column: &self.column.name,
                of: Of::Nullable(false, Some(value)),
            };
            statements.extend(present.sql_in_use(at));
        }
        statements.extend(column_comment(&at.table, self.column));
        statements
    }

    /// Returns the statements that add it. A default that only the rows of now are to have is taken off again: that
    /// writes no row, and makes them have it.
    fn added(&self, at: &At) -> Vec<String> {
        let Some(fill) = self.fill.filter(|_| self.column.generated.is_none()) else {
            return at.alter(&format!("ADD COLUMN {}", column_sql(self.column)));
        };
        let filled = Column {
            default: Some(format!("({fill})")),
            ..self.column.clone()
        };
        let name = quote_identifier(&self.column.name);
        let after = match &self.column.default {
            Some(default) => format!("ALTER COLUMN {name} SET DEFAULT {default}"),
            None => format!("ALTER COLUMN {name} DROP DEFAULT"),
        };
        let added = at.alter(&format!("ADD COLUMN {}", column_sql(&filled)));
        [added, at.alter(&after)].concat()
    }
}

/// Whether an expression calls a function that gives another value each time.
fn differs_by_row(expression: &str) -> bool {
    let all: Vec<_> = tokens(expression).filter(|it| !it.is_blank()).collect();
    let mut pairs = all.windows(2);
    pairs.any(|pair| {
        let name = pair[0].name().filter(|_| pair[1].is_sign("("));
        let kind = name.and_then(|name| harmless(&name));
        matches!(kind, Some(Harmless::Changing | Harmless::Sequence))
    })
}

/// Returns the comment of a new column.
pub(super) fn column_comment(table: &str, column: &Column) -> Option<String> {
    let text = column.comment.as_deref()?;
    Some(comment(table, Some(&column.name), Some(text)))
}

/// Returns a column as `CREATE TABLE` lists it.
pub(in crate::structure) fn column_sql(column: &Column) -> String {
    let mut sql = format!("{} {}", quote_identifier(&column.name), column.sql_type);
    if column.identity {
        sql.push(' ');
        sql.push_str(IDENTITY);
    }
    if let Some(default) = &column.default {
        sql.push_str(" DEFAULT ");
        sql.push_str(default);
    }
    if let Some(expression) = &column.generated {
        sql.push_str(" GENERATED ALWAYS AS (");
        sql.push_str(expression);
        sql.push_str(") STORED");
    }
    if !column.nullable {
        sql.push_str(" NOT NULL");
    }
    sql
}
