//! Columns that `set` gives values to: one, or the columns of an embedded struct.

use super::expr::{Plain, Term, Within};
use super::node::Node;
use crate::model::{Column, ColumnDef, Model, Placement};
use crate::value::Field;

/// A column that takes a value `V`, or a [`Embedding`](crate::model::Embedding) that takes a struct.
///
/// `By` is that of [`Term`], which the compiler finds by itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be set to `{V}` in rows of `{M}`",
    label = "no column of `{M}` that takes it",
    note = "what is set is a column, `.set({M}::COLUMN, value)`, or an embedded struct as a whole"
)]
pub trait Assigns<M: Model, V, By> {
    /// The placement that a scope must reach to evaluate the value.
    type Reach: Placement;

    #[doc(hidden)]
    fn assigned(self, value: V) -> Assigned;
}

/// Columns and what they are given.
#[doc(hidden)]
#[derive(Debug)]
pub struct Assigned(pub(super) Vec<(&'static ColumnDef, Node)>);

impl<M: Model, T: Field, V, By> Assigns<M, V, By> for Column<M, T>
where
    V: Term<M, T, By, Kind: Within<Plain>>,
{
    type Reach = V::Reach;

    fn assigned(self, value: V) -> Assigned {
        Assigned(vec![(self.def(), value.into_term().node)])
    }
}
