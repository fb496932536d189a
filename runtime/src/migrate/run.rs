//! Running a chain over the shared schema and the fleet.

use std::thread;
use std::time::Instant;

use postgres::Client;
use postgres::types::{ToSql, Type};
use tracing::Span;

use super::baseline;
use super::chain::{Chain, Migration, Part};
use super::fleet::Passed;
use super::fleet::batch::{Batch, BatchStep};
use super::fleet::batch_cache::Batches;
use super::fleet::health_gate;
use super::fleet::health_gate::Settled;
use super::fleet::pass::{Pass, contradiction};
use super::fleet::pending::size_of;
use super::fleet::segmented::{Stepped, Target, stepwise};
use super::fleet::table_size::BIG;
use super::fleet::table_size::sized_tables;
use super::fleet::trace;
use super::plan::check_target;
use super::plan::{Stage, stage};
use super::recorded::compare::compare;
use super::recorded::{Recorded, read, record};
use super::report::direction::Direction;
use super::report::event::Event;
use super::report::{Blocked, Failure, Report, SharedReport};
use super::rollout::forecast;
use super::session::Session;
use super::session::limits::limits;
use super::session::retry::backoff;
use super::session::retry::is_lock_failure;
use super::session::settings::Settings;
use super::session::turn::{Turn, lost};
use super::trial::try_new;
use crate::bookkeeping::effects::{Rows, is_unknowable, leaves_nothing};
use crate::bookkeeping::segment::makes_indexes;
use crate::bookkeeping::{
    FileSql, LEFT_OUT, Message, Meta, Waits, explain, is_overtaken, ledger_rows,
};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::Locks;
use crate::name::SchemaName;
use crate::tenant::{Whose, clean_up};

/// Whether there is more to do.
#[derive(PartialEq, Eq)]
pub(super) enum Next {
    Again,
    Done,
}

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
    let start = Instant::now();
    let span = trace::run(Direction::Up).entered();
    let mut turn = Turn::new(Direction::Up);
    let report = turns(client, chain, (shared, target), settings, &mut turn);
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
    loop {
        let recorded = record(client, chain, shared, (turn, settings))?;
        if recorded.has_unfinished && !is_clean {
            clean_up(client, Whose::Nobodys, &settings.waits())?;
            is_clean = true;
        }
        check_target(chain, &recorded.meta, target)?;
        pass.report.ahead = compare(chain, &recorded.migrations).ahead;
        let stage = stage(chain, recorded.meta.shared_version, target);
        if has_work(&recorded, stage) {
            turn.take(client, settings)?;
            pass.spare.extend(turn.spare());
        }
        if let Some(aborts) = turn.aborts() {
            pass.control.begin(aborts);
        }
        if round(&mut pass, client, chain, &recorded, stage)? == Next::Done {
            if !recorded.has_baseline {
                let mut session = Session::new(client, None);
                session.remember()?;
                baseline::derive(&mut session, &settings.waits())?;
                session.reset(Locks::Released)?;
            }
            pass.report.left_out = recorded.left_out;
            break;
        }
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
    let is_over = report.is_success() && report.blocked.is_none();
    if is_over && pass.settings.rollout.has_checks() {
        health_gate::forget(client)?;
    }
    forecast::note(client, report.migrated, pass.busy())
}

