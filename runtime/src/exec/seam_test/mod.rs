//! The seam holds: a driver is no more than what sends a statement and gives the answer, and everything runs over it
//! unchanged, whether answers come or nobody waits for them any more.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod dropped;
mod model;
mod registry;
mod rows;
mod scripted;
mod streamed;
