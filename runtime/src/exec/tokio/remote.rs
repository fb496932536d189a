//! Statements of an asynchronous scope that another thread sends over its own, blocking connection: in the transaction in which it is
//! creating a tenant.

use std::sync::{Arc, Weak, mpsc};
use std::thread;
use std::time::Duration;

use futures_util::stream::unfold;
use tokio::sync::{mpsc as rows, oneshot};

use super::clock::PieceClock;
use super::connection::SentStatement;
use super::copying::{CopyParts, SentCopy};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Answer, Blocking, Came, CancelToken, CopyPart, Gives, Statement};

/// How many rows or pieces of data wait for whoever takes them.
const ROWS: usize = 32;

/// How long it takes until something is cancelled again.
const AGAIN: Duration = Duration::from_millis(200);

/// The end of the scope.
pub(crate) struct Remote {
    thread: mpsc::Sender<RowsAsked>,
    /// Cancels what the thread is waiting for.
    cancels: CancelToken,
    /// Gone when the thread waits for nothing any more.
    serves: Weak<()>,
}

/// The means to say that all is done.
pub(crate) struct RemoteEnd(mpsc::Sender<RowsAsked>);

/// The end of the thread. When the others are dropped, it knows that nobody goes on.
pub(crate) struct ServedEnd {
    asked: mpsc::Receiver<RowsAsked>,
    serves: Arc<()>,
}

enum RowsAsked {
    Whole(Statement, oneshot::Sender<Result<Answer>>),
    /// It gives each row or data, and nothing after the last.
    Each(Statement, rows::Sender<Result<Option<Came>>>),
    /// It takes data.
    Copy(Statement, CopyParts, oneshot::Sender<Result<Answer>>),
    Done,
}

/// Makes all ends, for a connection that is cancelled so.
pub(crate) fn remote(cancels: CancelToken) -> (Remote, RemoteEnd, ServedEnd) {
    let (send, receive) = mpsc::channel();
    let serves = Arc::new(());
    let remote = Remote {
        thread: send.clone(),
        cancels,
        serves: Arc::downgrade(&serves),
    };
    let thread = ServedEnd {
        asked: receive,
        serves,
    };
    (remote, RemoteEnd(send), thread)
}

impl Remote {
    /// Has a statement sent. If the thread is gone, so is the other end of what is waited for.
    pub(super) fn send(&self, statement: Statement) -> SentStatement {
        if matches!(statement.gives, Gives::Each | Gives::Data) {
            let (told, rows) = rows::channel(ROWS);
            drop(self.thread.send(RowsAsked::Each(statement, told)));
            let rows = unfold(Some(rows), |rows| async {
                let mut rows = rows?;
                match rows.recv().await {
                    Some(Ok(Some(row))) => Some((Ok(row), Some(rows))),
                    Some(Ok(None)) => None,
                    Some(Err(error)) => Some((Err(error), None)),
                    None => Some((Err(gone()), None)),
                }
            });
            // The thread's connection has a clock of its own.
            return SentStatement::Each(Box::pin(rows), 0, PieceClock::new(None));
        }
        let (answer, answered) = oneshot::channel();
        if statement.gives == Gives::Copied {
            let copy = SentCopy::new(|parts| {
                drop(self.thread.send(RowsAsked::Copy(statement, parts, answer)));
                async { answered.await.unwrap_or_else(|_| Err(gone())) }
            });
            return SentStatement::Copy(copy, PieceClock::new(None));
        }
        drop(self.thread.send(RowsAsked::Whole(statement, answer)));
        SentStatement::Whole(Box::pin(async {
            let answer = answered.await.unwrap_or_else(|_| Err(gone()));
            (answer, None)
        }))
    }

    /// Has the statement cancelled whose answer nobody waits for, without waiting for that.
    pub(super) fn cancel(self) {
        let cancel = move || {
            let Self {
                thread,
                cancels,
                serves,
            } = self;
            drop(thread);
            // The server forgets what comes before the statement.
            while serves.strong_count() > 0 {
                if let Err(error) = cancels.cancel() {
                    tracing::debug!(%error, "a statement that nobody waits for could not be cancelled");
                }
                thread::sleep(AGAIN);
            }
        };
        let thread = thread::Builder::new().name("tenantry-cancel".to_owned());
        // Without a thread the creation waits for the statement.
        drop(thread.spawn(cancel));
    }
}

impl RemoteEnd {
    /// Has the thread commit.
    pub(crate) fn done(self) {
        // If it is gone, it has told why.
        drop(self.0.send(RowsAsked::Done));
    }
}

impl ServedEnd {
    /// Sends what it is asked for until all is done. Gives `false` if nobody says so.
    pub(crate) fn serve(self, connection: &mut impl Blocking) -> bool {
        // Whoever waits for an answer may be gone meanwhile.
        while let Ok(asked) = self.asked.recv() {
            match asked {
                RowsAsked::Done => return true,
                RowsAsked::Whole(statement, answer) => {
                    drop(answer.send(connection.send(&statement, &mut |_| {})));
                }
                RowsAsked::Copy(statement, mut parts, answer) => {
                    let mut part = || parts.blocking_recv().unwrap_or(CopyPart::GivenUp);
                    drop(answer.send(connection.copy(&statement, &mut part)));
                }
                RowsAsked::Each(statement, rows) => {
                    let answer = connection.send(&statement, &mut |row| {
                        drop(rows.blocking_send(Ok(Some(row))));
                    });
                    drop(rows.blocking_send(answer.map(|_| None)));
                }
            }
        }
        drop(self.serves);
        false
    }
}

fn gone() -> Error {
    Error::new(
        ErrorKind::Connection,
        "the thread that creates the tenant is gone, and the tenant with it\nhelp: create it again",
    )
}
