//! `merge`: migrations of branches, made one chain.

use super::Verdict;
use super::args;
use super::output::Console;
use super::project::Project;
use crate::error::Result;
use crate::migrate::{Merge, applied};

pub(super) fn run(
    project: &Project,
    args: &args::Merge,
    console: &mut Console<'_>,
) -> Result<Verdict> {
    if let Some(error) = project.missing_folder() {
        return Err(error);
    }
    let applied = if project.has_database() {
        applied(&mut project.connect()?)?
    } else {
        Vec::new()
    };
    let applied: Vec<&str> = applied.iter().map(String::as_str).collect();
    let first: Vec<&str> = args.first.iter().map(String::as_str).collect();
    let Some(merge) = Merge::of(project.migrations(), &applied, &first)? else {
        console.line("there is nothing to merge: each migration has a number of its own, and `state.json` is what they lead to");
        return Ok(Verdict::Fine);
    };
    for (old, new) in merge.renumbered() {
        console.line(format_args!("{old} becomes {new}"));
    }
    if merge.changes_state() {
        console.line("state.json is written anew");
    }
    for id in merge.by_hand() {
        console.line(format_args!(
            "look at the SQL of {id}, which was written by hand: whether it goes with what comes before it now is not known"
        ));
    }
    if args.dry_run {
        return Ok(Verdict::Fine);
    }
    merge.write()?;
    if !project.has_database() {
        console.line(
            "no database was given: one that has a migration applied which was renumbered will refuse the chain; then bring the \
             folder back, and merge with `--first`",
        );
    }
    match project.changes(&project.chain()?) {
        Ok(changes) if changes.is_empty() => {}
        _ => console.line("the models ask for more: run `makemigrations`"),
    }
    Ok(Verdict::Fine)
}
