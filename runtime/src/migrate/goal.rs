//! The goal of a run: along which chain, how far, for whom, and how it goes about it.

use super::plan::phases::{within_phase, within_running};
use super::plan::stage::{check_target, last_tenant_part};
use postgres::Client;

use super::chain::{Chain, Migration};
use super::drift::{Drift, drift};
#[cfg(feature = "cli")]
use super::drift::{Repair, undo};
use super::fleet::pending;
use super::plan::{Plan, PlannedPart, Standing, steps};
use super::recorded::compare::compare;
#[cfg(feature = "cli")]
use super::recorded::undo::{Undoable, undoable};
use super::recorded::{self, booked};
use super::replay::ReplayPart;
use super::report::{Blocked, Report};
use super::rollback::{rollback, target_of};
use super::rollout::groups::{GroupStatus, groups};
use super::run::run;
use super::session::patience::within_limits;
use super::session::settings::Settings;
use super::squash::{Squash, SquashRange, squash};
use super::status;
use super::status::Status;
use super::status::queries;
use super::status::tenant::TenantStatus;
use super::trial::{Trial, Tried, try_new, try_on};
use crate::bookkeeping::{self, Meta};
use crate::error::Result;
use crate::model::PlacementKind;
use crate::name::SchemaName;
#[cfg(feature = "cli")]
use crate::name::TenantKey;

/// The goal of a run. Its functions work on the connection of a server that keeps its session.
#[derive(Debug, Clone)]
pub(super) struct Goal {
    pub(super) chain: Chain,
    pub(super) shared: SchemaName,
    pub(super) to: Option<String>,
    pub(super) settings: Settings,
}

impl Goal {
    /// Does a piece of work in which nothing waits for a lock for ever.
    pub(super) fn within_limits<T>(
        &self,
        client: &mut Client,
        work: impl FnOnce(&mut Client) -> Result<T>,
    ) -> Result<T> {
        within_limits(client, &self.settings, work)
    }

    pub(super) fn attempt(&self, client: &mut Client) -> Result<Report> {
        let target = self.target()?;
        let mut settings = self.settings()?;
        // Most runs are of all tenants and find nothing to do, with as few statements as that takes.
        if settings.selection.is_partial() {
            settings = self.within_limits(client, |client| {
                bookkeeping::ensure(client, &self.shared, &self.settings.waits())?;
                let meta = recorded::read(client)?.meta;
                let (target, _) = self.within(client, &meta, target)?;
                self.prepared(client, "<", last_tenant_part(&self.chain, target))
            })?;
        }
        run(client, &self.chain, &self.shared, target, &settings)
            .map_err(|error| bookkeeping::explain_damage(client, error))
    }

    pub(super) fn dry_run(&self, client: &mut Client) -> Result<Plan> {
        let target = self.target()?;
        self.chain.called()?;
        if !bookkeeping::exists(client, &self.shared)? {
            let rollout = &self.settings.rollout;
            let (target, held) = within_phase(&self.chain, (0, 0), target, self.settings.phase);
            let (steps, blocked) = steps(&self.chain, (0, 0), Vec::new(), target, rollout);
            return Ok(Plan {
                creates_bookkeeping: true,
                forecast: None,
                parts: planned(&self.chain, &self.shared, (0, target), &[]),
                steps,
                blocked: blocked.or(held),
                left_out: Vec::new(),
                ahead: Vec::new(),
            });
        }
        let (recorded, squashed) = recorded::check(client, &self.chain)?;
        check_target(&self.chain, &recorded.meta, target)?;
        let (target, held) = self.within(client, &recorded.meta, target)?;
        let last = last_tenant_part(&self.chain, target);
        let settings = self.prepared(client, "<", last)?;
        let rollout = &settings.rollout;
        let mut tenants = pending::standings(client, &settings.selection, rollout)?;
        for tenant in &mut tenants {
            tenant.version = booked(&squashed, PlacementKind::Tenant, tenant.version);
        }
        let versions = (recorded.meta.shared_version, target);
        let parts = planned(&self.chain, &self.shared, versions, &tenants);
        let (steps, blocked) = steps(
            &self.chain,
            recorded.meta.versions(),
            tenants,
            target,
            rollout,
        );
        Ok(Plan {
            creates_bookkeeping: false,
            forecast: Plan::forecast(&steps, pending::seconds_each(client)?, rollout),
            parts,
            steps,
            blocked: blocked.or(held),
            left_out: recorded.left_out,
            ahead: compare(&self.chain, &recorded.migrations).ahead,
        })
    }

