//! Writes down the statements that make what the chain leads to, and tries them out.

use std::collections::BTreeSet;

use postgres::{Client, Transaction};

use super::replay::MadeSchema;
use super::{RecordedChain, scratch, unfit};
use crate::bookkeeping::{FileSql, Message};
use crate::error::{Error, Result};
use crate::migrate::session::retry::is_passing;
use crate::name::SchemaName;
use crate::structure::{Found, contents, snapshot};

/// Routines may name what comes after them. That all of it is there in the end is compared.
const UNCHECKED: &str = "SET LOCAL check_function_bodies = off";
const CHECKED: &str = "RESET check_function_bodies";

/// Returns the statements, or why there are none.
pub(super) fn make(
    client: &mut Client,
    recorded: &RecordedChain,
    state: &MadeSchema,
) -> Result<String> {
    let rows = &state.contents;
    if let Some(statement) = state.snapshot.naming(&state.schema) {
        return Err(unfit(format!(
            "the schema's name is a part of a text in `{statement}`, where it can't be told from other words"
        )));
    }
    let filled: BTreeSet<&str> = rows.tables().collect();
    let built = state.snapshot.build(&filled);
    let (schema, tx) = scratch(client)?;
    let mut making = SchemaMaking {
        tx,
        schema,
        shared: &recorded.shared,
        done: Vec::new(),
    };
    making.all_there_are(vec![UNCHECKED.to_owned()], Vec::new())?;
    let mut left = making.all(built.first)?.left;
    left.extend(rows.inserts());
    left.extend(built.then);
    making.all_there_are(left, built.last)?;
    let Found::Contents(beginning) = contents(&mut making.tx, &making.schema)? else {
        return Err(unfit("the rows could not be read back".to_owned()));
    };
    let mut settings = rows.settings(&beginning);
    settings.push(CHECKED.to_owned());
    making.all_there_are(settings, Vec::new())?;
    let made = snapshot(&mut making.tx, &making.schema, &recorded.shared)?;
    let found = contents(&mut making.tx, &making.schema)?;
    let done = making.done;
    making.tx.rollback()?;
    let difference = state.snapshot.difference(&made).or_else(|| match &found {
        Found::Contents(found) => rows.difference(found),
        Found::TooLarge(table) => Some(format!("the rows of `{table}`")),
    });
    match difference {
        None => Ok(done.join(";\n")),
        Some(what) => Err(unfit(format!(
            "{what} could not be made like the migrations make it"
        ))),
    }
}

fn refusal(sql: &str, error: &Error) -> Error {
    let line = sql.lines().next().unwrap_or_default();
    unfit(format!(
        "`{line}` does not make what the migrations make: {error}"
    ))
}

/// A schema that is being made statement by statement, in the order in which each finds what it needs.
struct SchemaMaking<'a> {
    tx: Transaction<'a>,
    schema: SchemaName,
    shared: &'a SchemaName,
    /// The statements that were done, in order.
    done: Vec<String>,
}

/// The statements that are left, and why.
struct Leftover {
    left: Vec<String>,
    error: Option<Error>,
}

impl SchemaMaking<'_> {
    /// Does what can be done now: what fails is tried again after the others, for as long as that helps.
    fn all(&mut self, mut left: Vec<String>) -> Result<Leftover> {
        loop {
            let before = left.len();
            let mut tried = Leftover {
                left: Vec::new(),
                error: None,
            };
            for sql in left {
                match self.run(&sql)? {
                    None => self.done.push(sql),
                    Some(refused) => {
                        tried.error.get_or_insert_with(|| refusal(&sql, &refused));
                        tried.left.push(sql);
                    }
                }
            }
            if tried.left.is_empty() || tried.left.len() == before {
                return Ok(tried);
            }
            left = tried.left;
        }
    }

    /// Does all of it, the last as late as possible, since it locks shared tables.
    fn all_there_are(&mut self, left: Vec<String>, last: Vec<String>) -> Result<()> {
        let mut tried = self.all(left)?;
        for sql in last {
            if let Some(error) = self.run(&sql)? {
                return Err(refusal(&sql, &error));
            }
            self.done.push(sql);
        }
        if !tried.left.is_empty() {
            tried = self.all(tried.left)?;
        }
        match tried.error {
            Some(error) if !tried.left.is_empty() => Err(error),
            _ => Ok(()),
        }
    }

    /// Runs a statement in a savepoint. Returns the server's refusal, if there is one.
    fn run(&mut self, sql: &str) -> Result<Option<Error>> {
        let file = FileSql::new("baseline", "tenant.sql", sql, self.shared);
        let mut message = Message::new(String::new());
        message.add(&file, Some(&self.schema));
        let mut savepoint = self.tx.transaction()?;
        match message.send_in(&mut savepoint) {
            Ok(()) => {
                savepoint.commit()?;
                Ok(None)
            }
            Err(error) => {
                savepoint.rollback()?;
                let error = Error::from(error);
                if is_passing(&error) {
                    return Err(error);
                }
                Ok(Some(error))
            }
        }
    }
}
