//! Functions of the application that are called for batches of rows.

use postgres::Transaction;
use postgres::error::Error as Refused;

use super::cursor::Keyed;
use crate::bookkeeping::batches::BatchedRows;
use crate::bookkeeping::segment::Stretch;
use crate::bookkeeping::{FileSql, Message, explain, limit_several};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Given, end_within};
use crate::migrate::fleet::batch::BatchStep;
use crate::migrate::functions::key_batch::KeyBatch;
use crate::migrate::functions::{CallPlace, Functions};
use crate::migrate::session::Session;
use crate::migrate::session::limits::limits;
use crate::migrate::session::retry::is_lock_failure;
use crate::migrate::session::settings::Settings;
use crate::name::{SchemaName, quote_identifier};

impl Keyed {
    /// Reads the keys of a batch, and locks its rows: what others change in a row while the function is at it would be lost.
    pub(super) fn lock(
        &self,
        tx: &mut Transaction<'_>,
        schema: &SchemaName,
        rows: &BatchedRows,
        (after, last): (Option<&[String]>, &[String]),
    ) -> Result<KeyBatch, Refused> {
        let columns = rows.columns("").join(", ");
        let last = self.values(Some(last)).unwrap_or_default();
        let until = rows.compared("", &self.operators.not_more, &last);
        let after = self.values(after);
        let beyond = after.map(|after| {
            let beyond = rows.compared("", &self.operators.more, &after);
            format!("{beyond} AND ")
        });
        let sql = format!(
            "SELECT {columns} FROM {}.{} WHERE {}{until} ORDER BY {} FOR NO KEY UPDATE",
            schema.quoted(),
            quote_identifier(&rows.table),
            beyond.unwrap_or_default(),
            self.order(rows),
        );
        Ok(KeyBatch::new(tx.query_typed(&sql, &[])?))
    }
}

/// Calls a function for all rows of a table within a transaction, and leaves the session as it was given.
///
/// # Errors
///
/// The words of the function or the server, with the place in the file.
pub(crate) fn call_for_all(
    tx: &mut Transaction<'_>,
    functions: &Functions,
    place: CallPlace<'_>,
    (stretch, file): (&Stretch, &FileSql),
    given: &Given,
) -> Result<()> {
    let Some(rows) = &stretch.calls else {
        return Ok(());
    };
    let mut message = Message::new(String::new());
    message.add(file, Some(place.schema()));
    let explain = |error: Refused| {
        if is_lock_failure(&error) {
            message.explain_passing(error)
        } else {
            message.explain_statement(error)
        }
    };
    let keyed = match Keyed::read(tx, place.schema(), rows).map_err(explain)? {
        Ok(keyed) => keyed,
        Err(why) => return Err(message.refuse(&why)),
    };
    let mut after: Option<Vec<String>> = None;
    loop {
        let last = keyed.last(tx, place.schema(), rows, after.as_deref());
        let Some(last) = last.map_err(explain)? else {
            return Ok(());
        };
        let batch = keyed.lock(tx, place.schema(), rows, (after.as_deref(), &last));
        let batch = batch.map_err(explain)?;
        let greatest = keyed.greatest(tx, place.schema(), rows);
        let greatest = greatest.map_err(explain)?;
        call(functions, rows, tx, place, &batch).map_err(|error| at_place(error, &message))?;
        end_within(tx, given).map_err(explain)?;
        let is_endless = keyed.has_made_greater(tx, place.schema(), rows, greatest.as_deref());
        if is_endless.map_err(explain)? {
            return Err(message.refuse(&endless(rows)));
        }
        after = Some(last);
    }
}

/// Whichever was refused of SQL with calls in one transaction.
pub(crate) enum Unfinished {
    /// A control statement.
    Control(Refused),
    /// A statement or a call, with its place.
    Part(Error),
}

/// Does SQL with calls in one transaction, behind control statements.
pub(crate) fn with_calls(
    session: &mut Session<'_>,
    control: &str,
    (step, file): (&BatchStep, &'static str),
    place: CallPlace<'_>,
    settings: &Settings,
) -> Result<(), Unfinished> {
    let given = session.remember().map_err(Unfinished::Part)?.clone();
    let mut tx = session.transaction().map_err(Unfinished::Control)?;
    tx.batch_execute(control).map_err(Unfinished::Control)?;
    for (nth, stretch) in step.with_calls.iter().enumerate() {
        let migration = step.file.migration();
        let file = FileSql::in_use(migration, file, &stretch.sql, place.shared)
            .beginning_at(stretch.begin);
        let mut limits = limits(settings, step.limits);
        if nth > 0 || stretch.calls.is_some() {
            limits += &limit_several();
        }
        let mut message = Message::new(limits.clone());
        message.add(&file, Some(place.schema()));
        let done = if stretch.calls.is_some() {
            let limited = tx.batch_execute(&limits);
            limited
                .map_err(|error| message.explain(error))
                .and_then(|()| {
                    call_for_all(
                        &mut tx,
                        &settings.functions,
                        place,
                        (stretch, &file),
                        &given,
                    )
                })
        } else {
            let sent = message.send_in(&mut tx);
            sent.map_err(|error| {
                if is_lock_failure(&error) {
                    message.explain_passing(error)
                } else {
                    message.explain(error)
                }
            })
        };
        done.map_err(Unfinished::Part)?;
    }
    let committed = tx.commit();
    committed.map_err(|error| Unfinished::Part(explain(error)))
}

/// Calls the function for a batch, unless its rows are gone by now.
pub(super) fn call(
    functions: &Functions,
    rows: &BatchedRows,
    tx: &mut Transaction<'_>,
    place: CallPlace<'_>,
    batch: &KeyBatch,
) -> Result<()> {
    match rows.function() {
        Some(function) if !batch.is_empty() => functions.call(function, tx, place, batch),
        _ => Ok(()),
    }
}

/// Why a function is refused that makes rows which it would be called for too.
pub(super) fn endless(rows: &BatchedRows) -> String {
    format!(
        "the function `{}` has put rows behind the last one of `{}`, for which it would be called too, and so on for ever; nothing of its batch is done\n\
         help: have it put them into another table, and add them to this one with a statement behind the call",
        rows.function().unwrap_or_default(),
        rows.table,
    )
}

/// Says of an error of a function at which place of the file it was called. What passes keeps its kind.
pub(super) fn at_place(error: Error, message: &Message<'_>) -> Error {
    let kind = match error.kind() {
        kind @ (ErrorKind::Connection
        | ErrorKind::LockTimeout
        | ErrorKind::Deadlock
        | ErrorKind::Serialization) => kind,
        _ => ErrorKind::Migration,
    };
    let told = message.refuse(error.message());
    error.retold(kind, told.message().to_owned())
}

/// Whether the same batch may succeed another time.
pub(crate) fn is_passing(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::LockTimeout | ErrorKind::Deadlock | ErrorKind::Serialization
    )
}
