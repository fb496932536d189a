//! Many rows that were loaded and changed.

use super::bulk::{GivenRow, RowChanges, number};
use super::decode;
use super::stored::Stored;
use crate::error::{ErrorKind, Result};
use crate::exec::Flow;
use crate::exec::reach::WritesTo;
use crate::model::Model;
use crate::place::Context;

const STALE: &str = "were changed or deleted since they were loaded, and none is saved\n\
    help: load them again, and make the changes to those";

/// Writes the changed columns of many rows, all of them or none.
pub(super) fn save_all<'a, M: Model + Send, S: WritesTo<M>>(
    rows: impl IntoIterator<Item = &'a mut Stored<M>>,
    scope: &'a mut S,
) -> S::Outcome<'a, u64> {
    let context = scope.context().clone();
    let rows: Vec<_> = rows.into_iter().collect();
    scope.drive(match changes(&rows, &context) {
        Ok(Some(changes)) => {
            let theirs = context.clone();
            changes.run(&context, (ErrorKind::Stale, STALE), move |answer| {
                taken_over(rows, &answer, &theirs)
            })
        }
        Ok(None) => Flow::Done(Ok(0)),
        Err(error) => Flow::Done(Err(error)),
    })
}

/// The changes of rows, if there are any.
fn changes<M: Model>(rows: &[&mut Stored<M>], context: &Context) -> Result<Option<RowChanges>> {
    let mut given = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        let number = place + 1;
        let changed = row.changed(context).map_err(|error| {
            let message = format!("row {number} of those given: {}", error.message());
            let kind = error.kind();
            error.retold(kind, message)
        })?;
        given.extend(changed.map(|changed| GivenRow {
            number,
            key: changed.key,
            is_deleted: changed.is_deleted,
            versions: changed.versions,
            values: changed.values,
        }));
    }
    if given.is_empty() {
        return Ok(None);
    }
    RowChanges::new(M::DEF, "save", rows.len(), given).map(Some)
}

/// Has rows be as they are stored by now.
fn taken_over<M: Model>(
    mut rows: Vec<&mut Stored<M>>,
    answer: &[postgres::Row],
    context: &Context,
) -> Result<u64> {
    let stored: Vec<Stored<M>> = decode::read_all(answer, context)?;
    for (row, stored) in answer.iter().zip(stored) {
        rows[number(row) - 1].take_over(stored, context);
    }
    Ok(answer.len() as u64)
}
