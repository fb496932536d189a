//! The `manage` commands that an application gets with its three-line binary.
//!
//! A command prints its result to the standard output, and errors and questions to the standard error. It exits with 0
//! when it has done its work, with 1 when that failed or a check found something, and with 2 when the command line is
//! wrong.

mod adopt;
mod answers;
mod args;
mod bar;
mod check;
mod confirm;
mod drifted;
mod each;
mod each_args;
mod finding;
mod folder;
mod inspect;
mod inspect_args;
mod losses;
mod make_args;
mod makemigrations;
mod manage;
mod merge;
mod migrate;
mod output;
mod own;
mod pace_args;
mod page;
mod project;
mod references;
mod repair;
mod report;
mod rollback;
mod rollout;
mod rollup;
mod rollup_args;
mod select;
mod sqlmigrate;
mod squash;
mod squash_args;
mod standby;
mod status;
mod tally;
mod tenant_row;
mod tenants;
mod watch;

pub use self::manage::{Manage, manage, manage_with};

use self::args::Command;
use self::output::Console;
use self::project::Project;
use crate::error::Result;

/// How a command that did its work went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// All is well.
    Fine,
    /// It has found and printed something that is not as it should be.
    Found,
}

/// Runs a command.
fn execute(project: &Project, command: Command, console: &mut Console<'_>) -> Result<Verdict> {
    match command {
        Command::Makemigrations(args) => makemigrations::run(project, &args, console),
        Command::Inspect(args) => inspect::run(project, &args, console),
        Command::Adopt(args) => adopt::run(project, &args, console),
        Command::Merge(args) => merge::run(project, &args, console),
        Command::Squash(args) => squash::run(project, &args, console),
        Command::Migrate(args) => migrate::run(project, &args, console),
        Command::Standby(args) => standby::run(project, &args, console),
        Command::Rollout(command) => rollout::run(project, &command, console),
        Command::Rollback(args) => rollback::run(project, &args, console),
        Command::Status(args) => status::run(project, &args, console),
        Command::Sqlmigrate(args) => sqlmigrate::run(project, &args, console),
        Command::Check(args) => check::run(project, &args, console),
        Command::Rollup(args) => rollup::run(project, &args, console),
        Command::Each(args) => each::run(project, &args, console),
        Command::Tenants(command) => tenants::run(project, command, console),
    }
}
