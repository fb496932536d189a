//! Rows that are deleted and still in their table, where they are asked for.

use super::change::Update;
use super::delete::Delete;
use super::keyed::Find;
use super::node::Deleted;
use super::select::Query;
use crate::model::{Deletable, Model, SoftDelete};

impl<M: Model, Out, P, E> Query<M, Out, P, E> {
    /// Queries deleted rows too.
    ///
    /// Of a query with a limit, write it before `select` of aggregates and `group_by`: what the limit leaves is settled there.
    pub fn with_deleted(mut self) -> Self
    where
        M: SoftDelete,
    {
        self.shape.deleted = Deleted::Included;
        self
    }

    /// Queries only rows that are deleted.
    pub fn only_deleted(mut self) -> Self
    where
        M: SoftDelete,
    {
        self.shape.deleted = Deleted::Only;
        self
    }
}

impl<M: Model> Find<M> {
    /// Finds the row if it is deleted too.
    pub fn with_deleted(mut self) -> Self
    where
        M: SoftDelete,
    {
        self.deleted = Deleted::Included;
        self
    }
}

impl<M: Model, P> Update<M, P> {
    /// Updates deleted rows too.
    pub fn with_deleted(mut self) -> Self
    where
        M: SoftDelete,
    {
        self.deleted = Deleted::Included;
        self
    }

    /// Updates only rows that are deleted: `.only_deleted().set(Customer::DELETED_AT, None)` brings them back.
    pub fn only_deleted(mut self) -> Self
    where
        M: SoftDelete,
    {
        self.deleted = Deleted::Only;
        self
    }
}

impl<M: Model, P> Delete<M, P> {
    /// Removes the rows from the table, whether they are deleted already or not; `on_delete` says what becomes of those that reference them.
    pub fn permanently(mut self) -> Self
    where
        M: SoftDelete + Deletable,
    {
        self.is_permanent = true;
        self
    }
}
