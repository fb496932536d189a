//! The row with a key.

use std::fmt;
use std::marker::PhantomData;

use super::decode;
use super::error::not_found;
use super::fixed::{exists, find, fixed_statement, without_deleted};
use super::key::KeyOperand;
use super::node::Deleted;
use super::stored::Stored;
use super::tolerance;
use crate::error::Result;
use crate::exec::reach::Reaches;
use crate::exec::{Answer, Effect, Flow, Gives, Statement};
use crate::model::{FixedSql, Fk, Model, TenantRow};
use crate::place::Context;
use crate::value::Param;

/// A query for the row with a key. Made by `Customer::find(key)`.
///
/// ```no_run
/// # use tenantry::prelude::*;
/// # #[tenant_model]
/// # pub struct Customer { #[field(key)] pub id: i64, pub name: String }
/// # fn name(acme: &mut TenantScope, id: i64) -> tenantry::Result<String> {
/// let customer = Customer::find(id).optional(acme)?;
/// # Ok(
/// customer.map_or_else(|| "nobody".to_owned(), |customer| customer.name.clone())
/// # )
/// # }
/// ```
#[must_use = "a query does nothing until a scope is given to `one`, `optional` or `exists`"]
pub struct Find<M: Model> {
    key: KeyOperand,
    pub(super) deleted: Deleted,
    marker: PhantomData<fn() -> M>,
}

impl<M: Model> Find<M> {
    pub(crate) fn new(key: &Fk<M>) -> Self {
        Self {
            key: KeyOperand::of(key),
            deleted: Deleted::LeftOut,
            marker: PhantomData,
        }
    }

    /// Returns the row.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is none; when the server refuses the statement or the row does not fit.
    pub fn one<S: Reaches<M, M::Placement>>(self, scope: &mut S) -> S::Outcome<'_, Stored<M>> {
        self.run(scope, |found| found.ok_or_else(|| not_found(M::DEF)))
    }

    /// Returns the row, if there is one.
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

    /// Leaves the row out of a statement if it is deleted, unless that was asked for.
    fn meant(deleted: Deleted, mut statement: Statement) -> Statement {
        if deleted == Deleted::LeftOut {
            without_deleted::<M>(&mut statement.sql);
        }
        statement
    }

    fn run<T, S: Reaches<M, M::Placement>>(
        self,
        scope: &mut S,
        outcome: impl FnOnce(Option<Stored<M>>) -> Result<T> + Send + 'static,
    ) -> S::Outcome<'_, T> {
        let context = scope.context().clone();
        let make = move |context: &Context| {
            let statement = find::<M>(context, self.key, "find")?;
            Ok(Self::meant(self.deleted, statement))
        };
        let outcome = move |answer: Answer, context: &Context| {
            let rows = answer.rows();
            let row = rows.first().map(|row| decode::read(row, context));
            outcome(row.transpose()?)
        };
        scope.drive(tolerance::run(M::DEF, context, make, outcome))
    }

    /// Tells whether there is such a row.
    ///
    /// # Errors
    ///
    /// When the server refuses the statement.
    pub fn exists<S: Reaches<M, M::Placement>>(self, scope: &mut S) -> S::Outcome<'_, bool> {
        let statement = exists::<M>(scope.context(), self.key, "exists");
        let statement = statement.map(|statement| Self::meant(self.deleted, statement));
        scope.drive(Flow::run(statement, |answer| {
            decode::read_value(&answer.rows())
        }))
    }
}

impl<M: Model> Clone for Find<M> {
    fn clone(&self) -> Self {
        Self {
            key: self.key.clone(),
            ..*self
        }
    }
}

impl<M: Model> fmt::Debug for Find<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Find")
            .field("model", &M::NAME)
            .finish_non_exhaustive()
    }
}

/// Reads the row that a tenant is, whatever its key is by now.
pub(crate) fn row_of_tenant<'f, M: TenantRow>(
    context: &Context,
    tenant: i64,
) -> Flow<'f, Option<Stored<M>>> {
    let FixedSql(before, after) = M::DEF.statements.find;
    let table = FixedSql(before, after.strip_suffix("$1").unwrap_or(after));
    let mut statement = fixed_statement::<M>(
        table,
        context,
        vec![Param::bigint(tenant)],
        (Gives::Rows, Effect::Reads),
        "find",
    );
    statement
        .sql
        .push_str("(SELECT t.key FROM tenantry.tenant AS t WHERE t.id = $1)");
    let context = context.clone();
    Flow::run(Ok(statement), move |answer| {
        let rows = answer.rows();
        let row = rows.first().map(|row| decode::read(row, &context));
        row.transpose()
    })
}
