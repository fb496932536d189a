//! The registry of tenants and their life: create, open, suspend, resume, rename, drop.
//!
//! [`Database::tenants`](crate::Database::tenants) is the door. The functions here do its work on a connection; each leaves the
//! database whole however it ends.
//!
//! A sign-up that can be asked again after a lost answer, and what an operator does later:
//!
//! ```no_run
//! use tenantry::prelude::*;
//! use tenantry::tenant::{NewTenant, TenantFilter, TenantState};
//!
//! /// Somebody who works for a tenant.
//! #[tenant_model]
//! pub struct Member {
//!     #[field(key)]
//!     pub id: i64,
//!     pub email: String,
//! }
//!
//! # fn main() -> tenantry::Result<()> {
//! let db = Database::connect("postgres://app@localhost/app")?;
//! // Schemas made in advance: a creation then takes milliseconds.
//! let _keeper = db.tenants().keep_standbys(10);
//!
//! // The tenant and its first rows are there together, or neither is.
//! let acme = TenantKey::new("acme")?;
//! let sign_up = NewTenant::new(&acme).token("sign-up 4711").tag("trial");
//! let (tenant, _) = db.tenants().create_with(sign_up, |tx| {
//!     Member::insert(NewMember::new("ann@acme.example")).execute(tx)
//! })?;
//! println!("{} lives in the schema {}", tenant.key(), tenant.schema());
//!
//! db.tenants().tag(&acme, &["paying"], &["trial"])?;
//! db.tenants().suspend(&acme)?;
//! for tenant in db.tenants().list(&TenantFilter::all().state(TenantState::Suspended))? {
//!     println!("{} is suspended", tenant.key());
//! }
//! db.tenants().resume(&acme)?;
//! let globex = TenantKey::new("globex")?;
//! db.tenants().rename(&acme, &globex)?;
//! db.tenants().drop(&globex)?;
//! # Ok(())
//! # }
//! ```

mod adopt;
#[cfg(feature = "cli")]
mod at_hand;
mod batches;
mod change;
mod chosen;
mod claim;
mod create;
mod dependents;
mod detach;
mod drop;
mod holder;
mod known_baselines;
mod making;
mod matching;
mod new;
mod open;
mod order;
mod plan;
mod provision;
mod range;
mod read;
mod ready;
mod reference;
mod refusal;
mod route;
mod row;
mod scratch;
mod select;
mod standby;
mod standby_key;
mod state;
mod tag;
mod tags;
mod token;
mod unknown;
mod versions;
mod within;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use postgres::{Row, SimpleQueryRow};
use serde::Serialize;

use crate::bookkeeping::facts::failed;
#[cfg(feature = "cli")]
use crate::bookkeeping::facts::failed_within;
use crate::error::{Error, Result};
use crate::model::is_tolerant;
use crate::name::{SchemaName, TenantKey};
use crate::place::{PlaceStanding, TenantPlace, TenantVersion};

pub(crate) use adopt::adopt;
#[cfg(feature = "cli")]
pub(crate) use at_hand::{get, list, refill, rename_key, resume, suspend, tag};
pub(crate) use change::{renamed, resumed, suspended};
pub(crate) use chosen::{Became, became, chosen};
pub(crate) use claim::routines;
#[doc(hidden)]
pub use create::create;
pub(crate) use create::{Prepared, create_from, enter_in, prepare};
#[doc(hidden)]
pub use drop::drop;
pub(crate) use drop::drop_within;
#[cfg(feature = "cli")]
pub(crate) use holder::is_of_lock;
pub(crate) use holder::{Needs, held_by, held_up, holder, left_locked, name_holder};
pub use matching::Match;
pub use new::{NewTenant, ToCreate, ToTenant};
pub(crate) use open::opened;
pub use order::Order;
pub(crate) use provision::{Whose, clean_up};
pub use range::ServedRange;
pub(crate) use range::position_of;
pub use read::TenantFilter;
pub(crate) use read::{find, got, listed};
#[cfg(feature = "cli")]
pub(crate) use read::{get_within, list_within};
pub(crate) use ready::Ready;
pub use reference::TenantRef;
pub(crate) use refusal::given_up;
pub(crate) use route::{Entered, Route, until_made};
pub(crate) use row::TenantsRow;
pub(crate) use scratch::Scratch;
pub use select::Selection;
pub use standby::Standbys;
pub(crate) use standby::{counted, refill_within, standbys, trim};
pub use state::TenantState;
pub(crate) use tags::tagged;
pub(crate) use token::made_before;
#[cfg(feature = "tower")]
pub(crate) use unknown::being_created;
pub use versions::Versions;

