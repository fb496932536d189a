//! A statement in batches of rows, each a transaction that also notes the key of its last row.
//!
//! So a batch is done once, whatever happens between two of them: whoever goes on reads the note. Each batch has its locks for
//! as long as it takes itself, and between two of them the run can be paused, or ended.

use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use postgres::error::Error as Refused;
use postgres::{Client, IsolationLevel, Transaction};

use super::called::{at_place, call, endless, is_passing};
use super::cursor::{BatchCursor, Keyed};
use super::place::{Nth, Place};
use super::progress::NextSegment;
use super::{Course, LockedOut, Stepped, Target, refused};
use crate::bookkeeping::segment::{Batched, Stretch};
use crate::bookkeeping::{FileSql, Message, explain, limit_several};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{END, Locks, RESET};
use crate::migrate::functions::CallPlace;
use crate::migrate::report::event::Event;
use crate::migrate::rollout::control::read;
use crate::migrate::session::Session;
use crate::migrate::session::limits::limits;
use crate::migrate::session::retry::{backoff, is_lock_failure};
use crate::place::TenantPlace;

/// How often it is told how far it is.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// How often it is asked in a long pause whether to go on.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// The end of a batch.
enum BatchEnd {
    /// There may be more rows.
    More(BatchCursor),
    /// These were the last, and the segment is noted as done.
    Last(BatchCursor),
    /// Nothing is done, since runs were told to pause or to end.
    Held,
}

/// Whichever of them the server refused.
enum BatchRefused {
    Statement(Refused, Box<FileSql>),
    Note(Refused),
    /// Not the server, but the function that was called, with the place where it was.
    Function(Error),
}

impl BatchRefused {
    /// Whether the same batch may be done when it is tried once more.
    fn is_passing(&self) -> bool {
        match self {
            Self::Statement(error, _) | Self::Note(error) => is_lock_failure(error),
            Self::Function(error) => is_passing(error),
        }
    }

    fn error(&self) -> &dyn fmt::Display {
        match self {
            Self::Statement(error, _) | Self::Note(error) => error,
            Self::Function(error) => error,
        }
    }
}

