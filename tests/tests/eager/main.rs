//! Rows that are loaded with the rows that belong to them.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]
#![allow(
    clippy::redundant_closure_for_method_calls,
    clippy::type_complexity,
    reason = "queries are written as users write them, and the types of answers are what is tested"
)]

mod asynchronous;
mod keys;
mod limits;
mod relations;
mod sent;
mod work;
