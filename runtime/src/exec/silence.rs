//! How long a server may be silent before its connection is given up.
//!
//! The driver waits for an answer as long as it takes, and so does the system as long as the other side acknowledges
//! what it is sent: a stopped server, or a proxy that has lost its own, keeps whoever asks waiting for ever. So the
//! stream below the driver has a clock. Where an answer may take as long as it likes, it has others asked from time to time.

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

use super::greeting::{Greeting, SessionKey};
use super::inquiry::Inquiry;

/// The beginning of what a server says when it is ready for the next statement; a byte of the state of the transaction ends it.
const READY: &[u8] = b"Z\0\0\0\x05";

/// The clock of a connection: its user sets it, its stream looks at it.
#[derive(Clone, Default)]
pub(crate) struct Silence {
    limit: Arc<Mutex<Limit>>,
    /// How its session is known, once the server has told it.
    key: SessionKey,
    /// Whether a thread waits while the driver works, and takes at once what comes.
    is_waited_for: bool,
}

#[derive(Clone, Default)]
struct Limit {
    bound: SilenceBound,
    /// Counts how often it was set, each of which begins anew.
    set: u64,
}

/// How long the server may be silent.
#[derive(Clone, Default)]
enum SilenceBound {
    /// As long as it takes.
    #[default]
    None,
    Time(Duration),
    /// As long as it takes, if it is at work.
    Asked(Arc<Inquiry>),
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
        self.set(time.map_or(SilenceBound::None, SilenceBound::Time));
    }

    /// Allows as much silence as it takes from now on, as long as the server is there.
    pub(super) fn inquire(&self, inquiry: &Arc<Inquiry>) {
        self.set(SilenceBound::Asked(Arc::clone(inquiry)));
    }

    /// How its session is known, once the server has told it.
    pub(super) fn key(&self) -> &SessionKey {
        &self.key
    }

    fn is_asked(&self) -> bool {
        let limit = self.limit.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(limit.bound, SilenceBound::Asked(_))
    }

    fn set(&self, bound: SilenceBound) {
        let mut limit = self.limit.lock().unwrap_or_else(PoisonError::into_inner);
        limit.bound = bound;
        limit.set += 1;
    }

    fn limit(&self) -> Limit {
        let limit = self.limit.lock().unwrap_or_else(PoisonError::into_inner);
        limit.clone()
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
    /// Until the key of the session is heard.
    greeting: Option<Greeting>,
    owed: OwedAnswer,
    asking: AskingState,
}

/// Whether the server has not told since the last that went that it is ready for more.
#[derive(Default)]
struct OwedAnswer {
    /// The last bytes that came.
    last: [u8; READY.len() + 1],
    is_owed: bool,
}

/// How far the asking about a silence is.
#[derive(Default)]
enum AskingState {
    #[default]
    NotYet,
    /// The clock has run out once while nothing was owed. It may count the time since the last answer, in which nobody looked.
    Late,
    UnderWay(Arc<Inquiry>),
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
            greeting: Some(Greeting::new(silence.key().clone())),
            owed: OwedAnswer::default(),
            asking: AskingState::default(),
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
            self.rest();
            return outcome;
        }
        let Limit { bound, set } = self.silence.limit();
        let time = match &bound {
            SilenceBound::None => None,
            SilenceBound::Time(time) => Some(*time),
            SilenceBound::Asked(inquiry) => Some(inquiry.quiet()),
        };
        let until = time.and_then(|time| Some((time, Instant::now().checked_add(time)?)));
        let Some((time, until)) = until else {
            self.rest();
            return Poll::Pending;
        };
        if !self.is_going || self.since != set {
            self.rest();
            self.begin(until);
        }
        (self.since, self.is_going) = (set, true);
        if !self.is_over(cx) {
            return Poll::Pending;
        }
        let SilenceBound::Asked(inquiry) = bound else {
            return Poll::Ready(Err(silent_for(time)));
        };
        if matches!(self.asking, AskingState::UnderWay(_)) {
            let lost = inquiry.lost(cx.waker());
            return lost.map_or(Poll::Pending, |lost| Poll::Ready(Err(lost)));
        }
        let is_owed = self.owed.is_owed;
        if !is_owed && matches!(self.asking, AskingState::NotYet) {
            self.asking = AskingState::Late;
        } else if inquiry.begin(is_owed, cx.waker()) {
            self.asking = AskingState::UnderWay(inquiry);
            return Poll::Pending;
        }
        self.begin(until);
        self.is_over(cx);
        Poll::Pending
    }

    fn begin(&mut self, until: Instant) {
        match &mut self.over {
            Some(over) => over.as_mut().reset(until),
            none => *none = Some(Box::pin(sleep_until(until))),
        }
    }

    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        let over = self.over.as_mut();
        over.is_some_and(|over| over.as_mut().poll(cx).is_ready())
    }

    /// Stops the clock: nothing is waited for, or not that any more.
    fn rest(&mut self) {
        self.is_going = false;
        if let AskingState::UnderWay(inquiry) = mem::take(&mut self.asking) {
            inquiry.end();
        }
    }

    /// Takes notice of what has come.
    fn hears(&mut self, said: &[u8]) {
        if said.is_empty() {
            return;
        }
        let greeting = self.greeting.as_mut();
        if greeting.is_some_and(|greeting| greeting.hears(said)) {
            self.greeting = None;
        }
        self.owed.hears(said);
    }
}

impl OwedAnswer {
    fn hears(&mut self, said: &[u8]) {
        let kept = said.len().min(self.last.len());
        self.last.rotate_left(kept);
        let end = self.last.len() - kept;
        self.last[end..].copy_from_slice(&said[said.len() - kept..]);
        if self.last.starts_with(READY) {
            self.is_owed = false;
        }
    }
}

impl<T> Drop for Patient<T> {
    fn drop(&mut self) {
        self.rest();
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
        self.hears(&into.filled()[before..]);
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
        let outcome = match &mut self.stream {
            Layer::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Layer::Given(stream) => Pin::new(stream).poll_write(cx, bytes),
        };
        if outcome.is_ready() {
            self.owed.is_owed = true;
            if self.silence.is_asked() {
                self.rest();
            }
        }
        outcome
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = match &mut self.stream {
            Layer::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Layer::Given(stream) => Pin::new(stream).poll_flush(cx),
        };
        // The clock of a look that found nothing goes already. Rows that nobody takes are no silence about which to ask.
        let is_timed = self.silence.is_waited_for && !self.silence.is_asked();
        if self.is_empty || !is_timed || outcome.is_pending() {
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