pub(crate) use select::sizes;

macro_rules! since {
    () => {
        "(EXTRACT(epoch FROM created_at) * 1000000)::bigint"
    };
}

/// SQL expression over `tenantry.tenant`: when the tenant was created, in microseconds since the beginning of 1970. By it a tenant is told
/// from another one that got its number after the registry, or the whole database, was made anew.
pub(crate) const SINCE: &str = since!();

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
        " THEN last_error END, ",
        since!(),
        ", tags"
    );

    /// How many columns these are.
    const WIDTH: usize = 10;

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

    /// The columns that [`made`](Self::made) expects, of a row that was just written; and whether the database has event
    /// triggers, which run with the statement that makes or renames its schema.
    const RETURNING: &'static str = concat!(
        "version, shard, epoch, ",
        since!(),
        ", id, EXISTS (SELECT FROM pg_catalog.pg_event_trigger WHERE evtenabled <> 'D')"
    );

    /// How many columns these are.
    const RETURNED: usize = 6;

    /// The place of the last of them.
    const HAS_EVENT_TRIGGERS: usize = 5;

    /// A tenant that was just made in a schema.
    fn made(row: &SimpleQueryRow, new: &NewTenant, schema: &SchemaName) -> Option<Self> {
        Some(Self {
            id: row.get(4)?.parse().ok()?,
            key: new.key.clone(),
            schema: schema.clone(),
            state: TenantState::Active,
            version: row.get(0)?.parse().ok()?,
            tags: new.tags().into_iter().map(str::to_owned).collect(),
            shard: row.get(1)?.to_owned(),
            epoch: row.get(2)?.parse().ok()?,
            last_error: None,
            created_at: row.get(3)?.parse().ok()?,
        })
    }

    /// The number that the registry knows the tenant by. It never changes.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// The name that the application has for the tenant.
    pub fn key(&self) -> &TenantKey {
        &self.key
    }

    /// The schema that holds the tenant's tables.
    pub fn schema(&self) -> &SchemaName {
        &self.schema
    }

    /// The state, which says what can be done with the tenant.
    pub fn state(&self) -> TenantState {
        self.state
    }

    /// The position in the chain of the last migration that is applied to the schema; 0 before the first.
    pub fn version(&self) -> i32 {
        self.version
    }

    /// The groups that the application has put the tenant into.
    pub fn tags(&self) -> &[String] {
        &self.tags
    }

    /// The name of the database that holds the schema.
    pub fn shard(&self) -> &str {
        &self.shard
    }

    /// The number of times that the key, the schema or the state has changed.
    pub fn epoch(&self) -> i64 {
        self.epoch
    }

    /// The reason why the last migration of the schema failed, unless one has succeeded since.
    pub fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }

    /// The time at which the tenant was created.
    pub fn created_at(&self) -> SystemTime {
        let since = Duration::from_micros(self.created_at.unsigned_abs());
        if self.created_at < 0 {
            SystemTime::UNIX_EPOCH - since
        } else {
            SystemTime::UNIX_EPOCH + since
        }
    }

    /// Returns where its rows are.
    pub(crate) fn place(&self) -> TenantPlace {
        TenantPlace {
            id: self.id,
            since: self.created_at,
            key: self.key.clone(),
            schema: self.schema.clone(),
            standing: Arc::new(self.standing()),
        }
    }

    /// The facts that may be others later, with the version where statements depend on it.
    fn standing(&self) -> PlaceStanding {
        if !is_tolerant() {
            return PlaceStanding::default();
        }
        // That a migration is under way is found out where a column is gone.
        PlaceStanding::at(TenantVersion {
            reached: self.version,
            begun: self.version,
        })
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
