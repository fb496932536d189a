//! The `manage` commands, as a user runs them: a real binary, a real database, a folder of migrations.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first surprise, in its helpers too"
)]

mod adopt;
mod app;
mod batches;
mod before_migrations;
mod by_hand;
mod damage;
mod drift;
mod each;
mod errors;
mod functions;
mod help;
mod inspect;
mod inspect_odd;
mod locked;
mod losses;
mod merges;
mod migrations;
mod mistyped;
mod own;
mod page;
mod previews;
mod progress;
mod references;
mod rollout;
mod rollup;
mod select;
mod squash;
mod standby;
mod status;
mod stopped;
mod story;
mod tenant_row;
mod tenants;
mod told;
mod walked;
