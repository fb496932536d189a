//! Relations: columns and more that lead from a row to others.

use std::sync::Arc;

use super::branch::Branch;
use super::level::{Below, Keys, load_below};
use crate::error::Result;
use crate::exec::Flow;
use crate::exec::reach::Reaches;
use crate::model::{Model, Placement};
use crate::place::Context;
use crate::query::error::{check_origin, encode_error};
use crate::query::stored::Stored;
use crate::value::Param;

/// Reads what belongs to a row of the level above.
pub(super) type ReadBelow<Out> = Arc<dyn Fn(&Below, usize, &Context) -> Result<Out> + Send + Sync>;

/// A relation from rows of `M` to others: a foreign key, its inverse, or one with more asked of it, a [`Related`](super::Related).
#[diagnostic::on_unimplemented(
    message = "`{Self}` leads from no row of `{M}` to others",
    label = "no relation of `{M}`",
    note = "rows are loaded with rows of `{M}` along a foreign key of `{M}`, `{M}::COLUMN`, or the inverse of one that references `{M}`, `{M}::INVERSE`",
    note = "relations of the rows that are loaded are given to the relation: `{M}::INVERSE.with(Other::COLUMN)`"
)]
pub trait Relation<M: Model>: sealed::Sealed + Sized {
    /// Result for a row: a `Vec` of rows, a row, or an `Option` of one.
    type Loaded: 'static;
    /// The placement that a scope must reach.
    type Reach: Placement;

    #[doc(hidden)]
    fn into_relationship(self) -> Relationship<Self::Loaded>;

    /// Loads what belongs to rows that are at hand already, in their order: `Customer::INVOICES.load(&customers, &mut scope)`.
    ///
    /// It takes one statement, and one for each relation that is loaded with the rows; none where there are no rows.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ForeignRow`](crate::ErrorKind::ForeignRow), when a row came from elsewhere; and as
    /// [`Loading::all`](super::Loading::all).
    fn load<'r, 'a, S: Reaches<M, Self::Reach>>(
        self,
        rows: impl IntoIterator<Item = &'r Stored<M>>,
        scope: &'a mut S,
    ) -> S::Outcome<'a, Vec<Self::Loaded>> {
        let context = scope.context().clone();
        let Relationship { branch, read } = self.into_relationship();
        let keys: Result<Vec<Param>> = rows
            .into_iter()
            .map(|row| {
                check_origin(M::DEF, row.origin(), &context, "load")?;
                if branch.is_inverse {
                    return Param::of(&row.key())
                        .map_err(|error| encode_error(&error).in_model(M::DEF, "load"));
                }
                Ok(row.values("load")?.swap_remove(branch.from))
            })
            .collect();
        let keys = keys.and_then(|keys| {
            let bytes = keys
                .iter()
                .map(|key| Ok((!key.is_null()).then(|| (key.bytes(), key.origin()))));
            Keys::new(&branch, bytes)
        });
        let keys = match keys {
            Ok(keys) => keys,
            Err(error) => return scope.drive(Flow::Done(Err(error))),
        };
        scope.drive(
            load_below(keys, branch, context.clone()).and_on(move |below| {
                Flow::Done(below.and_then(|below| {
                    let rows = 0..below.rows_above();
                    rows.map(|row| read(&below, row, &context)).collect()
                }))
            }),
        )
    }
}

/// A relation as data, and how its rows are read.
pub struct Relationship<Out> {
    pub(super) branch: Branch,
    pub(super) read: ReadBelow<Out>,
}

impl<Out> std::fmt::Debug for Relationship<Out> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Relationship").field(&self.branch).finish()
    }
}

pub(super) mod sealed {
    pub trait Sealed {}
}
