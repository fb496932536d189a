//! Attributes of models, through migrations and on a server, for threads and tasks.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod embedded;
mod embedded_changes;
mod embedded_parts;
mod enum_changes;
mod enum_queries;
mod enum_types;
mod extension_types;
mod generated;
#[allow(dead_code, reason = "changes of models alone use the rest")]
#[path = "../changes/given.rs"]
mod given;
mod nested;
mod nested_changes;
mod nested_lists;
mod nested_parts;
mod nested_places;
mod nested_queries;
mod nested_wholes;
mod overlay_parts;
mod overlays;
mod ranges;
mod soft_cascade;
mod soft_changes;
mod soft_delete;
mod types;
mod unsigned;
mod validated;
