//! Updates of all rows that meet a condition.

use std::fmt;
use std::marker::PhantomData;

use sea_query::{Alias, Expr as SqlExpr, ExprTrait, Query as Sql, UpdateStatement};

use super::assign::{Assigned, Assigns};
use super::error::computed;
use super::fits::{check_stored, compared};
use super::matching::{all_columns, count, deletion, is_among, stored};
use super::node::{Deleted, Node};
use super::reference::checked_expr;
use super::referenced;
use super::render::{Renderer, column, meant};
use super::stored::Stored;
use super::tolerance::check_named;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::reach::WritesTo;
use crate::exec::{Answer, Effect, Flow, Gives, Statement};
use crate::model::{ColumnDef, Model, ModelDef, Placement, Source};
use crate::place::Context;
use crate::value::Param;

/// An update of the rows that meet a condition. Made by `Customer::update_where(condition)`.
///
/// ```no_run
/// # use tenantry::prelude::*;
/// # #[tenant_model]
/// # pub struct Page { #[field(key)] pub id: i64, pub path: String, pub visits: i64 }
/// # fn visit(acme: &mut TenantScope, path: &str) -> tenantry::Result<u64> {
/// Page::update_where(Page::PATH.eq(path)).set(Page::VISITS, Page::VISITS + 1).execute(acme)
/// # }
/// ```
#[must_use = "an update does nothing until a scope is given to `execute` or `returning`"]
pub struct Update<M: Model, P = <M as Model>::Placement> {
    filter: Node,
    pub(super) deleted: Deleted,
    assignments: Vec<(&'static ColumnDef, Node)>,
    marker: PhantomData<fn() -> (M, P)>,
}

impl<M: Model, P> Update<M, P> {
    pub(crate) fn new(filter: Node) -> Self {
        Self {
            filter,
            deleted: Deleted::LeftOut,
            assignments: Vec::new(),
            marker: PhantomData,
        }
    }

    pub(super) fn assign(mut self, def: &'static ColumnDef, value: Node) -> Self {
        self.assignments.push((def, value));
        self
    }

    /// Gives a column a value, or one that is computed from the row: `.set(Visit::COUNT, Visit::COUNT + 1)`. An embedded struct is given as a
    /// whole, `.set(Customer::BILLING, address)`, or by its columns.
    pub fn set<C, V, By>(self, column: C, value: V) -> Update<M, <P as Placement>::With<C::Reach>>
    where
        P: Placement,
        C: Assigns<M, V, By>,
    {
        let Self {
            filter,
            deleted,
            assignments,
            marker: _,
        } = self;
        let Assigned(given) = column.assigned(value);
        let update = Update {
            filter,
            deleted,
            assignments,
            marker: PhantomData,
        };
        let given = given.into_iter();
        given.fold(update, |update, (def, value)| update.assign(def, value))
    }

    /// Updates the rows, and gives their number. An `auto_now` field is set, a `version` counted up.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`], when no column is given a value, or one is given two, or has a computed one; and as
    /// [`Insert::returning`](super::Insert::returning).
    pub fn execute<S>(self, scope: &mut S) -> S::Outcome<'_, u64>
    where
        S: WritesTo<M, P>,
        P: Placement,
    {
        count(scope, |context, gives| self.answer(context, gives))
    }

    /// Updates the rows, and returns them as they are stored then.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute).
    pub fn returning<S>(self, scope: &mut S) -> S::Outcome<'_, Vec<Stored<M>>>
    where
        S: WritesTo<M, P>,
        P: Placement,
    {
        stored(scope, |context, gives| self.answer(context, gives))
    }

    /// The answer to the update, before which whoever references the rows is looked for if they get other keys.
    fn answer(self, context: &Context, gives: Gives) -> Flow<'static, Answer> {
        let mut assigned = self.assignments.iter();
        let is_rekeying = assigned.any(|(def, _)| M::DEF.is_of_key(def));
        if !is_rekeying || !referenced::is_needed(M::DEF) {
            return Flow::run(self.statement(context, gives, None), Ok);
        }
        let rows = (&self.filter, self.deleted);
        let lock = deletion(M::DEF, context, rows, Gives::Count);
        let Self {
            filter,
            deleted,
            assignments,
            marker: _,
        } = self;
        let theirs = context.clone();
        let last = move |keys: Param| {
            let update = Update::<M> {
                filter: filter.clone(),
                deleted,
                assignments: assignments.clone(),
                marker: PhantomData,
            };
            update.statement(&theirs, gives, Some(keys))
        };
        let lock = lock.map(|lock| Statement {
            operation: "update",
            ..lock
        });
        referenced::rekeyed(M::DEF, context, lock, Box::new(last))
    }

