//! The registry of tenants and their life: create, open, suspend, resume, rename, drop.
//!
//! The functions work on a connection; each leaves the database whole however it ends.

mod change;
mod claim;
mod create;
mod dependents;
mod drop;
mod matching;
mod new;
mod params;
mod plan;
mod read;
mod select;
mod standby;
mod state;
mod tags;
mod versions;

use std::time::{Duration, SystemTime};

use postgres::Row;
use serde::Serialize;

use crate::bookkeeping::facts::failed;
#[cfg(feature = "cli")]
use crate::bookkeeping::facts::failed_within;
use crate::error::{Error, Result};
use crate::name::{SchemaName, TenantKey};

pub use change::{rename_key, resume, suspend};
pub(crate) use claim::{Ready, routines};
pub use create::create;
pub(crate) use create::{create_from, create_in, given_up};
pub use drop::drop;
pub use matching::Match;
pub use new::NewTenant;
pub use read::{TenantFilter, find, get, list, open};
#[cfg(feature = "cli")]
pub(crate) use read::{get_within, list_within};
pub use select::{Order, Selection};
pub use standby::{Standbys, refill, standbys, trim};
pub use state::TenantState;
pub use tags::tag;
pub use versions::Versions;

pub(crate) use params::Params;
pub(crate) use select::sizes;

/// A tenant, as the registry has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tenant {
    id: i64,
    key: TenantKey,
    schema: SchemaName,
    state: TenantState,
    version: i32,
    tags: Vec<String>,
    shard: String,
    epoch: i64,
    last_error: Option<String>,
    /// Microseconds since the beginning of 1970.
    #[serde(serialize_with = "seconds")]
    created_at: i64,
}

/// A program that reads JSON takes seconds.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn seconds<S: serde::Serializer>(micros: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(micros.div_euclid(1_000_000))
}

impl Tenant {
    /// The columns that [`read`](Self::read) expects, of `tenantry.tenant`.
    const COLUMNS: &'static str = concat!(
        "id, key, schema_name, state, version, shard, epoch, CASE WHEN ",
        failed!(),
        " THEN last_error END, (EXTRACT(epoch FROM created_at) * 1000000)::bigint, tags"
    );

    /// The same columns, where it is known how far migrations lead tenants.
    #[cfg(feature = "cli")]
    fn columns_within(reach: i32) -> String {
        Self::COLUMNS.replace(failed!(), &failed_within(&reach.to_string()))
    }

    fn read(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.try_get(0)?,
            key: TenantKey::new(row.try_get::<_, &str>(1)?)?,
            schema: SchemaName::new(row.try_get::<_, &str>(2)?)?,
            state: row.try_get::<_, &str>(3)?.parse()?,
            version: row.try_get(4)?,
            shard: row.try_get(5)?,
            epoch: row.try_get(6)?,
            last_error: row.try_get(7)?,
            created_at: row.try_get(8)?,
            tags: row.try_get(9)?,
        })
    }

    /// The number that the registry knows the tenant by. It never changes.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// What the application calls the tenant.
    pub fn key(&self) -> &TenantKey {
        &self.key
    }

    /// The schema that holds the tenant's tables.
    pub fn schema(&self) -> &SchemaName {
        &self.schema
    }

    /// What can be done with the tenant.
    pub fn state(&self) -> TenantState {
        self.state
    }

    /// The position in the chain of the last migration that is applied to the schema; 0 before the first.
    pub fn version(&self) -> i32 {
        self.version
    }

    /// What groups the application has put the tenant into.
    pub fn tags(&self) -> &[String] {
        &self.tags
    }

    /// The name of the database that holds the schema.
    pub fn shard(&self) -> &str {
        &self.shard
    }

    /// How often the key, the schema or the state has changed.
    pub fn epoch(&self) -> i64 {
        self.epoch
    }

    /// Why the last migration of the schema failed, unless one has succeeded since.
    pub fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }

    /// When the tenant was created.
    pub fn created_at(&self) -> SystemTime {
        let since = Duration::from_micros(self.created_at.unsigned_abs());
        if self.created_at < 0 {
            SystemTime::UNIX_EPOCH - since
        } else {
            SystemTime::UNIX_EPOCH + since
        }
    }

    /// The comment that marks the schema as made by tenantry for this tenant.
    fn mark(&self) -> String {
        mark(self.id)
    }

    /// Adds the tenant to an error.
    fn blame(&self, error: Error) -> Error {
        error.in_tenant(&self.key).in_schema(&self.schema)
    }
}

fn mark(id: i64) -> String {
    format!("tenantry: tenant {id}")
}
