//! How far a statement in batches is: the key of the last row that is done, kept in the ledger.

use postgres::error::Error as Refused;
use postgres::types::Type;
use postgres::{Client, GenericClient, Transaction};
use serde::{Deserialize, Serialize};

use super::place::Place;
use crate::bookkeeping::batches::{BatchedRows, KeyOperators, operators_of};
use crate::bookkeeping::{Guard, explain};
use crate::error::{Error, ErrorKind, Result};
use crate::name::{SchemaName, quote_identifier, quote_literal};

/// How far a statement is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BatchCursor {
    /// The step of the migration that the statement is.
    step: i32,
    pub(super) table: String,
    key: Vec<String>,
    /// The key of the last row that is done, as text.
    pub(super) after: Option<Vec<String>>,
    /// How many rows were looked at.
    pub(super) rows: i64,
    /// About how many there were when it began.
    pub(super) about: Option<i64>,
}

impl BatchCursor {
    pub(super) fn begin(at: Place, rows: &BatchedRows, about: Option<i64>) -> Self {
        Self {
            step: at.step(),
            table: rows.table.clone(),
            key: rows.key.clone(),
            after: None,
            rows: 0,
            about,
        }
    }

    pub(super) fn read(client: &mut Client, id: i64, migration: &str) -> Result<Option<Self>> {
        let row = client
            .query_typed_opt(
                "SELECT batch::text FROM tenantry.ledger WHERE migration = $1 AND tenant_id = $2 AND batch IS NOT NULL",
                &[(&migration, Type::TEXT), (&id, Type::INT8)],
            )
            .map_err(explain)?;
        let Some(row) = row else { return Ok(None) };
        let read = serde_json::from_str(row.try_get(0)?).map_err(|error| {
            Error::new(
                ErrorKind::Migration,
                format!(
                    "`tenantry.ledger` says in `batch` how far `{migration}` is, and that can't be read: {error}\n\
                     help: bring it back as it was, or set it to null to have the statement done from its first row on"
                ),
            )
        })?;
        Ok(Some(read))
    }

    pub(super) fn is_at(&self, at: Place) -> bool {
        self.step == at.step()
    }

    pub(super) fn is_of(&self, rows: &BatchedRows) -> bool {
        self.table == rows.table && self.key == rows.key
    }

    /// Why it can't be gone on from.
    pub(super) fn other_rows(&self, rows: &BatchedRows) -> String {
        format!(
            "it is half-way through `{}` in the order of `{}`, and can't go on with `{}` in the order of `{}`\n\
             help: have the batches of the same table by the same key as when it began",
            self.table,
            self.key.join(", "),
            rows.table,
            rows.key.join(", ")
        )
    }

    pub(super) fn moved(&self, last: Option<Vec<String>>, rows: i64) -> Self {
        Self {
            after: last.or_else(|| self.after.clone()),
            rows: self.rows + rows,
            ..self.clone()
        }
    }

    /// The statement that writes it down in place of another; it is refused where the ledger has neither.
    pub(super) fn keep(&self, id: i64, migration: &str, before: &Self) -> String {
        let written = quote_literal(&self.text());
        let before = match before.after {
            None => format!(
                "(batch IS NULL OR batch ->> 'step' IS DISTINCT FROM '{}')",
                self.step
            ),
            Some(_) => format!(
                "batch = {}::pg_catalog.jsonb",
                quote_literal(&before.text())
            ),
        };
        let row = format!(
            "migration = {} AND tenant_id = {id}",
            quote_literal(migration)
        );
        let as_read = format!("(SELECT {before} FROM tenantry.ledger WHERE {row})");
        format!(
            "SELECT {};\nUPDATE tenantry.ledger SET batch = {written}::pg_catalog.jsonb WHERE {row};\n",
            Guard::Overtaken.unless(&as_read, 1)
        )
    }

    /// The statement that forgets it, once all rows are done.
    pub(super) fn forget(id: i64, migration: &str) -> String {
        format!(
            "UPDATE tenantry.ledger SET batch = NULL WHERE migration = {} AND tenant_id = {id} AND batch IS NOT NULL;\n",
            quote_literal(migration)
        )
    }

    fn text(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers are JSON")
    }
}

