//! Migrations that take the place of recorded ones: who has a part of these only, and how those who have all of them are booked.

use std::collections::VecDeque;

use postgres::types::{ToSql, Type};
use postgres::{GenericClient, Transaction};

use super::migration::RecordedMigration;
use super::written::insert;
use crate::bookkeeping::application::running;
use crate::bookkeeping::facts::STANDBY_PREFIX;
use crate::bookkeeping::{LEFT_OUT, digest, explain, fits};
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::chain::manifest::Replaced;
use crate::migrate::chain::migration::checksum_of;
use crate::migrate::chain::{Migration, Part};
use crate::migrate::report::phase::Phase;
use crate::model::PlacementKind;

/// How many schemas a message names.
const NAMED: usize = 5;

/// A migration that takes the place of recorded ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Squashed {
    id: String,
    first: i32,
    position: i32,
    /// The positions and ids of those that give their places up.
    before: Vec<(i32, String)>,
    last_shared: Option<i32>,
    last_tenant: Option<i32>,
    is_contract: bool,
}

impl Squashed {
    /// Compares recorded migrations with those whose place a migration takes; says what is different.
    pub(super) fn of(
        migration: &Migration,
        found: &[&RecordedMigration],
    ) -> std::result::Result<Self, String> {
        let mut left: VecDeque<&RecordedMigration> = found.iter().copied().collect();
        fit(migration.replaced(), &mut left)?;
        let last = |part: fn(&RecordedMigration) -> bool| {
            let mut those = found.iter().filter(|found| part(found));
            those.next_back().map(|found| found.position)
        };
        Ok(Self {
            id: migration.id().to_owned(),
            first: migration.first(),
            position: migration.position(),
            before: found
                .iter()
                .map(|found| (found.position, found.id.clone()))
                .collect(),
            last_shared: last(|found| found.shared.is_some()),
            last_tenant: last(|found| found.tenant.is_some()),
            is_contract: migration.phase() == Phase::Contract,
        })
    }

    /// One that would take the place of these migrations of the chain.
    pub(crate) fn planned(migrations: &[&Migration]) -> Option<Self> {
        let (first, last) = (migrations.first()?, migrations.last()?);
        let last_part = |placement| {
            let mut those = migrations.iter().filter(|it| it.part(placement).is_some());
            those.next_back().map(|it| it.position())
        };
        Some(Self {
            id: last.id().to_owned(),
            first: first.first(),
            position: last.position(),
            before: migrations
                .iter()
                .map(|it| (it.position(), it.id().to_owned()))
                .collect(),
            last_shared: last_part(PlacementKind::Shared),
            last_tenant: last_part(PlacementKind::Tenant),
            is_contract: migrations.iter().any(|it| it.phase() == Phase::Contract),
        })
    }

    /// Whether the shared schema, all tenants and new ones have all of it.
    pub(crate) fn is_everywhere(&self, client: &mut impl GenericClient) -> Result<bool> {
        let sql = format!(
            "SELECT ($1::int IS NULL OR m.shared_version >= $1) AND ($2::int IS NULL OR m.tenant_version >= $2 AND NOT EXISTS \
             (SELECT FROM tenantry.tenant AS t WHERE t.version < $2 AND t.state NOT IN {LEFT_OUT})) \
             FROM tenantry.meta AS m WHERE m.one = 1"
        );
        let params: [(&(dyn ToSql + Sync), Type); 2] = [
            (&self.last_shared, Type::INT4),
            (&self.last_tenant, Type::INT4),
        ];
        let row = client.query_typed_one(&sql, &params).map_err(explain)?;
        Ok(row.try_get(0)?)
    }

    /// The id of the migration.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The position of the migration.
    pub(super) fn position(&self) -> i32 {
        self.position
    }

    /// The position that a version is booked as.
    pub(crate) fn booked(&self, placement: PlacementKind, version: i32) -> i32 {
        let last = match placement {
            PlacementKind::Shared => self.last_shared,
            PlacementKind::Tenant => self.last_tenant,
        };
        match last {
            Some(last) if (last..self.position).contains(&version) => self.position,
            _ => version,
        }
    }

