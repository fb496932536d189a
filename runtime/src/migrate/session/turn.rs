//! Who may change the fleet: a session of the server itself, and at one time either those that migrate or those that roll
//! back.
//!
//! Locks and settings, which a run holds between two transactions, belong to a session. A pooler that gives each
//! transaction any session would give it to others, so it is found out before anything is done.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::{io, iter, mem, panic};

use postgres::types::Type;
use postgres::{Client, Transaction};

use super::limits::{UNLIMITED, limit_waits};
use super::settings::Settings;
use crate::bookkeeping::explain;
use crate::bookkeeping::facts::lives;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::no_thread;
use crate::migrate::report::direction::Direction;
use crate::migrate::rollout::control;
use crate::tenant::held_up;

/// How often a session is asked which one it is.
const LOOKS: usize = 4;

/// A run's right to change the fleet, which it takes before it changes anything.
pub(crate) struct Turn {
    direction: Direction,
    is_checked: bool,
    is_taken: bool,
    /// Whether the session has a limit of waiting that it had not before.
    is_limited: bool,
    /// How often runs had been aborted when it was taken.
    aborts: Option<i64>,
    /// Connections that were opened to look for a pooler, and that the workers can have.
    spare: Vec<Client>,
}

/// Threads that open a connection each, if there can be such a thread.
type OpeningThreads = Vec<io::Result<JoinHandle<Result<Client>>>>;

impl Turn {
    /// Prepares to take it. Nothing is opened until there is something to do: most runs find that there is nothing.
    pub(crate) fn new(direction: Direction) -> Self {
        Self {
            direction,
            is_checked: false,
            is_taken: false,
            is_limited: false,
            aborts: None,
            spare: Vec::new(),
        }
    }

    /// Returns the connections that it has opened and needs no longer, once.
    pub(crate) fn spare(&mut self) -> Vec<Client> {
        mem::take(&mut self.spare)
    }

    /// Refuses a connection through a pooler, which is looked for once.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`].
    pub(crate) fn check(&mut self, client: &mut Client, settings: &Settings) -> Result<()> {
        if !self.is_checked {
            self.spare = check_sessions(client, opened(open(settings)))?;
            self.is_checked = true;
        }
        Ok(())
    }

    /// Takes it, unless that was done. It ends with the session at the latest.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`], when the connection leads through a pooler; [`ErrorKind::Migration`], when others go
    /// the other way.
    pub(crate) fn take(&mut self, client: &mut Client, settings: &Settings) -> Result<()> {
        if self.is_taken {
            return Ok(());
        }
        self.check(client, settings)?;
        self.is_limited = self.is_limited || limit_waits(client)?;
        let aborts = settings.waits().change(client, |tx| {
            self.enter(tx)?;
            // As long as nobody can see the turn, there is no run to be aborted; whatever comes later is counted.
            control::aborts(tx)
        })?;
        self.aborts = Some(aborts);
        self.is_taken = true;
        Ok(())
    }

    /// How often runs had been aborted when it was taken, if it was.
    pub(crate) fn aborts(&self) -> Option<i64> {
        self.aborts
    }

    /// Gives it back, at the end of a run. If the run lost its connection, it is not known what the last statement did.
    pub(crate) fn end<T>(self, client: &mut Client, report: Result<T>) -> Result<T> {
        if self.is_limited
            && !client.is_closed()
            && let Err(error) = client.batch_execute(UNLIMITED)
        {
            tracing::debug!(%error, "a session keeps its limit");
        }
        if !self.is_taken {
            return report.map_err(|error| held_up(client, error));
        }
        if !client.is_closed() {
            // One message is one transaction. The row tells nobody anything once the session is over.
            let left = client.batch_execute(
                "SET LOCAL lock_timeout = '2s'; SET LOCAL synchronous_commit = off; \
                 DELETE FROM tenantry.turn WHERE pid = pg_catalog.pg_backend_pid()",
            );
            if let Err(error) = left {
                tracing::debug!(%error, "a turn ends with its session");
            }
        }
        report.map_err(|error| lost(held_up(client, error), "the run"))
    }

    fn enter(&self, tx: &mut Transaction<'_>) -> Result<()> {
        // A turn ends with its session, so none has to outlast a crash of the server.
        tx.batch_execute(
            "SET LOCAL synchronous_commit = off; LOCK TABLE tenantry.turn IN SHARE ROW EXCLUSIVE MODE",
        )
        .map_err(explain)?;
        let rows = tx.query_typed(
            concat!(
                "SELECT r.pid, r.direction, pg_catalog.to_char(r.begun_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), ",
                lives!("r"),
                " FROM tenantry.turn AS r ORDER BY r.begun_at"
            ),
            &[],
        )?;
        let (ours, theirs) = match self.direction {
            Direction::Up => ("up", "a rollback"),
            Direction::Down => ("down", "a migration"),
        };
        let mut gone: Vec<i32> = Vec::new();
        for row in &rows {
            let pid = row.try_get(0)?;
            if !row.try_get::<_, bool>(3)? {
                gone.push(pid);
            } else if row.try_get::<_, &str>(1)? != ours {
                let since: &str = row.try_get(2)?;
                return Err(Error::new(
                    ErrorKind::Migration,
                    format!(
                        "{theirs} is under way since {since} UTC, in the session {pid} of the server\n\
                         help: wait until it is over, or abort it with `rollout abort`, and try again"
                    ),
                ));
            }
        }
        if !gone.is_empty() {
            tx.execute_typed(
                "DELETE FROM tenantry.turn WHERE pid = ANY ($1)",
                &[(&gone, Type::INT4_ARRAY)],
            )?;
        }
        tx.execute_typed(
            "INSERT INTO tenantry.turn (pid, session_start, direction) \
             SELECT pid, backend_start, $1 FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) \
             ON CONFLICT (pid) DO UPDATE SET session_start = excluded.session_start, direction = excluded.direction, \
             begun_at = excluded.begun_at",
            &[(&ours, Type::TEXT)],
        )?;
        Ok(())
    }
}

