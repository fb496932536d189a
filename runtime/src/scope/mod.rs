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
//!     acme.transaction_with(|tx| {
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

mod address;
mod control;
mod creation;
mod database;
mod keeper;
mod mistaken;
mod raw;
mod registry;
mod shared;
mod tenant;
mod transaction;

#[cfg(feature = "cli")]
#[cfg(feature = "cli")]
pub(crate) use address::conceal;
#[cfg(any(feature = "cli", feature = "testing"))]
pub(crate) use address::parse as parse_address;
#[cfg(feature = "cli")]
pub(crate) use address::server_name;
pub use control::RolloutControl;
pub use database::{Database, Options};
pub use keeper::StandbyKeeper;
pub use raw::Raw;
pub use registry::Tenants;
pub use shared::SharedScope;
pub use tenant::TenantScope;

use crate::exec::{Connection, Flow};
use crate::model::{Model, Placement, ReadOnly, SharedSchema, TenantSchema};
use crate::place::Context;

mod sealed {
    pub trait Sealed {}
    impl<C> Sealed for super::SharedScope<C> {}
    impl<C> Sealed for super::TenantScope<C> {}
}

/// Something that statements run in.
pub trait Session: sealed::Sealed {
    /// Outcome of an operation: `Result<T>` over a blocking connection.
    type Outcome<'a, T: 'a>
    where
        Self: 'a;

    #[doc(hidden)]
    fn context(&self) -> &Context;

    #[doc(hidden)]
    fn drive<'a, T: 'a>(&'a mut self, flow: Flow<'a, T>) -> Self::Outcome<'a, T>;
}

/// A scope that reads models placed in `P`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not reach a model placed in `{P}`",
    label = "this scope has no tenant selected",
    note = "open a tenant's scope with `db.tenant(&key)?` and pass that",
    note = "if this is a `Result`, take the scope out of it: write `?` behind the call that opens it"
)]
pub trait Scope<P: Placement>: Session {}

/// A scope that writes models placed in `P`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` may not write to a model placed in `{P}`",
    label = "not writable through this scope",
    note = "a tenant scope only reads shared rows, which all tenants see: write them through `db.shared()`, or through `scope.shared_mut()`",
    note = "a shared scope has no tenant selected: write a tenant's rows through `db.tenant(..)`"
)]
pub trait Writes<P: Placement>: Scope<P> {}

/// A scope that runs a query of `M`, whose models are placed in `P` at the strictest. Every [`Scope`] of `P` is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't run a query of `{M}`",
    label = "no scope that reaches all that the query asks about",
    note = "rows of tenants are reached through `db.tenant(&key)?`, and shared rows alone through `db.shared()?` too: open a scope and pass that",
    note = "if this is a `Result`, take the scope out of it: write `?` behind the call that opens it"
)]
pub trait Reaches<M: Model, P: Placement>: Session {}

#[diagnostic::do_not_recommend]
impl<M: Model, P: Placement, S: Scope<P>> Reaches<M, P> for S {}

/// A scope that writes rows of `M`, and reaches models placed in `P`. Every scope that [`Writes`] there is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't write rows of `{M}`",
    label = "`{M}` is not writable through this",
    note = "a tenant scope only reads shared rows, which all tenants see: write a shared `{M}` through `db.shared()?`, or through `scope.shared_mut()`",
    note = "a shared scope has no tenant selected: write a tenant's `{M}` through `db.tenant(&key)?`",
    note = "if this is a `Result`, take the scope out of it: write `?` behind the call that opens it"
)]
pub trait WritesTo<M: Model, P: Placement = <M as Model>::Placement>: Session {}

#[diagnostic::do_not_recommend]
impl<M: Model, P: Placement, S: Scope<P> + Writes<M::Placement>> WritesTo<M, P> for S {}

/// A scope in which a statement written as SQL may write what it writes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` may not write to a model placed in `{W}`",
    label = "not writable through this scope",
    note = "a tenant scope only reads shared rows, which all tenants see: write them through `db.shared()`, or through `scope.shared_mut()`",
    note = "a shared scope has no tenant selected: write a tenant's rows through `db.tenant(..)`"
)]
pub trait Permits<W>: Session {}

impl<C: Connection> Permits<ReadOnly> for SharedScope<C> {}
impl<C: Connection> Permits<SharedSchema> for SharedScope<C> {}
impl<C: Connection> Permits<ReadOnly> for TenantScope<C> {}
impl<C: Connection> Permits<TenantSchema> for TenantScope<C> {}

impl<C: Connection> Scope<SharedSchema> for SharedScope<C> {}
impl<C: Connection> Writes<SharedSchema> for SharedScope<C> {}
#[diagnostic::do_not_recommend]
impl<C: Connection, P: Placement> Scope<P> for TenantScope<C> {}
impl<C: Connection> Writes<TenantSchema> for TenantScope<C> {}
