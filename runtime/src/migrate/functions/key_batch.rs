//! The rows of a batch, by their keys.

use std::fmt;

use postgres::Row;

use crate::error::Result;
use crate::place::Context;
use crate::query::{FromRow, read_by_name};

/// The keys of the rows that a function of the application is called for, in their order. The rows are locked against changes by others until the
/// batch is committed.
pub struct KeyBatch {
    keys: Vec<Row>,
}

impl KeyBatch {
    pub(crate) fn new(keys: Vec<Row>) -> Self {
        Self { keys }
    }

    /// Returns the keys: values of the key's type, or tuples where it has several columns.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode), when the key has another type.
    pub fn keys<K: FromRow>(&self) -> Result<Vec<K>> {
        let context = Context::nowhere();
        let keys = self.keys.iter();
        keys.map(|row| read_by_name(row, &context)).collect()
    }

    /// Returns how many rows there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Tells whether there are none, which is never so where a function is called.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

impl fmt::Debug for KeyBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyBatch")
            .field("rows", &self.len())
            .finish_non_exhaustive()
    }
}
