//! The beginning of the commands: what the process was started with, and how the database is reached.

use std::error::Error as StdError;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Arg, ArgMatches, CommandFactory, FromArgMatches, value_parser};
use clap_complete::Shell;
use postgres::Socket;
use postgres::tls::{MakeTlsConnect, TlsConnect};

use super::Verdict;
use super::args::{Cli, Global};
use super::output::Console;
use super::own::Own;
use super::project::{NamedRollup, Openers, Project};
use crate::across::{OfTenants, Rollup, Summary};
use crate::address::{Address, conceal};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Connector, tls_of};
use crate::migrate::Functions;
use crate::model::Schema;
use crate::scope::{Database, Options, TenantScope};

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
/// `manage --help` tells what there is to run; [`Manage`] adds commands of the application's own. The exit code is 0 when the command has done
/// its work, 1 when that failed or a check found something, and 2 when the command line is wrong.
pub fn manage(schema: &'static Schema) -> ExitCode {
    Manage::new(schema).run()
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
    Manage::new(schema).tls(tls).run()
}

/// The `manage` commands of an application, with commands of its own beside them.
///
/// ```no_run
/// # use tenantry::prelude::*;
/// # #[tenant_model]
/// # pub struct Note { #[field(key)] pub id: i64, pub text: String }
/// # tenantry::schema! { static SCHEMA = [Note]; }
/// use tenantry::Manage;
///
/// fn main() -> std::process::ExitCode {
///     Manage::new(&SCHEMA)
///         .tenant_command("forget", "Delete empty notes", |tenant, _words| {
///             Note::delete_where(Note::TEXT.eq("")).execute(tenant).map(drop)
///         })
///         .command("count", "Count the tenants", |db, _words| {
///             println!("{}", db.tenants().list(&Default::default())?.len());
///             Ok::<(), tenantry::Error>(())
///         })
///         .run()
/// }
/// ```
///
/// `manage forget --tag trial` is run for the tenants that are selected, with the flags of `migrate`.
#[must_use = "it does nothing until it is run"]
pub struct Manage {
    schema: &'static Schema,
    openers: Openers,
    own: Vec<Own>,
    rollups: Vec<NamedRollup>,
    functions: Functions,
}

impl Manage {
    /// Makes the commands for the models of an application.
    pub fn new(schema: &'static Schema) -> Self {
        let openers = Openers {
            client: Arc::new(|address| Ok(connector(address, tls_of(address)?))),
            database: Arc::new(Database::connect_to),
        };
        Self {
            schema,
            openers,
            own: Vec::new(),
            rollups: Vec::new(),
            functions: Functions::new(),
        }
    }

