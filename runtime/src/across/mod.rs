//! Rows of many tenants at once, for those who run the application: a dashboard, a report, a bill.
//!
//! A [`Fleet`] is made of a [`Database`](crate::Database) by somebody who [sees all tenants](SeesAllTenants): a type of the application's, so
//! that whatever handles a tenant's request can't have one by accident. A query is given it as it is given a scope:
//!
//! ```no_run
//! use tenantry::across::SeesAllTenants;
//! use tenantry::prelude::*;
//! use tenantry::query::count;
//!
//! /// An amount that somebody owes a tenant.
//! #[tenant_model]
//! pub struct Invoice {
//!     #[field(key)]
//!     pub id: i64,
//!     pub cents: i64,
//!     pub paid: bool,
//! }
//!
//! /// Somebody of the provider's staff. Only the log-in of the staff makes one.
//! pub struct Staff(());
//!
//! impl SeesAllTenants for Staff {}
//!
//! # fn dashboard(db: &Database, staff: &Staff) -> tenantry::Result<()> {
//! let mut fleet = db.across(staff)?;
//! // One answer of all tenants together.
//! let open = Invoice::query().filter(!Invoice::PAID);
//! let totals = open.clone().select((count(), Invoice::CENTS.sum())).across(&mut fleet)?;
//! for left_out in totals.left_out() {
//!     eprintln!("not counted: {left_out}");
//! }
//! println!("{:?}", totals.rows());
//! // The ten greatest of all, each with its tenant.
//! let greatest = open.clone().order_by(Invoice::CENTS.desc()).limit(10).across(&mut fleet)?;
//! for (tenant, invoice) in greatest.whole()? {
//!     println!("{tenant}: {}", invoice.cents);
//! }
//! // An answer of each tenant.
//! for (tenant, (number, total)) in open.select((count(), Invoice::CENTS.sum())).by_tenant(&mut fleet)?.whole()? {
//!     println!("{tenant}: {number} invoices, {total:?} cents");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A statement asks up to [a hundred](Fleet::tenants_per_statement) tenants, in a transaction that only reads and waits shortly for locks. Each sees what was
//! committed when it began; two statements are two moments. What a query has of single tenants stays so: the rows that it asks about
//! elsewhere are those of the same tenant.

mod ask;
mod asking;
mod fleet;
mod gathered;
mod queries;
mod reading;
mod rolled;
mod rolling;
mod rollup;
mod rollup_plan;
mod sorted;

pub use self::fleet::{Fleet, SeesAllTenants};
pub use self::gathered::{Gathered, LeftOut, Why};
pub use self::queries::OfTenants;
pub use self::rolled::RolledUp;
pub use self::rollup::{NamesTenant, Rollup, Summary};
#[cfg(feature = "cli")]
pub(crate) use self::rollup_plan::RollupPlan;
