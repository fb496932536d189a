//! Kinds of expressions: of one row, of a group of rows, or of neither.

/// Kind of an expression: what it is computed from.
pub trait Kind: sealed::Sealed + Send + Sync + 'static {
    /// Kind of an expression that is made of one of this kind and another.
    type With<K: Kind>: Kind;
    #[doc(hidden)]
    type BesideConstant: Kind;
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

/// An aggregate as such, which can still be given a `filter` or a window; in all other ways an [`Aggregate`].
#[derive(Debug, Clone, Copy)]
pub enum AggregateCall {}

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
    impl Sealed for super::AggregateCall {}
    impl Sealed for super::Window {}
    impl Sealed for super::Mixed {}
    impl Sealed for super::EachRow {}
    impl Sealed for super::EachGroup {}
    impl Sealed for super::EachAnswer {}
}

impl Kind for Constant {
    type With<K: Kind> = K::BesideConstant;
    type BesideConstant = Constant;
    type BesidePlain = Plain;
    type BesideAggregate = Aggregate;
    type BesideWindow = Window;
}

impl Kind for Plain {
    type With<K: Kind> = K::BesidePlain;
    type BesideConstant = Plain;
    type BesidePlain = Plain;
    type BesideAggregate = Mixed;
    type BesideWindow = Window;
}

impl Kind for Aggregate {
    type With<K: Kind> = K::BesideAggregate;
    type BesideConstant = Aggregate;
    type BesidePlain = Mixed;
    type BesideAggregate = Aggregate;
    type BesideWindow = Mixed;
}

impl Kind for AggregateCall {
    type With<K: Kind> = K::BesideAggregate;
    type BesideConstant = Aggregate;
    type BesidePlain = Mixed;
    type BesideAggregate = Aggregate;
    type BesideWindow = Mixed;
}

impl Kind for Window {
    type With<K: Kind> = K::BesideWindow;
    type BesideConstant = Window;
    type BesidePlain = Window;
    type BesideAggregate = Mixed;
    type BesideWindow = Window;
}

impl Kind for Mixed {
    type With<K: Kind> = Self;
    type BesideConstant = Self;
    type BesidePlain = Self;
    type BesideAggregate = Self;
    type BesideWindow = Self;
}

/// A kind of expression that can stand where one of another kind belongs.
#[diagnostic::on_unimplemented(
    message = "an expression of kind `{Self}` can't stand where one of kind `{Place}` belongs",
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
impl Within<Aggregate> for AggregateCall {}
impl Within<Window> for Constant {}
impl Within<Window> for Plain {}
impl Within<Window> for Window {}

// What queries put together have computed already is a value, whatever it was computed from.
impl<K: Kind> Within<Mixed> for K {}

/// A kind of expression that groups of rows have a value of: an aggregate, a key, or a value.
#[diagnostic::on_unimplemented(
    message = "groups have keys and aggregates, and this is of single rows",
    label = "a column or window of single rows, and here belong aggregates",
    note = "the keys come by themselves, before what is selected: `query.group_by(Model::COLUMN).select(count())` gives pairs of the column and the count",
    note = "to have another column, group by it too, `group_by((Model::COLUMN, Model::OTHER))`, or take its least or greatest, `Model::OTHER.min()`",
    note = "to order groups by their keys, write `order_by_key(|key| key.asc())`; a condition on single rows is given to `filter`, before `group_by`"
)]
pub trait OfGroups: Kind {}

impl OfGroups for Constant {}
impl OfGroups for Aggregate {}
impl OfGroups for AggregateCall {}

/// A kind of expressions that make one value of many rows.
#[diagnostic::on_unimplemented(
    message = "an expression of kind `{Self}` makes no one value of many rows",
    label = "no aggregate, and here belongs one",
    note = "aggregates are `count()`, `Model::COLUMN.sum()`, `min()`, `max()` and the like, and what is computed from them"
)]
pub trait Gathers: Kind {}

impl Gathers for Aggregate {}
impl Gathers for AggregateCall {}

/// A kind of expression that a query can select: all but one of single rows and of groups at once.
#[diagnostic::on_unimplemented(
    message = "an aggregate stands beside a column of single rows",
    label = "an aggregate is of many rows, and a column of one",
    note = "to have both, group by the column: `query.group_by(Model::COLUMN).select(aggregates)` gives the column's values and the aggregates of each",
    note = "to have one value of a group, take its least or greatest: `Model::COLUMN.min()`"
)]
pub trait Selectable: Kind {
    /// Unit of the answer: rows or groups.
    type Each: Each;
}

impl Selectable for Constant {
    type Each = EachRow;
}

impl Selectable for Plain {
    type Each = EachRow;
}

impl Selectable for Window {
    type Each = EachRow;
}

impl Selectable for Aggregate {
    type Each = EachGroup;
}

impl Selectable for AggregateCall {
    type Each = EachGroup;
}

/// Unit of which the answer to a query has a row: [`EachRow`], [`EachGroup`] or [`EachAnswer`].
pub trait Each: sealed::Sealed + Send + Sync + 'static {
    /// The kind of expression that it is ordered by.
    type Orders;
    /// Unit of the answer that is made of this one and another.
    type United: Each;
    #[doc(hidden)]
    const GROUPS: bool;
}

/// Each row of the table.
#[derive(Debug, Clone, Copy)]
pub enum EachRow {}

/// Each group of rows.
#[derive(Debug, Clone, Copy)]
pub enum EachGroup {}

/// Each row of an answer that is put together of groups.
#[derive(Debug, Clone, Copy)]
pub enum EachAnswer {}

/// A unit that has a key by which it is found again: [`EachRow`].
#[diagnostic::on_unimplemented(
    message = "groups of rows have no cursors",
    label = "gives groups, and a cursor is the position of a row",
    note = "ask for groups in pages by their number, `page(number, size)`, or for all of them"
)]
pub trait HasKey: Each {}

impl HasKey for EachRow {}

impl Each for EachRow {
    type Orders = Window;
    type United = Self;
    const GROUPS: bool = false;
}

impl Each for EachGroup {
    type Orders = Aggregate;
    type United = EachAnswer;
    const GROUPS: bool = true;
}

impl Each for EachAnswer {
    type Orders = Mixed;
    type United = Self;
    const GROUPS: bool = true;
}
