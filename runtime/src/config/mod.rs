//! `tenantry.toml`: how many standbys there are, how the fleet is migrated, and in which groups.
//!
//! ```toml
//! [standby]
//! count = 10
//!
//! [migrate]
//! workers = 4
//! lock_timeout = "2s"
//! statement_timeout = "5min"
//! batch_pause = "50ms"
//! max_failures = "2%"
//!
//! [[rollout]]
//! name = "canary"
//! match = { tags = ["canary"], keys = ["acme"] }
//! max_failures = 0
//! bake = "10min"
//! health = "SELECT count(*) < 5 FROM shared.errors WHERE at > now() - interval '10 minutes'"
//!
//! [[rollout]]
//! name = "small"
//! match = { smaller_than = "100MB" }
//! order = "size"
//! workers = 8
//! rate = 50
//! ```

mod file;
mod unknown;

use std::fs;
use std::io;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::migrate::{Budget, Migrator, Rollout};

/// The settings of `tenantry.toml`; `None` where the file does not have one, so that the default applies.
///
/// The commands read it by themselves. A program that migrates on its own does so with [`Migrator::configure`]:
///
/// ```no_run
/// # fn migrate(db: &tenantry::Database) -> tenantry::Result<()> {
/// use tenantry::config::Config;
/// use tenantry::migrate::Chain;
///
/// let config = Config::open_or_default(Config::FILE)?;
/// db.migrator(Chain::open("migrations")?).configure(&config).run()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// The number of standbys to keep.
    pub standbys: Option<usize>,
    /// The number of tenants that are migrated at a time, over as many connections.
    pub workers: Option<usize>,
    /// How long a statement waits for a lock.
    pub lock_timeout: Option<Duration>,
    /// How long a statement may take.
    pub statement_timeout: Option<Duration>,
    /// The maximum number of attempts at a tenant whose locks are not available.
    pub attempts: Option<usize>,
    /// How long to wait between two batches of a statement that is done in batches.
    pub batch_pause: Option<Duration>,
    /// The number or share of tenants that may fail before a run stops.
    pub max_failures: Option<Budget>,
    /// The groups in which the fleet is migrated.
    pub rollout: Rollout,
}

