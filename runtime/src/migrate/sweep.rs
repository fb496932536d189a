//! Going over the tenants that are not where they should be.

use std::collections::HashMap;
use std::time::Instant;

use postgres::Client;
use postgres::types::Type;

use super::batch::{Batch, Direction};
use super::event::Event;
use super::report::{Failure, Report, TenantReport};
use super::settings::Settings;
use super::survey::{CHUNK, Pending, Search, survey};
use crate::bookkeeping::{Meta, explain, is_overtaken};
use crate::error::{Error, ErrorKind, Result};
use crate::name::TenantKey;

/// How often a message is planned anew though nothing of what it was planned on has changed.
const ATTEMPTS: usize = 10;

/// What a run has done so far.
#[derive(Debug, Default)]
pub(super) struct Sweep<'a> {
    settings: Option<&'a Settings>,
    /// The tenants to migrate, if not all.
    only: Option<Vec<&'a str>>,
    /// The tenants that failed. They are not tried again in this run.
    failed: Vec<i64>,
    /// How often a message was overtaken, by what it was planned on.
    overtaken: HashMap<String, usize>,
    pub(super) report: Report,
}

/// How a sweep ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Swept {
    /// Something was done, or somebody else is at work: look again.
    Again,
    /// There was nothing to do, though some tenants, which failed or were not asked for, are not where they should be.
    Incomplete,
    /// Every tenant is where it should be.
    Complete,
}

impl<'a> Sweep<'a> {
    /// Prepares to go over all tenants, or some.
    pub(super) fn new(settings: &'a Settings) -> Self {
        let only = settings.selection.keys.as_deref();
        Self {
            settings: Some(settings),
            only: only.map(|keys| keys.iter().map(TenantKey::as_str).collect()),
            ..Self::default()
        }
    }

    /// Whether some tenants were asked for only.
    pub(super) fn is_partial(&self) -> bool {
        self.only.is_some()
    }

    /// Whether a message that was overtaken is worth another attempt. When nothing changes, nobody got there first: the
    /// ledger and the registry contradict each other.
    pub(super) fn tries_again(&mut self, planned_on: &str) -> bool {
        let attempts = self.overtaken.entry(planned_on.to_owned()).or_default();
        *attempts += 1;
        *attempts < ATTEMPTS
    }

    /// Brings the tenants that are not at a version there. `batch` makes ready what a tenant at another version needs.
    pub(super) fn go(
        &mut self,
        client: &mut Client,
        meta: &Meta,
        (direction, to): (Direction, i32),
        batch: impl Fn(i32) -> Batch,
    ) -> Result<Swept> {
        let mut batches = HashMap::new();
        let mut after = 0;
        loop {
            let search = Search {
                direction,
                version: to,
                after,
                except: &self.failed,
                only: self.only.as_deref(),
            };
            let survey = survey(client, &search)?;
            if survey.meta != *meta {
                return Ok(Swept::Again);
            }
            let Some(last) = survey.pending.last() else {
                return Ok(match (after, survey.others) {
                    (0, false) => Swept::Complete,
                    (0, true) => Swept::Incomplete,
                    _ => Swept::Again,
                });
            };
            after = last.id;
            for tenant in &survey.pending {
                let from = tenant.version;
                let batch = batches.entry(from).or_insert_with(|| batch(from));
                self.tenant(client, meta, tenant, batch)?;
            }
            if survey.pending.len() < CHUNK {
                return Ok(Swept::Again);
            }
        }
    }

