//! Shared models that are filled from the rows of all tenants.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]
#![allow(
    clippy::redundant_closure_for_method_calls,
    reason = "queries are written as users write them"
)]

mod application;
mod asynchronous;
mod beside;
mod failures;
mod runs;
