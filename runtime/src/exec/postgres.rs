//! The blocking driver, over the `postgres` crate.
//!
//! Statements are unnamed and typed: one round trip each, nothing left on the server, so any pooler is safe.

use std::sync::Arc;
use std::time::{Duration, Instant};

use postgres::Client;
use postgres::error::SqlState;
use postgres::fallible_iterator::FallibleIterator;
use postgres::types::{ToSql, Type};

use super::blocking::{blocking, close};
use super::cancel::{By, CancelToken, Cancels};
use super::connect::Connector;
use super::reset::reset_whole;
use super::silence::Silence;
use super::watchdog::Watched;
use super::{Answer, Connection, Effect, Flow, Gives, Statement};
use crate::error::{Error, ErrorKind, Result};
use crate::name::TenantKey;
use crate::place::Context;

/// A blocking connection, and how deep in transactions it is.
///
/// It can be used and dropped on the threads of an asynchronous program, which it blocks: see
/// [`blocking`](super::blocking).
pub struct PgConnection {
    /// Present until it is closed.
    client: Option<Client>,
    depth: u32,
    /// The transaction's first failed statement: until it is rolled back, the server refuses all others.
    failure: Option<String>,
    /// Whether the server has said goodbye; the driver itself may notice only later.
    broken: bool,
    /// Whether the driver's own connection was given out, so that what was done on it is not known.
    lent: bool,
    /// Whether something was done that may have left something in the session.
    altered: bool,
    limits: Limits,
    /// How it is cancelled, if it was opened here.
    cancels: Option<Arc<Cancels>>,
    /// The tenant that the thread is creating over another connection, so that this one could wait for ever.
    beside: Option<TenantKey>,
}

/// How long a connection waits for the server.
struct Limits {
    silence: Silence,
    statement: Option<Duration>,
    watched: Option<Arc<Watched>>,
}

/// How long a connection waits for the answer to a cancellation.
const GRACE: Duration = Duration::from_secs(5);

/// How long it waits for an answer that costs the server nothing.
const PROMPT: Duration = Duration::from_secs(2);

impl PgConnection {
    /// Takes over a connection that is in no transaction.
    pub fn new(client: Client) -> Self {
        Self::limited(client, Silence::default(), None, None)
    }

    /// Takes over a connection that was just opened, and gives up what takes longer than that.
    pub(super) fn opened(
        (client, silence): (Client, Silence),
        connector: &Arc<Connector>,
        statement: Option<Duration>,
    ) -> Self {
        let cancels = Cancels::new(client.cancel_token(), Arc::clone(connector));
        Self::limited(client, silence, statement, Some(cancels))
    }

    fn limited(
        client: Client,
        silence: Silence,
        statement: Option<Duration>,
        cancels: Option<Arc<Cancels>>,
    ) -> Self {
        let watched = statement.and(cancels.clone()).map(Watched::new);
        Self {
            client: Some(client),
            depth: 0,
            failure: None,
            broken: false,
            lent: false,
            altered: false,
            limits: Limits {
                silence,
                statement,
                watched,
            },
            cancels,
            beside: None,
        }
    }

    /// The driver's own connection, for what tenantry does not do. It panics on a thread of an asynchronous runtime, but
    /// inside of [`blocking`](super::blocking).
    ///
    /// The session is reset when the loan of a pool ends.
    pub fn client(&mut self) -> &mut Client {
        self.lent = true;
        self.altered = true;
        // It is the caller's own affair how long it takes.
        self.limits.silence.allow(None);
        open(&mut self.client)
    }

    /// The driver's own connection, for a piece of control work that leaves it as it was.
    pub(crate) fn control<T: Send>(
        &mut self,
        work: impl FnOnce(&mut Client) -> Result<T> + Send,
    ) -> Result<T> {
        let limit = self.limits.statement.map(|limit| limit + GRACE);
        self.within(limit, work)
    }

    /// The same, without a limit to how long the server may take.
    pub(crate) fn long_control<T: Send>(
        &mut self,
        work: impl FnOnce(&mut Client) -> Result<T> + Send,
    ) -> Result<T> {
        self.within(None, work)
    }

