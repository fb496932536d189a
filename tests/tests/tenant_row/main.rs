//! A shared model whose rows are the tenants: made, found, renamed and dropped with them, and never without.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod application;
#[allow(dead_code, reason = "changes of models alone use the rest")]
#[path = "../changes/given.rs"]
mod given;
mod guarded;
mod life;
mod migrated;
mod odd;
mod trigger;
