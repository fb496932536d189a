//! Queries within expressions.

use super::expr::{Aggregate, Constant, Each, Expr, Expression, Kind, Within};
use super::node::{Node, Shape};
use super::select::Query;
use super::stored::Stored;
use crate::model::{Fk, Inverse, Model, Placement};
use crate::value::{Field, Scalar};

/// A query whose answer is a list of `T`: one that selects such values, or, where `T` is a reference, one for the rows it is to.
#[diagnostic::on_unimplemented(
    message = "`{Self}` gives no list of `{T}`",
    label = "does not select a `{T}`",
    note = "select one column or expression of the type: `query.select(Model::COLUMN)`; for a foreign key give the query for the rows, without `select`"
)]
pub trait Lists<T: Scalar>: sealed::Sealed {
    /// The placement that a scope must reach to run it.
    type Reach: Placement;

    #[doc(hidden)]
    fn into_list(self) -> List;
}

/// A query that is a list.
#[derive(Debug)]
pub struct List(Shape);

mod sealed {
    pub trait Sealed {}
    impl<M: super::Model, Out, P, E> Sealed for super::Query<M, Out, P, E> {}
}

impl<T: Scalar, M: Model, Out: Field<Scalar = T>, P: Placement, E: Each> Lists<T>
    for Query<M, Out, P, E>
{
    type Reach = P;

    fn into_list(self) -> List {
        List(self.shape)
    }
}

impl<M: Model, P: Placement, E: Each> Lists<Fk<M>> for Query<M, Stored<M>, P, E> {
    type Reach = P;

    fn into_list(self) -> List {
        let mut shape = self.shape;
        shape.selected = Some(vec![Node::Column(M::DEF.key_column())]);
        List(shape)
    }
}

/// An expression beside a query.
type Beside<E, T, P> = Expr<
    <E as Expression>::Model,
    T,
    <<E as Expression>::Reach as Placement>::With<P>,
    <<E as Expression>::Kind as Kind>::With<Constant>,
>;

/// Conditions on the answers of queries.
pub trait Subqueries: Expression {
    /// Tests whether it is among the values that a query gives: `Invoice::CUSTOMER.in_query(Customer::query().filter(..))`.
    fn in_query<L>(self, query: L) -> Beside<Self, bool, L::Reach>
    where
        L: Lists<<Self::Value as Field>::Scalar>,
    {
        let of = Box::new(self.into_expr().node.known());
        Expr::new(Node::InQuery(of, Box::new(query.into_list().0)))
    }
}

impl<E: Expression> Subqueries for E {}

impl<M: Model, Out: Field, P: Placement, E: Each> Query<M, Out, P, E> {
    /// The only value that the query gives, in an expression over rows of any model; null if it gives none.
    ///
    /// Where it gives several, the statement is an error of the server.
    pub fn scalar<N: Model>(self) -> Expr<N, Option<Out::Scalar>, P, Constant> {
        Expr::new(Node::Query(None, Box::new(self.shape)))
    }
}

impl<M: Model, Out, P: Placement, E: Each> Query<M, Out, P, E> {
    /// Tests whether the query gives any row, in an expression over rows of any model.
    pub fn gives_any<N: Model>(self) -> Expr<N, bool, P, Constant> {
        Expr::new(Node::Query(Some("EXISTS $1"), Box::new(self.shape)))
    }
}

impl<M: Model, T: Model> Inverse<M, T> {
    /// An aggregate of the referencing rows: `Customer::INVOICES.of(Invoice::TOTAL.sum())`.
    pub fn of<V: Field, P: Placement, K: Within<Aggregate>>(
        self,
        aggregate: impl Expression<Model = T, Value = V, Reach = P, Kind = K>,
    ) -> Expr<M, V, <M::Placement as Placement>::With<<T::Placement as Placement>::With<P>>> {
        let of = Box::new(aggregate.into_expr().node);
        Expr::new(Node::Among(self.step(), of))
    }
}
