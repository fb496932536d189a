//! The migrator: what to migrate, and how far.

use std::sync::Arc;
use std::time::Duration;

use postgres::Client;

use super::budget::Budget;
use super::chain::{Chain, Migration};
use super::compare::compare;
use super::drift::{Drift, drift};
use super::event::{Event, Observer};
use super::groups::{GroupStatus, groups};
use super::plan::{Plan, PlannedPart, Standing, last_tenant_part, steps};
use super::recorded;
use super::replay::ReplayPart;
use super::report::Report;
#[cfg(feature = "cli")]
use super::rollback::{Undoable, undoable};
use super::rollback::{rollback, target_of};
use super::rollout::Rollout;
use super::run::run;

use super::settings::Settings;
use super::status::{self, Status, TenantStatus};
use super::survey;
use super::trial::{Trial, Tried, try_new, try_on};
use super::whereabouts;
use crate::bookkeeping;
use crate::error::{Error, ErrorKind, Result};
use crate::model::PlacementKind;
use crate::name::{SchemaName, TenantKey};
use crate::tenant::Selection;

/// Brings the shared schema and the fleet to where the chain leads.
///
/// Any number of migrators can run at once, on any number of machines: they share the work, and nothing is applied
/// twice. Killing one loses nothing; the next goes on where it stopped.
#[derive(Debug, Clone)]
pub struct Migrator {
    chain: Chain,
    shared: SchemaName,
    to: Option<String>,
    settings: Settings,
}

impl Migrator {
    /// Migrates along this chain; the shared schema has this name.
    pub fn new(chain: Chain, shared: SchemaName) -> Self {
        Self {
            chain,
            shared,
            to: None,
            settings: Settings::default(),
        }
    }

    /// Stops after the migration with this id, or with this number.
    pub fn to(mut self, migration: impl Into<String>) -> Self {
        self.to = Some(migration.into());
        self
    }

    /// Migrates these tenants only. A shared part that others have to be ready for is not applied then.
    pub fn only(mut self, keys: impl IntoIterator<Item = TenantKey>) -> Self {
        self.settings.selection = self.settings.selection.keys(keys);
        self
    }

    /// Migrates the selected tenants only. A shared part that others have to be ready for is not applied then.
    pub fn select(mut self, selection: Selection) -> Self {
        self.settings.selection = selection;
        self
    }

    /// Works on this many tenants at a time; on one by default.
    ///
    /// `connect` opens the connections that are needed beside the one that the run is given. They have to lead to the
    /// server itself and not to a pooler.
    pub fn workers(
        mut self,
        workers: usize,
        connect: impl Fn() -> Result<Client> + Send + Sync + 'static,
    ) -> Self {
        self.settings.workers = workers.max(1);
        self.settings.connect = Some(Arc::new(connect));
        self
    }

