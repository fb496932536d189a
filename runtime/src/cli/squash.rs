//! `squash`: several migrations made one.

use super::Verdict;
use super::output::Console;
use super::project::Project;
use super::squash_args::SquashArgs;
use crate::error::Result;

pub(super) fn run(
    project: &Project,
    args: &SquashArgs,
    console: &mut Console<'_>,
) -> Result<Verdict> {
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
    let has = |file: &str| squash.files().any(|(name, _)| name == file);
    let is_one_way =
        |kind: &&str| has(&format!("{kind}.up.sql")) && !has(&format!("{kind}.down.sql"));
    if ["shared", "tenant"].iter().any(is_one_way) {
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
