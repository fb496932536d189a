//! Constraints of a table: its keys and checks, and when they are checked.

use serde::{Deserialize, Serialize};

use super::is_false;
use crate::model::{OnDelete, PlacementKind};

/// A primary key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PrimaryKey {
    /// The constraint's name.
    pub name: String,
    /// The columns, in order.
    pub columns: Vec<String>,
    /// When it is checked.
    #[serde(default, skip_serializing_if = "Deferral::is_never")]
    pub deferral: Deferral,
}

impl PrimaryKey {
    /// Describes a primary key.
    pub fn new(
        name: impl Into<String>,
        columns: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            name: name.into(),
            columns: columns.into_iter().map(Into::into).collect(),
            deferral: Deferral::Never,
        }
    }
}

/// A unique constraint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Unique {
    /// The columns, in order.
    pub columns: Vec<String>,
    /// Whether two rows with nulls count as equal.
    #[serde(default, skip_serializing_if = "is_false")]
    pub nulls_not_distinct: bool,
    /// When it is checked.
    #[serde(default, skip_serializing_if = "Deferral::is_never")]
    pub deferral: Deferral,
}

impl Unique {
    /// Describes a unique constraint.
    pub fn new(columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            columns: columns.into_iter().map(Into::into).collect(),
            nulls_not_distinct: false,
            deferral: Deferral::Never,
        }
    }
}

/// A check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Check {
    /// The condition, as SQL.
    pub condition: String,
    /// Whether rows that were there before it may break it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub not_valid: bool,
}

impl Check {
    /// Describes a check that all rows fulfil.
    pub fn new(condition: impl Into<String>) -> Self {
        Self {
            condition: condition.into(),
            not_valid: false,
        }
    }
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ForeignKey {
    /// The columns, in order.
    pub columns: Vec<String>,
    /// The table and columns that they reference.
    pub target: Target,
    /// The action on a row when the row that it references is deleted.
    #[serde(default, skip_serializing_if = "Action::is_none")]
    pub on_delete: Action,
    /// The action on a row when the key that it references changes.
    #[serde(default, skip_serializing_if = "Action::is_none")]
    pub on_update: Action,
    /// When it is checked.
    #[serde(default, skip_serializing_if = "Deferral::is_never")]
    pub deferral: Deferral,
    /// Whether rows that were there before it may break it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub not_valid: bool,
}

impl ForeignKey {
    /// Describes a foreign key that does nothing when the referenced row changes, except to fail.
    pub fn new(columns: impl IntoIterator<Item = impl Into<String>>, target: Target) -> Self {
        Self {
            columns: columns.into_iter().map(Into::into).collect(),
            target,
            on_delete: Action::NoAction,
            on_update: Action::NoAction,
            deferral: Deferral::Never,
            not_valid: false,
        }
    }
}

/// Target of a foreign key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Target {
    /// The schema.
    pub placement: PlacementKind,
    /// The table.
    pub table: String,
    /// The columns, in order.
    pub columns: Vec<String>,
}

impl Target {
    /// Describes the target of a foreign key.
    pub fn new(
        placement: PlacementKind,
        table: impl Into<String>,
        columns: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            placement,
            table: table.into(),
            columns: columns.into_iter().map(Into::into).collect(),
        }
    }
}

/// Action on a row when the row that it references is deleted or its key changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// The change fails. The default.
    #[default]
    NoAction,
    /// The change fails at once, even inside a transaction with deferred constraints.
    Restrict,
    /// The row changes too, or is deleted too.
    Cascade,
    /// The columns become null.
    SetNull,
    /// The columns get their defaults.
    SetDefault,
}

impl Action {
    /// The action as SQL.
    pub const fn as_sql(self) -> &'static str {
        match self {
            Self::NoAction => "NO ACTION",
            Self::Restrict => "RESTRICT",
            Self::Cascade => "CASCADE",
            Self::SetNull => "SET NULL",
            Self::SetDefault => "SET DEFAULT",
        }
    }

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes a reference"
    )]
    pub(in crate::structure) fn is_none(&self) -> bool {
        matches!(self, Self::NoAction)
    }
}

impl From<OnDelete> for Action {
    fn from(action: OnDelete) -> Self {
        match action {
            OnDelete::NoAction => Self::NoAction,
            OnDelete::Restrict => Self::Restrict,
            OnDelete::Cascade => Self::Cascade,
            OnDelete::SetNull => Self::SetNull,
            OnDelete::SetDefault => Self::SetDefault,
        }
    }
}

/// The time at which a constraint is checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Deferral {
    /// After each statement, always.
    #[default]
    Never,
    /// After each statement, unless a transaction puts it off: `DEFERRABLE`.
    Deferrable,
    /// At the end of each transaction: `DEFERRABLE INITIALLY DEFERRED`.
    InitiallyDeferred,
}

impl Deferral {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes a reference"
    )]
    pub(in crate::structure) fn is_never(&self) -> bool {
        matches!(self, Self::Never)
    }
}
