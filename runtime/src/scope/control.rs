//! A database's door to the migrator, and to runs that are under way.

use std::time::Duration;

use super::Database;
use crate::config::Config;
use crate::error::Result;
use crate::migrate::{
    self, Budget, Chain, Event, Migrator, Plan, Report, Rollout, Selection, Status, TenantStatus,
};
use crate::name::TenantKey;

/// Control over all runs that migrate a database's tenants, wherever they run. Made by [`Database::rollout`].
#[derive(Debug, Clone, Copy)]
pub struct RolloutControl<'d> {
    database: &'d Database,
}

impl<'d> RolloutControl<'d> {
    pub(super) fn new(database: &'d Database) -> Self {
        Self { database }
    }

    /// Has all runs pause, those that begin later too, until they are resumed. Transactions under way are ended first.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotMigrated`](crate::ErrorKind::NotMigrated).
    pub fn pause(self) -> Result<()> {
        self.database.control(migrate::pause)
    }

    /// Has all runs go on that were paused.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotMigrated`](crate::ErrorKind::NotMigrated).
    pub fn resume(self) -> Result<()> {
        self.database.control(migrate::resume)
    }

    /// Has all runs end that are under way, paused or not. What is done stays done, and the next run begins with the
    /// first group.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotMigrated`](crate::ErrorKind::NotMigrated).
    pub fn abort(self) -> Result<()> {
        self.database.control(migrate::abort)
    }

    /// Tells whether runs are paused.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotMigrated`](crate::ErrorKind::NotMigrated).
    pub fn is_paused(self) -> Result<bool> {
        self.database.control(migrate::is_paused)
    }
}

/// A [`Migrator`] of a database. Made by [`Database::migrator`].
#[derive(Debug, Clone)]
pub struct Migrations<'d> {
    database: &'d Database,
    migrator: Migrator,
}

impl<'d> Migrations<'d> {
    pub(super) fn new(database: &'d Database, chain: Chain) -> Self {
        let migrator = Migrator::new(chain, database.shared_schema().clone());
        Self { database, migrator }
    }

    /// Stops after the migration with this id, or with this number.
    pub fn to(mut self, migration: impl Into<String>) -> Self {
        self.migrator = self.migrator.to(migration);
        self
    }

    /// Migrates these tenants only. A shared part that others have to be ready for is not applied then.
    pub fn only(mut self, keys: impl IntoIterator<Item = TenantKey>) -> Self {
        self.migrator = self.migrator.only(keys);
        self
    }

    /// Migrates the selected tenants only: see [`Migrator::select`].
    pub fn select(mut self, selection: Selection) -> Self {
        self.migrator = self.migrator.select(selection);
        self
    }

    /// Works on this many tenants at a time, over as many connections; on one by default.
    ///
    /// The connections are opened for the run, beside those of the pool.
    pub fn workers(mut self, workers: usize) -> Self {
        let connect = self.database.connector();
        self.migrator = self.migrator.workers(workers, connect);
        self
    }

    /// Limits how long a statement waits for a lock: see [`Migrator::lock_timeout`].
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.migrator = self.migrator.lock_timeout(timeout);
        self
    }

    /// Limits how long a statement may take: see [`Migrator::statement_timeout`].
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.migrator = self.migrator.statement_timeout(timeout);
        self
    }

    /// Limits how often a tenant is tried: see [`Migrator::attempts`].
    pub fn attempts(mut self, attempts: usize) -> Self {
        self.migrator = self.migrator.attempts(attempts);
        self
    }

    /// Goes about its work as a `tenantry.toml` says: workers, limits, rollout groups.
    pub fn configure(mut self, config: &Config) -> Self {
        self.migrator = self.migrator.configure(config);
        match config.workers {
            Some(workers) => self.workers(workers),
            None => self,
        }
    }

    /// Migrates the tenants in groups, one after the other: see [`Migrator::rollout`].
    pub fn rollout(mut self, rollout: Rollout) -> Self {
        self.migrator = self.migrator.rollout(rollout);
        self
    }

    /// Stops when more tenants than this have failed: see [`Migrator::max_failures`].
    pub fn max_failures(mut self, failures: impl Into<Budget>) -> Self {
        self.migrator = self.migrator.max_failures(failures);
        self
    }

    /// Tells of each event as it happens: see [`Migrator::observe`].
    pub fn observe(mut self, observe: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.migrator = self.migrator.observe(observe);
        self
    }

    /// Brings the shared schema and the tenants to where the chain leads.
    ///
    /// # Errors
    ///
    /// As [`Migrator::run`].
    pub fn run(self) -> Result<Report> {
        self.database
            .control_fleet(|client| self.migrator.run(client))
    }

    /// Does the same, and reports what failed and what did not.
    ///
    /// # Errors
    ///
    /// As [`Migrator::attempt`].
    pub fn attempt(self) -> Result<Report> {
        self.database
            .control_fleet(|client| self.migrator.attempt(client))
    }

    /// Rolls back all migrations that come after this one, or all there are.
    ///
    /// # Errors
    ///
    /// As [`Migrator::rollback`].
    pub fn rollback(self, to: Option<&str>) -> Result<Report> {
        self.database
            .control_fleet(|client| self.migrator.rollback(client, to))
    }

    /// Rolls back, and reports what failed and what did not.
    ///
    /// # Errors
    ///
    /// As [`Migrator::attempt_rollback`].
    pub fn attempt_rollback(self, to: Option<&str>) -> Result<Report> {
        self.database
            .control_fleet(|client| self.migrator.attempt_rollback(client, to))
    }

    /// Tells what [`run`](Self::run) would do, and changes nothing.
    ///
    /// # Errors
    ///
    /// As [`Migrator::dry_run`].
    pub fn dry_run(self) -> Result<Plan> {
        self.database
            .control_fleet(|client| self.migrator.dry_run(client))
    }

    /// Tells where the shared schema and the fleet are, and changes nothing.
    ///
    /// # Errors
    ///
    /// As [`Migrator::status`].
    pub fn status(self) -> Result<Status> {
        self.database
            .control_fleet(|client| self.migrator.status(client))
    }

    /// Tells where every tenant is, and changes nothing.
    ///
    /// # Errors
    ///
    /// As [`Migrator::tenants`].
    pub fn tenants(self) -> Result<Vec<TenantStatus>> {
        self.database
            .control_fleet(|client| self.migrator.tenants(client))
    }
}
