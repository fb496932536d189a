//! Where everything is.

pub(super) mod contradictions;
pub(super) mod queries;
pub(super) mod tenant;

use std::time::{Duration, SystemTime};

use postgres::Client;
use serde::{Serialize, Serializer};

use self::queries::{Count, Samples, counts, samples};
use self::tenant::{Sample, TenantStatus, some_seconds};
use super::chain::{Chain, Migration};
use super::fleet::pending::seconds_each;
use super::plan::stage::{last_tenant_part, tenant_parts};
use super::recorded;
use super::recorded::booked;
use super::recorded::compare::{ChainDifference, describe};
use super::recorded::migration::RecordedMigration;
use super::recorded::repair::differ;
use super::report::phase::Phase;
use super::report::some_milliseconds;
use super::rollout::Rollout;
use super::rollout::forecast;
use super::rollout::groups::groups;
use crate::bookkeeping;
use crate::error::Result;
use crate::model::PlacementKind;
use crate::name::SchemaName;
use crate::tenant::{Standbys, TenantState, standbys};

/// The positions of the shared schema and the fleet, measured by the chain.
///
/// It takes the same few statements, and about the same memory, however many tenants there are.
///
/// ```no_run
/// use tenantry::Database;
/// use tenantry::migrate::Chain;
///
/// # fn is_ready(db: &Database) -> tenantry::Result<bool> {
/// let status = db.migrator(Chain::open("migrations")?).status()?;
/// for at in &status.versions {
///     println!("{} tenants are at {}, and lack {:?}", at.tenants, at.position, at.pending);
/// }
/// # Ok(
/// status.is_up_to_date()
/// # )
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Status {
    /// When this was so.
    #[serde(serialize_with = "seconds")]
    pub at: SystemTime,
    /// Whether the database was ever migrated.
    pub is_migrated: bool,
    /// The shared schema.
    pub shared_schema: SchemaName,
    /// The position of the last migration that is applied to the shared schema; 0 before the first.
    pub shared_position: i32,
    /// The position up to which new tenants are made.
    pub tenant_position: i32,
    /// The migrations of the chain, in order.
    pub migrations: Vec<MigrationStatus>,
    /// At which versions there are tenants that migrations include, the newest first.
    pub versions: Vec<VersionStatus>,
    /// In which states there are tenants, standbys included.
    pub states: Vec<StateStatus>,
    /// The schemas that wait for a tenant.
    pub standbys: Standbys,
    /// The tenants that lack migrations, those that are furthest behind first. Standbys are not among them.
    pub behind: Sample,
    /// The tenants that a migration failed for, unless they have got there since.
    pub failed: Sample,
    /// The tenants that are half-way through a migration that is not one transaction.
    pub half_way: Sample,
    /// The tenants that migrations leave out, because they are being dropped.
    pub left_out: Sample,
    /// The tenants whose schema is not there: somebody dropped or renamed it without telling the registry.
    pub missing: Sample,
    /// How long a run will take, judged by earlier runs and by the groups of the rollout; nothing, if there were none.
    #[serde(rename = "forecast_ms", serialize_with = "some_milliseconds")]
    pub forecast: Option<Duration>,
    /// Migrations that the database has and the chain has not: a newer version of the application was here.
    pub ahead: Vec<String>,
    /// The parts that were changed after they were applied.
    pub conflicts: Vec<String>,
}

/// The places where a migration is applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MigrationStatus {
    /// The migration's place in the chain.
    pub position: i32,
    /// The migration's id.
    pub id: String,
    /// Whether running versions of the application can live with it.
    pub phase: Phase,
    /// Whether the SQL was written or edited by hand.
    pub is_edited: bool,
    /// The shared part, if it has one.
    pub shared: Option<PartStatus>,
    /// The tenant part, if it has one. Standbys are not counted.
    pub tenant: Option<PartStatus>,
}

/// The number of schemas to which a part of a migration is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PartStatus {
    /// To how many it is applied.
    pub applied: usize,
    /// To how many it is not.
    pub pending: usize,
}

