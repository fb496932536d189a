//! Migrations that are not one transaction: indexes that are built while others write, and what comes of a crash.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod asked;
mod common;
mod concurrent;
mod failures;
mod interrupted;
mod waits;
