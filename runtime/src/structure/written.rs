//! Values as PostgreSQL writes them in one way, which every session reads alike.

use postgres::{GenericClient, Transaction};

use super::StructureError;
use crate::exec::ALIKE;

/// Reads something in a transaction that is rolled back, or in a savepoint: so the session has the settings that it had.
pub(super) fn written_alike<T>(
    client: &mut impl GenericClient,
    read: impl FnOnce(&mut Transaction<'_>) -> Result<T, StructureError>,
) -> Result<T, StructureError> {
    let mut tx = client.transaction()?;
    tx.batch_execute(ALIKE)?;
    let found = read(&mut tx)?;
    tx.rollback()?;
    Ok(found)
}
