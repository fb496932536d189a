//! Rows that would be changed twice by one insert of several statements.
//!
//! Within a statement the server refuses it. Between statements a row that an earlier one has written looks like any that is there:
//! but its `xmin` is the transaction that all of them run in, or their savepoint, which has a number of its own. No function of the
//! server tells the number of a savepoint, so it is looked up of a row that was written.

use postgres::types::Type;
use sea_query::Expr as SqlExpr;

use crate::exec::{Answer, Effect, Gives, Statement};
use crate::model::ModelDef;
use crate::name::quote_identifier;
use crate::place::Context;
use crate::value::{GivenBytes, Param};

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
}

impl Written {
    pub(super) fn new(model: &'static ModelDef, context: &Context, gives: Gives) -> Self {
        let schema = model.table_in(context).schema.quoted();
        Self {
            model,
            table: format!("{schema}.{}", quote_identifier(model.table)),
            is_whole: gives == Gives::Rows,
            transaction: None,
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
        let (mut conditions, mut params) = (Vec::new(), Vec::new());
        for (place, def) in self.model.key_columns().enumerate() {
            let column = if self.is_whole {
                self.model.key[place]
            } else {
                place
            };
            let GivenBytes(key) = row.get(column);
            params.push(Param::raw(def.sql.wire(), key?));
            conditions.push(format!("{} = ${}", quote_identifier(def.name), place + 1));
        }
        Some(Statement {
            // A row of another partition may have the same key.
            sql: format!(
                "SELECT CAST(xmin AS text) FROM {} WHERE {} LIMIT 1",
                self.table,
                conditions.join(" AND ")
            ),
            params,
            gives: Gives::Rows,
            effect: Effect::Reads,
            model: Some(self.model),
            operation: "upsert",
        })
    }

    /// Notes the answer to [`look`](Self::look).
    pub(super) fn note(&mut self, answer: Answer) {
        let rows = answer.rows();
        if let Some(GivenBytes(Some(number))) = rows.first().map(|row| row.get(0)) {
            self.transaction = Some(Param::raw(Type::TEXT, number));
        }
    }
}
