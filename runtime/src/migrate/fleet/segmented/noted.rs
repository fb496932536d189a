//! A statement that is a transaction of its own, with the note that it is done.

use postgres::error::Error as Refused;

use super::place::{Nth, Place};
use super::progress::NextSegment;
use super::{Course, Stepped, refused};
use crate::bookkeeping::segment::Stretch;
use crate::bookkeeping::{FileSql, Message, explain};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{END, Locks, RESET};
use crate::migrate::session::Session;
use crate::migrate::session::limits::limits;
use crate::migrate::session::retry::is_lock_failure;

/// Whichever of the two the server refused.
enum Undone {
    Statement(Refused),
    Note(Refused),
}

impl Course<'_> {
    /// Does a statement and notes it in one transaction, in the end.
    ///
    /// The statement may take long, and each creation reads the row that is written then. Whoever has that row may wait for what
    /// the statement holds: so the note is given up after a while and tried again, and the statement is not.
    pub(super) fn noted(
        &self,
        client: &mut Session<'_>,
        stretch: &Stretch,
        at: Nth,
        next: NextSegment,
    ) -> Result<Stepped> {
        let file = self.file(stretch, FileSql::in_use);
        let mut message = Message::new(limits(self.settings, self.step.limits));
        message.add(&file, Some(self.schema()));
        let done = self.done_and_noted(client, &message, at, next);
        client.reset(Locks::Kept)?;
        match done {
            Ok(()) => Ok(Stepped::Done),
            Err(Undone::Statement(error)) => refused(error, Place::At(at), |error| {
                message.explain_statement(error)
            }),
            Err(Undone::Note(error)) => refused(error, Place::At(at), explain),
        }
    }

    fn done_and_noted(
        &self,
        client: &mut Session<'_>,
        message: &Message<'_>,
        at: Nth,
        next: NextSegment,
    ) -> Result<(), Undone> {
        let mut tx = client.transaction().map_err(Undone::Note)?;
        tx.batch_execute(&self.check(at)).map_err(Undone::Note)?;
        message.send_in(&mut tx).map_err(Undone::Statement)?;
        if !self.step.leaves_nothing {
            // What the statement has set, a role too, is not for the note.
            tx.batch_execute(&format!("{END}{RESET}"))
                .map_err(Undone::Statement)?;
        }
        self.noting(|| {
            let mut note = tx.transaction()?;
            note.batch_execute(&self.progress(at, next))?;
            note.commit()
        })
        .map_err(Undone::Note)?;
        // What was put off to the end is the statement's.
        tx.commit().map_err(Undone::Statement)
    }

    /// Writes a note, and waits for those who have its row.
    pub(super) fn noting(
        &self,
        mut write: impl FnMut() -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        let mut noted = Ok(());
        self.settings
            .waits()
            .attempt(|_| {
                noted = write();
                match &noted {
                    Err(error) if is_lock_failure(error) => {
                        Err(Error::new(ErrorKind::LockTimeout, error.to_string()))
                    }
                    _ => Ok(()),
                }
            })
            .ok();
        noted
    }
}
