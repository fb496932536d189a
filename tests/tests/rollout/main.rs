//! Rollout groups: their order, what stops them, how fast they go, and what they are told from elsewhere.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod budget;
mod common;
mod control;
mod groups;
mod health;
