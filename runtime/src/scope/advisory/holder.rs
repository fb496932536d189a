//! Whoever has an advisory lock that was not had in time.

use std::sync::Arc;
use std::time::Duration;

use postgres::Row;

use super::AdvisoryLock;
use super::wait::statement;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Answer, Flow};
use crate::place::TransactionLog;
use crate::value::Param;

impl AdvisoryLock {
    /// Says of an error who has it, if it was not had in time.
    pub(super) fn told<'f>(
        self,
        key: i64,
        (limit, is_cut): (Duration, bool),
        log: Arc<TransactionLog>,
        error: Error,
    ) -> Flow<'f, ()> {
        if error.kind() != ErrorKind::LockTimeout {
            return Flow::Done(Err(error));
        }
        // What was seen of other sessions before in the transaction would be told again.
        let anew = "SELECT pg_catalog.pg_stat_clear_snapshot()";
        let anew = statement("holder", anew.to_owned(), Vec::new());
        let look = statement("holder", HOLDER.to_owned(), vec![Param::bigint(key)]);
        let read = |answer: Answer| answer.rows().first().map(holder).transpose();
        // In a savepoint, since whoever can't look can go on all the same.
        let looked = Flow::atomic(log, move || {
            Flow::run(Ok(anew), |_| Ok(())).and_on(move |cleared| match cleared {
                Ok(()) => Flow::run(Ok(look), read),
                Err(error) => Flow::Done(Err(error)),
            })
        });
        looked.and_on(move |holder| {
            let holder = holder.ok().flatten().unwrap_or_default();
            let longer = if is_cut {
                "with a longer `statement_timeout`, which is the limit of waits too"
            } else {
                "with `AdvisoryLock::within`"
            };
            let message = format!(
                "the advisory lock `{}` was not had within {limit:?}{holder}\n\
                 help: run the transaction again (`build_transaction().retrying(5)`), wait longer {longer}, or do something else \
                 meanwhile, with `try_advisory_lock`",
                self.name
            );
            Flow::Done(Err(error.retold(ErrorKind::LockTimeout, message)))
        })
    }
}

/// Whoever has had the lock for longest.
const HOLDER: &str = "
SELECT k.pid, a.application_name,
    EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::double precision
FROM pg_catalog.pg_locks AS k LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = k.pid
WHERE k.locktype = 'advisory' AND k.granted AND k.objsubid = 1
    AND (k.classid::bigint << 32 | k.objid::bigint) = $1 AND k.pid <> pg_catalog.pg_backend_pid()
    AND k.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
ORDER BY a.xact_start LIMIT 1";

fn holder(row: &Row) -> Result<String> {
    let pid: i32 = row.try_get(0)?;
    let name = match row.try_get::<_, Option<&str>>(1)? {
        Some(name) if !name.is_empty() => format!(" (`{name}`)"),
        _ => String::new(),
    };
    // Of another role's session a role without rights is not told since when.
    let since = match row.try_get::<_, Option<f64>>(2)? {
        Some(seconds) => format!(", in a transaction that began {seconds:.1} s ago"),
        None => String::new(),
    };
    Ok(format!("; session {pid}{name} has it{since}"))
}
