//! Which rows of a table are meant, where deleted rows stay in it.

use sea_query::{Expr as SqlExpr, ExprTrait};

use super::column;
use crate::model::{ColumnDef, ModelDef};
use crate::query::deleted::Deleted;
use crate::query::node::Step;

/// The condition on the rows of a table that the statement knows as `table`, if not all of them are meant.
pub(crate) fn meant(model: &ModelDef, deleted: Deleted, table: &str) -> Option<SqlExpr> {
    among(column(table, tells(model, deleted)?), deleted)
}

/// The column that says which rows are meant, if not all are.
pub(super) fn tells(model: &ModelDef, deleted: Deleted) -> Option<&'static ColumnDef> {
    model.soft_delete().filter(|_| deleted != Deleted::Included)
}

/// The condition on the time at which a row was deleted.
pub(super) fn among(time: SqlExpr, deleted: Deleted) -> Option<SqlExpr> {
    match deleted {
        Deleted::LeftOut => Some(time.is_null()),
        Deleted::Included => None,
        Deleted::Only => Some(time.is_not_null()),
    }
}

/// The condition on the rows that a foreign key leads to: to the one that is referenced whatever has become of it, and to those that
/// reference a row without deleted ones.
pub(super) fn referencing(step: &Step, table: &str) -> Option<SqlExpr> {
    let deleted = if step.is_to_referenced() {
        Deleted::Included
    } else {
        Deleted::LeftOut
    };
    meant(step.target, deleted, table)
}
