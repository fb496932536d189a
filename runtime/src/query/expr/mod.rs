//! Typed expressions: columns, values, and what is computed from them.

mod aggregate;
mod case;
mod compare;
mod condition;
mod convert;
mod document;
mod kind;
mod number;
mod operand;
mod path;
mod text;
mod time;
mod tuple;
mod typed;
mod window;

pub use aggregate::{Aggregated, Aggregates, Averaged, Collected, Summed, count};
pub use case::{Case, case};
pub use compare::{Compare, Optional};
pub use condition::{Condition, Truth};
pub use convert::{CastTo, Convert, Standalone};
pub use document::{Document, Documents};
pub use kind::{
    Aggregate, AggregateCall, Constant, Each, EachAnswer, EachGroup, EachRow, Gathers, HasKey,
    Kind, Mixed, OfGroups, Plain, Selectable, Window, Within,
};
pub use number::{Alike, Amount, Number, Numbers, Signed};
pub use operand::{ByExpression, ByValue, Combined, Term};
pub use text::{Text, Texts, Together};
pub use time::{Moment, Now, TimePart, Times, now};
pub(crate) use tuple::among;
pub use tuple::{ColumnTuple, TupleOf, TupleValue, Tuples};
pub use typed::{Expr, Expression, Mapped};
pub use window::{
    Over, Scalared, WindowFunction, Windows, cume_dist, dense_rank, ntile, percent_rank, rank,
    row_number,
};
