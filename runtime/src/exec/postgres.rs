//! The blocking driver, over the `postgres` crate.
//!
//! Statements are unnamed and typed, unless an application asks for names: one round trip each, nothing left on the server,
//! so any pooler is safe.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use postgres::Client;
use postgres::fallible_iterator::FallibleIterator;

use super::attended::inquiry;
use super::beside::Beside;
use super::blocking::{blocking, close};
use super::cancel::{By, CancelToken, Cancels};
use super::connect::{Connector, OpenedClient};
use super::copied_out::copied_out;
use super::copy::copy;
use super::copying::GivesParts;
use super::described::Describes;
use super::each::each;
use super::inquiry::Inquiry;
use super::limits::{ConnectionLimits, GRACE, PROMPT};
use super::mark::{Mark, pooled};
use super::named::{self, Failed};
use super::prepared::{Prepared, PreparedStatements, is_outdated, outdated};
use super::reset::reset_whole;
use super::watchdog::Watched;
use super::{Answer, Blocking, Connection, Flow, Gives, Statement, TakesRow, Transactions, run};
use crate::error::{Error, ErrorKind, Result};
use crate::place::Context;
use crate::value::typed;

/// A blocking connection, and the state of its transactions.
///
/// It can be used and dropped on the threads of an asynchronous program, which it blocks: see
/// [`blocking`](super::blocking).
pub struct PgConnection {
    /// Present until it is closed.
    client: Option<Client>,
    transactions: Transactions,
    limits: ConnectionLimits,
    /// Whether the server is reached over a socket of the machine.
    is_local: bool,
    /// Statements that have names, if they may.
    prepared: Option<Prepared>,
    describes: Describes,
    /// How it is cancelled, if it was opened here.
    cancels: Option<Arc<Cancels>>,
    /// Asks about it where it may take as long as it likes.
    inquiry: Arc<Inquiry>,
    /// Present while the thread is creating a tenant over another connection, so that this one could wait for ever.
    beside: Option<Beside>,
}

impl PgConnection {
    /// Takes over a connection that was just opened, and gives up what takes longer than that.
    pub(super) fn opened(
        opened: OpenedClient,
        connector: &Arc<Connector>,
        statement: Option<Duration>,
    ) -> Self {
        let is_local = connector.is_local();
        let describes = Describes::new(connector.described());
        let inquiry = inquiry(connector, &opened.silence);
        let (session, connector) = (opened.session, Arc::clone(connector));
        let cancels = Some(Cancels::new(move || connector.cancel(&session)));
        let watched = statement.and(cancels.clone()).map(Watched::new);
        Self {
            client: Some(opened.client),
            transactions: Transactions::default(),
            limits: ConnectionLimits::new(opened.silence, statement, watched),
            is_local,
            prepared: None,
            describes,
            cancels,
            inquiry,
            beside: None,
        }
    }

    /// The driver's own connection, for what tenantry does not do. It panics on a thread of an asynchronous runtime, but
    /// inside of [`blocking`](super::blocking).
    ///
    /// The session is reset when the loan of a pool ends.
    pub(crate) fn client(&mut self) -> &mut Client {
        self.transactions.lent();
        // It is the caller's own affair how long it takes.
        self.limits.silence.allow(None);
        open(&mut self.client)
    }

    /// The driver's own connection, for a piece of control work that leaves it as it was.
    pub(crate) fn control<T: Send>(
        &mut self,
        work: impl FnOnce(&mut Client) -> Result<T> + Send,
    ) -> Result<T> {
        let limit = self.limits.usual();
        self.within(limit, work)
    }

    /// Limits how long each answer may take from now on; `None` for the usual limit.
    pub(super) fn expect_promptness(&mut self, limit: Option<Duration>) {
        self.limits.prompt = limit;
    }

    /// The same for a look at the fleet, which is a few statements: all of them take no longer than one of a scope may.
    pub(crate) fn limited_control<T: Send>(
        &mut self,
        work: impl FnOnce(&mut Client) -> Result<T> + Send,
    ) -> Result<T> {
        let limit = self.limits.usual();
        self.limits.begin();
        let outcome = self.within(limit, work);
        self.limits.end();
        outcome.map_err(|error| self.limits.explain(error, self.cancelled_by()))
    }

