//! A connection: it sends a statement, and the answer is a future that nobody has to wait for.
//!
//! Statements are unnamed and typed, unless an application asks for names: one round trip each, nothing left on the server,
//! so any pooler is safe.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{self, Poll, ready};
use std::time::Duration;

use futures_util::{Stream, TryStreamExt};
use postgres::types::Type;
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_postgres::Client;

use super::clock::{PieceClock, unanswered};
use super::connector::{Connector, Opened};
use super::copied_out;
use super::copying::{self, SentCopy};
use super::named::{self, SessionState, lock, stay};
use crate::error::{Error, Result};
use crate::exec::cancel::Cancels;
use crate::exec::described::Describes;
use crate::exec::limits::{ConnectionLimits, PROMPT};
use crate::exec::mark::{Mark, pooled};
use crate::exec::prepared::{Prepared, PreparedStatements};
use crate::exec::step::Steps;
use crate::exec::watchdog::Watched;
use crate::exec::{Answer, Came, Gives, Statement};

/// A connection to a server. A task does its I/O.
pub(super) struct Connection {
    pub(super) client: Arc<Client>,
    limits: ConnectionLimits,
    describes: Arc<Describes>,
    pub(super) cancels: Arc<Cancels>,
    pub(super) connector: Arc<Connector>,
    /// Statements that have names, if they may.
    prepared: Option<Arc<Mutex<Prepared>>>,
    task: AbortHandle,
}

/// An answer, and the statement, so that it can be sent again.
pub(super) type Answered = (Result<Answer>, Option<Statement>);

/// Circumstances in which a statement is sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct How {
    pub(super) session: SessionState,
    /// Whether it is in no transaction.
    pub(super) alone: bool,
    /// How long the answer may take, if that is less than usual.
    pub(super) prompt: Option<Duration>,
}

/// A statement under way.
pub(super) enum SentStatement {
    /// It gives an answer, and itself back.
    Whole(Pin<Box<dyn Future<Output = Answered> + Send>>),
    /// It gives each row, or data; so many rows or messages have come.
    Each(
        Pin<Box<dyn Stream<Item = Result<Came>> + Send>>,
        u64,
        PieceClock,
    ),
    /// It takes data.
    Copy(SentCopy, PieceClock),
}

impl SentStatement {
    /// How many rows or messages have come one by one, or how many pieces of data have gone.
    pub(super) fn came(&self) -> u64 {
        match self {
            Self::Whole(_) => 0,
            Self::Each(_, came, _) => *came,
            Self::Copy(copy, _) => copy.went(),
        }
    }

    /// Waits for the answer, and tells the rows that come before: all, or, `one_by_one`, the next, after which nobody is woken.
    pub(super) fn poll<T>(
        &mut self,
        steps: &mut Steps<'_, '_, T>,
        task: &mut task::Context<'_>,
        one_by_one: bool,
    ) -> Poll<Answered> {
        let (rows, came, clock) = match self {
            Self::Whole(answer) => {
                let (answer, statement) = ready!(answer.as_mut().poll(task));
                return Poll::Ready((answer, statement));
            }
            Self::Copy(copy, clock) => {
                let went = copy.went();
                let mut answer = copy.poll(steps, task);
                if copy.went() > went {
                    clock.rest();
                }
                if answer.is_pending() {
                    answer = clock.poll(task);
                }
                return answer.map(|answer| (answer, None));
            }
            Self::Each(rows, came, clock) => (rows, came, clock),
        };
        loop {
            let row = match rows.as_mut().poll_next(task) {
                Poll::Ready(Some(row)) => row,
                Poll::Ready(None) => return Poll::Ready((Ok(Answer::Count(*came)), None)),
                Poll::Pending => ready!(clock.poll(task)),
            };
            clock.rest();
            match row {
                Ok(next) => {
                    *came += match &next {
                        Came::Row(_) => 1,
                        Came::Data(data) => data.messages,
                    };
                    if let Some(told) = steps.told() {
                        told.take(next);
                    }
                    if one_by_one {
                        return Poll::Pending;
                    }
                }
                Err(error) => return Poll::Ready((Err(error), None)),
            }
        }
    }
}

impl Connection {
    /// Opens a connection, and gives up what takes longer than that.
    pub(super) async fn open(
        connector: &Arc<Connector>,
        statement: Option<Duration>,
    ) -> Result<Self> {
        let Opened {
            client,
            driver,
            silence,
        } = connector.open().await?;
        let (token, theirs) = (client.cancel_token(), Arc::clone(connector));
        let cancels = Cancels::new(move || theirs.cancel_blocking(token.clone()));
        let watched = statement.map(|_| Watched::new(Arc::clone(&cancels)));
        Ok(Self {
            client: Arc::new(client),
            limits: ConnectionLimits::new(silence, statement, watched),
            describes: Arc::new(Describes::new(connector.described())),
            cancels,
            connector: Arc::clone(connector),
            prepared: None,
            task: tokio::spawn(driver).abort_handle(),
        })
    }

