//! Many new rows.

use std::fmt;
use std::marker::PhantomData;

use super::batches::{Batches, Unread};
use super::insertion::{Values, insertion};
use super::sequence::{Answers, run_all};
use super::twice::Written;
use crate::error::Result;
use crate::exec::reach::WritesTo;
use crate::exec::{Flow, Gives};
use crate::model::{Model, ModelDef, NewRow};
use crate::place::Context;
use crate::query::conflict::OnConflict;
use crate::query::decode;
use crate::query::stored::Stored;
use crate::query::tolerance::without_lacked;

/// An insert of many rows. Made by `Customer::insert_many(rows)`.
///
/// The rows are read as they are sent, so that there may be more of them than memory holds. Either all are inserted or none:
/// where they don't fit into one statement, it is a transaction, and inside of another a savepoint.
#[must_use = "an insert does nothing until a scope is given to `returning` or `execute`"]
pub struct InsertMany<'r, M> {
    rows: Unread<'r>,
    marker: PhantomData<fn() -> M>,
}

impl<'r, M: Model> InsertMany<'r, M> {
    /// Rows whose values are there already.
    pub(in crate::query) fn of_values(rows: Vec<Values>) -> Self {
        Self {
            rows: Box::new(rows.into_iter().map(Ok)),
            marker: PhantomData,
        }
    }

    pub(crate) fn new<N, I>(rows: I) -> Self
    where
        N: NewRow<Model = M> + 'r,
        I: IntoIterator<Item = N, IntoIter: Send + 'r>,
    {
        Self {
            rows: Box::new(rows.into_iter().map(NewRow::into_values)),
            marker: PhantomData,
        }
    }

    /// Inserts the rows, and returns their number.
    ///
    /// # Errors
    ///
    /// As [`Insert::returning`](crate::query::Insert::returning); a value that can't be sent is told with the number of its row,
    /// counted from 1.
    pub fn execute<'a, S: WritesTo<M>>(self, scope: &'a mut S) -> S::Outcome<'a, u64>
    where
        'r: 'a,
    {
        let flow = self.flow(scope.context(), Gives::Count, None);
        scope.drive(flow.and_on(|answers| Flow::Done(answers.map(|answers| answers.count))))
    }

    /// Inserts the rows, and returns them as they are stored, in the order in which they were given.
    ///
    /// A row that a trigger of the table leaves out is left out.
    ///
    /// # Errors
    ///
    /// As [`execute`](Self::execute).
    pub fn returning<'a, S: WritesTo<M>>(self, scope: &'a mut S) -> S::Outcome<'a, Vec<Stored<M>>>
    where
        'r: 'a,
    {
        let context = scope.context().clone();
        let flow = self.flow(&context, Gives::Rows, None);
        scope.drive(flow.and_on(move |answers| {
            let read = |answers: Answers| decode::read_all(&answers.rows, &context);
            Flow::Done(answers.and_then(read))
        }))
    }

    /// The flow that inserts the rows, and does something about conflicts.
    pub(in crate::query) fn flow(
        self,
        context: &Context,
        gives: Gives,
        conflict: Option<&OnConflict>,
    ) -> Flow<'r, Answers> {
        let clauses = conflict.map(|conflict| {
            let clause = |guards| conflict.clause(M::DEF, context, guards);
            Ok((clause(false)?, clause(true)?))
        });
        let (alone, guarded) = match clauses.transpose() {
            Ok(clauses) => clauses.unzip(),
            Err(error) => return Flow::Done(Err(error)),
        };
        let once = conflict.and_then(|conflict| conflict.once(M::DEF));
        let guards = guarded.as_ref().filter(|clause| clause.guards);
        let written = guards.map(|_| Written::new(M::DEF, context, gives));
        let mut batches = Batches::new(M::DEF, self.rows, once);
        let mut is_first = true;
        let theirs = context.clone();
        let next = move || {
            let rows = batches.next()?;
            if rows.is_empty() {
                return Ok(None);
            }
            let is_alone = std::mem::take(&mut is_first) && !batches.has_more();
            let rows = without_lacked_in(&theirs, M::DEF, rows)?;
            let clause = if is_alone { &alone } else { &guarded };
            let insertion = insertion(M::DEF, &theirs, &rows, gives, clause.as_ref());
            Ok(Some(insertion))
        };
        run_all(next, gives, written, context.log())
    }
}

/// The rows without the columns that the tenant lacks.
fn without_lacked_in(
    context: &Context,
    model: &'static ModelDef,
    rows: Vec<Values>,
) -> Result<Vec<Values>> {
    if context.version().is_none() {
        return Ok(rows);
    }
    let rows = rows
        .into_iter()
        .map(|row| without_lacked(model, row, context));
    let rows: Result<_> = rows.collect();
    rows.map_err(|error| error.in_model(model, "insert"))
}

impl<M: Model> fmt::Debug for InsertMany<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InsertMany")
            .field("model", &M::NAME)
            .finish_non_exhaustive()
    }
}