    /// The same for something that costs the server little, so that more than so much time tells that it is gone.
    pub(crate) fn within<T: Send>(
        &mut self,
        limit: Option<Duration>,
        work: impl FnOnce(&mut Client) -> Result<T> + Send,
    ) -> Result<T> {
        self.limits.silence.allow(limit);
        let client = open(&mut self.client);
        let outcome = blocking(|| work(client));
        self.broken |= outcome
            .as_ref()
            .is_err_and(|error| error.kind() == ErrorKind::Connection);
        outcome.map_err(|error| self.explain_wait(error))
    }

    /// Limits how long it waits for a lock until it is settled: its thread is creating a tenant over another connection, and
    /// nobody would find out that it waits for itself.
    pub(crate) fn wait_beside(&mut self, creating: TenantKey, timeout: Duration) -> Result<()> {
        let timeout = timeout.as_millis().clamp(1, i32::MAX as u128);
        self.beside = Some(creating);
        self.altered = true;
        self.send(&format!("SET lock_timeout = {timeout}"))
    }

    /// Has the session reset when it is settled: what runs in it next may run code of the database's, as event triggers do.
    pub(crate) fn reset_when_settled(&mut self) {
        self.altered = true;
    }

    fn explain_wait(&self, error: Error) -> Error {
        match &self.beside {
            Some(tenant) if error.kind() == ErrorKind::LockTimeout => {
                let message = format!(
                    "a statement waited too long for a lock, on a thread that is just creating the tenant `{tenant}`: what the \
                     creation has locked is free only when its hooks and its closure are done\n\
                     help: do it over the scope that the hook or closure is given, as with `tx.shared_mut()`, or after the creation"
                );
                error.retold(ErrorKind::LockTimeout, message)
            }
            _ => error,
        }
    }

    /// Returns what cancels its statements until the loan ends, if it was opened here.
    pub(super) fn cancel_token(&self) -> Option<CancelToken> {
        self.cancels.as_ref().map(Cancels::token)
    }

