//! Running a chain over the shared schema and the fleet.

use std::time::Instant;

use postgres::Client;
use postgres::types::{ToSql, Type};

use super::baseline;
use super::chain::Chain;
use super::drift::refuse_older;
use super::fleet::batch::Batch;
use super::fleet::batch_cache::Batches;
use super::fleet::health_gate::{self, Gate};
use super::fleet::pass::Pass;
use super::fleet::{Passed, trace};
use super::plan::phases::{within_phase, within_running};
use super::plan::stage::{Stage, check_target, stage};
use super::recorded::compare::compare;
use super::recorded::{Recorded, record};
use super::report::direction::Direction;
use super::report::event::Event;
use super::report::{Blocked, Report, WaitsFor};
use super::rollout::forecast;
use super::session::Session;
use super::session::settings::Settings;
use super::session::turn::Turn;
use super::shared::{NextRound, migrate_shared};
use super::trial::try_new;
use crate::bookkeeping::effects::is_unknowable;
use crate::bookkeeping::{CHAIN_REVISION, LEFT_OUT, Meta, Waits, explain};
use crate::error::Result;
use crate::exec::Locks;
use crate::name::SchemaName;
use crate::tenant::{Whose, clean_up};

/// Goes from stage to stage, up to a position, until nobody is behind or nothing more can be done.
///
/// Every round looks anew at where everything is, so that a tenant that was created meanwhile, or what another migrator
/// does, is nothing special.
pub(super) fn run(
    client: &mut Client,
    chain: &Chain,
    shared: &SchemaName,
    target: i32,
    settings: &Settings,
) -> Result<Report> {
    in_turn(client, Direction::Up, settings, |client, turn| {
        turns(client, chain, (shared, target), settings, turn)
    })
}

/// Does all of a run in one turn, with its span, its duration and the event that it is over.
pub(super) fn in_turn(
    client: &mut Client,
    direction: Direction,
    settings: &Settings,
    work: impl FnOnce(&mut Client, &mut Turn) -> Result<Report>,
) -> Result<Report> {
    let start = Instant::now();
    let span = trace::run(direction).entered();
    let mut turn = Turn::new(direction);
    let report = work(client, &mut turn);
    let report = turn.end(client, report);
    let mut report = report?;
    report.duration = start.elapsed();
    trace::end_run(&span, &report);
    settings.observer.tell(&Event::Finished(report.clone()));
    Ok(report)
}

fn turns(
    client: &mut Client,
    chain: &Chain,
    (shared, target): (&SchemaName, i32),
    settings: &Settings,
    turn: &mut Turn,
) -> Result<Report> {
    let mut pass = Pass::new(settings);
    let mut is_clean = false;
    let mut before = None;
    loop {
        let recorded = record(client, chain, shared, (turn, settings), before.as_ref())?;
        if recorded.has_unfinished && !is_clean {
            clean_up(client, Whose::Nobodys, &settings.waits())?;
            is_clean = true;
        }
        check_target(chain, &recorded.meta, target)?;
        let versions = recorded.meta.versions();
        let (target, held) = within_phase(chain, versions, target, settings.phase);
        let (target, needed) = within_running(client, chain, versions, target)?;
        pass.report.booked.extend(recorded.booked.iter().cloned());
        pass.report.ahead = compare(chain, &recorded.migrations).ahead;
        let stage = stage(chain, recorded.reached(), target);
        if has_work(&recorded, stage) {
            turn.take(client, settings)?;
            refuse_older(client, &recorded.meta, settings)?;
            pass.spare.extend(turn.spare());
        }
        if let Some(aborts) = turn.aborts() {
            pass.control.begin(aborts);
        }
        if round(&mut pass, client, chain, &recorded, stage)? == NextRound::Done {
            if !recorded.has_baseline {
                let mut session = Session::new(client, None);
                session.remember()?;
                baseline::derive(&mut session, settings)?;
                session.reset(Locks::Released)?;
            }
            pass.report.left_out = recorded.left_out;
            pass.report.blocked = pass.report.blocked.take().or(needed).or(held);
            break;
        }
        before = Some(recorded);
    }
    finish(client, &pass)?;
    Ok(pass.report)
}

/// Whether the schemas, or where new tenants are made, are not where a stage leads.
fn has_work(recorded: &Recorded, stage: Stage) -> bool {
    let to = stage.tenants_to;
    let is_behind = recorded.lowest.is_some_and(|lowest| lowest < to);
    is_behind || recorded.meta.tenant_version < to || stage.then_shared.is_some()
}

