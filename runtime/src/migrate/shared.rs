//! The shared part of a migration: one transaction, or segments, for everybody. Nobody else has anything to do meanwhile.

use std::thread;
use std::time::Instant;

use postgres::Client;
use postgres::error::SqlState;
use tracing::Span;

use super::chain::{Migration, Part};
use super::fleet::batch::BatchStep;
use super::fleet::pass::{Pass, contradiction};
use super::fleet::pending::size_of;
use super::fleet::segmented::{
    Place, Stepped, Target, Unfinished, is_passing, run_segments, with_calls,
};
use super::fleet::table_size::{BIG, sized_tables};
use super::fleet::trace;
use super::functions::CallPlace;
use super::recorded::read;
use super::report::event::Event;
use super::report::{Failure, SharedReport};
use super::session::Session;
use super::session::beside::SHARED;
use super::session::limits::limits;
use super::session::retry::{backoff, is_lock_failure};
use super::session::turn::lost;
use crate::bookkeeping::effects::{Rows, is_unknowable, leaves_nothing};
use crate::bookkeeping::segment::is_cut_by_choice;
use crate::bookkeeping::{
    CHAIN_REVISION, FileSql, Guard, Message, Meta, is_overtaken, ledger_rows,
};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::Locks;
use crate::name::SchemaName;
use crate::tenant::{Needs, Whose, clean_up, name_holder};

/// Whether there is more to do.
#[derive(PartialEq, Eq)]
pub(super) enum NextRound {
    Again,
    Done,
}

/// Applies the shared part of a migration, unless the database is not as it was read.
pub(super) fn migrate_shared(
    pass: &mut Pass<'_>,
    client: &mut Client,
    meta: &Meta,
    migration: &Migration,
    part: &Part,
) -> Result<NextRound> {
    let _span = trace::shared(migration.id()).entered();
    // Tenants that are just being made step by step are at no version that the shared part could count on.
    clean_up(client, Whose::Ours, &pass.settings.waits())?;
    let step = BatchStep {
        to: migration.position(),
        file: FileSql::in_use(
            migration.id(),
            "shared.up.sql",
            part.up(),
            &meta.shared_schema,
        ),
        leaves_nothing: leaves_nothing(part.up(), Rows::Possible) && !is_unknowable(client)?,
        sql: part.up().to_owned(),
        limits: migration.limits(),
        checksum: part.checksum(),
        with_calls: Vec::new(),
    };
    if Place::of_step(meta.shared_step).is_begun()
        || step.needs_segments()
        || is_cut_for_size(client, meta, &step)?
    {
        return shared_in_segments(pass, client, meta, &step);
    }
    // It fails unless the database is as it was read.
    let control = format!(
        "WITH m AS (UPDATE tenantry.meta SET shared_version = {position} \
         WHERE {CHAIN_REVISION} = {chain_revision} AND shared_version = {from} AND shared_step = 0 AND tenant_version = {tenants} \
         RETURNING 0 AS id) \
         INSERT INTO tenantry.ledger (tenant_id, migration, checksum) \
         SELECT {}, v.migration, v.checksum FROM (VALUES {rows}) AS v (migration, checksum);",
        Guard::Overtaken.or_refuse("(SELECT id FROM m)"),
        position = migration.position(),
        chain_revision = meta.chain_revision,
        from = meta.shared_version,
        tenants = meta.tenant_version,
        rows = ledger_rows([(migration.id(), part.checksum().as_str())]),
    );
    shared_step(pass, client, (&control, &meta.shared_schema), &step)
}

/// Whether the shared part is cut by choice, since tables are big.
fn is_cut_for_size(client: &mut Client, meta: &Meta, step: &BatchStep) -> Result<bool> {
    Ok(is_cut_by_choice(&step.sql) && {
        let tables = sized_tables([step.sql.as_str()], "{shared}");
        size_of(client, &meta.shared_schema, &tables)? > BIG
    })
}

