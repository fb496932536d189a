//! Keys of several columns: rows that are found by all of them together.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod asynchronous;
mod changes;
#[allow(dead_code, reason = "changes of models alone use the rest")]
#[path = "../changes/given.rs"]
mod given;
mod many;
mod models;
mod places;
mod queries;
mod rows;
