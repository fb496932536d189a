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
mod each;
mod each_args;
mod folder;
mod makemigrations;
mod merge;
mod migrate;
mod output;
mod page;
mod project;
mod report;
mod rollback;
mod rollout;
mod select;
mod sqlmigrate;
mod standby;
mod status;
mod tally;
mod tenants;
mod watch;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use postgres::Socket;
use postgres::tls::{MakeTlsConnect, TlsConnect};

use self::args::{Cli, Command};
use self::output::Console;
use self::project::{Opener, Project};
use crate::address::{Address, conceal};
use crate::error::Result;
use crate::exec::{Connector, tls_of};
use crate::model::Schema;
use crate::scope::Options;

/// Runs the command that the process was started with: `makemigrations`, `migrate`, `status`, `tenants create`, ….
///
/// It is all of an application's `src/bin/manage.rs`:
///
/// ```no_run
/// # use tenantry::prelude::*;
/// # #[tenant_model]
/// # pub struct Note {
/// #     #[field(key)]
/// #     pub id: i64,
/// # }
/// # mod my_app {
/// #     tenantry::schema! {
/// #         pub static SCHEMA = [crate::Note];
/// #     }
/// # }
/// fn main() -> std::process::ExitCode {
///     tenantry::manage(&my_app::SCHEMA)
/// }
/// ```
///
/// `manage --help` tells what there is to run. The exit code is 0 when the command has done its work, 1 when that
/// failed or a check found something, and 2 when the command line is wrong.
pub fn manage(schema: &'static Schema) -> ExitCode {
    started(
        schema,
        Arc::new(|address| Ok(connector(address, tls_of(address)?))),
    )
}

/// Runs the command that the process was started with, like [`manage`], with a TLS connector for its connections.
///
/// The address says whether TLS is used: `sslmode` is `prefer` (if the server has it, the default), `require` or
/// `disable`. Which certificates are trusted is the connector's affair, as in
/// [`Database::connect_with`](crate::Database::connect_with), and an address that says anything about that is refused.
pub fn manage_with<T>(schema: &'static Schema, tls: T) -> ExitCode
where
    T: MakeTlsConnect<Socket, Stream: Send, TlsConnect: Send> + Clone + Send + Sync + 'static,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    started(
        schema,
        Arc::new(move |address| {
            address.tls().leave_to_connector()?;
            Ok(connector(address, tls.clone()))
        }),
    )
}

fn connector<T>(address: &Address, tls: T) -> Connector
where
    T: MakeTlsConnect<Socket, Stream: Send, TlsConnect: Send> + Clone + Send + Sync + 'static,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    let limit = Options::default().connect_timeout;
    let given = address.config().get_connect_timeout().copied();
    let limit = given.map_or(limit, |given| given.max(limit));
    Connector::new(address.config(), tls, limit)
}

fn started(schema: &'static Schema, opener: Opener) -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let plain = error.render().to_string();
            let words = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
            let told = conceal(&plain, words);
            // Help that nobody reads to its end is no trouble.
            let _ = if told == plain {
                error.print()
            } else {
                // A word of the command line is the address of a database, with its password.
                write!(io::stderr(), "{told}")
            };
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let (mut out, mut err) = (io::stdout().lock(), io::stderr());
    let code = run(schema, cli, opener, &mut out, &mut err);
    ExitCode::from(code)
}

/// How a command that did its work went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// All is well.
    Fine,
    /// It has found and printed something that is not as it should be.
    Found,
}

fn run(
    schema: &'static Schema,
    cli: Cli,
    opener: Opener,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    let mut console = Console::new(out, err).verbose(cli.global.verbose);
    let project = Project::new(schema, cli.global, opener);
    let verdict = execute(&project, cli.command, &mut console);
    let verdict = verdict.map_err(|error| project.told(error));
    if let Err(error) = &verdict {
        console.error(error);
    }
    let printed = console.finish();
    u8::from(!(printed && matches!(verdict, Ok(Verdict::Fine))))
}

fn execute(project: &Project, command: Command, console: &mut Console<'_>) -> Result<Verdict> {
    match command {
        Command::Makemigrations(args) => makemigrations::run(project, &args, console),
        Command::Adopt(args) => adopt::run(project, &args, console),
        Command::Merge(args) => merge::run(project, &args, console),
        Command::Migrate(args) => migrate::run(project, &args, console),
        Command::Standby(args) => standby::run(project, &args, console),
        Command::Rollout(command) => rollout::run(project, &command, console),
        Command::Rollback(args) => rollback::run(project, &args, console),
        Command::Status(args) => status::run(project, &args, console),
        Command::Sqlmigrate(args) => sqlmigrate::run(project, &args, console),
        Command::Check(args) => check::run(project, &args, console),
        Command::Each(args) => each::run(project, &args, console),
        Command::Tenants(command) => tenants::run(project, command, console),
    }
}
