//! Connections that keep their sessions, and where a migrator gets them.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use postgres::Client;

use crate::error::Result;

/// The place where a migrator gets its connections.
#[doc(hidden)]
pub trait Sessions {
    /// Does a piece of work over a connection that keeps its session.
    fn lend<T: Send>(&self, work: impl FnOnce(&mut Client) -> Result<T> + Send) -> Result<T>;

    /// Looks something up with a few statements, within the limits that there are for these.
    fn look<T: Send>(&self, look: impl FnOnce(&mut Client) -> Result<T> + Send) -> Result<T> {
        self.lend(look)
    }
}

/// A connection that somebody has already.
#[doc(hidden)]
pub struct Borrowed<'c>(Mutex<&'c mut Client>);

impl<'c> Borrowed<'c> {
    pub(crate) fn new(client: &'c mut Client) -> Self {
        Self(Mutex::new(client))
    }
}

impl fmt::Debug for Borrowed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Borrowed").finish_non_exhaustive()
    }
}

impl Sessions for Borrowed<'_> {
    fn lend<T: Send>(&self, work: impl FnOnce(&mut Client) -> Result<T> + Send) -> Result<T> {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
