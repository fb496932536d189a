//! The statements that every model has.

use super::expr::{Condition, Expr, Plain, Within};
use super::{Delete, Find, Insert, InsertMany, Query, Update};
use crate::model::{Deletable, IntoKey, Model, NewRow, Placement};

/// The statements of a model's table: `Customer::query()`, `Customer::insert(..)`. Every [`Model`] has them.
pub trait Queries: Model {
    /// Queries rows.
    fn query() -> Query<Self> {
        Query::new()
    }

    /// Queries the row with a key: the key itself, or an [`Fk`](crate::Fk) or a [`Stored`](crate::Stored) row.
    fn find(key: impl IntoKey<Self>) -> Find<Self> {
        Find::new(&key.into_key())
    }

    /// Inserts a row: `Customer::insert(NewCustomer::new("Ann"))`.
    fn insert<N: NewRow<Model = Self>>(row: N) -> Insert<Self> {
        Insert::new(row.into_values())
    }

    /// Inserts many rows: `Customer::insert_many(names.map(NewCustomer::new))`.
    fn insert_many<'r, N, I>(rows: I) -> InsertMany<'r, Self>
    where
        N: NewRow<Model = Self> + 'r,
        I: IntoIterator<Item = N, IntoIter: Send + 'r>,
    {
        InsertMany::new(rows)
    }

    /// Updates all rows that meet a condition.
    fn update_where<P: Placement, K: Within<Plain>>(
        condition: impl Condition<Self, Reach = P, Kind = K>,
    ) -> Update<Self, P> {
        Update::new(condition.into_condition().node)
    }

    /// Deletes all rows that meet a condition.
    fn delete_where<P: Placement, K: Within<Plain>>(
        condition: impl Condition<Self, Reach = P, Kind = K>,
    ) -> Delete<Self, P>
    where
        Self: Deletable,
    {
        Delete::new(condition.into_condition().node)
    }

    /// The condition that every row meets, for an update or delete of all rows.
    fn everything() -> Expr<Self, bool> {
        Expr::always()
    }
}

impl<M: Model> Queries for M {}
