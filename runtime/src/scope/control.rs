//! A database's doors to the registry and the migrator.

use std::time::Duration;

use super::{Database, StandbyKeeper, TenantScope, creation};
use crate::bookkeeping::Waits;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::migrate::{
    self, Budget, Chain, Event, Migrator, Plan, Report, Rollout, Selection, Status, TenantStatus,
};
use crate::name::TenantKey;
use crate::tenant::{self, NewTenant, Standbys, Tenant, TenantFilter};

/// The registry of a database's tenants. Made by [`Database::tenants`].
#[derive(Debug, Clone, Copy)]
pub struct Tenants<'d> {
    database: &'d Database,
}

impl<'d> Tenants<'d> {
    pub(super) fn new(database: &'d Database) -> Self {
        Self { database }
    }

    fn waits(self) -> Waits {
        self.database.creation.waits()
    }

    /// Creates a tenant, whole or not at all: see [`tenant::create`].
    ///
    /// Takes a key, or a [`NewTenant`] that chooses the schema's name too.
    ///
    /// # Errors
    ///
    /// As [`tenant::create`].
    pub fn create(self, new: impl Into<NewTenant>) -> Result<Tenant> {
        creation::create(self.database, new.into())
    }

    /// Creates a tenant and fills it, in one transaction: if the closure fails, there is no tenant.
    ///
    /// The closure should not wait for anything else: until it is done, one of the few creations that go on at a time is
    /// taken, migrators wait, and unless a standby was claimed nobody writes to a shared table that the tenant's tables
    /// reference.
    ///
    /// ```no_run
    /// # use tenantry::prelude::*;
    /// # #[tenant_model]
    /// # pub struct Member {
    /// #     #[field(key)]
    /// #     pub id: i64,
    /// #     pub email: String,
    /// # }
    /// # fn sign_up(db: &Database) -> tenantry::Result<()> {
    /// let acme = TenantKey::new("acme")?;
    /// let (tenant, owner) = db.tenants().create_with(&acme, |tx| {
    ///     Member::insert(NewMember::new("ann@acme.example")).returning(tx)
    /// })?;
    /// # drop((tenant, owner));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create), and the closure's own.
    pub fn create_with<T>(
        self,
        new: impl Into<NewTenant>,
        work: impl FnOnce(&mut TenantScope) -> Result<T>,
    ) -> Result<(Tenant, T)> {
        self.create_with_error(new, work)
    }

    /// Creates a tenant and fills it like [`create_with`](Self::create_with), with an error of the application's.
    ///
    /// # Errors
    ///
    /// As [`create_with`](Self::create_with).
    pub fn create_with_error<T, E: From<Error>>(
        self,
        new: impl Into<NewTenant>,
        work: impl FnOnce(&mut TenantScope) -> Result<T, E>,
    ) -> Result<(Tenant, T), E> {
        creation::create_with(self.database, new.into(), work)
    }

    /// Creates a tenant, or gives the one that is there.
    ///
    /// With a [token](NewTenant::token) that is the tenant of the same sign-up, and otherwise whoever has the key, in whatever
    /// state.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create). A key that differs only in case is another tenant's.
    pub fn create_or_get(self, new: impl Into<NewTenant>) -> Result<Tenant> {
        creation::create_or_get(self.database, &new.into())
    }

    /// Creates a tenant and fills it, as [`create_with`](Self::create_with), or gives the one that is there, as
    /// [`create_or_get`](Self::create_or_get). Then the closure is not run, and there is no value of it.
    ///
    /// # Errors
    ///
    /// As [`create_with`](Self::create_with).
    pub fn create_or_get_with<T, E: From<Error>>(
        self,
        new: impl Into<NewTenant>,
        work: impl FnOnce(&mut TenantScope) -> Result<T, E>,
    ) -> Result<(Tenant, Option<T>), E> {
        creation::create_or_get_with(self.database, &new.into(), work)
    }

    /// Counts the standbys: see [`tenant::standbys`].
    ///
    /// # Errors
    ///
    /// As [`tenant::standbys`].
    pub fn standbys(self) -> Result<Standbys> {
        self.database.control(tenant::standbys)
    }

