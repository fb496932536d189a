//! Typed expressions: columns, values, and what is computed from them.

mod case;
mod compare;
mod condition;
mod convert;
mod kind;
mod number;
mod operand;
mod path;
mod text;
mod time;
mod typed;

pub use case::{Case, case};
pub use compare::{Compare, Optional};
pub use condition::{Condition, Truth};
pub use convert::{CastTo, Convert, Standalone};
pub use kind::{Aggregate, Constant, Kind, Mixed, Plain, Window, Within};
pub use number::{Amount, Number, Numbers};
pub use operand::{ByExpression, ByValue, Combined, Term};
pub use text::{Text, Texts, Together};
pub use time::{Moment, Now, Part, Times, now};
pub use typed::{Expr, Expression, Mapped};
