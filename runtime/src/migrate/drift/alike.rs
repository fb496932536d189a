//! Schemas that differ from their migrations in the same way.

use sha2::{Digest, Sha256};

use super::{Drift, Drifted};
use crate::migrate::chain::checksum;

/// How many digits of a hash tell differences apart.
const DIGITS: usize = 8;

impl Drift {
    /// Returns the schemas that differ in groups of those that differ in the same way, the largest first.
    pub fn groups(&self) -> Vec<Vec<&Drifted>> {
        let mut groups: Vec<Vec<&Drifted>> = Vec::new();
        for drifted in &self.found {
            let is_alike = |group: &&mut Vec<&Drifted>| {
                let first = group.first();
                first.is_some_and(|first| {
                    first.changes == drifted.changes
                        && first.tenant.is_some() == drifted.tenant.is_some()
                })
            };
            match groups.iter_mut().find(is_alike) {
                Some(group) => group.push(drifted),
                None => groups.push(vec![drifted]),
            }
        }
        groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
        groups
    }
}

impl Drifted {
    /// Returns a short text that is the same for all schemas which differ in the same way, in every run.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for change in &self.changes {
            hash.update(change);
            hash.update([0]);
        }
        let hash = checksum::finish(hash);
        let (_, digits) = hash.split_once(':').unwrap_or_default();
        digits.chars().take(DIGITS).collect()
    }
}
