//! Rows that would be changed twice by one insert of several statements.
//!
//! Within a statement the server refuses it. Between statements a row that an earlier one has written looks like any that is there:
//! but its `xmin` is the transaction that all of them run in, or their savepoint, which has a number of its own. No function of the
//! server tells the number of a savepoint, so it is looked up of a row that was written.
//!
//! A trigger that has written the row anew in a block with `EXCEPTION` has left a number of that block's own. So the keys of what
//! statements give are noted too: who has one that an earlier statement gave has changed its row.

use postgres::Row;
use postgres::types::Type;
use sea_query::Expr as SqlExpr;

use super::seen::SeenValues;
use crate::error::{Error, ErrorKind};
use crate::exec::{Answer, Effect, Gives, Statement};
use crate::model::ModelDef;
use crate::name::quote_identifier;
use crate::place::Context;
use crate::value::{GivenBytes, Param};

/// The words for a row that is met for the second time.
pub(in crate::query) const CHANGED_TWICE: &str =
    "two of the rows given would change the same row\nhelp: give only one of them";

/// How many keys that came again are looked at.
const AGAIN: usize = 100;

/// Text in the server's message about a row that is met for the second time.
pub(in crate::query) const MET_TWICE: &str = "tenantry: met twice, at ";

/// Returns the condition on which a row that is met is changed: the given one, if no statement before has written the row. The first
/// parameter of the statement says which transaction that would be.
///
/// An expression can't refuse, but a text can be no boolean.
pub(in crate::query) fn guarded(table: &str, filter: Option<SqlExpr>) -> SqlExpr {
    let table = quote_identifier(table);
    let parts = [
        SqlExpr::cust(format!("{table}.xmin = CAST(CAST($1 AS text) AS xid)")),
        SqlExpr::cust(format!(
            "CAST('{MET_TWICE}' || CAST({table}.ctid AS text) AS boolean)"
        )),
        filter.unwrap_or_else(|| SqlExpr::cust("true")),
    ];
    SqlExpr::cust_with_exprs("CASE WHEN $1 THEN $2 ELSE $3 END", parts)
}

/// Returns the first parameter of a statement before which nothing is known to be written.
pub(in crate::query) fn nobody() -> Param {
    Param::null(Type::TEXT)
}

/// The transaction that statements of an insert have written rows in.
pub(super) struct Written {
    model: &'static ModelDef,
    /// The table, with its schema.
    table: String,
    /// Whether the rows that a statement gives have all columns, or those of the key alone.
    is_whole: bool,
    transaction: Option<Param>,
    keys: SeenValues,
}

impl Written {
    pub(super) fn new(model: &'static ModelDef, context: &Context, gives: Gives) -> Self {
        let schema = model.table_in(context).schema.quoted();
        Self {
            model,
            table: format!("{schema}.{}", quote_identifier(model.table)),
            is_whole: gives == Gives::Rows,
            transaction: None,
            keys: SeenValues::default(),
        }
    }

    /// Tells a statement what is known.
    pub(super) fn tell(&self, statement: &mut Statement) {
        if let Some(transaction) = &self.transaction {
            statement.params[0] = transaction.clone();
        }
    }

    /// Returns the statement that asks for the transaction of a row that was written; none if that is known, or no row was.
    pub(super) fn look(&self, answer: &Answer) -> Option<Statement> {
        let Answer::Rows(rows) = answer else {
            return None;
        };
        let row = rows.first().filter(|_| self.transaction.is_none())?;
        let mut params = Vec::new();
        let condition = self.has_key(&self.key(row)?, &mut params);
        // A row of another partition may have the same key.
        let sql = format!(
            "SELECT CAST(xmin AS text) FROM {} WHERE {condition} LIMIT 1",
            self.table
        );
        Some(self.statement(sql, params))
    }

    /// Notes what a statement gave. If an earlier one gave some of its keys, returns the statement that finds those of one row alone, as
    /// keys are but for rows of several partitions.
    pub(super) fn again(&mut self, answer: &Answer) -> Option<Statement> {
        let Answer::Rows(rows) = answer else {
            return None;
        };
        let mut again = Vec::new();
        let keys: Vec<_> = rows.iter().filter_map(|row| self.key(row)).collect();
        for key in keys {
            if self.keys.note(&key, 0).is_some() && again.len() < AGAIN {
                again.push(key);
            }
        }
        let mut params = Vec::new();
        let conditions = again.iter().map(|key| self.has_key(key, &mut params));
        let conditions: Vec<String> = conditions.collect();
        if conditions.is_empty() {
            return None;
        }
        let names = self
            .model
            .key_columns()
            .map(|def| quote_identifier(def.name));
        let sql = format!(
            "SELECT FROM {} WHERE {} GROUP BY {} HAVING count(*) = 1 LIMIT 1",
            self.table,
            conditions.join(" OR "),
            names.collect::<Vec<_>>().join(", ")
        );
        Some(self.statement(sql, params))
    }

    /// Returns the error for the answer to [`again`](Self::again), if there is one.
    pub(super) fn refusal(&self, answer: Answer) -> Option<Error> {
        let is_changed = !answer.rows().is_empty();
        is_changed
            .then(|| Error::new(ErrorKind::Unique, CHANGED_TWICE).in_model(self.model, "upsert"))
    }

    /// The key of a row that a statement gave.
    fn key<'r>(&self, row: &'r Row) -> Option<Vec<&'r [u8]>> {
        let places = self.model.key.iter().enumerate();
        let values = places.map(|(place, &column)| {
            let GivenBytes(value) = row.get(if self.is_whole { column } else { place });
            value
        });
        values.collect()
    }

    /// The condition that a row has a key, whose values become parameters.
    fn has_key(&self, key: &[&[u8]], params: &mut Vec<Param>) -> String {
        let equals = self.model.key_columns().zip(key).map(|(def, value)| {
            params.push(Param::raw(def.sql.wire(), value));
            format!("{} = ${}", quote_identifier(def.name), params.len())
        });
        format!("({})", equals.collect::<Vec<_>>().join(" AND "))
    }

    fn statement(&self, sql: String, params: Vec<Param>) -> Statement {
        Statement {
            sql,
            params,
            gives: Gives::Rows,
            effect: Effect::Reads,
            model: Some(self.model),
            operation: "upsert",
        }
    }

    /// Notes the answer to [`look`](Self::look).
    pub(super) fn note(&mut self, answer: Answer) {
        let rows = answer.rows();
        if let Some(GivenBytes(Some(number))) = rows.first().map(|row| row.get(0)) {
            self.transaction = Some(Param::raw(Type::TEXT, number));
        }
    }
}
