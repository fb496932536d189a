//! Connections to the replicas of a database, and whether they may be asked.

use std::sync::Arc;
use std::thread;

use super::lsn::Written;
use super::pool::Pool;
use super::rest::ReplicaTurn;
use super::watch::{ASK, Taken, Watch, position_of};
use super::{Effect, Flow, Pooled, Served, Statement, caught};
use crate::error::{Error, ErrorKind, Result};
use crate::place::Context;

/// Takes a connection to a replica that has all that was written by then, and all that is older than the bound. A tenant gets the
/// same replica each time, as long as that is there.
pub(super) fn take(primary: &Arc<Pool>, served: &Served, after: Written) -> Option<Pooled> {
    let (pools, watch) = primary.replicas();
    if primary.is_closed() {
        return None;
    }
    let opens = || {
        let primary = Arc::downgrade(primary);
        let opens = move || Some(primary.upgrade()?.connect_for_looks());
        Box::new(opens) as Box<_>
    };
    if pools.is_empty() || !watch.is_begun(opens) {
        return None;
    }
    let first = usize::try_from(served.id().unsigned_abs()).unwrap_or_default() % pools.len();
    let (before, from) = pools.split_at(first);
    from.iter().chain(before).find_map(|pool| {
        match pool.rest().turn() {
            ReplicaTurn::Ask => {}
            ReplicaTurn::Leave => return None,
            ReplicaTurn::TryOut => {
                try_out(pool);
                return None;
            }
        }
        match connection(pool, watch, served, after) {
            Ok((connection, Taken::Fresh)) => return Some(connection),
            Ok((_, Taken::TooEarly)) => {}
            Ok((_, Taken::Old)) => {
                tracing::debug!("a replica is too far behind, or none");
                pool.rest().is_old();
            }
            Err(error) => {
                tracing::debug!(%error, "a replica is away");
                pool.rest().is_away();
            }
        }
        None
    })
}

/// Finds out whether a replica answers again, for whoever reads next.
fn try_out(pool: &Arc<Pool>) {
    let theirs = Arc::clone(pool);
    // Whoever opens connections may be the application's.
    let work = move || match caught(|| asked(&mut theirs.get(None)?)) {
        Ok(()) => theirs.rest().answers(),
        Err(error) => {
            tracing::debug!(%error, "a replica is still away");
            theirs.rest().is_away();
        }
    };
    let thread = thread::Builder::new().name("tenantry-replica".to_owned());
    if thread.spawn(work).is_err() {
        pool.rest().is_away();
    }
}

/// Asks a replica how far it is.
fn asked(connection: &mut Pooled) -> Result<()> {
    // From here on it is this server or none: another behind the same address may be further behind.
    connection.try_out()?;
    let ask = Statement::look("replica", ASK, Vec::new());
    let ask = Flow::run(Ok(ask), |answer| position_of(&answer.rows()));
    let position = connection.look(ask, &Context::nowhere())?;
    connection.is_at(position);
    Ok(())
}

fn connection(
    pool: &Arc<Pool>,
    watch: &Watch,
    served: &Served,
    after: Written,
) -> Result<(Pooled, Taken)> {
    let mut connection = pool.get(Some(served.id()))?;
    connection.try_out()?;
    connection.serves(served.clone());
    if watch.is_of_use(connection.position(), after) != Taken::Fresh {
        asked(&mut connection)?;
    }
    let taken = watch.is_of_use(connection.position(), after);
    Ok((connection, taken))
}

/// Whether a statement that failed on a replica may well do on the primary: the replica is away, lacks what was made a moment ago, or
/// could not go on without forgetting rows that the statement reads.
pub(super) fn is_of_replica(error: &Error) -> bool {
    if error.kind() == ErrorKind::Connection {
        return true;
    }
    error.sqlstate().is_some_and(|code| {
        ["08", "40", "42", "53", "3F", "57P", "55000", "58P", "XX"]
            .iter()
            .any(|class| code.starts_with(class))
    })
}

/// Whether a statement may leave something in the session.
pub(super) fn leaves(statement: &Statement) -> bool {
    statement.effect == Effect::Unknown
}