    /// Has connections use a TLS connector, as [`manage_with`].
    pub fn tls<T>(mut self, tls: T) -> Self
    where
        T: MakeTlsConnect<Socket, Stream: Send, TlsConnect: Send> + Clone + Send + Sync + 'static,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let same = tls.clone();
        self.openers = Openers {
            client: Arc::new(move |address| {
                address.tls().leave_to_connector()?;
                Ok(connector(address, tls.clone()))
            }),
            database: Arc::new(move |address, options| {
                Database::connect_with(address.config(), same.clone(), options)
            }),
        };
        self
    }

    /// Adds a command that is run once, with the database and the words that follow its name.
    ///
    /// An error is printed with its causes, and the exit code is 1.
    pub fn command<E: Into<Box<dyn StdError + Send + Sync>>>(
        mut self,
        name: &'static str,
        help: &'static str,
        run: impl Fn(&Database, &[String]) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        self.own.push(Own::once((name, help), run));
        self
    }

    /// Adds a command that is run for each active tenant, or for those that flags select, with the tenant's scope and the words that follow its name.
    ///
    /// Tenants are taken in the order of their keys, one after the other unless `--workers` says more. One that fails keeps the others from nothing; then the exit code
    /// is 1.
    pub fn tenant_command<E: Into<Box<dyn StdError + Send + Sync>>>(
        mut self,
        name: &'static str,
        help: &'static str,
        run: impl Fn(&mut TenantScope, &[String]) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        self.own.push(Own::for_tenants((name, help), run));
        self
    }

    /// Adds a [roll-up](Rollup) to those of `manage rollup`, under a name.
    ///
    /// `manage rollup` runs all, or those that it is given the names of.
    pub fn rollup<M: Summary, S: OfTenants>(
        mut self,
        name: &'static str,
        rollup: Rollup<M, S>,
    ) -> Self {
        self.rollups.push((name, rollup.into_plan()));
        self
    }

    /// Gives the commands the functions that migrations call.
    pub fn functions(mut self, functions: Functions) -> Self {
        self.functions = functions;
        self
    }

    /// Runs the command that the process was started with.
    pub fn run(self) -> ExitCode {
        let cli = match self.cli() {
            Ok(cli) => cli,
            Err(error) => {
                Console::new(&mut io::stdout(), &mut io::stderr()).error(&error);
                return ExitCode::FAILURE;
            }
        };
        let words: Vec<OsString> = std::env::args_os().collect();
        let matches = match cli.clone().try_get_matches_from(&words) {
            Ok(matches) => matches,
            Err(error) => return refused(&error, &words),
        };
        if let Some(("completions", words)) = matches.subcommand() {
            let shell = words
                .get_one::<Shell>("shell")
                .copied()
                .unwrap_or(Shell::Bash);
            let script = completions(shell, cli);
            let (mut out, mut err) = (io::stdout(), io::stderr());
            let mut console = Console::new(&mut out, &mut err);
            console.text(&script);
            return ExitCode::from(u8::from(!console.finish()));
        }
        let own = self
            .own
            .iter()
            .find(|own| matches.subcommand_name() == Some(own.name()));
        // Functions of the application print from other threads, which a lock would keep waiting.
        let (mut out, mut err) = (io::stdout(), io::stderr());
        let code = match own {
            Some(own) => match Global::from_arg_matches(&matches) {
                Ok(global) => {
                    let words = matches
                        .subcommand_matches(own.name())
                        .cloned()
                        .unwrap_or_default();
                    self.execute_own(own, (global, &words), &mut out, &mut err)
                }
                Err(error) => return refused(&error, &words),
            },
            None => match Cli::from_arg_matches(&matches) {
                Ok(parsed) => self.execute(parsed, &mut out.lock(), &mut err),
                Err(error) => return refused(&error, &words),
            },
        };
        ExitCode::from(code)
    }

    /// The command line, with the commands of the application's own.
    fn cli(&self) -> Result<clap::Command> {
        let shell = Arg::new("shell")
            .help("The shell")
            .required(true)
            .value_parser(value_parser!(Shell));
        let completions = clap::Command::new("completions")
            .about("Print a script with which a shell completes commands and flags")
            .long_about(
                "Print a script with which a shell completes commands and flags\n\n\
                 As in `source <(manage completions bash)`. It completes the command by the name that it was called by here.",
            )
            .arg(shell);
        let mut cli = Cli::command().subcommand(completions);
        for own in &self.own {
            let name = own.name();
            let is_taken = name == "help" || cli.find_subcommand(name).is_some();
            let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
                && name
                    .bytes()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-');
            if is_taken || !is_name {
                let why = if is_taken {
                    "there is one of this name"
                } else {
                    "its name has other characters than `[a-z0-9-]`"
                };
                let message = format!(
                    "the command `{name}` can't be added: {why}\nhelp: give another name to `Manage::command`"
                );
                return Err(Error::new(ErrorKind::Configuration, message));
            }
            cli = cli.subcommand(own.command());
        }
        Ok(cli)
    }

    fn project(&self, global: Global) -> Project {
        Project::new(self.schema, global, self.openers.clone()).functions(self.functions.clone())
    }

    fn execute_own(
        &self,
        own: &Own,
        (global, words): (Global, &ArgMatches),
        out: &mut dyn Write,
        err: &mut dyn Write,
    ) -> u8 {
        let mut console = Console::new(out, err).verbose(global.verbose);
        let project = self.project(global);
        let verdict = own.run(&project, words, &mut console);
        ended(&project, verdict, console)
    }

    fn execute(self, parsed: Cli, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
        let mut console = Console::new(out, err).verbose(parsed.global.verbose);
        let project = self.project(parsed.global).with_rollups(self.rollups);
        let verdict = super::execute(&project, parsed.command, &mut console);
        ended(&project, verdict, console)
    }
}

/// Returns the script of a shell, for the name by which the program was called.
fn completions(shell: Shell, mut cli: clap::Command) -> String {
    let called = std::env::args_os().next().unwrap_or_default();
    let name = Path::new(&called)
        .file_stem()
        .map(|name| name.to_string_lossy().into_owned());
    let mut script = Vec::new();
    clap_complete::generate(
        shell,
        &mut cli,
        name.unwrap_or_else(|| "manage".to_owned()),
        &mut script,
    );
    String::from_utf8_lossy(&script).into_owned()
}

fn ended(project: &Project, verdict: Result<Verdict>, mut console: Console<'_>) -> u8 {
    let verdict = verdict.map_err(|error| project.told(error));
    if let Err(error) = &verdict {
        console.error(error);
    }
    let printed = console.finish();
    u8::from(!(printed && matches!(verdict, Ok(Verdict::Fine))))
}

/// Prints why the command line is wrong, or the help that it asks for.
fn refused(error: &clap::Error, words: &[OsString]) -> ExitCode {
    let plain = error.render().to_string();
    let words = words.iter().map(|word| word.to_string_lossy().into_owned());
    let told = conceal(&plain, words);
    // Help that nobody reads to its end is no trouble.
    let _ = if told == plain {
        error.print()
    } else {
        // A word of the command line is the address of a database, with its password.
        write!(io::stderr(), "{told}")
    };
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
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

impl fmt::Debug for Manage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own: Vec<_> = self.own.iter().map(Own::name).collect();
        f.debug_struct("Manage")
            .field("own", &own)
            .finish_non_exhaustive()
    }
}
