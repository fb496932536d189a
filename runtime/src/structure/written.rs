//! Values as PostgreSQL writes them in one way, which every session reads alike.

use postgres::{GenericClient, Transaction};

use super::StructureError;

/// The settings that decide how a value is written: as rows, and as constants of defaults, checks and views. No other setting has a
/// session read them as anything else.
const SETTINGS: &str = "SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'iso_8601'; \
     SET LOCAL timezone = 'UTC'; SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; \
     SET LOCAL quote_all_identifiers = off";

/// Reads something in a transaction that is rolled back, or in a savepoint: so the session has the settings that it had.
pub(super) fn written_alike<T>(
    client: &mut impl GenericClient,
    read: impl FnOnce(&mut Transaction<'_>) -> Result<T, StructureError>,
) -> Result<T, StructureError> {
    let mut tx = client.transaction()?;
    tx.batch_execute(SETTINGS)?;
    let found = read(&mut tx)?;
    tx.rollback()?;
    Ok(found)
}