impl Config {
    /// The name of the file.
    pub const FILE: &'static str = "tenantry.toml";

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`], when the file can't be read, is no TOML, has a field that there is not, or a value
    /// that is not valid.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::read(path).map_err(|error| cannot_read(path, &error))?
    }

    /// Reads a file, or returns the defaults if there is none.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), unless there is no file.
    pub fn open_or_default(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        match Self::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            read => read.map_err(|error| cannot_read(path, &error))?,
        }
    }

    fn read(path: &Path) -> io::Result<Result<Self>> {
        let text = fs::read_to_string(path)?;
        Ok(parse(&text, &path.display().to_string()))
    }
}

impl<S> Migrator<S> {
    /// Takes over the settings of a `tenantry.toml`: workers, limits, rollout groups.
    pub fn configure(self, config: &Config) -> Self {
        let mut migrator = self.rollout(config.rollout.clone());
        if let Some(timeout) = config.lock_timeout {
            migrator = migrator.lock_timeout(timeout);
        }
        if let Some(timeout) = config.statement_timeout {
            migrator = migrator.statement_timeout(timeout);
        }
        if let Some(attempts) = config.attempts {
            migrator = migrator.attempts(attempts);
        }
        if let Some(pause) = config.batch_pause {
            migrator = migrator.batch_pause(pause);
        }
        if let Some(failures) = config.max_failures {
            migrator = migrator.max_failures(failures);
        }
        if let Some(workers) = config.workers {
            migrator = migrator.workers(workers);
        }
        migrator
    }
}

/// Reads the text of a `tenantry.toml`.
impl FromStr for Config {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        parse(text, Self::FILE)
    }
}

fn parse(text: &str, name: &str) -> Result<Config> {
    let file: file::File = toml::from_str(text).map_err(|error| refused(text, name, &error))?;
    file.into_config().map_err(|error| {
        let message = format!("`{name}`: {error}");
        error.retold(ErrorKind::Configuration, message)
    })
}

fn refused(text: &str, name: &str, error: &toml::de::Error) -> Error {
    let line = error.span().map(|span| {
        let before = text.get(..span.start).unwrap_or_default();
        format!(", line {}", before.matches('\n').count() + 1)
    });
    let message = unknown::explained(error.message());
    let place = format!("`{name}`{}", line.unwrap_or_default());
    Error::new(ErrorKind::Configuration, format!("{place}: {message}"))
        .help("write it as TOML has it, and with a value of the field's type")
}

fn cannot_read(path: &Path, error: &io::Error) -> Error {
    Error::new(
        ErrorKind::Configuration,
        format!(
            "can't read `{}`: {error}\nhelp: write it, or name another with `--config`",
            path.display()
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::RolloutGroup;

    const WHOLE: &str = r#"
        [standby]
        count = 10
        [migrate]
        workers = 4
        lock_timeout = "2s"
        statement_timeout = "5min"
        attempts = 3
        max_failures = "2%"
        [[rollout]]
        name = "canary"
        match = { tags = ["beta"], keys = ["acme"], patterns = ["eu-*"], states = ["active"] }
        max_failures = 0
        bake = "10min"
        health = "SELECT true"
        [[rollout]]
        name = "small"
        match = { smaller_than = "100MB", larger_than = "1kB" }
        order = "size"
        workers = 8
        rate = 50
    "#;

    fn refused(text: &str) -> String {
        text.parse::<Config>().unwrap_err().to_string()
    }

    #[test]
    fn all_that_can_be_said_is_read() {
        let config: Config = WHOLE.parse().unwrap();
        assert_eq!((config.standbys, config.workers), (Some(10), Some(4)));
        assert_eq!(config.lock_timeout, Some(Duration::from_secs(2)));
        assert_eq!(config.statement_timeout, Some(Duration::from_mins(5)));
        assert_eq!(config.attempts, Some(3));
        assert_eq!(config.max_failures, Some(Budget::Percent(2.0)));
        let names: Vec<&str> = config
            .rollout
            .groups()
            .iter()
            .map(RolloutGroup::name)
            .collect();
        assert_eq!(names, ["canary", "small"]);
        assert_eq!("".parse::<Config>().unwrap(), Config::default());
    }

    #[test]
    fn an_unknown_field_is_an_error_with_line_and_suggestion() {
        let error = refused("[migrate]\nworkerz = 4\n");
        assert!(error.contains("`tenantry.toml`, line 2: "), "{error}");
        assert!(error.contains("`workerz`"), "{error}");
        assert!(error.contains("help: did you mean `workers`?"), "{error}");
        let error = refused("[[rollout]]\nname = \"a\"\nmatch = { tag = [\"x\"] }\n");
        assert!(error.contains("line 3"), "{error}");
        assert!(error.contains("help: did you mean `tags`?"), "{error}");
        let error = refused("[standbys]\ncount = 1\n");
        assert!(error.contains("help: did you mean `standby`?"), "{error}");
        let error = refused("[migrate]\ncolour = 1\n");
        assert!(error.contains("help: the fields are `workers`"), "{error}");
    }

    #[test]
    fn values_that_are_not_valid_are_refused_with_what_to_write() {
        for (text, part) in [
            ("[migrate]\nlock_timeout = \"5m\"", "`500ms`"),
            ("[migrate]\nlock_timeout = 5", "`500ms`"),
            ("[migrate]\nmax_failures = \"many\"", "`2%`"),
            ("[migrate]\nworkers = 0", "at least 1"),
            ("[standby]\ncount = -1", "line 2"),
            ("[[rollout]]\nmatch = {}", "`name`"),
            ("[[rollout]]\nname = \"rest\"", "name of its own"),
            (
                "[[rollout]]\nname = \"a\"\n[[rollout]]\nname = \"a\"",
                "name of its own",
            ),
            ("[[rollout]]\nname = \"a\"\nrate = 0", "above 0"),
            ("[[rollout]]\nname = \"a\"\norder = \"colour\"", "`age`"),
            (
                "[[rollout]]\nname = \"a\"\nmatch = { smaller_than = \"5 tons\" }",
                "`100MB`",
            ),
            (
                "[[rollout]]\nname = \"a\"\nmatch = { patterns = [\"[a]\"] }",
                "not a pattern",
            ),
            (
                "[[rollout]]\nname = \"a\"\nmatch = { keys = [\"a b\"] }",
                "tenant key",
            ),
            (
                "[[rollout]]\nname = \"a\"\nmatch = { states = [\"asleep\"] }",
                "`active`",
            ),
            ("[migrate", "line 1"),
        ] {
            let error = refused(text);
            assert!(error.contains(part), "{text}: {error}");
            assert!(error.starts_with("`tenantry.toml`"), "{text}: {error}");
        }
    }
}
