//! Columns in pairs: a column of the version from before and one of the next version, which a trigger keeps equal while both run.
//!
//! It is SQL of the migration, as a move is: reviewed, recorded and taken back like any other.

mod trigger;

use self::trigger::{fill, fill_back, fill_in_batches, trigger};
use super::column::column_comment;
use super::family::{At, Family, Verb};
use super::moved::{block, refuse_rows};
use super::state::{Misfit, Tables, column_mut, present, table_mut};
use super::{Change, Phase, column_sql};
use crate::name::quote_identifier;
use crate::structure::conversion::loss;
use crate::structure::{Column, Namespace, Pair};

/// The column of the next version, which comes and, on the way back, goes.
pub(super) struct Pairing<'a> {
    pub(super) verb: Verb,
    pub(super) pair: &'a Pair,
}

/// The values of rows that were there before the pair.
pub(super) struct Filling<'a> {
    pub(super) verb: Verb,
    pub(super) pair: &'a Pair,
}

/// The column of the version from before, which goes and, on the way back, comes.
pub(super) struct Retiring<'a> {
    pub(super) verb: Verb,
    pub(super) pair: &'a Pair,
}

impl Family for Pairing<'_> {
    fn words(&self, table: &str) -> String {
        let (former, latter) = names(self.pair);
        match self.verb {
            Verb::Add => {
                format!("add column `{latter}` to {table}, kept equal to `{former}` by a trigger")
            }
            Verb::Drop => format!("drop column `{latter}` from {table}, kept equal to `{former}`"),
        }
    }

    fn phase(&self) -> Phase {
        self.verb.of(Phase::AddColumns, Phase::DropColumns)
    }

    fn sql(&self, at: &At) -> Vec<String> {
        let latter = &self.pair.latter;
        match self.verb {
            Verb::Add => [
                added(at, latter),
                trigger(Verb::Add, at, self.pair),
                default(at, latter),
                column_comment(&at.table, latter).into_iter().collect(),
            ]
            .concat(),
            Verb::Drop => [trigger(Verb::Drop, at, self.pair), dropped(at, latter)].concat(),
        }
    }

    fn apply(&self, Namespace { tables, .. }: &mut Namespace, table: &str) -> Result<(), Misfit> {
        let (former, latter) = (&self.pair.former, &self.pair.latter);
        column_mut(tables, table, &former.name)?;
        match self.verb {
            Verb::Add => add(tables, table, latter),
            Verb::Drop => drop_column(tables, table, latter),
        }
    }

    fn reversed(&self) -> Change {
        let pair = self.pair.clone();
        match self.verb {
            Verb::Add => Change::DropPaired { pair },
            Verb::Drop => Change::AddPaired { pair },
        }
    }

    fn slug(&self, table: &str) -> String {
        let (former, latter) = names(self.pair);
        format!("pair_{table}_{former}_{latter}")
    }

    fn takes_away(&self) -> bool {
        self.verb.of(false, true)
    }

    fn note(&self) -> Option<&'static str> {
        let note = "a statement writes one of the two columns: a version of the application knows only its own";
        self.verb.of(Some(note), None)
    }
}

impl Family for Filling<'_> {
    fn words(&self, table: &str) -> String {
        let (former, latter) = names(self.pair);
        match self.verb {
            Verb::Add => format!("give rows of {table} in `{latter}` what they have in `{former}`"),
            Verb::Drop => format!("leave what rows of {table} have in `{latter}`"),
        }
    }

    fn phase(&self) -> Phase {
        Phase::AlterColumns
    }

    fn sql(&self, at: &At) -> Vec<String> {
        self.verb.of(vec![fill(at, self.pair)], Vec::new())
    }

    fn sql_in_use(&self, at: &At) -> Vec<String> {
        self.verb
            .of(vec![fill_in_batches(at, self.pair)], Vec::new())
    }

    fn apply(&self, Namespace { tables, .. }: &mut Namespace, table: &str) -> Result<(), Misfit> {
        column_mut(tables, table, &self.pair.latter.name).map(drop)
    }

    fn reversed(&self) -> Change {
        let pair = self.pair.clone();
        match self.verb {
            Verb::Add => Change::LeavePaired { pair },
            Verb::Drop => Change::FillPaired { pair },
        }
    }

    fn slug(&self, table: &str) -> String {
        format!("fill_{table}_{}", self.pair.latter.name)
    }
}