    /// Lets a statement wait this long for a lock, before its transaction is given up and tried again later; 2 seconds
    /// by default, zero for as long as it takes.
    ///
    /// While a change of a table waits for its lock, everybody else waits behind it.
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.settings.lock_timeout = timeout;
        self
    }

    /// Lets a statement take this long, after which the migration has failed; zero, the default, for as long as it
    /// takes.
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.settings.statement_timeout = timeout;
        self
    }

    /// Tries a tenant this often when a lock is not to be had; 10 times by default.
    pub fn attempts(mut self, attempts: usize) -> Self {
        self.settings.attempts = attempts.max(1);
        self
    }

    /// Stops when more tenants than this have failed, a number or a share of them; by default all are tried.
    pub fn max_failures(mut self, failures: impl Into<Budget>) -> Self {
        self.settings.max_failures = Some(failures.into());
        self
    }

    /// Migrates the tenants in groups, one after the other.
    pub fn rollout(mut self, rollout: Rollout) -> Self {
        self.settings.rollout = rollout;
        self
    }

    /// Tells of each event as it happens, from whichever thread it happens in.
    pub fn observe(mut self, observe: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.settings.observer = Observer::new(observe);
        self
    }

    /// The chain.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Migrates, and fails if anything failed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Migration`], when a migration failed for the shared schema or any tenant, with the [`Report`] as
    /// cause; otherwise as [`attempt`](Self::attempt).
    pub fn run(&self, client: &mut Client) -> Result<Report> {
        self.attempt(client)?.into_result()
    }

    /// Migrates, and reports what failed and what did not.
    ///
    /// When a tenant fails, the others go on; no shared part is applied then that comes after what the tenant lacks.
    /// Run it again when the cause is mended: only what is left is done.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Diverged`], when a migration was changed after it was applied; [`ErrorKind::Chain`], when there is
    /// no migration to stop after; [`ErrorKind::UnknownTenant`]; [`ErrorKind::Connection`].
    pub fn attempt(&self, client: &mut Client) -> Result<Report> {
        let target = self.target()?;
        let mut settings = self.settings.clone();
        if settings.selection.is_partial() {
            bookkeeping::ensure(client, &self.shared)?;
            settings = self.prepared(client, "<", last_tenant_part(&self.chain, target))?;
        }
        run(client, &self.chain, &self.shared, target, &settings)
            .map_err(|error| bookkeeping::explain_damage(client, error))
    }

    /// Tells what [`run`](Self::run) would do, and changes nothing.
    ///
    /// # Errors
    ///
    /// As [`attempt`](Self::attempt).
    pub fn dry_run(&self, client: &mut Client) -> Result<Plan> {
        let target = self.target()?;
        if !bookkeeping::exists(client, &self.shared)? {
            let rollout = &self.settings.rollout;
            let (steps, blocked) = steps(&self.chain, 0, Vec::new(), target, rollout);
            return Ok(Plan {
                creates_bookkeeping: true,
                forecast: None,
                parts: planned(&self.chain, &self.shared, (0, target), &[]),
                steps,
                blocked,
                left_out: Vec::new(),
                ahead: Vec::new(),
            });
        }
        let recorded = recorded::check(client, &self.chain)?;
        check_target(&self.chain, &recorded.meta, target)?;
        let last = last_tenant_part(&self.chain, target);
        let settings = self.prepared(client, "<", last)?;
        let rollout = &settings.rollout;
        let tenants = survey::standings(client, &settings.selection, rollout)?;
        let versions = (recorded.meta.shared_version, target);
        let parts = planned(&self.chain, &self.shared, versions, &tenants);
        let (steps, blocked) = steps(
            &self.chain,
            recorded.meta.shared_version,
            tenants,
            target,
            rollout,
        );
        Ok(Plan {
            creates_bookkeeping: false,
            forecast: Plan::forecast(&steps, survey::seconds_each(client)?, rollout),
            parts,
            steps,
            blocked,
            left_out: recorded.left_out,
            ahead: compare(&self.chain, &recorded.migrations).ahead,
        })
    }

    /// Tries what [`run`](Self::run) would do to each selected tenant, in transactions that are rolled back; without
    /// tenants, what makes a new one.
    ///
    /// It takes the locks that the run would take, one tenant after the other, for as long as a tenant takes. Numbers that
    /// sequences of other schemas have given out meanwhile are not given back.
    ///
    /// # Errors
    ///
    /// As [`attempt`](Self::attempt).
    pub fn try_out(&self, client: &mut Client) -> Result<Trial> {
        let target = self.target()?;
        let mut trial = Trial::default();
        if bookkeeping::exists(client, &self.shared)? {
            let recorded = recorded::check(client, &self.chain)?;
            check_target(&self.chain, &recorded.meta, target)?;
            let last = last_tenant_part(&self.chain, target);
            let settings = self.prepared(client, "<", last)?;
            let tenants = survey::standings(client, &settings.selection, &settings.rollout)?;
            let shared_is_behind = self.chain.migrations().iter().any(|it| {
                it.shared().is_some()
                    && it.position() > recorded.meta.shared_version
                    && it.position() <= target
            });
            let is_meant = |it: &&Standing| it.selected && (it.version < last || shared_is_behind);
            for tenant in tenants.iter().filter(is_meant) {
                let meta = &recorded.meta;
                let tried = try_on(client, &self.chain, meta, tenant, target, &settings)?;
                trial.tenants.push(tried);
            }
            if !trial.tenants.is_empty() || !tenants.is_empty() {
                return Ok(trial);
            }
        }
        trial.tenants.push(self.try_new_tenant(client)?);
        Ok(trial)
    }

    /// Tries what makes a new tenant, in a schema that nobody sees and a transaction that is rolled back.
    ///
    /// # Errors
    ///
    /// As [`attempt`](Self::attempt).
    pub fn try_new_tenant(&self, client: &mut Client) -> Result<Tried> {
        let meta = if bookkeeping::exists(client, &self.shared)? {
            Some(recorded::read(client)?.meta)
        } else {
            None
        };
        let target = self.target()?;
        let database = (meta.as_ref(), &self.shared);
        try_new(client, &self.chain, database, target, &self.settings)
    }

    /// Compares every schema with what the migrations make that are applied to it, and changes nothing.
    ///
    /// It reads the catalogue of all tenants, a hundred at a time, so it takes the longer the more tables there are in all.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotMigrated`]; [`ErrorKind::Connection`].
    pub fn drift(&self, client: &mut Client) -> Result<Drift> {
        let recorded = recorded::read(client)?;
        drift(client, &recorded.meta, &self.settings)
    }

    /// Tells where the groups of the rollout are, and changes nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotMigrated`]; [`ErrorKind::Chain`], when there is no migration to stop after;
    /// [`ErrorKind::Connection`].
    pub fn groups(&self, client: &mut Client) -> Result<Vec<GroupStatus>> {
        let last = last_tenant_part(&self.chain, self.target()?);
        let reach = self.reach(client)?;
        groups(client, &self.settings.rollout, last, reach)
    }

    /// Reads how far migrations lead tenants: by this measure it is told who has failed.
    pub(crate) fn reach(&self, client: &mut Client) -> Result<i32> {
        let recorded = recorded::read(client)?;
        Ok(status::last(&self.chain, &recorded.migrations))
    }

    /// Tells where the shared schema and the fleet are, and changes nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NewerFormat`]; [`ErrorKind::Configuration`]; [`ErrorKind::Connection`].
    pub fn status(&self, client: &mut Client) -> Result<Status> {
        status::status(client, &self.chain, &self.shared, &self.settings.rollout)
    }

    /// Tells where every tenant is, in the order in which they were created, and changes nothing.
    ///
    /// # Errors
    ///
    /// As [`status`](Self::status).
    pub fn tenants(&self, client: &mut Client) -> Result<Vec<TenantStatus>> {
        if !bookkeeping::exists(client, &self.shared)? {
            return Ok(Vec::new());
        }
        let reach = self.reach(client)?;
        whereabouts::tenants(client, reach)
    }

    /// Rolls back all migrations that come after this one, or all there are, and fails if anything failed.
    ///
    /// Tenants come first, then the shared schema, in reverse order. What is rolled back is what the database has
    /// recorded, with the SQL that was there when it was applied; the chain on disk has no part in it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Migration`], when a migration has no SQL that undoes it, and then nothing is done; or when rolling
    /// back failed for the shared schema or a tenant, with the [`Report`] as cause. Otherwise as
    /// [`attempt_rollback`](Self::attempt_rollback).
    pub fn rollback(&self, client: &mut Client, to: Option<&str>) -> Result<Report> {
        self.attempt_rollback(client, to)?.into_result()
    }

    /// Rolls back, and reports what failed and what did not.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Migration`], when a migration has no SQL that undoes it; [`ErrorKind::Chain`], when the database
    /// has no such migration; [`ErrorKind::NotMigrated`]; [`ErrorKind::UnknownTenant`]; [`ErrorKind::Connection`].
    pub fn attempt_rollback(&self, client: &mut Client, to: Option<&str>) -> Result<Report> {
        if !bookkeeping::exists(client, &self.shared)? {
            return Err(bookkeeping::not_migrated());
        }
        let mut settings = self.settings.clone();
        if settings.selection.is_partial() {
            let target = target_of(client, to)?;
            settings = self.prepared(client, ">", target)?;
        }
        rollback(client, to, &settings)
    }

    /// Reads what a rollback can undo; nothing, where nothing was ever migrated.
    #[cfg(feature = "cli")]
    pub(crate) fn undoable(&self, client: &mut Client) -> Result<Vec<Undoable>> {
        if !bookkeeping::exists(client, &self.shared)? {
            return Ok(Vec::new());
        }
        undoable(client)
    }

    fn target(&self) -> Result<i32> {
        match &self.to {
            Some(id) => Ok(self.chain.find(id)?.position()),
            None => Ok(self.chain.last()),
        }
    }

    /// The settings, for tenants that are certain, and known to be there.
    fn prepared(&self, client: &mut Client, beyond: &str, version: i32) -> Result<Settings> {
        let mut settings = self.settings.clone();
        settings.selection.check(client)?;
        let behind = format!("t.version {beyond} {version}");
        settings.selection = settings.selection.fix(client, &behind)?;
        Ok(settings)
    }
}

