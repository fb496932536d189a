//! The promises of tenantry, a section for each kind.
//!
//! | promise | section |
//! |---|---|
//! | a statement runs in the scope it is given, and nowhere else | `context`, `threads`, `rows` |
//! | nothing stays in a session or transaction for the next tenant | `sessions` |
//! | a chain gives one result, and a run goes on where it was cut off | `migrations`; with chains made at random `tests/one_result` |
//! | a tenant is whole or absent | `lifecycle`; `tests/killed.rs` kills the process |
//! | every wait has a limit | `waits`, `turns`, `beside`, `looks`, `locked`, `stopped` |
//! | the metadata tables are true, also after a lost answer | `metadata`, `lost` |
//! | values come back bit by bit, or are refused before they are sent | `values` |
//! | asynchronous programs neither block nor panic | `async_programs` |
//! | names are names, whatever they mean elsewhere | `names`, `reserved` |
//! | the compiler tells each mistake once, at its place, with the fix | `tests/ui.rs`, with the programs in `tests/ui` |
//! | SQL, slots and names are understood in one way, which is PostgreSQL's | `strings`; `tests/fuzz` |
//! | messages tell no customer's values and never contradict each other | `tests/manage/told.rs` |
//!
//! A rule that the compiler enforces has its proof in `tests/ui`, where programs that break it are shown not to compile; a test
//! here shows the nearest thing that can be run.
//!
//! tenantry does not have yet, so no test shows it: an asynchronous driver, renaming a tenant's schema, and moving a model with its
//! rows. The rows of tenants that reference a shared row are treated by PostgreSQL, in all tenants at once, as their `ON DELETE` says.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod async_programs;
mod beside;
mod common;
mod context;
mod crash;
mod lifecycle;
mod locked;
mod looks;
mod lost;
mod metadata;
mod migrations;
mod names;
mod partitions;
mod reserved;
mod rows;
mod sessions;
#[cfg(target_os = "linux")]
mod stopped;
mod strings;
mod threads;
mod turns;
mod values;
mod waits;
