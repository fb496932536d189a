//! Columns of one model, given together.

use super::tuples::up_to_twelve;
use crate::model::{Column, ColumnDef, Model};

/// One column of `M`, an embedded struct as a whole, or a tuple of up to twelve of these: `(Customer::NAME, Customer::BILLING)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no column of `{M}`",
    label = "not columns of `{M}`",
    note = "write one column, `{M}::NAME`, or several in parentheses, `({M}::NAME, {M}::EMAIL)`"
)]
pub trait Columns<M: Model>: Copy {
    /// Definitions of the columns.
    #[doc(hidden)]
    fn defs(self) -> Vec<&'static ColumnDef>;
}

impl<M: Model, T> Columns<M> for Column<M, T> {
    fn defs(self) -> Vec<&'static ColumnDef> {
        vec![self.def()]
    }
}

macro_rules! tuples {
    ($($($name:ident)*;)*) => {$(
        impl<M: Model, $($name: Columns<M>),*> Columns<M> for ($($name,)*) {
            fn defs(self) -> Vec<&'static ColumnDef> {
                #[expect(non_snake_case, reason = "a value is named as its type")]
                let ($($name,)*) = self;
                let all = [$($name.defs()),*];
                all.into_iter().flatten().collect()
            }
        }
    )*};
}

up_to_twelve!(tuples);
