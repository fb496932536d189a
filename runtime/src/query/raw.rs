//! Statements written as SQL, whose models and columns the compiler has looked up.

use std::fmt;
use std::marker::PhantomData;

use crate::exec::Effect;
use crate::exec::reach::{Permits, Scope};
use crate::model::{Column, Model, ModelDef, Placement};

/// A statement made by [`sql!`](crate::sql).
///
/// `Reach` is the placement whose scope it runs in, and `Writes` what it writes: a placement, or
/// [`ReadOnly`](crate::model::ReadOnly). `Parameters` are those that it has, as [`Parameter`](super::Parameter) counts them.
pub struct RawSql<Reach, Writes, Parameters = ()> {
    pieces: &'static [Piece],
    effect: Effect,
    placement: PhantomData<fn() -> (Reach, Writes)>,
    parameters: PhantomData<fn() -> Parameters>,
}

/// A piece of a statement.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Piece {
    /// SQL as it is.
    Text(&'static str),
    /// The table of a model, to be qualified with its schema.
    Table(&'static ModelDef),
    /// The name of a column, to be quoted.
    Column(&'static str),
}

impl<Reach, Writes, Parameters> RawSql<Reach, Writes, Parameters> {
    /// Takes the pieces of a statement. For the macro.
    #[doc(hidden)]
    pub const fn new(pieces: &'static [Piece], effect: Effect) -> Self {
        Self {
            pieces,
            effect,
            placement: PhantomData,
            parameters: PhantomData,
        }
    }
}

/// A statement that the scope `S` can run as SQL: what [`sql!`](crate::sql) makes, if `S` reaches its models and may
/// write what it writes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a statement that the compiler has checked",
    label = "not made by `sql!`",
    note = "write `sql!(\"...\")`, with `{{Model}}` for tables and `$1`, `$2`, ... for values"
)]
pub trait CheckedSql<S>: sealed::Sealed {
    /// The statement's parameters, `$1` to `$n`, as [`Parameter`](super::Parameter) counts them.
    type Parameters;

    /// The pieces, in order.
    fn pieces(&self) -> &'static [Piece];

    /// Effect of the statement, as far as its text tells.
    fn effect(&self) -> Effect;
}

mod sealed {
    pub trait Sealed {}
    impl<Reach, Writes, Parameters> Sealed for super::RawSql<Reach, Writes, Parameters> {}
}

impl<Reach, Writes, Parameters, S> CheckedSql<S> for RawSql<Reach, Writes, Parameters>
where
    Reach: Placement,
    S: Scope<Reach> + Permits<Writes>,
{
    type Parameters = Parameters;

    fn pieces(&self) -> &'static [Piece] {
        self.pieces
    }

    fn effect(&self) -> Effect {
        self.effect
    }
}

/// The name of a column, which has to be one of `M`. For the macro.
#[doc(hidden)]
pub const fn column_name<M: Model, T>(column: Column<M, T>) -> &'static str {
    column.name()
}

impl<Reach, Writes, Parameters> Clone for RawSql<Reach, Writes, Parameters> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Reach, Writes, Parameters> Copy for RawSql<Reach, Writes, Parameters> {}

impl<Reach, Writes, Parameters> fmt::Debug for RawSql<Reach, Writes, Parameters> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RawSql(")?;
        for piece in self.pieces {
            match piece {
                Piece::Text(text) => f.write_str(text)?,
                Piece::Table(model) => write!(f, "{{{}}}", model.name)?,
                Piece::Column(name) => write!(f, "\"{name}\"")?,
            }
        }
        f.write_str(")")
    }
}
