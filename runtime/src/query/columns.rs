//! Columns of one model, given together.

use super::tuples::up_to_twelve;
use crate::model::{Column, ColumnDef, Model};

/// One column of `M`, or a tuple of up to twelve: `(Customer::NAME, Customer::EMAIL)`.
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
        impl<M: Model, $($name),*> Columns<M> for ($(Column<M, $name>,)*) {
            fn defs(self) -> Vec<&'static ColumnDef> {
                #[expect(non_snake_case, reason = "a value is named as its type")]
                let ($($name,)*) = self;
                vec![$($name.def()),*]
            }
        }
    )*};
}

up_to_twelve!(tuples);
