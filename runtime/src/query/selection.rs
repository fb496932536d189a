//! Columns and expressions that a query gives instead of rows.

use super::decode::FromRow;
use super::expr::{
    Aggregate, Condition, Constant, Each, EachGroup, Expr, Expression, Kind, OfGroups, Plain,
    Selectable, Within,
};
use super::node::{Distinct, Node};
use super::order::Ordering;
use super::select::Query;
use super::tuples::up_to_twelve;
use crate::model::{Column, Model, Placement, SharedSchema};
use crate::value::Field;

/// A selection that a query of `M` can give instead of rows: a column, an expression, or a tuple of up to twelve of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be selected from rows of `{M}`",
    label = "neither a column of `{M}`, nor made of them, nor a tuple of such",
    note = "select a column or expression of `{M}`, or several in parentheses: `.select(({M}::A, {M}::B.lower()))`",
    note = "a column of a row that `{M}` references is reached through the foreign key: `{M}::COLUMN.to(Other::COLUMN)`"
)]
pub trait Selection<M: Model> {
    /// Type of a row of the answer.
    type Out: FromRow;
    /// The placement that a scope must reach to evaluate it.
    type Reach: Placement;
    /// Kind of the expressions together.
    type Kind: Kind;
    /// The same expressions as keys of a group.
    type Keys;

    #[doc(hidden)]
    fn add_to(self, selected: &mut Selected);

    #[doc(hidden)]
    fn keys(selected: &mut Selected) -> Self::Keys;
}

/// Selected expressions.
#[derive(Debug)]
pub struct Selected(Vec<Node>);

impl Selected {
    pub(super) fn add(&mut self, node: Node) {
        self.0.push(node);
    }

    /// Leaves out the first ones.
    pub(super) fn pass_over(&mut self, count: usize) {
        self.0.drain(..count);
    }
}

impl<M: Model, T: Field> Selection<M> for Column<M, T> {
    type Out = T;
    type Reach = M::Placement;
    type Kind = Plain;
    type Keys = Expr<M, T, M::Placement, Aggregate>;

    fn add_to(self, selected: &mut Selected) {
        selected
            .0
            .push(self.into_expr().node.given_back(&T::TYPE.sql));
    }

    fn keys(selected: &mut Selected) -> Self::Keys {
        Expr::new(selected.0.remove(0).of_own_type().clone())
    }
}

impl<M: Model, T: Field, P: Placement, K: Kind> Selection<M> for Expr<M, T, P, K> {
    type Out = T;
    type Reach = P;
    type Kind = K;
    type Keys = Expr<M, T, P, Aggregate>;

    fn add_to(self, selected: &mut Selected) {
        selected.0.push(self.node.known().given_back(&T::TYPE.sql));
    }

    fn keys(selected: &mut Selected) -> Self::Keys {
        Expr::new(selected.0.remove(0).of_own_type().clone())
    }
}

macro_rules! reach {
    () => { SharedSchema };
    ($first:ident $($rest:ident)*) => { <$first::Reach as Placement>::With<reach!($($rest)*)> };
}

macro_rules! kind {
    () => { Constant };
    ($first:ident $($rest:ident)*) => { <$first::Kind as Kind>::With<kind!($($rest)*)> };
}

macro_rules! tuples {
    ($($($name:ident)*;)*) => {$(
        impl<M: Model, $($name: Selection<M>),*> Selection<M> for ($($name,)*) {
            type Out = ($($name::Out,)*);
            type Reach = reach!($($name)*);
            type Kind = kind!($($name)*);
            type Keys = ($($name::Keys,)*);

            fn add_to(self, selected: &mut Selected) {
                #[allow(non_snake_case, reason = "the types' names serve for the values")]
                let ($($name,)*) = self;
                $($name.add_to(selected);)*
            }

            fn keys(selected: &mut Selected) -> Self::Keys {
                ($($name::keys(selected),)*)
            }
        }
    )*};
}

up_to_twelve!(tuples);

fn nodes<M: Model>(selection: impl Selection<M>) -> Vec<Node> {
    let mut selected = Selected(Vec::new());
    selection.add_to(&mut selected);
    selected.0
}

