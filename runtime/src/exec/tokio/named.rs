//! Statements over the asynchronous driver, with names or without.

use std::sync::{Mutex, MutexGuard, PoisonError};

use postgres::types::{ToSql, Type};
use tokio_postgres::Client;

use crate::error::{Error, Result};
use crate::exec::mark::{MARK, Mark, NAME, is_renamed};
use crate::exec::named::Failed;
use crate::exec::prepared::{Prepared, SendMode, is_outdated, outdated};
use crate::exec::{Answer, Gives, Statement};
use crate::value::typed;

/// State of the session in which a statement is sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct SessionState {
    /// Whether it may have been made to forget what was prepared.
    pub(super) altered: bool,
    /// Whether it is in a transaction, which a refused statement ends.
    pub(super) in_transaction: bool,
}

/// Sends a statement, by its name if it has one, and waits for its answer.
pub(super) async fn send(
    client: &Client,
    statement: &Statement,
    prepared: Option<&Mutex<Prepared>>,
    session: SessionState,
) -> Result<Answer> {
    let sql = &statement.sql;
    if let Some(prepared) = prepared {
        match named(client, statement, prepared, session.altered).await {
            Ok(Some(answer)) => return Ok(answer),
            Ok(None) => {}
            Err(Failed::Preparing(error)) => return Err(Error::of_sql(error, sql).unsent()),
            Err(Failed::Running(error)) if is_outdated(&error) => {
                lock(prepared).forget(sql);
                if session.in_transaction {
                    return Err(outdated(Error::of_sql(error, sql)));
                }
            }
            Err(Failed::Running(error)) => return Err(Error::of_sql(error, sql)),
        }
    }
    let answer = answered(client, statement).await;
    answer.map_err(|error| Error::of_sql(error, sql))
}

async fn named(
    client: &Client,
    statement: &Statement,
    prepared: &Mutex<Prepared>,
    altered: bool,
) -> Result<Option<Answer>, Failed> {
    let way = lock(prepared).way(statement, altered);
    let named = match way {
        SendMode::Unnamed => return Ok(None),
        SendMode::Named(named) => named,
        SendMode::Prepare => {
            let types: Vec<Type> = statement.types().collect();
            let named = client.prepare_typed(&statement.sql, &types).await;
            let named = named.map_err(Failed::Preparing)?;
            lock(prepared).keep(&statement.sql, named.clone());
            named
        }
    };
    let params = statement.params.iter();
    let params: Vec<_> = params.map(|param| param as &(dyn ToSql + Sync)).collect();
    let answer = match statement.gives {
        Gives::Rows => client.query(&named, &params).await.map(Answer::Rows),
        _ => client.execute(&named, &params).await.map(Answer::Count),
    };
    answer.map(Some).map_err(Failed::Running)
}

/// Sends a statement with its text, and waits for its answer.
async fn answered(client: &Client, statement: &Statement) -> Result<Answer, postgres::Error> {
    let sql = &statement.sql;
    let params = typed(&statement.params);
    Ok(match statement.gives {
        Gives::Rows => Answer::Rows(client.query_typed(sql, &params).await?),
        Gives::Count => Answer::Count(client.execute_typed(sql, &params).await?),
        Gives::Nothing => {
            client.batch_execute(sql).await?;
            Answer::Nothing
        }
        Gives::Each => unreachable!("its rows are told one by one"),
        Gives::Copied => unreachable!("its data are sent behind it"),
        Gives::Data => unreachable!("its data are told as they come"),
    })
}

pub(super) fn lock(prepared: &Mutex<Prepared>) -> MutexGuard<'_, Prepared> {
    // A panic elsewhere leaves nothing half-done in it.
    prepared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells whether named statements stay with a connection that was opened with a mark.
pub(super) async fn stay(client: &Client, mark: &Mark) -> Result<bool, postgres::Error> {
    let found = client.query_typed(MARK, &[]).await?;
    let found = found.first().map(|row| row.try_get(0)).transpose()?;
    if mark.is(found.flatten()) {
        return Ok(true);
    }
    client.batch_execute("BEGIN").await?;
    let text = mark.statement();
    let Ok(_kept) = client.prepare_typed(&text, &[]).await else {
        return Ok(false);
    };
    let names = client.query_typed(NAME, &[(&text, Type::TEXT)]).await?;
    client.batch_execute("ROLLBACK").await?;
    let name = names.first().map(|row| row.try_get(0)).transpose()?;
    Ok(name.is_some_and(is_renamed))
}
