//! Relations as data, and their statements.

use crate::error::Result;
use crate::exec::{Effect, Gives, Statement};
use crate::model::ColumnDef;
use crate::place::Context;
use crate::query::node::{Shape, Step};
use crate::query::render::Renderer;
use crate::value::{Param, SqlType};

/// A relation whose rows are loaded, and those that are loaded with them.
#[derive(Debug, Clone)]
pub(crate) struct Branch {
    /// The place of the column by which rows know their related ones.
    pub(crate) from: usize,
    /// Whether that is their key, by which the others reference them.
    pub(crate) is_inverse: bool,
    /// The column of the related rows, or of those that lead to them, that has the same value.
    pub(crate) to: &'static ColumnDef,
    /// The place of that column among the columns of its table.
    pub(crate) to_index: usize,
    /// Rows that lead to the related ones, in turn.
    pub(crate) links: Vec<Link>,
    /// The related rows.
    pub(crate) shape: Shape,
    pub(crate) branches: Vec<Self>,
}

/// Rows between others, as those of a join table.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) shape: Shape,
    /// The way from them to the next ones.
    pub(crate) step: Step,
}

impl Branch {
    /// Tells whether values of the column are alike if their bytes are. Of the others, the statement says which it has found.
    fn is_exact(&self) -> bool {
        matches!(
            self.to.sql,
            SqlType::SmallInt | SqlType::Integer | SqlType::BigInt | SqlType::Uuid
        )
    }

    /// Tells whether each list of keys is looked up at once, and not each of its keys by itself.
    pub(crate) fn is_list(&self) -> bool {
        self.is_exact() && !self.is_limited()
    }

    pub(crate) fn is_limited(&self) -> bool {
        self.shape.limit.is_some() || self.shape.offset.is_some()
    }

    /// The place of the column that says of a row whose it is, if that is one of the related row's own.
    pub(crate) fn own_key(&self) -> Option<usize> {
        (self.is_list() && self.links.is_empty()).then_some(self.to_index)
    }

    /// Returns the statement for the rows that some keys lead to.
    pub(super) fn statement(&self, keys: &[Param], context: &Context) -> Result<Statement> {
        let model = self.shape.model;
        let sql = self.to.sql;
        let keys = Param::listed(&sql, keys);
        let mut renderer = Renderer::new(context);
        let select = renderer.related(self, keys);
        let (sql, params) =
            renderer.finish(&select.map_err(|error| error.in_model(model, "load"))?);
        Ok(Statement {
            sql,
            params,
            gives: Gives::Rows,
            effect: Effect::Reads,
            model: Some(model),
            operation: "load",
        })
    }
}
