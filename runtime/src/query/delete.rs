//! Deletes of all rows that meet a condition.

use std::fmt;
use std::marker::PhantomData;

use sea_query::Query as Sql;

use super::cascade::{Marking, with_followers};
use super::change::Update;
use super::matching::{count, deletion, finished, is_among, stored};
use super::node::{Deleted, Node};
use super::referenced;
use super::render::Renderer;
use super::stored::Stored;
use crate::error::Result;
use crate::exec::reach::WritesTo;
use crate::exec::{Answer, Flow, Gives, Statement};
use crate::model::{ColumnDef, Model, Placement};
use crate::place::Context;

/// A delete of the rows that meet a condition. Made by `Customer::delete_where(condition)`.
///
/// ```no_run
/// # use tenantry::prelude::*;
/// # #[tenant_model]
/// # pub struct Session { #[field(key)] pub id: i64, pub ends: Timestamp }
/// # fn clear(acme: &mut TenantScope) -> tenantry::Result<()> {
/// for ended in Session::delete_where(Session::ENDS.lt(tenantry::query::now())).returning(acme)? {
///     println!("session {} has ended", ended.id);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a delete does nothing until a scope is given to `execute` or `returning`"]
pub struct Delete<M: Model, P = <M as Model>::Placement> {
    filter: Node,
    /// Whether the rows are removed, although deleted rows stay in the table.
    pub(super) is_permanent: bool,
    marker: PhantomData<fn() -> (M, P)>,
}

impl<M: Model, P> Delete<M, P> {
    pub(crate) fn new(filter: Node) -> Self {
        Self {
            filter,
            is_permanent: false,
            marker: PhantomData,
        }
    }

    /// Deletes the rows, and gives their number; of a [`SoftDelete`](crate::model::SoftDelete) model those that are not deleted yet.
    ///
    /// # Errors
    ///
    /// [`ForeignKey`](crate::ErrorKind::ForeignKey), when another row references one of them; when the server refuses the statement.
    pub fn execute<S>(self, scope: &mut S) -> S::Outcome<'_, u64>
    where
        S: WritesTo<M, P>,
        P: Placement,
    {
        count(scope, |context, gives| self.answer(context, gives))
    }

    /// Deletes the rows, and returns them as they were; of a [`SoftDelete`](crate::model::SoftDelete) model as they are now, with the time.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute); when a row does not fit the model: it is deleted then, unless a transaction is rolled back.
    pub fn returning<S>(self, scope: &mut S) -> S::Outcome<'_, Vec<Stored<M>>>
    where
        S: WritesTo<M, P>,
        P: Placement,
    {
        stored(scope, |context, gives| self.answer(context, gives))
    }

    /// Removes rows of a model whose deleted rows stay, too.
    pub(super) fn for_good(mut self) -> Self {
        self.is_permanent = true;
        self
    }

    pub(super) fn answer(self, context: &Context, gives: Gives) -> Flow<'static, Answer> {
        let is_marking = M::DEF.soft_delete().is_some() && !self.is_permanent;
        if is_marking || !referenced::is_needed(M::DEF) {
            return Flow::run(self.statement(context, gives), Ok);
        }
        self.remove(context, gives)
    }

    /// The statement that deletes the rows, if nobody has to be looked for who references them.
    pub(super) fn statement(&self, context: &Context, gives: Gives) -> Result<Statement> {
        match M::DEF.soft_delete() {
            Some(def) if !self.is_permanent => self.mark(def, context, gives),
            _ => deletion(M::DEF, context, (&self.filter, Deleted::Included), gives),
        }
    }

    /// The statement that says of the rows when they were deleted.
    fn mark(&self, def: &'static ColumnDef, context: &Context, gives: Gives) -> Result<Statement> {
        let now = Node::Constant(def.sql.now());
        let update = Update::<M, P>::new(self.filter.clone()).assign(def, now);
        let statement = update.statement(context, gives, None)?;
        let statement = Statement {
            operation: "delete",
            ..statement
        };
        with_followers(M::DEF, context, statement, Marking::Delete)
    }

    /// Removes the rows, and looks for whoever references them if the database does not.
    fn remove(self, context: &Context, gives: Gives) -> Flow<'static, Answer> {
        let rows = (&self.filter, Deleted::Included);
        let lock = deletion(M::DEF, context, rows, Gives::Count);
        let theirs = context.clone();
        referenced::deleted(
            M::DEF,
            context,
            lock,
            Box::new(move |keys| {
                let mut renderer = Renderer::new(&theirs);
                let mut delete = Sql::delete();
                delete.from_table(renderer.table(M::DEF));
                delete.and_where(is_among(&mut renderer, M::DEF, keys));
                Ok(finished(renderer, delete, M::DEF, gives))
            }),
        )
    }
}

impl<M: Model, P> fmt::Debug for Delete<M, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delete")
            .field("model", &M::NAME)
            .field("filter", &self.filter)
            .finish_non_exhaustive()
    }
}
