//! A migration that can't be done in one transaction: segment by segment, each remembered when it is done.
//!
//! The ledger has the migration from the beginning; the version follows in the end. In between the metadata tables keep the number
//! of the segment, so that whoever comes after a crash goes on from there. A statement outside of a transaction and the
//! note that it is done are two transactions: after a crash between them it is run again, and therefore indexes and
//! partitions are looked up first.

mod alone;
mod batched;
mod called;
mod cursor;
mod index;
mod interrupted;
mod noted;
mod place;
mod progress;

use postgres::Client;
use postgres::error::SqlState;
use postgres::types::Type;

use super::batch::BatchStep;
use super::pending::Pending;
use crate::bookkeeping::segment::{ADVISORY_LOCK, Segment, Stretch, segments};
use crate::bookkeeping::{FileSql, Message, Meta, explain, is_busy, is_overtaken};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::Locks;
use crate::migrate::rollout::control::Control;
use crate::migrate::session::Session;
use crate::migrate::session::beside::REST;
use crate::migrate::session::limits::limits;
use crate::migrate::session::retry::is_lock_failure;
use crate::migrate::session::settings::Settings;
use crate::migrate::session::turn::pooled;
use crate::name::SchemaName;
use alone::Ran;
pub(crate) use called::{Unfinished, call_for_all, is_passing, with_calls};
use place::Nth;
pub(crate) use place::Place;
use progress::NextSegment;

/// The schema that is migrated.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target<'a> {
    Shared,
    Tenant(&'a Pending),
}

/// How far it went.
#[derive(Debug)]
pub(crate) enum Stepped {
    Done,
    /// Somebody else is working on the schema, or it is gone.
    Busy,
    /// The metadata tables are not as they were read.
    Overtaken,
    /// A lock was not to be had.
    Locked(LockedOut),
    /// Runs were told to pause or to end; the place to go on at.
    Held(Place),
    Failed(Error),
}

/// A lock that was not to be had.
#[derive(Debug)]
pub(crate) struct LockedOut {
    pub(crate) error: Error,
    /// The place to go on at.
    pub(crate) at: Place,
    /// Whether some batches were done before, so that the attempts are counted anew.
    pub(crate) got_on: bool,
}

/// Applies a migration to a schema, from the place that it has come to.
pub(crate) fn run_segments(
    client: &mut Session<'_>,
    target: Target<'_>,
    meta: &Meta,
    step: &BatchStep,
    (settings, control, attempts): (&Settings, &Control, usize),
    begun: Place,
) -> Result<Stepped> {
    let course = Course {
        target,
        meta,
        step,
        settings,
        control,
        attempts,
    };
    if !course.lock(client)? {
        return match course.idle_holder(client)? {
            Some(pid) => Ok(Stepped::Failed(left_behind(pid))),
            None => Ok(Stepped::Busy),
        };
    }
    client.remember()?;
    let stepped = course.go(client, begun);
    let unlocked = course.unlock(client);
    let reset = if step.leaves_nothing {
        Ok(())
    } else {
        client.reset(Locks::Released)
    };
    match unlocked.and_then(|is_held| reset.map(|()| is_held)) {
        // A migration may have released all locks of its session.
        Ok(false) if step.leaves_nothing => Err(pooled()),
        // A connection that is lost has lost its lock too.
        Err(error) if stepped.is_ok() => Err(error),
        _ => stepped,
    }
}

struct Course<'a> {
    target: Target<'a>,
    meta: &'a Meta,
    step: &'a BatchStep,
    settings: &'a Settings,
    control: &'a Control,
    /// How often it was tried and did not get its locks.
    attempts: usize,
}

