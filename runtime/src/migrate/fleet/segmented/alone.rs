//! A statement outside of a transaction, and the note that it is done.

use postgres::Client;
use postgres::error::SqlState;
use postgres::types::Type;
use std::time::Duration;

use super::index::Checked;
use super::interrupted::{Detach, Detached, Reindex};
use super::place::{Nth, Place};
use super::progress::NextSegment;
use super::{Course, LockedOut, Stepped, refused};
use crate::bookkeeping::segment::{Alone, Segment, Stretch, in_transaction, needs_segments};
use crate::bookkeeping::{AskedIndex, FileSql, Message, explain};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::Locks;
use crate::migrate::chain::manifest::Limits;
use crate::migrate::session::Session;
use crate::migrate::session::limits::session_limits;

/// How far a statement outside of a transaction went.
pub(super) enum Ran {
    /// It is done, and that is still to be noted.
    Done,
    /// It is noted too, or nothing of it is done.
    Ended(Stepped),
}

impl Course<'_> {
    /// Runs it, unless it was done before a crash.
    pub(super) fn alone(
        &self,
        client: &mut Session<'_>,
        alone: &Alone,
        at: Nth,
        next: NextSegment,
        is_resumed: bool,
    ) -> Result<Ran> {
        let Stretch { sql, begin, .. } = &alone.stretch;
        let mut file = self.file(&alone.stretch, FileSql::as_written);
        let mut message = Message::new(String::new());
        message.add(&file, Some(self.schema()));
        let asked = AskedIndex::of(message.text());
        let reindex = Reindex::of(message.text());
        let detached = detached(client, message.text())?;
        if detached == Some(Detached::Pending) {
            let rest = Stretch {
                sql: Detach::finalize(sql),
                begin: *begin,
                calls: None,
            };
            file = self.file(&rest, FileSql::as_written);
            message = Message::new(String::new());
            message.add(&file, Some(self.schema()));
        }
        let is_done = match (&asked, &alone.index) {
            _ if is_resumed && detached == Some(Detached::Done) => Ok(Ok(true)),
            (Some(asked), _) => asked.is_done(client, is_resumed),
            (None, Some(index)) if is_resumed && !index.is_made => {
                self.is_dropped(client, &index.name)
            }
            _ => Ok(Ok(false)),
        };
        let is_done = match is_done {
            Ok(Ok(is_done)) => is_done,
            Ok(Err(why)) => return Ok(Ran::Ended(Stepped::Failed(message.refuse(&why)))),
            Err(error) => {
                let explain = |error| message.explain_statement(error);
                return refused(error, Place::At(at), explain).map(Ran::Ended);
            }
        };
        if !is_done {
            client.batch_execute(&session_limits(self.settings, self.lone_limits(sql)))?;
            let dropped = reindex.as_ref().map(|it| it.drop_left(client));
            let sent = dropped.transpose().and_then(|_| message.send(client));
            let reset = client.reset(Locks::Kept);
            if let Err(error) = sent {
                // A partitioned table has no index that is built concurrently, and none of its own to build for long.
                if alone.is_by_choice && error.code() == Some(&SqlState::FEATURE_NOT_SUPPORTED) {
                    let plain = Stretch {
                        sql: in_transaction(sql),
                        begin: *begin,
                        calls: None,
                    };
                    return self.noted(client, &plain, at, next).map(Ran::Ended);
                }
                if !client.is_closed() {
                    client.batch_execute(&session_limits(self.settings, self.step.limits))?;
                    let asked = asked.map(|it| it.drop_invalid(client));
                    let left = asked.or_else(|| reindex.map(|it| it.drop_left(client)));
                    if let Some(Err(error)) = left {
                        tracing::warn!(schema = %self.schema(), %error, "an index that is not valid is left");
                    }
                    client.reset(Locks::Kept)?;
                }
                let explain = |error| message.explain_statement(error);
                return refused(error, Place::At(at), explain).map(Ran::Ended);
            }
            reset?;
        }
        Ok(Ran::Done)
    }

    /// Notes that a statement is done which was outside of a transaction.
    ///
    /// It would be done again if that could not be noted: so this waits for those who have the metadata tables.
    pub(super) fn note(
        &self,
        client: &mut Session<'_>,
        alone: &Alone,
        at: Nth,
        next: NextSegment,
    ) -> Result<Stepped> {
        let note = Message::new(self.progress(at, next));
        let noted = self.noting(|| note.send(client));
        let Err(error) = noted else {
            return Ok(Stepped::Done);
        };
        // Whoever goes on finds an index and a partition as they are. Nobody knows of others whether they are done.
        let is_found = needs_segments(&alone.stretch.sql);
        Ok(match refused(error, Place::At(at), explain)? {
            Stepped::Locked(locked) if is_found => Stepped::Locked(locked),
            Stepped::Locked(LockedOut { error, .. }) | Stepped::Failed(error) => {
                Stepped::Failed(self.not_noted(error, at, next, is_found))
            }
            other => other,
        })
    }

    /// The error for a statement that is done, and not noted.
    fn not_noted(&self, error: Error, at: Nth, next: NextSegment, is_found: bool) -> Error {
        let help = if is_found {
            "run it again: it goes on from there".to_owned()
        } else {
            let by_hand = self.by_hand(at, next);
            format!("the next run does it again, unless this is run before: `{by_hand}`")
        };
        let message = format!(
            "statement {} of the migration `{}` is done, and that could not be noted: {}\nhelp: {help}",
            Place::At(at),
            self.step.file.migration(),
            error.message()
        );
        error.retold(ErrorKind::Migration, message)
    }

    /// The limits of a statement outside of a transaction.
    ///
    /// A statement that lets others go on waits for all of them, and holds up nobody: so it waits for as long as it takes,
    /// unless the migration itself says otherwise.
    fn lone_limits(&self, sql: &str) -> Limits {
        let mut limits = self.step.limits;
        if needs_segments(sql) {
            limits.lock_timeout.get_or_insert(Duration::ZERO);
        }
        limits
    }

    /// Whether a segment that has failed has left something that has to be ended.
    pub(super) fn is_half_done(
        &self,
        client: &mut Client,
        segment: &Segment,
        at: Nth,
    ) -> Result<bool> {
        let alone = match segment {
            Segment::Together(_) => return Ok(false),
            Segment::Batched(_) => return self.has_batches_done(client, at),
            Segment::Alone(alone) => alone,
        };
        let file = self.file(&alone.stretch, FileSql::as_written);
        let mut message = Message::new(String::new());
        message.add(&file, Some(self.schema()));
        Ok(detached(client, message.text())? == Some(Detached::Pending))
    }

    /// Whether an index is gone that was to be dropped before a crash.
    fn is_dropped(&self, client: &mut Client, name: &str) -> Result<Checked, postgres::Error> {
        let row = client.query_typed_one(
            "SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_index AS i \
             JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid \
             JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
             WHERE n.nspname = $1 AND c.relname = $2::pg_catalog.name)",
            &[(&self.schema().as_str(), Type::NAME), (&name, Type::TEXT)],
        )?;
        Ok(Ok(row.try_get(0)?))
    }
}

/// How far a partition is detached, if that is what a statement does.
fn detached(client: &mut Client, sql: &str) -> Result<Option<Detached>> {
    let detach = Detach::of(sql);
    Ok(detach.map(|detach| detach.state(client)).transpose()?)
}
