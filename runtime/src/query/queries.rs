//! The statements that every model has.

use super::expr::{Condition, Expr, Plain, Within};
use super::save_all::save_all;
use super::{CopyIn, Delete, Find, Insert, InsertMany, Query, Stored, Takes, Update, UpdateMany};
use crate::exec::reach::WritesTo;
use crate::model::{Deletable, IntoKey, Model, NewRow, Placement, Writable};

/// The statements of a model's table: `Customer::query()`, `Customer::insert(..)`. Every [`Model`] has those that read, and every one
/// that is no view those that write.
pub trait Queries: Model {
    /// Queries rows.
    fn query() -> Query<Self> {
        Query::new()
    }

    /// Queries the row with a key: the key itself, or an [`Fk`](crate::Fk) or a [`Stored`](crate::Stored) row.
    fn find(key: impl IntoKey<Self>) -> Find<Self> {
        Find::new(&key.into_key())
    }

    /// Queries the rows with some keys: `Membership::find_many([(&ann, &team), (&bob, &team)])`. There is no row for a key that none has, and
    /// one for a key that is given twice.
    fn find_many<K: IntoKey<Self>>(keys: impl IntoIterator<Item = K>) -> Query<Self> {
        Query::of_keys(keys.into_iter().map(IntoKey::into_key))
    }

    /// Inserts a row: `Customer::insert(NewCustomer::new("Ann"))`.
    fn insert<N: NewRow<Model = Self>>(row: N) -> Insert<Self>
    where
        Self: Writable,
    {
        Insert::new(row.into_values())
    }

    /// Inserts many rows: `Customer::insert_many(names.map(NewCustomer::new))`.
    fn insert_many<'r, N, I>(rows: I) -> InsertMany<'r, Self>
    where
        N: NewRow<Model = Self> + 'r,
        I: IntoIterator<Item = N, IntoIter: Send + 'r>,
        Self: Writable,
    {
        InsertMany::new(rows)
    }

    /// Stores many rows by `COPY`, which is the quickest way for a great many: `Customer::copy_in(names.map(NewCustomer::new))`.
    fn copy_in<'r, N, I>(rows: I) -> CopyIn<'r, Self>
    where
        N: NewRow<Model = Self> + 'r,
        I: IntoIterator<Item = N, IntoIter: Send + 'r>,
        Self: Writable,
    {
        CopyIn::new(rows)
    }

    /// Updates all rows that meet a condition.
    fn update_where<P: Placement, K: Within<Plain>>(
        condition: impl Condition<Self, Reach = P, Kind = K>,
    ) -> Update<Self, P>
    where
        Self: Writable,
    {
        Update::new(condition.into_condition().node)
    }

    /// Updates many rows by their keys, each to values of its own:
    /// `Invoice::update_many((Invoice::PAID, Invoice::NOTE), [(1, (true, "cash")), (2, (false, ""))])`.
    fn update_many<C, K, V>(columns: C, rows: impl IntoIterator<Item = (K, V)>) -> UpdateMany<Self>
    where
        C: Takes<Self, V>,
        K: IntoKey<Self>,
        Self: Writable,
    {
        UpdateMany::new(columns, rows)
    }

    /// Writes the changed columns of many rows that were loaded, and takes over the rows as they are stored then; returns how many had changes.
    ///
    /// ```no_run
    /// # use tenantry::prelude::*;
    /// # #[tenant_model]
    /// # pub struct Invoice { #[field(key)] pub id: i64, pub cents: i64, pub paid: bool }
    /// # fn pay(acme: &mut TenantScope) -> tenantry::Result<()> {
    /// let mut invoices = Invoice::query().filter(!Invoice::PAID).all(acme)?;
    /// for invoice in &mut invoices {
    ///     invoice.paid = invoice.cents < 100;
    /// }
    /// Invoice::save_all(&mut invoices, acme)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// It is one statement, up to 16,384 rows or 4 MiB of values, in a transaction or savepoint of its own: all rows are saved or none. Where one row is
    /// given, it is that of [`save`](Stored::save), without a savepoint. Rows without changes are not sent, and
    /// of the others only what has changed in any of them. As of [`save`](Stored::save), a `version` is checked and counted up, an `auto_now` set.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Stale`](crate::ErrorKind::Stale), when some were deleted since, or changed and have a `version`: it says which, by their numbers among those
    /// given; [`ErrorKind::Unique`](crate::ErrorKind::Unique), when a row is there twice; and as [`save`](Stored::save).
    fn save_all<'a, S: WritesTo<Self>>(
        rows: impl IntoIterator<Item = &'a mut Stored<Self>>,
        scope: &'a mut S,
    ) -> S::Outcome<'a, u64>
    where
        Self: Send + Writable,
    {
        save_all(rows, scope)
    }

    /// Deletes all rows that meet a condition.
    fn delete_where<P: Placement, K: Within<Plain>>(
        condition: impl Condition<Self, Reach = P, Kind = K>,
    ) -> Delete<Self, P>
    where
        Self: Deletable + Writable,
    {
        Delete::new(condition.into_condition().node)
    }

    /// The condition that every row meets, for an update or delete of all rows.
    fn everything() -> Expr<Self, bool> {
        Expr::always()
    }
}

impl<M: Model> Queries for M {}
