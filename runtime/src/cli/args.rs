//! The commands and flags, as the help shows them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::make_args::MakeMigrations;
use super::pace_args::PaceArgs;
use super::select::{OrderArgs, SelectArgs, TagChange, tag};
use crate::error::Error;
use crate::migrate::Phase;
use crate::name::{SchemaName, TenantKey};

/// Migrates the shared schema and the schema of each tenant, and looks after the tenants.
#[derive(Debug, Parser)]
#[command(
    name = "tenantry",
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 done; 1 the operation failed, or a check found something; 2 the command line is wrong."
)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Where the application's database and migrations are.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of all commands")]
pub(super) struct Global {
    /// The database, as `postgres://user:password@host:5432/database`
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "DATABASE_URL",
        hide_env_values = true
    )]
    pub(super) database_url: Option<String>,
    /// The folder of the migrations; otherwise `migrations`, here or beside a `Cargo.toml` above
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) migrations: Option<PathBuf>,
    /// The file of settings; otherwise `tenantry.toml`, here or beside a `Cargo.toml` above
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// The schema that holds what all tenants have in common [default: shared]
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) shared_schema: Option<SchemaName>,
    /// Show errors in full, also where they quote the values of rows
    #[arg(long, global = true)]
    pub(super) verbose: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write the migration that leads to the models; needs no database
    ///
    /// The migration is a folder of SQL files: review them, they are what runs. Exits with 0 when nothing has changed.
    Makemigrations(MakeMigrations),
    /// Make one chain of the migrations that branches have made beside each other
    ///
    /// Of two with the same number one stays: the one that the database has applied, if one is given. The others get the next
    /// free numbers, and `state.json` is written anew. Branches that have changed the same thing are refused.
    Merge(Merge),
    Squash(super::squash_args::SquashArgs),
    Inspect(super::inspect_args::InspectArgs),
    /// Take over schemas that something else has made, at a migration, as if it had made them
    ///
    /// Each is compared with what the migrations make first, and refused with what is different; nothing in it changes. The shared
    /// schema comes first, then tenants. Rows are not compared.
    Adopt(Adopt),
    /// Apply the migrations to the shared schema, then to every tenant
    ///
    /// A run that was interrupted, or that failed for some tenants, goes on where it stopped. Nothing is applied twice, but for
    /// a `DO` or `CALL` that was cut off in a migration with `transaction = false`. Exits with 1 if a tenant failed; the others are migrated all the same. With `--json`, what happens
    /// is printed as it happens, a line of JSON for each event; the last is `finished`, and has the report.
    Migrate(Box<Migrate>),
    /// Pause, resume or abort migrations that are running, here or elsewhere
    ///
    /// All that migrate the database follow within about a second. Transactions under way are ended first.
    #[command(subcommand)]
    Rollout(Rollout),
    /// Undo migrations, the last first
    ///
    /// Runs the `down` files: in every tenant, then in the shared schema. Asks first, since that can lose data. With
    /// `--json`, what happens is printed as it happens, as by `migrate`.
    Rollback(Rollback),
    /// Show which migrations are applied where
    ///
    /// Also which tenants are behind or have failed, and whether the models have changes without a migration.
    Status(Status),
    /// Print the SQL of a migration
    ///
    /// Runs nothing. Without a tenant, the schemas are the slots `"{tenant}"` and `"{shared}"`.
    Sqlmigrate(SqlMigrate),
    /// Check the models, the migrations, and the database if there is one
    ///
    /// The models have to fit together, every change of theirs has to have a migration, and the migrations have to be
    /// complete. With a database, what is applied there has to be what the migrations say. Lists the fields that are
    /// declared to be no reference, for review. Exits with 1 if something is wrong.
    Check(Check),
    /// Make schemas in advance, so that new tenants get one in milliseconds
    ///
    /// Makes as many as `tenantry.toml` says, or `--count`, drops surplus ones, and tells how many there are. Run it from time to time, or keep them from within the application.
    Standby(Standby),
    Each(Box<super::each_args::Each>),
    Rollup(Box<super::rollup_args::RollupArgs>),
    /// Create, list, suspend, resume, rename and drop tenants
    #[command(subcommand)]
    Tenants(Tenants),
}

