//! The migrator: what to migrate, and how far.

mod adopt;
mod squash;

use std::sync::Arc;
use std::time::Duration;

use postgres::Client;

use crate::error::Result;
use crate::migrate::chain::Chain;
use crate::migrate::drift::Drift;
#[cfg(feature = "cli")]
use crate::migrate::drift::Repair;
use crate::migrate::goal::Goal;
use crate::migrate::plan::Plan;
#[cfg(feature = "cli")]
use crate::migrate::recorded::undo::Undoable;
use crate::migrate::report::Report;
use crate::migrate::report::event::{Event, Observer};
use crate::migrate::report::phase::Phase;
use crate::migrate::rollout::Rollout;
use crate::migrate::rollout::budget::Budget;
use crate::migrate::rollout::groups::GroupStatus;
use crate::migrate::session::lent::{Borrowed, Sessions};
use crate::migrate::session::settings::Settings;
use crate::migrate::status::Status;
use crate::migrate::status::tenant::TenantStatus;
use crate::migrate::trial::{Trial, Tried};
use crate::name::{SchemaName, TenantKey};
use crate::tenant::Selection;

/// Brings the shared schema and the fleet to where the chain leads. Made by
/// [`Database::migrator`](crate::Database::migrator).
///
/// Any number of migrators can run at once, on any number of machines: they share the work, and nothing is applied
/// twice. Killing one loses nothing; the next goes on where it stopped.
///
/// `S` is where it gets its connections: from a `&Database`.
#[derive(Debug, Clone)]
pub struct Migrator<S = ()> {
    sessions: S,
    goal: Goal,
}

impl Migrator {
    /// Migrates along this chain; the shared schema has this name.
    #[doc(hidden)]
    pub fn new(chain: Chain, shared: SchemaName) -> Self {
        Self {
            sessions: (),
            goal: Goal {
                chain,
                shared,
                to: None,
                settings: Settings::default(),
            },
        }
    }

    /// Works over a connection that somebody has already.
    #[doc(hidden)]
    pub fn on<'c>(&self, client: &'c mut Client) -> Migrator<Borrowed<'c>> {
        self.clone().over(Borrowed::new(client))
    }

    /// Works over connections from there.
    pub(crate) fn over<S>(self, sessions: S) -> Migrator<S> {
        Migrator {
            sessions,
            goal: self.goal,
        }
    }
}

impl<S> Migrator<S> {
    /// Stops after the migration with this id, or with this number.
    pub fn to(mut self, migration: impl Into<String>) -> Self {
        self.goal.to = Some(migration.into());
        self
    }

