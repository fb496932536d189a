//! Whether a value can be null, as a type.

use super::{Field, Scalar};

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Always {}
    impl Sealed for super::Sometimes {}
}

/// Answer to whether there is always a value: [`Always`], or [`Sometimes`] for an `Option`.
pub trait Nullness: sealed::Sealed + Send + Sync + 'static {
    /// Field of a scalar: the scalar itself, or an `Option` of it.
    type Of<T: Scalar>: Field<Scalar = T, Null = Self>;

    /// Nullness of what is made of two values, and is null if either is.
    type With<N: Nullness>: Nullness;
}

/// There is always a value.
#[derive(Debug, Clone, Copy)]
pub enum Always {}

/// There may be none.
#[derive(Debug, Clone, Copy)]
pub enum Sometimes {}

impl Nullness for Always {
    type Of<T: Scalar> = T;
    type With<N: Nullness> = N;
}

impl Nullness for Sometimes {
    type Of<T: Scalar> = Option<T>;
    type With<N: Nullness> = Self;
}
