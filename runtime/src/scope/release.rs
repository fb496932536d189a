//! Versions of the application that announce themselves, so that nothing is taken away that they need.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use postgres::Transaction;

use super::Database;
use crate::bookkeeping::application::Announced;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{caught, in_runtime, no_thread};
use crate::migrate::{Chain, Migration};
use crate::random::random;
use crate::tenant::{held_up, position_of};

/// How long a drop waits until the database knows of it.
const WAITED_FOR: Duration = Duration::from_secs(5);

/// Version of the application, with the last migration that it was made with.
///
/// ```no_run
/// # use tenantry::prelude::*;
/// use tenantry::scope::Release;
///
/// # fn main() -> tenantry::Result<()> {
/// let db = Database::connect("postgres://app@localhost/app")?;
/// let release = Release::new(concat!("web ", env!("CARGO_PKG_VERSION")), "0009_no_notes")?;
/// let running = db.announce(&release)?;
/// // Serve, and when it is over:
/// drop(running);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    name: String,
    migration: String,
    position: i32,
    gone_after: Duration,
}

impl Release {
    /// Names a version, and the last migration that it was made with, by its id. Its models are what that leads to.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Chain`], when that is no id of a migration.
    pub fn new(name: impl Into<String>, migration: impl Into<String>) -> Result<Self> {
        let (name, migration) = (name.into(), migration.into());
        let position = position_of(&migration)?;
        Ok(Self {
            name,
            migration,
            position,
            gone_after: Duration::from_mins(1),
        })
    }

    /// Names a version that was made with all migrations of a chain.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Chain`], when it has none.
    pub fn of(name: impl Into<String>, chain: &Chain) -> Result<Self> {
        Self::new(name, chain.migrations().last().map_or("", Migration::id))
    }

    /// Says how long after its last sign a process counts as gone, which gives one every quarter of that; 1 minute by default, at least 1 second.
    #[must_use]
    pub fn gone_after(mut self, time: Duration) -> Self {
        self.gone_after = time.clamp(Duration::from_secs(1), Duration::from_hours(24));
        self
    }
}

/// Process that has announced itself, until it is dropped. Made by [`Database::announce`].
///
/// A thread tells the database now and then that the process is there. To drop it takes that back, and waits five seconds at the most for it;
/// a thread of an asynchronous runtime does not wait. A process that is killed counts as gone after a while, and so does one whose database was
/// [closed](Database::close) before this was dropped.
#[derive(Debug)]
pub struct Announcement {
    error: Arc<Mutex<Option<Error>>>,
    /// Its end is told by its drop.
    stop: Option<Sender<()>>,
    /// Gives nothing, and tells the end of the thread.
    ended: Mutex<Receiver<()>>,
}

impl Database {
    /// Announces that this process is a version of the application, until the result is dropped. As long as it is there, no
    /// [migrator](Database::migrator) applies a contract migration that comes after the last one that it knows, and so none that takes away what it needs.
    ///
    /// The role has to write to `tenantry.application`; `docs/roles.md` has the `GRANT`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Outdated`], when something is taken away already that it needs; [`ErrorKind::Permission`];
    /// [`ErrorKind::NotMigrated`]; when no connection or no thread can be had.
    pub fn announce(&self, release: &Release) -> Result<Announcement> {
        let announced = Announced {
            id: format!("{:016x}{:016x}", random(), random()),
            name: release.name.clone(),
            migration: release.migration.clone(),
            position: release.position,
            gone_after: release.gone_after,
        };
        if let Err(error) = note(self, &announced) {
            if error.kind() == ErrorKind::Outdated {
                change(self, |tx| announced.forget(tx))?;
            }
            return Err(error);
        }
        let kept = Arc::new(Mutex::new(None));
        let (stop, stopped) = mpsc::channel();
        let (ends, ended) = mpsc::channel::<()>();
        let (database, error, taken_back) = (self.clone(), Arc::clone(&kept), announced.clone());
        let work = move || {
            keep(&database, &announced, &error, &stopped);
            drop(database);
            drop(ends);
        };
        let thread = thread::Builder::new().name("tenantry-announce".to_owned());
        if let Err(error) = thread.spawn(work) {
            change(self, |tx| taken_back.forget(tx))?;
            return Err(no_thread("to announce the application with", error));
        }
        Ok(Announcement {
            error: kept,
            stop: Some(stop),
            ended: Mutex::new(ended),
        })
    }
}

impl Announcement {
    /// Takes the error of the last sign, if there was one: the database was not reached, or something was taken away that this version needs
    /// ([`ErrorKind::Outdated`]). It goes on trying, unless the database is [closed](Database::close).
    pub fn take_error(&self) -> Option<Error> {
        let mut error = self.error.lock().unwrap_or_else(PoisonError::into_inner);
        error.take()
    }
}

impl Drop for Announcement {
    fn drop(&mut self) {
        drop(self.stop.take());
        if !in_runtime() {
            let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
            // A migration that comes next is not to find what was dropped.
            let _ = ended.recv_timeout(WAITED_FOR);
        }
    }
}

/// Gives signs until it is stopped, and then takes them back.
fn keep(
    database: &Database,
    announced: &Announced,
    error: &Mutex<Option<Error>>,
    stopped: &Receiver<()>,
) {
    while stopped.recv_timeout(announced.gone_after / 4) == Err(RecvTimeoutError::Timeout) {
        let outcome = caught(|| note(database, announced));
        let is_closed = matches!(&outcome, Err(error) if error.kind() == ErrorKind::Closed);
        if let Err(error) = &outcome {
            tracing::warn!(%error, "the application can't be announced");
        }
        *error.lock().unwrap_or_else(PoisonError::into_inner) = outcome.err();
        if is_closed {
            return;
        }
    }
    if let Err(error) = caught(|| change(database, |tx| announced.forget(tx))) {
        tracing::warn!(%error, "that the application is gone is told by its silence");
    }
}

fn note(database: &Database, announced: &Announced) -> Result<()> {
    let taken = change(database, |tx| announced.note(tx)).map_err(|error| {
        if error.kind() == ErrorKind::Permission {
            error.help(
                "grant the role what it takes: `GRANT USAGE ON SCHEMA tenantry`, \
                 `GRANT SELECT, INSERT, UPDATE, DELETE ON tenantry.application`, \
                 `GRANT SELECT ON tenantry.migration, tenantry.ledger`",
            )
        } else {
            error
        }
    })?;
    let Some(taken) = taken else { return Ok(()) };
    let Announced {
        name, migration, ..
    } = announced;
    Err(Error::new(
        ErrorKind::Outdated,
        format!(
            "`{name}` knows the migrations up to `{migration}`, and the database has `{taken}`, which takes away what came before it\n\
             help: run a version of the application that has `{taken}`; or roll the database back to before it"
        ),
    ))
}

/// Changes what is known of announced processes, and waits for no lock for ever.
fn change<T: Send>(
    database: &Database,
    work: impl FnMut(&mut Transaction<'_>) -> Result<T> + Send,
) -> Result<T> {
    let waits = database.waits();
    database.control(|client| {
        let changed = waits.change(client, work);
        changed.map_err(|error| held_up(client, error))
    })
}