    /// Has it keep prepared statements from now on.
    pub(super) async fn keep_prepared(
        &mut self,
        mark: &Mark,
        which: PreparedStatements,
    ) -> Result<()> {
        if !stay(&self.client, mark).await? {
            return Err(pooled());
        }
        let prepared = Prepared::new(which);
        self.prepared = prepared.map(|prepared| Arc::new(Mutex::new(prepared)));
        Ok(())
    }

    /// Forgets the prepared statements, because the session is reset.
    pub(super) fn forget_prepared(&self) {
        if let Some(prepared) = &self.prepared {
            lock(prepared).clear();
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Asks the server whether it is still there.
    pub(super) async fn is_alive(&self) -> bool {
        self.within(PROMPT, self.client.check_connection())
            .await
            .is_some()
    }

    /// Waits for something that costs the server little. Gives nothing if it fails, or takes longer than that.
    pub(super) async fn within<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = Result<T, postgres::Error>>,
    ) -> Option<T> {
        match timeout(limit, work).await {
            Ok(Ok(value)) => Some(value),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a connection is of no more use");
                None
            }
            Err(_) => None,
        }
    }

    /// Sends a statement when the answer is first polled.
    pub(super) fn send(&self, statement: Statement, how: How) -> SentStatement {
        let limit = self.limits.begin_within(how.prompt);
        let client = Arc::clone(&self.client);
        let describes = Arc::clone(&self.describes);
        if statement.gives == Gives::Each {
            let rows = async move {
                let of = |error| Error::of_sql(error, &statement.sql);
                let rows = limited(limit, async {
                    let learnt = describe(&client, &describes, &statement, how).await;
                    learnt.map_err(|error| of(error).unsent())?;
                    let params = statement.params.iter();
                    let params = params.map(|param| (param.clone(), param.ty().clone()));
                    let rows = client.query_typed_raw(&statement.sql, params);
                    rows.await.map_err(of)
                });
                let rows = rows.await;
                let rows = rows.inspect_err(|error| describes.failed(&statement, error))?;
                let rows = rows.map_ok(Came::Row);
                Ok(rows.map_err(move |error| Error::of_sql(error, &statement.sql)))
            };
            let rows = futures_util::TryFutureExt::try_flatten_stream(rows);
            return SentStatement::Each(Box::pin(rows), 0, PieceClock::new(limit));
        }
        if statement.gives == Gives::Data {
            let begun = limited(limit, copied_out::begin(client, statement));
            let pieces = Box::pin(copied_out::pieces(begun));
            return SentStatement::Each(pieces, 0, PieceClock::new(limit));
        }
        if statement.gives == Gives::Copied {
            let copy = |parts| copying::copy(client, statement.sql, parts);
            return SentStatement::Copy(SentCopy::new(copy), PieceClock::new(limit));
        }
        let prepared = self.prepared.clone();
        SentStatement::Whole(Box::pin(async move {
            let answer = limited(limit, async {
                let of = |error| Error::of_sql(error, &statement.sql);
                let learnt = describe(&client, &describes, &statement, how).await;
                learnt.map_err(|error| of(error).unsent())?;
                named::send(&client, &statement, prepared.as_deref(), how.session).await
            });
            let answer = answer.await;
            let answer = answer.inspect_err(|error| describes.failed(&statement, error));
            (answer, Some(statement))
        }))
    }

    /// Has the limit of the statement begin anew, for rows have come.
    pub(super) fn go_on(&self) {
        self.limits.begin();
    }

    /// Notes that nobody waits for the answer, at least for now.
    pub(super) fn left(&self) {
        self.limits.end();
    }

    /// Notes that the answer is there, and says of an error what is known here of its cause.
    pub(super) fn ended(&self, answer: Result<Answer>) -> Result<Answer> {
        self.limits.end();
        // Its stream is looked at all the time, also while nobody has sent anything.
        self.limits.silence.allow(None);
        answer.map_err(|error| self.limits.explain(error, self.cancels.by()))
    }

    /// The task that does its I/O.
    pub(super) fn task(&self) -> AbortHandle {
        self.task.clone()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.cancels.close();
        self.limits.silence.allow(Some(PROMPT));
    }
}

/// Waits so long at the most, even if the driver does not look at its stream any more, whose clock ends the wait otherwise.
async fn limited<T>(limit: Option<Duration>, work: impl Future<Output = Result<T>>) -> Result<T> {
    let Some(limit) = limit else {
        return work.await;
    };
    let waited = timeout(limit, work).await;
    waited.unwrap_or_else(|_| Err(unanswered(limit)))
}

/// Has the driver learn the types of a statement's rows before they come.
async fn describe(
    client: &Client,
    describes: &Describes,
    statement: &Statement,
    how: How,
) -> Result<(), postgres::Error> {
    let Some(name) = describes.is_to_be(statement) else {
        return Ok(());
    };
    let types: Vec<Type> = statement.types().collect();
    // What describes it has a name, which a pooler may have somebody else meet but within a transaction.
    if how.alone {
        client.batch_execute("BEGIN").await?;
    }
    let prepared = client.prepare_typed(&statement.sql, &types).await;
    let noted = prepared.map(|it| describes.described(name, it.columns()));
    if how.alone {
        client.batch_execute("ROLLBACK").await?;
    }
    noted
}