    pub(super) fn try_out(&self, client: &mut Client) -> Result<Trial> {
        let target = self.target()?;
        self.chain.called()?;
        let mut trial = Trial::default();
        if bookkeeping::exists(client, &self.shared)? {
            let (recorded, squashed) = recorded::check(client, &self.chain)?;
            check_target(&self.chain, &recorded.meta, target)?;
            let (target, _) = self.within(client, &recorded.meta, target)?;
            let last = last_tenant_part(&self.chain, target);
            let settings = self.prepared(client, "<", last)?;
            let tenants = pending::standings(client, &settings.selection, &settings.rollout)?;
            let shared_is_behind = self.chain.migrations().iter().any(|it| {
                it.shared().is_some()
                    && it.position() > recorded.meta.shared_version
                    && it.position() <= target
            });
            let version = |it: &Standing| booked(&squashed, PlacementKind::Tenant, it.version);
            let is_meant = |it: &&Standing| it.selected && (version(it) < last || shared_is_behind);
            for tenant in tenants.iter().filter(is_meant) {
                let (meta, from) = (&recorded.meta, version(tenant));
                let tried = try_on(client, &self.chain, meta, (tenant, from, target), &settings)?;
                trial.tenants.push(tried);
            }
            if !trial.tenants.is_empty() || !tenants.is_empty() {
                return Ok(trial);
            }
        }
        trial.tenants.push(self.try_new_tenant(client)?);
        Ok(trial)
    }

    pub(super) fn try_new_tenant(&self, client: &mut Client) -> Result<Tried> {
        let meta = if bookkeeping::exists(client, &self.shared)? {
            Some(recorded::read_booked(client, &self.chain)?)
        } else {
            None
        };
        let target = self.target()?;
        let database = (meta.as_ref(), &self.shared);
        try_new(client, &self.chain, database, target, &self.settings()?)
    }

    pub(super) fn drift(&self, client: &mut Client) -> Result<Drift> {
        let recorded = recorded::read(client)?;
        drift(client, &recorded.meta, &self.settings()?)
    }

    #[cfg(feature = "cli")]
    pub(super) fn undo_drift(
        &self,
        client: &mut Client,
        tenant: Option<&TenantKey>,
    ) -> Result<Repair> {
        let recorded = recorded::read(client)?;
        undo(client, &recorded.meta, tenant, &self.settings()?)
    }

    pub(super) fn squash(
        &self,
        client: &mut Client,
        (first, last, name): (&str, &str, &str),
    ) -> Result<Squash> {
        let range = SquashRange { first, last, name };
        squash(
            client,
            (&self.chain, &self.shared),
            range,
            &self.settings()?,
        )
    }

    pub(super) fn groups(&self, client: &mut Client) -> Result<Vec<GroupStatus>> {
        let last = last_tenant_part(&self.chain, self.target()?);
        let reach = self.reach(client)?;
        groups(client, &self.settings.rollout, last, reach)
    }

    /// Reads how far migrations lead tenants: by this measure it is told who has failed.
    pub(super) fn reach(&self, client: &mut Client) -> Result<i32> {
        let recorded = recorded::read_as_is(client)?;
        Ok(status::last(&self.chain, &recorded.migrations))
    }

    pub(super) fn status(&self, client: &mut Client) -> Result<Status> {
        status::status(client, &self.chain, &self.shared, &self.settings.rollout)
    }

    pub(super) fn tenants(&self, client: &mut Client) -> Result<Vec<TenantStatus>> {
        if !bookkeeping::exists(client, &self.shared)? {
            return Ok(Vec::new());
        }
        let reach = self.reach(client)?;
        queries::tenants(client, reach)
    }

    pub(super) fn attempt_rollback(&self, client: &mut Client, to: Option<&str>) -> Result<Report> {
        if !bookkeeping::exists(client, &self.shared)? {
            return Err(bookkeeping::not_migrated());
        }
        let mut settings = self.settings()?;
        if settings.selection.is_partial() {
            let target = target_of(client, to)?;
            settings = self.prepared(client, ">", target)?;
        }
        rollback(client, to, &self.chain, &settings)
    }

    /// Reads what a rollback can undo; nothing, where nothing was ever migrated.
    #[cfg(feature = "cli")]
    pub(super) fn undoable(&self, client: &mut Client) -> Result<Vec<Undoable>> {
        if !bookkeeping::exists(client, &self.shared)? {
            return Ok(Vec::new());
        }
        undoable(client)
    }

    pub(super) fn target(&self) -> Result<i32> {
        match &self.to {
            Some(id) => Ok(self.chain.find(id)?.position()),
            None => Ok(self.chain.last()),
        }
    }

    /// Returns how far the run goes, and the migration before which it stops.
    fn within(
        &self,
        client: &mut Client,
        meta: &Meta,
        target: i32,
    ) -> Result<(i32, Option<Blocked>)> {
        let versions = meta.versions();
        let (target, held) = within_phase(&self.chain, versions, target, self.settings.phase);
        let (target, needed) = within_running(client, &self.chain, versions, target)?;
        Ok((target, needed.or(held)))
    }

    /// The settings, with the functions that the chain calls.
    pub(super) fn settings(&self) -> Result<Settings> {
        Ok(Settings {
            functions: self.chain.called()?,
            ..self.settings.clone()
        })
    }

    /// The same, for tenants that are certain, and known to be there.
    fn prepared(&self, client: &mut Client, beyond: &str, version: i32) -> Result<Settings> {
        let mut settings = self.settings()?;
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