    /// The same, with a limit of silence, or none as long as the server is at work.
    pub(crate) fn within<T: Send>(
        &mut self,
        limit: Option<Duration>,
        work: impl FnOnce(&mut Client) -> Result<T> + Send,
    ) -> Result<T> {
        match limit {
            None => self.limits.silence.inquire(&self.inquiry),
            limit => self.limits.silence.allow(limit),
        }
        let client = open(&mut self.client);
        let outcome = blocking(|| work(client));
        if matches!(&outcome, Err(error) if error.kind() == ErrorKind::Connection) {
            self.transactions.broke();
        }
        outcome.map_err(|error| Beside::told(self.beside.as_ref(), error))
    }

    /// Limits how long it waits for a lock until it is settled: its thread is creating a tenant over another connection, and
    /// nobody would find out that it waits for itself.
    pub(crate) fn wait_beside(&mut self, beside: Beside) -> Result<()> {
        let sql = beside.limit();
        self.beside = Some(beside);
        self.transactions.altered();
        self.control(|client| Ok(client.batch_execute(&sql)?))
    }

    /// Has the session reset when it is settled: what runs in it next may run code of the database's, as event triggers do.
    pub(crate) fn reset_when_settled(&mut self) {
        self.transactions.altered();
    }

    /// Takes over the state of a connection that was found closed before anything was done over it.
    pub(super) fn replace(&mut self, closed: &mut Self) {
        self.transactions = mem::take(&mut closed.transactions).moved();
        self.limits.prompt = closed.limits.prompt;
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
        if !alive {
            self.transactions.broke();
        }
        alive
    }

    /// Whether the server is reached over a socket of the machine.
    pub(super) fn is_local(&self) -> bool {
        self.is_local
    }

    /// Sends the first statement over a local connection that was idle. Gives nothing if the session was over before, so that
    /// the statement has had no effect.
    pub(super) fn send_first(&mut self, statement: &Statement) -> Result<Option<Answer>> {
        let (client, prepared) = (open(&mut self.client), &mut self.prepared);
        let altered = self.transactions.is_altered();
        let sent = self
            .limits
            .timed(|| named::send_first(client, prepared, statement, altered));
        match sent {
            Err(error) if is_outdated(&error) && self.forget(&statement.sql) => {
                self.send_first(statement)
            }
            sent => sent.map_err(|error| self.explain(error, statement)),
        }
    }

    /// Whether a statement is described before it is sent.
    pub(super) fn describes(&self, statement: &Statement) -> bool {
        self.describes.is_to_be(statement).is_some()
    }

    /// Sends a statement by its name. Gives nothing if it has none.
    fn send_named(&mut self, statement: &Statement) -> Option<Result<Answer>> {
        let prepared = self.prepared.as_mut()?;
        let altered = self.transactions.is_altered();
        let client = open(&mut self.client);
        let sent = self
            .limits
            .timed(|| named::send(client, prepared, statement, altered));
        match sent {
            Ok(answer) => answer.map(Ok),
            Err(Failed::Preparing(error)) => Some(Err(self.explain(error, statement).unsent())),
            Err(Failed::Running(error)) if is_outdated(&error) && self.forget(&statement.sql) => {
                let is_over = self.transactions.depth() > 0;
                is_over.then(|| Err(outdated(self.explain(error, statement))))
            }
            Err(Failed::Running(error)) => Some(Err(self.explain(error, statement))),
        }
    }

    /// Forgets the named statements if this is one, and says whether it was.
    fn forget(&mut self, sql: &str) -> bool {
        self.prepared
            .as_mut()
            .is_some_and(|prepared| prepared.forget(sql))
    }

    /// Has it keep prepared statements from now on.
    pub(super) fn keep_prepared(&mut self, mark: &Mark, which: PreparedStatements) -> Result<()> {
        if !self.control(|client| Ok(named::stay(client, mark)?))? {
            return Err(pooled());
        }
        self.prepared = Prepared::new(which);
        Ok(())
    }

