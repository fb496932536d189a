//! The flags of `rollup`, as the help shows them.

use clap::Args;

use super::select::{OrderArgs, SelectArgs};

/// Compute rows of shared models from those of the tenants
///
/// Of tenants that have not changed nothing is computed, where the application says how that is known. Rows of tenants that are gone are
/// removed. Exits with 1 if a tenant could not be done; the others are done all the same. With `--json`, a line is printed for each roll-up.
#[derive(Debug, Args)]
pub(super) struct RollupArgs {
    /// The roll-ups, by the names that the application has for them; otherwise all
    #[arg(value_name = "NAME")]
    pub(super) names: Vec<String>,
    /// Compute the rows of tenants that have not changed, too
    #[arg(long)]
    pub(super) all: bool,
    /// Print JSON, for programs
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    #[command(flatten)]
    pub(super) order: OrderArgs,
}
