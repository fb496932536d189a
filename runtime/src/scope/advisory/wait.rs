//! Taking an advisory lock: an attempt, and a wait for whoever has it.

use std::time::Duration;

use postgres::Row;

use super::AdvisoryLock;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Effect, Flow, Statement};
use crate::value::Param;

/// How long a lock is waited for where neither it nor the session says how long.
const WAIT: Duration = Duration::from_secs(10);

/// The longest wait that PostgreSQL knows.
const LONGEST: Duration = Duration::from_millis(i32::MAX as u64);

impl AdvisoryLock {
    fn suffix(&self) -> &'static str {
        if self.is_shared { "_shared" } else { "" }
    }

    /// Takes it if it is free, unless the transaction sees what was before it.
    pub(super) fn attempt<'f>(&self, key: i64) -> Flow<'f, FirstTry> {
        let sql = format!(
            "SELECT now.isolation, CASE WHEN now.isolation LIKE 'read %' \
             THEN pg_catalog.pg_try_advisory_xact_lock{}($1) END, now.lock_timeout, {}, {} \
             FROM (SELECT pg_catalog.current_setting('transaction_isolation') AS isolation, \
             pg_catalog.current_setting('lock_timeout') AS lock_timeout, \
             pg_catalog.current_setting('statement_timeout') AS statement_timeout) AS now",
            self.suffix(),
            milliseconds("now.lock_timeout"),
            milliseconds("now.statement_timeout"),
        );
        let statement = statement("advisory_lock", sql, vec![Param::bigint(key)]);
        let statement = Statement {
            effect: Effect::Writes,
            ..statement
        };
        Flow::run(Ok(statement), |answer| {
            let rows = answer.rows();
            attempt(rows.first().expect("it is a query of one row"))
        })
    }

    /// How long it is waited for, and whether a limit of statements has made that shorter: beyond such a limit the wait would be cancelled, and
    /// nobody would be told why.
    pub(super) fn limit(
        &self,
        before: &WaitSettings,
        of_statements: Option<Duration>,
    ) -> (Duration, bool) {
        let wanted = self.within.or(before.lock_timeout).unwrap_or(WAIT);
        let limits = [before.statement_timeout, of_statements];
        let most = limits.into_iter().flatten().min();
        // The statement begins before the wait, and its answer comes after it.
        let most = most.map_or(LONGEST, |most| most / 10 * 9);
        // Zero would be no limit.
        let limit = wanted.min(most).clamp(Duration::from_millis(1), LONGEST);
        (limit, most < wanted)
    }

    /// Waits for it. The limit of waits is as it was behind that.
    pub(super) fn wait<'f>(
        &self,
        key: i64,
        limit: Duration,
        before: &WaitSettings,
    ) -> Flow<'f, ()> {
        // As a literal, so that whoever looks at a session that waits sees how long it will.
        let sql = format!(
            "WITH limited AS MATERIALIZED (\
             SELECT pg_catalog.set_config('lock_timeout', '{}ms', true)), \
             locked AS MATERIALIZED (SELECT pg_catalog.pg_advisory_xact_lock{}($1) FROM limited) \
             SELECT pg_catalog.set_config('lock_timeout', $2, true) FROM locked",
            limit.as_millis(),
            self.suffix()
        );
        let params = vec![Param::bigint(key), Param::text(&before.setting)];
        Flow::run(Ok(statement("advisory_lock", sql, params)), |_| Ok(()))
    }
}

/// Outcome of the first attempt at a lock.
pub(super) enum FirstTry {
    Taken,
    /// Somebody else has it. The settings of the transaction say how long it can be waited for.
    Busy(WaitSettings),
}

/// The settings of a transaction that is about to wait.
pub(super) struct WaitSettings {
    /// The `lock_timeout`, as PostgreSQL writes it.
    setting: String,
    /// The same, and no limit for 0.
    lock_timeout: Option<Duration>,
    statement_timeout: Option<Duration>,
}

fn attempt(row: &Row) -> Result<FirstTry> {
    let Some(is_taken) = row.try_get::<_, Option<bool>>(1)? else {
        let isolation: &str = row.try_get(0)?;
        let message = format!(
            "an advisory lock protects nothing in a transaction that is {isolation}: who has waited for it sees what was there before the wait, and not what its last holder \
             has committed\n\
             help: take it in a transaction that is read committed, `build_transaction().read_committed()`"
        );
        return Err(Error::new(ErrorKind::Configuration, message));
    };
    if is_taken {
        return Ok(FirstTry::Taken);
    }
    let limit = |at| -> Result<_> {
        let milliseconds: i64 = row.try_get(at)?;
        let milliseconds = u64::try_from(milliseconds).unwrap_or_default();
        Ok((milliseconds > 0).then(|| Duration::from_millis(milliseconds)))
    };
    Ok(FirstTry::Busy(WaitSettings {
        setting: row.try_get(2)?,
        lock_timeout: limit(3)?,
        statement_timeout: limit(4)?,
    }))
}

/// A limit in milliseconds, of a setting as PostgreSQL writes it: `1min`, `1500ms`, or `0`.
fn milliseconds(setting: &str) -> String {
    format!("(EXTRACT(epoch FROM {setting}::interval) * 1000)::bigint")
}

/// A statement of a wait, which is over when it is answered.
pub(super) fn statement(operation: &'static str, sql: String, params: Vec<Param>) -> Statement {
    Statement {
        effect: Effect::Waits,
        ..Statement::look(operation, sql, params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_shorter_than_what_a_statement_may_take() {
        let seconds = Duration::from_secs;
        let before = |lock, statement| WaitSettings {
            setting: String::new(),
            lock_timeout: lock,
            statement_timeout: statement,
        };
        let lock = AdvisoryLock::new("a");
        let limit = |lock: &AdvisoryLock, given, of| lock.limit(&given, of);
        let of = Some(seconds(300));
        assert_eq!(limit(&lock, before(None, None), None), (WAIT, false));
        assert_eq!(limit(&lock, before(None, None), of), (WAIT, false));
        let longer = before(Some(seconds(20)), None);
        assert_eq!(limit(&lock, longer, of), (seconds(20), false));
        let shorter = before(Some(seconds(20)), Some(seconds(10)));
        assert_eq!(limit(&lock, shorter, of), (seconds(9), true));
        let lock = lock.within(seconds(3600));
        let longer = before(Some(seconds(20)), None);
        assert_eq!(limit(&lock, longer, None), (seconds(3600), false));
        assert_eq!(limit(&lock, before(None, None), of), (seconds(270), true));
        let least = (Duration::from_millis(1), true);
        assert_eq!(
            limit(&lock, before(None, None), Some(Duration::ZERO)),
            least
        );
        let lock = lock.within(Duration::MAX);
        assert_eq!(limit(&lock, before(None, None), None).0, LONGEST);
    }
}
