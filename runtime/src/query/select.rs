//! Queries for rows.

use std::fmt;
use std::marker::PhantomData;

use super::asked;
use super::decode::{self, Append, FromRow, Reading};
use super::error::{not_found, several};
use super::expr::{Condition, Each, EachRow, Plain, Within};
use super::node::{Distinct, Shape};
use super::order::Ordering;
use super::render::Asked;
use super::stored::Stored;
use super::tolerance;
use crate::error::Result;
use crate::exec::reach::Reaches;
use crate::exec::{Answer, Flow, Statement};
use crate::model::{Column, ForeignKey, Model, Placement};
use crate::place::Context;

/// A query for rows of `M`. Made by `Customer::query()`.
///
/// `Out` is what a row of the answer becomes; `P` is the placement that a scope must reach to run it; `E` says whether the answer has a row
/// for each row of the table or for each group of them.
#[must_use = "a query does nothing until a scope is given to `all`, `for_each`, `one`, `first`, `count` or `exists`"]
pub struct Query<M: Model, Out = Stored<M>, P = <M as Model>::Placement, E = EachRow> {
    pub(super) shape: Shape,
    marker: PhantomData<fn() -> (M, Out, P, E)>,
}

impl<M: Model> Query<M> {
    pub(crate) fn new() -> Self {
        Self::of(Shape::new(M::DEF))
    }
}

impl<M: Model, Out, P, E> Query<M, Out, P, E> {
    pub(super) fn of(shape: Shape) -> Self {
        Self {
            shape,
            marker: PhantomData,
        }
    }
}

impl<M: Model, Out, P: Placement, E: Each> Query<M, Out, P, E> {
    /// Keeps the rows that meet a condition, besides those given before.
    pub fn filter<Q: Placement, K: Within<Plain>>(
        mut self,
        condition: impl Condition<M, Reach = Q, Kind = K>,
    ) -> Query<M, Out, P::With<Q>, E> {
        self.shape.filter(condition.into_condition().node);
        Query::of(self.shape)
    }

    /// Orders the answer; a further order decides between rows that are equal in those before.
    pub fn order_by<Q: Placement, K: Within<E::Orders>>(
        mut self,
        order: impl Ordering<M, Reach = Q, Kind = K>,
    ) -> Query<M, Out, P::With<Q>, E> {
        self.shape.order.push(order.into_order().by);
        Query::of(self.shape)
    }

    /// Limits the answer to so many rows.
    pub fn limit(mut self, rows: u64) -> Self {
        self.shape.limit = Some(rows);
        self
    }

    /// Leaves out so many rows at the start.
    pub fn offset(mut self, rows: u64) -> Self {
        self.shape.offset = Some(rows);
        self
    }

    /// Leaves out the rows of the answer that are as another in all that is selected.
    pub fn distinct(mut self) -> Self {
        self.shape.distinct(Distinct::Yes);
        self
    }

    /// Limits the answer to so many rows, if it is not limited to fewer.
    pub(super) fn at_most(self, rows: u64) -> Self {
        let limit = self.shape.limit.unwrap_or(rows).min(rows);
        self.limit(limit)
    }

    /// Returns all rows.
    ///
    /// # Errors
    ///
    /// When the server refuses the statement, or a row does not fit the model: [`try_all`](Self::try_all) gives the others.
    pub fn all<S: Reaches<M, P>>(self, scope: &mut S) -> S::Outcome<'_, Vec<Out>>
    where
        Out: FromRow,
    {
        self.run(scope, "select", |rows, reading| {
            decode::read_all(&rows, reading)
        })
    }

    /// Returns all rows, each by itself: one with a value that its field can't hold is an error, and hides no other.
    ///
    /// # Errors
    ///
    /// When the server refuses the statement. Of a row: [`ErrorKind::Decode`](crate::ErrorKind::Decode), which names the column, and the key if
    /// that is a number.
    pub fn try_all<S: Reaches<M, P>>(self, scope: &mut S) -> S::Outcome<'_, Vec<Result<Out>>>
    where
        Out: FromRow,
    {
        self.run(scope, "select", |rows, reading| {
            Ok(rows.iter().map(|row| decode::read(row, reading)).collect())
        })
    }

    /// Returns the first row, if there is any.
    ///
    /// # Errors
    ///
    /// When the server refuses the statement, or the row does not fit the model.
    pub fn first<S: Reaches<M, P>>(self, scope: &mut S) -> S::Outcome<'_, Option<Out>>
    where
        Out: FromRow,
    {
        self.at_most(1).run(scope, "select", |rows, reading| {
            rows.first()
                .map(|row| decode::read(row, reading))
                .transpose()
        })
    }

