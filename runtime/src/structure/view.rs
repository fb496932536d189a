//! A view as data: its query, and the columns that it gives.

use serde::{Deserialize, Serialize};
use tenantry_sql::{Token, tokens};

use super::slots::slot;
use crate::model::PlacementKind;

/// A view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct View {
    /// The comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The columns, in order.
    pub columns: Vec<ViewColumn>,
    /// The query that gives them, with slots for the schemas.
    pub query: String,
}

/// A column of a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ViewColumn {
    /// Its name.
    pub name: String,
    /// Its type, as PostgreSQL's `format_type` writes it.
    #[serde(rename = "type")]
    pub sql_type: String,
    /// The comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl View {
    /// Describes a view by its query and the names and types of its columns.
    pub fn new<N: Into<String>, T: Into<String>>(
        query: impl Into<String>,
        columns: impl IntoIterator<Item = (N, T)>,
    ) -> Self {
        let columns = columns.into_iter().map(|(name, sql_type)| ViewColumn {
            name: name.into(),
            sql_type: sql_type.into(),
            comment: None,
        });
        Self {
            comment: None,
            columns: columns.collect(),
            query: query.into(),
        }
    }

    /// Whether the query reads a table or view.
    pub(crate) fn reads(&self, placement: PlacementKind, name: &str) -> bool {
        let all: Vec<Token<'_>> = tokens(&self.query).filter(|it| !it.is_blank()).collect();
        all.windows(3).any(|it| {
            it[0].text == slot(placement)
                && it[1].is_sign(".")
                && it[2].name().is_some_and(|found| found == name)
        })
    }

    /// Whether the query has the name of a column, of whatever table, and not only as what it calls a column of its own.
    pub(crate) fn mentions(&self, column: &str) -> bool {
        let mut is_alias = false;
        tokens(&self.query).filter(|it| !it.is_blank()).any(|it| {
            let is_named = it.name().is_some_and(|found| found == column);
            !std::mem::replace(&mut is_alias, it.is("as")) && is_named
        })
    }

    /// Whether the other has all columns of this one, and in front of its own.
    pub(crate) fn begins(&self, other: &Self) -> bool {
        let is_same = |(one, other): (&ViewColumn, &ViewColumn)| one.is_same(other);
        self.columns.len() <= other.columns.len()
            && self.columns.iter().zip(&other.columns).all(is_same)
    }

    /// Whether the other has all columns of this one, at whatever place.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        let has = |column: &ViewColumn| other.columns.iter().any(|it| it.is_same(column));
        self.columns.iter().all(has)
    }
}

impl ViewColumn {
    fn is_same(&self, other: &Self) -> bool {
        (&self.name, &self.sql_type) == (&other.name, &other.sql_type)
    }
}
