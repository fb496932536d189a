//! What can go wrong with structures.

use crate::model::PlacementKind;

/// Why a structure could not be read, changed, rendered or looked up.
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
        /// What the operation does.
        operation: String,
        /// What is in its way.
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
        /// What stands between the braces.
        name: String,
        /// The line that has it.
        line: String,
    },
}
