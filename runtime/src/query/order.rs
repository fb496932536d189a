//! Orders: `Invoice::ISSUED_ON.desc()`.

use std::fmt;
use std::marker::PhantomData;

use super::node::Step;
use crate::model::{Column, ColumnDef, ForeignKey, Model};
use crate::value::Field;

/// An order of rows of `M`.
pub struct Order<M: Model> {
    pub(crate) column: &'static ColumnDef,
    /// The foreign keys to follow to the column's table, the first one first.
    pub(crate) path: Vec<Step>,
    pub(crate) descending: bool,
    pub(crate) nulls_first: Option<bool>,
    marker: PhantomData<fn() -> M>,
}

/// An order of rows of `M`: an [`Order`], and nothing else.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no order of rows of `{M}`",
    label = "no order of rows of `{M}`",
    note = "an order is made of a column of `{M}`: `{M}::COLUMN.asc()` or `{M}::COLUMN.desc()`",
    note = "an order of rows that `{M}` references is given to the foreign key: `{M}::COLUMN.by(order)`"
)]
pub trait Ordering<M: Model>: sealed::Sealed {
    #[doc(hidden)]
    fn into_order(self) -> Order<M>;
}

mod sealed {
    pub trait Sealed {}
    impl<M: super::Model> Sealed for super::Order<M> {}
}

impl<M: Model> Ordering<M> for Order<M> {
    fn into_order(self) -> Self {
        self
    }
}

impl<M: Model> Order<M> {
    /// Puts nulls before all values; without this they are after them, or before them in a descending order.
    pub fn nulls_first(mut self) -> Self {
        self.nulls_first = Some(true);
        self
    }

    /// Puts nulls after all values.
    pub fn nulls_last(mut self) -> Self {
        self.nulls_first = Some(false);
        self
    }
}

impl<M: Model> Clone for Order<M> {
    fn clone(&self) -> Self {
        let Self {
            column,
            path,
            descending,
            nulls_first,
            marker,
        } = self;
        Self {
            column,
            path: path.clone(),
            descending: *descending,
            nulls_first: *nulls_first,
            marker: *marker,
        }
    }
}

impl<M: Model> fmt::Debug for Order<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Order")
            .field("column", &self.column.name)
            .field("descending", &self.descending)
            .finish_non_exhaustive()
    }
}

impl<M: Model, T: Field> Column<M, T> {
    /// Orders from the least value to the greatest.
    pub fn asc(self) -> Order<M> {
        Order {
            column: self.def(),
            path: Vec::new(),
            descending: false,
            nulls_first: None,
            marker: PhantomData,
        }
    }

    /// Orders from the greatest value to the least.
    pub fn desc(self) -> Order<M> {
        Order {
            descending: true,
            ..self.asc()
        }
    }
}

impl<M: Model, F: ForeignKey> Column<M, F> {
    /// Orders by a column of the referenced model: `Invoice::CUSTOMER.by(Customer::NAME.asc())`.
    pub fn by(self, order: Order<F::Target>) -> Order<M> {
        let mut path = vec![self.step()];
        path.extend(order.path);
        let Order {
            column,
            descending,
            nulls_first,
            ..
        } = order;
        Order {
            column,
            path,
            descending,
            nulls_first,
            marker: PhantomData,
        }
    }
}