/// The key by which rows come one after the other.
pub(super) struct Keyed {
    /// The types of its columns.
    types: Vec<String>,
    pub(super) operators: KeyOperators,
    /// About how many rows there are, if that is known.
    pub(super) about: Option<i64>,
}

/// The rows of the next batch, and whether runs are to pause or to end.
pub(super) struct NextBatch {
    pub(super) rows: i64,
    /// The key of the last of them.
    pub(super) last: Option<Vec<String>>,
    pub(super) is_paused: bool,
    pub(super) aborts: i64,
}

impl Keyed {
    /// Looks the key up; gives why it is none.
    pub(super) fn read(
        client: &mut impl GenericClient,
        schema: &SchemaName,
        rows: &BatchedRows,
    ) -> Result<Result<Self, String>, Refused> {
        let sql = format!(
            "SELECT ARRAY(SELECT pg_catalog.format_type(a.atttypid, a.atttypmod) \
                 FROM pg_catalog.unnest($3) WITH ORDINALITY AS k (name, place) JOIN pg_catalog.pg_attribute AS a \
                 ON a.attrelid = c.oid AND a.attname = k.name::pg_catalog.name AND a.attnum > 0 AND NOT a.attisdropped \
                 ORDER BY k.place), \
             {}, \
             (SELECT NULLIF(pg_catalog.sum(GREATEST(p.reltuples, 0)), 0)::bigint FROM pg_catalog.pg_class AS p \
                 WHERE p.oid = c.oid) \
             FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
             WHERE n.nspname = $1 AND c.relname = $2::pg_catalog.name AND c.relkind IN ('r', 'p')",
            operators_of("$3")
        );
        let row = client.query_typed_opt(
            &sql,
            &[
                (&schema.as_str(), Type::NAME),
                (&rows.table.as_str(), Type::TEXT),
                (&rows.key, Type::TEXT_ARRAY),
            ],
        )?;
        let table = &rows.table;
        let key = rows.key.join("`, `");
        let Some(row) = row else {
            return Ok(Err(format!(
                "there is no table `{table}` in the schema\nhelp: name the table in the comment as it is called by then"
            )));
        };
        let types: Vec<String> = row.try_get(0)?;
        if types.len() < rows.key.len() {
            return Ok(Err(format!(
                "the table `{table}` has no column `{key}`\nhelp: name the columns of its primary key in the comment"
            )));
        }
        let operators: Option<Vec<String>> = row.try_get(1)?;
        let Some(operators) = operators.and_then(KeyOperators::read) else {
            return Ok(Err(format!(
                "`{key}` is no key of the table `{table}`: it takes a primary key, or a unique index without nulls, of \
                 just these columns in their order, each of them a number, a text, a date, a UUID or the like, and all compared by \
                 operators of one schema; and a table that others inherit from has none\n\
                 help: name the columns of its primary key, or do the statement without batches"
            )));
        };
        let about = row.try_get(2)?;
        Ok(Ok(Self {
            types,
            operators,
            about,
        }))
    }

    /// Values of the key, as expressions.
    pub(super) fn values(&self, texts: Option<&[String]>) -> Option<Vec<String>> {
        let pairs = texts?.iter().zip(&self.types);
        let values = pairs.map(|(text, type_)| format!("{}::{type_}", quote_literal(text)));
        Some(values.collect())
    }

    /// The order of the key, for a list of columns.
    pub(super) fn order(&self, rows: &BatchedRows) -> String {
        by(rows, &self.operators.less)
    }

    /// Looks for the next batch, and whether runs are to pause or to end.
    pub(super) fn next(
        &self,
        tx: &mut Transaction<'_>,
        schema: &SchemaName,
        rows: &BatchedRows,
        cursor: &BatchCursor,
    ) -> Result<NextBatch, Refused> {
        let sql = format!(
            "SELECT b.last, COALESCE(b.rows, 0), COALESCE(r.paused_at IS NOT NULL, false), COALESCE(r.aborts, 0) \
             FROM (SELECT) AS one LEFT JOIN tenantry.rollout AS r ON r.one = 1 LEFT JOIN ({}) AS b ON true",
            self.batch(schema, rows, cursor.after.as_deref()),
        );
        let row = tx.query_typed_one(&sql, &[])?;
        Ok(NextBatch {
            last: row.try_get(0)?,
            rows: row.try_get(1)?,
            is_paused: row.try_get(2)?,
            aborts: row.try_get(3)?,
        })
    }

