//! The parameters of a statement as a type, so that the compiler counts the values that they are given.

use std::marker::PhantomData;

/// One parameter that has no value yet, and those behind it: `Parameter<Parameter<()>>` are two, `()` is none.
#[derive(Debug)]
pub struct Parameter<Rest>(PhantomData<fn() -> Rest>);

/// Parameters of a statement that does not compile, of which nothing more is to be said.
#[derive(Debug)]
pub enum Uncounted {}

/// Parameters of which one at least has no value yet.
#[diagnostic::on_unimplemented(
    message = "the statement has no parameter for this value",
    label = "all parameters have their values already",
    note = "call `bind` once for each of `$1`, `$2`, ..., in order, however often each of them stands in the statement"
)]
pub trait Unbound: sealed::Sealed {
    /// The parameters that are left when the first one has its value.
    type Rest;
}

/// Parameters that all have their values.
#[diagnostic::on_unimplemented(
    message = "the statement has parameters without a value",
    label = "not all parameters have a value yet",
    note = "call `bind` once for each of `$1`, `$2`, ..., in order, before the statement is run"
)]
pub trait AllBound: sealed::Sealed {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for () {}
    impl Sealed for super::Uncounted {}
    impl<Rest> Sealed for super::Parameter<Rest> {}
}

impl<Rest> Unbound for Parameter<Rest> {
    type Rest = Rest;
}

#[diagnostic::do_not_recommend]
impl Unbound for Uncounted {
    type Rest = Self;
}

impl AllBound for () {}

#[diagnostic::do_not_recommend]
impl AllBound for Uncounted {}
