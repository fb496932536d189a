//! Going over the tenants that are not where they should be, with as many workers as are asked for.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use postgres::Client;
use postgres::types::{ToSql, Type};

use super::health_gate::{Gate, pass_gate};
use super::pending::{Pending, PendingTenants};
use crate::bookkeeping::{LEFT_OUT, Waits, explain};
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::report::event::Event;
use crate::migrate::report::{Report, TenantReport};
use crate::migrate::rollout::REST;
use crate::migrate::rollout::budget::Budget;
use crate::migrate::rollout::control::Control;
use crate::migrate::rollout::forecast::{Progress, forecast};
use crate::migrate::session::beside::WaitBeside;
use crate::migrate::session::settings::Settings;

/// How often a message is planned anew though nothing of what it was planned on has changed.
const ATTEMPTS: usize = 10;

/// The state of a run.
pub(crate) struct Pass<'s> {
    pub(crate) settings: &'s Settings,
    /// The tenants that failed. They are not tried again in this run.
    pub(super) failed: Vec<i64>,
    /// How often a message was overtaken, by what it was planned on.
    overtaken: HashMap<String, usize>,
    /// Whether a tenant was passed over because somebody else is working on it.
    pub(crate) is_busy: bool,
    /// The numbers of such tenants.
    pub(crate) passed_over: Vec<i64>,
    /// The wait for those who work on what is left.
    pub(crate) beside: WaitBeside,
    /// Pauses and aborts, which the run is told from elsewhere.
    pub(crate) control: Control,
    /// The version that the groups of the rollout are brought to, and how many tenants of each have failed, of how many.
    tallies: (i32, HashMap<usize, PassTally>),
    /// The same of the whole run.
    tally: PassTally,
    /// The place of the group that is being worked on.
    place: usize,
    progress: Progress,
    /// The tenants that the progress has counted: one that is put off half-way is reported twice.
    counted: HashSet<i64>,
    /// The tenants that something was done to: one that a run comes to twice, as for an expand and a contract, is one.
    migrated: HashSet<i64>,
    /// How often something was done to a tenant.
    pub(crate) turns: usize,
    /// How long tenants were worked on.
    pub(super) busy: Duration,
    /// Connections that are open already, for workers.
    pub(crate) spare: Vec<Client>,
    pub(crate) report: Report,
}

#[derive(Debug, Clone, Copy, Default)]
struct PassTally {
    failed: usize,
    of: usize,
}

impl<'s> Pass<'s> {
    /// Prepares to go over tenants.
    pub(crate) fn new(settings: &'s Settings) -> Self {
        Self {
            settings,
            failed: Vec::new(),
            overtaken: HashMap::new(),
            is_busy: false,
            passed_over: Vec::new(),
            beside: WaitBeside::default(),
            control: Control::default(),
            tallies: (0, HashMap::new()),
            tally: PassTally::default(),
            place: 0,
            progress: Progress::new(0),
            counted: HashSet::new(),
            migrated: HashSet::new(),
            turns: 0,
            busy: Duration::ZERO,
            spare: Vec::new(),
            report: Report::default(),
        }
    }

    /// Whether a message that was overtaken is worth another attempt. When nothing changes, nobody got there first: the
    /// ledger and the registry contradict each other.
    pub(crate) fn tries_again(&mut self, planned_on: &str) -> bool {
        let attempts = self.overtaken.entry(planned_on.to_owned()).or_default();
        *attempts += 1;
        *attempts < ATTEMPTS
    }

    /// Notes tenants that somebody else is working on.
    pub(super) fn pass_over(&mut self, tenants: &[Pending]) {
        self.is_busy = true;
        self.passed_over
            .extend(tenants.iter().map(|tenant| tenant.id));
    }

