//! The rows of a schema and where its sequences are, as far as migrations have put them there.

use std::collections::BTreeMap;

use postgres::types::Type;
use postgres::{GenericClient, Transaction};

use super::StructureError;
use super::slots::qualified;
use super::written::written_alike;
use crate::model::PlacementKind;
use crate::name::{SchemaName, quote_identifier, quote_literal};

/// How much room the rows of all tables may take on disk, in bytes. What is larger is not read.
const LIMIT: i64 = 8 << 20;

/// How many rows a statement inserts.
const AT_ONCE: usize = 1000;

/// The rows of a schema, and where its sequences are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contents {
    /// By the name of a table or materialized view; only those that have rows.
    relations: BTreeMap<String, Rows>,
    /// The last value of each sequence, and whether it was given out.
    sequences: BTreeMap<String, (i64, bool)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rows {
    is_view: bool,
    columns: Vec<Column>,
    /// In the order in which the table has them.
    values: Vec<Vec<Option<String>>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Column {
    name: String,
    is_generated: bool,
}

/// The rows of a schema, or a table with too many of them.
pub(crate) enum Found {
    Contents(Contents),
    TooLarge(String),
}

/// Reads the rows of a schema, within a transaction.
pub(crate) fn contents(
    client: &mut impl GenericClient,
    schema: &SchemaName,
) -> Result<Found, StructureError> {
    written_alike(client, |tx| {
        // Rows that a policy hides are an error.
        tx.batch_execute("SET LOCAL row_security = off")?;
        read(tx, schema)
    })
}

fn read(tx: &mut Transaction<'_>, schema: &SchemaName) -> Result<Found, StructureError> {
    let rows = tx.query_typed(
        include_str!("contents.sql"),
        &[(&schema.as_str(), Type::NAME)],
    )?;
    let mut contents = Contents {
        relations: BTreeMap::new(),
        sequences: BTreeMap::new(),
    };
    let mut size = 0;
    let mut sequences = Vec::new();
    for row in &rows {
        let name: String = row.try_get("name")?;
        let kind: &str = row.try_get("kind")?;
        if kind == "S" {
            sequences.push(name);
            continue;
        }
        size += row.try_get::<_, i64>("size")?;
        if size > LIMIT {
            return Ok(Found::TooLarge(name));
        }
        let names: Vec<String> = row.try_get("columns")?;
        let generated: Vec<bool> = row.try_get("generated")?;
        let columns = names.into_iter().zip(generated);
        let columns = columns.map(|(name, is_generated)| Column { name, is_generated });
        let mut found = Rows {
            is_view: kind == "m",
            columns: columns.collect(),
            values: Vec::new(),
        };
        found.read(tx, schema, &name)?;
        if !found.values.is_empty() {
            contents.relations.insert(name, found);
        }
    }
    for name in sequences {
        let sql = format!(
            "SELECT last_value, is_called FROM {}.{}",
            schema.quoted(),
            quote_identifier(&name)
        );
        let row = tx.query_typed_one(&sql, &[])?;
        contents
            .sequences
            .insert(name, (row.try_get(0)?, row.try_get(1)?));
    }
    Ok(Found::Contents(contents))
}

impl Rows {
    fn read(
        &mut self,
        client: &mut impl GenericClient,
        schema: &SchemaName,
        name: &str,
    ) -> Result<(), StructureError> {
        let values: Vec<String> = self
            .columns
            .iter()
            .map(|column| {
                let name = quote_identifier(&column.name);
                format!("CASE WHEN pg_catalog.num_nulls(tenantry_row.{name}) = 0 THEN pg_catalog.format('%s', tenantry_row.{name}) END")
            })
            .collect();
        let sql = format!(
            "SELECT ARRAY[{}]::text[] FROM ONLY {}.{} AS tenantry_row ORDER BY ctid",
            values.join(", "),
            schema.quoted(),
            quote_identifier(name)
        );
        for row in client.query_typed(&sql, &[])? {
            self.values.push(row.try_get(0)?);
        }
        if self.is_view {
            self.values.sort();
        }
        Ok(())
    }
}

impl Contents {
    /// Whether there are neither rows nor sequences that have moved.
    pub(crate) fn is_empty(&self) -> bool {
        self.relations.is_empty() && !self.sequences.values().any(|(_, is_called)| *is_called)
    }

    /// The tables that have rows.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &str> {
        let tables = self.relations.iter().filter(|(_, rows)| !rows.is_view);
        tables.map(|(name, _)| name.as_str())
    }

    /// The statements that put the rows into tables without triggers, rules and foreign keys.
    pub(crate) fn inserts(&self) -> Vec<String> {
        let tables = self.relations.iter().filter(|(_, rows)| !rows.is_view);
        tables.flat_map(|(name, rows)| rows.inserts(name)).collect()
    }

    /// The statements that bring the sequences to where they are. Another schema's sequences are at their beginning.
    pub(crate) fn settings(&self, beginning: &Self) -> Vec<String> {
        let moved = self
            .sequences
            .iter()
            .filter(|(name, state)| beginning.sequences.get(*name) != Some(state));
        moved
            .map(|(name, (value, is_called))| {
                let name = qualified(PlacementKind::Tenant, name).replace('\'', "''");
                format!(
                    "SELECT pg_catalog.setval('{name}'::pg_catalog.regclass, {value}, {is_called})"
                )
            })
            .collect()
    }

    /// The first difference, in words.
    pub(crate) fn difference(&self, other: &Self) -> Option<String> {
        self.differences(other).next()
    }

    /// The differences in words, the first of each table.
    pub(crate) fn differences<'c>(&'c self, other: &'c Self) -> impl Iterator<Item = String> + 'c {
        let rows = self.relations.iter().filter_map(|(name, rows)| {
            let Some(others) = other.relations.get(name) else {
                return Some(format!("whether `{name}` has rows"));
            };
            if rows.values.len() != others.values.len() {
                return Some(format!("the number of rows of `{name}`"));
            }
            let mut pairs = rows.values.iter().zip(&others.values);
            let (one, other) = pairs.find(|(one, other)| one != other)?;
            let column = one.iter().zip(other).position(|(one, other)| one != other);
            let column = column.map_or("", |at| &rows.columns[at].name);
            Some(format!("the column `{column}` of the rows of `{name}`"))
        });
        let others = other.relations.keys();
        let more = others.filter(|name| !self.relations.contains_key(*name));
        let moved = self
            .sequences
            .iter()
            .filter(|(name, state)| other.sequences.get(*name) != Some(state));
        rows.chain(more.map(|name| format!("whether `{name}` has rows")))
            .chain(moved.map(|(name, _)| format!("the value of the sequence `{name}`")))
    }
}