fn round(
    pass: &mut Pass<'_>,
    client: &mut Client,
    chain: &Chain,
    recorded: &Recorded,
    stage: Stage,
) -> Result<Next> {
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
        match pass.settle(client, to, usize::MAX)? {
            Settled::Yes | Settled::Now => Passed::Complete,
            Settled::Stop(_) => Passed::Incomplete,
        }
    };
    match swept {
        Passed::Again => {
            // The next look mostly finds that this was all. With health to ask about it comes first.
            if meta.tenant_version < to && !pass.settings.rollout.has_checks() {
                release(client, meta, to, Once::AllAreThere, &pass.settings.waits())?;
            }
            return Ok(Next::Again);
        }
        Passed::Incomplete => {
            let blocked = stage.then_shared.and_then(|position| chain.at(position));
            pass.report.blocked = blocked.map(|migration| Blocked {
                migration: migration.id().to_owned(),
            });
            return Ok(Next::Done);
        }
        Passed::Complete => {}
    }
    if meta.tenant_version < to {
        // With nobody that it could fail for, it is tried before a new tenant has to rely on it.
        if recorded.lowest.is_none() {
            let tried = try_new(client, chain, (Some(meta), shared), to, pass.settings)?;
            if let Some(error) = tried.error {
                let blocked = stage.then_shared.and_then(|position| chain.at(position));
                pass.report.blocked = blocked.map(|migration| Blocked {
                    migration: migration.id().to_owned(),
                });
                pass.report.new_tenants = Some(error);
                return Ok(Next::Done);
            }
        }
        release(client, meta, to, Once::AllAreThere, &pass.settings.waits())?;
        return Ok(Next::Again);
    }
    let migration = stage.then_shared.and_then(|position| chain.at(position));
    match migration.and_then(|migration| Some((migration, migration.shared()?))) {
        Some((migration, part)) if pass.may_go_on(client)? => {
            migrate_shared(pass, client, meta, migration, part)
        }
        _ => Ok(Next::Done),
    }
}

/// Whether anybody has to be there before new tenants are made at a version.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Once {
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
    once: Once,
    waits: &Waits,
) -> Result<()> {
    let condition = match once {
        Once::AllAreThere => format!(
            " AND NOT EXISTS (SELECT FROM tenantry.tenant WHERE version < $1 AND state NOT IN {LEFT_OUT})"
        ),
        Once::Now => String::new(),
    };
    let sql = format!(
        "UPDATE tenantry.meta SET tenant_version = $1 \
         WHERE edition = $2 AND shared_version = $3 AND tenant_version = $4{condition}"
    );
    let params: [(&(dyn ToSql + Sync), Type); 4] = [
        (&version, Type::INT4),
        (&meta.edition, Type::INT8),
        (&meta.shared_version, Type::INT4),
        (&meta.tenant_version, Type::INT4),
    ];
    waits.attempt(|attempt| {
        let mut tx = client.transaction()?;
        tx.batch_execute(&attempt.lock_timeout())?;
        tx.execute_typed(&sql, &params).map_err(explain)?;
        Ok(tx.commit()?)
    })
}

fn migrate_shared(
    pass: &mut Pass<'_>,
    client: &mut Client,
    meta: &Meta,
    migration: &Migration,
    part: &Part,
) -> Result<Next> {
    let _span = trace::shared(migration.id()).entered();
    // Tenants that are just being made step by step are at no version that the shared part could count on.
    clean_up(client, Whose::Ours, &pass.settings.waits())?;
    let step = BatchStep {
        to: migration.position(),
        file: FileSql::new(
            migration.id(),
            "shared.up.sql",
            part.up(),
            &meta.shared_schema,
        ),
        leaves_nothing: leaves_nothing(part.up(), Rows::Possible) && !is_unknowable(client)?,
        sql: part.up().to_owned(),
        limits: migration.limits(),
        checksum: part.checksum(),
    };
    if meta.shared_step > 0 || step.needs_segments() || makes_big_indexes(client, meta, &step)? {
        return shared_in_segments(pass, client, meta, &step);
    }
    // It fails unless the database is as it was read.
    let control = format!(
        "WITH m AS (UPDATE tenantry.meta SET shared_version = {position} \
         WHERE edition = {edition} AND shared_version = {from} AND shared_step = 0 AND tenant_version = {tenants} \
         RETURNING 0 AS id) \
         INSERT INTO tenantry.ledger (tenant_id, migration, checksum) \
         SELECT (SELECT id FROM m), v.migration, v.checksum FROM (VALUES {rows}) AS v (migration, checksum);",
        position = migration.position(),
        edition = meta.edition,
        from = meta.shared_version,
        tenants = meta.tenant_version,
        rows = ledger_rows([(migration.id(), part.checksum().as_str())]),
    );
    shared_step(pass, client, &control, &step)
}

/// Whether the shared part makes indexes on tables that are big.
fn makes_big_indexes(client: &mut Client, meta: &Meta, step: &BatchStep) -> Result<bool> {
    Ok(makes_indexes(&step.sql) && {
        let tables = sized_tables(&step.sql, "{shared}");
        size_of(client, &meta.shared_schema, &tables)? > BIG
    })
}

