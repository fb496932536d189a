//! Ranges of migrations made one: for who has all of them, none, or a part.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod beside;
mod common;
mod deferred;
mod files;
mod fleet;
mod phases;
mod refused;
mod story;
