//! Errors of structures.

use crate::error::{Error, ErrorKind};
use crate::model::PlacementKind;
use crate::name::SchemaName;

/// The reason why a structure could not be read, changed, rendered or looked up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StructureError {
    /// The text is not a state.
    #[error("the text is not a state: {0}")]
    Syntax(#[from] serde_json::Error),

    /// The state was written in a format that this version does not know.
    #[error(
        "the state has format {found}, and this version of tenantry reads format {known}\nhelp: use the version of tenantry that wrote it, or a newer one"
    )]
    Format {
        /// The state's format.
        found: u32,
        /// The format that this version reads and writes.
        known: u32,
    },

    /// An operation does not fit the state that it is applied to.
    #[error("can't {operation}: {reason}")]
    Misfit {
        /// The operation, in words.
        operation: String,
        /// The obstacle.
        reason: String,
    },

    /// SQL has a slot that there is no schema for.
    #[error("the SQL names the {} schema, and there is none here: `{line}`", placement.as_str())]
    EmptySlot {
        /// The slot.
        placement: PlacementKind,
        /// The line that has it.
        line: String,
    },

    /// SQL has something that looks like a slot and is none.
    #[error(
        "`\"{{{name}}}\"` is no slot: `{line}`\nhelp: the slots are `\"{{tenant}}\"` and `\"{{shared}}\"`"
    )]
    UnknownSlot {
        /// The text between the braces.
        name: String,
        /// The line that has it.
        line: String,
    },

    /// The database has no such schema.
    #[error("the database has no schema `{0}`")]
    MissingSchema(SchemaName),

    /// A schema is in the session's search path, so that PostgreSQL leaves its name out where it matters.
    #[error(
        "the schema `{0}` is in the `search_path` of the session\nhelp: take it out of the `search_path` of the role and of the database"
    )]
    InSearchPath(SchemaName),

    /// The database refused a statement.
    #[error("the database refused a statement")]
    Database(#[from] postgres::Error),
}

impl From<StructureError> for Error {
    fn from(error: StructureError) -> Self {
        let kind = match error {
            StructureError::Database(error) => return error.into(),
            StructureError::MissingSchema(_) => ErrorKind::MissingSchema,
            StructureError::InSearchPath(_) => ErrorKind::Configuration,
            _ => ErrorKind::Chain,
        };
        Self::new(kind, error.to_string()).because(error)
    }
}
