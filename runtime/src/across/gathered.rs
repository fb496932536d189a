//! An answer of many tenants, and who is missing in it.

use std::collections::BTreeMap;
use std::fmt;

use crate::error::{Error, ErrorKind, Result};
use crate::name::TenantKey;
use crate::tenant::TenantState;

/// An answer of many tenants, and who is missing in it.
#[must_use = "some tenants may be missing in it"]
#[derive(Debug)]
pub struct Gathered<T> {
    pub(super) rows: Vec<T>,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) versions: BTreeMap<i32, usize>,
}

impl<T> Gathered<T> {
    /// The rows of the tenants that have answered.
    pub fn rows(&self) -> &[T] {
        &self.rows
    }

    /// Takes the rows, even if tenants are missing.
    pub fn into_rows(self) -> Vec<T> {
        self.rows
    }

    /// Takes the rows if no tenant is missing.
    ///
    /// # Errors
    ///
    /// That of the first tenant that is missing.
    pub fn whole(mut self) -> Result<Vec<T>> {
        if self.left_out.is_empty() {
            return Ok(self.rows);
        }
        let others = self.left_out.len() - 1;
        Err(self.left_out.swap_remove(0).into_error(others))
    }

    /// The tenants that are missing, and why.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// The number of tenants that have answered.
    pub fn tenants(&self) -> usize {
        self.versions.values().sum()
    }

    /// The number of tenants that have answered by the version that they are at: the position in the chain of their last migration. If there
    /// are several, a migration is under way or has failed somewhere.
    pub fn versions(&self) -> &BTreeMap<i32, usize> {
        &self.versions
    }
}

/// A tenant whose rows are missing in an answer.
#[derive(Debug)]
pub struct LeftOut {
    pub(super) tenant: TenantKey,
    pub(super) why: Why,
    pub(super) error: Option<Error>,
}

/// Reason why a tenant's rows are missing in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// There is no tenant of that key, or it was dropped meanwhile.
    Gone,
    /// It is in another state than active.
    State(TenantState),
    /// Its schema has not what is asked for, and it is behind others by migrations.
    Behind {
        /// The position in the chain of its last migration.
        version: i32,
        /// The position of the furthest tenant's.
        reach: i32,
    },
    /// Somebody holds a lock on its tables, as a migration does.
    Locked,
    /// The role may not read its tables.
    Refused,
    /// The server refused the statement for it.
    Failed,
}

impl LeftOut {
    /// The tenant's key.
    pub fn tenant(&self) -> &TenantKey {
        &self.tenant
    }

    /// The reason.
    pub fn why(&self) -> Why {
        self.why
    }

    /// The server's error, if there was one.
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    pub(super) fn into_error(self, others: usize) -> Error {
        let kind = match self.why {
            Why::Gone => ErrorKind::UnknownTenant,
            Why::State(_) => ErrorKind::TenantState,
            Why::Behind { .. } => ErrorKind::MissingColumn,
            Why::Locked => ErrorKind::LockTimeout,
            Why::Refused => ErrorKind::Permission,
            Why::Failed => ErrorKind::Database,
        };
        let kind = self.error.as_ref().map_or(kind, Error::kind);
        let more = match others {
            0 => String::new(),
            others => format!(", and so are {others} others"),
        };
        let message = format!(
            "a tenant is missing in the answer{more}: {}\n\
             help: `left_out` tells all that are missing; `rows` has the answer of the others",
            self.why
        );
        let error = Error::new(kind, message).in_tenant(&self.tenant);
        match self.error {
            Some(cause) => error.because(cause),
            None => error,
        }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tenant `{}`: {}", self.tenant, self.why)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("there is no such tenant"),
            Self::State(state) => write!(f, "it is {state}"),
            Self::Behind { version, reach } => {
                write!(f, "it is at migration {version}, and others are at {reach}")
            }
            Self::Locked => f.write_str("somebody has locked its tables"),
            Self::Refused => f.write_str("the role may not read its tables"),
            Self::Failed => f.write_str("the server refused the statement"),
        }
    }
}
