//! Queries of rows of any kind, as data.

use std::sync::Arc;

use postgres::Row;

use super::branch::Branch;
use super::level::load;
use super::related::Read;
use crate::exec::Flow;
use crate::place::Context;
use crate::query::decode::{self, FromRow, Reading};
use crate::query::node::Shape;

/// A query as data, and how each row of its answer is read, with the rows that belong to it.
pub(in crate::query) struct WantedRows<Out> {
    pub(in crate::query) shape: Shape,
    pub(super) branches: Vec<Branch>,
    pub(super) read: Read<Out>,
}

impl<Out: FromRow + 'static> WantedRows<Out> {
    /// Rows to which nothing belongs.
    pub(in crate::query) fn new(shape: Shape) -> Self {
        let rounded = shape.rounded();
        Self {
            shape,
            branches: Vec::new(),
            read: Arc::new(move |level, row, context| {
                decode::read(&level.rows[row], Reading::of(context, rounded))
            }),
        }
    }
}

impl<Out: 'static> WantedRows<Out> {
    /// Loads what belongs to rows of the answer, and reads them.
    pub(in crate::query) fn read<'f>(self, rows: Vec<Row>, context: Context) -> Flow<'f, Vec<Out>> {
        let Self { branches, read, .. } = self;
        load(rows, branches.into(), context.clone()).and_on(move |level| {
            Flow::Done(level.and_then(|level| {
                let mut all = Vec::with_capacity(level.rows.len());
                for row in 0..level.rows.len() {
                    all.push(read(&level, row, &context)?);
                }
                Ok(all)
            }))
        })
    }
}

impl<Out> Clone for WantedRows<Out> {
    fn clone(&self) -> Self {
        Self {
            shape: self.shape.clone(),
            branches: self.branches.clone(),
            read: Arc::clone(&self.read),
        }
    }
}
