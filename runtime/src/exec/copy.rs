//! A `COPY` over the blocking driver, and what its errors mean over both.

use std::io::Write;

use postgres::GenericClient;

use super::copying::{CopyPart, GivesParts};
use super::limits::ConnectionLimits;
use super::statement::Answer;
use crate::error::{Error, ErrorKind, Result};

/// Sends a `COPY` and its data, and gives the number of its rows.
///
/// The driver gives the statement a name until it is sent, so it runs in a transaction.
pub(super) fn copy(
    client: &mut (impl GenericClient + Send),
    sql: &str,
    limits: &ConnectionLimits,
    part: GivesParts<'_>,
) -> Result<Answer> {
    let statement = limits.timed(|| client.prepare(sql));
    let statement = statement.map_err(|error| refused(error, sql))?;
    match transferred(client, (&statement, sql), limits, part) {
        Err(error) if error.kind() != ErrorKind::Connection => {
            let probed = limits.timed(|| client.batch_execute(PROBE));
            Err(trusted(error, &probed))
        }
        answer => answer,
    }
}

fn transferred(
    client: &mut (impl GenericClient + Send),
    (statement, sql): (&postgres::Statement, &str),
    limits: &ConnectionLimits,
    part: GivesParts<'_>,
) -> Result<Answer> {
    let refused = |error| refused(error, sql);
    let writer = limits.timed(|| client.copy_in(statement));
    let mut writer = writer.map_err(|error| at_once(refused(error)))?;
    loop {
        match part() {
            CopyPart::Data(data) => {
                let sent = limits.timed(|| writer.write_all(&data));
                sent.map_err(|error| match error.downcast::<postgres::Error>() {
                    Ok(error) => refused(error),
                    Err(error) => lost().because(error),
                })?;
            }
            CopyPart::End => {
                let count = limits.timed(|| writer.finish());
                return count.map(Answer::Count).map_err(refused);
            }
            CopyPart::GivenUp => return Err(given_up()),
        }
    }
}

/// A statement that fails behind a `COPY` that has failed, as all of its transaction do.
///
/// The driver ends the message of a `COPY` and then its data too. A server that refuses the `COPY` before it has read the former answers both: one answer more than the
/// driver waits for, so that each statement would have the answer to the one before. A connection whose `COPY` is refused at once is given up for that, and of any
/// other this statement, which would succeed then, tells. The name of the `COPY` is kept until then, for to take it back is a message too.
pub(super) const PROBE: &str = "SELECT 1";

/// Returns the error of a `COPY`, or, if answers are not those to what was sent, that of a connection that is of no more use.
pub(super) fn trusted(error: Error, probed: &Result<(), postgres::Error>) -> Error {
    match probed {
        Err(refusal) if refusal.as_db_error().is_some() => error,
        _ => lost().because(error),
    }
}

/// The error of a `COPY` that was refused before its data were taken.
pub(super) fn at_once(error: Error) -> Error {
    let message = error.message();
    let (what, help) = message.split_at(message.find("\nhelp: ").unwrap_or(message.len()));
    let message = format!("{what}; the connection is given up for that{help}");
    error
        .retold(ErrorKind::Connection, message)
        .help("use `insert_many`, if the table takes no `COPY`")
}

/// The error of a `COPY` that the server refused, or that has lost its connection.
pub(super) fn refused(error: postgres::Error, sql: &str) -> Error {
    match error.as_db_error() {
        Some(_) => Error::of_sql(error, sql),
        None => lost().because(error),
    }
}

/// The error of a `COPY` whose data did not all come.
pub(super) fn given_up() -> Error {
    Error::new(
        ErrorKind::Aborted,
        "the data of a `COPY` were given up\nhelp: see why they did not come",
    )
}

/// The error of a connection that is of no more use.
fn lost() -> Error {
    Error::new(
        ErrorKind::Connection,
        "the connection broke, and nothing of the `COPY` is stored\nhelp: run it again; look whether the server is up and reachable",
    )
}