/// Takes down what the run took, and forgets the groups of a rollout that is over.
fn finish(client: &mut Client, pass: &Pass<'_>) -> Result<()> {
    let report = &pass.report;
    let is_blocked = |blocked: &Blocked| {
        matches!(
            blocked.waits_for,
            WaitsFor::Tenants | WaitsFor::ActiveTenants
        )
    };
    let is_over = report.is_success() && !report.blocked.as_ref().is_some_and(is_blocked);
    if is_over && pass.settings.rollout.has_checks() {
        health_gate::forget(client, &pass.settings.waits())?;
    }
    forecast::note(client, pass.turns, pass.busy(), &pass.settings.waits())
}

fn round(
    pass: &mut Pass<'_>,
    client: &mut Client,
    chain: &Chain,
    recorded: &Recorded,
    stage: Stage,
) -> Result<NextRound> {
    let meta = &recorded.meta;
    let to = stage.tenants_to;
    let shared = &meta.shared_schema;
    let is_behind = recorded.lowest.is_some_and(|lowest| lowest < to);
    let is_unknowable = is_behind && is_unknowable(client)?;
    let batch = |from| Batch::up(chain, from, to, shared).in_database(is_unknowable);
    let swept = if is_behind {
        let batches = Batches::new(&batch).looked_into(recorded.lowest.unwrap_or(0));
        pass.go(client, meta, (Direction::Up, to), &batches)?
    } else {
        // A run that ended before its time may have left a group whose health nobody has asked about.
        match pass.pass_gate(client, to, usize::MAX)? {
            Gate::Yes | Gate::Now => Passed::Complete,
            Gate::Stop(_) => Passed::Incomplete,
        }
    };
    match swept {
        Passed::Again => {
            // The next look mostly finds that this was all. With health to ask about it comes first.
            if meta.tenant_version < to && !pass.settings.rollout.has_checks() {
                release(
                    client,
                    meta,
                    to,
                    ReleaseOnce::AllAreThere,
                    &pass.settings.waits(),
                )?;
            }
            return Ok(NextRound::Again);
        }
        Passed::Incomplete => {
            pass.report.blocked = stage.blocked(chain);
            return Ok(NextRound::Done);
        }
        Passed::Complete => {}
    }
    if meta.tenant_version < to {
        // With nobody that it could fail for, it is tried before a new tenant has to rely on it.
        if recorded.lowest.is_none() {
            let tried = try_new(client, chain, (Some(meta), shared), to, pass.settings)?;
            if let Some(error) = tried.error {
                pass.report.blocked = stage.blocked(chain);
                pass.report.new_tenants = Some(error);
                return Ok(NextRound::Done);
            }
        }
        release(
            client,
            meta,
            to,
            ReleaseOnce::AllAreThere,
            &pass.settings.waits(),
        )?;
        return Ok(NextRound::Again);
    }
    if stage.then_contract.is_some() {
        return Ok(NextRound::Again);
    }
    let migration = stage.then_shared.and_then(|position| chain.at(position));
    match migration.and_then(|migration| Some((migration, migration.shared()?))) {
        Some((migration, part)) if pass.may_go_on(client)? => {
            migrate_shared(pass, client, meta, migration, part)
        }
        _ => Ok(NextRound::Done),
    }
}

/// Whether anybody has to be there before new tenants are made at a version.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ReleaseOnce {
    /// All tenants.
    AllAreThere,
    /// Nobody.
    Now,
}

/// Lets new tenants be made at a version.
///
/// This waits for the tenants that are being created at the version before; the next round finds them.
///
/// # Errors
///
/// [`ErrorKind::LockTimeout`], when a creation takes longer than that.
pub(super) fn release(
    client: &mut Client,
    meta: &Meta,
    version: i32,
    once: ReleaseOnce,
    waits: &Waits,
) -> Result<()> {
    let condition = match once {
        ReleaseOnce::AllAreThere => format!(
            " AND NOT EXISTS (SELECT FROM tenantry.tenant WHERE version < $1 AND state NOT IN {LEFT_OUT})"
        ),
        ReleaseOnce::Now => String::new(),
    };
    let sql = format!(
        "UPDATE tenantry.meta SET tenant_version = $1 \
         WHERE {CHAIN_REVISION} = $2 AND shared_version = $3 AND tenant_version = $4{condition}"
    );
    let params: [(&(dyn ToSql + Sync), Type); 4] = [
        (&version, Type::INT4),
        (&meta.chain_revision, Type::INT8),
        (&meta.shared_version, Type::INT4),
        (&meta.tenant_version, Type::INT4),
    ];
    waits.change(client, |tx| {
        tx.execute_typed(&sql, &params).map_err(explain)?;
        Ok(())
    })
}
