//! Values of rows that were seen. Of each its hashes are kept, so that there may be more of them than memory holds.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// The values that rows had in some columns, with the number of the row that had them first.
#[derive(Default)]
pub(super) struct SeenValues {
    hashers: [RandomState; 2],
    rows: HashMap<[u64; 2], usize>,
}

impl SeenValues {
    /// Notes the values of a row; returns the row that had them before, if one had.
    pub(super) fn note(&mut self, values: &[&[u8]], row: usize) -> Option<usize> {
        let hashes = self
            .hashers
            .each_ref()
            .map(|hasher| hasher.hash_one(values));
        self.rows.insert(hashes, row)
    }
}
