//! Migrations: the chain on disk, and how the shared schema and the fleet follow it.
//!
//! A chain is totally ordered, shared and tenant parts together. Shared parts are barriers: a shared part runs once every
//! tenant has all that comes before it, and what comes after it waits for it. The parts for tenants between two barriers
//! are applied to each tenant in one transaction, together with their rows in the ledger.
//!
//! A release that shows what is to be done, migrates some tenants first, and goes on only if the application's own query says that
//! all is well:
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use tenantry::migrate::{Budget, Chain, Rollout, RolloutGroup};
//! use tenantry::prelude::*;
//! use tenantry::tenant::Match;
//!
//! # fn main() -> tenantry::Result<()> {
//! let db = Database::connect("postgres://app@localhost/app")?;
//! let chain = Chain::open("migrations")?;
//! let plan = db.migrator(chain.clone()).dry_run()?;
//! for part in &plan.parts {
//!     println!("{} in {} schemas:\n{}", part.file, part.schemas, part.sql);
//! }
//!
//! let canary = RolloutGroup::new("canary")
//!     .matching(Match::all().tag("canary")?)
//!     .bake(Duration::from_secs(600))
//!     .health("SELECT count(*) < 5 FROM shared.errors WHERE at > now() - interval '10 minutes'");
//! let small = RolloutGroup::new("small")
//!     .matching(Match::all().smaller_than(100 << 20))
//!     .max_failures(Budget::Percent(1.0));
//! let report = db
//!     .migrator(chain)
//!     .workers(8)
//!     .lock_timeout(Duration::from_secs(2))
//!     .rollout(Rollout::new([canary, small])?)
//!     .attempt()?;
//! for (tenant, failure) in report.failures() {
//!     match tenant {
//!         Some(tenant) => eprintln!("{tenant}: {}", failure.message),
//!         None => eprintln!("the shared schema: {}", failure.message),
//!     }
//! }
//! report.into_result()?;
//! # Ok(())
//! # }
//! ```

mod adopt;
mod baseline;
mod chain;
mod drift;
mod fleet;
mod functions;
mod goal;
mod make;
mod merge;
mod migrator;
mod plan;
mod recorded;
mod replay;
mod report;
mod rollback;
mod rollout;
mod run;
mod session;
mod shared;
mod squash;
mod status;
mod tolerance;
mod trial;

pub use crate::tenant::Selection;
#[cfg(feature = "cli")]
pub(crate) use baseline::reason as baseline_reason;
#[cfg(feature = "cli")]
pub(crate) use chain::advice::{AdviceKind, advice};
#[cfg(feature = "cli")]
pub(crate) use chain::files::MANIFEST;
#[cfg(feature = "cli")]
pub(crate) use chain::lint::check_sql;
#[cfg(feature = "cli")]
pub(crate) use chain::look_up::look_ups;
pub use chain::{Chain, Migration, Part};
pub use drift::{Drift, Drifted};
#[cfg(feature = "cli")]
pub(crate) use drift::{Repair, Unchecked, find_dangling, unchecked, without_partitions};
pub(crate) use functions::CallPlace;
pub use functions::Functions;
pub use functions::key_batch::KeyBatch;
pub use make::{
    Choices, NewMigration, NewMigrations, Question, changes, check_current, make, make_empty,
    make_with, questions,
};
pub use merge::Merge;
pub use migrator::Migrator;
pub use plan::{Group, Plan, PlannedPart, Step};
#[cfg(feature = "cli")]
pub(crate) use recorded::applied;
#[cfg(feature = "cli")]
pub(crate) use recorded::undo::Undoable;
#[cfg(feature = "cli")]
pub(crate) use report::direction::Direction;
pub use report::event::Event;
pub use report::phase::Phase;
pub use report::{
    Blocked, Failure, LeftOut, Report, RunningRelease, SharedReport, TenantReport, WaitsFor,
};
pub use rollout::budget::Budget;
#[cfg(feature = "cli")]
pub(crate) use rollout::control::is_running;
pub(crate) use rollout::control::{abort, is_paused, pause, resume};
pub use rollout::groups::{GroupState, GroupStatus};
pub use rollout::{Rollout, RolloutGroup};
#[doc(hidden)]
pub use session::lent::{Borrowed, Sessions};
pub use squash::Squash;
#[cfg(feature = "cli")]
pub(crate) use status::contradictions::{contradictions, shown_contradictions};
pub use status::tenant::{BatchStatus, Sample, TenantStatus};
pub use status::{MigrationStatus, PartStatus, StateStatus, Status, VersionStatus};
pub use trial::{Trial, Tried};
