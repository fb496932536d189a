//! The flags of `inspect`.

use std::path::PathBuf;

use clap::Args;

/// Write models and the first migration from schemas that something else has made
///
/// Prints the models, or writes them with `--models`, and the migration beside. What a model can't say (views, functions, triggers,
/// unusual indexes and types) is kept by SQL of the migration, and told on the standard error and above the struct. The database is
/// left as it is: `adopt` takes the schemas over then.
#[derive(Debug, Args)]
pub(super) struct InspectArgs {
    /// The schema of one tenant, or that is to be the first tenant's
    #[arg(value_name = "SCHEMA", required_unless_present = "shared")]
    pub(super) schema: Option<String>,
    /// Make shared models of the shared schema
    #[arg(long)]
    pub(super) shared: bool,
    /// Write the models into this new file, and the migration into its folder, as in `src/models.rs`
    #[arg(long, value_name = "FILE")]
    pub(super) models: Option<PathBuf>,
}