fn shared_in_segments(
    pass: &mut Pass<'_>,
    client: &mut Client,
    meta: &Meta,
    step: &BatchStep,
) -> Result<NextRound> {
    let start = Instant::now();
    let mut begun = Place::of_step(meta.shared_step);
    let mut attempt = 1;
    loop {
        let session = &mut Session::new(client, None);
        let paced = (pass.settings, &pass.control, attempt - 1);
        let stepped = run_segments(session, Target::Shared, meta, step, paced, begun)?;
        let error = match stepped {
            Stepped::Done => None,
            Stepped::Busy => {
                // Another migrator is at it, which may take long.
                pass.beside.wait(session, &[SHARED], pass.settings)?;
                return Ok(NextRound::Again);
            }
            Stepped::Overtaken => return Ok(NextRound::Again),
            // The next round waits while runs are paused.
            Stepped::Held(_) => {
                pass.control.pace_now(session, &pass.settings.observer)?;
                return Ok(NextRound::Again);
            }
            Stepped::Locked(locked) => {
                if locked.got_on {
                    attempt = 1;
                }
                if attempt < pass.settings.attempts {
                    begun = locked.at;
                    put_off(pass, step.file.migration(), attempt, &locked.error);
                    attempt += 1;
                    continue;
                }
                Some(locked.error)
            }
            Stepped::Failed(error) => Some(error),
        };
        let error = error.map(|error| name_holder(client, error, Needs::Drop(None)));
        let id = step.file.migration();
        return Ok(report_shared(pass, id, error.as_ref(), start));
    }
}

/// Sends the message of a shared step, as often as it takes to get the locks, and reports what became of it.
pub(super) fn shared_step(
    pass: &mut Pass<'_>,
    client: &mut Client,
    (control, shared): (&str, &SchemaName),
    step: &BatchStep,
) -> Result<NextRound> {
    let start = Instant::now();
    let file = &step.file;
    let mut session = Session::new(client, None);
    if !step.leaves_nothing {
        session.remember()?;
    }
    let client = &mut session;
    let guarded = pass.settings.waits().limit() + control;
    let mut attempt = 1;
    let error = loop {
        let mut message = Message::new(guarded.clone());
        // The limits of the migration are not meant for the metadata tables.
        message.control(&limits(pass.settings, step.limits));
        message.begin_anew([file].into_iter(), shared, attempt - 1);
        message.add(file, None);
        let sent = if step.with_calls.is_empty() {
            message.send(client)
        } else {
            let place = CallPlace {
                shared,
                tenant: None,
            };
            let file = (step, "shared.down.sql");
            match with_calls(client, &guarded, file, place, pass.settings) {
                Err(Unfinished::Part(error))
                    if is_passing(&error) && attempt < pass.settings.attempts =>
                {
                    client.reset(Locks::Released)?;
                    put_off(pass, step.file.migration(), attempt, &error);
                    attempt += 1;
                    continue;
                }
                Err(Unfinished::Part(error)) => break Some(error),
                Err(Unfinished::Control(error)) => Err(error),
                Ok(()) => Ok(()),
            }
        };
        client.reset(Locks::Released)?;
        match sent {
            Ok(()) => break None,
            Err(error) if is_overtaken(&error) => {
                if pass.tries_again(control) {
                    return Ok(NextRound::Again);
                }
                let version = read(&mut **client)?.meta.shared_version;
                break Some(contradiction(client, 0, version)?);
            }
            // The metadata tables are locked by others, as by another migrator that is at it, which may take long.
            Err(error)
                if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE)
                    && message.try_guards(client).is_err() =>
            {
                pass.beside.wait(client, &[SHARED], pass.settings)?;
                return Ok(NextRound::Again);
            }
            Err(error) if is_lock_failure(&error) => {
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
        error => {
            let error = error.map(|error| name_holder(client, error, Needs::Drop(None)));
            Ok(report_shared(pass, file.migration(), error.as_ref(), start))
        }
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
) -> NextRound {
    if let Some(error) = error {
        tracing::warn!(migration, %error, "the shared schema could not be migrated");
    } else {
        tracing::info!(migration, "migrated the shared schema");
    }
    let next = if error.is_some() {
        NextRound::Done
    } else {
        NextRound::Again
    };
    pass.beside.is_over();
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
