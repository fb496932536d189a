//! Where tenants are.

use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize, Serializer};

use crate::name::{SchemaName, TenantKey};
use crate::tenant::TenantState;

/// Some of the tenants, and how many there are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Sample {
    /// How many there are.
    pub count: usize,
    /// The first of them, at most [`LISTED`](Self::LISTED).
    pub first: Vec<TenantStatus>,
}

impl Sample {
    /// The number of tenants that are listed at most.
    pub const LISTED: usize = 20;
}

/// The position of a tenant in the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TenantStatus {
    /// The tenant's key.
    pub key: TenantKey,
    /// The tenant's schema.
    pub schema: SchemaName,
    /// The tenant's state. Migrations leave out those that are being dropped.
    pub state: TenantState,
    /// The position of the last migration that is applied to the schema; 0 before the first.
    pub position: i32,
    /// How far the migration after that is, if it is not one transaction; 0 before its first step.
    pub step: i32,
    /// How far its statement in batches of rows is, if that is what it is half-way through.
    pub batch: Option<BatchStatus>,
    /// Whether the schema is not there, though it should be.
    pub is_missing: bool,
    /// Why its last migration failed, unless it has got there since.
    pub error: Option<String>,
    /// When that was.
    #[serde(serialize_with = "some_seconds")]
    pub failed_at: Option<SystemTime>,
}

/// The progress of a statement in batches of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BatchStatus {
    /// The table whose rows the batches are of.
    pub table: String,
    /// How many of its rows are done.
    pub rows: i64,
    /// About how many there were when it began, if that is known.
    pub about: Option<i64>,
}

impl fmt::Display for BatchStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, rows, about } = self;
        write!(f, "{rows}")?;
        if let Some(about) = about {
            write!(f, " of about {}", about.max(rows))?;
        }
        write!(f, " rows of `{table}` are done")
    }
}

/// A program that reads JSON takes seconds since the beginning of 1970.
#[expect(clippy::ref_option, reason = "serde calls it so")]
pub(super) fn some_seconds<S: Serializer>(
    time: &Option<SystemTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let since = time.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    since.map(|since| since.as_secs()).serialize(serializer)
}
