//! Migrations whose statements are done in batches of rows.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod common;
mod edited;
mod held;
mod keys;
mod refused;
mod runs;
mod stopped;
