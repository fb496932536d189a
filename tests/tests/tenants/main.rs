//! The life of a tenant: create, open, suspend, rename, drop.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod create;
mod crowded;
mod drop;
mod life;
