//! Statements about many rows that are given: in a few statements however many they are, and all of them or none.

mod batches;
mod insert_many;
mod insertion;
mod sequence;
pub(super) mod twice;

pub use insert_many::InsertMany;
pub(super) use insertion::{Values, insertion};
pub(super) use sequence::Answers;
