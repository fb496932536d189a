//! Events of a run.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::{Failure, Report, SharedReport, TenantReport, milliseconds, some_milliseconds};
use crate::name::TenantKey;

/// Something that has just happened in a run.
///
/// As JSON each is an object whose `event` says which it is.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The tenants that are behind begin to be brought to the next barrier, or to the end of the chain.
    ///
    /// A run has as many stages as there are barriers with tenants behind. Tenants that are created meanwhile, or that
    /// another migrator brings there, are not counted.
    ///
    /// With rollout groups, each group is a stage of its own.
    Stage {
        /// The rollout group, if there are groups.
        group: Option<String>,
        /// How many tenants are behind.
        tenants: usize,
        /// How many tenants are behind in the groups that come later.
        waiting: usize,
        /// How many connections work on them.
        workers: usize,
        /// How long it will take with all groups, judged by earlier runs; nothing, if there were none.
        #[serde(rename = "forecast_ms", serialize_with = "some_milliseconds")]
        forecast: Option<Duration>,
    },
    /// How far the stage is; told about once a second.
    Progress {
        /// How many of its tenants are done, or have failed.
        done: usize,
        /// How many tenants it began with.
        tenants: usize,
        /// How long the others will take, at the pace so far.
        #[serde(rename = "left_ms", serialize_with = "milliseconds")]
        left: Duration,
    },
    /// A rollout group is done, and nothing more is begun for a while.
    Bake {
        /// The group.
        group: String,
        /// For how long.
        #[serde(rename = "left_ms", serialize_with = "milliseconds")]
        left: Duration,
    },
    /// It was asked whether all is well after a rollout group.
    Health {
        /// The group.
        group: String,
        /// The complaint, if there is any.
        error: Option<String>,
    },
    /// The run was paused from elsewhere: nothing more is begun until it is resumed.
    Paused,
    /// The run goes on after a pause.
    Resumed,
    /// The shared part of a migration was applied or rolled back, or failed.
    Shared(SharedReport),
    /// A tenant was migrated or rolled back, or that failed.
    Tenant(TenantReport),
    /// A tenant, or the shared schema, is tried again later, because a lock was not to be had.
    Retry {
        /// The tenant's key; none for the shared schema.
        tenant: Option<TenantKey>,
        /// How often it was tried so far.
        attempts: usize,
        /// When it is tried again.
        #[serde(rename = "after_ms", serialize_with = "milliseconds")]
        after: Duration,
        /// Why it did not work.
        why: Failure,
    },
    /// A statement that is done in batches is this far; told about once a second, and when it is done.
    Batch {
        /// The tenant's key; none for the shared schema.
        tenant: Option<TenantKey>,
        /// The migration.
        migration: String,
        /// The table whose rows the batches are of.
        table: String,
        /// How many of its rows are done.
        rows: i64,
        /// About how many there were when it began, if that is known.
        about: Option<i64>,
    },
    /// The run can't go on because others have something locked, for which it has waited for some seconds.
    Waiting {
        /// The tenant, or the shared schema.
        what: String,
        /// The session that has it locked.
        who: String,
    },
    /// The run is over.
    Finished(Report),
}

#[cfg(feature = "cli")]
impl Event {
    /// Puts the words of whoever refused them into the messages of failures, values of rows included.
    pub(crate) fn with_details(mut self) -> Self {
        let tell = |failure: &mut Failure| {
            if let Some(details) = failure.details.take() {
                failure.message = format!("{}\nin full: {details}", failure.message);
            }
        };
        match &mut self {
            Self::Shared(shared) => shared.error.iter_mut().for_each(tell),
            Self::Tenant(tenant) => tenant.error.iter_mut().for_each(tell),
            Self::Retry { why, .. } => tell(why),
            Self::Finished(report) => {
                let shared = report
                    .shared
                    .iter_mut()
                    .flat_map(|shared| &mut shared.error);
                let tenants = report
                    .failed
                    .iter_mut()
                    .flat_map(|tenant| &mut tenant.error);
                shared.chain(tenants).for_each(tell);
            }
            _ => {}
        }
        self
    }
}

/// Who is told of the events of a run, from whichever thread they happen in.
#[derive(Clone, Default)]
pub(crate) struct Observer(Option<Arc<Observe>>);

type Observe = dyn Fn(&Event) + Send + Sync;

impl Observer {
    pub(crate) fn new(observe: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(observe)))
    }

    pub(crate) fn tell(&self, event: &Event) {
        if let Some(observe) = &self.0 {
            observe(event);
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Observer" } else { "None" })
    }
}
