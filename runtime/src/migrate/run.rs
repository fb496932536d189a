//! Running a chain over the shared schema and the fleet.

use std::collections::HashMap;
use std::time::Instant;

use postgres::Client;
use postgres::types::Type;

use super::batch::Batch;
use super::chain::{Chain, Migration, Part};
use super::compare::compare;
use super::migrator::check_target;
use super::plan::{Stage, stage};
use super::recorded::record;
use super::report::{Blocked, Failure, Report, SharedReport, TenantReport};
use super::survey::{CHUNK, Pending, Search, left_out, survey};
use crate::bookkeeping::{FileSql, Message, Meta, explain, is_overtaken, ledger_rows};
use crate::error::{Error, ErrorKind, Result};
use crate::name::TenantKey;

/// A run, with what it has done so far.
pub(super) struct Run<'a> {
    chain: &'a Chain,
    target: i32,
    only: Option<Vec<&'a str>>,
    report: Report,
    /// The tenants that failed. They are not tried again in this run.
    failed: Vec<i64>,
}

/// Whether there is more to do.
#[derive(PartialEq, Eq)]
enum Next {
    Again,
    Done,
}

impl<'a> Run<'a> {
    /// Prepares a run up to a position, for all tenants or some.
    pub(super) fn new(chain: &'a Chain, target: i32, only: Option<&'a [TenantKey]>) -> Self {
        Self {
            chain,
            target,
            only: only.map(|keys| keys.iter().map(TenantKey::as_str).collect()),
            report: Report::default(),
            failed: Vec::new(),
        }
    }

    /// Goes from stage to stage until nobody is behind, or nothing more can be done.
    ///
    /// Every round looks anew at where everything is, so that a tenant that was created meanwhile, or what another
    /// migrator does, is nothing special.
    pub(super) fn run(mut self, client: &mut Client) -> Result<Report> {
        let start = Instant::now();
        loop {
            let recorded = record(client, self.chain)?;
            check_target(self.chain, &recorded.meta, self.target)?;
            self.report.ahead = compare(self.chain, &recorded.migrations).ahead;
            let stage = stage(self.chain, recorded.meta.shared_version, self.target);
            if self.round(client, &recorded.meta, stage)? == Next::Done {
                break;
            }
        }
        self.report.left_out = left_out(client)?;
        self.report.duration = start.elapsed();
        Ok(self.report)
    }

    fn round(&mut self, client: &mut Client, meta: &Meta, stage: Stage) -> Result<Next> {
        let Some(behind) = self.migrate_tenants(client, meta, stage.tenants_to)? else {
            return Ok(Next::Again);
        };
        if behind {
            self.report.blocked = stage.then_shared.map(|position| Blocked {
                migration: self.chain.at(position).map_or("", Migration::id).to_owned(),
            });
            return Ok(Next::Done);
        }
        if meta.tenant_version < stage.tenants_to {
            release(client, meta, stage.tenants_to)?;
            return Ok(Next::Again);
        }
        match stage
            .then_shared
            .and_then(|position| self.chain.at(position))
        {
            Some(migration) => self.migrate_shared(client, meta, migration),
            None => Ok(Next::Done),
        }
    }

    /// Migrates the tenants that are behind a version. If there were none, tells whether others are.
    fn migrate_tenants(
        &mut self,
        client: &mut Client,
        meta: &Meta,
        to: i32,
    ) -> Result<Option<bool>> {
        let mut batches = HashMap::new();
        let mut after = 0;
        loop {
            let survey = survey(
                client,
                Search {
                    version: to,
                    after,
                    except: &self.failed,
                    only: self.only.as_deref(),
                },
            )?;
            if survey.meta != *meta {
                return Ok(None);
            }
            let Some(last) = survey.pending.last() else {
                return Ok((after == 0).then_some(survey.behind));
            };
            after = last.id;
            for tenant in &survey.pending {
                let batch = batches.entry(tenant.version).or_insert_with(|| {
                    Batch::new(self.chain, tenant.version, to, &meta.shared_schema)
                });
                self.migrate_tenant(client, meta, tenant, batch)?;
            }
            if survey.pending.len() < CHUNK {
                return Ok(None);
            }
        }
    }

    fn migrate_tenant(
        &mut self,
        client: &mut Client,
        meta: &Meta,
        tenant: &Pending,
        batch: &Batch,
    ) -> Result<()> {
        let start = Instant::now();
        let mut outcome = apply(client, meta, tenant, batch);
        // Each on its own, the tenant gets as far as it can, and the error names the one that fails.
        if batch.len() > 1 && matches!(&outcome, Err(error) if error.kind() == ErrorKind::Migration)
        {
            outcome = self.apply_singly(client, meta, tenant, batch.to());
        }
        let outcome = outcome.or_else(|error| Outcome::of_error(error, Vec::new()))?;
        let Outcome { migrations, error } = outcome;
        let error = error.map(|error| error.in_tenant(&tenant.key).in_schema(&tenant.schema));
        if let Some(error) = &error {
            tracing::warn!(tenant = %tenant.key, %error, "a tenant could not be migrated");
            self.failed.push(tenant.id);
            note(client, tenant, error)?;
        } else if migrations.is_empty() {
            return Ok(());
        }
        tracing::info!(tenant = %tenant.key, ?migrations, "migrated a tenant");
        self.report.tenants.push(TenantReport {
            key: tenant.key.clone(),
            schema: tenant.schema.clone(),
            migrations,
            error: error.as_ref().map(Failure::from),
            duration: start.elapsed(),
        });
        Ok(())
    }

