//! The row that expressions are over.

use std::cell::RefCell;
use std::rc::Rc;

use sea_query::Expr as SqlExpr;

use crate::query::node::Step;

/// A row that expressions are over: the name of its table in the statement, and the tables that are joined to the outermost one.
pub(crate) struct Row {
    pub(crate) table: String,
    pub(super) joined: Option<Rc<RefCell<Vec<Join>>>>,
}

/// A table that is joined by a foreign key.
pub(super) struct Join {
    pub(super) from: String,
    pub(super) step: Step,
    /// The column that leads there.
    pub(super) own: SqlExpr,
    pub(super) alias: String,
}

impl Row {
    /// The row of a statement's table. If it `joins`, [`Renderer::join`] has to follow.
    pub(crate) fn of(table: &str, joins: bool) -> Self {
        Self {
            table: table.to_owned(),
            joined: joins.then(Rc::default),
        }
    }
}