impl Family for Retiring<'_> {
    fn words(&self, table: &str) -> String {
        let (former, latter) = names(self.pair);
        match self.verb {
            Verb::Add => format!(
                "add column `{former}` to {table} again, kept equal to `{latter}` by a trigger"
            ),
            Verb::Drop => {
                format!("drop column `{former}` from {table}, whose values are in `{latter}`")
            }
        }
    }

    fn phase(&self) -> Phase {
        self.verb.of(Phase::AddColumns, Phase::DropColumns)
    }

    fn sql(&self, at: &At) -> Vec<String> {
        let former = &self.pair.former;
        match self.verb {
            Verb::Drop => {
                let refused = (!self.pair.always_converts()).then(|| refuse_unlike(at, self.pair));
                let dropped = [trigger(Verb::Drop, at, self.pair), dropped(at, former)].concat();
                refused.into_iter().chain(dropped).collect()
            }
            Verb::Add => {
                let mut statements = added(at, former);
                statements.extend(trigger(Verb::Add, at, self.pair));
                statements.push(fill_back(at, self.pair));
                statements.extend(default(at, former));
                if !former.nullable {
                    let name = quote_identifier(&former.name);
                    statements.extend(at.alter(&format!("ALTER COLUMN {name} SET NOT NULL")));
                }
                statements.extend(column_comment(&at.table, former));
                statements
            }
        }
    }

    fn apply(&self, Namespace { tables, .. }: &mut Namespace, table: &str) -> Result<(), Misfit> {
        column_mut(tables, table, &self.pair.latter.name)?;
        match self.verb {
            Verb::Add => add(tables, table, &self.pair.former),
            Verb::Drop => drop_column(tables, table, &self.pair.former),
        }
    }

    fn reversed(&self) -> Change {
        let pair = self.pair.clone();
        match self.verb {
            Verb::Add => Change::DropFormer { pair },
            Verb::Drop => Change::RestoreFormer { pair },
        }
    }

    fn slug(&self, table: &str) -> String {
        let name = &self.pair.former.name;
        format!("{}_{table}_{name}", self.verb.of("restore", "drop"))
    }

    fn loses_data(&self) -> bool {
        let lost = loss(&self.pair.former.sql_type, &self.pair.latter.sql_type);
        self.verb.of(false, lost.is_some())
    }

    fn takes_away(&self) -> bool {
        self.verb.of(false, true)
    }

    fn note(&self) -> Option<&'static str> {
        let pair = self.pair;
        let note = loss(&pair.former.sql_type, &pair.latter.sql_type).unwrap_or(
            "a version of the application that knows the former column fails from now on; views and routines written by \
             hand may name it as text",
        );
        self.verb.of(None, Some(note))
    }
}

fn names(pair: &Pair) -> (&str, &str) {
    (&pair.former.name, &pair.latter.name)
}

/// Adds the column without what rows that are there would not satisfy yet, and without a default, which they would get.
fn added(at: &At, column: &Column) -> Vec<String> {
    let bare = Column {
        nullable: true,
        default: None,
        ..column.clone()
    };
    at.alter(&format!("ADD COLUMN {}", column_sql(&bare)))
}

fn default(at: &At, column: &Column) -> Vec<String> {
    let name = quote_identifier(&column.name);
    let default = column.default.as_ref();
    default.map_or_else(Vec::new, |sql| {
        at.alter(&format!("ALTER COLUMN {name} SET DEFAULT {sql}"))
    })
}

fn dropped(at: &At, column: &Column) -> Vec<String> {
    at.alter(&format!("DROP COLUMN {}", quote_identifier(&column.name)))
}

fn add(tables: &mut Tables, table: &str, column: &Column) -> Result<(), Misfit> {
    let table = table_mut(tables, table)?;
    if table.column(&column.name).is_some() {
        return Err(present("column", &column.name));
    }
    table.columns.push(column.clone());
    Ok(())
}

fn drop_column(tables: &mut Tables, table: &str, column: &Column) -> Result<(), Misfit> {
    column_mut(tables, table, &column.name)?;
    let columns = &mut table_mut(tables, table)?.columns;
    columns.retain(|other| other.name != column.name);
    Ok(())
}

/// Refuses to drop values that did not become values of the new column.
fn refuse_unlike(at: &At, pair: &Pair) -> String {
    let (former, latter) = names(pair);
    let [quoted, other] = [former, latter].map(quote_identifier);
    block(&refuse_rows(
        (&at.name, &pair.key),
        (
            "a",
            &format!(
                "FROM {} AS a WHERE a.{quoted} IS NOT NULL AND a.{other} IS NULL",
                at.table
            ),
        ),
        &format!(
            "values of `{former}` in rows of `{}` are none of the type `{}`; their keys: ",
            at.name, pair.latter.sql_type
        ),
        &format!("give these rows another value in `{former}`, or null, and migrate again"),
    ))
}
