//! Plans of statements, as the server explains them.

use std::fmt;

use postgres::Row;
use serde_json::Value;

use super::change::Update;
use super::decode::decode_error;
use super::delete::Delete;
use super::eager::Loading;
use super::expr::Each;
use super::lock::Locked;
use super::select::Query;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::reach::{Reaches, WritesTo};
use crate::exec::{Effect, Flow, Gives, Statement};
use crate::model::{Model, Placement};
use crate::place::Context;

/// A question for the plan of a statement. Made by `explain` and `explain_analyze` of a query, update or delete.
///
/// ```no_run
/// # use tenantry::prelude::*;
/// # #[tenant_model(index(cents))]
/// # pub struct Invoice { #[field(key)] pub id: i64, pub cents: i64 }
/// # fn look(acme: &mut TenantScope) -> tenantry::Result<()> {
/// let dear = Invoice::query().filter(Invoice::CENTS.gt(1_000_000));
/// println!("{}", dear.clone().explain().text(acme)?);
/// let plan = dear.explain_analyze().json(acme)?;
/// println!("{} ms", plan[0]["Execution Time"]);
/// # Ok(())
/// # }
/// ```
///
/// The plan is that of the statement with its values, in the scope's schema. It can quote values of conditions.
#[must_use = "nothing is explained until a scope is given to `text` or `json`"]
pub struct Explain<Q> {
    of: Q,
    analyzes: bool,
}

/// A statement that the server explains.
trait Explained {
    /// The model that it is about.
    type Of: Model;

    fn explained(&self, context: &Context) -> Result<Statement>;
}

const RUNS: &str = "`explain_analyze` runs the statement, which changes rows or locks them, and there is no transaction in which that could be undone\n\
    help: run it in `scope.transaction(|tx| ..)`, on `tx`, and roll that back by an error; or ask by `explain`, which runs nothing";

impl<Q> Explain<Q> {
    fn new(of: Q, analyzes: bool) -> Self {
        Self { of, analyzes }
    }
}

/// The statement that explains another in a format.
fn statement<Q: Explained>(
    Explain { of, analyzes }: &Explain<Q>,
    context: &Context,
    format: &str,
) -> Result<Statement> {
    let statement = of.explained(context)?;
    let is_run = *analyzes && statement.effect != Effect::Reads;
    if is_run && context.log().depth() == 0 {
        let error = Error::new(ErrorKind::Configuration, RUNS);
        return Err(error.in_model(Q::Of::DEF, "explain"));
    }
    let analyze = if *analyzes { "ANALYZE, BUFFERS, " } else { "" };
    let effect = if is_run {
        Effect::Writes
    } else {
        Effect::Reads
    };
    Ok(Statement {
        sql: format!("EXPLAIN ({analyze}FORMAT {format}) {}", statement.sql),
        gives: Gives::Rows,
        effect,
        operation: "explain",
        ..statement
    })
}

fn lines<'f>(statement: Result<Statement>) -> Flow<'f, String> {
    Flow::run(statement, |answer| {
        let rows = answer.rows();
        let lines = rows.iter().map(value::<&str>);
        Ok(lines.collect::<Result<Vec<&str>>>()?.join("\n"))
    })
}

fn tree<'f>(statement: Result<Statement>) -> Flow<'f, Value> {
    Flow::run(statement, |answer| {
        let rows = answer.rows();
        rows.first().map_or(Ok(Value::Null), value)
    })
}

fn value<'r, T: postgres::types::FromSql<'r>>(row: &'r Row) -> Result<T> {
    row.try_get(0)
        .map_err(|error| decode_error(Box::new(error)))
}

macro_rules! explained {
    ($([$($bounds:tt)*] $query:ty: $scope:ident<$model:ident, $placement:ident>, |$it:ident, $context:ident| $statement:expr;)*) => {$(
        impl<$($bounds)*> Explained for $query {
            type Of = $model;

            fn explained(&self, $context: &Context) -> Result<Statement> {
                let $it = self;
                $statement
            }
        }

        impl<$($bounds)*> $query {
            /// Asks for the plan of the statement, which is not run.
            pub fn explain(self) -> Explain<Self> {
                Explain::new(self, false)
            }

            /// Asks for the plan of the statement, and what it has taken: it is run. One that changes or locks rows is refused outside of a transaction.
            pub fn explain_analyze(self) -> Explain<Self> {
                Explain::new(self, true)
            }
        }

        impl<$($bounds)*> Explain<$query> {
            /// Returns the plan as text, a line for each step.
            ///
            /// # Errors
            ///
            /// [`ErrorKind::Configuration`], when a statement that changes rows is to be run outside of a transaction; when the server refuses the
            /// statement.
            pub fn text<S: $scope<$model, $placement>>(self, scope: &mut S) -> S::Outcome<'_, String> {
                let flow = lines(statement(&self, scope.context(), "TEXT"));
                scope.drive(flow)
            }

            /// Returns the plan as JSON, as the server has it: a list of one object with the key `Plan`.
            ///
            /// # Errors
            ///
            /// As `text`.
            pub fn json<S: $scope<$model, $placement>>(self, scope: &mut S) -> S::Outcome<'_, Value> {
                let flow = tree(statement(&self, scope.context(), "JSON"));
                scope.drive(flow)
            }
        }
    )*};
}

explained! {
    [M: Model, Out, P: Placement, E: Each] Query<M, Out, P, E>: Reaches<M, P>, |it, context| it.statement(context, "explain");
    [M: Model, Out: 'static, P: Placement] Loading<M, Out, P>: Reaches<M, P>, |it, context| it.rows(context, "explain");
    [M: Model, Out, P: Placement] Locked<M, Out, P>: WritesTo<M, P>, |it, context| it.statement(context);
    [M: Model, P: Placement] Update<M, P>: WritesTo<M, P>, |it, context| it.statement(context, Gives::Count, None);
    [M: Model, P: Placement] Delete<M, P>: WritesTo<M, P>, |it, context| it.statement(context, Gives::Count);
}

impl<Q: fmt::Debug> fmt::Debug for Explain<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explain")
            .field("of", &self.of)
            .field("analyzes", &self.analyzes)
            .finish()
    }
}