/// The error for a reply that was lost: what was to be committed may be, or not. What the server itself has ended it has
/// rolled back, and what has no effect anyway is in no doubt.
pub(crate) fn lost(error: Error, during: &str) -> Error {
    if error.kind() != ErrorKind::Connection || error.sqlstate().is_some() || error.is_unsent() {
        return error;
    }
    let why = error.message().lines().next().unwrap_or_default();
    let message = format!(
        "the connection was lost during {during} ({why}): whether what was under way took effect is not known\n\
         help: run it again: it goes on after what the ledger has; nothing is done twice, but for `DO`, `CALL` and the like \
         in a migration with `transaction = false`"
    );
    Error::new(ErrorKind::CommitUnknown, message).because(error)
}

/// Refuses a connection whose statements reach one session now and another then. Returns the others, which it needs no longer.
///
/// A pooler with nobody else to serve gives a client the same session again and again. So a second connection, if there
/// can be one, takes a session for a transaction: a pooler gives it that of the first, or the first another then.
fn check_sessions(client: &mut Client, mut others: Vec<Client>) -> Result<Vec<Client>> {
    let ours = pid(client)?;
    let mut looks = 1..LOOKS;
    if looks.any(|_| pid(client).is_ok_and(|pid| pid != ours)) {
        return Err(pooled());
    }
    if let Some(other) = others.first_mut() {
        check_pair(client, other)?;
    }
    if let [other, third] = &mut others[..] {
        check_pair(other, third)?;
    }
    Ok(others)
}

/// Whether a connection leads to one session, as far as another one shows it.
///
/// # Errors
///
/// When the server can't be asked.
pub(super) fn keeps_its_session(client: &mut Client, settings: &Settings) -> Result<bool> {
    match check_sessions(client, opened(open(settings))) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::Configuration => Ok(false),
        Err(error) => Err(error),
    }
}

/// Begins to open as many connections as it takes to look for a pooler: one, or two where the workers come another way than
/// the run.
fn open(settings: &Settings) -> OpeningThreads {
    let Some(connect) = &settings.connect else {
        return Vec::new();
    };
    let comes_another_way = settings.workers > 1 && !settings.is_one_way;
    let number = if comes_another_way { 2 } else { 1 };
    let begin = || {
        let connect = Arc::clone(connect);
        thread::Builder::new().spawn(move || connect())
    };
    iter::repeat_with(begin).take(number).collect()
}

/// Waits until connections are open. A run goes on without those that can't be had.
fn opened(opening: OpeningThreads) -> Vec<Client> {
    let opened = opening.into_iter().filter_map(|thread| {
        let join = |thread: JoinHandle<Result<Client>>| {
            thread
                .join()
                .unwrap_or_else(|panic| panic::resume_unwind(panic))
        };
        let opened = match thread {
            Ok(thread) => join(thread),
            Err(error) => Err(no_thread("to open a connection with", error)),
        };
        opened
            .inspect_err(|error| {
                tracing::warn!(%error, "whether there is a pooler was not looked into");
            })
            .ok()
    });
    opened.collect()
}

/// Refuses two connections that share a session, or that lose theirs while the other is in a transaction.
fn check_pair(one: &mut Client, other: &mut Client) -> Result<()> {
    let (ours, theirs) = (pid(one)?, pid(other)?);
    if ours == theirs {
        return Err(pooled());
    }
    let is_steady = while_busy(other, one)? == (theirs, ours);
    if is_steady && while_busy(one, other)? == (ours, theirs) {
        return Ok(());
    }
    Err(pooled())
}

/// The sessions of a connection in a transaction, and of another meanwhile.
fn while_busy(busy: &mut Client, idle: &mut Client) -> Result<(i32, i32)> {
    let mut tx = busy.transaction()?;
    let pids = (tx.query_typed_one(PID, &[])?.try_get(0)?, pid(idle)?);
    tx.rollback()?;
    Ok(pids)
}

const PID: &str = "SELECT pg_catalog.pg_backend_pid()";

/// The number of the session that a statement reaches.
fn pid(client: &mut Client) -> Result<i32> {
    Ok(client.query_typed_one(PID, &[])?.try_get(0)?)
}

/// The error for a connection through a pooler.
pub(crate) fn pooled() -> Error {
    Error::new(
        ErrorKind::Configuration,
        "the connection leads through a pooler that gives each transaction any session: what a migration holds between \
         two transactions, such as its locks, would be left to others\n\
         help: connect to the server itself to migrate or to roll back, or through a pooler in session mode",
    )
}
