//! One program serves tenants on both sides of a migration: the fields that say since or until which one.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod across;
mod asynchronous;
mod checked;
mod common;
mod meanwhile;
mod overlays;
mod reads;
mod writes;
