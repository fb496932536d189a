//! How many rows a relation leads to.

use super::level::Below;
use crate::error::Result;
use crate::model::ForeignKey;

/// Number of rows that a relation leads to: [`Many`], or one as a [`ForeignKey`] says.
pub trait HowMany: sealed::Sealed + 'static {
    /// Result of a relation for a row.
    type Of<T>;

    #[doc(hidden)]
    fn gather<T>(found: Found<'_, T>) -> Result<Option<Self::Of<T>>>;
}

/// Any number of rows, as a `Vec`.
#[derive(Debug, Clone, Copy)]
pub enum Many {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Many {}
    impl<F: super::ForeignKey> Sealed for F {}
}

/// The rows that belong to one.
pub struct Found<'l, T> {
    pub(super) below: &'l Below,
    pub(super) above: usize,
    pub(super) read: &'l dyn Fn(usize) -> Result<T>,
}

impl<T> std::fmt::Debug for Found<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Found")
            .field(&self.below.of(self.above).len())
            .finish()
    }
}

impl HowMany for Many {
    type Of<T> = Vec<T>;

    fn gather<T>(found: Found<'_, T>) -> Result<Option<Vec<T>>> {
        let rows = found.below.of(found.above);
        let mut all = Vec::with_capacity(rows.len());
        for &row in rows {
            all.push((found.read)(row)?);
        }
        Ok(Some(all))
    }
}

impl<F: ForeignKey> HowMany for F {
    type Of<T> = F::Of<T>;

    fn gather<T>(found: Found<'_, T>) -> Result<Option<F::Of<T>>> {
        match found.below.of(found.above).first() {
            Some(&row) => Ok(F::wrap(Some((found.read)(row)?))),
            None if found.below.is_keyed(found.above) => Ok(None),
            None => Ok(F::wrap(None)),
        }
    }
}