#[derive(Debug, Args)]
pub(super) struct Standby {
    /// How many there are to be, at most 10000
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(..=10_000))]
    pub(super) count: Option<u16>,
    #[command(flatten)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct Merge {
    /// The migration that keeps its number, of several that have the same; may be given several times
    #[arg(long, value_name = "ID")]
    pub(super) first: Vec<String>,
    /// Print what would be renumbered, and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct Adopt {
    /// The tenants, as `KEY`, or as `KEY=SCHEMA` where the schema has another name
    #[arg(value_name = "KEY=SCHEMA", value_parser = adopted)]
    pub(super) tenants: Vec<(TenantKey, Option<SchemaName>)>,
    /// Take the shared schema over, before the tenants
    #[arg(long, required_unless_present = "tenants")]
    pub(super) shared: bool,
    /// The migration that the schemas are at, by its id or number
    #[arg(long, value_name = "ID")]
    pub(super) at: String,
    /// Print the SQL that makes the schemas what the migrations make, and change nothing
    #[arg(long)]
    pub(super) sql: bool,
    /// Sets a column of the rows of these tenants, where the rows of a model are the tenants; may be given several times. It skips the checks of `check_with`
    #[arg(long = "set", value_name = "COLUMN=VALUE", value_parser = set)]
    pub(super) values: Vec<(String, String)>,
}

/// Reads a column and its value.
fn set(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((column, value)) if !column.is_empty() => Ok((column.to_owned(), value.to_owned())),
        _ => Err("expected a column and its value, as in `owner=5`".to_owned()),
    }
}

/// Reads a key, or a key and a schema.
fn adopted(text: &str) -> Result<(TenantKey, Option<SchemaName>), Error> {
    match text.split_once('=') {
        Some((key, schema)) => Ok((TenantKey::new(key)?, Some(SchemaName::new(schema)?))),
        None => Ok((TenantKey::new(text)?, None)),
    }
}

#[derive(Debug, Args)]
pub(super) struct Migrate {
    /// The last migration to apply, by its id or number; otherwise all
    #[arg(long, value_name = "ID")]
    pub(super) to: Option<String>,
    /// Leave alone what belongs to a later phase, and what comes after it: `expand` before a new version of the application is
    /// deployed, `backfill` once it is, `contract` once the old one is gone; otherwise all are applied
    #[arg(long, value_name = "PHASE")]
    pub(super) phase: Option<Phase>,
    /// Print what would be applied, with its SQL, and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Try it on each tenant in a transaction that is rolled back, and where there is none on a schema that is dropped at once, and
    /// tell what would fail; exits with 1 then
    #[arg(long = "try", conflicts_with = "dry_run")]
    pub(super) try_out: bool,
    /// The values of a table or column may be lost: `invoices`, `invoices.total`; asked for where a migration that takes them away is
    /// applied first
    #[arg(long, value_name = "NAME")]
    pub(super) accept_loss: Vec<String>,
    /// Don't ask whether values may be lost
    #[arg(long)]
    pub(super) yes: bool,
    #[command(flatten)]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    #[command(flatten)]
    pub(super) order: OrderArgs,
    #[command(flatten)]
    pub(super) pace: PaceArgs,
}

#[derive(Debug, Subcommand)]
pub(super) enum Rollout {
    /// Begin nothing more until `resume`; runs that begin later wait too
    Pause,
    /// Go on after `pause`
    Resume,
    /// End the runs that are under way, paused or not; the next `migrate` begins with the first group
    Abort,
    /// Show the groups of `tenantry.toml`, who is behind in each, and whether runs are paused
    Status(Format),
}

#[derive(Debug, Args)]
pub(super) struct Rollback {
    #[command(flatten)]
    pub(super) target: RollbackTarget,
    /// Don't ask
    #[arg(long)]
    pub(super) yes: bool,
    /// Print what would be undone, and change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct RollbackTarget {
    /// The migration to go back to, by its id or number, which stays applied; `zero` undoes all
    #[arg(long, value_name = "ID")]
    pub(super) to: Option<String>,
    /// How many migrations to undo
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) steps: Option<u32>,
}

