//! Indexes that no constraint has made, and exclusion constraints, which are indexes that refuse rows.

use serde::{Deserialize, Serialize};

use super::is_false;

/// An index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Index {
    /// The parts that it covers, in order.
    pub parts: Vec<IndexPart>,
    /// Whether no two rows can have the same values.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unique: bool,
    /// Whether two rows with nulls count as equal.
    #[serde(default, skip_serializing_if = "is_false")]
    pub nulls_not_distinct: bool,
    /// The access method; none for `btree`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Columns whose values it carries besides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// The condition of a partial index, as SQL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// The operators of an exclusion constraint, one for each part: no two rows may be such that all of them are true. None of another index.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operators: Vec<String>,
}

impl Index {
    /// Describes an index that is neither unique nor partial.
    pub fn new(parts: impl IntoIterator<Item = IndexPart>) -> Self {
        Self {
            parts: parts.into_iter().collect(),
            unique: false,
            nulls_not_distinct: false,
            method: None,
            include: Vec::new(),
            filter: None,
            operators: Vec::new(),
        }
    }

    /// Whether it is that of an exclusion constraint.
    pub(crate) fn excludes(&self) -> bool {
        !self.operators.is_empty()
    }

    /// The columns in it that stand there by their names.
    pub(crate) fn columns(&self) -> Vec<String> {
        let parts = self.parts.iter().filter_map(|part| match &part.key {
            IndexKey::Column(name) => Some(name),
            IndexKey::Expression(_) => None,
        });
        parts.chain(&self.include).cloned().collect()
    }

    /// The columns that it covers, unless it covers an expression.
    pub(crate) fn plain_columns(&self) -> Option<Vec<String>> {
        let columns = self.parts.iter().map(|part| match &part.key {
            IndexKey::Column(name) => Some(name.clone()),
            IndexKey::Expression(_) => None,
        });
        columns.collect()
    }

    /// The expressions in it: of its parts, and the condition of its rows.
    pub(crate) fn expressions(&self) -> impl Iterator<Item = &str> {
        let parts = self.parts.iter().filter_map(|part| match &part.key {
            IndexKey::Column(_) => None,
            IndexKey::Expression(sql) => Some(sql.as_str()),
        });
        parts.chain(self.filter.as_deref())
    }
}

/// A part of an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct IndexPart {
    /// The column or expression.
    #[serde(flatten)]
    pub key: IndexKey,
    /// The operator class, where it is not the type's usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opclass: Option<String>,
    /// Whether large values come first.
    #[serde(default, skip_serializing_if = "is_false")]
    pub descending: bool,
    /// Where nulls come, if not where they usually do: last, or first if large values come first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nulls: Option<Nulls>,
}

impl IndexPart {
    /// Describes a part that is a column.
    pub fn column(name: impl Into<String>) -> Self {
        Self::of(IndexKey::Column(name.into()))
    }

    /// Describes a part that is an expression.
    pub fn expression(sql: impl Into<String>) -> Self {
        Self::of(IndexKey::Expression(sql.into()))
    }

    fn of(key: IndexKey) -> Self {
        Self {
            key,
            opclass: None,
            descending: false,
            nulls: None,
        }
    }
}

/// Key of a part of an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum IndexKey {
    /// A column, by name.
    Column(String),
    /// An expression, as SQL.
    Expression(String),
}

/// The place where an index puts nulls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Nulls {
    /// Before all values.
    First,
    /// After all values.
    Last,
}
