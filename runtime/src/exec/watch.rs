//! The look at how far the primary is, while somebody reads from replicas.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use postgres::{Client, Row};

use super::lsn::Written;
use super::marks::{MarkPosition, Marks};
use super::outlook::{self, Looking, UNUSED};
use super::{Flow, Looks, Statement};
use crate::error::{Error, ErrorKind, Result};

/// How long one connection is looked with, so that another server under the same name is found.
const LIFETIME: Duration = Duration::from_mins(5);

/// The question to a replica.
pub(super) const ASK: &str = "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.pg_last_wal_replay_lsn()::text, system_identifier::text \
     FROM pg_catalog.pg_control_system()";

/// The question to the primary. What others see is written at the latest by then, if not on its disk.
const ASK_PRIMARY: &str = "SELECT pg_catalog.pg_current_wal_insert_lsn()::text, system_identifier::text \
     FROM pg_catalog.pg_control_system()";

/// Opens a connection to the primary, as long as somebody uses that.
pub(super) type Opens = Box<dyn Fn() -> Option<Result<Looks>> + Send>;

/// Looks at how far the primary is while somebody reads from replicas.
#[derive(Debug)]
pub(super) struct Watch {
    marks: Marks,
    state: Mutex<Watching>,
}

#[derive(Debug, Default)]
struct Watching {
    used: Option<Instant>,
    /// Present while a thread looks, which ends when this is dropped.
    watched: Option<Sender<()>>,
}

/// The state of a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// It may be asked.
    Fresh,
    /// The last of what was written is not there yet.
    TooEarly,
    /// It is too far behind, or none.
    Old,
}

/// Reads how far a replica is. A server that is none is nowhere.
pub(super) fn position_of(rows: &[Row]) -> Result<Option<MarkPosition>> {
    let row = rows.first().ok_or_else(no_row)?;
    let (is_replica, replayed, system): (bool, Option<&str>, String) =
        (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    let Some(replayed) = replayed.filter(|_| is_replica) else {
        return Ok(None);
    };
    Ok(Some(MarkPosition {
        replayed: replayed.parse()?,
        system,
    }))
}

fn no_row() -> Error {
    Error::new(
        ErrorKind::Database,
        "the server has not told its position\nhelp: look at what is between here and the server, and answers for it",
    )
}

impl Watch {
    pub(super) fn new(bound: Duration) -> Arc<Self> {
        Arc::new(Self {
            marks: Marks::new(bound),
            state: Mutex::default(),
        })
    }

    /// Whether a server that is so far may be asked.
    pub(super) fn is_of_use(&self, position: Option<&MarkPosition>, after: Written) -> Taken {
        let fresh = |at: &&MarkPosition| self.marks.is_fresh(at.replayed, &at.system);
        match position.filter(fresh) {
            Some(at) if at.replayed >= after.end() => Taken::Fresh,
            Some(_) => Taken::TooEarly,
            None => Taken::Old,
        }
    }

    /// Has the primary looked at from now on. Says whether something is known of it by now.
    pub(super) fn is_begun(self: &Arc<Self>, opens: impl FnOnce() -> Opens) -> bool {
        let mut state = guard(&self.state);
        state.used = Some(Instant::now());
        if state.watched.is_none() {
            state.watched = self.begin(opens());
        }
        drop(state);
        !self.marks.are_none()
    }

    /// Looks no more.
    pub(super) fn end(&self) {
        guard(&self.state).watched = None;
    }

    fn begin(self: &Arc<Self>, opens: Opens) -> Option<Sender<()>> {
        let watch = Arc::downgrade(self);
        let every = outlook::in_time(self.marks.bound(), 4);
        let mut looking = Looking::new(LIFETIME);
        // Whoever reads wants to know it at once.
        let times = (Duration::ZERO, every);
        outlook::begin("tenantry-replicas", times, move || {
            look(&watch, &opens, &mut looking)
        })
    }
}

/// Looks at how far the primary is. Gives `false` when nobody reads any more.
fn look(watch: &Weak<Watch>, opens: &Opens, looking: &mut Looking) -> bool {
    let Some(watch) = watch.upgrade() else {
        return false;
    };
    let mut state = guard(&watch.state);
    if state.used.is_none_or(|used| used.elapsed() >= UNUSED) {
        state.watched = None;
        return false;
    }
    drop(state);
    let noted = looking.ask(opens, |client| noted(&watch, client));
    if let Some(Err(error)) = &noted {
        tracing::debug!(%error, "the primary could not be asked how far it is; replicas are not used");
    }
    noted.is_some()
}

fn noted(watch: &Watch, client: &mut Client) -> Result<()> {
    let at = Instant::now();
    let rows = client.query_typed(ASK_PRIMARY, &[])?;
    let row = rows.first().ok_or_else(no_row)?;
    let (written, system): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
    watch.marks.note(at, written.parse()?, system);
    Ok(())
}

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks the primary how far it is.
pub(crate) fn ask_written<'f>() -> Flow<'f, Written> {
    let ask = Statement::look("written", ASK_PRIMARY, Vec::new());
    Flow::run(Ok(ask), |answer| {
        let rows = answer.rows();
        rows.first()
            .ok_or_else(no_row)?
            .try_get::<_, &str>(0)?
            .parse()
    })
}