#[derive(Debug, Args)]
pub(super) struct Status {
    /// Show every tenant, not only how many there are and the first of those that need a look
    #[arg(long)]
    pub(super) all: bool,
    /// Compare every schema with what its migrations make, which takes longer the more tenants there are
    #[arg(long)]
    pub(super) drift: bool,
    /// Write a page of HTML with a picture of the fleet, which any browser shows without a server
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "all"])]
    pub(super) html: Option<PathBuf>,
    #[command(flatten)]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct SqlMigrate {
    /// The migration, by its id or number
    #[arg(value_name = "ID")]
    pub(super) migration: String,
    /// Fill in the schema of this tenant, which is looked up in the database
    #[arg(long, value_name = "KEY")]
    pub(super) tenant: Option<TenantKey>,
    /// Print the SQL that undoes the migration
    #[arg(long)]
    pub(super) down: bool,
}

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Also looks through all tenants for rows that reference nothing, where the models have no constraint; reads their tables
    #[arg(long)]
    pub(super) references: bool,
    /// Prints SQL that undoes what was done to a tenant's schema by hand, and checks nothing; may be given several times
    #[arg(long, value_name = "KEY", conflicts_with_all = ["references", "json"])]
    pub(super) repair: Vec<TenantKey>,
    /// The same for the shared schema
    #[arg(long, conflicts_with_all = ["references", "json"])]
    pub(super) repair_shared: bool,
    #[command(flatten)]
    pub(super) format: Format,
}

#[derive(Debug, Subcommand)]
pub(super) enum Tenants {
    /// Create a tenant: its schema with all tables, at once or not at all
    Create {
        /// The name that the application has for the tenant
        key: TenantKey,
        /// The schema's name; otherwise made of the key
        #[arg(long, value_name = "NAME")]
        schema: Option<SchemaName>,
        /// Gives the tenant a tag; may be given several times
        #[arg(long = "tag", value_name = "TAG", value_parser = tag)]
        tags: Vec<String>,
        /// Sets a column of the tenant's row, where the rows of a model are the tenants; may be given several times. It skips the checks of `check_with`
        #[arg(long = "set", value_name = "COLUMN=VALUE", value_parser = set)]
        values: Vec<(String, String)>,
    },
    /// List the tenants
    List {
        #[command(flatten)]
        select: Box<SelectArgs>,
        #[command(flatten)]
        format: Format,
    },
    /// Show a tenant
    Show {
        /// The tenant
        key: TenantKey,
        #[command(flatten)]
        format: Format,
    },
    /// Lock a tenant out; its data stays, and it is migrated like the others
    Suspend {
        /// The tenant
        key: TenantKey,
    },
    /// Let a suspended tenant in again
    Resume {
        /// The tenant
        key: TenantKey,
    },
    /// Give a tenant tags and take others away, as in `tenants tag acme +beta -old`
    ///
    /// Tenants can be selected by their tags. Options come before the key.
    Tag {
        /// The tenant
        key: TenantKey,
        /// `+` or `-`, and the tag
        #[arg(value_name = "+TAG|-TAG", required = true, allow_hyphen_values = true)]
        changes: Vec<TagChange>,
    },
    /// Give a tenant another key; its schema keeps its name
    Rename {
        /// The tenant
        key: TenantKey,
        /// The new key
        new: TenantKey,
    },
    /// Drop a tenant with all its data, for good
    Drop {
        /// The tenant
        key: TenantKey,
        /// Don't ask
        #[arg(long)]
        yes: bool,
    },
}

/// How the result is printed.
#[derive(Debug, Args)]
pub(super) struct Format {
    /// Print JSON, for programs
    #[arg(long)]
    pub(super) json: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_commands_fit_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_and_flag_has_a_help_text() {
        fn look(command: &clap::Command, missing: &mut Vec<String>) {
            if command.get_about().is_none() {
                missing.push(command.get_name().to_owned());
            }
            for arg in command.get_arguments() {
                if arg.get_help().is_none() {
                    missing.push(format!("{} {}", command.get_name(), arg.get_id()));
                }
            }
            command.get_subcommands().for_each(|sub| look(sub, missing));
        }
        let mut command = Cli::command();
        command.build();
        let mut missing = Vec::new();
        look(&command, &mut missing);
        assert_eq!(missing, Vec::<String>::new());
    }
}