impl<M: Model, Out, P: Placement> Query<M, Out, P> {
    /// Gives columns and expressions instead of rows: `Customer::query().select((Customer::NAME, Customer::EMAIL))`.
    ///
    /// Given aggregates, it has one row, of all rows together: of those that a `limit`, `offset` or `distinct_on` before has left. Behind a
    /// selection that is `distinct`, aggregates are [`ErrorKind::Configuration`](crate::ErrorKind::Configuration).
    pub fn select<NewOut, Q: Placement, K: Selectable>(
        mut self,
        what: impl Selection<M, Out = NewOut, Reach = Q, Kind = K>,
    ) -> Query<M, NewOut, P::With<Q>, K::Each> {
        self.shape.joins.clear();
        if K::Each::GROUPS {
            self.shape.gather();
        }
        self.shape.selected = Some(nodes(what));
        Query::of(self.shape)
    }

    /// Groups the rows by columns or expressions: `Invoice::query().group_by(Invoice::CUSTOMER).select(Invoice::TOTAL.sum())`.
    ///
    /// Whatever was given before is of the rows: a `limit`, `offset` or `distinct_on` says which are grouped, and an order is forgotten otherwise.
    /// Whatever is given behind is of the groups. A selection that is `distinct` can't be grouped, which is
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration).
    pub fn group_by<Q: Placement, K: Within<Plain>, Keys: Selection<M, Reach = Q, Kind = K>>(
        mut self,
        keys: Keys,
    ) -> Grouped<M, Keys, P::With<Q>> {
        let keys = nodes(keys);
        self.shape.gather();
        self.shape.keys = keys.len();
        self.shape.selected = Some(keys);
        Grouped(Query::of(self.shape))
    }

    /// Leaves out all rows but the first of those that are alike in some columns or expressions. Which is the first, an order decides that
    /// begins with these; where there is none, they are the order's beginning.
    pub fn distinct_on<Q: Placement, K: Within<Plain>>(
        mut self,
        keys: impl Selection<M, Reach = Q, Kind = K>,
    ) -> Query<M, Out, P::With<Q>> {
        self.shape.distinct(Distinct::On(nodes(keys)));
        Query::of(self.shape)
    }
}

/// A query for groups of rows. Made by [`Query::group_by`].
#[must_use = "a query of groups gives nothing until `select` says what"]
#[derive(Debug)]
pub struct Grouped<M: Model, Keys, P>(Query<M, Keys, P, EachGroup>);

impl<M: Model, Keys: Selection<M>, P: Placement> Grouped<M, Keys, P> {
    /// Keeps the groups that meet a condition: `having(Invoice::TOTAL.sum().gt(100))`.
    pub fn having<Q: Placement, K: OfGroups>(
        mut self,
        condition: impl Condition<M, Reach = Q, Kind = K>,
    ) -> Grouped<M, Keys, P::With<Q>> {
        self.0.shape.having(condition.into_condition().node);
        Grouped(Query::of(self.0.shape))
    }

    /// Orders the groups by aggregates.
    pub fn order_by<Q: Placement, K: OfGroups>(
        mut self,
        order: impl Ordering<M, Reach = Q, Kind = K>,
    ) -> Grouped<M, Keys, P::With<Q>> {
        self.0.shape.order.push(order.into_order().by);
        Grouped(Query::of(self.0.shape))
    }

    /// Orders the groups by their keys: `order_by_key(|customer| customer.asc())`; of several keys there is a tuple.
    pub fn order_by_key<Q: Placement, K: OfGroups, O>(
        self,
        order: impl FnOnce(Keys::Keys) -> O,
    ) -> Grouped<M, Keys, P::With<Q>>
    where
        O: Ordering<M, Reach = Q, Kind = K>,
    {
        let keys = self.0.shape.selected.clone().unwrap_or_default();
        let order = order(Keys::keys(&mut Selected(keys)));
        self.order_by(order)
    }

    /// Gives of each group its keys and aggregates of its rows, as a pair.
    pub fn select<Out, Q: Placement, K: OfGroups>(
        mut self,
        what: impl Selection<M, Out = Out, Reach = Q, Kind = K>,
    ) -> Query<M, (Keys::Out, Out), P::With<Q>, EachGroup> {
        let selected = self.0.shape.selected.get_or_insert_default();
        selected.extend(nodes(what));
        Query::of(self.0.shape)
    }
}