    /// Looks for schemas that have a part only of what gives its place up, or are half-way in it, and names them.
    pub(crate) fn find_within(&self, client: &mut impl GenericClient) -> Result<Option<String>> {
        let half_way = |part: &str, version: &str, step: &str| {
            format!(
                "{step} > 0 AND (SELECT min(g.position) FROM tenantry.migration AS g \
                 WHERE g.{part} IS NOT NULL AND g.position > {version}) BETWEEN $1 AND $4"
            )
        };
        let sql = format!(
            "SELECT who, version, count(*) OVER () FROM ( \
             SELECT 0 AS place, 'the shared schema' AS who, m.shared_version AS version FROM tenantry.meta AS m WHERE $2 IS NOT NULL \
             AND (m.shared_version >= $1 AND m.shared_version < $2 OR {} OR m.shared_version < $1 AND (m.tenant_version >= $1 \
             OR EXISTS (SELECT FROM tenantry.tenant AS t WHERE t.version >= $1 AND t.state NOT IN {LEFT_OUT}))) \
             UNION ALL SELECT 1, 'a new tenant', m.tenant_version FROM tenantry.meta AS m \
             WHERE m.tenant_version >= $1 AND m.tenant_version < $3 \
             UNION ALL SELECT 1 + t.id, CASE WHEN t.key LIKE '{STANDBY_PREFIX}%' THEN 'a standby' \
             ELSE pg_catalog.format('the tenant `%s`', t.key) END, t.version FROM tenantry.tenant AS t \
             WHERE t.state NOT IN {LEFT_OUT} AND $3 IS NOT NULL AND (t.version >= $1 AND t.version < $3 OR {}) \
             ) AS w ORDER BY place LIMIT {NAMED}",
            half_way("shared_up", "m.shared_version", "m.shared_step"),
            half_way("tenant_up", "t.version", "t.step"),
        );
        let params: [(&(dyn ToSql + Sync), Type); 4] = [
            (&self.first, Type::INT4),
            (&self.last_shared, Type::INT4),
            (&self.last_tenant, Type::INT4),
            (&self.position, Type::INT4),
        ];
        let rows = client.query_typed(&sql, &params).map_err(explain)?;
        let mut names = Vec::new();
        let mut number = 0;
        for row in &rows {
            let (who, version): (&str, i32) = (row.try_get(0)?, row.try_get(1)?);
            number = usize::try_from(row.try_get::<_, i64>(2)?).unwrap_or(usize::MAX);
            let reached = self.before.iter().rev().find(|(at, _)| *at <= version);
            names.push(match reached {
                Some((_, id)) => format!("{who} (up to `{id}`)"),
                None => format!("{who} (nothing, or the beginning of one)"),
            });
        }
        if number > names.len() {
            names.push(format!("{} more", number - names.len()));
        }
        Ok((!names.is_empty()).then(|| names.join(", ")))
    }

    /// The error for schemas that have a part only.
    pub(super) fn within(&self, who: &str) -> String {
        let id = &self.id;
        let [first, last] = [self.before.first(), self.before.last()]
            .map(|end| end.map_or("", |(_, id)| id.as_str()));
        format!(
            "`{id}` takes the place of `{first}` to `{last}`, and not all of these is applied to {who}\n\
             help: migrate to `{last}` with the release before `{id}`, whose chain has the migrations themselves; then with this one"
        )
    }

    /// Refuses to book what takes something away as long as a version of the application runs that knows some of it only: by the
    /// number of the whole it would be told that it is outdated.
    pub(crate) fn refuse_running(&self, client: &mut impl GenericClient) -> Result<()> {
        if !self.is_contract {
            return Ok(());
        }
        let running = running(client)?;
        let known = running
            .iter()
            .find(|it| (self.first..self.position).contains(&it.known));
        match known {
            None => Ok(()),
            Some(it) => Err(Error::new(
                ErrorKind::Migration,
                format!(
                    "`{}` takes the place of migrations of which `{}` is running and knows those up to `{}` only\n\
                     help: wait until it is gone, or end it, and migrate again",
                    self.id, it.name, it.migration
                ),
            )),
        }
    }

