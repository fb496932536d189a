//! The seam holds: a driver is no more than what sends a statement and gives the answer, and everything runs over it
//! unchanged, whether it blocks or its futures are dropped at any await.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod model;
mod polled;
mod scripted;
mod served;