    /// Asks the server whether it is still there.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.limits.silence.allow(Some(PROMPT));
        let client = open(&mut self.client);
        let alive = blocking(|| client.is_valid(PROMPT).is_ok());
        self.broken |= !alive;
        alive
    }

    /// Makes the connection ready for the next scope. Gives `false` if it is of no more use.
    pub(crate) fn settle(&mut self) -> bool {
        self.beside = None;
        if self.altered && self.is_reusable() {
            let reset = self.reset();
            if let Err(error) = &reset {
                tracing::debug!(%error, "a session could not be reset; the connection will be closed");
            }
            self.broken |= reset.is_err();
            (self.altered, self.lent) = (false, false);
        }
        self.is_reusable()
            && self
                .cancels
                .as_ref()
                .is_none_or(|cancels| cancels.end_loan())
    }

    /// Leaves the session as it was in the beginning: role, settings, temporary tables, locks, cursors, what it listens to.
    fn reset(&mut self) -> Result<(), postgres::Error> {
        self.limits.silence.allow(Some(GRACE));
        let client = open(&mut self.client);
        blocking(|| {
            reset_whole(client)?;
            // What came of `LISTEN` is kept by the driver.
            while client.notifications().iter().next()?.is_some() {}
            Ok(())
        })
    }

    /// Whether the connection can be used again: it is open, and in no transaction.
    pub(crate) fn is_reusable(&self) -> bool {
        self.depth == 0 && !self.is_broken() && self.cancelled_by().is_none()
    }

    /// Who has cancelled a statement. The cancellation may come late, and meet another one.
    fn cancelled_by(&self) -> Option<By> {
        self.cancels.as_ref().and_then(|cancels| cancels.by())
    }

    /// Whether the connection is known to be closed, or not to answer.
    pub(super) fn is_broken(&self) -> bool {
        self.broken || self.client.as_ref().is_none_or(Client::is_closed)
    }

    pub(super) fn execute(&mut self, statement: &Statement, context: &Context) -> Result<Answer> {
        let started = Instant::now();
        let span = tracing::debug_span!(
            target: "tenantry::statement",
            "statement",
            model = statement.model.map(|model| model.name),
            operation = statement.operation,
            tenant = context.tenant().map(|tenant| tenant.key.as_str()),
            sql = statement.sql,
        )
        .entered();
        let params: Vec<(&(dyn ToSql + Sync), Type)> = statement
            .params
            .iter()
            .map(|param| (param as &(dyn ToSql + Sync), param.ty().clone()))
            .collect();
        // What is sent over a connection that is closed already has no effect.
        let was_open = !self.is_broken();
        self.altered |= statement.effect == Effect::Unknown;
        self.limits.begin();
        let client = open(&mut self.client);
        let answer = blocking(|| match statement.gives {
            Gives::Rows => client
                .query_typed(&statement.sql, &params)
                .map(Answer::Rows),
            Gives::Count => client
                .execute_typed(&statement.sql, &params)
                .map(Answer::Count),
        });
        self.limits.end();
        // The server's words can quote a value, its code can't.
        let error = answer.as_ref().err();
        let code = error.map(|error| error.code().map_or("connection", SqlState::code));
        tracing::debug!(
            target: "tenantry::statement",
            error = code,
            rows = answer.as_ref().ok().map(Answer::count),
            micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        );
        drop(span);
        let commits = was_open && self.depth == 0 && statement.effect != Effect::Reads;
        answer.map_err(|error| {
            let error = self.failed(error, &statement.sql);
            if commits && error.kind() == ErrorKind::Connection && !was_idle(&error) {
                return unknown(error, "the statement");
            }
            error
        })
    }

    fn failed(&mut self, error: postgres::Error, sql: &str) -> Error {
        let refused = error.as_db_error().is_some();
        let by = self.cancelled_by();
        let error = self.limits.explain(Error::of_sql(error, sql), by);
        self.broken |= error.kind() == ErrorKind::Connection;
        if refused && self.depth > 0 {
            self.failure.get_or_insert_with(|| error.to_string());
        }
        self.explain_wait(error)
    }

    fn send(&mut self, sql: &str) -> Result<()> {
        tracing::debug!(target: "tenantry::statement", operation = "transaction", sql);
        self.limits.begin();
        let client = open(&mut self.client);
        let outcome = blocking(|| client.batch_execute(sql));
        self.limits.end();
        outcome.map_err(|error| self.failed(error, sql))
    }

    /// Begins a transaction, or a savepoint inside one.
    pub(crate) fn begin(&mut self) -> Result<()> {
        match self.depth {
            0 => self.send("BEGIN")?,
            depth => self.send(&format!("SAVEPOINT tenantry_{depth}"))?,
        }
        self.depth += 1;
        Ok(())
    }

    /// Commits the innermost transaction or savepoint.
    ///
    /// PostgreSQL answers a `COMMIT` after a failed statement with a silent rollback, so that case is an error here.
    pub(crate) fn commit(&mut self) -> Result<()> {
        if let Some(failure) = self.failure.take() {
            self.rollback();
            return Err(aborted(&failure));
        }
        // What failed on the lent connection was not seen here. In a failed transaction a savepoint fails too, and the
        // commit behind it in the message is not run.
        let probe = if self.lent {
            "SAVEPOINT tenantry_probe; RELEASE SAVEPOINT tenantry_probe; "
        } else {
            ""
        };
        let depth = self.depth.saturating_sub(1);
        let end = match depth {
            0 => "COMMIT".to_owned(),
            depth => format!("RELEASE SAVEPOINT tenantry_{depth}"),
        };
        let outcome = self.send(&format!("{probe}{end}"));
        match outcome {
            Err(error) if error.sqlstate() == Some(IN_FAILED_TRANSACTION) => {
                self.rollback();
                Err(aborted("one that was sent through `client`"))
            }
            Err(error) if error.kind() == ErrorKind::Connection && depth == 0 => {
                self.depth = depth;
                Err(unknown(error, "the transaction"))
            }
            outcome => {
                self.depth = depth;
                if depth == 0 {
                    self.failure = None;
                }
                outcome
            }
        }
    }

    /// Rolls the innermost transaction or savepoint back.
    ///
    /// A connection on which that fails is closed or of no more use: the pool drops it, and the server rolls back.
    pub(crate) fn rollback(&mut self) {
        self.failure = None;
        let sql = match self.depth {
            0 | 1 => "ROLLBACK".to_owned(),
            depth => {
                let name = depth - 1;
                format!("ROLLBACK TO SAVEPOINT tenantry_{name}; RELEASE SAVEPOINT tenantry_{name}")
            }
        };
        match self.send(&sql) {
            Ok(()) => self.depth = self.depth.saturating_sub(1),
            Err(error) => {
                tracing::warn!(%error, "could not roll back; the connection will be closed");
            }
        }
    }
}

