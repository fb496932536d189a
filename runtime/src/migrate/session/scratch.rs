//! Names of schemas that are there for a moment.

use super::retry::random;
use crate::error::Result;
use crate::name::SchemaName;

/// A name that no schema has.
pub(crate) fn scratch_name() -> Result<SchemaName> {
    Ok(SchemaName::new(format!(
        "tenantry_scratch_{:016x}",
        random()
    ))?)
}
