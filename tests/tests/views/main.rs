//! Models that are views, through migrations and on a server, for threads and tasks.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]
#![allow(
    clippy::redundant_closure_for_method_calls,
    reason = "queries are written as users write them"
)]

mod changes;
#[allow(dead_code, reason = "changes of models alone use the rest")]
#[path = "../changes/given.rs"]
mod given;
mod misfits;
mod queries;
mod shop;
mod steps;
