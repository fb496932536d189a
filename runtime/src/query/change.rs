//! Updates and deletes of all rows that meet a condition.

use std::fmt;
use std::marker::PhantomData;

use sea_query::{Alias, Expr as SqlExpr, ExprTrait, Query as Sql, UpdateStatement};

use super::fits::{check_stored, compared};
use super::node::{Node, Operand};
use super::render::{BUILDER, Renderer};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::reach::WritesTo;
use crate::exec::{Effect, Flow, Gives, Statement};
use crate::model::{Column, ColumnDef, Model, Source};
use crate::place::Context;
use crate::value::{Field, IntoValue};

/// An update of the rows that meet a condition. Made by `Customer::update_where(condition)`.
#[must_use = "an update does nothing until a scope is given to `execute`"]
pub struct Update<M: Model, P = <M as Model>::Placement> {
    filter: Node,
    assignments: Vec<(&'static ColumnDef, Operand)>,
    marker: PhantomData<fn() -> (M, P)>,
}

impl<M: Model, P> Update<M, P> {
    pub(crate) fn new(filter: Node) -> Self {
        Self {
            filter,
            assignments: Vec::new(),
            marker: PhantomData,
        }
    }

    /// Gives a column a value.
    pub fn set<T: Field>(mut self, column: Column<M, T>, value: impl IntoValue<T>) -> Self {
        self.assignments
            .push((column.def(), Operand::of(&value.into_value())));
        self
    }

    /// Updates the rows, and gives their number. An `auto_now` field is set, a `version` counted up.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`], when no column is given a value; and as
    /// [`Insert::returning`](super::Insert::returning).
    pub fn execute<S>(self, scope: &mut S) -> S::Outcome<'_, u64>
    where
        S: WritesTo<M, P>,
        P: crate::model::Placement,
    {
        let statement = self.statement(scope.context());
        scope.drive(Flow::run(statement, |answer| Ok(answer.count())))
    }

    fn statement(&self, context: &Context) -> Result<Statement> {
        let model = M::DEF;
        if self.assignments.is_empty() {
            let message = "the update sets no column\nhelp: add `.set(Model::COLUMN, value)`";
            return Err(Error::new(ErrorKind::Configuration, message).in_model(model, "update"));
        }
        let mut renderer = Renderer::new(context);
        let mut update = Sql::update();
        update.table(renderer.table(model));
        for (def, value) in &self.assignments {
            let value = compared(Some(def), value).and_then(|value| {
                check_stored(def, value)?;
                Ok(value.clone())
            });
            let value = value.map_err(|error| error.in_model(model, "update"))?;
            update.value(Alias::new(def.name), renderer.bind_param(value));
        }
        let given = |def: &&ColumnDef| {
            !self
                .assignments
                .iter()
                .any(|(given, _)| given.name == def.name)
        };
        set_automatic(&mut update, model.columns.iter().filter(given));
        let condition = renderer.condition(&self.filter, model.table);
        update.and_where(condition.map_err(|error| error.in_model(model, "update"))?);
        let (sql, params) = renderer.finish(update.build(BUILDER));
        Ok(Statement {
            sql,
            params,
            gives: Gives::Count,
            effect: Effect::Writes,
            model: Some(model),
            operation: "update",
        })
    }
}

/// Sets the columns that every update sets.
pub(super) fn set_automatic<'a>(
    update: &mut UpdateStatement,
    columns: impl Iterator<Item = &'a ColumnDef>,
) {
    for def in columns {
        let name = Alias::new(def.name);
        match def.source {
            Source::NowOnWrite => update.value(name, SqlExpr::cust("now()")),
            Source::Version => {
                update.value(name.clone(), SqlExpr::col(name).add(SqlExpr::cust("1")))
            }
            _ => continue,
        };
    }
}

/// A delete of the rows that meet a condition. Made by `Customer::delete_where(condition)`.
#[must_use = "a delete does nothing until a scope is given to `execute`"]
pub struct Delete<M: Model, P = <M as Model>::Placement> {
    filter: Node,
    marker: PhantomData<fn() -> (M, P)>,
}

impl<M: Model, P> Delete<M, P> {
    pub(crate) fn new(filter: Node) -> Self {
        Self {
            filter,
            marker: PhantomData,
        }
    }

    /// Deletes the rows, and gives their number.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ForeignKey`], when another row references one of them; when the server refuses the statement.
    pub fn execute<S>(self, scope: &mut S) -> S::Outcome<'_, u64>
    where
        S: WritesTo<M, P>,
        P: crate::model::Placement,
    {
        let statement = self.statement(scope.context());
        scope.drive(Flow::run(statement, |answer| Ok(answer.count())))
    }

    fn statement(&self, context: &Context) -> Result<Statement> {
        let mut renderer = Renderer::new(context);
        let mut delete = Sql::delete();
        delete.from_table(renderer.table(M::DEF));
        let condition = renderer.condition(&self.filter, M::DEF.table);
        delete.and_where(condition.map_err(|error| error.in_model(M::DEF, "delete"))?);
        let (sql, params) = renderer.finish(delete.build(BUILDER));
        Ok(Statement {
            sql,
            params,
            gives: Gives::Count,
            effect: Effect::Writes,
            model: Some(M::DEF),
            operation: "delete",
        })
    }
}

impl<M: Model, P> fmt::Debug for Update<M, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns: Vec<_> = self.assignments.iter().map(|(def, _)| def.name).collect();
        f.debug_struct("Update")
            .field("model", &M::NAME)
            .field("set", &columns)
            .field("filter", &self.filter)
            .finish()
    }
}

impl<M: Model, P> fmt::Debug for Delete<M, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delete")
            .field("model", &M::NAME)
            .field("filter", &self.filter)
            .finish()
    }
}
