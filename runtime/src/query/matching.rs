//! Parts of updates and deletes of all rows that meet a condition.

use sea_query::{
    Alias, DeleteStatement, Expr as SqlExpr, Query as Sql, Returning, ReturningClause,
};

use super::decode;
use super::given_back::given_back;
use super::node::{Deleted, Node};
use super::render::{Renderer, column, meant};
use super::stored::Stored;
use crate::error::Result;
use crate::exec::reach::Session;
use crate::exec::{Answer, Effect, Flow, Gives, Statement};
use crate::model::{Model, ModelDef};
use crate::place::Context;
use crate::value::Param;

/// Runs a change, and gives the number of rows.
pub(super) fn count<S: Session>(
    scope: &mut S,
    answer: impl FnOnce(&Context, Gives) -> Flow<'static, Answer>,
) -> S::Outcome<'_, u64> {
    let answer = answer(scope.context(), Gives::Count);
    scope.drive(answer.and_on(|answer| Flow::Done(answer.map(|answer| answer.count()))))
}

/// Runs a change, and gives the rows.
pub(super) fn stored<S: Session, M: Model>(
    scope: &mut S,
    answer: impl FnOnce(&Context, Gives) -> Flow<'static, Answer>,
) -> S::Outcome<'_, Vec<Stored<M>>> {
    let context = scope.context().clone();
    let answer = answer(&context, Gives::Rows);
    scope.drive(answer.and_on(move |answer| {
        Flow::Done(answer.and_then(|answer| decode::read_all(&answer.rows(), &context)))
    }))
}

/// The statement that removes the rows that meet a condition.
pub(super) fn deletion(
    model: &'static ModelDef,
    context: &Context,
    (filter, deleted): (&Node, Deleted),
    gives: Gives,
) -> Result<Statement> {
    let mut renderer = Renderer::new(context);
    let mut delete = Sql::delete();
    delete.from_table(renderer.table(model));
    delete.and_where_option(meant(model, deleted, model.table));
    let condition = renderer.condition(filter, model.table);
    delete.and_where(condition.map_err(|error| error.in_model(model, "delete"))?);
    Ok(finished(renderer, delete, model, gives))
}

pub(super) fn finished(
    renderer: Renderer<'_>,
    mut delete: DeleteStatement,
    model: &'static ModelDef,
    gives: Gives,
) -> Statement {
    if gives == Gives::Rows {
        delete.returning(all_columns(model, renderer.context()));
    }
    let (sql, params) = renderer.finish(&delete);
    Statement {
        sql,
        params,
        gives,
        effect: Effect::Writes,
        model: Some(model),
        operation: "delete",
    }
}

/// All columns of a model, as an answer.
pub(super) fn all_columns(model: &ModelDef, context: &Context) -> ReturningClause {
    let version = context.version();
    let columns = model.columns.iter().map(|def| {
        let column = SqlExpr::col(Alias::new(def.name));
        given_back(column, def, version)
    });
    Returning::new().exprs(columns)
}

/// Whether the key of a row is among those of an array.
pub(super) fn is_among(
    renderer: &mut Renderer<'_>,
    model: &'static ModelDef,
    keys: Param,
) -> SqlExpr {
    let key = column(model.table, model.referenced_column());
    let keys = renderer.bind_param(keys);
    SqlExpr::cust_with_exprs("$1 = ANY ($2)", [key, keys])
}
