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
    let pools = primary.replicas();
    if pools.is_empty() {
        return None;
    }
    let watch = primary.looked_at()?;
    in_turn(pools, served).find_map(|pool| {
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

/// The replicas in the order in which a tenant's scopes try them: the same each time.
pub(super) fn in_turn<'p, P>(pools: &'p [P], served: &Served) -> impl Iterator<Item = &'p P> {
    let number = usize::try_from(served.id().unsigned_abs()).unwrap_or_default();
    let first = number.checked_rem(pools.len()).unwrap_or_default();
    let (before, from) = pools.split_at(first);
    from.iter().chain(before)
}

impl Pool {
    /// The look at how far the server is, once something is known of it. It is begun, if nobody looks by now.
    pub(super) fn looked_at(self: &Arc<Self>) -> Option<&Arc<Watch>> {
        if self.is_closed() {
            return None;
        }
        let opens = || {
            let primary = Arc::downgrade(self);
            let opens = move || Some(primary.upgrade()?.connect_for_looks());
            Box::new(opens) as Box<_>
        };
        self.watch().is_begun(opens).then(|| self.watch())
    }
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

/// Whether a replica of which it was known that it may be asked still may be.
pub(super) fn is_still_of_use(
    primary: &Arc<Pool>,
    connection: &mut Pooled,
    after: Written,
) -> bool {
    if primary.watch().is_of_use(connection.position(), after) == Taken::Fresh {
        return true;
    }
    let Some(watch) = primary.looked_at() else {
        return false;
    };
    match asked(connection) {
        Ok(()) => watch.is_of_use(connection.position(), after) == Taken::Fresh,
        Err(error) => {
            tracing::debug!(%error, "a replica is away");
            connection.pool().rest().is_away();
            false
        }
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

/// The error of a scope that would go on in another session than that in which SQL has left something.
pub(super) fn session_is_gone() -> Error {
    Error::new(
        ErrorKind::Connection,
        "the session of this scope is gone, and with it what SQL has left in it, such as a role or settings: a future in it was \
         dropped, a transaction given up, the connection lost, or its replica is of no more use\n\
         help: open another scope",
    )
}

/// Whether a statement may leave something in the session.
pub(super) fn leaves(statement: &Statement) -> bool {
    statement.effect == Effect::Unknown
}
