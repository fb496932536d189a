//! Migrations that call functions of the application.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod back;
mod common;
mod failing;
mod new_tenants;
mod refused;
mod runs;