impl Course<'_> {
    /// Does a statement batch by batch, from where it was left.
    pub(super) fn batched(
        &self,
        client: &mut Session<'_>,
        batched: &Batched,
        at: Nth,
        next: NextSegment,
    ) -> Result<Stepped> {
        let rows = &batched.rows;
        let keyed = match Keyed::read(&mut **client, self.schema(), rows)? {
            Ok(keyed) => keyed,
            Err(why) => return Ok(Stepped::Failed(self.refusal(batched, &why))),
        };
        let mut cursor = match self.cursor(client, at)? {
            Some(cursor) if cursor.is_of(rows) => cursor,
            Some(cursor) => {
                let why = cursor.other_rows(rows);
                return Ok(Stepped::Failed(self.refusal(batched, &why)));
            }
            None => BatchCursor::begin(Place::At(at), rows, keyed.about),
        };
        let aborts = self.control.aborts(client)?;
        let (mut told, mut is_retried, mut got_on) = (None, false, false);
        loop {
            let done = self.batch(client, (batched, &keyed), &cursor, aborts, (at, next));
            client.reset(Locks::Kept)?;
            match done {
                Ok(BatchEnd::More(moved)) => {
                    cursor = moved;
                    is_retried = false;
                    got_on = true;
                    if told.is_none_or(|told: Instant| told.elapsed() >= TELL_EVERY) {
                        told = Some(Instant::now());
                        self.tell(&cursor);
                    }
                    self.rest(client, aborts)?;
                }
                Ok(BatchEnd::Last(moved)) => {
                    self.tell(&moved);
                    return Ok(Stepped::Done);
                }
                Ok(BatchEnd::Held) => return Ok(Stepped::Held(Place::At(at))),
                // The tenant is put off only if it has got no further since.
                Err(refused) if refused.is_passing() && cursor.after.is_some() && !is_retried => {
                    let error = refused.error();
                    tracing::debug!(schema = %self.schema(), %error, "a batch is tried again");
                    is_retried = true;
                    thread::sleep(backoff(1));
                }
                Err(BatchRefused::Function(error)) if error.kind() == ErrorKind::Connection => {
                    return Err(error);
                }
                Err(BatchRefused::Function(error)) if is_passing(&error) => {
                    let at = Place::At(at);
                    return Ok(Stepped::Locked(LockedOut { error, at, got_on }));
                }
                Err(BatchRefused::Function(error)) => return Ok(Stepped::Failed(error)),
                Err(BatchRefused::Statement(error, file)) => {
                    let message = self.message(&file);
                    let refused = refused(error, Place::At(at), |error| {
                        message.explain_statement(error)
                    });
                    return refused.map(|stepped| counted_anew(stepped, got_on));
                }
                Err(BatchRefused::Note(error)) => {
                    let refused = refused(error, Place::At(at), explain);
                    return refused.map(|stepped| counted_anew(stepped, got_on));
                }
            }
        }
    }

    /// Pauses between two batches, until runs are told to pause or to end. A session that asked nothing for long would be taken for
    /// one that is left behind.
    fn rest(&self, client: &mut Client, aborts: i64) -> Result<()> {
        let begun = Instant::now();
        loop {
            let left = self.settings.batch_pause.saturating_sub(begun.elapsed());
            thread::sleep(left.min(ASK_EVERY));
            if left <= ASK_EVERY || read(client)? != (false, aborts) {
                return Ok(());
            }
        }
    }

    /// Does the next batch, and notes it.
    fn batch(
        &self,
        client: &mut Session<'_>,
        (batched, keyed): (&Batched, &Keyed),
        cursor: &BatchCursor,
        aborts: i64,
        (at, next): (Nth, NextSegment),
    ) -> Result<BatchEnd, BatchRefused> {
        let note = BatchRefused::Note;
        // A batch sees what others have committed since, whatever the database prefers: it would else fail for each of them.
        let mut tx = client
            .build_transaction()
            .isolation_level(IsolationLevel::ReadCommitted)
            .start()
            .map_err(note)?;
        tx.batch_execute(&self.check(at)).map_err(note)?;
        let found = keyed
            .next(&mut tx, self.schema(), &batched.rows, cursor)
            .map_err(|error| {
                let file = self.file(&batched.stretch, FileSql::as_written);
                BatchRefused::Statement(error, Box::new(file))
            })?;
        if found.is_paused || found.aborts != aborts {
            return Ok(BatchEnd::Held);
        }
        let moved = cursor.moved(found.last, found.rows);
        let is_last = found.rows < i64::from(batched.rows.size);
        if let Some(last) = moved.after.as_deref().filter(|_| found.rows > 0)
            && batched.rows.function().is_some()
        {
            self.called(&mut tx, (batched, keyed), (cursor.after.as_deref(), last))?;
        } else if found.rows > 0 {
            let stretch = Stretch {
                sql: batched.rows.between(
                    &batched.stretch.sql,
                    &keyed.operators,
                    keyed.values(cursor.after.as_deref()).as_deref(),
                    &keyed.values(moved.after.as_deref()).unwrap_or_default(),
                ),
                begin: batched.stretch.begin,
                calls: None,
            };
            let file = self.file(&stretch, FileSql::in_use);
            if let Err(error) = self.statement(&mut tx, &file) {
                return Err(BatchRefused::Statement(error, Box::new(file)));
            }
        }
        let written = if is_last {
            BatchCursor::forget(self.id(), self.step.file.migration()) + &self.progress(at, next)
        } else {
            moved.keep(self.id(), self.step.file.migration(), cursor)
        };
        self.noting(|| {
            let mut note = tx.transaction()?;
            note.batch_execute(&self.settings.waits().limit())?;
            note.batch_execute(&written)?;
            note.commit()
        })
        .map_err(note)?;
        // What was put off to the end is the statement's, but has no place in it.
        tx.commit().map_err(note)?;
        Ok(if is_last {
            BatchEnd::Last(moved)
        } else {
            BatchEnd::More(moved)
        })
    }

    /// Has the function done what it does to a batch.
    fn called(
        &self,
        tx: &mut Transaction<'_>,
        (batched, keyed): (&Batched, &Keyed),
        range: (Option<&[String]>, &[String]),
    ) -> Result<(), BatchRefused> {
        let file = self.file(&batched.stretch, FileSql::as_written);
        let statement = |error| BatchRefused::Statement(error, Box::new(file.clone()));
        let limits = limits(self.settings, self.step.limits) + &limit_several();
        tx.batch_execute(&limits).map_err(statement)?;
        let batch = keyed
            .lock(tx, self.schema(), &batched.rows, range)
            .map_err(statement)?;
        let tenant = self.tenant_place();
        let place = CallPlace {
            shared: &self.meta.shared_schema,
            tenant: tenant.as_ref(),
        };
        let (schema, rows) = (self.schema(), &batched.rows);
        let greatest = keyed.greatest(tx, schema, rows).map_err(statement)?;
        call(&self.settings.functions, rows, tx, place, &batch)
            .map_err(|error| BatchRefused::Function(at_place(error, &self.message(&file))))?;
        // What the function has set, a role too, is not for what comes behind it.
        tx.batch_execute(&format!("{END}{RESET}"))
            .map_err(statement)?;
        let is_endless = keyed.has_made_greater(tx, schema, rows, greatest.as_deref());
        if is_endless.map_err(statement)? {
            let refused = self.message(&file).refuse(&endless(rows));
            return Err(BatchRefused::Function(refused));
        }
        Ok(())
    }

    fn tenant_place(&self) -> Option<TenantPlace> {
        match self.target {
            Target::Shared => None,
            Target::Tenant(tenant) => Some(tenant.place()),
        }
    }

    fn message<'f>(&self, file: &'f FileSql) -> Message<'f> {
        let mut message = Message::new(limits(self.settings, self.step.limits));
        message.add(file, Some(self.schema()));
        message
    }

    fn statement(&self, tx: &mut Transaction<'_>, file: &FileSql) -> Result<(), Refused> {
        self.message(file).send_in(tx)?;
        if self.step.leaves_nothing {
            return Ok(());
        }
        // What the statement has set, a role too, is not for the note.
        tx.batch_execute(&format!("{END}{RESET}"))
    }

    /// Where the statement was left that is the segment.
    fn cursor(&self, client: &mut Client, at: Nth) -> Result<Option<BatchCursor>> {
        let cursor = BatchCursor::read(client, self.id(), self.step.file.migration())?;
        Ok(cursor.filter(|cursor| cursor.is_at(Place::At(at))))
    }

    /// Whether some of its batches are done.
    pub(super) fn has_batches_done(&self, client: &mut Client, at: Nth) -> Result<bool> {
        let cursor = self.cursor(client, at)?;
        Ok(cursor.is_some_and(|cursor| cursor.after.is_some()))
    }

    fn refusal(&self, batched: &Batched, why: &str) -> Error {
        let file = self.file(&batched.stretch, FileSql::as_written);
        self.message(&file).refuse(why)
    }

    fn tell(&self, cursor: &BatchCursor) {
        let tenant = match self.target {
            Target::Shared => None,
            Target::Tenant(tenant) => Some(tenant.key.clone()),
        };
        self.settings.observer.tell(&Event::Batch {
            tenant,
            migration: self.step.file.migration().to_owned(),
            table: cursor.table.clone(),
            rows: cursor.rows,
            about: cursor.about,
        });
    }
}

fn counted_anew(stepped: Stepped, got_on: bool) -> Stepped {
    match stepped {
        Stepped::Locked(locked) => Stepped::Locked(LockedOut { got_on, ..locked }),
        other => other,
    }
}
