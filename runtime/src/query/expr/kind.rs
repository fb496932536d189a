//! Kinds of expressions: of one row, of a group of rows, or of neither.

/// Kind of an expression: what it is computed from.
pub trait Kind: sealed::Sealed + Send + Sync + 'static {
    /// Kind of an expression that is made of one of this kind and another.
    type With<K: Kind>: Kind;
    #[doc(hidden)]
    type BesidePlain: Kind;
    #[doc(hidden)]
    type BesideAggregate: Kind;
    #[doc(hidden)]
    type BesideWindow: Kind;
}

/// Computed from no row: a value, or `now()`.
#[derive(Debug, Clone, Copy)]
pub enum Constant {}

/// Computed from each row by itself: a column.
#[derive(Debug, Clone, Copy)]
pub enum Plain {}

/// Computed from the rows of a group: `sum(total)`, or the group's key.
#[derive(Debug, Clone, Copy)]
pub enum Aggregate {}

/// Computed for each row from the rows around it: `row_number() OVER (...)`.
#[derive(Debug, Clone, Copy)]
pub enum Window {}

/// Made of an aggregate and of a column that is not of the group: there is no value.
#[derive(Debug, Clone, Copy)]
pub enum Mixed {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Constant {}
    impl Sealed for super::Plain {}
    impl Sealed for super::Aggregate {}
    impl Sealed for super::Window {}
    impl Sealed for super::Mixed {}
}

impl Kind for Constant {
    type With<K: Kind> = K;
    type BesidePlain = Plain;
    type BesideAggregate = Aggregate;
    type BesideWindow = Window;
}

impl Kind for Plain {
    type With<K: Kind> = K::BesidePlain;
    type BesidePlain = Plain;
    type BesideAggregate = Mixed;
    type BesideWindow = Window;
}

impl Kind for Aggregate {
    type With<K: Kind> = K::BesideAggregate;
    type BesidePlain = Mixed;
    type BesideAggregate = Aggregate;
    type BesideWindow = Mixed;
}

impl Kind for Window {
    type With<K: Kind> = K::BesideWindow;
    type BesidePlain = Window;
    type BesideAggregate = Mixed;
    type BesideWindow = Window;
}

impl Kind for Mixed {
    type With<K: Kind> = Self;
    type BesidePlain = Self;
    type BesideAggregate = Self;
    type BesideWindow = Self;
}

/// A kind of expression that can stand where one of another kind belongs.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` expression can't stand where a `{Place}` one belongs",
    label = "of kind `{Self}`, and here belongs `{Place}`",
    note = "a condition on aggregates, as on `sum` or `count`, is given to `having`, behind `group_by`; one on single rows to `filter`",
    note = "aggregates, and what is made of columns and windows, are not computed from aggregates or windows again"
)]
pub trait Within<Place>: Kind {}

impl Within<Constant> for Constant {}
impl Within<Plain> for Constant {}
impl Within<Plain> for Plain {}
impl Within<Aggregate> for Constant {}
impl Within<Aggregate> for Aggregate {}
impl Within<Window> for Constant {}
impl Within<Window> for Plain {}
impl Within<Window> for Window {}
