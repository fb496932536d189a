//! The plan of a run, and its next stage: pure functions of the chain and of where everything is.

pub(super) mod phases;
pub(super) mod stage;
#[cfg(test)]
mod tests;

use self::stage::{Reached, stage, tenant_parts};
use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::chain::{Chain, Migration};
use super::report::{Blocked, LeftOut, some_milliseconds};
use super::rollout::Rollout;
use super::rollout::forecast::forecast;
use crate::name::{SchemaName, TenantKey};

/// The plan of a run, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// Whether the bookkeeping schema and the shared schema would be made first.
    pub creates_bookkeeping: bool,
    /// The steps.
    pub steps: Vec<Step>,
    /// How long the tenants will take, judged by earlier runs; nothing, if there were none.
    #[serde(rename = "forecast_ms", serialize_with = "some_milliseconds")]
    pub forecast: Option<Duration>,
    /// The migration that would not be reached: tenants that were not selected are behind, or the phase is not its own.
    pub blocked: Option<Blocked>,
    /// Tenants that are left out because of their state.
    pub left_out: Vec<LeftOut>,
    /// Migrations that the database has and the chain has not: a newer version of the application was here.
    pub ahead: Vec<String>,
    /// The SQL of the steps, each part once, in the order of the chain.
    pub parts: Vec<PlannedPart>,
}

/// The SQL of a part of a migration that is to be applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PlannedPart {
    /// The file's path below the folder of the chain.
    pub file: String,
    /// How many schemas get it.
    pub schemas: usize,
    /// The first of them.
    pub schema: SchemaName,
    /// The SQL, as that schema gets it.
    pub sql: String,
}

impl Plan {
    /// Tells whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && !self.creates_bookkeeping
    }

    /// The number of bytes of SQL that the tenants get, all together.
    pub fn sql_bytes(&self) -> usize {
        let groups = self.steps.iter().flat_map(Step::groups);
        groups
            .map(|group| group.sql_bytes * group.tenants.len())
            .sum()
    }

    /// How long the tenants in some steps will take, when each takes so many seconds.
    pub(super) fn forecast(
        steps: &[Step],
        each: Option<f64>,
        rollout: &Rollout,
    ) -> Option<Duration> {
        let steps = steps.iter().filter_map(|step| match step {
            Step::Tenants { rollout: name, .. } => {
                let tenants: usize = step.groups().iter().map(|it| it.tenants.len()).sum();
                let place = name.as_deref().map_or(0, |name| rollout.place(name));
                Some((place, tenants))
            }
            Step::Shared { .. } => None,
        });
        forecast(each, &steps.collect::<Vec<_>>(), rollout)
    }
}

/// A step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Step {
    /// The shared part of a migration.
    Shared {
        /// The migration's id.
        migration: String,
    },
    /// The tenant parts between two shared ones.
    Tenants {
        /// The rollout group, if there are groups.
        rollout: Option<String>,
        /// Tenants that are at the same version, and so need the same.
        groups: Vec<Group>,
    },
}

impl Step {
    /// The tenants of the step that need the same; none for a shared part.
    pub fn groups(&self) -> &[Group] {
        match self {
            Self::Shared { .. } => &[],
            Self::Tenants { groups, .. } => groups,
        }
    }
}

/// Tenants that need the same migrations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Group {
    /// The ids of the migrations, which each tenant gets in one transaction.
    pub migrations: Vec<String>,
    /// How many bytes of SQL each tenant gets.
    pub sql_bytes: usize,
    /// The tenants' keys.
    pub tenants: Vec<TenantKey>,
}

/// Where a tenant is, and whether it is one of those to migrate.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub(super) key: TenantKey,
    pub(super) version: i32,
    pub(super) selected: bool,
    /// Whether anybody works with it.
    pub(super) is_active: bool,
    /// The place of the tenant's group in the rollout.
    pub(super) place: usize,
    pub(super) schema: SchemaName,
    /// How far the migration after the version is, if it is not done in one transaction.
    pub(super) step: i32,
}

/// Goes through the stages up to the target.
pub(super) fn steps(
    chain: &Chain,
    (mut shared_version, new_tenants): (i32, i32),
    mut tenants: Vec<Standing>,
    target: i32,
    rollout: &Rollout,
) -> (Vec<Step>, Option<Blocked>) {
    let mut steps = Vec::new();
    loop {
        let active = tenants.iter().filter(|tenant| tenant.is_active);
        let reached = Reached {
            shared: shared_version,
            new_tenants,
            active: active.map(|tenant| tenant.version).min(),
        };
        let stage = stage(chain, reached, target);
        let mut places: BTreeMap<usize, BTreeMap<i32, Vec<TenantKey>>> = BTreeMap::new();
        for tenant in &mut tenants {
            if tenant.selected && tenant.version < stage.tenants_to {
                places
                    .entry(tenant.place)
                    .or_default()
                    .entry(tenant.version)
                    .or_default()
                    .push(tenant.key.clone());
                tenant.version = stage.tenants_to;
            }
        }
        for (place, groups) in places {
            let groups = groups
                .into_iter()
                .map(|(from, tenants)| group(chain, from, stage.tenants_to, tenants))
                .collect();
            let rollout = rollout.name(place);
            steps.push(Step::Tenants { rollout, groups });
        }
        let mut behind = tenants
            .iter()
            .filter(|tenant| tenant.version < stage.tenants_to);
        if stage.then_contract.is_some() {
            if behind.any(|tenant| tenant.is_active) {
                return (steps, stage.blocked(chain));
            }
            continue;
        }
        let Some(shared) = stage.then_shared else {
            return (steps, None);
        };
        if behind.next().is_some() {
            return (steps, stage.blocked(chain));
        }
        let migration = chain.at(shared).map_or("", Migration::id).to_owned();
        steps.push(Step::Shared { migration });
        shared_version = shared;
    }
}

fn group(chain: &Chain, from: i32, to: i32, tenants: Vec<TenantKey>) -> Group {
    let parts = || tenant_parts(chain, from, to);
    let sql = parts().filter_map(|migration| Some(migration.tenant()?.up().len()));
    Group {
        migrations: parts().map(|migration| migration.id().to_owned()).collect(),
        sql_bytes: sql.sum(),
        tenants,
    }
}
