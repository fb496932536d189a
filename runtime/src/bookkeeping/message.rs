//! Messages of several statements that the server runs as one transaction, and where in a file such a message failed.

use postgres::error::{DbError, ErrorPosition};
use postgres::{Client, SimpleQueryMessage, SimpleQueryRow, Transaction};
use tenantry_sql::{Statement, statements};

use super::asked_index::{help, unguarded};
use super::circle;
use super::file_sql::{FileSql, Position};
use super::misfits::misfits;
use super::taken::in_another_order;
use crate::error::{Error, ErrorKind};
use crate::name::SchemaName;

/// A message that begins with control statements and goes on with the SQL of files.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    text: String,
    files: Vec<(usize, &'a FileSql)>,
    /// The statements that come before those of the next file, and are its own in errors.
    before: String,
}

impl<'a> Message<'a> {
    /// Starts a message with control statements, each with its semicolon.
    pub(crate) fn new(control: String) -> Self {
        Self {
            text: control,
            files: Vec::new(),
            before: String::new(),
        }
    }

    /// Has the files that are added next begin with another table than the times before, if they did not get their locks.
    pub(crate) fn begin_anew<'f>(
        &mut self,
        files: impl Iterator<Item = &'f FileSql>,
        schema: &SchemaName,
        attempts: usize,
    ) {
        let mut files = files.filter_map(|file| file.in_use.as_ref()).peekable();
        if let Some(shared) = files.peek().map(|file| file.shared.as_str())
            && attempts > 0
        {
            let taken = files.map(|file| file.taken.as_slice());
            self.before = in_another_order(taken, (&schema.quoted(), shared), attempts);
        }
    }

    /// Adds control statements, each with its semicolon.
    pub(crate) fn control(&mut self, statements: &str) {
        self.text.push('\n');
        self.text.push_str(statements);
    }

    /// Adds a file, filled in for a tenant's schema. Files of the shared schema have nothing to fill in.
    pub(crate) fn add(&mut self, file: &'a FileSql, schema: Option<&SchemaName>) {
        let has_locks = file.in_use.is_some() && !self.files.is_empty();
        let limit = has_locks.then(|| circle::limit(1));
        self.fill(file, &file.pieces, schema, limit);
    }

    /// Limits how long is waited for each of so many locks of the files that are added next.
    pub(crate) fn limit_waits(&mut self, locks: usize) {
        self.control(&circle::limit(locks.max(1)));
    }

    /// Adds a file for one of several tenants, whose waits are limited before.
    pub(crate) fn add_among(&mut self, file: &'a FileSql, schema: &SchemaName) {
        match &file.in_use {
            Some(it) => self.fill(file, &it.among, Some(schema), None),
            None => self.add(file, Some(schema)),
        }
    }

    fn fill(
        &mut self,
        file: &'a FileSql,
        pieces: &[String],
        schema: Option<&SchemaName>,
        limit: Option<String>,
    ) {
        let quoted = schema.map(SchemaName::quoted).unwrap_or_default();
        self.text.push('\n');
        self.text.push_str(&limit.unwrap_or_default());
        self.files.push((self.text.len(), file));
        self.text.push_str(&std::mem::take(&mut self.before));
        for (at, piece) in pieces.iter().enumerate() {
            if at > 0 {
                self.text.push_str(&quoted);
            }
            self.text.push_str(piece);
        }
        // The file may end in a comment, or in a statement without semicolon.
        self.text.push_str("\n;");
    }

    /// Sends the message.
    pub(crate) fn send(&self, client: &mut Client) -> Result<(), postgres::Error> {
        let sent = client.batch_execute(&self.text);
        ended(client, sent)
    }

    /// Sends the message, and gives the rows that its statements have answered.
    pub(crate) fn send_for_rows(
        &self,
        client: &mut Client,
    ) -> Result<Vec<SimpleQueryRow>, postgres::Error> {
        let sent = client.simple_query(&self.text);
        let answer = ended(client, sent)?.into_iter();
        let rows = answer.filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        Ok(rows.collect())
    }

    /// Sends the message as a part of a transaction.
    pub(crate) fn send_in(&self, tx: &mut Transaction<'_>) -> Result<(), postgres::Error> {
        tx.batch_execute(&self.text)
    }

    /// Sends the message, and tells how many locks its transaction held in the end.
    pub(crate) fn send_counting_locks(
        &self,
        client: &mut Client,
    ) -> Result<Option<usize>, postgres::Error> {
        let text = format!(
            "{}\nSELECT count(*) FROM pg_catalog.pg_locks WHERE pid = pg_catalog.pg_backend_pid();",
            self.text
        );
        let sent = client.simple_query(&text);
        let answer = ended(client, sent)?;
        let count = answer.iter().rev().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        Ok(count.and_then(|count| count.parse().ok()))
    }

    /// Explains why the server refused the message: names the migration, the file and, if PostgreSQL tells where, the
    /// line.
    pub(crate) fn explain(&self, error: postgres::Error) -> Error {
        self.explain_at(self.place_of(&error), error)
    }

    /// Explains a failure that is nobody's fault and passes, as a deadlock: it keeps its kind, since nothing is wrong with
    /// the migration.
    pub(crate) fn explain_passing(&self, error: postgres::Error) -> Error {
        let place = self.describe(self.place_of(&error));
        let error = Error::of_sql(error, &self.text);
        match place {
            Some(place) => {
                let (kind, message) = (error.kind(), format!("{place}: {}", error.message()));
                error.retold(kind, message)
            }
            None => error,
        }
    }

    /// Tries the control statements alone, in a transaction that is rolled back: whether they can have their locks.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::LockTimeout`].
    pub(crate) fn try_guards(&self, client: &mut Client) -> Result<(), Error> {
        let end = self.files.first().map_or(self.text.len(), |file| file.0);
        let mut tx = client.transaction()?;
        let tried = tx.batch_execute(&self.text[..end]).map_err(Error::from);
        tx.rollback()?;
        match tried {
            Err(error) if error.kind() == ErrorKind::LockTimeout => Err(error),
            _ => Ok(()),
        }
    }

    fn place_of(&self, error: &postgres::Error) -> Option<usize> {
        match error.as_db_error().and_then(DbError::position) {
            Some(ErrorPosition::Original(position)) => self.byte_of(*position),
            _ => None,
        }
    }

    /// Explains why the server refused the one statement of a file: without a better place, that is where the file begins.
    pub(crate) fn explain_statement(&self, error: postgres::Error) -> Error {
        let has_place = error
            .as_db_error()
            .is_some_and(|error| error.position().is_some());
        if has_place {
            self.explain(error)
        } else {
            self.explain_at(self.beginning(), error)
        }
    }

    /// Where the first statement of the first file begins.
    fn beginning(&self) -> Option<usize> {
        let (start, _) = self.files.first()?;
        let blank = self.text[*start..].find(|c: char| !c.is_whitespace())?;
        Some(start + blank)
    }

    /// The message's text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The error for a statement that is not sent, at the place where it begins.
    pub(crate) fn refuse(&self, why: &str) -> Error {
        let place = self.beginning().and_then(|start| self.locate(start));
        let place = place.or_else(|| self.whole()).unwrap_or_default();
        Error::new(ErrorKind::Migration, format!("{place}: {why}"))
    }

    /// Explains why the server refused the message, and finds the statement if PostgreSQL does not tell.
    ///
    /// PostgreSQL knows the place of what it can't understand, but not of what fails while it is done: so the
    /// statements are tried one by one, in a transaction that is rolled back.
    pub(crate) fn diagnose(&self, client: &mut Client, error: postgres::Error) -> Error {
        let explained = error
            .as_db_error()
            .is_none_or(|error| error.position().is_some());
        if explained || client.is_closed() {
            return self.explain(error);
        }
        match self.replay(client) {
            Some(refused) if refused.error.code() == error.code() => {
                let explained = self.explain_at(Some(refused.start), refused.error);
                match refused.misfits {
                    Some(rows) => {
                        let message = format!("{}{rows}", explained.message());
                        explained.retold(ErrorKind::Migration, message)
                    }
                    None => explained,
                }
            }
            _ => self.explain(error),
        }
    }

    /// Runs the statements until one fails, and undoes them.
    fn replay(&self, client: &mut Client) -> Option<RefusedStatement> {
        let statements = statements(&self.text).ok()?;
        let starts: Vec<usize> = statements.iter().map(Statement::start).collect();
        let ends = starts.iter().skip(1).copied().chain([self.text.len()]);
        let mut tx = client.transaction().ok()?;
        for (start, end) in starts.iter().copied().zip(ends) {
            let statement = &self.text[start..end];
            let mut inner = tx.transaction().ok()?;
            match inner.batch_execute(statement) {
                Ok(()) => inner.commit().ok()?,
                Err(error) => {
                    inner.rollback().ok()?;
                    let refused = error.as_db_error();
                    return Some(RefusedStatement {
                        start,
                        misfits: refused.and_then(|it| misfits(&mut tx, statement, it)),
                        error,
                    });
                }
            }
        }
        None
    }

    /// Runs the statements one by one as a part of a transaction, up to one that is refused, which the error names.
    pub(crate) fn run_each(&self, tx: &mut Transaction<'_>) -> Result<(), Error> {
        let all = statements(&self.text).unwrap_or_default();
        let starts: Vec<usize> = all.iter().map(Statement::start).collect();
        let ends = starts.iter().skip(1).copied().chain([self.text.len()]);
        for (start, end) in starts.iter().copied().zip(ends) {
            tx.batch_execute(&self.text[start..end])
                .map_err(|error| self.explain_at(Some(start), error))?;
        }
        Ok(())
    }

    fn explain_at(&self, byte: Option<usize>, error: postgres::Error) -> Error {
        let place = self.describe(byte);
        let error = Error::of_sql(error, &self.text);
        match place {
            Some(place) if error.kind() != ErrorKind::Connection => {
                let help = help(byte.map(|byte| &self.text[byte..]), error.sqlstate());
                let message = format!("{place}: {}{help}", error.message());
                error.retold(ErrorKind::Migration, message)
            }
            _ => error,
        }
    }

    fn describe(&self, byte: Option<usize>) -> Option<String> {
        byte.map_or_else(|| self.whole(), |byte| self.locate(byte))
    }

    /// The byte of a character, which is counted from 1.
    fn byte_of(&self, position: u32) -> Option<usize> {
        let position = usize::try_from(position).ok()?.checked_sub(1)?;
        Some(self.text.char_indices().nth(position)?.0)
    }

    /// Describes the place of a byte of the message, unless it is in the control statements.
    fn locate(&self, byte: usize) -> Option<String> {
        let (start, file) = self.files.iter().rev().find(|(start, _)| *start <= byte)?;
        let (before, after) = unguarded(&self.text[*start..], byte - start);
        let begun = before.rsplit('\n').next().unwrap_or_default();
        let line = format!("{begun}{}", after.lines().next().unwrap_or_default());
        let Position { lines, characters } = file.begin.after(&before);
        Some(format!(
            "migration `{}` failed at `{}`, line {}, column {}, `{}`",
            file.migration(),
            file.path(),
            lines + 1,
            characters + 1,
            line.trim()
        ))
    }

    /// Describes the message as a whole, for an error that has no place.
    fn whole(&self) -> Option<String> {
        let (_, first) = self.files.first()?;
        let (_, last) = self.files.last()?;
        if self.files.len() == 1 {
            return Some(format!(
                "migration `{}` failed in `{}`",
                first.migration(),
                first.path()
            ));
        }
        Some(format!(
            "the migrations from `{}` to `{}` failed",
            first.migration(),
            last.migration()
        ))
    }
}

/// A statement that fails.
struct RefusedStatement {
    /// Where it begins.
    start: usize,
    error: postgres::Error,
    /// The rows that keep it from being done, in words.
    misfits: Option<String>,
}

/// Waits until the transaction of a message that was refused is over. The server tells the error first and lets go of the
/// locks then: whoever has the same done over another connection would find them held.
fn ended<T>(client: &mut Client, sent: Result<T, postgres::Error>) -> Result<T, postgres::Error> {
    if sent.is_err() {
        // If this fails, the connection is lost, and the transaction over.
        let _ = client.batch_execute("");
    }
    sent
}

#[cfg(test)]
mod tests;
