//! Where everything is.

use postgres::Client;
use serde::Serialize;

use super::chain::{Chain, Migration};
use super::compare::{Difference, compare, describe};
use super::manifest::Phase;
use super::plan::tenant_parts;
use super::recorded;
use crate::bookkeeping::{self, explain};
use crate::error::Result;
use crate::name::{SchemaName, TenantKey};
use crate::tenant::TenantState;

/// Where the shared schema and each tenant are, measured by the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Status {
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
    /// The tenants, in the order in which they were created.
    pub tenants: Vec<TenantStatus>,
    /// Migrations that the database has and the chain has not: a newer version of the application was here.
    pub ahead: Vec<String>,
    /// What was changed after it was applied.
    pub conflicts: Vec<String>,
}

/// Where a migration is applied.
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
    /// The tenant part, if it has one.
    pub tenant: Option<PartStatus>,
}

/// To how many schemas a part of a migration is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PartStatus {
    /// To how many it is applied.
    pub applied: usize,
    /// To how many it is not.
    pub pending: usize,
}

/// Where a tenant is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TenantStatus {
    /// The tenant's key.
    pub key: TenantKey,
    /// The tenant's schema.
    pub schema: SchemaName,
    /// The tenant's state. Migrations leave out those that are being made or dropped.
    pub state: TenantState,
    /// The position of the last migration that is applied to the schema; 0 before the first.
    pub position: i32,
    /// The ids of the migrations that it lacks.
    pub pending: Vec<String>,
    /// Why its last migration failed, unless one has succeeded since.
    pub error: Option<String>,
}

impl Status {
    /// Whether a run would find nothing to do.
    pub fn is_up_to_date(&self) -> bool {
        let done = |part: Option<PartStatus>| part.is_none_or(|part| part.pending == 0);
        self.is_migrated
            && self
                .migrations
                .iter()
                .all(|migration| done(migration.shared) && done(migration.tenant))
    }

    /// The tenants that lack migrations.
    pub fn behind(&self) -> impl Iterator<Item = &TenantStatus> {
        self.tenants
            .iter()
            .filter(|tenant| tenant.state.is_migrated() && !tenant.pending.is_empty())
    }

    /// The tenants whose last migration failed.
    pub fn failed(&self) -> impl Iterator<Item = &TenantStatus> {
        self.tenants.iter().filter(|tenant| tenant.error.is_some())
    }
}

/// Reads where everything is.
pub(super) fn status(client: &mut Client, chain: &Chain, shared: &SchemaName) -> Result<Status> {
    let is_migrated = bookkeeping::exists(client, shared)?;
    let mut positions = (0, 0);
    let mut difference = Difference::default();
    let mut tenants = Vec::new();
    if is_migrated {
        let recorded = recorded::read(client)?;
        positions = (recorded.meta.shared_version, recorded.meta.tenant_version);
        difference = compare(chain, &recorded.migrations);
        tenants = self::tenants(client)?;
    }
    let (shared_position, tenant_position) = positions;
    for tenant in &mut tenants {
        tenant.pending = tenant_parts(chain, tenant.position, chain.last())
            .map(|migration| migration.id().to_owned())
            .collect();
    }
    Ok(Status {
        is_migrated,
        shared_schema: shared.clone(),
        shared_position,
        tenant_position,
        migrations: chain
            .migrations()
            .iter()
            .map(|migration| migration_status(migration, shared_position, &tenants))
            .collect(),
        tenants,
        ahead: difference.ahead,
        conflicts: difference
            .conflicts
            .iter()
            .map(|conflict| describe(chain, conflict))
            .collect(),
    })
}

fn migration_status(
    migration: &Migration,
    shared_position: i32,
    tenants: &[TenantStatus],
) -> MigrationStatus {
    let position = migration.position();
    let shared = migration.shared().map(|_| {
        let applied = usize::from(shared_position >= position);
        PartStatus {
            applied,
            pending: 1 - applied,
        }
    });
    let tenant = migration.tenant().map(|_| {
        let migrated = tenants.iter().filter(|tenant| tenant.state.is_migrated());
        let (done, behind): (Vec<_>, Vec<_>) =
            migrated.partition(|tenant| tenant.position >= position);
        PartStatus {
            applied: done.len(),
            pending: behind.len(),
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

/// Reads where the tenants are.
pub(super) fn tenants(client: &mut Client) -> Result<Vec<TenantStatus>> {
    let rows = client
        .query_typed(
            "SELECT key, schema_name, state, version, last_error FROM tenantry.tenant ORDER BY id",
            &[],
        )
        .map_err(explain)?;
    rows.iter()
        .map(|row| {
            Ok(TenantStatus {
                key: TenantKey::new(row.try_get::<_, &str>(0)?)?,
                schema: SchemaName::new(row.try_get::<_, &str>(1)?)?,
                state: row.try_get::<_, &str>(2)?.parse()?,
                position: row.try_get(3)?,
                pending: Vec::new(),
                error: row.try_get(4)?,
            })
        })
        .collect()
}
