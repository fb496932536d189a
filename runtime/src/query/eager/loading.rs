//! Queries for rows with the rows that belong to them.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::branch::Branch;
use super::related::{Read, appended};
use super::relation::Relation;
use super::wanted::WantedRows;
use crate::error::Result;
use crate::exec::reach::Reaches;
use crate::exec::{Flow, Statement};
use crate::model::{Model, Placement};
use crate::place::Context;
use crate::query::decode::{self, Append, FromRow};
use crate::query::error::{not_found, several};
use crate::query::expr::{Condition, Plain, Window, Within};
use crate::query::node::Shape;
use crate::query::order::Ordering;
use crate::query::select::Query;
use crate::query::stored::Stored;

/// A query for rows of `M`, each with the rows that belong to it. Made by [`Query::with`].
///
/// It sends one statement for the rows, and one for each relation, however many rows there are:
///
/// ```no_run
/// # use tenantry::prelude::*;
/// # /// A project.
/// # #[tenant_model]
/// # pub struct Project {
/// #     #[field(key)]
/// #     pub id: i64,
/// #     pub name: String,
/// # }
/// # /// A label.
/// # #[tenant_model]
/// # pub struct Label {
/// #     #[field(key)]
/// #     pub id: i64,
/// #     pub name: String,
/// # }
/// # /// Something to do.
/// # #[tenant_model]
/// # pub struct Task {
/// #     #[field(key)]
/// #     pub id: i64,
/// #     #[field(inverse = "tasks")]
/// #     pub project: Fk<Project>,
/// #     pub title: String,
/// #     pub done: bool,
/// # }
/// # /// A label that a task has.
/// # #[tenant_model]
/// # pub struct Labeling {
/// #     #[field(key)]
/// #     pub id: i64,
/// #     #[field(inverse = "labelings")]
/// #     pub task: Fk<Task>,
/// #     pub label: Fk<Label>,
/// # }
/// # fn show(acme: &mut TenantScope) -> tenantry::Result<()> {
/// // The first three open tasks of each project, and the labels of each task: three statements.
/// let tasks = Project::TASKS
///     .filter(!Task::DONE)
///     .order_by(Task::ID.asc())
///     .limit(3)
///     .with(Task::LABELINGS.through(Labeling::LABEL));
/// for (project, tasks) in Project::query().with(tasks).all(acme)? {
///     println!("{}", project.name);
///     for (task, labels) in tasks {
///         println!("- {} ({} labels)", task.title, labels.len());
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// Each statement sees what is committed by then, as everywhere: in a transaction that is
/// [`repeatable_read`](crate::scope::TransactionBuilder::repeatable_read) all of them see the same.
#[must_use = "a query does nothing until a scope is given to `all`, `one` or `first`"]
pub struct Loading<M: Model, Out, P> {
    shape: Shape,
    branches: Vec<Branch>,
    read: Read<Out>,
    marker: PhantomData<fn() -> (M, P)>,
}

/// Rows of a query that begin with all columns of `M`: `Stored<M>`, and tuples of it and rows that are joined.
#[diagnostic::on_unimplemented(
    message = "rows can't be loaded with a `{Self}`",
    label = "not a whole row of `{M}`",
    note = "rows are loaded with whole rows, so `with` stands in a query without `select`"
)]
pub trait WholeRow<M: Model>: FromRow + 'static {}

impl<M: Model> WholeRow<M> for Stored<M> {}

