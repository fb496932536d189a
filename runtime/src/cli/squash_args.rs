//! The flags of `squash`, as the help shows them.

use clap::Args;

/// Make one migration of several, and prove that it gives the same
///
/// Both are done in scratch schemas of the database, which are rolled back, and structures and rows are compared, also once they are
/// undone. The migration has the number of the last, and lists those whose place it takes. `migrate` books it for whoever has all of
/// them, and refuses it where somebody has a part only.
#[derive(Debug, Args)]
pub(super) struct SquashArgs {
    /// The first migration, by its id or number
    #[arg(value_name = "FIRST")]
    pub(super) first: String,
    /// The last migration, by its id or number
    #[arg(value_name = "LAST")]
    pub(super) last: String,
    /// The name of the migration, after its number
    #[arg(long, value_name = "NAME", default_value = "squashed")]
    pub(super) name: String,
    /// Compare and print what would be written, and write nothing
    #[arg(long, alias = "check")]
    pub(super) dry_run: bool,
}