    /// Leaves alone what belongs to a later phase, and what comes after it: with [`Phase::Expand`] the version of the application
    /// that runs goes on working, so this comes before a new one is deployed, [`Phase::Backfill`] then, and [`Phase::Contract`] at last.
    ///
    /// ```no_run
    /// # use tenantry::migrate::{Chain, Phase};
    /// # fn main() -> tenantry::Result<()> {
    /// # let db = tenantry::Database::connect("postgres://app@localhost/app")?;
    /// let migrator = db.migrator(Chain::open("migrations")?);
    /// let report = migrator.phase(Phase::Expand).run()?;
    /// if let Some(blocked) = &report.blocked {
    ///     println!("deploy, and then apply `{}`", blocked.migration);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn phase(mut self, phase: Phase) -> Self {
        self.goal.settings.phase = Some(phase);
        self
    }

    /// Migrates these tenants only. A shared part that others have to be ready for is not applied then.
    pub fn only(mut self, keys: impl IntoIterator<Item = TenantKey>) -> Self {
        self.goal.settings.selection = self.goal.settings.selection.keys(keys);
        self
    }

    /// Migrates the selected tenants only. A shared part that others have to be ready for is not applied then.
    pub fn select(mut self, selection: Selection) -> Self {
        self.goal.settings.selection = selection;
        self
    }

    /// Works on this many tenants at a time, over as many connections; on one by default.
    ///
    /// The connections are opened for the run, beside those of the pool. They have to lead to the server itself and
    /// not to a transaction pooler.
    pub fn workers(mut self, workers: usize) -> Self {
        self.goal.settings.workers = workers.max(1);
        self
    }

    /// Opens the connections of more workers so.
    #[doc(hidden)]
    pub fn connect_by(
        mut self,
        connect: impl Fn() -> Result<Client> + Send + Sync + 'static,
    ) -> Self {
        self.goal.settings.connect = Some(Arc::new(connect));
        self.goal.settings.is_one_way = false;
        self
    }

    /// Says that the run's own connection is opened the same way.
    pub(crate) fn one_way(mut self) -> Self {
        self.goal.settings.is_one_way = true;
        self
    }

    /// Lets a statement wait this long for a lock, before its transaction is given up and tried again later; 2 seconds
    /// by default, zero for as long as it takes.
    ///
    /// While a change of a table waits for its lock, everybody else waits behind it.
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.goal.settings.lock_timeout = timeout;
        self
    }

    /// Lets a statement take this long, after which the migration has failed; zero, the default, for as long as it
    /// takes.
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.goal.settings.statement_timeout = timeout;
        self
    }

    /// Makes at most this many attempts at a tenant whose locks are not available; 10 by default.
    pub fn attempts(mut self, attempts: usize) -> Self {
        self.goal.settings.attempts = attempts.max(1);
        self
    }

    /// Waits this long between two batches of rows, on each connection by itself; not at all by default.
    pub fn batch_pause(mut self, pause: Duration) -> Self {
        self.goal.settings.batch_pause = pause;
        self
    }

    /// Stops when more tenants than this have failed, a number or a share of them; by default all are tried.
    pub fn max_failures(mut self, failures: impl Into<Budget>) -> Self {
        self.goal.settings.max_failures = Some(failures.into());
        self
    }

    /// Migrates the tenants in groups, one after the other.
    pub fn rollout(mut self, rollout: Rollout) -> Self {
        self.goal.settings.rollout = rollout;
        self
    }

    /// Tells of each event as it happens, from whichever thread it happens in.
    pub fn observe(mut self, observe: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.goal.settings.observer = Observer::new(observe);
        self
    }

    /// The chain.
    pub fn chain(&self) -> &Chain {
        &self.goal.chain
    }
}

impl<S: Sessions> Migrator<S> {
    /// Migrates, and fails if anything failed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Migration`](crate::ErrorKind::Migration), when a migration failed for the shared schema or any
    /// tenant, with the [`Report`] as cause; otherwise as [`attempt`](Self::attempt).
    pub fn run(&self) -> Result<Report> {
        self.attempt()?.into_result()
    }

    /// Migrates, and reports what failed and what did not.
    ///
    /// When a tenant fails, the others go on; no shared part is applied then that comes after what the tenant lacks.
    /// Run it again when the cause is fixed: only what is left is done.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Diverged`](crate::ErrorKind::Diverged), when a migration was changed after it was applied;
    /// [`ErrorKind::Chain`](crate::ErrorKind::Chain), when there is no migration to stop after;
    /// [`ErrorKind::UnknownTenant`](crate::ErrorKind::UnknownTenant);
    /// [`ErrorKind::Connection`](crate::ErrorKind::Connection).
    pub fn attempt(&self) -> Result<Report> {
        let Self { sessions, goal } = self;
        sessions.lend(|client| goal.attempt(client))
    }

    /// Tells what [`run`](Self::run) would do, and changes nothing.
    ///
    /// # Errors
    ///
    /// As [`attempt`](Self::attempt).
    pub fn dry_run(&self) -> Result<Plan> {
        self.look(Goal::dry_run)
    }

    /// Tries what [`run`](Self::run) would do to each selected tenant, in transactions that are rolled back; without
    /// tenants, what makes a new one.
    ///
    /// It takes the locks that the run would take, one tenant after the other, for as long as a tenant takes. Numbers
    /// that sequences of other schemas have given out meanwhile are not given back.
    ///
    /// # Errors
    ///
    /// As [`attempt`](Self::attempt).
    pub fn try_out(&self) -> Result<Trial> {
        self.lend(Goal::try_out)
    }

    /// Tries what makes a new tenant, in a schema that nobody sees and a transaction that is rolled back; where one
    /// transaction can't do it, in a schema that is committed and dropped at once, which draws a tenant's number.
    ///
    /// # Errors
    ///
    /// As [`attempt`](Self::attempt).
    pub fn try_new_tenant(&self) -> Result<Tried> {
        self.lend(Goal::try_new_tenant)
    }