impl Course<'_> {
    fn id(&self) -> i64 {
        match self.target {
            Target::Shared => 0,
            Target::Tenant(tenant) => tenant.id,
        }
    }

    fn schema(&self) -> &SchemaName {
        match self.target {
            Target::Shared => &self.meta.shared_schema,
            Target::Tenant(tenant) => &tenant.schema,
        }
    }

    fn lock(&self, client: &mut Client) -> Result<bool> {
        let row = client.query_typed_one(
            "SELECT pg_catalog.pg_try_advisory_lock($1)",
            &[(&(ADVISORY_LOCK + self.id()), Type::INT8)],
        )?;
        Ok(row.try_get(0)?)
    }

    /// Tells whether the session still had the lock.
    fn unlock(&self, client: &mut Client) -> Result<bool> {
        let row = client.query_typed_one(
            "SELECT pg_catalog.pg_advisory_unlock($1)",
            &[(&(ADVISORY_LOCK + self.id()), Type::INT8)],
        )?;
        Ok(row.try_get(0)?)
    }

    /// The session that has the lock and has done nothing for a while. A migrator never rests between two statements.
    fn idle_holder(&self, client: &mut Client) -> Result<Option<i32>> {
        let row = client.query_typed_opt(
            "SELECT k.pid FROM pg_catalog.pg_locks AS k JOIN pg_catalog.pg_stat_activity AS a ON a.pid = k.pid \
             JOIN pg_catalog.pg_database AS d ON d.oid = k.database AND d.datname = pg_catalog.current_database() \
             WHERE k.locktype = 'advisory' AND k.objsubid = 1 AND (k.classid::bigint << 32 | k.objid::bigint) = $1 \
             AND a.state LIKE 'idle%' AND a.state_change < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $2)",
            &[
                (&(ADVISORY_LOCK + self.id()), Type::INT8),
                (&REST.as_secs_f64(), Type::FLOAT8),
            ],
        )?;
        row.map(|row| Ok(row.try_get(0)?)).transpose()
    }

    fn go(&self, client: &mut Session<'_>, begun: Place) -> Result<Stepped> {
        let segments = segments(&self.step.sql, self.step.limits.is_transaction);
        let mut at = match begun {
            Place::NotBegun => {
                match Message::new(self.begin()).send(client) {
                    Ok(()) => {}
                    Err(error) if is_held(&error) => return Ok(Stepped::Busy),
                    Err(error) => return refused(error, begun, explain),
                }
                Nth::FIRST
            }
            Place::At(nth) => nth,
        };
        let first = at.index();
        if first >= segments.len() {
            return Ok(Stepped::Failed(Error::new(
                ErrorKind::Migration,
                format!(
                    "the metadata tables say that step {begun} of `{}` comes next, which has only {}\n\
                     help: look at what the schema has, and correct the step in the registry",
                    self.step.file.migration(),
                    segments.len()
                ),
            )));
        }
        for (place, segment) in segments.iter().enumerate().skip(first) {
            let next = if place + 1 == segments.len() {
                NextSegment::End
            } else {
                NextSegment::Segment
            };
            let is_resumed = begun.is_begun() && place == first;
            let stepped = match segment {
                Segment::Together(stretch) if self.step.limits.is_transaction => {
                    self.together(client, stretch, at, next)?
                }
                Segment::Together(stretch) => self.noted(client, stretch, at, next)?,
                Segment::Batched(batched) => self.batched(client, batched, at, next)?,
                Segment::Alone(alone) => match self.alone(client, alone, at, next, is_resumed)? {
                    Ran::Ended(stepped) => stepped,
                    Ran::Done => match self.note(client, alone, at, next)? {
                        Stepped::Done => Stepped::Done,
                        // It is done, so nothing is taken back.
                        other => return Ok(other),
                    },
                },
            };
            match stepped {
                Stepped::Done => at = at.next(),
                Stepped::Failed(_) | Stepped::Locked(_) | Stepped::Held(_)
                    if at == Nth::FIRST && !self.is_half_done(client, segment, at)? =>
                {
                    // Nothing of it is done: then it is as if it had not begun, and can be edited.
                    let taken_back = self.settings.waits().change(client, |tx| {
                        tx.execute_typed(&self.never_began(), &[]).map_err(explain)
                    });
                    return Ok(match stepped {
                        // Whoever dropped it meanwhile, or changed the chain, is why it failed.
                        _ if taken_back? == 0 => Stepped::Busy,
                        Stepped::Locked(locked) => Stepped::Locked(LockedOut {
                            at: Place::NotBegun,
                            ..locked
                        }),
                        Stepped::Held(_) => Stepped::Held(Place::NotBegun),
                        other => other,
                    });
                }
                other => return Ok(other),
            }
        }
        Ok(Stepped::Done)
    }

    fn together(
        &self,
        client: &mut Session<'_>,
        stretch: &Stretch,
        at: Nth,
        next: NextSegment,
    ) -> Result<Stepped> {
        let file = self.file(stretch, FileSql::in_use);
        let mut message =
            Message::new(self.progress(at, next) + &limits(self.settings, self.step.limits));
        message.begin_anew([&file].into_iter(), self.schema(), self.attempts);
        message.add(&file, Some(self.schema()));
        let sent = message.send(client);
        client.reset(Locks::Kept)?;
        let Err(error) = sent else {
            return Ok(Stepped::Done);
        };
        if is_held(&error) && message.try_guards(client).is_err() {
            return Ok(Stepped::Busy);
        }
        let refused = refused(error, Place::At(at), |error| {
            message.diagnose(client, error)
        });
        client.reset(Locks::Kept)?;
        refused
    }

    fn file(
        &self,
        stretch: &Stretch,
        new: fn(&str, &'static str, &str, &SchemaName) -> FileSql,
    ) -> FileSql {
        let name = match self.target {
            Target::Shared => "shared.up.sql",
            Target::Tenant(_) => "tenant.up.sql",
        };
        new(
            self.step.file.migration(),
            name,
            &stretch.sql,
            &self.meta.shared_schema,
        )
        .beginning_at(stretch.begin)
    }
}

/// The error for a lock that nobody gives back.
fn left_behind(pid: i32) -> Error {
    Error::new(
        ErrorKind::Migration,
        format!(
            "the session {pid} of the server has the lock of whoever works on this schema, and does nothing: a migrator \
             that went through a pooler has left it there, one is stopped, or somebody has left a transaction open\n\
             help: end it with `SELECT pg_terminate_backend({pid})`, connect to the server itself, and run it again"
        ),
    )
}

/// Whether a lock was not to be had in time.
fn is_held(error: &postgres::Error) -> bool {
    error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE)
}

/// Tells what it means that the server refused something.
fn refused(
    error: postgres::Error,
    at: Place,
    explain: impl FnOnce(postgres::Error) -> Error,
) -> Result<Stepped> {
    if is_busy(&error) {
        return Ok(Stepped::Busy);
    }
    if is_overtaken(&error) {
        return Ok(Stepped::Overtaken);
    }
    let is_locked = is_lock_failure(&error);
    let error = explain(error);
    if error.kind() == ErrorKind::Connection {
        return Err(error);
    }
    if is_locked {
        return Ok(Stepped::Locked(LockedOut {
            error,
            at,
            got_on: false,
        }));
    }
    Ok(Stepped::Failed(error))
}