impl Limits {
    /// Notes that something is sent.
    fn begin(&self) {
        self.silence
            .allow(self.statement.map(|limit| limit + GRACE));
        if let (Some(limit), Some(watched)) = (self.statement, &self.watched) {
            watched.begin(limit);
        }
    }

    /// Notes that the answer is there.
    fn end(&self) {
        if let Some(watched) = &self.watched {
            watched.end();
        }
    }

    /// Says of a statement that was cancelled here why.
    fn explain(&self, error: Error, by: Option<By>) -> Error {
        match self.statement {
            Some(limit) if by == Some(By::Clock) && error.kind() == ErrorKind::Cancelled => {
                let message = format!(
                    "the statement was cancelled, because it took longer than {limit:?}\n\
                     help: raise `statement_timeout`, or have it do less"
                );
                error.retold(ErrorKind::Cancelled, message)
            }
            _ => error,
        }
    }
}

impl Drop for PgConnection {
    fn drop(&mut self) {
        if let Some(cancels) = &self.cancels {
            cancels.close();
        }
        if let Some(client) = self.client.take() {
            let answers = !self.broken && self.depth == 0;
            self.limits.silence.allow(Some(PROMPT));
            close(client, answers);
        }
    }
}

fn open(client: &mut Option<Client>) -> &mut Client {
    client
        .as_mut()
        .expect("the connection is there until it is dropped")
}

/// PostgreSQL's code for a statement in a transaction that has failed.
const IN_FAILED_TRANSACTION: &str = "25P02";

/// Whether the server closed the connection because it was idle, and so before it was sent anything.
fn was_idle(error: &Error) -> bool {
    matches!(error.sqlstate(), Some("57P05" | "25P03"))
}

fn unknown(error: Error, what: &str) -> Error {
    let message = format!(
        "the connection broke before the answer came: whether {what} took effect is not known\n\
         help: look whether it did before it is tried again"
    );
    Error::new(ErrorKind::CommitUnknown, message).because(error)
}

fn aborted(failure: &str) -> Error {
    Error::new(
        ErrorKind::Aborted,
        format!(
            "the transaction was rolled back, because a statement of it failed: {failure}\n\
             help: return that error from the closure, or run the statement in a nested transaction"
        ),
    )
}

impl std::fmt::Debug for PgConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PgConnection")
            .field("depth", &self.depth)
            .finish_non_exhaustive()
    }
}

impl Connection for PgConnection {
    type Outcome<'a, T: 'a> = Result<T>;

    fn drive<'a, T: 'a>(&'a mut self, flow: Flow<'a, T>, context: &'a Context) -> Result<T> {
        run(flow, context, |statement| self.execute(statement, context))
    }
}

/// Runs a flow to its end, with something that runs its statements.
pub(super) fn run<T>(
    mut flow: Flow<'_, T>,
    context: &Context,
    mut execute: impl FnMut(&Statement) -> Result<Answer>,
) -> Result<T> {
    loop {
        match flow {
            Flow::Done(outcome) => return outcome.map_err(|error| context.explain(error)),
            Flow::Run(statement, next) => {
                statement.admitted(context)?;
                let answer = execute(&statement).map_err(|error| {
                    context.explain(match statement.model {
                        Some(model) => error.in_model(model, statement.operation),
                        None => error,
                    })
                })?;
                flow = next(answer);
            }
        }
    }
}