    /// Adds what became of a tenant. Gives the reason if too many have failed by now.
    pub(crate) fn add(&mut self, id: i64, report: TenantReport) -> Option<String> {
        if !report.migrations.is_empty() {
            self.turns += 1;
            self.migrated.insert(id);
            self.report.migrated = self.migrated.len();
        }
        if self.counted.insert(id)
            && let Some((done, left)) = self.progress.count()
        {
            self.settings.observer.tell(&Event::Progress {
                done,
                tenants: self.progress.tenants(),
                left,
            });
        }
        report.error.as_ref()?;
        self.failed.push(id);
        self.report.failed.push(report);
        self.tally.failed += 1;
        let tally = self.tallies.1.entry(self.place).or_default();
        tally.failed += 1;
        let rollout = &self.settings.rollout;
        let group = rollout.at(self.place);
        // Whoever names a canary and says nothing more wants it to stop the run.
        let strict = group.name() != REST && self.settings.max_failures.is_none();
        let budget = group.budget().or(strict.then_some(Budget::Tenants(0)));
        if let Some(why) = tally.spent(budget) {
            let group = rollout.at(self.place).name();
            return Some(format!("{why} in the group `{group}`"));
        }
        self.tally.spent(self.settings.max_failures)
    }

    /// How long tenants were worked on, without pauses.
    pub(crate) fn busy(&self) -> Duration {
        self.busy.saturating_sub(self.control.paused())
    }

    /// Waits while the run is paused, and tells whether it goes on then.
    pub(crate) fn may_go_on(&mut self, client: &mut Client) -> Result<bool> {
        let stopped = self.control.wait(client, &self.settings.observer)?;
        let goes_on = stopped.is_none();
        if !goes_on {
            self.report.stopped = stopped;
        }
        Ok(goes_on)
    }

    /// Waits until the groups that have nothing left to do may be followed by others.
    pub(crate) fn pass_gate(
        &mut self,
        client: &mut Client,
        goal: i32,
        before: usize,
    ) -> Result<Gate> {
        let gate = pass_gate(client, goal, before, self.settings, &self.control)?;
        if let Gate::Stop(why) = &gate {
            self.report.stopped = Some(why.clone());
        }
        Ok(gate)
    }

    /// Takes down and tells what is about to be done.
    pub(super) fn begin(
        &mut self,
        pending: &PendingTenants,
        goal: i32,
        place: usize,
        workers: usize,
    ) {
        if self.tallies.0 != goal {
            self.tallies = (goal, HashMap::new());
        }
        let tenants = pending.ids.len();
        let all: usize = pending.groups.iter().map(|(_, tenants)| tenants).sum();
        let tally = self.tallies.1.entry(place).or_default();
        tally.of = tally.of.max(tally.failed + tenants);
        self.tally.of = self.tally.of.max(self.tally.failed + all);
        self.place = place;
        self.is_busy = false;
        self.passed_over.clear();
        self.progress = Progress::new(tenants);
        self.counted.clear();
        let rollout = &self.settings.rollout;
        self.settings.observer.tell(&Event::Stage {
            group: rollout.name(place),
            tenants,
            waiting: all - tenants,
            workers,
            forecast: forecast(pending.each, &pending.groups, rollout),
        });
    }
}

impl PassTally {
    /// Tells that a budget is spent, if it is.
    fn spent(self, budget: Option<Budget>) -> Option<String> {
        let Self { failed, of } = self;
        let budget = budget.filter(|budget| budget.is_spent(failed, of))?;
        let tenants = match failed {
            1 => "1 tenant has".to_owned(),
            _ => format!("{failed} tenants have"),
        };
        Some(format!("{tenants} failed, and the limit is {budget}"))
    }
}

/// The error for a schema that can't be migrated because the metadata tables contradict themselves. The shared schema has the
/// number 0.
pub(crate) fn contradiction(client: &mut Client, id: i64, version: i32) -> Result<Error> {
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

/// Writes down why a tenant could not be migrated, unless it is gone by now, or is not what it was: then that is why, and
/// no failure. Tells which.
pub(crate) fn note(
    client: &mut Client,
    tenant: &Pending,
    goal: i32,
    error: &Error,
    waits: &Waits,
) -> Result<bool> {
    let sql = format!(
        "UPDATE tenantry.tenant SET last_error = $1, failed_to = $2, failed_at = pg_catalog.clock_timestamp() \
         WHERE id = $3 AND schema_name = $4 AND state NOT IN {LEFT_OUT}"
    );
    let error = error.to_string();
    let params: [(&(dyn ToSql + Sync), Type); 4] = [
        (&error, Type::TEXT),
        (&goal, Type::INT4),
        (&tenant.id, Type::INT8),
        (&tenant.schema.as_str(), Type::TEXT),
    ];
    let noted = waits.change(client, |tx| {
        tx.execute_typed(&sql, &params).map_err(explain)
    })?;
    Ok(noted > 0)
}
