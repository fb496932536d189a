//! The flags of `each`, as the help shows them.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::select::{OrderArgs, SelectArgs};
use crate::duration;

/// Run SQL in every tenant, and print what it gives
///
/// Each tenant is a transaction, which only reads unless `--write` is given. `"{tenant}"` and `"{shared}"` in the SQL stand for the
/// schemas. Tenants are those that are active or suspended. Exits with 1 if it failed for a tenant; the others are done all the
/// same. With `--json`, a line is printed for each tenant as it is done.
#[derive(Debug, Args)]
pub(super) struct Each {
    #[command(flatten)]
    pub(super) what: EachSql,
    /// Let the SQL change rows; what changes tables belongs into a migration
    #[arg(long)]
    pub(super) write: bool,
    /// How many tenants are asked at a time; otherwise as many as there are cores, at most 4
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(super) parallel: Option<u16>,
    /// How long a statement waits for a lock, as in `500ms`; otherwise 30 s
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub(super) lock_timeout: Option<Duration>,
    /// How long a statement may take, as in `5min`; otherwise as long as it likes
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub(super) statement_timeout: Option<Duration>,
    /// Print JSON, for programs
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    #[command(flatten)]
    pub(super) order: OrderArgs,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct EachSql {
    /// The SQL, as in `SELECT count(*) FROM "{tenant}".invoices`
    #[arg(long, value_name = "SQL")]
    pub(super) sql: Option<String>,
    /// The file that has the SQL
    #[arg(long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
}
