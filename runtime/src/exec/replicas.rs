//! Connections to the replicas of a database, and whether they may be asked.

use std::sync::Arc;
use std::time::Duration;

use super::lsn::Written;
use super::pool::Pool;
use super::watch::{ASK, Taken, Watch, position_of};
use super::{Effect, Pooled, Served, Statement};
use crate::error::{Error, ErrorKind, Result};

/// How long a replica that was away or too old is left alone.
pub(super) const REST: Duration = Duration::from_secs(1);

/// Takes a connection to a replica that has all that was written by then, and all that is older than the bound. A tenant gets the
/// same replica each time, as long as that is there.
pub(super) fn take(primary: &Arc<Pool>, served: &Served, after: Written) -> Option<Pooled> {
    let (pools, watch) = primary.replicas();
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
        if pool.rests(REST) {
            return None;
        }
        match connection(pool, watch, served, after) {
            Ok((connection, Taken::Fresh)) => return Some(connection),
            Ok((_, Taken::TooEarly)) => return None,
            Ok((_, Taken::Old)) => tracing::debug!("a replica is too far behind, or none"),
            Err(error) => tracing::debug!(%error, "a replica is away"),
        }
        pool.rest();
        None
    })
}

fn connection(
    pool: &Arc<Pool>,
    watch: &Watch,
    served: &Served,
    after: Written,
) -> Result<(Pooled, Taken)> {
    let mut connection = pool.get(Some(served.id()))?;
    // From here on it is this server or none: another behind the same address may be further behind.
    connection.try_out()?;
    connection.serves(served.clone());
    if watch.is_of_use(connection.position(), after) != Taken::Fresh {
        let rows = connection.control(|client| Ok(client.query_typed(ASK, &[])?))?;
        connection.is_at(position_of(&rows)?);
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
