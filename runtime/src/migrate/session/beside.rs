//! Waiting beside others who have what a run needs: other runs, and whoever has forgotten a transaction.

use std::thread;
use std::time::{Duration, Instant};

use postgres::Client;
use postgres::types::Type;

use super::settings::Settings;
use crate::bookkeeping::segment::ADVISORY_LOCK;
use crate::bookkeeping::{Waits, explain};
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::report::event::Event;
use crate::random::backoff;

/// How long a run waits before it looks for whoever it waits for.
const LOOK_AFTER: Duration = Duration::from_secs(2);

/// The first pause, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(1_600));

/// How long a session may do nothing before it is taken for one that is forgotten. A run never rests between two statements.
pub(crate) const REST: Duration = Duration::from_secs(5);

/// The number of the shared schema, beside those of tenants.
pub(crate) const SHARED: i64 = 0;

/// A wait that goes on as long as nothing is done.
#[derive(Debug, Default)]
pub(crate) struct WaitBeside {
    begun: Option<Instant>,
    pauses: u32,
    /// The session that was told.
    told: Option<i32>,
}

/// A session that has what a run needs.
struct Holder {
    what: String,
    pid: i32,
    name: String,
    is_resting: bool,
}

impl WaitBeside {
    /// Pauses, a little longer each time. After a while it tells who is in the way.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Migration`], when a session has it that does nothing; [`ErrorKind::LockTimeout`], when the time is over, and
    /// there is no other run that would have to end some time.
    pub(crate) fn wait(
        &mut self,
        client: &mut Client,
        of: &[i64],
        settings: &Settings,
    ) -> Result<()> {
        let begun = *self.begun.get_or_insert_with(Instant::now);
        self.pauses = self.pauses.saturating_add(1);
        thread::sleep(backoff(PAUSES, self.pauses));
        if begun.elapsed() < LOOK_AFTER {
            return Ok(());
        }
        if let Some(holder) = look(client, of)? {
            if holder.is_resting {
                return Err(holder.forgotten());
            }
            if self.told.replace(holder.pid) != Some(holder.pid) {
                tracing::info!(pid = holder.pid, what = holder.what, "the run waits");
                settings.observer.tell(&Event::Waiting {
                    what: holder.what.clone(),
                    who: holder.who(),
                });
            }
        }
        if begun.elapsed() < Waits::TOTAL || is_beside_run(client)? {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::LockTimeout,
            format!(
                "the run has waited for {} s for what others have locked\n\
                 help: try again later; what is done is not done again",
                begun.elapsed().as_secs()
            ),
        ))
    }

    /// Something was done: the next wait is another one.
    pub(crate) fn is_over(&mut self) {
        *self = Self::default();
    }
}

impl Holder {
    fn who(&self) -> String {
        let Self { pid, name, .. } = self;
        match name.as_str() {
            "" => format!("the session {pid}"),
            name => format!("the session {pid} (`{name}`)"),
        }
    }

    /// The error for what nobody gives back.
    fn forgotten(&self) -> Error {
        let Self { what, pid, .. } = self;
        Error::new(
            ErrorKind::Migration,
            format!(
                "{} of the server has {what} locked, and does nothing: somebody has left a transaction open, or a run is \
                 stopped\n\
                 help: end its transaction, or end it with `SELECT pg_terminate_backend({pid})`, and run it again: what is \
                 done is not done again",
                self.who()
            ),
        )
    }
}

/// Looks for the session that has the row of one of these, or works on its segments. Whoever has forgotten the segments of a tenant
/// lets that tenant fail, and not the run (`fleet/segmented`).
fn look(client: &mut Client, of: &[i64]) -> Result<Option<Holder>> {
    let sql = "SELECT w.what, a.pid, COALESCE(a.application_name, ''), \
         COALESCE((k.locktype = 'transactionid' OR w.id = 0) AND a.state LIKE 'idle%' AND \
             a.state_change < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $3), false) AS rests \
         FROM (SELECT id, xmax, pg_catalog.format('the tenant `%s`', key) AS what FROM tenantry.tenant WHERE id = ANY ($1) \
             UNION ALL SELECT 0, xmax, 'the shared schema' FROM tenantry.meta WHERE 0 = ANY ($1)) AS w \
         JOIN pg_catalog.pg_locks AS k ON k.granted AND (k.locktype = 'transactionid' AND k.transactionid = w.xmax \
             OR k.locktype = 'advisory' AND k.objsubid = 1 AND (k.classid::bigint << 32 | k.objid::bigint) = $2 + w.id \
             AND k.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())) \
         JOIN pg_catalog.pg_stat_activity AS a ON a.pid = k.pid AND a.pid <> pg_catalog.pg_backend_pid() \
         ORDER BY rests DESC, a.xact_start LIMIT 1";
    let params = [
        (&of as _, Type::INT8_ARRAY),
        (&ADVISORY_LOCK as _, Type::INT8),
        (&REST.as_secs_f64() as _, Type::FLOAT8),
    ];
    let row = client.query_typed_opt(sql, &params).map_err(explain)?;
    row.map(|row| {
        Ok(Holder {
            what: row.try_get(0)?,
            pid: row.try_get(1)?,
            name: row.try_get(2)?,
            is_resting: row.try_get(3)?,
        })
    })
    .transpose()
}

/// Whether any other session migrates or rolls back.
fn is_beside_run(client: &mut Client) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT FROM tenantry.turn AS r CROSS JOIN LATERAL pg_catalog.pg_stat_get_activity(r.pid) AS a \
         WHERE r.pid <> pg_catalog.pg_backend_pid() AND (a.backend_start IS NULL OR a.backend_start = r.session_start))";
    let row = client.query_typed_one(sql, &[]).map_err(explain)?;
    Ok(row.try_get(0)?)
}
