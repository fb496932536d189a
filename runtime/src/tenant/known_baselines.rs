//! The baselines that this process has seen last, so that they need not be fetched for each tenant.

use std::sync::{Arc, Mutex, PoisonError};

use crate::bookkeeping::FileSql;
use crate::bookkeeping::effects::{Rows, leaves_nothing};
use crate::name::SchemaName;

/// How many are kept.
const KEPT: usize = 8;

/// SQL expression over `tenantry.baseline AS b` and `tenantry.meta AS m`: what a baseline is known by. Another text has another mark; copies
/// of a database have one mark, and their shared schemas may have other names.
pub(super) const NAME: &str = "pg_catalog.concat(b.mark, ' ', m.shared_schema)";

/// From the one that was seen first to the one that was seen last.
static SEEN: Mutex<Vec<KnownBaseline>> = Mutex::new(Vec::new());

/// Baselines that one statement may go without. Held as long as the statement runs: others push out of the process's list what this one told
/// the server that it need not send.
pub(super) struct KnownBaselines(Vec<KnownBaseline>);

/// A baseline's text, made ready for a shared schema.
#[derive(Clone)]
pub(super) struct KnownBaseline {
    name: String,
    pub(super) file: Arc<FileSql>,
    /// Whether the text leaves nothing behind.
    pub(super) leaves_nothing: bool,
}

impl KnownBaselines {
    pub(super) fn now() -> Self {
        let seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
        Self(seen.clone())
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.0.iter().map(|seen| &*seen.name).collect()
    }

    pub(super) fn get(&self, name: &str) -> Option<KnownBaseline> {
        self.0.iter().find(|seen| seen.name == name).cloned()
    }
}

impl KnownBaseline {
    /// Keeps a baseline that was fetched.
    pub(super) fn fetched(name: &str, sql: &str, shared: &SchemaName) -> Self {
        let fetched = Self {
            name: name.to_owned(),
            file: Arc::new(FileSql::new("baseline", "tenant.sql", sql, shared)),
            leaves_nothing: leaves_nothing(sql, Rows::None),
        };
        let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|seen| seen.name != name);
        if seen.len() >= KEPT {
            seen.remove(0);
        }
        seen.push(fetched.clone());
        fetched
    }
}
