//! Names of schemas that are there for a moment.

use crate::error::Result;
use crate::name::SchemaName;
use crate::random::random;

/// A name that no schema has.
pub(crate) fn scratch_name() -> Result<SchemaName> {
    Ok(SchemaName::new(format!(
        "tenantry_scratch_{:016x}",
        random()
    ))?)
}
