//! Going over the tenants that are not where they should be, with as many workers as are asked for.

use std::collections::HashMap;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use postgres::Client;
use postgres::types::Type;

use super::batch::Direction;
use super::batches::Batches;
use super::event::Event;
use super::queue::{Queue, random};
use super::report::{Report, TenantReport};
use super::settings::Settings;
use super::survey::{Pending, survey};
use super::worker::{Shared, work};
use crate::bookkeeping::{Meta, explain};
use crate::error::{Error, ErrorKind, Result};

/// How often a message is planned anew though nothing of what it was planned on has changed.
const ATTEMPTS: usize = 10;

/// What a run has done so far.
#[derive(Debug)]
pub(super) struct Sweep<'s> {
    pub(super) settings: &'s Settings,
    /// The tenants that failed. They are not tried again in this run.
    failed: Vec<i64>,
    /// How often a message was overtaken, by what it was planned on.
    overtaken: HashMap<String, usize>,
    /// Whether a tenant was passed over because somebody else is working on it.
    pub(super) is_busy: bool,
    pub(super) report: Report,
}

/// How a sweep ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Swept {
    /// Something was done, or somebody else is at work: look again.
    Again,
    /// There was nothing to do, though some tenants, which failed or were not asked for, are not where they should be;
    /// or the run was stopped.
    Incomplete,
    /// Every tenant is where it should be.
    Complete,
}

impl<'s> Sweep<'s> {
    /// Prepares to go over tenants.
    pub(super) fn new(settings: &'s Settings) -> Self {
        Self {
            settings,
            failed: Vec::new(),
            overtaken: HashMap::new(),
            is_busy: false,
            report: Report::default(),
        }
    }

    /// Whether a message that was overtaken is worth another attempt. When nothing changes, nobody got there first: the
    /// ledger and the registry contradict each other.
    pub(super) fn tries_again(&mut self, planned_on: &str) -> bool {
        let attempts = self.overtaken.entry(planned_on.to_owned()).or_default();
        *attempts += 1;
        *attempts < ATTEMPTS
    }

    /// Adds what became of a tenant, and tells how many have failed by now.
    pub(super) fn add(&mut self, id: i64, report: TenantReport) -> usize {
        self.report.migrated += usize::from(!report.migrations.is_empty());
        if report.error.is_some() {
            self.failed.push(id);
            self.report.failed.push(report);
        }
        self.report.failed.len()
    }

    /// Brings the tenants that are not at a version there.
    pub(super) fn go(
        &mut self,
        client: &mut Client,
        meta: &Meta,
        goal: (Direction, i32),
        batches: &Batches<'_>,
    ) -> Result<Swept> {
        let settings = self.settings;
        let survey = survey(client, goal, &settings.selection, &self.failed)?;
        if survey.ids.is_empty() {
            return Ok(if survey.anybody {
                Swept::Incomplete
            } else {
                Swept::Complete
            });
        }
        let workers = settings.workers.min(survey.ids.len());
        settings.observer.tell(&Event::Stage {
            tenants: survey.ids.len(),
            workers,
        });
        let done = self.report.migrated + self.failed.len();
        self.is_busy = false;
        let shared = Shared {
            meta,
            settings,
            queue: Queue::new(goal, settings, survey, batches),
            batches,
            sweep: Mutex::new(self),
        };
        thread::scope(|scope| {
            for _ in 1..workers {
                scope.spawn(|| hire(&shared));
            }
            work(&shared, client);
        });
        let (error, stopped) = shared.queue.into_end();
        if let Some(error) = error {
            return Err(error);
        }
        if stopped.is_some() {
            self.report.stopped = stopped;
            return Ok(Swept::Incomplete);
        }
        if self.is_busy && self.report.migrated + self.failed.len() == done {
            // All that is left is being worked on by others.
            thread::sleep(Duration::from_millis(20 + random() % 80));
        }
        Ok(Swept::Again)
    }
}

/// Works over a connection of its own.
fn hire(shared: &Shared<'_, '_>) {
    let Some(connect) = &shared.settings.connect else {
        return;
    };
    match connect() {
        Ok(mut client) => work(shared, &mut client),
        // The others can do it without this one.
        Err(error) => tracing::warn!(%error, "a worker has no connection"),
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

/// Writes down why a tenant could not be migrated.
pub(super) fn note(client: &mut Client, tenant: &Pending, error: &Error) -> Result<()> {
    client
        .execute_typed(
            "UPDATE tenantry.tenant SET last_error = $1 WHERE id = $2",
            &[(&error.to_string(), Type::TEXT), (&tenant.id, Type::INT8)],
        )
        .map_err(explain)?;
    Ok(())
}