    /// Makes standbys until there are so many, and tells how many it made: see [`tenant::refill`].
    ///
    /// # Errors
    ///
    /// As [`tenant::refill`].
    pub fn refill_standbys(self, count: usize) -> Result<usize> {
        self.database
            .control_fleet(|client| tenant::refill_within(client, count, &self.waits()))
    }

    /// Keeps so many standbys ready for as long as the result lives, from a thread of its own.
    pub fn keep_standbys(self, count: usize) -> StandbyKeeper {
        StandbyKeeper::start(self.database.clone(), count)
    }

    /// Finds a tenant in whatever state.
    ///
    /// # Errors
    ///
    /// As [`tenant::get`].
    pub fn get(self, key: &TenantKey) -> Result<Tenant> {
        self.database.control(|client| tenant::get(client, key))
    }

    /// Lists tenants by key.
    ///
    /// # Errors
    ///
    /// As [`tenant::list`].
    pub fn list(self, filter: &TenantFilter) -> Result<Vec<Tenant>> {
        self.database.control(|client| tenant::list(client, filter))
    }

    /// Keeps an active tenant from being opened.
    ///
    /// # Errors
    ///
    /// As [`tenant::suspend`].
    pub fn suspend(self, key: &TenantKey) -> Result<Tenant> {
        let waits = self.waits();
        self.database
            .control(|client| tenant::suspend_within(client, key, &waits))
    }

    /// Makes a suspended tenant active again.
    ///
    /// # Errors
    ///
    /// As [`tenant::resume`].
    pub fn resume(self, key: &TenantKey) -> Result<Tenant> {
        let waits = self.waits();
        self.database
            .control(|client| tenant::resume_within(client, key, &waits))
    }

    /// Changes a tenant's key. Its schema stays as it is.
    ///
    /// # Errors
    ///
    /// As [`tenant::rename_key`].
    pub fn rename(self, key: &TenantKey, to: &TenantKey) -> Result<Tenant> {
        let waits = self.waits();
        self.database
            .control(|client| tenant::rename_within(client, key, to, &waits))
    }

    /// Gives a tenant tags, and takes others away.
    ///
    /// # Errors
    ///
    /// As [`tenant::tag`].
    pub fn tag<S: AsRef<str>>(self, key: &TenantKey, add: &[S], remove: &[S]) -> Result<Tenant> {
        let add: Vec<&str> = add.iter().map(AsRef::as_ref).collect();
        let remove: Vec<&str> = remove.iter().map(AsRef::as_ref).collect();
        self.database
            .control(|client| tenant::tag_within(client, key, (&add, &remove), &self.waits()))
    }

    /// Drops a tenant with all its data; called again, it finishes a drop that was interrupted.
    ///
    /// # Errors
    ///
    /// As [`tenant::drop`].
    pub fn drop(self, key: &TenantKey) -> Result<()> {
        let waits = self.waits();
        self.database
            .control_schema(|client| tenant::drop_within(client, key, &waits))
    }
}

/// What all runs over a database's tenants are told. Made by [`Database::rollout`].
#[derive(Debug, Clone, Copy)]
pub struct RolloutControl<'d> {
    database: &'d Database,
}

impl<'d> RolloutControl<'d> {
    pub(super) fn new(database: &'d Database) -> Self {
        Self { database }
    }

    /// Has all runs pause: see [`migrate::pause`].
    ///
    /// # Errors
    ///
    /// As [`migrate::pause`].
    pub fn pause(self) -> Result<()> {
        self.database.control(migrate::pause)
    }

    /// Has all runs go on: see [`migrate::resume`].
    ///
    /// # Errors
    ///
    /// As [`migrate::resume`].
    pub fn resume(self) -> Result<()> {
        self.database.control(migrate::resume)
    }

    /// Has all runs end: see [`migrate::abort`].
    ///
    /// # Errors
    ///
    /// As [`migrate::abort`].
    pub fn abort(self) -> Result<()> {
        self.database.control(migrate::abort)
    }

    /// Tells whether runs are paused.
    ///
    /// # Errors
    ///
    /// As [`migrate::is_paused`].
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
