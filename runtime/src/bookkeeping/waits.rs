//! How long the registry's statements wait for others: a little at a time, again and again, and never for ever.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use postgres::error::SqlState;
use postgres::{Client, GenericClient, Transaction};

use super::commit::committing;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Command, Flow};
use crate::random::about;

/// The lock timeout of the first attempt. Most locks are free again by then, and nobody behind has noticed the wait.
const FIRST: Duration = Duration::from_millis(50);

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Limits of waiting for locks.
///
/// Whoever waits for a lock makes everybody wait who asks for it afterwards. So a statement waits shortly, and is tried
/// again after a pause, in which the others go on.
#[derive(Debug, Clone)]
pub(crate) struct Waits {
    /// The longest lock timeout of an attempt.
    lock: Duration,
    /// The lock timeout of the first attempt, which doubles with each.
    first: Duration,
    /// The time after which no further attempt is made: that of attempts that failed, and of the pauses after them.
    total: Duration,
    /// How much of it is spent, if it is for several pieces of work.
    spent: Option<Arc<Mutex<Duration>>>,
    /// Ends the attempts before that, once it is set.
    stopped: Option<Arc<AtomicBool>>,
}

impl Default for Waits {
    fn default() -> Self {
        Self::new(Self::LOCK, Self::TOTAL)
    }
}

/// An attempt at something that may have to wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    number: u32,
    lock: Duration,
    left: Duration,
}

impl Waits {
    /// The default lock timeout. PostgreSQL cancels an autovacuum that is in the way after a second.
    pub(crate) const LOCK: Duration = Duration::from_secs(2);

    /// The default of the time after which no further attempt is made.
    pub(crate) const TOTAL: Duration = Duration::from_secs(30);

    pub(crate) fn new(lock: Duration, total: Duration) -> Self {
        Self {
            lock: lock.max(Duration::from_millis(1)),
            first: FIRST,
            total,
            spent: None,
            stopped: None,
        }
    }

    /// Limits for whoever is to keep the place in the line behind a lock: the first attempt waits as long as any.
    pub(crate) fn staying(lock: Duration, total: Duration) -> Self {
        let waits = Self::new(lock, total.max(lock * 2));
        Self {
            first: waits.lock,
            ..waits
        }
    }

    /// The longest lock timeout of an attempt.
    pub(crate) fn lock_timeout(&self) -> Duration {
        self.lock
    }

    /// A statement that limits how long the rest of the transaction waits for each lock, where it is tried again by others.
    pub(crate) fn limit(&self) -> String {
        set(self.lock)
    }

    /// The same limits, for several pieces of work together. What they take if they succeed does not count.
    pub(crate) fn together(&self) -> Self {
        Self {
            spent: Some(Arc::default()),
            ..self.clone()
        }
    }

    /// The same limits, for work that ends before its time once this is set.
    pub(crate) fn until(&self, stopped: Arc<AtomicBool>) -> Self {
        Self {
            stopped: Some(stopped),
            ..self.clone()
        }
    }

    /// Whether the work is to end before its time.
    pub(crate) fn is_stopped(&self) -> bool {
        let stopped = self.stopped.as_ref();
        stopped.is_some_and(|stopped| stopped.load(Ordering::Relaxed))
    }

    /// Reads the metadata tables in a transaction that waits for whoever has locked them as long as for any lock.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::LockTimeout`], and the work's own.
    pub(crate) fn read<T>(
        &self,
        client: &mut impl GenericClient,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut tx = client.transaction()?;
        tx.batch_execute(&self.limit())?;
        let read = work(&mut tx)?;
        // There is nothing to commit, so nobody has to wonder whether it was.
        tx.rollback()?;
        Ok(read)
    }

    /// Changes the metadata tables in a transaction of its own, in as many attempts as it takes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::LockTimeout`]; [`ErrorKind::CommitUnknown`]; and the work's own.
    pub(crate) fn change<T>(
        &self,
        client: &mut Client,
        mut work: impl FnMut(&mut Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        self.attempt(|attempt| {
            let mut tx = client.transaction()?;
            tx.batch_execute(&attempt.lock_timeout())?;
            let done = work(&mut tx)?;
            tx.commit().map_err(committing)?;
            Ok(done)
        })
    }

    /// Makes attempts until one does not fail for others, or the time is over.
    ///
    /// # Errors
    ///
    /// The last attempt's.
    pub(crate) fn attempt<T>(&self, mut work: impl FnMut(Attempt) -> Result<T>) -> Result<T> {
        let mut attempts = Attempts::new(self);
        loop {
            match work(attempts.attempt()) {
                Err(error) => thread::sleep(attempts.again_after(error)?),
                outcome => return outcome,
            }
        }
    }

    /// The same of a flow, which is made anew for each attempt.
    pub(crate) fn attempts<'f, T: 'f>(
        &self,
        work: impl FnMut(Attempt) -> Flow<'f, T> + Send + 'f,
    ) -> Flow<'f, T> {
        Attempts::new(self).flow(work)
    }

    fn spent(&self) -> Duration {
        let spent = self.spent.as_ref();
        spent.map_or(Duration::ZERO, |spent| {
            *spent.lock().unwrap_or_else(PoisonError::into_inner)
        })
    }

    fn spend(&self, time: Duration) {
        if let Some(spent) = &self.spent {
            *spent.lock().unwrap_or_else(PoisonError::into_inner) = time;
        }
    }
}