/// The SQL of what is to be applied, each part once.
fn planned(
    chain: &Chain,
    shared: &SchemaName,
    (shared_version, target): (i32, i32),
    tenants: &[Standing],
) -> Vec<PlannedPart> {
    let within = |it: &&Migration| it.position() <= target;
    let mut parts = Vec::new();
    for migration in chain.migrations().iter().filter(within) {
        let position = migration.position();
        let lacking: Vec<_> = tenants
            .iter()
            .filter(|it| it.selected && it.version < position)
            .map(|it| &it.schema)
            .collect();
        let is_pending = position > shared_version;
        let both = [
            (PlacementKind::Shared, is_pending.then_some(shared), 1),
            (
                PlacementKind::Tenant,
                lacking.first().copied(),
                lacking.len(),
            ),
        ];
        for (placement, schema, schemas) in both {
            if let Some(schema) = schema
                && let Some(part) = ReplayPart::of(migration, placement)
            {
                parts.push(part.planned(shared, schema, schemas));
            }
        }
    }
    parts
}

/// Refuses a target that is behind where the database is.
pub(super) fn check_target(chain: &Chain, meta: &bookkeeping::Meta, target: i32) -> Result<()> {
    if target == chain.last() || meta.shared_version.max(meta.tenant_version) <= target {
        return Ok(());
    }
    let id = chain.at(target).map_or("", Migration::id);
    Err(Error::new(
        ErrorKind::Migration,
        format!("the database is past `{id}` already\nhelp: roll back to `{id}` instead"),
    ))
}
