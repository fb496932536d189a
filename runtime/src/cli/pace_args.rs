//! Flags that say how a run goes about its work.

use std::time::Duration;

use clap::Args;

use crate::duration;
use crate::migrate::Budget;

/// How a run goes about its work.
#[derive(Debug, Args)]
#[command(next_help_heading = "How to go about it")]
pub(super) struct PaceArgs {
    /// How many connections work at a time; otherwise as many as there are cores, at most 4
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(super) workers: Option<u16>,
    /// How long a statement waits for a lock before its tenant is put off, as in `500ms`; otherwise 2 s
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub(super) lock_timeout: Option<Duration>,
    /// How long a statement may take, as in `5min`; otherwise as long as it likes
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub(super) statement_timeout: Option<Duration>,
    /// How often a tenant is tried when a lock is not to be had; otherwise 10 times
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) attempts: Option<u32>,
    /// How long to wait between two batches of rows, as in `50ms`
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub(super) batch_pause: Option<Duration>,
    /// Stop when more tenants than this have failed, as in `5` or `2%`; otherwise all are tried
    #[arg(long, value_name = "N")]
    pub(super) max_failures: Option<Budget>,
}