/// The tenants at a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct VersionStatus {
    /// The position of the last migration that is applied to them; 0 before the first.
    pub position: i32,
    /// The id of that migration, unless it is known neither to the chain nor to the database.
    pub migration: Option<String>,
    /// How many tenants are there, without standbys.
    pub tenants: usize,
    /// How many standbys are there.
    pub standbys: usize,
    /// For how many of both a migration failed.
    pub failed: usize,
    /// The ids of the migrations that they lack.
    pub pending: Vec<String>,
    /// When the first of these was recorded in the database, which is when others began to get it.
    #[serde(serialize_with = "some_seconds")]
    pub behind_since: Option<SystemTime>,
}

/// The tenants in a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StateStatus {
    /// The state.
    pub state: TenantState,
    /// How many tenants are in it.
    pub tenants: usize,
}

impl Status {
    /// Tells whether a run would find nothing to do.
    pub fn is_up_to_date(&self) -> bool {
        let done = |part: Option<PartStatus>| part.is_none_or(|part| part.pending == 0);
        let parts = self.migrations.iter();
        let last = parts.rev().find(|migration| migration.tenant.is_some());
        self.is_migrated
            && last.is_none_or(|last| self.tenant_position >= last.position)
            && self
                .migrations
                .iter()
                .all(|migration| done(migration.shared) && done(migration.tenant))
            && self.versions.iter().all(|at| at.pending.is_empty())
    }

    /// The number of tenants that migrations include, without standbys.
    pub fn tenants(&self) -> usize {
        self.versions.iter().map(|at| at.tenants).sum()
    }

    /// The number of tenants at a version, and what they lack.
    pub fn version(&self, position: i32) -> Option<&VersionStatus> {
        self.versions.iter().find(|at| at.position == position)
    }

    fn before_the_first(shared: &SchemaName) -> Self {
        Self {
            at: SystemTime::now(),
            is_migrated: false,
            shared_schema: shared.clone(),
            shared_position: 0,
            tenant_position: 0,
            migrations: Vec::new(),
            versions: Vec::new(),
            states: Vec::new(),
            standbys: Standbys::default(),
            behind: Sample::default(),
            failed: Sample::default(),
            half_way: Sample::default(),
            left_out: Sample::default(),
            missing: Sample::default(),
            forecast: None,
            ahead: Vec::new(),
            conflicts: Vec::new(),
        }
    }
}

/// Reads where everything is.
pub(crate) fn status(
    client: &mut Client,
    chain: &Chain,
    shared: &SchemaName,
    rollout: &Rollout,
) -> Result<Status> {
    let mut status = Status::before_the_first(shared);
    if bookkeeping::exists(client, shared)? {
        read(client, chain, &mut status)?;
        if status.versions.iter().any(|at| !at.pending.is_empty()) {
            let reach = last(chain, &recorded::read(client)?.migrations);
            status.forecast = forecast(client, chain, rollout, reach)?;
        }
    }
    status.migrations = chain
        .migrations()
        .iter()
        .map(|migration| migration_status(migration, &status))
        .collect();
    Ok(status)
}

fn read(client: &mut Client, chain: &Chain, status: &mut Status) -> Result<()> {
    let recorded = recorded::read(client)?;
    let ChainDifference {
        ahead,
        conflicts,
        squashed,
        ..
    } = differ(client, chain, &recorded.migrations)?;
    // Whoever has all that another migration takes the place of has that.
    let booked = |placement, version| booked(&squashed, placement, version);
    status.is_migrated = true;
    status.shared_position = booked(PlacementKind::Shared, recorded.meta.shared_version);
    status.tenant_position = booked(PlacementKind::Tenant, recorded.meta.tenant_version);
    status.ahead = ahead;
    status.conflicts = conflicts
        .iter()
        .map(|conflict| describe(chain, conflict))
        .collect();
    status.standbys = standbys(client)?;
    let last = last(chain, &recorded.migrations);
    let mut counts = counts(client, last)?;
    for count in &mut counts {
        count.version = booked(PlacementKind::Tenant, count.version);
    }
    status.versions = versions(&counts, chain, &recorded.migrations);
    status.states = states(&counts);
    let last_on_disk = last_tenant_part(chain, chain.last());
    let Samples {
        mut behind,
        failed,
        half_way,
        left_out,
        missing,
    } = samples(client, last, last_on_disk)?;
    behind.retain(|it| booked(PlacementKind::Tenant, it.position) < last_on_disk);
    let number = |of: fn(&Count) -> usize| counts.iter().map(of).sum();
    status.failed = sample(number(|count| count.failed), failed);
    status.half_way = sample(number(|count| count.half_way), half_way);
    status.missing = sample(number(|count| count.missing), missing);
    let is_left_out = |count: &&Count| !count.state.is_migrated();
    let out = counts.iter().filter(is_left_out).map(|count| count.tenants);
    status.left_out = sample(out.sum(), left_out);
    let lack = |at: &&VersionStatus| !at.pending.is_empty();
    let lacking = status.versions.iter().filter(lack).map(|at| at.tenants);
    status.behind = sample(lacking.sum(), behind);
    Ok(())
}

