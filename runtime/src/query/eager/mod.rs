//! Related rows that are loaded with rows, one statement for each relation.

mod branch;
mod level;
mod loading;
mod many;
mod related;
mod relation;
mod wanted;

pub(crate) use branch::Branch;
pub use loading::{Loading, WholeRow};
pub use many::{HowMany, Many};
pub use related::Related;
pub use relation::Relation;
pub(in crate::query) use wanted::WantedRows;