    fn tenant(
        &mut self,
        client: &mut Client,
        meta: &Meta,
        tenant: &Pending,
        batch: &Batch,
    ) -> Result<()> {
        let start = Instant::now();
        let Outcome {
            migrations,
            mut error,
        } = migrate(client, meta, tenant, batch)?;
        let planned_on = format!("{} {} {}", tenant.id, tenant.version, meta.edition);
        if migrations.is_empty() && error.is_none() && !self.tries_again(&planned_on) {
            error = Some(contradiction(client, tenant.id, tenant.version)?);
        }
        let error = error.map(|error| error.in_tenant(&tenant.key).in_schema(&tenant.schema));
        if let Some(error) = &error {
            tracing::warn!(tenant = %tenant.key, %error, "a tenant could not be migrated");
            self.failed.push(tenant.id);
            note(client, tenant, error)?;
        } else if migrations.is_empty() {
            return Ok(());
        } else {
            tracing::info!(tenant = %tenant.key, ?migrations, "migrated a tenant");
        }
        let report = TenantReport {
            key: tenant.key.clone(),
            schema: tenant.schema.clone(),
            migrations,
            error: error.as_ref().map(Failure::from),
            duration: start.elapsed(),
        };
        if let Some(settings) = self.settings {
            settings.observer.tell(&Event::Tenant(report.clone()));
        }
        self.report.migrated += usize::from(!report.migrations.is_empty());
        if report.error.is_some() {
            self.report.failed.push(report);
        }
        Ok(())
    }
}

/// The error for a schema that can't be migrated because the books contradict themselves. The shared schema has the
/// number 0.
pub(super) fn contradiction(client: &mut Client, id: i64, version: i32) -> Result<Error> {
    let rows = client
        .query_typed(
            "SELECT l.migration FROM tenantry.ledger AS l JOIN tenantry.migration AS g ON g.id = l.migration \
             WHERE l.tenant_id = $1 AND g.position > $2 ORDER BY g.position",
            &[(&id, Type::INT8), (&version, Type::INT4)],
        )
        .map_err(explain)?;
    let applied: Vec<String> = rows
        .iter()
        .map(|row| Ok(row.try_get(0)?))
        .collect::<Result<_>>()?;
    let message = if applied.is_empty() {
        format!(
            "the migration was given up after {ATTEMPTS} attempts, each of which the server refused as overtaken by others\n\
             help: look into the server's log, and try again when nobody else migrates the database"
        )
    } else {
        format!(
            "the registry says version {version}, but the ledger has what comes after it as applied: `{}`\n\
             help: look at what the schema has; then correct the version in the registry, or delete from \
             `tenantry.ledger` what is not applied",
            applied.join("`, `")
        )
    };
    Ok(Error::new(ErrorKind::Migration, message))
}

/// What became of a tenant: nothing if another migrator got there first.
#[derive(Debug, Default)]
struct Outcome {
    migrations: Vec<String>,
    error: Option<Error>,
}

/// Sends a batch to a tenant. When one of several migrations fails, each is tried on its own: so the tenant gets as far as
/// it can, and the error names the one that fails.
fn migrate(client: &mut Client, meta: &Meta, tenant: &Pending, batch: &Batch) -> Result<Outcome> {
    let outcome = send(client, meta, tenant, batch)?;
    if outcome.error.is_none() || batch.is_single() {
        return Ok(outcome);
    }
    let mut tenant = tenant.clone();
    let mut done = Outcome::default();
    for single in batch.singles() {
        let Outcome { migrations, error } = send(client, meta, &tenant, &single)?;
        let goes_on = error.is_none() && !migrations.is_empty();
        done.migrations.extend(migrations);
        done.error = error;
        if !goes_on {
            break;
        }
        tenant.version = single.to();
    }
    Ok(done)
}

/// Sends a message. A migration that fails is the tenant's failure; anything else is that of the run.
fn send(client: &mut Client, meta: &Meta, tenant: &Pending, batch: &Batch) -> Result<Outcome> {
    let message = batch.message(tenant, meta.edition);
    let Err(error) = message.send(client) else {
        return Ok(Outcome {
            migrations: batch.ids(),
            error: None,
        });
    };
    if is_overtaken(&error) {
        return Ok(Outcome::default());
    }
    let error = if batch.is_single() {
        message.diagnose(client, error)
    } else {
        message.explain(error)
    };
    if error.kind() != ErrorKind::Migration {
        return Err(error);
    }
    Ok(Outcome {
        migrations: Vec::new(),
        error: Some(error),
    })
}

/// Writes down why a tenant could not be migrated.
fn note(client: &mut Client, tenant: &Pending, error: &Error) -> Result<()> {
    client
        .execute_typed(
            "UPDATE tenantry.tenant SET last_error = $1 WHERE id = $2",
            &[(&error.to_string(), Type::TEXT), (&tenant.id, Type::INT8)],
        )
        .map_err(explain)?;
    Ok(())
}
