//! Queries as data: built here without I/O, run by passing a scope to their last method.
//!
//! A statement names every table with its schema, which the scope decides; the compiler lets a query run only in a
//! scope that reaches its models.

mod change;
mod condition;
mod decode;
mod fits;
mod insert;
mod keyed;
mod node;
mod order;
mod raw;
mod related;
mod render;
mod select;
mod stored;

pub use change::{Delete, Update};
pub use condition::Expr;
pub(crate) use decode::read_by_name;
pub use decode::{Append, FromRow};
pub use insert::Insert;
pub use keyed::Find;
pub use order::Order;
pub use raw::{CheckedSql, RawSql};
#[doc(hidden)]
pub use raw::{Piece, column_name};
pub use select::Query;
pub use stored::Stored;