    /// Returns the only row.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is none, [`ErrorKind::SeveralRows`](crate::ErrorKind::SeveralRows) when there are several; and as
    /// [`all`](Self::all).
    pub fn one<S: Reaches<M, P>>(self, scope: &mut S) -> S::Outcome<'_, Out>
    where
        Out: FromRow,
    {
        // One more than wanted tells that there are several.
        self.at_most(2)
            .run(scope, "select", |rows, reading| match &rows[..] {
                [row] => decode::read(row, reading),
                [] => Err(not_found(M::DEF)),
                _ => Err(several(M::DEF, "select")),
            })
    }

    /// Counts the rows, without regard to a limit or offset.
    ///
    /// # Errors
    ///
    /// When the server refuses the statement.
    pub fn count<S: Reaches<M, P>>(self, scope: &mut S) -> S::Outcome<'_, i64> {
        let statement = self.asked(Asked::Count, scope.context(), "count");
        scope.drive(Flow::run(statement, |answer| {
            decode::read_value(&answer.rows())
        }))
    }

    /// Tells whether there is any row in the answer: behind an [`offset`](Self::offset), any after so many.
    ///
    /// # Errors
    ///
    /// When the server refuses the statement.
    pub fn exists<S: Reaches<M, P>>(self, scope: &mut S) -> S::Outcome<'_, bool> {
        let statement = self.asked(Asked::Exists, scope.context(), "exists");
        scope.drive(Flow::run(statement, |answer| {
            decode::read_value(&answer.rows())
        }))
    }

    /// The statement that [`all`](Self::all) would send, as text with parameters `$1`, `$2`, ….
    ///
    /// # Errors
    ///
    /// When a value of a condition can't be sent to PostgreSQL.
    pub fn to_sql<S: Reaches<M, P>>(&self, scope: &S) -> Result<String> {
        Ok(self.statement(scope.context(), "select")?.sql)
    }

    fn run<'a, T: 'a, S: Reaches<M, P>>(
        self,
        scope: &'a mut S,
        operation: &'static str,
        outcome: impl FnOnce(Vec<postgres::Row>, Reading<'_>) -> Result<T> + Send + 'static,
    ) -> S::Outcome<'a, T> {
        let context = scope.context().clone();
        let rounded = self.shape.rounded();
        let shape = self.shape;
        let make = move |context: &Context| asked::asked(&shape, Asked::Rows, context, operation);
        let outcome = move |answer: Answer, context: &Context| {
            outcome(answer.rows(), Reading::of(context, rounded))
        };
        scope.drive(tolerance::run(M::DEF, context, make, outcome))
    }

    /// The query as data.
    pub(crate) fn into_shape(self) -> Shape {
        self.shape
    }

    pub(crate) fn statement(
        &self,
        context: &Context,
        operation: &'static str,
    ) -> Result<Statement> {
        self.asked(Asked::Rows, context, operation)
    }

    /// A bit for each selected value that the server has rounded.
    pub(crate) fn rounded(&self) -> u64 {
        self.shape.rounded()
    }

    pub(super) fn asked(
        &self,
        asked: Asked,
        context: &Context,
        operation: &'static str,
    ) -> Result<Statement> {
        asked::asked(&self.shape, asked, context, operation)
    }
}

impl<M: Model, Out, P: Placement> Query<M, Out, P> {
    /// Loads the referenced row with each row: `Invoice::query().join(Invoice::CUSTOMER)` gives pairs.
    ///
    /// Through an `Option<Fk<_>>` the second of a pair is an `Option` too. It can be called up to four times.
    pub fn join<F: ForeignKey>(
        mut self,
        relation: Column<M, F>,
    ) -> Query<M, Out::Tuple, P::With<<F::Target as Model>::Placement>>
    where
        Out: Append<F::Of<Stored<F::Target>>>,
    {
        self.shape.joins.push(relation.step());
        Query::of(self.shape)
    }
}

impl<M: Model, Out, P, E> Clone for Query<M, Out, P, E> {
    fn clone(&self) -> Self {
        Self::of(self.shape.clone())
    }
}

impl<M: Model, Out, P, E> fmt::Debug for Query<M, Out, P, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("model", &M::NAME)
            .field("filter", &self.shape.filter)
            .field("order", &self.shape.order)
            .field("limit", &self.shape.limit)
            .field("offset", &self.shape.offset)
            .finish_non_exhaustive()
    }
}
