//! The named statements of a connection: which are kept, and when they are forgotten. No I/O.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;

use postgres::error::SqlState;
use postgres::types::Type;

use super::{Effect, Gives, Statement};
use crate::error::{Error, ErrorKind};
use crate::value::Param;

/// Prepared statements that a connection keeps on the server.
///
/// ```no_run
/// use tenantry::prelude::*;
/// use tenantry::scope::{Options, PreparedStatements};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let config = "postgres://app@db.example/app".parse()?;
/// let mut options = Options::default();
/// options.prepared_statements = PreparedStatements::Cached { per_connection: 256 };
/// let db = Database::connect_with(&config, postgres::NoTls, options)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum PreparedStatements {
    /// None: each statement is sent with its text, which any pooler can take. The default.
    #[default]
    Unnamed,
    /// So many on each connection: those of models that are sent a second time, for one tenant, soon after the first. The one
    /// that was not used for longest makes way.
    ///
    /// The server parses and plans these once, and keeps some 20 KiB for each. It takes connections without a pooler between, or a pooler that
    /// knows prepared statements, as PgBouncer does from 1.21 on with `max_prepared_statements`. Anything else is found
    /// out when a connection is opened, and refused. After raw SQL in a scope, which may forget them on the server, all are prepared anew.
    Cached {
        /// The most on a connection.
        per_connection: usize,
    },
}

/// Statements that are kept, and signs of those that were seen lately.
#[derive(Default)]
pub(super) struct Prepared {
    max: usize,
    kept: HashMap<String, KeptStatement>,
    /// Hashes of texts that came once: a wrong one only has a statement prepared early.
    seen: HashSet<u64>,
    /// Counts uses.
    now: u64,
}

struct KeptStatement {
    statement: postgres::Statement,
    used: u64,
}

/// The way to send a statement.
pub(super) enum SendMode {
    Unnamed,
    /// With a name that it is to be given first.
    Prepare,
    Named(postgres::Statement),
}

impl Prepared {
    pub(super) fn new(prepared: PreparedStatements) -> Option<Self> {
        match prepared {
            PreparedStatements::Cached { per_connection: 0 } | PreparedStatements::Unnamed => None,
            PreparedStatements::Cached { per_connection } => Some(Self {
                max: per_connection,
                ..Self::default()
            }),
        }
    }

    /// Returns the way to send a statement. `altered`: whether the session may have been made to forget what is kept.
    pub(super) fn way(&mut self, statement: &Statement, altered: bool) -> SendMode {
        if altered {
            self.clear();
            return SendMode::Unnamed;
        }
        let is_whole = matches!(statement.gives, Gives::Rows | Gives::Count);
        // Of a type that the server finds the driver would ask the server, by a statement with a name of its own.
        let is_untyped = statement.types().any(|ty| ty == Type::UNKNOWN);
        if !is_whole || is_untyped || statement.effect == Effect::Unknown {
            return SendMode::Unnamed;
        }
        self.now += 1;
        if let Some(kept) = self.kept.get_mut(&statement.sql) {
            let mut types = statement.params.iter().map(Param::ty);
            return if kept.statement.params().iter().eq(&mut types) {
                kept.used = self.now;
                SendMode::Named(kept.statement.clone())
            } else {
                SendMode::Unnamed
            };
        }
        // Of more texts than can be kept, most would make way before they are of use.
        let hash = self.kept.hasher().hash_one(&statement.sql);
        if self.seen.remove(&hash) {
            return SendMode::Prepare;
        }
        if self.seen.len() >= self.max {
            self.seen.clear();
        }
        self.seen.insert(hash);
        SendMode::Unnamed
    }

    /// Keeps a statement that was prepared. The driver has the server forget the one that makes way.
    pub(super) fn keep(&mut self, sql: &str, statement: postgres::Statement) {
        if self.kept.len() >= self.max {
            let oldest = self.kept.iter().min_by_key(|(_, kept)| kept.used);
            if let Some(oldest) = oldest.map(|(sql, _)| sql.clone()) {
                self.kept.remove(&oldest);
            }
        }
        let used = self.now;
        self.kept
            .insert(sql.to_owned(), KeptStatement { statement, used });
    }

    /// Forgets all if a statement is kept, and says whether it was: what has changed one has changed others, and a transaction is to
    /// fail once only.
    pub(super) fn forget(&mut self, sql: &str) -> bool {
        let was_kept = self.kept.contains_key(sql);
        if was_kept {
            self.clear();
        }
        was_kept
    }

    pub(super) fn clear(&mut self) {
        self.kept.clear();
        self.seen.clear();
    }
}

/// Tells whether the server refused a named statement, and did nothing, because it is no longer what was prepared: its table has
/// changed, or the session has forgotten it.
pub(super) fn is_outdated(error: &postgres::Error) -> bool {
    error.as_db_error().is_some_and(|told| {
        *told.code() == SqlState::INVALID_SQL_STATEMENT_NAME
            || *told.code() == SqlState::FEATURE_NOT_SUPPORTED
                && told.routine() == Some("RevalidateCachedQuery")
    })
}

/// Says that of a statement of a transaction, which can't be sent again.
pub(super) fn outdated(error: Error) -> Error {
    let message = format!(
        "the table has changed, or the session was reset, since the statement was prepared: {}\n\
         help: run the transaction again, for which the statement is prepared anew",
        error.message()
    );
    error.retold(ErrorKind::Serialization, message)
}
