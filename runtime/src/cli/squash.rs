//! `squash`: several migrations made one.

use clap::Args;

use super::Verdict;
use super::output::Console;
use super::project::Project;
use crate::error::Result;

/// Make one migration of several, and prove that it gives the same
///
/// Both are done in scratch schemas of the database, which are rolled back, and structures and rows are compared, also once they are
/// undone. The migration has the number of the last, and lists those whose place it takes. `migrate` books it for whoever has all of
/// them, and refuses it where somebody has a part only.
#[derive(Debug, Args)]
pub(super) struct Squash {
    /// The first migration, by its id or number
    #[arg(value_name = "FIRST")]
    first: String,
    /// The last migration, by its id or number
    #[arg(value_name = "LAST")]
    last: String,
    /// What the migration is called after its number
    #[arg(long, value_name = "NAME", default_value = "squashed")]
    name: String,
    /// Compare and print what would be written, and write nothing
    #[arg(long, alias = "check")]
    dry_run: bool,
}

pub(super) fn run(project: &Project, args: &Squash, console: &mut Console<'_>) -> Result<Verdict> {
    let chain = project.chain()?;
    let mut client = project.connect()?;
    let migrator = project.migrator(chain);
    let squash = migrator
        .on(&mut client)
        .squash(&args.first, &args.last, &args.name)?;
    let replaced: Vec<&str> = squash.replaced().collect();
    console.line(format_args!(
        "{} takes the place of {}, and gives the same",
        squash.id(),
        replaced.join(", ")
    ));
    if !squash.files().any(|(name, _)| name.ends_with(".down.sql")) {
        console.line("it can't be undone, since not all of them can");
    }
    if args.dry_run {
        for (name, text) in squash.files() {
            console.line(format_args!("\n-- {}/{name}", squash.id()));
            console.text(text);
        }
        return Ok(Verdict::Fine);
    }
    let written = squash.write()?;
    console.line("written:");
    for path in written {
        console.line(format_args!("  {}", path.display()));
    }
    console.line("before a database gets it, it has to have all of them, or none: migrate it with the release before");
    Ok(Verdict::Fine)
}
