//! Deletes of a row, for good or with the row left in its table, and rows that are brought back.

use super::Stored;
use super::changed::array_of;
use crate::error::Result;
use crate::exec::reach::WritesTo;
use crate::exec::{Answer, Effect, Flow, Gives, Statement};
use crate::model::{ColumnDef, Deletable, Model, SoftDelete};
use crate::name::quote_identifier;
use crate::place::Context;
use crate::query::cascade::{Marking, with_followers};
use crate::query::error::stale;
use crate::query::fixed::by_key;
use crate::query::key::KeyOperand;
use crate::query::referenced::removed;
use crate::query::saved;

impl<M: Model> Stored<M> {
    /// Removes the row from the table, whether it is deleted already or not; `on_delete` says what becomes of those that reference it.
    ///
    /// # Errors
    ///
    /// As [`delete`](Self::delete) of a row that does not stay in the table.
    pub fn delete_permanently<S: WritesTo<M>>(self, scope: &mut S) -> S::Outcome<'_, ()>
    where
        M: SoftDelete + Deletable,
    {
        self.remove(scope)
    }
}

impl<M: Model + Send> Stored<M> {
    /// Brings a deleted row back, and what was [deleted with it](SoftDelete#rows-that-reference-a-deleted-one): empties the field that says when, and [saves](Self::save) the row.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unique`](crate::ErrorKind::Unique), when another row has by now what is unique among those that are not deleted;
    /// [`ErrorKind::Stale`](crate::ErrorKind::Stale), when it was brought back meanwhile, or deleted again since; and as [`save`](Self::save).
    pub fn restore<'a, S: WritesTo<M>>(&'a mut self, scope: &'a mut S) -> S::Outcome<'a, ()>
    where
        M: SoftDelete,
    {
        let context = scope.context().clone();
        scope.drive(match self.restoring(&context) {
            Ok(Some(statement)) => self.writing(move |_| Ok(statement), context),
            Ok(None) => Flow::Done(Ok(())),
            Err(error) => Flow::Done(Err(error)),
        })
    }

    /// The statement that brings the row back, and saves what else has changed.
    fn restoring(&mut self, context: &Context) -> Result<Option<Statement>>
    where
        M: SoftDelete,
    {
        self.undelete();
        let changed = self.changed(context)?;
        let (Some(changed), Some(def)) = (changed, M::DEF.soft_delete()) else {
            return Ok(None);
        };
        let (statement, times) = changed.restoring(M::DEF, context, def);
        let Some(times) = times else {
            return Ok(Some(statement));
        };
        let mark = Marking::Restore {
            times,
            sql: def.sql,
        };
        with_followers(M::DEF, context, statement, mark).map(Some)
    }
}

impl<M: Model> Stored<M> {
    /// Says of the row when it was deleted.
    pub(super) fn mark<'a, S: WritesTo<M>>(
        self,
        def: &'static ColumnDef,
        scope: &'a mut S,
    ) -> S::Outcome<'a, ()> {
        let context = scope.context();
        let key = self.stored_key("delete", context);
        let statement = key.map(|key| Statement {
            sql: saved::mark(M::DEF, context, def),
            params: key.into_params(),
            gives: Gives::Count,
            effect: Effect::Writes,
            model: Some(M::DEF),
            operation: "delete",
        });
        let statement = self.of_version(statement);
        let statement =
            statement.and_then(|it| with_followers(M::DEF, context, it, Marking::Delete));
        let flow = Flow::run(statement, Ok);
        scope.drive(flow.and_on(|answer| done::<M>(answer)))
    }

    /// Removes the row, and looks for whoever references it if the database does not.
    pub(super) fn remove<S: WritesTo<M>>(self, scope: &mut S) -> S::Outcome<'_, ()> {
        let statement = self.stored_key("delete", scope.context()).and_then(|key| {
            by_key::<M>(
                M::DEF.statements.delete,
                scope.context(),
                KeyOperand::Values(key),
                (Gives::Count, Effect::Writes),
                "delete",
            )
        });
        let removed = removed(M::DEF, scope.context(), self.of_version(statement));
        scope.drive(removed.and_on(|answer| done::<M>(answer)))
    }

    /// Adds the condition that the row still has its version.
    fn of_version(&self, statement: Result<Statement>) -> Result<Statement> {
        let mut statement = statement?;
        if let Some((def, versions)) = self.versions("delete")? {
            statement.params.push(array_of(def, &versions));
            let place = statement.params.len();
            let condition = format!(" AND {} = ANY(${place})", quote_identifier(def.name));
            statement.sql.push_str(&condition);
        }
        Ok(statement)
    }
}

/// Tells whether the row was there.
fn done<'f, M: Model>(answer: Result<Answer>) -> Flow<'f, ()> {
    Flow::Done(answer.and_then(|answer| match answer.count() {
        0 => Err(stale::<M>("delete")),
        _ => Ok(()),
    }))
}