    /// Returns the SQL that undoes what was done to a schema by hand.
    #[cfg(feature = "cli")]
    pub(crate) fn undo_drift(&self, tenant: Option<&TenantKey>) -> Result<Repair> {
        self.lend(|goal, client| goal.undo_drift(client, tenant))
    }

    /// Compares every schema with what the migrations make that are applied to it. What they make is tried as by
    /// [`try_new_tenant`](Self::try_new_tenant); nothing else changes.
    ///
    /// It reads the catalogue of all tenants, a hundred at a time, so it takes the longer the more tables there are in all.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotMigrated`](crate::ErrorKind::NotMigrated); [`ErrorKind::Connection`](crate::ErrorKind::Connection).
    pub fn drift(&self) -> Result<Drift> {
        self.lend(Goal::drift)
    }

    /// Tells where the groups of the rollout are, and changes nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotMigrated`](crate::ErrorKind::NotMigrated); [`ErrorKind::Chain`](crate::ErrorKind::Chain), when
    /// there is no migration to stop after; [`ErrorKind::Connection`](crate::ErrorKind::Connection).
    pub fn groups(&self) -> Result<Vec<GroupStatus>> {
        self.look(Goal::groups)
    }

    /// Tells where the shared schema and the fleet are, and changes nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NewerFormat`](crate::ErrorKind::NewerFormat); [`ErrorKind::Configuration`](crate::ErrorKind::Configuration);
    /// [`ErrorKind::Connection`](crate::ErrorKind::Connection).
    pub fn status(&self) -> Result<Status> {
        self.look(Goal::status)
    }

    /// Tells where every tenant is, in the order in which they were created, and changes nothing.
    ///
    /// # Errors
    ///
    /// As [`status`](Self::status).
    pub fn tenants(&self) -> Result<Vec<TenantStatus>> {
        self.look(Goal::tenants)
    }

    /// Rolls back all migrations that come after this one, or all there are, and fails if anything failed.
    ///
    /// Tenants come first, then the shared schema, in reverse order. What is rolled back is what the database has
    /// recorded, with the SQL that was there when it was applied; of the chain on disk counts only how long each migration may wait and
    /// take.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Migration`](crate::ErrorKind::Migration), when a migration has no SQL that undoes it, and then
    /// nothing is done; or when rolling back failed for the shared schema or a tenant, with the [`Report`] as cause.
    /// Otherwise as [`attempt_rollback`](Self::attempt_rollback).
    pub fn rollback(&self, to: Option<&str>) -> Result<Report> {
        self.attempt_rollback(to)?.into_result()
    }

    /// Rolls back, and reports what failed and what did not.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Migration`](crate::ErrorKind::Migration), when a migration has no SQL that undoes it;
    /// [`ErrorKind::Chain`](crate::ErrorKind::Chain), when the database has no such migration;
    /// [`ErrorKind::DamagedMetadata`](crate::ErrorKind::DamagedMetadata), when versions and ledger contradict each other;
    /// [`ErrorKind::NotMigrated`](crate::ErrorKind::NotMigrated); [`ErrorKind::UnknownTenant`](crate::ErrorKind::UnknownTenant);
    /// [`ErrorKind::Connection`](crate::ErrorKind::Connection).
    pub fn attempt_rollback(&self, to: Option<&str>) -> Result<Report> {
        self.lend(|goal, client| goal.attempt_rollback(client, to))
    }

    /// Reads how far migrations lead tenants: by this measure it is told who has failed.
    #[cfg(feature = "cli")]
    pub(crate) fn reach(&self) -> Result<i32> {
        self.look(Goal::reach)
    }

    /// Reads what a rollback can undo; nothing, where nothing was ever migrated.
    #[cfg(feature = "cli")]
    pub(crate) fn undoable(&self) -> Result<Vec<Undoable>> {
        self.look(Goal::undoable)
    }

    fn look<T: Send>(
        &self,
        look: impl FnOnce(&Goal, &mut Client) -> Result<T> + Send,
    ) -> Result<T> {
        let Self { sessions, goal } = self;
        sessions.look(|client| look(goal, client))
    }

    fn lend<T: Send>(
        &self,
        work: impl FnOnce(&Goal, &mut Client) -> Result<T> + Send,
    ) -> Result<T> {
        let Self { sessions, goal } = self;
        sessions.lend(|client| goal.within_limits(client, |client| work(goal, client)))
    }
}
