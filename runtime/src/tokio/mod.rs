//! Databases, scopes and transactions for asynchronous programs (feature `tokio`).
//!
//! Models, queries and errors are those of the rest of the crate; what is awaited is the last method of a query, which is given a
//! scope, and the methods of [`Database`], [`Tenants`] and of transactions. All futures can be sent to other threads.
//!
//! ```no_run
//! use tenantry::prelude::*;
//! use tenantry::tokio::{Database, TenantScope};
//!
//! /// Somebody who works for a tenant.
//! #[tenant_model]
//! pub struct Member {
//!     #[field(key)]
//!     pub id: i64,
//!     pub email: String,
//!     pub is_active: bool,
//! }
//!
//! async fn invite(acme: &mut TenantScope, email: &str) -> tenantry::Result<Stored<Member>> {
//!     acme.transaction(async |tx| {
//!         let mut member = Member::insert(NewMember::new(email, false)).returning(tx).await?;
//!         member.is_active = true;
//!         member.save(tx).await?;
//!         Ok(member)
//!     })
//!     .await
//! }
//!
//! # async fn handler() -> tenantry::Result<()> {
//! let db = Database::connect("postgres://app@localhost/app").await?;
//! let mut acme = db.tenant(&TenantKey::new("acme")?).await?;
//! let ann = invite(&mut acme, "ann@acme.example").await?;
//! println!("{} is a member of {}", ann.email, acme.key());
//! # Ok(())
//! # }
//! ```
//!
//! A scope has a connection while something is sent or a transaction is open, and none in between: a handler that waits for something
//! else keeps no other from working. After raw SQL that may leave something in its session it keeps the connection until it is dropped; when
//! that is lost, or given up with a future that was dropped, what is sent next is refused. A future can be dropped at any await, as a timeout does it: the statement that is under way is cancelled, and
//! a transaction is rolled back, both without anybody waiting for it. In a transaction, a statement whose future is dropped is waited for by
//! the next, and if it has failed, the commit says so.
//!
//! A look into the registry is such a statement. Control work (changes of the registry, creation, migrations) is done over the blocking driver by a few threads with connections of their own,
//! beside those of [`Options::max_connections`]. When a future of it is dropped, the work goes on to its end, except that a tenant whose hooks
//! or closure are dropped is not made.

mod copied;
mod creation;
mod database;
mod job;
mod read;
mod registry;
mod rows;
mod transaction;
mod under_way;

pub use self::copied::Copied;
pub use self::database::{Database, Hook, HookFuture};
pub use self::registry::Tenants;
pub use self::rows::Rows;
pub use self::transaction::{Leased, Transaction};
pub use crate::exec::tokio::{Driven, Lease};
pub use crate::exec::{PoolStatus, PreparedStatements, Written};
pub use crate::scope::{Job, Options, Retrying, TransactionBuilder};

/// A scope with one tenant selected: it reads and writes the tenant's models, and reads shared ones.
pub type TenantScope = crate::scope::TenantScope<Lease>;

/// A scope with one tenant selected that only reads, from one of [`Options::replicas`](Options::replicas) if that is fresh enough, and
/// otherwise from the primary. Made by [`TenantScope::read`] and [`Database::read_tenant`].
///
/// It keeps its connection to a replica until it is dropped or the replica is of no more use, so that nothing that was seen is gone again;
/// from then on it has one of the primary while something is sent. A scope whose future was dropped goes on with the primary.
pub type ReadScope = crate::scope::ReadScope<Lease>;

/// A scope of many tenants, which only reads.
pub type Fleet = crate::across::Fleet<Lease>;

/// A scope that reads and writes shared models, and reaches no tenant's.
pub type SharedScope = crate::scope::SharedScope<Lease>;