fn forecast(
    client: &mut Client,
    chain: &Chain,
    rollout: &Rollout,
    reach: i32,
) -> Result<Option<Duration>> {
    let groups = groups(
        client,
        rollout,
        last_tenant_part(chain, chain.last()),
        reach,
    )?;
    let behind = groups.iter().map(|group| group.behind).enumerate();
    let behind: Vec<_> = behind.collect();
    Ok(forecast::forecast(seconds_each(client)?, &behind, rollout))
}

fn sample(count: usize, first: Vec<TenantStatus>) -> Sample {
    // The two were read one after the other.
    let count = count.max(first.len());
    Sample { count, first }
}

/// The position of the last part for tenants that either the chain has, or the database with tenants that have it.
pub(crate) fn last(chain: &Chain, recorded: &[RecordedMigration]) -> i32 {
    let applied = |found: &&RecordedMigration| found.tenant.as_ref().is_some_and(|it| it.applied);
    let found = recorded.iter().rev().find(applied);
    let on_disk = last_tenant_part(chain, chain.last());
    found.map_or(on_disk, |found| found.position.max(on_disk))
}

fn versions(counts: &[Count], chain: &Chain, recorded: &[RecordedMigration]) -> Vec<VersionStatus> {
    let mut versions: Vec<VersionStatus> = Vec::new();
    for count in counts.iter().filter(|count| count.state.is_migrated()) {
        let known = versions.iter().position(|at| at.position == count.version);
        let place = known.unwrap_or_else(|| {
            versions.push(version(count, chain, recorded));
            versions.len() - 1
        });
        let at = &mut versions[place];
        at.failed += count.failed;
        match count.state {
            TenantState::Standby => at.standbys += count.tenants,
            _ => at.tenants += count.tenants,
        }
    }
    versions.sort_by_key(|at| std::cmp::Reverse(at.position));
    versions
}

fn version(count: &Count, chain: &Chain, recorded: &[RecordedMigration]) -> VersionStatus {
    let position = count.version;
    let pending: Vec<String> = tenant_parts(chain, position, chain.last())
        .map(|migration| migration.id().to_owned())
        .collect();
    let on_disk = chain.at(position).map(Migration::id);
    let known = || recorded.iter().find(|found| found.position == position);
    let migration = on_disk.or_else(|| Some(known()?.id.as_str()));
    VersionStatus {
        position,
        migration: migration.map(str::to_owned),
        tenants: 0,
        standbys: 0,
        failed: 0,
        behind_since: count.behind_since.filter(|_| !pending.is_empty()),
        pending,
    }
}

fn states(counts: &[Count]) -> Vec<StateStatus> {
    let number = |state| {
        let those = counts.iter().filter(|count| count.state == state);
        those.map(|count| count.tenants).sum()
    };
    let all = TenantState::ALL.map(|state| StateStatus {
        state,
        tenants: number(state),
    });
    all.into_iter().filter(|state| state.tenants > 0).collect()
}

fn migration_status(migration: &Migration, status: &Status) -> MigrationStatus {
    let position = migration.position();
    let shared = migration.shared().map(|_| {
        let applied = usize::from(status.shared_position >= position);
        PartStatus {
            applied,
            pending: 1 - applied,
        }
    });
    let tenant = migration.tenant().map(|_| {
        let there = status.versions.iter().filter(|at| at.position >= position);
        let applied = there.map(|at| at.tenants).sum();
        PartStatus {
            applied,
            pending: status.tenants() - applied,
        }
    });
    MigrationStatus {
        position,
        id: migration.id().to_owned(),
        phase: migration.phase(),
        is_edited: migration.is_edited(),
        shared,
        tenant,
    }
}

/// A program that reads JSON takes seconds since the beginning of 1970.
fn seconds<S: Serializer>(
    time: &SystemTime,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    some_seconds(&Some(*time), serializer)
}