    /// Looks for the key of the last row of the next batch; nothing if there are no more rows.
    pub(super) fn last(
        &self,
        tx: &mut Transaction<'_>,
        schema: &SchemaName,
        rows: &BatchedRows,
        after: Option<&[String]>,
    ) -> Result<Option<Vec<String>>, Refused> {
        let row = tx.query_typed_opt(&self.batch(schema, rows, after), &[])?;
        row.map(|row| row.try_get(0)).transpose()
    }

    /// Looks for the greatest key of the table, if it has rows.
    pub(super) fn greatest(
        &self,
        tx: &mut Transaction<'_>,
        schema: &SchemaName,
        rows: &BatchedRows,
    ) -> Result<Option<Vec<String>>, Refused> {
        let sql = format!(
            "SELECT ARRAY[{}] FROM {}.{} ORDER BY {} LIMIT 1",
            texts(rows),
            schema.quoted(),
            quote_identifier(&rows.table),
            by(rows, &self.operators.more),
        );
        let row = tx.query_typed_opt(&sql, &[])?;
        row.map(|row| row.try_get(0)).transpose()
    }

    /// Whether the transaction itself has made rows with a greater key than one. Those that others have committed since are not meant.
    pub(super) fn has_made_greater(
        &self,
        tx: &mut Transaction<'_>,
        schema: &SchemaName,
        rows: &BatchedRows,
        greatest: Option<&[String]>,
    ) -> Result<bool, Refused> {
        let greatest = self.values(greatest);
        let beyond = greatest.map(|greatest| {
            let beyond = rows.compared("", &self.operators.more, &greatest);
            format!("{beyond} AND ")
        });
        // A row that is seen, and whose transaction is under way, is of this transaction, or of a savepoint in it, which began later.
        let sql = format!(
            "SELECT EXISTS (SELECT FROM {}.{} WHERE {}CASE WHEN pg_catalog.age(xmin) <= 0 THEN pg_catalog.pg_xact_status( \
             (pg_catalog.pg_current_xact_id()::text::bigint - pg_catalog.age(xmin))::text::xid8) = 'in progress' ELSE false END)",
            schema.quoted(),
            quote_identifier(&rows.table),
            beyond.unwrap_or_default(),
        );
        tx.query_typed_one(&sql, &[])?.try_get(0)
    }

    /// A query of one row, or of none where there are no more: the key of the last row of the next batch, and how many it has.
    fn batch(&self, schema: &SchemaName, rows: &BatchedRows, after: Option<&[String]>) -> String {
        let list = rows.columns("").join(", ");
        let (up, down) = (self.order(rows), by(rows, &self.operators.more));
        let after = self.values(after);
        let beyond = after
            .map(|after| format!(" WHERE {}", rows.compared("", &self.operators.more, &after)));
        format!(
            "SELECT ARRAY[{}] AS last, rows FROM (SELECT {list}, pg_catalog.count(*) OVER () AS rows \
             FROM (SELECT {list} FROM {}.{}{} ORDER BY {up} LIMIT {}) AS a) AS b ORDER BY {down} LIMIT 1",
            texts(rows),
            schema.quoted(),
            quote_identifier(&rows.table),
            beyond.unwrap_or_default(),
            rows.size,
        )
    }
}

/// The values of the key as texts, for a list: as JSON has them, dates do not depend on the session's settings.
fn texts(rows: &BatchedRows) -> String {
    let columns = rows.columns("").into_iter();
    let each: Vec<String> = columns
        .map(|it| format!("pg_catalog.to_jsonb({it}) #>> '{{}}'"))
        .collect();
    each.join(", ")
}

/// The columns of the key with the operator by which they are put in order.
fn by(rows: &BatchedRows, operator: &str) -> String {
    let columns = rows.columns("").into_iter();
    let each: Vec<String> = columns.map(|it| format!("{it} USING {operator}")).collect();
    each.join(", ")
}