    fn apply_singly(
        &self,
        client: &mut Client,
        meta: &Meta,
        tenant: &Pending,
        to: i32,
    ) -> Result<Outcome> {
        let mut tenant = tenant.clone();
        let mut done = Outcome::default();
        for single in Batch::singles(self.chain, tenant.version, to, &meta.shared_schema) {
            match apply(client, meta, &tenant, &single) {
                Ok(outcome) if outcome.migrations.is_empty() => break,
                Ok(outcome) => done.migrations.extend(outcome.migrations),
                Err(error) => return Outcome::of_error(error, done.migrations),
            }
            tenant.version = single.to();
        }
        Ok(done)
    }

    fn migrate_shared(
        &mut self,
        client: &mut Client,
        meta: &Meta,
        migration: &Migration,
    ) -> Result<Next> {
        let Some(part) = migration.shared() else {
            return Ok(Next::Done);
        };
        let start = Instant::now();
        let file = FileSql::new(
            migration.id(),
            "shared.up.sql",
            part.up(),
            &meta.shared_schema,
        );
        let mut message = Message::new(shared_control(meta, migration, part));
        message.add(&file, None);
        let error = match message.send(client) {
            Err(error) if is_overtaken(&error) => return Ok(Next::Again),
            Err(error) => {
                let error = message.diagnose(client, error);
                if error.kind() != ErrorKind::Migration {
                    return Err(error);
                }
                tracing::warn!(migration = migration.id(), %error, "the shared schema could not be migrated");
                Some(Failure::from(&error))
            }
            Ok(()) => {
                tracing::info!(migration = migration.id(), "migrated the shared schema");
                None
            }
        };
        let next = if error.is_some() {
            Next::Done
        } else {
            Next::Again
        };
        self.report.shared.push(SharedReport {
            migration: migration.id().to_owned(),
            error,
            duration: start.elapsed(),
        });
        Ok(next)
    }
}

/// What became of a tenant: nothing if another migrator got there first.
#[derive(Default)]
struct Outcome {
    migrations: Vec<String>,
    error: Option<Error>,
}

impl Outcome {
    /// A migration that fails is the tenant's failure; anything else is that of the run.
    fn of_error(error: Error, migrations: Vec<String>) -> Result<Self> {
        if error.kind() != ErrorKind::Migration {
            return Err(error);
        }
        Ok(Self {
            migrations,
            error: Some(error),
        })
    }
}

/// Sends a batch to a tenant.
fn apply(client: &mut Client, meta: &Meta, tenant: &Pending, batch: &Batch) -> Result<Outcome> {
    let message = batch.message(tenant, meta.edition);
    match message.send(client) {
        Ok(()) => Ok(Outcome {
            migrations: batch.ids().collect(),
            error: None,
        }),
        Err(error) if is_overtaken(&error) => Ok(Outcome::default()),
        // Several are tried again one by one.
        Err(error) if batch.len() > 1 => Err(message.explain(error)),
        Err(error) => Err(message.diagnose(client, error)),
    }
}

/// Writes down why a tenant could not be migrated, unless somebody has migrated it since.
fn note(client: &mut Client, tenant: &Pending, error: &Error) -> Result<()> {
    client
        .execute_typed(
            "UPDATE tenantry.tenant SET last_error = $1 WHERE id = $2 AND version >= $3",
            &[
                (&error.to_string(), Type::TEXT),
                (&tenant.id, Type::INT8),
                (&tenant.version, Type::INT4),
            ],
        )
        .map_err(explain)?;
    Ok(())
}

/// Lets new tenants be made at a version, now that nobody is behind it.
///
/// This waits for the tenants that are being created at the version before; they are behind then, and seen.
fn release(client: &mut Client, meta: &Meta, version: i32) -> Result<()> {
    client
        .execute_typed(
            "UPDATE tenantry.meta SET tenant_version = $1 \
             WHERE edition = $2 AND shared_version = $3 AND tenant_version = $4",
            &[
                (&version, Type::INT4),
                (&meta.edition, Type::INT8),
                (&meta.shared_version, Type::INT4),
                (&meta.tenant_version, Type::INT4),
            ],
        )
        .map_err(explain)?;
    Ok(())
}

/// The first statement of a shared step. It fails unless the database is as it was read.
fn shared_control(meta: &Meta, migration: &Migration, part: &Part) -> String {
    format!(
        "WITH m AS (UPDATE tenantry.meta SET shared_version = {position} \
         WHERE edition = {edition} AND shared_version = {from} AND tenant_version = {tenants} RETURNING 0 AS id) \
         INSERT INTO tenantry.ledger (tenant_id, migration, checksum) \
         SELECT (SELECT id FROM m), v.migration, v.checksum FROM (VALUES {rows}) AS v (migration, checksum);",
        position = migration.position(),
        edition = meta.edition,
        from = meta.shared_version,
        tenants = meta.tenant_version,
        rows = ledger_rows([(migration.id(), part.checksum().as_str())]),
    )
}
