//! Queries within expressions.

use super::expr::{Constant, Each, Expr, Expression, Gathers, Kind};
use super::node::{AMONG_NULLS, Distinct, Node};
use super::select::Query;
use super::stored::Stored;
use crate::model::{ColumnDef, Fk, Inverse, Model, Placement};
use crate::value::{Field, Scalar};

/// The answer of a query that is a list of `T`: such values, or, where `T` is a reference, the rows it is to.
#[diagnostic::on_unimplemented(
    message = "a query that gives `{Self}` is no list of `{T}`",
    label = "the query does not give a `{T}`",
    note = "select one column or expression of the type: `query.select(Model::COLUMN)`; for a foreign key give the query for the rows, without `select`"
)]
pub trait Listed<T> {
    #[doc(hidden)]
    const KEY: Option<&'static ColumnDef>;
    #[doc(hidden)]
    const HAS_NULLS: bool = false;
}

impl<T: Scalar> Listed<T> for T {
    const KEY: Option<&'static ColumnDef> = None;
}

impl<T: Scalar> Listed<T> for Option<T> {
    const KEY: Option<&'static ColumnDef> = None;
    const HAS_NULLS: bool = true;
}

impl<M: Model> Listed<Fk<M>> for Stored<M> {
    const KEY: Option<&'static ColumnDef> = Some(M::DEF.referenced_column());
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
    ///
    /// Nulls that the query gives count for nothing, so that `!` of it holds for whatever else is not among the values.
    fn in_query<M: Model, Out, P: Placement, E: Each>(
        self,
        query: Query<M, Out, P, E>,
    ) -> Beside<Self, bool, P>
    where
        Out: Listed<<Self::Value as Field>::Scalar>,
    {
        let of = Box::new(self.into_expr().node.known());
        let mut list = query.shape;
        if let Some(key) = Out::KEY {
            list.joins.clear();
            // Whole rows are never alike, and their keys have not the order of the rows.
            if matches!(list.distinct, Distinct::Yes) {
                list.distinct = Distinct::No;
            }
            list.selected = Some(vec![Node::Column(key)]);
        }
        if !Out::HAS_NULLS {
            return Expr::new(Node::InQuery(of, Box::new(list)));
        }
        Expr::new(Node::call(
            AMONG_NULLS,
            vec![(*of).clone(), Node::InQuery(of, Box::new(list))],
        ))
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
    pub fn of<V: Field, P: Placement, K: Gathers>(
        self,
        aggregate: impl Expression<Model = T, Value = V, Reach = P, Kind = K>,
    ) -> Expr<M, V, <M::Placement as Placement>::With<<T::Placement as Placement>::With<P>>> {
        let of = Box::new(aggregate.into_expr().node);
        Expr::new(Node::Among(self.step(), of))
    }
}
