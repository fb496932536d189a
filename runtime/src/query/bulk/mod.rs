//! Statements about many rows that are given: in a few statements however many they are, and all of them or none.

mod batches;
mod copy_in;
mod copy_looks;
mod given;
mod insert_many;
mod insertion;
mod seen;
mod sequence;
mod text;
pub(super) mod twice;

pub use copy_in::CopyIn;
pub(super) use given::{GivenRow, RowChanges, number};
pub use insert_many::InsertMany;
pub(super) use insertion::{Values, insertion};
pub(super) use sequence::Answers;
