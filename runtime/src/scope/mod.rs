//! Scopes: what statements run in. A [`TenantScope`] has one tenant selected and reads shared rows too; a
//! [`SharedScope`] has none.
//!
//! There is no ambient tenant: a scope is a value, it owns its connection, and it moves into the thread that needs it.
//!
//! A request's tenant is decided once, where the request comes in; what handles it takes the scope and can't name another:
//!
//! ```no_run
//! use tenantry::prelude::*;
//!
//! /// A price list, the same for everybody.
//! #[shared_model]
//! pub struct Plan {
//!     #[field(key)]
//!     pub id: i64,
//!     pub code: String,
//!     pub seats: i32,
//! }
//!
//! /// Somebody who works for a tenant.
//! #[tenant_model]
//! pub struct Member {
//!     #[field(key)]
//!     pub id: i64,
//!     pub email: String,
//!     pub plan: Fk<Plan>,
//! }
//!
//! # type BoxError = Box<dyn std::error::Error>;
//! fn invite(acme: &mut TenantScope, email: &str, plan: &str) -> Result<Stored<Member>, BoxError> {
//!     acme.transaction_with_error(|tx| {
//!         let plan = Plan::query().filter(Plan::CODE.eq(plan)).one(tx)?;
//!         let members = Member::query().filter(Member::PLAN.eq(&plan)).count(tx)?;
//!         if members >= i64::from(plan.seats) {
//!             return Err("all seats are taken".into());
//!         }
//!         Ok(Member::insert(NewMember::new(email, &plan)).returning(tx)?)
//!     })
//! }
//!
//! # fn main() -> Result<(), BoxError> {
//! let db = Database::connect("postgres://app@localhost/app")?;
//! let mut acme = db.tenant(&TenantKey::new("acme")?)?;
//! let ann = invite(&mut acme, "ann@acme.example", "pro")?;
//! println!("{} is a member of {}", ann.email, acme.key());
//! # Ok(())
//! # }
//! ```

mod across;
mod advisory;
mod begun;
mod builder;
mod control;
mod creation;
mod database;
mod functions;
mod hooks;
mod job;
mod keeper;
mod known;
mod mistaken;
mod options;
mod raw;
mod read;
mod registry;
mod release;
mod shared;
mod stand_in;
mod tenant;
mod tenant_row;
mod transaction;

pub use advisory::{AdvisoryLock, LockAttempt};
pub use begun::{Blocks, Transaction};
#[cfg(feature = "tokio")]
pub(crate) use builder::pause;
pub use builder::{Retrying, TransactionBuilder};
pub use control::RolloutControl;
#[cfg(feature = "tokio")]
pub(crate) use creation::create_by;
pub use database::Database;
#[cfg(feature = "tokio")]
pub(crate) use database::REPLICA_CONNECT;
pub use job::Job;
pub use keeper::StandbyKeeper;
pub use options::Options;
pub use raw::Raw;
pub use read::ReadScope;
pub use registry::Tenants;
pub use release::{Announcement, Release};
#[cfg(feature = "tokio")]
pub(crate) use stand_in::stands_in;

pub use crate::exec::{InMigration, PoolStatus, PreparedStatements, Written};
pub use shared::SharedScope;
pub use tenant::TenantScope;

use crate::exec::Connection;
use crate::exec::reach::Sealed;
pub use crate::exec::reach::{Permits, Reaches, Scope, Session, Writes, WritesTo};
use crate::model::{Placement, ReadOnly, SharedSchema, TenantSchema};

impl<C> Sealed for SharedScope<C> {}
impl<C> Sealed for TenantScope<C> {}
impl<C> Sealed for ReadScope<C> {}

impl<C: Connection> Permits<ReadOnly> for SharedScope<C> {}
impl<C: Connection> Permits<SharedSchema> for SharedScope<C> {}
impl<C: Connection> Permits<ReadOnly> for TenantScope<C> {}
impl<C: Connection> Permits<ReadOnly> for ReadScope<C> {}
impl<C: Connection> Permits<TenantSchema> for TenantScope<C> {}

impl<C: Connection> Scope<SharedSchema> for SharedScope<C> {}
impl<C: Connection> Writes<SharedSchema> for SharedScope<C> {}
#[diagnostic::do_not_recommend]
impl<C: Connection, P: Placement> Scope<P> for TenantScope<C> {}
#[diagnostic::do_not_recommend]
impl<C: Connection, P: Placement> Scope<P> for ReadScope<C> {}
impl<C: Connection> Writes<TenantSchema> for TenantScope<C> {}