fn shared_in_segments(
    pass: &mut Pass<'_>,
    client: &mut Client,
    meta: &Meta,
    step: &BatchStep,
) -> Result<Next> {
    let start = Instant::now();
    let mut begun = meta.shared_step;
    for attempt in 1.. {
        let session = &mut Session::new(client, None);
        let stepped = stepwise(session, Target::Shared, meta, step, pass.settings, begun)?;
        let error = match stepped {
            Stepped::Done => None,
            Stepped::Busy => {
                // Another migrator is at it, which may take long.
                thread::sleep(backoff(1));
                return Ok(Next::Again);
            }
            Stepped::Overtaken => return Ok(Next::Again),
            Stepped::Locked(error, at) if attempt < pass.settings.attempts => {
                begun = at;
                put_off(pass, step.file.migration(), attempt, &error);
                continue;
            }
            Stepped::Locked(error, _) | Stepped::Failed(error) => Some(error),
        };
        return Ok(report_shared(
            pass,
            step.file.migration(),
            error.as_ref(),
            start,
        ));
    }
    Ok(Next::Done)
}

/// Sends the message of a shared step, as often as it takes to get the locks, and reports what became of it.
pub(super) fn shared_step(
    pass: &mut Pass<'_>,
    client: &mut Client,
    control: &str,
    step: &BatchStep,
) -> Result<Next> {
    let start = Instant::now();
    let file = &step.file;
    let mut session = Session::new(client, None);
    if !step.leaves_nothing {
        session.remember()?;
    }
    let client = &mut session;
    let mut message = Message::new(control.to_owned());
    // The limits come after the books: another migrator may be at it, which may take long.
    message.control(&limits(pass.settings, step.limits));
    message.add(file, None);
    let mut attempt = 1;
    let error = loop {
        let sent = message.send(client);
        client.reset(Locks::Released)?;
        match sent {
            Ok(()) => break None,
            Err(error) if is_overtaken(&error) => {
                if pass.tries_again(control) {
                    return Ok(Next::Again);
                }
                let version = read(&mut **client)?.meta.shared_version;
                break Some(contradiction(client, 0, version)?);
            }
            Err(error) if error.code().is_some_and(is_lock_failure) => {
                let error = message.explain(error);
                if attempt >= pass.settings.attempts {
                    break Some(error);
                }
                put_off(pass, file.migration(), attempt, &error);
                attempt += 1;
            }
            Err(error) => break Some(message.diagnose(client, error)),
        }
    };
    // To find the place of a failure the statements were run once more.
    client.reset(Locks::Released)?;
    match error {
        Some(error) if error.kind() != ErrorKind::Migration => {
            let doing = format!("the shared part of `{}`", file.migration());
            Err(lost(error, &doing))
        }
        error => Ok(report_shared(pass, file.migration(), error.as_ref(), start)),
    }
}

/// Waits before the next attempt. Nobody else has anything to do meanwhile: the shared part is a barrier.
fn put_off(pass: &Pass<'_>, migration: &str, attempts: usize, error: &Error) {
    let after = backoff(attempts);
    tracing::info!(migration, attempts, ?after, %error, "the shared schema is tried again later");
    pass.settings.observer.tell(&Event::Retry {
        tenant: None,
        attempts,
        after,
        why: Failure::from(error),
    });
    thread::sleep(after);
}

fn report_shared(
    pass: &mut Pass<'_>,
    migration: &str,
    error: Option<&Error>,
    start: Instant,
) -> Next {
    if let Some(error) = error {
        tracing::warn!(migration, %error, "the shared schema could not be migrated");
    } else {
        tracing::info!(migration, "migrated the shared schema");
    }
    let next = if error.is_some() {
        Next::Done
    } else {
        Next::Again
    };
    let report = SharedReport {
        migration: migration.to_owned(),
        error: error.map(Failure::from),
        duration: start.elapsed(),
    };
    trace::end(&Span::current(), error, report.duration);
    pass.settings.observer.tell(&Event::Shared(report.clone()));
    pass.report.shared.push(report);
    next
}
