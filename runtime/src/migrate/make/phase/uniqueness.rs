//! Uniqueness, whether it is that of a constraint or of an index, and what rows exclude each other by.

use std::collections::BTreeSet;

use tenantry_sql::mentions;

use super::left_out::{LeftOut, LeftOutValue, is_null_with};
use crate::structure::{Change, Index, IndexKey, IndexPart, Unique};

/// An index, or a constraint that has one, as far as it says what is unique.
#[derive(PartialEq)]
pub(super) struct Uniqueness<'a> {
    pub(super) name: &'a str,
    pub(super) is_unique: bool,
    /// Nothing where it covers an expression.
    columns: Option<BTreeSet<String>>,
    nulls_not_distinct: bool,
    /// The index, if it is no constraint: it may be of some rows only, or compare values in a way of its own.
    index: Option<&'a Index>,
}

impl<'a> Uniqueness<'a> {
    pub(super) fn made(change: &'a Change) -> Option<Self> {
        match change {
            Change::AddUnique { name, definition } => Some(Self::of_unique(name, definition)),
            Change::CreateIndex { name, definition } => Some(Self::of_index(name, definition)),
            _ => None,
        }
    }

    pub(super) fn dropped(change: &'a Change) -> Option<Self> {
        match change {
            Change::DropUnique { name, definition } => Some(Self::of_unique(name, definition)),
            Change::DropIndex { name, definition } => Some(Self::of_index(name, definition)),
            _ => None,
        }
    }

    fn of_unique(name: &'a str, unique: &Unique) -> Self {
        Self {
            name,
            is_unique: true,
            columns: Some(unique.columns.iter().cloned().collect()),
            nulls_not_distinct: unique.nulls_not_distinct,
            index: None,
        }
    }

    fn of_index(name: &'a str, index: &'a Index) -> Self {
        let columns = index.plain_columns();
        Self {
            name,
            is_unique: index.unique || index.excludes(),
            // Of two exclusions it is not known which refuses more.
            columns: columns
                .filter(|_| !index.excludes())
                .map(|columns| columns.into_iter().collect()),
            nulls_not_distinct: index.nulls_not_distinct,
            index: Some(index),
        }
    }

    /// Whether values are compared as a constraint compares them.
    fn has_usual_equality(&self) -> bool {
        let mut parts = self.index.iter().flat_map(|index| &index.parts);
        parts.all(|part| part.opclass.is_none())
    }

    /// Whether it is of all rows.
    fn is_whole(&self) -> bool {
        self.index.is_none_or(|index| index.filter.is_none())
    }

    /// Whether it refuses all that another does.
    pub(super) fn refuses_as_much(&self, other: &Self) -> bool {
        self.is_whole()
            && self.has_usual_equality()
            && other.has_usual_equality()
            && (self.nulls_not_distinct || !other.nulls_not_distinct)
            && self.is_within(other)
    }

    /// Whether it refuses no two rows of a version of the application that leaves these columns out.
    pub(super) fn tells_apart<'c>(&self, mut left: impl Iterator<Item = LeftOut<'c>>) -> bool {
        left.any(|LeftOut { column, value }| match value {
            LeftOutValue::Another => {
                self.has_key(column) && self.index.is_none_or(|index| !index.excludes())
            }
            LeftOutValue::Null => {
                let mut keys = self.expressions();
                !self.nulls_not_distinct
                    && (self.has_key(column) || keys.any(|sql| is_null_with(sql, column)))
            }
            LeftOutValue::Same => false,
        })
    }

    fn has_key(&self, name: &str) -> bool {
        let is_it = |part: &IndexPart| matches!(&part.key, IndexKey::Column(it) if it == name);
        match self.index {
            Some(index) => index.parts.iter().any(is_it),
            None => self.columns.iter().flatten().any(|it| it == name),
        }
    }

    /// The expressions of which the values are unique.
    fn expressions(&self) -> impl Iterator<Item = &'a str> {
        let parts = self.index.into_iter().flat_map(|index| &index.parts);
        parts.filter_map(|part| match &part.key {
            IndexKey::Expression(sql) => Some(sql.as_str()),
            IndexKey::Column(_) => None,
        })
    }

    /// Whether a column is one of those that it covers, or is computed with.
    pub(super) fn covers(&self, name: &str) -> bool {
        self.has_key(name) || self.expressions().any(|sql| mentions(sql, name))
    }

    /// Whether both are unique, and the other by these columns or by more.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        let columns = self.columns.as_ref().zip(other.columns.as_ref());
        self.is_unique
            && other.is_unique
            && columns.is_some_and(|(columns, others)| columns.is_subset(others))
    }
}
