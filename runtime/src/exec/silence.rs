//! How long a server may be silent before its connection is given up.
//!
//! The driver waits for an answer as long as it takes, and so does the system as long as the other side acknowledges
//! what it is sent: a stopped server, or a proxy that has lost its own, keeps whoever asks waiting for ever. So the
//! stream below the driver has a clock.

use std::future::Future;
use std::io;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use postgres::Socket;
use postgres::tls::{ChannelBinding, TlsStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// The clock of a connection: its user sets it, its stream looks at it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Silence {
    limit: Arc<Mutex<Limit>>,
    /// Whether a thread waits while the driver works, and takes at once what comes.
    is_waited_for: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct Limit {
    /// How long the server may be silent from now on; none: as long as it takes.
    time: Option<Duration>,
    /// Counts how often it was set, each of which begins anew.
    set: u64,
}

impl Silence {
    /// The clock of a connection of the driver that blocks. It counts as silence, too, that the driver does not look at the stream because
    /// of rows that nobody takes: whoever would is waiting for something that comes after them.
    pub(super) fn of_thread() -> Self {
        Self {
            is_waited_for: true,
            ..Self::default()
        }
    }

    /// Allows so much silence from now on.
    pub(crate) fn allow(&self, time: Option<Duration>) {
        let mut limit = self.limit.lock().unwrap_or_else(PoisonError::into_inner);
        limit.time = time;
        limit.set += 1;
    }

    fn limit(&self) -> Limit {
        *self.limit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream that fails when the other side is silent for too long.
pub(crate) struct Patient<T> {
    stream: Layer<T>,
    silence: Silence,
    /// The limit that the clock was set to when the silence began, and when that is over.
    since: u64,
    over: Option<Pin<Box<Sleep>>>,
    /// Whether the clock goes. It is kept while it does not.
    is_going: bool,
    /// Whether the last look found nothing, so that more is waited for. The driver flushes it after each look.
    is_empty: bool,
    /// Whether something has come that the driver has not had the time to tell.
    is_untold: bool,
}

/// The driver's own socket, or what is used in its place: TLS over it, or another socket.
pub(super) enum Layer<T> {
    Plain(Socket),
    Given(T),
}

/// Returns the error of a server that said nothing for so long.
pub(super) fn silent_for(time: Duration) -> io::Error {
    let message = format!("the server was silent for {time:?}");
    io::Error::new(io::ErrorKind::TimedOut, message)
}

impl<T> Patient<T> {
    pub(super) fn new(stream: Layer<T>, silence: Silence) -> Self {
        Self {
            stream,
            silence,
            since: 0,
            over: None,
            is_going: false,
            is_empty: false,
            is_untold: false,
        }
    }

    /// Takes what came of an attempt to read or write, and looks at the clock when nothing did.
    fn timed<R>(
        &mut self,
        outcome: Poll<io::Result<R>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<R>> {
        if outcome.is_ready() {
            self.is_going = false;
            return outcome;
        }
        let Limit { time, set } = self.silence.limit();
        let until = time.and_then(|time| Some((time, Instant::now().checked_add(time)?)));
        let Some((time, until)) = until else {
            self.is_going = false;
            return Poll::Pending;
        };
        let is_going = self.is_going && self.since == set;
        let over = match &mut self.over {
            Some(over) => {
                if !is_going {
                    over.as_mut().reset(until);
                }
                over
            }
            none => none.insert(Box::pin(sleep_until(until))),
        };
        (self.since, self.is_going) = (set, true);
        over.as_mut().poll(cx).map(|()| Err(silent_for(time)))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Patient<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let outcome = match &mut self.stream {
            Layer::Plain(stream) => Pin::new(stream).poll_read(cx, into),
            Layer::Given(stream) => Pin::new(stream).poll_read(cx, into),
        };
        let has_come = into.filled().len() > before;
        // At the end of a stream the blocking driver forgets what it has read at the same look: that the server has ended the session, and
        // why. So the end waits until that is told.
        if outcome.is_ready() && !has_come && mem::take(&mut self.is_untold) {
            cx.waker().wake_by_ref();
            self.is_empty = true;
            return Poll::Pending;
        }
        self.is_untold = has_come;
        self.is_empty = outcome.is_pending();
        self.timed(outcome, cx)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Patient<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Layer::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Layer::Given(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = match &mut self.stream {
            Layer::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Layer::Given(stream) => Pin::new(stream).poll_flush(cx),
        };
        // The clock of a look that found nothing goes already.
        if self.is_empty || !self.silence.is_waited_for || outcome.is_pending() {
            return outcome;
        }
        match self.timed(Poll::<io::Result<()>>::Pending, cx) {
            Poll::Ready(over) => Poll::Ready(over),
            Poll::Pending => outcome,
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = match &mut self.stream {
            Layer::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Layer::Given(stream) => Pin::new(stream).poll_shutdown(cx),
        };
        self.timed(outcome, cx)
    }
}

impl<T: TlsStream + Unpin> TlsStream for Patient<T> {
    fn channel_binding(&self) -> ChannelBinding {
        match &self.stream {
            Layer::Plain(_) => ChannelBinding::none(),
            Layer::Given(stream) => stream.channel_binding(),
        }
    }
}

#[cfg(test)]
mod tests;
