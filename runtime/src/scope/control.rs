//! A database's door to the migrator, and to runs that are under way.

use postgres::Client;

use super::Database;
use crate::error::Result;
use crate::migrate::{self, Sessions};

/// Control over all runs that migrate a database's tenants, wherever they run. Made by [`Database::rollout`].
///
/// ```no_run
/// # fn on_alert(db: &tenantry::Database, is_over: bool) -> tenantry::Result<()> {
/// // Somebody is woken up, and the migrators of all machines wait meanwhile.
/// db.rollout().pause()?;
/// if is_over {
///     db.rollout().resume()?;
/// } else {
///     db.rollout().abort()?;
/// }
/// # Ok(())
/// # }
/// ```
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
    /// Pauses all runs, those that begin later too, until they are resumed. Transactions under way end first.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotMigrated`](crate::ErrorKind::NotMigrated); when no connection can be had.
    pub fn pause(self) -> Result<()> {
        self.database.control(migrate::pause)
    }

    /// Lets all paused runs go on.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotMigrated`](crate::ErrorKind::NotMigrated); when no connection can be had.
    pub fn resume(self) -> Result<()> {
        self.database.control(migrate::resume)
    }

    /// Ends all runs that are under way, paused or not. What is done stays done, and the next run begins with the
    /// first group.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotMigrated`](crate::ErrorKind::NotMigrated); when no connection can be had.
    pub fn abort(self) -> Result<()> {
        self.database.control(migrate::abort)
    }

    /// Tells whether runs are paused.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotMigrated`](crate::ErrorKind::NotMigrated); when no connection can be had.
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
