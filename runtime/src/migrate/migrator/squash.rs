//! The door to making one migration of several.

use super::Migrator;
use crate::error::Result;
use crate::migrate::session::lent::Sessions;
use crate::migrate::squash::Squash;

impl<S: Sessions> Migrator<S> {
    /// Makes one migration of all from the first to the last, which are named by their ids or numbers; `name` follows its number, which
    /// is that of the last. It does what they do, one after the other, and is compared with them: both chains are done in scratch
    /// schemas, which are rolled back, and structures and rows have to be the same, also once they are undone. Nothing is written before
    /// [`Squash::write`].
    ///
    /// ```no_run
    /// # use tenantry::migrate::Chain;
    /// # fn main() -> tenantry::Result<()> {
    /// # let db = tenantry::Database::connect("postgres://app@localhost/app")?;
    /// let squash = db
    ///     .migrator(Chain::open("migrations")?)
    ///     .squash("0003_notes", "0007_note_colors", "notes")?;
    /// println!("{} takes the place of {:?}", squash.id(), squash.replaced().collect::<Vec<_>>());
    /// squash.write()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The next [`run`](Self::run) books it, without doing anything, for whoever has all of them; where somebody has a part only, it is
    /// refused.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Migration`](crate::ErrorKind::Migration), when they can't be made one, or it does not give the same, with what is
    /// different; [`ErrorKind::Chain`](crate::ErrorKind::Chain), when there is no such migration, or the name is none;
    /// [`ErrorKind::Diverged`](crate::ErrorKind::Diverged), when a migration was changed after it was applied;
    /// [`ErrorKind::Connection`](crate::ErrorKind::Connection).
    pub fn squash(&self, first: &str, last: &str, name: &str) -> Result<Squash> {
        self.lend(|goal, client| goal.squash(client, (first, last, name)))
    }
}
