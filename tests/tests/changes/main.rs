//! Changes of models on tenants with rows, up and down.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod chains;
mod checks;
mod checks_beside;
mod checks_paired;
mod conversions;
mod deployed;
mod exclusions;
mod fills;
mod given;
mod in_use;
mod keys_led;
mod led_elsewhere;
mod neighbours;
mod overlap;
mod paired;
mod paired_defaults;
mod paired_types;
mod phases;
mod releases;
mod renames;
mod soft_deletes;
mod table;
mod uniques;
mod uniques_gone;
mod unlike;
mod ways_back;
