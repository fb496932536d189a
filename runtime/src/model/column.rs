//! Typed columns and the inverse side of foreign keys.

use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;

use super::{ColumnDef, Model};

/// The column of `M` that holds a `T`: `Customer::EMAIL`.
///
/// Its methods make conditions and orders, see [`query`](crate::query).
pub struct Column<M, T> {
    index: usize,
    marker: PhantomData<fn() -> (M, T)>,
}

impl<M, T> Column<M, T> {
    /// Names a column by its position among the model's columns. For the macros.
    #[doc(hidden)]
    pub const fn at(index: usize) -> Self {
        Self {
            index,
            marker: PhantomData,
        }
    }
}

impl<M: Model, T> Column<M, T> {
    /// The column's position among the model's columns.
    pub const fn index(self) -> usize {
        self.index
    }

    /// Definition of the column.
    pub const fn def(self) -> &'static ColumnDef {
        &M::DEF.columns[self.index]
    }

    /// The column's name in the table.
    pub const fn name(self) -> &'static str {
        self.def().name
    }
}

impl<M, T> Clone for Column<M, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T> Copy for Column<M, T> {}

impl<M: Model, T> fmt::Debug for Column<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", M::NAME, self.def().field)
    }
}

/// Refusal of `==` and `<` on a column: where a condition belongs as a `bool`, elsewhere by [`COMPARED`](Self::COMPARED).
struct Operators<C, R>(PhantomData<fn() -> (C, R)>);

impl<C, R> Operators<C, R> {
    const COMPARED: () = panic!(
        "the database compares columns, and the program can't\nhelp: write `Model::COLUMN.eq(value)`, or `ne`, `lt`, `le`, `gt`, `ge`, in a query's `filter`"
    );
}

#[doc(hidden)]
impl<M, T, R> PartialEq<R> for Column<M, T> {
    fn eq(&self, _: &R) -> bool {
        let () = Operators::<Self, R>::COMPARED;
        false
    }
}

#[doc(hidden)]
impl<M, T, R> PartialOrd<R> for Column<M, T> {
    fn partial_cmp(&self, _: &R) -> Option<Ordering> {
        let () = Operators::<Self, R>::COMPARED;
        None
    }
}

/// The rows of `T` that reference a row of `M`: `Customer::INVOICES`.
///
/// Made by `#[field(inverse = "invoices")]` on the foreign key of `T`, or by [`Column::inverse`].
pub struct Inverse<M, T> {
    index: usize,
    marker: PhantomData<fn() -> (M, T)>,
}

impl<M, T> Inverse<M, T> {
    /// Names the foreign key by its position among the columns of `T`. For the macros.
    #[doc(hidden)]
    pub const fn at(index: usize) -> Self {
        Self {
            index,
            marker: PhantomData,
        }
    }
}

impl<M: Model, T: Model> Inverse<M, T> {
    /// The foreign key's position among the columns of `T`.
    pub(crate) const fn index(self) -> usize {
        self.index
    }

    /// The foreign key's column.
    pub const fn def(self) -> &'static ColumnDef {
        &T::DEF.columns[self.index]
    }
}

impl<M, T> Clone for Inverse<M, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T> Copy for Inverse<M, T> {}

impl<M: Model, T: Model> fmt::Debug for Inverse<M, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{} seen from {}", T::NAME, self.def().field, M::NAME)
    }
}

/// A field that references a model: `Fk<T>` or `Option<Fk<T>>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a foreign key",
    note = "only a field of type `Fk<Model>` or `Option<Fk<Model>>` can be followed"
)]
pub trait ForeignKey: crate::value::Field {
    /// The referenced model.
    type Target: Model;
    /// Result of following the field: `T`, or `Option<T>` where there may be none.
    type Of<T>;

    /// Wraps the row that was found; none where the field promises one and there is none.
    fn wrap<T>(found: Option<T>) -> Option<Self::Of<T>>;
}

impl<M: Model> ForeignKey for super::Fk<M> {
    type Target = M;
    type Of<T> = T;

    fn wrap<T>(found: Option<T>) -> Option<T> {
        found
    }
}

impl<M: Model> ForeignKey for Option<super::Fk<M>> {
    type Target = M;
    type Of<T> = Option<T>;

    fn wrap<T>(found: Option<T>) -> Option<Option<T>> {
        Some(found)
    }
}

impl<M: Model, F: ForeignKey> Column<M, F> {
    /// The same relation, seen from the referenced model.
    pub const fn inverse(self) -> Inverse<F::Target, M> {
        Inverse::at(self.index)
    }
}
