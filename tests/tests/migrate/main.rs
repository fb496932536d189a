//! Running a chain over the shared schema and the fleet.

mod announced;
mod catalogue;
mod circles;
mod common;
mod failures;
mod phases;
mod recorded;
mod runs;
mod served;
