//! The row with a key.

use std::fmt;
use std::marker::PhantomData;

use super::decode;
use super::fits::compared;
use super::node::Operand;
use super::select::not_found;
use super::stored::Stored;
use crate::error::Result;
use crate::exec::{Effect, Flow, Gives, Statement};
use crate::model::{FixedSql, Fk, Model};
use crate::place::Context;
use crate::scope::Reaches;
use crate::value::Param;

/// A query for the row with a key. Made by `Customer::find(key)`.
#[must_use = "a query does nothing until a scope is given to `one`, `optional` or `exists`"]
pub struct Find<M: Model> {
    key: Operand,
    marker: PhantomData<fn() -> M>,
}

impl<M: Model> Find<M> {
    pub(crate) fn new(key: &Fk<M>) -> Self {
        Self {
            key: Operand::of(key),
            marker: PhantomData,
        }
    }

    /// Gives the row.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is none; when the server refuses the statement or the row does not fit.
    pub fn one<S: Reaches<M, M::Placement>>(self, scope: &mut S) -> S::Outcome<'_, Stored<M>> {
        self.run(scope, |found| found.ok_or_else(|| not_found(M::DEF)))
    }

    /// Gives the row, if there is one.
    ///
    /// # Errors
    ///
    /// When the server refuses the statement, or the row does not fit the model.
    pub fn optional<S: Reaches<M, M::Placement>>(
        self,
        scope: &mut S,
    ) -> S::Outcome<'_, Option<Stored<M>>> {
        self.run(scope, Ok)
    }

    fn run<T, S: Reaches<M, M::Placement>>(
        self,
        scope: &mut S,
        outcome: impl FnOnce(Option<Stored<M>>) -> Result<T> + Send + 'static,
    ) -> S::Outcome<'_, T> {
        let context = scope.context().clone();
        let statement = by_key::<M>(
            M::DEF.statements.find,
            &context,
            &self.key,
            (Gives::Rows, Effect::Reads),
            "find",
        );
        scope.drive(Flow::run(statement, move |answer| {
            let rows = answer.rows();
            outcome(
                rows.first()
                    .map(|row| decode::read(row, &context))
                    .transpose()?,
            )
        }))
    }

    /// Tells whether there is such a row.
    ///
    /// # Errors
    ///
    /// When the server refuses the statement.
    pub fn exists<S: Reaches<M, M::Placement>>(self, scope: &mut S) -> S::Outcome<'_, bool> {
        let statement = by_key::<M>(
            M::DEF.statements.exists,
            scope.context(),
            &self.key,
            (Gives::Rows, Effect::Reads),
            "exists",
        );
        scope.drive(Flow::run(statement, |answer| {
            decode::read_value(&answer.rows())
        }))
    }
}

/// A statement of fixed shape with the key as its only parameter.
pub(super) fn by_key<M: Model>(
    fixed: FixedSql,
    context: &Context,
    key: &Operand,
    (gives, effect): (Gives, Effect),
    operation: &'static str,
) -> Result<Statement> {
    let key =
        compared(M::DEF.key_column(), key).map_err(|error| error.in_model(M::DEF, operation))?;
    Ok(fixed_statement::<M>(
        fixed,
        context,
        vec![key.clone()],
        (gives, effect),
        operation,
    ))
}

/// A statement of fixed shape.
pub(super) fn fixed_statement<M: Model>(
    fixed: FixedSql,
    context: &Context,
    params: Vec<Param>,
    (gives, effect): (Gives, Effect),
    operation: &'static str,
) -> Statement {
    let sql = fixed.with_schema(&context.schema(M::DEF.placement).quoted());
    Statement {
        sql,
        params,
        gives,
        effect,
        model: Some(M::DEF),
        operation,
    }
}

impl<M: Model> fmt::Debug for Find<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Find")
            .field("model", &M::NAME)
            .finish_non_exhaustive()
    }
}
