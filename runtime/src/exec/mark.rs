//! Finding out whether named statements stay with their connection.
//!
//! Drivers of two processes give their statements the same names, and a pooler that lends a session for a transaction
//! takes each to where the other has prepared its own: a statement of one tenant would read another's rows. So a
//! connection is opened with a setting that no pooler passes on. A session that has it is no one else's. Behind any
//! other there has to be a pooler that gives the statements names of its own.

use std::sync::Arc;

use postgres::Config;

use crate::error::{Error, ErrorKind};
use crate::random::random;

/// A setting of all sessions that one process opens.
#[derive(Debug, Clone)]
pub(crate) struct Mark(Arc<str>);

/// Returns the mark of a session, if it has one.
pub(super) const MARK: &str = "SELECT pg_catalog.current_setting('tenantry.session', true)";

/// Returns the name that the server has for a statement with the text `$1`, if it has one.
pub(super) const NAME: &str =
    "SELECT name FROM pg_catalog.pg_prepared_statements WHERE statement = $1";

impl Mark {
    pub(crate) fn new() -> Self {
        Self(format!("{:016x}{:016x}", random(), random()).into())
    }

    /// Returns a configuration of connections that have it.
    pub(crate) fn on(&self, config: &Config) -> Config {
        let mut marked = config.clone();
        let given = config.get_options().unwrap_or_default();
        marked.options(&format!("{given} -c tenantry.session={}", self.0));
        marked
    }

    /// Whether a session has it, by the answer to [`MARK`].
    pub(super) fn is(&self, found: Option<&str>) -> bool {
        found == Some(&*self.0)
    }

    /// The text of a statement that nobody else prepares.
    pub(super) fn statement(&self) -> String {
        format!("SELECT '{}'", self.0)
    }
}

/// Whether a pooler did not take a connection because of its settings.
pub(super) fn is_refused(error: &Error) -> bool {
    error.sqlstate() == Some("08P01")
}

/// Whether a pooler has given a name of its own to a statement, by the answer to [`NAME`]: the driver's are `s0`, `s1`, and so on.
pub(super) fn is_renamed(name: &str) -> bool {
    let number = name.strip_prefix('s');
    !number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Returns the error of a connection that can't have named statements.
pub(super) fn pooled() -> Error {
    Error::new(
        ErrorKind::Configuration,
        "prepared statements can't be kept on the server: there is a pooler between that does not know them, so that one process \
         would run the statements of another\n\
         help: connect without it, use PgBouncer from 1.21 on with `max_prepared_statements` above zero, or leave \
         `Options::prepared_statements` at `Unnamed`",
    )
}
