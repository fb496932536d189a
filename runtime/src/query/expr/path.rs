//! Expressions over the rows that foreign keys lead to, in either direction.

use super::condition::Condition;
use super::kind::{Plain, Within};
use super::text::Together;
use super::typed::{Expr, Expression};
use crate::model::{Column, ForeignKey, Inverse, Model, Placement};
use crate::query::node::{Node, Step};
use crate::value::Field;

/// Reach of what is asked about rows of `M` and in `P`.
type Reach<M, P> = <<M as Model>::Placement as Placement>::With<P>;

impl<M: Model, F: Field> Column<M, F> {
    /// Tests whether the referenced row meets a condition; false where there is none.
    pub fn on<R, P, K>(
        self,
        condition: impl Condition<R, Reach = P, Kind = K>,
    ) -> Expr<M, bool, Reach<M, P>>
    where
        F: ForeignKey<Target = R>,
        R: Model,
        P: Placement,
        K: Within<Plain>,
    {
        Expr::new(Node::Exists {
            step: self.step(),
            condition: Box::new(condition.into_condition().node),
        })
    }

    /// The value of an expression over the referenced row: `Invoice::CUSTOMER.to(Customer::NAME)`.
    ///
    /// Through an `Option<Fk<_>>` it is an `Option`, null where there is no such row.
    pub fn to<R, T, P, K>(
        self,
        expression: impl Expression<Model = R, Value = T, Reach = P, Kind = K>,
    ) -> Expr<M, Together<T, F>, Reach<M, P>>
    where
        F: ForeignKey<Target = R>,
        R: Model,
        T: Field,
        P: Placement,
        K: Within<Plain>,
    {
        let of = expression.into_expr().node.known();
        Expr::new(Node::At(self.step(), Box::new(of)))
    }
}

impl<M: Model, F: ForeignKey> Column<M, F> {
    pub(crate) fn step(self) -> Step {
        let target = F::Target::DEF;
        Step {
            from: self.def(),
            to: target.referenced_column(),
            target,
        }
    }
}

impl<M: Model, T: Model> Inverse<M, T> {
    /// Tests whether any of the referencing rows meets a condition.
    pub fn any<P: Placement, K: Within<Plain>>(
        self,
        condition: impl Condition<T, Reach = P, Kind = K>,
    ) -> Expr<M, bool, Reach<M, <T::Placement as Placement>::With<P>>> {
        Expr::new(Node::Exists {
            step: self.step(),
            condition: Box::new(condition.into_condition().node),
        })
    }

    /// Tests whether there is any referencing row.
    pub fn exists(
        self,
    ) -> Expr<M, bool, Reach<M, <T::Placement as Placement>::With<T::Placement>>> {
        self.any(Expr::<T, bool>::always())
    }

    pub(crate) fn step(self) -> Step {
        Step {
            from: M::DEF.referenced_column(),
            to: self.def(),
            target: T::DEF,
        }
    }
}
