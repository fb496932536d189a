//! New rows by `COPY`, in PostgreSQL's binary format, in which parameters are already.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::batches::{SINGLY, Unread};
use super::copy_looks::{COPY_IN, fits, names, possible};
use super::insertion::{Values, insertion};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::reach::WritesTo;
use crate::exec::{Answer, Effect, Flow, Gives, Statement, admitted};
use crate::model::{Model, ModelDef, NewRow};
use crate::place::Context;
use crate::query::error::unsendable;
use crate::query::fits::check_stored;
use crate::query::reference::unchecked;
use crate::query::tolerance::without_lacked;

/// The beginning of the data: the signature, no flags, and no extension.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// The end of the data: a row of -1 columns.
const TRAILER: [u8; 2] = (-1_i16).to_be_bytes();

/// How many bytes go to the server at a time, but for the last row.
const PIECE: usize = 64 * 1024;

/// A `COPY` of new rows into their table. Made by `Customer::copy_in(rows)`.
///
/// The rows are read as they are sent, and only a few are in memory, however many there are. Either all are stored or none: it is a transaction, and inside
/// of another a savepoint. It gives back no rows, and does nothing about conflicts: that is for [`insert_many`](crate::Queries::insert_many).
///
/// ```no_run
/// # use tenantry::prelude::*;
/// # #[tenant_model]
/// # pub struct Reading { #[field(key)] pub id: i64, pub sensor: String, pub celsius: f64 }
/// fn import(acme: &mut TenantScope, lines: impl Iterator<Item = String> + Send) -> tenantry::Result<u64> {
///     let rows = lines.filter_map(|line| {
///         let (sensor, celsius) = line.split_once(';')?;
///         Some(NewReading::new(sensor, celsius.parse::<f64>().ok()?))
///     });
///     Reading::copy_in(rows).execute(acme)
/// }
/// ```
#[must_use = "a copy does nothing until a scope is given to `execute`"]
pub struct CopyIn<'r, M> {
    rows: Unread<'r>,
    marker: PhantomData<fn() -> M>,
}

impl<'r, M: Model> CopyIn<'r, M> {
    pub(crate) fn new<N, I>(rows: I) -> Self
    where
        N: NewRow<Model = M> + 'r,
        I: IntoIterator<Item = N, IntoIter: Send + 'r>,
    {
        Self {
            rows: Box::new(rows.into_iter().map(NewRow::into_values)),
            marker: PhantomData,
        }
    }

    /// Stores the rows, and returns their number.
    ///
    /// Rows one after the other that leave the same columns to the database are one statement, so it is quick where they all do.
    ///
    /// # Errors
    ///
    /// When a value can't be sent, or the server refuses a row: it is told with its number, counted from 1, where the server tells it (a
    /// foreign key is checked behind all rows). [`ErrorKind::Configuration`], when a reference of the model has no constraint, since only a
    /// statement with values could look for its row, or a column is of another type in the database than its field, since a `COPY`
    /// converts nothing. [`ErrorKind::Permission`], when the role may not fill all columns that are sent: fields that may be null and were
    /// not set are sent as null.
    pub fn execute<'a, S: WritesTo<M>>(self, scope: &'a mut S) -> S::Outcome<'a, u64>
    where
        'r: 'a,
    {
        scope.drive(flow(CopiedRows {
            model: M::DEF,
            context: scope.context().clone(),
            rows: self.rows,
            waiting: None,
            read: 0,
            fitting: Vec::new(),
        }))
    }
}

impl<M: Model> fmt::Debug for CopyIn<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CopyIn")
            .field("model", &M::NAME)
            .finish_non_exhaustive()
    }
}

