//! Asks over another connection whether a server that says nothing is at work.
//!
//! A migration may rightly take hours, so no time tells it from a server that is stopped. While an answer is waited for,
//! other connections are opened the same way now and then:
//!
//! | what is heard of the session | the wait |
//! |---|---|
//! | it is at work | goes on. A process that is stopped alone looks the same |
//! | it is over | ends |
//! | it waits for the next statement, twice | ends: the answer is lost |
//! | nothing several times in a row, as none can be opened in time | ends: the server is stopped, or the network |
//! | something else, such as that there are too many connections | goes on: nothing is known |
//!
//! A pooler makes up the numbers of sessions, and has whoever comes wait for a session as long as others use them all. So
//! behind one only that it says nothing itself is the end, and after a longer time.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant, SystemTime};

use tracing::{Span, dispatcher};

use super::caught::begin;
use super::greeting::SessionKey;
use crate::error::Error;

/// How often a connection is tried to be opened before the server counts as silent, and how often behind a pooler.
const TRIES: u32 = 3;
const POOLED_TRIES: u32 = 30;

/// How many times the limit of opening a connection is waited before the first look, and between later ones at the most.
const QUIET: u32 = 3;
const LONGEST: u32 = 12;

/// The highest number of a process that systems give. Poolers draw theirs from all that there are.
const LAST_PROCESS: i32 = 1 << 22;

/// The inquiries about one session.
pub(super) struct Inquiry {
    /// How long opening a connection takes at the most.
    limit: Duration,
    key: SessionKey,
    /// Looks for the session of a number.
    look: Box<dyn Fn(i32) -> Heard + Send + Sync>,
    state: Mutex<InquiryState>,
    changed: Condvar,
}

#[derive(Default)]
struct InquiryState {
    /// Counts the silences, of which only the last is asked about.
    silence: u64,
    lost: Option<LostSession>,
    waker: Option<Waker>,
}

/// Why nothing more comes.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
enum LostSession {
    #[error("the server has said nothing for {0:?}, and does not answer others either")]
    Silent(Duration),
    #[error("the session {0} of the server is over, and the network has not told it")]
    Over(i32),
    #[error("the session {0} of the server has given its answer, and the network has lost it")]
    Answered(i32),
}

/// The answer to a look.
#[derive(Debug)]
pub(super) enum Heard {
    AtWork(String),
    /// It waits for a statement, since then.
    Resting(Option<SystemTime>),
    Over,
    Nothing,
    Unclear(Error),
}

impl Inquiry {
    pub(super) fn new(
        limit: Duration,
        key: SessionKey,
        look: impl Fn(i32) -> Heard + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            limit,
            key,
            look: Box::new(look),
            state: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    fn state(&self) -> MutexGuard<'_, InquiryState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long the server may be silent before others are asked.
    pub(super) fn quiet(&self) -> Duration {
        self.limit * QUIET
    }

    /// Begins to ask. Gives `false` if the system has no thread left for it.
    pub(super) fn begin(self: &Arc<Self>, is_owed: bool, waker: &Waker) -> bool {
        let silence = {
            let mut state = self.state();
            state.waker = Some(waker.clone());
            state.silence
        };
        let inquiry = Arc::clone(self);
        let (listener, span) = (dispatcher::get_default(Clone::clone), Span::current());
        let failure = "whether a silent server is at work could not be looked into";
        begin("tenantry-inquiry", failure, move || {
            dispatcher::with_default(&listener, || {
                span.in_scope(|| inquiry.go_on(silence, is_owed));
            });
            Ok(())
        })
    }

    /// The error of a session that is lost, if it is known by now; else whoever waits is woken then.
    pub(super) fn lost(&self, waker: &Waker) -> Option<io::Error> {
        let mut state = self.state();
        let lost = state.lost.clone();
        if lost.is_none() {
            state.waker = Some(waker.clone());
        }
        lost.map(|lost| io::Error::new(io::ErrorKind::TimedOut, lost))
    }

    /// Ends the asking: something came, was sent, or is not waited for.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.silence += 1;
        (state.lost, state.waker) = (None, None);
        self.changed.notify_all();
    }

    /// Asks again and again, until the session is lost or the silence is over.
    fn go_on(&self, silence: u64, is_owed: bool) {
        let (began, limit) = (Instant::now(), self.limit);
        let process = self.key.process().unwrap_or_default();
        let is_pooled = !(1..=LAST_PROCESS).contains(&process);
        let tries = if is_pooled { POOLED_TRIES } else { TRIES };
        let (mut unheard, mut rests, mut pause) = (0, None, self.quiet());
        loop {
            let heard = (self.look)(process);
            let silent_for = self.quiet() + began.elapsed();
            let rested = rests.take();
            unheard = if matches!(heard, Heard::Nothing) {
                unheard + 1
            } else {
                0
            };
            let lost = match heard {
                Heard::Nothing if unheard >= tries => Some(LostSession::Silent(silent_for)),
                Heard::Nothing => None,
                Heard::Over if !is_pooled => Some(LostSession::Over(process)),
                Heard::Resting(since) if is_owed && !is_pooled && rested == Some(since) => {
                    Some(LostSession::Answered(process))
                }
                Heard::Resting(since) => {
                    rests = Some(since);
                    None
                }
                Heard::Over => {
                    tracing::info!(
                        ?silent_for,
                        "the server is silent; behind a pooler it is not known why"
                    );
                    None
                }
                Heard::AtWork(at) => {
                    tracing::info!(
                        process,
                        at,
                        ?silent_for,
                        "the server is silent, and says that it is at work"
                    );
                    None
                }
                Heard::Unclear(error) => {
                    tracing::warn!(%error, ?silent_for, "the server is silent, and whether it is at work is not known");
                    None
                }
            };
            let pause = if unheard > 0 || rests.is_some() {
                limit
            } else {
                let this = pause;
                pause = (pause * 2).min(limit * LONGEST);
                this
            };
            let mut state = self.state();
            if state.silence != silence {
                return;
            }
            if lost.is_some() {
                state.lost = lost;
                if let Some(waker) = state.waker.take() {
                    waker.wake();
                }
                return;
            }
            let waited = self
                .changed
                .wait_timeout_while(state, pause, |state| state.silence == silence);
            let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if state.silence != silence {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