macro_rules! joined {
    ($($($name:ident)*;)*) => {$(
        impl<M: Model, $($name: 'static),*> WholeRow<M> for (Stored<M>, $($name,)*)
        where
            Self: FromRow,
        {
        }
    )*};
}

joined! {
    A;
    A B;
    A B C;
    A B C D;
}

impl<M: Model, Out, P: Placement> Query<M, Out, P> {
    /// Loads with each row those that belong to it, along a foreign key or its inverse:
    /// `Customer::query().with(Customer::INVOICES).with(Customer::PLAN)`.
    ///
    /// The related rows come behind the row, in a tuple: a `Vec` of an inverse, a row of a foreign key, an `Option` of one that can be null.
    /// See [`Loading`].
    pub fn with<R: Relation<M>>(self, relation: R) -> Loading<M, Out::Tuple, P::With<R::Reach>>
    where
        Out: WholeRow<M> + Append<R::Loaded>,
    {
        let read: Read<Out> =
            Arc::new(|level, row, context| decode::read(&level.rows[row], context));
        let mut branches = Vec::new();
        Loading {
            read: appended(read, &mut branches, relation),
            branches,
            shape: self.shape,
            marker: PhantomData,
        }
    }
}

impl<M: Model, Out: 'static, P: Placement> Loading<M, Out, P> {
    /// Loads with each row those of a further relation. It can be called up to eight times, joins included.
    pub fn with<R: Relation<M>>(mut self, relation: R) -> Loading<M, Out::Tuple, P::With<R::Reach>>
    where
        Out: Append<R::Loaded>,
    {
        Loading {
            read: appended(self.read, &mut self.branches, relation),
            branches: self.branches,
            shape: self.shape,
            marker: PhantomData,
        }
    }

    /// Keeps the rows that meet a condition, besides those given before.
    pub fn filter<Q: Placement, K: Within<Plain>>(
        mut self,
        condition: impl Condition<M, Reach = Q, Kind = K>,
    ) -> Loading<M, Out, P::With<Q>> {
        self.shape.filter(condition.into_condition().node);
        self.placed()
    }

    /// Orders the rows; a further order decides between rows that are equal in those before.
    pub fn order_by<Q: Placement, K: Within<Window>>(
        mut self,
        order: impl Ordering<M, Reach = Q, Kind = K>,
    ) -> Loading<M, Out, P::With<Q>> {
        self.shape.order.push(order.into_order().by);
        self.placed()
    }

    /// Limits the answer to so many rows. What belongs to them is limited at its relation.
    pub fn limit(mut self, rows: u64) -> Self {
        self.shape.limit = Some(rows);
        self
    }

    /// Leaves out so many rows at the start.
    pub fn offset(mut self, rows: u64) -> Self {
        self.shape.offset = Some(rows);
        self
    }

    /// Returns all rows.
    ///
    /// # Errors
    ///
    /// When the server refuses a statement, or a row does not fit its model; [`ErrorKind::NotFound`](crate::ErrorKind::NotFound), when a row that another
    /// references was deleted meanwhile.
    pub fn all<S: Reaches<M, P>>(self, scope: &mut S) -> S::Outcome<'_, Vec<Out>> {
        self.run(scope, Ok)
    }

    /// Returns the first row, if there is any.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all).
    pub fn first<S: Reaches<M, P>>(self, scope: &mut S) -> S::Outcome<'_, Option<Out>> {
        self.at_most(1)
            .run(scope, |rows| Ok(rows.into_iter().next()))
    }

    /// Returns the only row.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) when there is none, [`ErrorKind::SeveralRows`](crate::ErrorKind::SeveralRows) when there are several; and as
    /// [`all`](Self::all).
    pub fn one<S: Reaches<M, P>>(self, scope: &mut S) -> S::Outcome<'_, Out> {
        self.at_most(2).run(scope, |mut rows| {
            let row = rows.pop().ok_or_else(|| not_found(M::DEF))?;
            if rows.is_empty() {
                return Ok(row);
            }
            Err(several(M::DEF, "select"))
        })
    }

    fn at_most(self, rows: u64) -> Self {
        let limit = self.shape.limit.unwrap_or(rows).min(rows);
        self.limit(limit)
    }

    /// The statement for the rows themselves.
    pub(in crate::query) fn rows(
        &self,
        context: &Context,
        operation: &'static str,
    ) -> Result<Statement> {
        let query: Query<M, Stored<M>, P> = Query::of(self.shape.clone());
        query.statement(context, operation)
    }

    /// The query as data.
    pub(in crate::query) fn into_wanted(self) -> WantedRows<Out> {
        WantedRows {
            shape: self.shape,
            branches: self.branches,
            read: self.read,
        }
    }

    fn placed<Q>(self) -> Loading<M, Out, Q> {
        Loading {
            shape: self.shape,
            branches: self.branches,
            read: self.read,
            marker: PhantomData,
        }
    }

    fn run<'a, T: 'a, S: Reaches<M, P>>(
        self,
        scope: &'a mut S,
        outcome: impl FnOnce(Vec<Out>) -> Result<T> + Send + 'static,
    ) -> S::Outcome<'a, T> {
        let context = scope.context().clone();
        let wanted = self.into_wanted();
        let query: Query<M, Stored<M>, P> = Query::of(wanted.shape.clone());
        let statement = match query.statement(&context, "select") {
            Ok(statement) => statement,
            Err(error) => return scope.drive(Flow::Done(Err(error))),
        };
        scope.drive(Flow::then(statement, move |answer| match answer {
            Ok(answer) => wanted
                .read(answer.rows(), context)
                .and_on(move |rows| Flow::Done(rows.and_then(outcome))),
            Err(error) => Flow::Done(Err(error)),
        }))
    }
}

impl<M: Model, Out, P> Clone for Loading<M, Out, P> {
    fn clone(&self) -> Self {
        Self {
            shape: self.shape.clone(),
            branches: self.branches.clone(),
            read: Arc::clone(&self.read),
            marker: PhantomData,
        }
    }
}

impl<M: Model, Out, P> fmt::Debug for Loading<M, Out, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loading")
            .field("model", &M::NAME)
            .field("relations", &self.branches)
            .finish_non_exhaustive()
    }
}
