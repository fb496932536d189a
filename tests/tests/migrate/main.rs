//! Running a chain over the shared schema and the fleet.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod announced;
mod catalogue;
mod circles;
mod common;
mod failures;
mod phases;
mod recorded;
mod runs;
mod served;