    /// The statement, for the rows with some keys only if they are given.
    pub(super) fn statement(
        &self,
        context: &Context,
        gives: Gives,
        only: Option<Param>,
    ) -> Result<Statement> {
        let model = M::DEF;
        if self.assignments.is_empty() {
            let message = "the update sets no column\nhelp: add `.set(Model::COLUMN, value)`";
            return Err(Error::new(ErrorKind::Configuration, message).in_model(model, "update"));
        }
        check_given(self.assignments.iter().map(|(def, _)| *def))
            .map_err(|error| error.in_model(model, "update"))?;
        let mut renderer = Renderer::new(context);
        let mut update = Sql::update();
        update.table(renderer.table(model));
        for (def, value) in &self.assignments {
            let value = assigned(&mut renderer, (model, model.table), def, value);
            let value = value.map_err(|error| error.in_model(model, "update"))?;
            update.value(Alias::new(def.name), value);
        }
        let is_left = |def: &&ColumnDef| {
            !self
                .assignments
                .iter()
                .any(|(given, _)| given.name == def.name)
        };
        set_automatic(
            &mut update,
            model.table,
            model.columns.iter().filter(is_left),
        );
        update.and_where_option(meant(model, self.deleted, model.table));
        let condition = renderer.condition(&self.filter, model.table);
        update.and_where(condition.map_err(|error| error.in_model(model, "update"))?);
        if let Some(keys) = only {
            update.and_where(is_among(&mut renderer, model, keys));
        }
        if gives == Gives::Rows {
            update.returning(all_columns(model, context));
        }
        let (sql, params) = renderer.finish(&update);
        Ok(Statement {
            sql,
            params,
            gives,
            effect: Effect::Writes,
            model: Some(model),
            operation: "update",
        })
    }
}

/// Refuses to give a column two values, or one if the database computes it.
pub(super) fn check_given(columns: impl Iterator<Item = &'static ColumnDef>) -> Result<()> {
    let mut seen: Vec<&str> = Vec::new();
    for def in columns {
        if def.source.generated_sql().is_some() {
            return Err(computed(def));
        }
        if seen.contains(&def.name) {
            let message = format!(
                "field `{}` is given two values\nhelp: set it once; which of the two it gets is for the program to decide",
                def.field
            );
            return Err(Error::new(ErrorKind::Configuration, message));
        }
        seen.push(def.name);
    }
    Ok(())
}

/// A value that a column is to have, or an expression of one over the row, which the statement knows as `table`.
pub(super) fn assigned(
    renderer: &mut Renderer<'_>,
    (model, table): (&ModelDef, &str),
    def: &ColumnDef,
    value: &Node,
) -> Result<SqlExpr> {
    check_named(def, renderer.context())?;
    let value = match value {
        Node::Value { value, .. } => {
            let value = compared(Some(def), value)?;
            check_stored(def, value)?;
            renderer.bind_param(value.clone())
        }
        value => renderer.condition(value, table)?,
    };
    Ok(checked_expr(model, def, renderer.context(), value))
}

/// Sets the columns that every update sets.
pub(super) fn set_automatic<'a>(
    update: &mut UpdateStatement,
    table: &str,
    columns: impl Iterator<Item = &'a ColumnDef>,
) {
    for def in columns {
        let name = Alias::new(def.name);
        match def.source {
            Source::NowOnWrite => update.value(name, SqlExpr::cust(def.sql.now())),
            Source::Version => {
                let version = column(table, def);
                update.value(name, version.add(SqlExpr::cust("1")))
            }
            _ => continue,
        };
    }
}

impl<M: Model, P> fmt::Debug for Update<M, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns: Vec<_> = self.assignments.iter().map(|(def, _)| def.name).collect();
        f.debug_struct("Update")
            .field("model", &M::NAME)
            .field("set", &columns)
            .field("filter", &self.filter)
            .finish_non_exhaustive()
    }
}
