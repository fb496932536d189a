//! Orders: `Invoice::ISSUED_ON.desc()`.

use std::fmt;
use std::marker::PhantomData;

use super::expr::{Expression, Kind, Plain, Within};
use super::node::{Node, OrderBy};
use crate::model::{Column, ForeignKey, Model, Placement};
use crate::value::Field;

/// An order of rows of `M`.
pub struct Order<M: Model, P = <M as Model>::Placement, K = Plain> {
    pub(crate) by: OrderBy,
    marker: PhantomData<fn() -> (M, P, K)>,
}

/// An order of rows of `M`: an [`Order`], and nothing else.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no order of rows of `{M}`",
    label = "no order of rows of `{M}`",
    note = "an order is made of a column of `{M}`: `{M}::COLUMN.asc()` or `{M}::COLUMN.desc()`",
    note = "an order of rows that `{M}` references is given to the foreign key: `{M}::COLUMN.by(order)`"
)]
pub trait Ordering<M: Model>: sealed::Sealed {
    /// The placement that a scope must reach to evaluate it.
    type Reach: Placement;
    /// Kind of the expression: computed from a row, or from a group.
    type Kind: Kind;

    #[doc(hidden)]
    fn into_order(self) -> Order<M, Self::Reach, Self::Kind>;
}

mod sealed {
    pub trait Sealed {}
    impl<M: super::Model, P, K> Sealed for super::Order<M, P, K> {}
}

impl<M: Model, P: Placement, K: Kind> Ordering<M> for Order<M, P, K> {
    type Reach = P;
    type Kind = K;

    fn into_order(self) -> Self {
        self
    }
}

impl<M: Model, P, K> Order<M, P, K> {
    fn new(node: Node, descending: bool, nullable: bool) -> Self {
        let nullable = nullable || node.may_miss();
        let by = OrderBy {
            node,
            descending,
            nulls_first: None,
            nullable,
        };
        Self {
            by,
            marker: PhantomData,
        }
    }

    /// Puts nulls before all values; without this they are after them, or before them in a descending order.
    pub fn nulls_first(mut self) -> Self {
        self.by.nulls_first = Some(true);
        self
    }

    /// Puts nulls after all values.
    pub fn nulls_last(mut self) -> Self {
        self.by.nulls_first = Some(false);
        self
    }
}

impl<M: Model, P, K> Clone for Order<M, P, K> {
    fn clone(&self) -> Self {
        Self {
            by: self.by.clone(),
            marker: PhantomData,
        }
    }
}

impl<M: Model, P, K> fmt::Debug for Order<M, P, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Order").field(&self.by).finish()
    }
}

/// Orders by a column or expression.
pub trait Orders: Expression {
    /// Orders from the least value to the greatest.
    fn asc(self) -> Order<Self::Model, Self::Reach, Self::Kind> {
        Order::new(
            self.into_expr().node.known(),
            false,
            Self::Value::TYPE.nullable,
        )
    }

    /// Orders from the greatest value to the least.
    fn desc(self) -> Order<Self::Model, Self::Reach, Self::Kind> {
        Order::new(
            self.into_expr().node.known(),
            true,
            Self::Value::TYPE.nullable,
        )
    }
}

impl<E: Expression> Orders for E {}

impl<M: Model, F: ForeignKey> Column<M, F> {
    /// Orders by a column of the referenced model: `Invoice::CUSTOMER.by(Customer::NAME.asc())`.
    pub fn by<P: Placement, K: Within<Plain>>(
        self,
        order: impl Ordering<F::Target, Reach = P, Kind = K>,
    ) -> Order<M, <M::Placement as Placement>::With<P>> {
        let OrderBy {
            node,
            descending,
            nulls_first,
            nullable,
        } = order.into_order().by;
        let node = Node::At(self.step(), Box::new(node));
        let mut order = Order::new(node, descending, nullable);
        order.by.nulls_first = nulls_first;
        order
    }
}
