//! Named statements over the blocking driver.

use postgres::fallible_iterator::FallibleIterator;
use postgres::types::{ToSql, Type};
use postgres::{Client, Error};

use super::mark::{MARK, Mark, NAME, is_renamed};
use super::prepared::{Prepared, SendMode};
use super::unheard::was_over;
use super::{Answer, Gives, Statement};
use crate::value::typed;

/// Returns the named statement that is sent in the place of another, and has it prepared if it is to get its name now.
fn named(
    client: &mut Client,
    prepared: &mut Prepared,
    statement: &Statement,
    altered: bool,
) -> Result<Option<postgres::Statement>, Error> {
    Ok(match prepared.way(statement, altered) {
        SendMode::Unnamed => None,
        SendMode::Named(named) => Some(named),
        SendMode::Prepare => {
            let types: Vec<Type> = statement.types().collect();
            let named = client.prepare_typed(&statement.sql, &types)?;
            prepared.keep(&statement.sql, named.clone());
            Some(named)
        }
    })
}

/// An error of a named statement.
pub(super) enum Failed {
    /// It could not get its name, and so was not run.
    Preparing(Error),
    Running(Error),
}

/// Sends a statement by its name. Gives nothing if it has none.
pub(super) fn send(
    client: &mut Client,
    prepared: &mut Prepared,
    statement: &Statement,
    altered: bool,
) -> Result<Option<Answer>, Failed> {
    let named = named(client, prepared, statement, altered).map_err(Failed::Preparing)?;
    match named {
        Some(named) => run(client, &named, statement).map_err(Failed::Running),
        None => Ok(None),
    }
}

fn run(
    client: &mut Client,
    named: &postgres::Statement,
    statement: &Statement,
) -> Result<Option<Answer>, Error> {
    let params = statement.params.iter();
    let params: Vec<_> = params.map(|param| param as &(dyn ToSql + Sync)).collect();
    Ok(Some(match statement.gives {
        Gives::Rows => Answer::Rows(client.query(named, &params)?),
        _ => Answer::Count(client.execute(named, &params)?),
    }))
}

/// Sends the first statement over a local connection that was idle, by its name if it has one. Gives nothing if the session was over
/// before, so that the statement has had no effect.
pub(super) fn send_first(
    client: &mut Client,
    prepared: &mut Option<Prepared>,
    statement: &Statement,
    altered: bool,
) -> Result<Option<Answer>, Error> {
    let named = match prepared {
        Some(prepared) => named(client, prepared, statement, altered),
        None => Ok(None),
    };
    let begun = match named {
        Ok(Some(named)) => client.query_raw(&named, &statement.params),
        Ok(None) => client.query_typed_raw(&statement.sql, typed(&statement.params)),
        // To prepare it has no effect.
        Err(error) if error.as_db_error().is_none() => return Ok(None),
        Err(error) => Err(error),
    };
    let mut rows = match begun {
        Ok(rows) => rows,
        Err(error) if was_over(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(row);
    }
    Ok(Some(match statement.gives {
        Gives::Rows => Answer::Rows(all),
        _ => Answer::Count(rows.rows_affected().unwrap_or_default()),
    }))
}

/// Tells whether named statements stay with a connection that was opened with a mark.
pub(super) fn stay(client: &mut Client, mark: &Mark) -> Result<bool, Error> {
    let found = client.query_typed(MARK, &[])?;
    let found = found.first().map(|row| row.try_get(0)).transpose()?;
    if mark.is(found.flatten()) {
        return Ok(true);
    }
    let mut tx = client.transaction()?;
    let text = mark.statement();
    let Ok(_kept) = tx.prepare_typed(&text, &[]) else {
        return Ok(false);
    };
    let names = tx.query_typed(NAME, &[(&text, Type::TEXT)])?;
    let name = names.first().map(|row| row.try_get(0)).transpose()?;
    Ok(name.is_some_and(is_renamed))
}
