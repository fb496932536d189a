//! A database's door to the migrator, and to runs that are under way.

use postgres::Client;

use super::Database;
use crate::error::Result;
use crate::migrate::{self, Sessions};

/// Control over all runs that migrate a database's tenants, wherever they run. Made by [`Database::rollout`].
#[derive(Debug, Clone, Copy)]
pub struct RolloutControl<'d> {
    database: &'d Database,
}

impl Database {
    /// Pauses, resumes and aborts the runs of migrators, wherever they run.
    pub fn rollout(&self) -> RolloutControl<'_> {
        RolloutControl { database: self }
    }
}

impl RolloutControl<'_> {
    /// Has all runs pause, those that begin later too, until they are resumed. Transactions under way are ended first.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotMigrated`](crate::ErrorKind::NotMigrated).
    pub fn pause(self) -> Result<()> {
        self.database.control(migrate::pause)
    }

    /// Has all runs go on that were paused.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotMigrated`](crate::ErrorKind::NotMigrated).
    pub fn resume(self) -> Result<()> {
        self.database.control(migrate::resume)
    }

    /// Has all runs end that are under way, paused or not. What is done stays done, and the next run begins with the
    /// first group.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotMigrated`](crate::ErrorKind::NotMigrated).
    pub fn abort(self) -> Result<()> {
        self.database.control(migrate::abort)
    }

    /// Tells whether runs are paused.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotMigrated`](crate::ErrorKind::NotMigrated).
    pub fn is_paused(self) -> Result<bool> {
        self.database.look_at_fleet(migrate::is_paused)
    }
}

impl Sessions for &Database {
    fn lend<T: Send>(&self, work: impl FnOnce(&mut Client) -> Result<T> + Send) -> Result<T> {
        self.control_fleet(work)
    }

    fn look<T: Send>(&self, look: impl FnOnce(&mut Client) -> Result<T> + Send) -> Result<T> {
        self.look_at_fleet(look)
    }
}
