//! Data of a `COPY` that a task sends piece by piece.

use std::future::Future;
use std::io::Cursor;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{self, Poll};

use futures_util::SinkExt;
use tokio::sync::mpsc;
use tokio::sync::mpsc::OwnedPermit;
use tokio::sync::mpsc::error::SendError;
use tokio_postgres::Client;

use crate::error::{ErrorKind, Result};
use crate::exec::copy::{PROBE, at_once, given_up, refused, trusted};
use crate::exec::step::Steps;
use crate::exec::{Answer, CopyPart};

/// The parts that are on their way to who sends them.
pub(super) type CopyParts = mpsc::Receiver<CopyPart>;

/// A `COPY` under way.
pub(super) struct SentCopy {
    answer: Pin<Box<dyn Future<Output = Result<Answer>> + Send>>,
    /// Room for another part, until the last has gone.
    room: Option<CopyRoom>,
    went: u64,
}

type CopyRoom = Pin<Box<dyn Future<Output = Result<OwnedPermit<CopyPart>, SendError<()>>> + Send>>;

impl SentCopy {
    /// Begins to send what is given the parts.
    pub(super) fn new<F: Future<Output = Result<Answer>> + Send + 'static>(
        answer: impl FnOnce(CopyParts) -> F,
    ) -> Self {
        let (sender, parts) = mpsc::channel(1);
        Self {
            answer: Box::pin(answer(parts)),
            room: Some(Box::pin(sender.reserve_owned())),
            went: 0,
        }
    }

    /// How many parts have gone.
    pub(super) fn went(&self) -> u64 {
        self.went
    }

    /// Gives parts as long as there is room, and waits for the answer.
    pub(super) fn poll<T>(
        &mut self,
        steps: &mut Steps<'_, '_, T>,
        task: &mut task::Context<'_>,
    ) -> Poll<Result<Answer>> {
        loop {
            // Looked at first: it takes the part that is there, and is there already if the server has refused the statement.
            if let Poll::Ready(answer) = self.answer.as_mut().poll(task) {
                return Poll::Ready(answer);
            }
            let Some(room) = &mut self.room else {
                return Poll::Pending;
            };
            match room.as_mut().poll(task) {
                Poll::Pending => return Poll::Pending,
                // Nobody takes them any more: the answer says why.
                Poll::Ready(Err(_)) => self.room = None,
                Poll::Ready(Ok(permit)) => {
                    let part = steps.part();
                    let is_last = !matches!(part, CopyPart::Data(_));
                    let sender = permit.send(part);
                    self.went += 1;
                    self.room = (!is_last).then(|| Box::pin(sender.reserve_owned()) as CopyRoom);
                }
            }
        }
    }
}

/// Sends a `COPY` and its parts, and gives the number of its rows. When it is dropped before, the server forgets the rows.
///
/// The driver gives the statement a name until it is sent, so it runs in a transaction.
pub(super) async fn copy(client: Arc<Client>, sql: String, parts: CopyParts) -> Result<Answer> {
    let statement = client.prepare(&sql).await;
    let statement = statement.map_err(|error| refused(error, &sql))?;
    match transferred(&client, (&statement, &sql), parts).await {
        Err(error) if error.kind() != ErrorKind::Connection => {
            let probed = client.batch_execute(PROBE).await;
            Err(trusted(error, &probed))
        }
        answer => answer,
    }
}

async fn transferred(
    client: &Client,
    (statement, sql): (&tokio_postgres::Statement, &str),
    mut parts: CopyParts,
) -> Result<Answer> {
    let refused = |error| refused(error, sql);
    let sink = client.copy_in::<_, Cursor<Vec<u8>>>(statement).await;
    let sink = sink.map_err(|error| at_once(refused(error)))?;
    let mut sink = pin!(sink);
    loop {
        match parts.recv().await.unwrap_or(CopyPart::GivenUp) {
            CopyPart::Data(data) => sink.send(Cursor::new(data)).await.map_err(refused)?,
            CopyPart::End => {
                let count = sink.finish().await;
                return count.map(Answer::Count).map_err(refused);
            }
            CopyPart::GivenUp => return Err(given_up()),
        }
    }
}
