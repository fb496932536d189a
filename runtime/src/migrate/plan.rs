//! The next stage, and the plan of a run: pure functions of the chain and of where everything is.

use crate::bookkeeping;
use crate::error::{Error, ErrorKind, Result};
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
    /// The step that would not be taken, because tenants that were not selected are behind.
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

/// The work before the next barrier, and the barrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stage {
    /// The position that every tenant is to be at.
    pub(super) tenants_to: i32,
    /// The shared part that comes then.
    pub(super) then_shared: Option<i32>,
}

/// Finds the next stage for a shared schema at this version.
pub(super) fn stage(chain: &Chain, shared_version: i32, target: i32) -> Stage {
    let within = |migration: &&Migration| migration.position() <= target;
    let then_shared = chain
        .migrations()
        .iter()
        .filter(within)
        .find(|migration| migration.shared().is_some() && migration.position() > shared_version)
        .map(Migration::position);
    let limit = then_shared.map_or(target, |position| position - 1);
    Stage {
        tenants_to: last_tenant_part(chain, limit),
        then_shared,
    }
}

/// The position of the last tenant part up to a position.
pub(super) fn last_tenant_part(chain: &Chain, limit: i32) -> i32 {
    chain
        .migrations()
        .iter()
        .rev()
        .find(|migration| migration.tenant().is_some() && migration.position() <= limit)
        .map_or(0, Migration::position)
}

/// The migrations whose tenant parts lead from one version to another.
pub(super) fn tenant_parts(chain: &Chain, from: i32, to: i32) -> impl Iterator<Item = &Migration> {
    chain
        .migrations()
        .iter()
        .filter(move |migration| migration.position() > from && migration.position() <= to)
        .filter(|migration| migration.tenant().is_some())
}

/// Where a tenant is, and whether it is one of those to migrate.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub(super) key: TenantKey,
    pub(super) version: i32,
    pub(super) selected: bool,
    /// The place of the tenant's group in the rollout.
    pub(super) place: usize,
    pub(super) schema: SchemaName,
    /// How far the migration after the version is, if it is not done in one transaction.
    pub(super) step: i32,
}

/// Goes through the stages up to the target.
pub(super) fn steps(
    chain: &Chain,
    mut shared_version: i32,
    mut tenants: Vec<Standing>,
    target: i32,
    rollout: &Rollout,
) -> (Vec<Step>, Option<Blocked>) {
    let mut steps = Vec::new();
    loop {
        let stage = stage(chain, shared_version, target);
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
        let Some(shared) = stage.then_shared else {
            return (steps, None);
        };
        let migration = chain.at(shared).map_or("", Migration::id).to_owned();
        if tenants
            .iter()
            .any(|tenant| tenant.version < stage.tenants_to)
        {
            return (steps, Some(Blocked { migration }));
        }
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

/// Refuses a target that is behind where the database is.
pub(super) fn check_target(chain: &Chain, meta: &bookkeeping::Meta, target: i32) -> Result<()> {
    if target == chain.last() || meta.shared_version.max(meta.tenant_version) <= target {
        return Ok(());
    }
    let id = chain.at(target).map_or("", Migration::id);
    Err(Error::new(
        ErrorKind::Migration,
        format!("the database is past `{id}` already\nhelp: roll back to `{id}` instead"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `s` has a shared part, `t` a tenant part, `b` both.
    fn chain(parts: &str) -> Chain {
        let mut files = Vec::new();
        for (number, part) in (1..).zip(parts.chars()) {
            let id = format!("{number:04}_{part}");
            files.push((
                format!("{id}/migration.toml"),
                format!("format = 1\nid = \"{id}\""),
            ));
            if part != 't' {
                files.push((format!("{id}/shared.up.sql"), "SELECT 1".to_owned()));
            }
            if part != 's' {
                files.push((format!("{id}/tenant.up.sql"), "SELECT 1".to_owned()));
            }
        }
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(p, t)| (p.as_str(), t.as_str()))
            .collect();
        Chain::from_files(&files).unwrap()
    }

    fn at(key: &str, version: i32) -> Standing {
        Standing {
            key: TenantKey::new(key).unwrap(),
            version,
            selected: true,
            place: 0,
            schema: SchemaName::new("some").unwrap(),
            step: 0,
        }
    }

    fn shown(steps: &[Step]) -> Vec<String> {
        let group = |group: &Group| {
            let tenants: Vec<&str> = group.tenants.iter().map(TenantKey::as_str).collect();
            format!("{}: {}", tenants.join(" "), group.migrations.join(" "))
        };
        steps
            .iter()
            .map(|step| match step {
                Step::Shared { migration } => format!("shared: {migration}"),
                Step::Tenants { groups, .. } => {
                    groups.iter().map(group).collect::<Vec<_>>().join("; ")
                }
            })
            .collect()
    }

    #[test]
    fn shared_parts_are_barriers_between_the_parts_of_tenants() {
        let chain = chain("bttsbt");
        let (steps, blocked) = steps(
            &chain,
            0,
            vec![at("a", 0), at("b", 0)],
            6,
            &Rollout::default(),
        );
        assert_eq!(
            shown(&steps),
            [
                "shared: 0001_b",
                "a b: 0001_b 0002_t 0003_t",
                "shared: 0004_s",
                "shared: 0005_b",
                "a b: 0005_b 0006_t",
            ]
        );
        assert_eq!(blocked, None);
    }

    #[test]
    fn a_run_of_tenant_parts_spans_shared_parts_that_are_applied() {
        let chain = chain("tsts");
        let (steps, _) = steps(
            &chain,
            4,
            vec![at("a", 0), at("b", 1), at("c", 3)],
            4,
            &Rollout::default(),
        );
        assert_eq!(shown(&steps), ["a: 0001_t 0003_t; b: 0003_t"]);
    }

    #[test]
    fn a_barrier_is_not_crossed_while_somebody_is_behind() {
        let chain = chain("tst");
        let mut other = at("b", 0);
        other.selected = false;
        let (steps, blocked) = steps(&chain, 0, vec![at("a", 0), other], 3, &Rollout::default());
        assert_eq!(shown(&steps), ["a: 0001_t"]);
        assert_eq!(blocked.unwrap().migration, "0002_s");
    }

    #[test]
    fn a_target_ends_the_plan() {
        let chain = chain("tsts");
        let (steps, _) = steps(&chain, 0, vec![at("a", 0)], 2, &Rollout::default());
        assert_eq!(shown(&steps), ["a: 0001_t", "shared: 0002_s"]);
    }

    #[test]
    fn a_database_at_the_end_has_nothing_to_do() {
        let chain = chain("bts");
        let (steps, blocked) = steps(&chain, 3, vec![at("a", 2)], 3, &Rollout::default());
        assert_eq!((steps, blocked), (Vec::new(), None));
    }
}