    /// Makes the connection ready for the next scope. Gives `false` if it is of no more use.
    pub(crate) fn settle(&mut self) -> bool {
        self.beside = None;
        // What a guard could not roll back itself.
        self.transactions().abandon(1);
        if let Some((rollback, sent)) = self.transactions.recovery() {
            let answer = self.send(&rollback, &mut drop);
            if let Err(error) = self.transactions.answered(sent, true, answer) {
                tracing::debug!(%error, "a transaction could not be rolled back; the connection will be closed");
            }
        }
        if self.transactions.is_altered() && self.is_reusable() {
            if let Some(prepared) = &mut self.prepared {
                prepared.clear();
            }
            match self.reset() {
                Ok(()) => self.transactions.reset(),
                Err(error) => {
                    tracing::debug!(%error, "a session could not be reset; the connection will be closed");
                    self.transactions.broke();
                }
            }
        }
        self.transactions.end_loan();
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
        self.transactions.is_idle() && !self.is_broken() && self.cancelled_by().is_none()
    }

    /// Who has cancelled a statement. The cancellation may come late, and meet another one.
    fn cancelled_by(&self) -> Option<By> {
        self.cancels.as_ref().and_then(|cancels| cancels.by())
    }

    /// Whether the connection is known to be closed, or not to answer.
    pub(super) fn is_broken(&self) -> bool {
        self.transactions.is_broken() || self.client.as_ref().is_none_or(Client::is_closed)
    }

    /// Has the driver learn the types of a statement's rows before they come.
    fn describe(&mut self, statement: &Statement) -> Result<(), postgres::Error> {
        let Some(name) = self.describes.is_to_be(statement) else {
            return Ok(());
        };
        let alone = self.transactions.is_outside();
        let (client, describes) = (open(&mut self.client), &self.describes);
        self.limits
            .timed(|| describes.learn(client, (name, statement), alone))
    }

    /// Says of an error of the driver what is known here of its cause.
    fn explain(&self, error: postgres::Error, statement: &Statement) -> Error {
        let error = Error::of_sql(error, &statement.sql);
        self.describes.failed(statement, &error);
        self.caused(error)
    }

    /// The same of an error that is known already.
    fn caused(&self, error: Error) -> Error {
        let error = self.limits.explain(error, self.cancelled_by());
        Beside::told(self.beside.as_ref(), error)
    }
}

impl Blocking for PgConnection {
    fn send(&mut self, statement: &Statement, row: TakesRow<'_>) -> Result<Answer> {
        if let Some(answer) = self.send_named(statement) {
            return answer;
        }
        let sql = &statement.sql;
        if let Err(error) = self.describe(statement) {
            return Err(self.explain(error, statement).unsent());
        }
        let params = typed(&statement.params);
        let client = open(&mut self.client);
        let answer = match statement.gives {
            Gives::Rows => self
                .limits
                .timed(|| client.query_typed(sql, &params).map(Answer::Rows)),
            Gives::Count => self
                .limits
                .timed(|| client.execute_typed(sql, &params).map(Answer::Count)),
            Gives::Each => each(client, (sql, params), &self.limits, row).map(Answer::Count),
            Gives::Copied => unreachable!("its data are sent behind it"),
            Gives::Data => {
                let copied = copied_out(client, statement, &self.limits, row).map(Answer::Count);
                return copied.map_err(|error| self.caused(error));
            }
            Gives::Nothing => self
                .limits
                .timed(|| client.batch_execute(sql).map(|()| Answer::Nothing)),
        };
        answer.map_err(|error| self.explain(error, statement))
    }

    fn copy(&mut self, statement: &Statement, part: GivesParts<'_>) -> Result<Answer> {
        let client = open(&mut self.client);
        let answer = copy(client, &statement.sql, &self.limits, part);
        answer.map_err(|error| self.caused(error))
    }
}

impl Drop for PgConnection {
    fn drop(&mut self) {
        if let Some(cancels) = &self.cancels {
            cancels.close();
        }
        if let Some(client) = self.client.take() {
            let answers = self.transactions.is_idle();
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

impl std::fmt::Debug for PgConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PgConnection")
            .field("depth", &self.transactions.depth())
            .finish_non_exhaustive()
    }
}

impl Connection for PgConnection {
    type Outcome<'a, T: 'a> = Result<T>;

    fn transactions(&mut self) -> &mut Transactions {
        if self.client.as_ref().is_none_or(Client::is_closed) {
            self.transactions.broke();
        }
        &mut self.transactions
    }

    fn statement_limit(&self) -> Option<Duration> {
        self.limits.of_statements()
    }

    fn drive<'a, T: 'a>(&'a mut self, flow: Flow<'a, T>, context: &'a Context) -> Result<T> {
        run(self, flow, context)
    }
}
