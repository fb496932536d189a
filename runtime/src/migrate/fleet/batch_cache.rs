//! The batches of a pass: each is made ready once, for all tenants at one version.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::batch::Batch;

/// Batches for tenants at each version, made ready when the first comes along.
pub(crate) struct Batches<'a> {
    make: &'a (dyn Fn(i32) -> Batch + Sync),
    ready: Mutex<HashMap<i32, Arc<Batch>>>,
    /// The tables whose size matters.
    pub(crate) sized_tables: Vec<String>,
}

impl<'a> Batches<'a> {
    /// Batches that are made like this.
    pub(crate) fn new(make: &'a (dyn Fn(i32) -> Batch + Sync)) -> Self {
        Self {
            make,
            ready: Mutex::default(),
            sized_tables: Vec::new(),
        }
    }

    /// Looks into the batch of the tenants that are furthest behind, which has all that any of them needs.
    pub(crate) fn looked_into(mut self, lowest: i32) -> Self {
        self.sized_tables = self.from(lowest).sized_tables();
        self
    }

    /// Returns the batch for a tenant at this version.
    pub(crate) fn from(&self, version: i32) -> Arc<Batch> {
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        let batch = ready
            .entry(version)
            .or_insert_with(|| Arc::new((self.make)(version)));
        Arc::clone(batch)
    }
}

impl fmt::Debug for Batches<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batches")
            .field("sized_tables", &self.sized_tables)
            .finish_non_exhaustive()
    }
}
