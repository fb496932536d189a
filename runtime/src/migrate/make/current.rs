//! Whether every change of the models has a migration, as a test of the application asks.

use std::path::Path;

use super::changes;
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::chain::Chain;
use crate::model::Schema;

/// Checks that the migrations of a folder lead to the models of a schema, as `makemigrations --check` does. It asks no database.
///
/// In a test, [`assert_migrations_current!`](crate::assert_migrations_current) knows the folder.
///
/// # Errors
///
/// [`ErrorKind::Models`], when the models don't fit together, or have changes without a migration, which are listed;
/// [`ErrorKind::Chain`], when the folder can't be read, or `state.json` is not what its migrations lead to.
pub fn check_current(schema: &Schema, folder: &Path) -> Result<()> {
    let models = schema.models().map_err(|error| {
        Error::new(ErrorKind::Models, error.to_string())
            .help("mend the models")
            .because(error)
    })?;
    let changes = changes(&models, &Chain::open_or_empty(folder)?)?;
    if changes.is_empty() {
        return Ok(());
    }
    let mut message = "the models have changes without a migration:".to_owned();
    for change in &changes {
        message.push_str("\n  ");
        message.push_str(&change.to_string());
    }
    Err(Error::new(ErrorKind::Models, message)
        .help("run `manage makemigrations`, and commit what it writes"))
}