impl Rows {
    fn inserts(&self, table: &str) -> Vec<String> {
        let is_own = |(_, column): &(usize, &Column)| !column.is_generated;
        let own: Vec<(usize, &Column)> = self.columns.iter().enumerate().filter(is_own).collect();
        let table = qualified(PlacementKind::Tenant, table);
        let names: Vec<String> = own
            .iter()
            .map(|(_, column)| quote_identifier(&column.name))
            .collect();
        if names.is_empty() {
            let insert = format!("INSERT INTO {table} DEFAULT VALUES");
            return vec![insert; self.values.len()];
        }
        let row = |row: &Vec<Option<String>>| {
            let values: Vec<String> = own
                .iter()
                .map(|(at, _)| literal(row[*at].as_deref()))
                .collect();
            format!("({})", values.join(", "))
        };
        let statement = |rows: &[Vec<Option<String>>]| {
            let rows: Vec<String> = rows.iter().map(row).collect();
            format!(
                "INSERT INTO {table} ({}) OVERRIDING SYSTEM VALUE VALUES\n{}",
                names.join(", "),
                rows.join(",\n")
            )
        };
        self.values.chunks(AT_ONCE).map(statement).collect()
    }
}

fn literal(value: Option<&str>) -> String {
    value.map_or_else(|| "NULL".to_owned(), quote_literal)
}
