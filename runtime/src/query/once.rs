//! Queries that a statement computes once, however many of its parts read them: `WITH`.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::expr::{Each, Expr};
use super::node::{Deleted, Node, RowSource, Shape, Step};
use super::select::Query;
use super::sets::MOST_LEVELS;
use super::tuples::up_to_twelve;
use crate::model::{Model, Placement, SharedSchema};
use crate::value::Field;

/// A query that is computed once in a statement, and that any number of its parts read, as `WITH` does in SQL. Made by [`Query::once`].
///
/// The customers who have spent the most, however many they are:
///
/// ```no_run
/// # use tenantry::prelude::*;
/// # #[tenant_model]
/// # pub struct Customer { #[field(key)] pub id: i64, pub name: String }
/// # #[tenant_model]
/// # pub struct Invoice { #[field(key)] pub id: i64, pub customer: Fk<Customer>, pub cents: i32 }
/// # fn best(acme: &mut TenantScope) -> tenantry::Result<Vec<(Fk<Customer>, Option<i64>)>> {
/// let spent = Invoice::query().group_by(Invoice::CUSTOMER).select(Invoice::CENTS.sum()).once();
/// let (_, cents) = spent.outputs();
/// let most = spent.query().select(cents.clone().max()).scalar();
/// spent.query().filter(cents.eq(most)).all(acme)
/// # }
/// ```
#[must_use = "it is computed where a query of it is run"]
pub struct OnceQuery<M: Model, Out, P = <M as Model>::Placement> {
    shape: Arc<Shape>,
    /// The rows that are loaded with each.
    joins: Vec<Step>,
    marker: PhantomData<fn() -> (M, Out, P)>,
}

impl<M: Model, Out, P: Placement, E: Each> Query<M, Out, P, E> {
    /// Has the statement compute it once, however many of its parts read it, and see the same rows in each.
    pub fn once(mut self) -> OnceQuery<M, Out, P> {
        OnceQuery {
            joins: std::mem::take(&mut self.shape.joins),
            shape: Arc::new(self.shape),
            marker: PhantomData,
        }
    }
}

impl<M: Model, Out, P: Placement> OnceQuery<M, Out, P> {
    /// A query for its rows, which conditions, orders, groups and all else can be given to.
    ///
    /// Of what was selected, the same expressions stand for what it gives, and [`outputs`](Self::outputs) for all of it.
    pub fn query(&self) -> Query<M, Out, P> {
        if self.shape.source.levels() >= MOST_LEVELS {
            return Query::of(self.shape.as_ref().clone().too_deep());
        }
        let mut shape = Shape::new(M::DEF);
        // Which rows are meant, the query has said.
        shape.deleted = Deleted::Included;
        shape.selected.clone_from(&self.shape.selected);
        shape.joins.clone_from(&self.joins);
        shape.source = RowSource::Once(Arc::clone(&self.shape));
        Query::of(shape)
    }

    /// The values that it gives of each row, as expressions over its rows: one of one column or expression, and of several a tuple.
    pub fn outputs(&self) -> Out::Exprs
    where
        Out: Outputs<M>,
    {
        let mut nodes = self.shape.selected.clone().unwrap_or_default();
        nodes.reverse();
        Out::exprs(&mut GivenNodes(nodes))
    }
}

/// A row of an answer whose values are expressions again: a value, or a tuple of such.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not made of single values",
    label = "no value, and no tuple of values",
    note = "outputs are those of columns and expressions: give the query a `select`; of whole rows the columns are `{M}::COLUMN`"
)]
pub trait Outputs<M: Model> {
    /// The expressions.
    type Exprs;

    #[doc(hidden)]
    fn exprs(given: &mut GivenNodes) -> Self::Exprs;
}

/// The outputs of a query, the last first.
#[derive(Debug)]
pub struct GivenNodes(Vec<Node>);

#[diagnostic::do_not_recommend]
impl<M: Model, T: Field> Outputs<M> for T {
    type Exprs = Expr<M, T, SharedSchema>;

    fn exprs(given: &mut GivenNodes) -> Self::Exprs {
        Expr::new(given.0.pop().expect("a value is selected for each"))
    }
}

macro_rules! tuples {
    ($($($name:ident)*;)*) => {$(
        impl<M: Model, $($name: Outputs<M>),*> Outputs<M> for ($($name,)*) {
            type Exprs = ($($name::Exprs,)*);

            fn exprs(given: &mut GivenNodes) -> Self::Exprs {
                ($($name::exprs(given),)*)
            }
        }
    )*};
}

up_to_twelve!(tuples);

impl<M: Model, Out, P> Clone for OnceQuery<M, Out, P> {
    fn clone(&self) -> Self {
        Self {
            shape: Arc::clone(&self.shape),
            joins: self.joins.clone(),
            marker: PhantomData,
        }
    }
}

impl<M: Model, Out, P> fmt::Debug for OnceQuery<M, Out, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OnceQuery").field(&M::NAME).finish()
    }
}
