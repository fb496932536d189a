//! The columns of an embedded struct, as one.

use std::fmt;
use std::marker::PhantomData;

use super::{ColumnDef, Embedded, Embeds, Model};

/// The columns of `M` that are the fields of an embedded struct `T`, or of an `Option` of one: `Customer::BILLING`.
///
/// As a whole they are selected, compared and given values; each of them has a constant of its own too, `Customer::BILLING_CITY`.
pub struct Embedding<M, T> {
    first: usize,
    marker: PhantomData<fn() -> (M, T)>,
}

impl<M, T> Embedding<M, T> {
    /// Names the columns by the position of the first among the model's columns. For the macros.
    #[doc(hidden)]
    pub const fn at(first: usize) -> Self {
        Self {
            first,
            marker: PhantomData,
        }
    }
}

impl<M: Model, T: Embeds> Embedding<M, T> {
    /// Definitions of the columns, in the order of the struct's fields.
    pub fn defs(self) -> &'static [ColumnDef] {
        &M::DEF.columns[self.first..][..T::Struct::COLUMNS.len()]
    }
}

impl<M, T> Clone for Embedding<M, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T> Copy for Embedding<M, T> {}

impl<M: Model, T: Embeds> fmt::Debug for Embedding<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.defs().iter().map(|def| def.field).collect();
        write!(f, "{}::({})", M::NAME, names.join(", "))
    }
}