fn flow(mut rows: CopiedRows<'_>) -> Flow<'_, u64> {
    let model = rows.model;
    if let Some(def) = model.columns.iter().find(|def| unchecked(def).is_some()) {
        let message = format!(
            "`COPY` can't look for the row that field `{}` references, and no constraint does\n\
             help: use `insert_many`, which looks for it",
            def.field
        );
        return Flow::Done(Err(
            Error::new(ErrorKind::Configuration, message).in_model(model, COPY_IN)
        ));
    }
    match rows.peek() {
        Ok(Some(_)) => {}
        Ok(None) => return Flow::Done(Ok(0)),
        Err(error) => return Flow::Done(Err(error)),
    }
    let look = possible(model, &rows.context);
    let log = Arc::clone(rows.context.log());
    Flow::atomic(log, || {
        look.and_on(|possible| match possible {
            Ok(()) => step(Arc::new(Mutex::new(rows)), 0),
            Err(error) => Flow::Done(Err(error)),
        })
    })
}

/// The rows that are still to be stored. The data of a statement and what comes behind it share them.
type SharedRows<'r> = Arc<Mutex<CopiedRows<'r>>>;

struct CopiedRows<'r> {
    model: &'static ModelDef,
    context: Context,
    rows: Unread<'r>,
    /// The one that was read, and is not sent.
    waiting: Option<Values>,
    read: u64,
    /// The columns of which the server has said that it takes them. It stays so, for the table is locked.
    fitting: Vec<Vec<usize>>,
}