    /// Has whoever has all of the former migrations have this one, which is not run: by one statement for the ledger of the whole fleet. Nobody is within.
    pub(super) fn book(&self, tx: &mut Transaction<'_>, migration: &Migration) -> Result<()> {
        let sql = format!(
            "SELECT b.version FROM tenantry.baseline AS b, tenantry.meta AS m \
             WHERE m.one = 1 AND b.sql IS NOT NULL AND b.version >= {} AND {}",
            self.first,
            fits()
        );
        let baseline = tx.query_typed_opt(&sql, &[]).map_err(explain)?;
        let baseline: Option<i32> = baseline.map(|row| row.try_get(0)).transpose()?;
        let checksum = |part: Option<&Part>| part.map(Part::checksum);
        let (first, position) = (self.first, self.position);
        tx.execute_typed(
            "WITH former AS (DELETE FROM tenantry.ledger AS l USING tenantry.migration AS g \
             WHERE g.position BETWEEN $1 AND $2 AND l.migration = g.id RETURNING l.tenant_id, l.applied_at) \
             INSERT INTO tenantry.ledger (migration, tenant_id, checksum, applied_at) \
             SELECT $3, tenant_id, CASE WHEN tenant_id = 0 THEN $4 ELSE $5 END, max(applied_at) FROM former GROUP BY tenant_id",
            &[
                (&first, Type::INT4),
                (&position, Type::INT4),
                (&self.id, Type::TEXT),
                (&checksum(migration.shared()), Type::TEXT),
                (&checksum(migration.tenant()), Type::TEXT),
            ],
        )?;
        tx.execute_typed(
            "DELETE FROM tenantry.migration WHERE position BETWEEN $1 AND $2",
            &[(&first, Type::INT4), (&position, Type::INT4)],
        )?;
        insert(tx, migration)?;
        self.move_versions(tx)?;
        tracing::info!(
            migration = self.id,
            "it is booked in the place of others for whoever has all of them"
        );
        if let Some(version) = baseline {
            // What new tenants are made of is the same, and that it is was compared.
            let to = self.booked(PlacementKind::Tenant, version);
            let sql = format!(
                "UPDATE tenantry.baseline SET version = {to}, digest = {}",
                digest(&to.to_string())
            );
            tx.execute_typed(&sql, &[])?;
        }
        Ok(())
    }

    /// Writes the position wherever one of a former migration stands.
    fn move_versions(&self, tx: &mut Transaction<'_>) -> Result<()> {
        let (first, to) = (self.first, self.position);
        let moved = |column: &str, last: Option<i32>| {
            let last = last.unwrap_or(to);
            format!("CASE WHEN {column} >= {last} AND {column} < {to} THEN {to} ELSE {column} END")
        };
        let within = |column: &str| format!("{column} >= {first} AND {column} < {to}");
        let statements = [
            format!(
                "UPDATE tenantry.tenant SET version = {}, failed_to = CASE WHEN {} THEN {to} ELSE failed_to END \
                 WHERE {} OR {}",
                moved("version", self.last_tenant),
                within("failed_to"),
                within("version"),
                within("failed_to"),
            ),
            format!(
                "UPDATE tenantry.meta SET shared_version = {}, tenant_version = {}",
                moved("shared_version", self.last_shared),
                moved("tenant_version", self.last_tenant),
            ),
            // Of several that become those of one position the last holds.
            format!(
                "DELETE FROM tenantry.provision AS p WHERE {} AND EXISTS (SELECT FROM tenantry.provision AS o \
                 WHERE o.position > p.position AND o.position <= {to})",
                within("p.position")
            ),
            format!(
                "UPDATE tenantry.provision SET position = {to} WHERE {}",
                within("position")
            ),
            format!(
                "DELETE FROM tenantry.rollout_group AS r WHERE {} AND EXISTS (SELECT FROM tenantry.rollout_group AS o \
                 WHERE o.name = r.name AND o.goal > r.goal AND o.goal <= {to})",
                within("r.goal")
            ),
            format!(
                "UPDATE tenantry.rollout_group SET goal = {to} WHERE {}",
                within("goal")
            ),
        ];
        Ok(tx.batch_execute(&statements.join(";\n"))?)
    }
}

/// Takes from recorded migrations those that are named, each as it was compared; or says what is different.
fn fit(
    replaced: &[Replaced],
    left: &mut VecDeque<&RecordedMigration>,
) -> std::result::Result<(), String> {
    for one in replaced {
        let Some(found) = left.front() else {
            return Err(format!("it has nothing of `{}` yet", one.id));
        };
        // It was not booked in the place of others yet.
        if found.id != one.id && !one.replaces.is_empty() {
            fit(&one.replaces, left)?;
            continue;
        }
        if found.id != one.id {
            return Err(format!(
                "it has `{}` in the place of `{}`",
                found.id, one.id
            ));
        }
        let [shared, tenant] =
            [&found.shared, &found.tenant].map(|part| part.as_ref().map(|it| it.checksum.as_str()));
        if checksum_of(shared, tenant) != one.checksum {
            return Err(format!("`{}` has other SQL there", one.id));
        }
        left.pop_front();
    }
    Ok(())
}
