//! The flags of `makemigrations`.

use clap::Args;

#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub(super) struct MakeMigrations {
    /// A name that says what the migration does, in `[a-z0-9_]`; otherwise it is named after its changes
    #[arg(long, value_name = "NAME")]
    pub(super) name: Option<String>,
    /// Write a migration for SQL of your own, without changes of the models
    #[arg(long, requires = "name", conflicts_with = "check")]
    pub(super) empty: bool,
    /// Something has a new name: a table `invoices=bills`, a column `invoices.total=amount`, a label of an enum
    /// `invoices.state:open=unpaid`
    #[arg(long, value_name = "OLD=NEW", conflicts_with_all = ["empty", "check"])]
    pub(super) rename: Vec<String>,
    /// Something that may have a new name is gone, and not renamed: `invoices.state:open`, or a pair as of `--rename`
    #[arg(long, value_name = "OLD", conflicts_with_all = ["empty", "check"])]
    pub(super) no_rename: Vec<String>,
    /// The value, as SQL, that rows get which have none for a column: `invoices.total=0`
    #[arg(long, value_name = "COLUMN=SQL", conflicts_with_all = ["empty", "check"])]
    pub(super) fill: Vec<String>,
    /// The values of a table or column may be lost: `invoices`, `invoices.total`; it was not renamed
    #[arg(long, value_name = "NAME", conflicts_with_all = ["empty", "check"])]
    pub(super) accept_loss: Vec<String>,
    /// How the rows of a table get to where its model is placed now: `notes=collect:tenant` from all tenants into the
    /// shared table, whose column tells the tenant's key (`,new_keys` behind it if
    /// their keys may be the same), `plans=deal:owner` to the tenants that the column tells, `plans=copy` to all of them
    #[arg(long = "move", value_name = "TABLE=WAY", conflicts_with_all = ["empty", "check"])]
    pub(super) moves: Vec<String>,
    /// Drop a table that is kept since its rows were moved
    #[arg(long, value_name = "TABLE", conflicts_with_all = ["empty", "check"])]
    pub(super) drop_moved: Vec<String>,
    /// Write one migration, also where some of it takes away what the version of the application from before still uses: it is
    /// not to run any more then
    #[arg(long, conflicts_with_all = ["empty", "check"])]
    pub(super) together: bool,
    /// Print the SQL instead of writing it
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Write nothing; exit with 1 if the models have changes without a migration
    #[arg(long)]
    pub(super) check: bool,
}
