//! Moves of rows as data.

use serde::{Deserialize, Serialize};

/// Move of a table's rows to the other placement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Move {
    /// Whether they are collected, dealt out or copied.
    pub how: MoveKind,
    /// The column of the shared table that tells whose a row is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whose: Option<String>,
    /// The columns that both tables have.
    pub columns: Vec<String>,
    /// The columns of the primary key.
    pub key: Vec<String>,
    /// The columns of each key that the rows must not share in the table that they come to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uniques: Vec<Vec<String>>,
    /// The columns that the table numbers, where the rows come to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbered: Vec<String>,
    /// The same where they come from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbered_before: Vec<String>,
    /// The new keys that rows get, of different tenants' that would have the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_keys: Option<NewKeys>,
}

/// Keys that rows get in the table that they come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct NewKeys {
    /// The type of the key.
    #[serde(rename = "type")]
    pub sql_type: String,
    /// The columns that have the keys of these rows, and get the new ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<KeyColumn>,
}

/// Column of a tenant's table that has keys of rows that are moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct KeyColumn {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
}

/// Way of rows to the other placement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MoveKind {
    /// Those of all tenants come to the shared table.
    Collect,
    /// Each tenant gets those that are its own.
    Deal,
    /// Each tenant gets all of them.
    Copy,
}
