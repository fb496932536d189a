//! Models that are placed otherwise: their rows go with them.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod collected;
mod dealt;
mod dropped;
mod given;
mod held;
mod odd;
mod renumbered;
mod taken_back;