/// Stores the rows from the next on that give the same columns as that, and then the others. So many are stored already.
fn step(rows: SharedRows<'_>, stored: u64) -> Flow<'_, u64> {
    let mut next = locked(&rows);
    let (model, context) = (next.model, next.context.clone());
    let columns: Vec<usize> = match next.peek() {
        Ok(Some(row)) => given(row).collect(),
        Ok(None) => return Flow::Done(Ok(stored)),
        Err(error) => return Flow::Done(Err(error)),
    };
    if columns.is_empty() {
        // A `COPY` has columns.
        let batch = next.without_values();
        drop(next);
        let insert = batch.map(|batch| insertion(model, &context, &batch, Gives::Count, None));
        return match insert {
            Ok(insert) => Flow::then(insert, move |answer| on(rows, stored, answer)),
            Err(error) => Flow::Done(Err(error)),
        };
    }
    if next.fitting.contains(&columns) {
        drop(next);
        return copy(rows, columns, stored);
    }
    drop(next);
    fits(model, &context, &columns).and_on(move |fits| match fits {
        Ok(()) => {
            locked(&rows).fitting.push(columns.clone());
            copy(rows, columns, stored)
        }
        Err(error) => Flow::Done(Err(error)),
    })
}

/// Stores the next rows that give these columns, and then the others.
fn copy(rows: SharedRows<'_>, columns: Vec<usize>, stored: u64) -> Flow<'_, u64> {
    let next = locked(&rows);
    let (model, first) = (next.model, next.read);
    let statement = Statement {
        sql: format!(
            "COPY {} ({}) FROM STDIN (FORMAT binary)",
            model.table_in(&next.context),
            names(model, &columns)
        ),
        params: Vec::new(),
        gives: Gives::Copied,
        effect: Effect::Writes,
        model: Some(model),
        operation: COPY_IN,
    };
    drop(next);
    let mut data = CopyData {
        rows: Arc::clone(&rows),
        columns,
        at: CopyDataAt::Beginning,
    };
    Flow::Copy(
        statement,
        Box::new(move || data.next()),
        Box::new(move |answer| {
            let answer = answer.map_err(|error| numbered(error, model, first));
            on(rows, stored, answer)
        }),
    )
}

/// Goes on with the next rows.
fn on(rows: SharedRows<'_>, stored: u64, answer: Result<Answer>) -> Flow<'_, u64> {
    match answer {
        Ok(answer) => step(rows, stored + answer.count()),
        Err(error) => Flow::Done(Err(error)),
    }
}

fn locked<'l, 'r>(rows: &'l SharedRows<'r>) -> MutexGuard<'l, CopiedRows<'r>> {
    // After a panic of the iterator it is asked no more.
    rows.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The columns that a row gives.
fn given(row: &Values) -> impl Iterator<Item = usize> {
    let given = row.iter().enumerate().filter(|(_, value)| value.is_some());
    given.map(|(index, _)| index)
}

impl CopiedRows<'_> {
    /// Reads the next row, and leaves it there.
    fn peek(&mut self) -> Result<Option<&Values>> {
        if self.waiting.is_none() {
            let Some(row) = self.rows.next() else {
                return Ok(None);
            };
            self.read += 1;
            let row = row.map_err(unsendable).and_then(|row| {
                for (def, value) in self.model.columns.iter().zip(&row) {
                    if let Some(value) = value {
                        check_stored(def, value)?;
                    }
                }
                admitted(row.iter().flatten(), &self.context)?;
                without_lacked(self.model, row, &self.context)
            });
            let row = row.map_err(|error| {
                let error = of_row(error, self.read);
                error.in_model(self.model, COPY_IN)
            })?;
            self.waiting = Some(row);
        }
        Ok(self.waiting.as_ref())
    }

    /// Takes the next rows that leave all to the database, as many as a statement takes.
    fn without_values(&mut self) -> Result<Vec<Values>> {
        let mut batch = Vec::new();
        while batch.len() < SINGLY
            && let Some(row) = self.peek()?
            && given(row).next().is_none()
        {
            batch.extend(self.waiting.take());
        }
        Ok(batch)
    }
}

/// The data of one statement.
struct CopyData<'r> {
    rows: SharedRows<'r>,
    columns: Vec<usize>,
    at: CopyDataAt,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum CopyDataAt {
    Beginning,
    Rows,
    End,
}

impl CopyData<'_> {
    fn next(&mut self) -> Result<Option<Vec<u8>>> {
        if self.at == CopyDataAt::End {
            return Ok(None);
        }
        let mut piece = Vec::with_capacity(PIECE + PIECE / 4);
        if self.at == CopyDataAt::Beginning {
            piece.extend(HEADER);
            self.at = CopyDataAt::Rows;
        }
        let mut rows = locked(&self.rows);
        while piece.len() < PIECE {
            let is_alike = |row: &Values| given(row).eq(self.columns.iter().copied());
            if !rows.peek()?.is_some_and(is_alike) {
                piece.extend(TRAILER);
                self.at = CopyDataAt::End;
                break;
            }
            let row = rows.waiting.take().expect("it was looked at");
            write(&mut piece, &row, self.columns.len());
        }
        Ok(Some(piece))
    }
}

/// Adds a row: the number of its values, and each with its length.
fn write(piece: &mut Vec<u8>, row: &Values, columns: usize) {
    let columns = i16::try_from(columns).expect("a table has at most 1,600 columns");
    piece.extend(columns.to_be_bytes());
    for value in row.iter().flatten() {
        if value.is_null() {
            piece.extend((-1_i32).to_be_bytes());
            continue;
        }
        let length = i32::try_from(value.bytes().len());
        let length = length.expect("a value of PostgreSQL has fewer than 2^30 bytes");
        piece.extend(length.to_be_bytes());
        piece.extend(value.bytes());
    }
}

/// Says of an error of a statement whose first row has this number which row it is about, if the server tells.
fn numbered(error: Error, model: &ModelDef, first: u64) -> Error {
    let context = error.server_error().and_then(|error| error.where_());
    match context.and_then(|context| line(context, model.table)) {
        Some(line) => of_row(error, first + line - 1),
        None => error,
    }
}

/// The line in `COPY invoices, line 9999, column total`, whatever language it is in.
fn line(context: &str, table: &str) -> Option<u64> {
    let before = format!("COPY {table}, ");
    let (_, behind) = context.split_once(&before)?;
    let digits = behind.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = digits.find(|c: char| !c.is_ascii_digit());
    let line = digits[..end.unwrap_or(digits.len())].parse().ok()?;
    (line > 0).then_some(line)
}

fn of_row(error: Error, number: u64) -> Error {
    let message = format!("row {number} of those given: {}", error.message());
    let kind = error.kind();
    error.retold(kind, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_told_whatever_the_table_is_called() {
        let told = "COPY invoice 2, line 3, line 9999, column total_2";
        assert_eq!(line(told, "invoice 2, line 3"), Some(9999));
        let behind = "PL/pgSQL function f(1) line 2 at RAISE\nCOPY t, Zeile 17";
        assert_eq!(line(behind, "t"), Some(17));
        for told in ["COPY t, ", "COPY t", "SQL function", "COPY tt, line 2"] {
            assert_eq!(line(told, "t"), None, "{told}");
        }
    }
}