/// Attempts at the same.
struct Attempts {
    waits: Waits,
    number: u32,
    begun: Instant,
    /// How much of the time is spent by those that failed, and by pauses.
    spent: Duration,
}

impl Attempts {
    fn new(waits: &Waits) -> Self {
        Self {
            waits: waits.clone(),
            number: 1,
            begun: Instant::now(),
            spent: waits.spent(),
        }
    }

    fn attempt(&mut self) -> Attempt {
        self.begun = Instant::now();
        Attempt {
            number: self.number,
            lock: (self.waits.first * 2_u32.saturating_pow(self.number - 1)).min(self.waits.lock),
            left: self.waits.total.saturating_sub(self.spent),
        }
    }

    /// Returns how long to pause before the next attempt, or why there is none.
    fn again_after(&mut self, error: Error) -> Result<Duration> {
        if !is_of_locks(&error) {
            return Err(error);
        }
        self.spent += self.begun.elapsed();
        let (number, pause) = (self.number, self.attempt().pause());
        self.waits.spend(self.spent);
        if self.spent + pause >= self.waits.total || self.waits.is_stopped() {
            return Err(given_up(error, number, self.spent));
        }
        tracing::debug!(number, ?pause, %error, "a change of the registry is tried again");
        self.spent += pause;
        self.waits.spend(self.spent);
        self.number = number.saturating_add(1).min(MANY);
        Ok(pause)
    }

    fn flow<'f, T: 'f>(
        mut self,
        mut work: impl FnMut(Attempt) -> Flow<'f, T> + Send + 'f,
    ) -> Flow<'f, T> {
        work(self.attempt()).and_on(move |outcome| {
            let error = match outcome {
                Err(error) => error,
                outcome => return Flow::Done(outcome),
            };
            match self.again_after(error) {
                Ok(pause) => Flow::Pause(pause, Box::new(move || self.flow(work))),
                Err(error) => Flow::Done(Err(error)),
            }
        })
    }
}

/// Beyond this, the numbers of attempts make no difference.
const MANY: u32 = 16;

impl Attempt {
    /// A statement that limits how long the rest of the transaction waits for each lock.
    pub(crate) fn lock_timeout(self) -> String {
        set(self.lock)
    }

    /// The beginning of a transaction that has this limit.
    pub(crate) fn begin(self) -> Command {
        Command::begin_waiting(milliseconds(self.lock))
    }

    /// A statement that lets the transaction wait for its turn, for as long as there is time left.
    pub(crate) fn turn_timeout(self) -> String {
        set(self.left)
    }

    /// A statement that hardly waits at first, since everybody who uses the table waits behind.
    pub(crate) fn brief_timeout(self) -> String {
        self.brief("0")
    }

    /// The same for what is left of this time since the message began, so that all locks together wait no longer.
    pub(crate) fn rest_of_brief_timeout(self) -> String {
        self.brief(
            "1000 * extract(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.statement_timestamp())",
        )
    }

    /// The time without what is spent of it. It ends before anybody behind looks whether all wait in a circle, since whoever
    /// finds one ends their own transaction: somebody who reads two tables in another order than they are locked in.
    fn brief(self, spent: &str) -> String {
        let most = match self.number {
            1 | 2 => Duration::from_millis(1),
            _ => self.lock,
        };
        format!(
            "SELECT pg_catalog.set_config('lock_timeout', greatest(1, least({}, 800 * extract(epoch FROM \
             pg_catalog.current_setting('deadlock_timeout')::interval)) - {spent})::int::text, true);\n",
            most.as_millis()
        )
    }

    /// Longer after each attempt, and never as long as anybody else's. In it, those go on who had to wait behind.
    fn pause(self) -> Duration {
        let most = (self.lock * 2).clamp(FIRST, LONGEST_PAUSE);
        about(most)
    }
}

/// Has the rest of the transaction wait as the session does.
pub(crate) const NO_TIMEOUT: &str = "SET LOCAL lock_timeout TO DEFAULT;\n";

fn set(time: Duration) -> String {
    format!("SET LOCAL lock_timeout = {};\n", milliseconds(time))
}

fn milliseconds(time: Duration) -> u32 {
    let most = time.as_millis().clamp(1, i32::MAX as u128);
    u32::try_from(most).unwrap_or(u32::MAX)
}

/// Whether something failed for locks that others have, and may give back.
fn is_of_locks(error: &Error) -> bool {
    // A connection that is lost stays lost, however often it is tried.
    is_crowded(error) || error.is_retryable() && error.kind() != ErrorKind::Connection
}

/// Whether the server had no room for one more lock, of whatever kind, on whatever it is.
fn is_crowded(error: &Error) -> bool {
    error.sqlstate() == Some(SqlState::OUT_OF_MEMORY.code())
}

fn given_up(error: Error, attempts: u32, after: Duration) -> Error {
    let (kind, message) = (error.kind(), error.message().to_owned());
    if message.contains("\nhelp: ") {
        return error;
    }
    let many = if attempts >= MANY {
        "many times".to_owned()
    } else if attempts == 1 {
        "once".to_owned()
    } else {
        format!("{attempts} times")
    };
    let seconds = after.as_secs_f64();
    let help = if is_crowded(&error) {
        "the server has no room for so many locks: try again when others hold fewer, or raise its `max_locks_per_transaction`"
    } else {
        "others hold the locks that this needs: try again later"
    };
    error.retold(
        kind,
        format!("{message}; tried {many} in {seconds:.1} s\nhelp: {help}"),
    )
}

#[cfg(test)]
mod tests;
