//! A shared model whose rows are the tenants: made, found, renamed and dropped with them, and never without.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod application;
mod guarded;
mod life;
