//! Commands of the application's own.

use std::error::Error as StdError;
use std::fmt::Display;
use std::num::NonZeroU16;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, value_parser};

use super::Verdict;
use super::output::{Console, count};
use super::project::Project;
use super::select::SelectArgs;
use crate::error::{Error, ErrorKind, Result};
use crate::scope::{Database, Options, TenantScope};
use crate::tenant::{Tenant, TenantState};

/// Error that a command of the application may fail with.
type OwnFailure = Box<dyn StdError + Send + Sync>;

type OnceCommand = dyn Fn(&Database, &[String]) -> Result<(), OwnFailure> + Send + Sync;
type ForTenant = dyn Fn(&mut TenantScope, &[String]) -> Result<(), OwnFailure> + Send + Sync;

/// A command of the application's own.
pub(super) struct Own {
    name: &'static str,
    help: &'static str,
    run: Run,
}

enum Run {
    Once(Box<OnceCommand>),
    ForTenants(Box<ForTenant>),
}

impl Own {
    /// A command that is run once.
    pub(super) fn once<E: Into<OwnFailure>>(
        (name, help): (&'static str, &'static str),
        run: impl Fn(&Database, &[String]) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        let run = move |db: &Database, words: &[String]| run(db, words).map_err(Into::into);
        Self {
            name,
            help,
            run: Run::Once(Box::new(run)),
        }
    }

    /// A command that is run for each tenant that is selected.
    pub(super) fn for_tenants<E: Into<OwnFailure>>(
        (name, help): (&'static str, &'static str),
        run: impl Fn(&mut TenantScope, &[String]) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        let run = move |tenant: &mut TenantScope, words: &[String]| {
            run(tenant, words).map_err(Into::into)
        };
        Self {
            name,
            help,
            run: Run::ForTenants(Box::new(run)),
        }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// The command as the command line has it.
    pub(super) fn command(&self) -> Command {
        let words = Arg::new("words")
            .value_name("WORDS")
            .num_args(0..)
            .help("What the command is given; what begins with `-` stands behind `--`");
        let command = Command::new(self.name).arg(words);
        let command = match &self.run {
            Run::Once(_) => command,
            Run::ForTenants(_) => ForTenantsArgs::augment_args(command),
        };
        // The flags have brought words of their own along.
        command.about(self.help).long_about(None)
    }

    /// Runs the command.
    ///
    /// # Errors
    ///
    /// When there is no database, or no tenant is selected. A failure of the command is printed, and found.
    pub(super) fn run(
        &self,
        project: &Project,
        matches: &ArgMatches,
        console: &mut Console<'_>,
    ) -> Result<Verdict> {
        let words: Vec<String> = matches
            .get_many("words")
            .into_iter()
            .flatten()
            .cloned()
            .collect();
        match &self.run {
            Run::Once(run) => {
                let db = project.open_database(Options::default())?;
                Ok(told((project, None), run(&db, &words), console))
            }
            Run::ForTenants(run) => {
                let args = ForTenantsArgs::from_arg_matches(matches).map_err(|error| {
                    let message = format!("{error}\nhelp: see `{} --help`", self.name);
                    Error::new(ErrorKind::Configuration, message)
                })?;
                for_tenants(&**run, project, (&args, &words), console)
            }
        }
    }
}

/// Flags of a command that is run for tenants.
#[derive(Debug, Args)]
struct ForTenantsArgs {
    #[command(flatten)]
    select: SelectArgs,
    /// How many tenants it is run for at a time; otherwise one
    #[arg(long, value_name = "N", value_parser = value_parser!(NonZeroU16))]
    workers: Option<NonZeroU16>,
}

fn for_tenants(
    run: &ForTenant,
    project: &Project,
    (args, words): (&ForTenantsArgs, &[String]),
    console: &mut Console<'_>,
) -> Result<Verdict> {
    let workers = usize::from(args.workers.map_or(1, NonZeroU16::get));
    let options = Options {
        max_connections: workers + 1,
        ..Options::default()
    };
    let db = project.open_database(options)?;
    let selected = selected(&db, &args.select, console)?;
    let number = selected.len();
    let next = Mutex::new(selected.into_iter());
    let (tell, outcomes) = mpsc::channel();
    let failed = thread::scope(|threads| {
        for _ in 0..workers.min(number) {
            let (db, next, tell) = (&db, &next, tell.clone());
            threads.spawn(move || {
                loop {
                    let tenant = next.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some(tenant) = tenant else { return };
                    let outcome = match db.tenant_of(&tenant.reference()) {
                        Ok(mut scope) => run(&mut scope, words),
                        Err(error) => Err(error.into()),
                    };
                    // Nobody listens any more after a panic of another.
                    let _ = tell.send((tenant, outcome));
                }
            });
        }
        drop(tell);
        let told = outcomes
            .iter()
            .map(|(tenant, outcome)| told((project, Some(&tenant)), outcome, console));
        told.filter(|verdict| *verdict == Verdict::Found).count()
    });
    let done = count(number - failed, "tenant");
    if failed == 0 {
        console.line(format_args!("done for {done}"));
        return Ok(Verdict::Fine);
    }
    console.line(format_args!(
        "done for {done}, failed for {}",
        count(failed, "tenant")
    ));
    Ok(Verdict::Found)
}

/// The tenants that are selected, without those that can't be opened, unless these are asked for by their state.
fn selected(db: &Database, select: &SelectArgs, console: &mut Console<'_>) -> Result<Vec<Tenant>> {
    let (active, others): (Vec<_>, Vec<_>) = db
        .tenants()
        .list(&select.filter()?)?
        .into_iter()
        .partition(|tenant| tenant.state() == TenantState::Active);
    if !others.is_empty() {
        let others = count(others.len(), "tenant");
        console.line(format_args!("left out {others} that can't be opened"));
    } else if active.is_empty() && !select.is_all()? {
        let message = "no tenant is selected\nhelp: `tenants list` shows all keys, states and tags";
        return Err(Error::new(ErrorKind::UnknownTenant, message));
    }
    Ok(active)
}

/// Prints a failure with its causes.
fn told(
    (project, tenant): (&Project, Option<&Tenant>),
    outcome: Result<(), OwnFailure>,
    console: &mut Console<'_>,
) -> Verdict {
    let Err(failure) = outcome else {
        return Verdict::Fine;
    };
    let at = tenant.map_or_else(String::new, |tenant| format!("{}: ", tenant.key()));
    let failure = failure.downcast::<Error>();
    match failure.map(|error| Box::new(project.told(*error))) {
        Ok(error) if at.is_empty() => console.error(&error),
        // Such an error names its tenant.
        Ok(error) if error.tenant().is_some() => console.error(&error),
        Ok(error) => console.complain(format_args!("{at}{error}")),
        Err(failure) => console.complain(with_causes(&at, &*failure)),
    }
    Verdict::Found
}

fn with_causes(at: &str, failure: &dyn StdError) -> impl Display {
    let mut message = format!("{at}{failure}");
    let mut cause = failure.source();
    while let Some(error) = cause {
        // The words of ours hide what the server quotes; those of the application are its own affair.
        if error.is::<postgres::Error>() {
            break;
        }
        message = format!("{message}\n  because: {error}");
        cause = error.source();
    }
    message
}
