//! Columns that have an enum type.

use serde::{Deserialize, Serialize};

/// A column that has an enum type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EnumColumn {
    /// The table.
    pub table: String,
    /// The column's name.
    pub column: String,
    /// Whether the column has lists of labels.
    pub is_list: bool,
    /// The default before, as SQL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The default after, as SQL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}
