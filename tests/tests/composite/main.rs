//! Keys of several columns: rows that are found by all of them together.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod asynchronous;
mod changes;
mod deleted;
mod foreign;
mod foreign_odd;
#[allow(dead_code, reason = "changes of models alone use the rest")]
#[path = "../changes/given.rs"]
mod given;
mod led;
mod many;
mod models;
#[allow(dead_code, reason = "moves of models alone use the rest")]
#[path = "../moves/given.rs"]
mod moved;
mod moves;
mod places;
mod queries;
mod rows;
