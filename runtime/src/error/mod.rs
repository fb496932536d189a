//! The error of every fallible operation: what went wrong, where, and what to do.

mod invalid;
mod kind;
mod redact;
mod sqlstate;
mod unmatched;
mod withheld;

use std::fmt;

use postgres::error::DbError;

pub use invalid::Violation;
pub(crate) use invalid::{Invalid, Refused};
pub use kind::ErrorKind;
pub(crate) use sqlstate::{is_catalogue_race, is_passing};
pub(crate) use withheld::{At, Withheld};

use crate::name::{SchemaName, TenantKey};

/// The result of every fallible operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Cause of an error.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// An error of tenantry.
///
/// [`kind`](Self::kind) tells which case it is, the accessors name the model, tenant, table and constraint where they
/// are known, and [`source`](std::error::Error::source) leads to the cause. Its text ends with what to do, and quotes no value of a row.
///
/// ```no_run
/// # use tenantry::prelude::*;
/// # #[tenant_model]
/// # pub struct Member { #[field(key)] pub id: i64, #[field(unique)] pub email: String }
/// fn invite(acme: &mut TenantScope, email: &str) -> tenantry::Result<&'static str> {
///     match Member::insert(NewMember::new(email)).execute(acme) {
///         Ok(()) => Ok("welcome"),
///         Err(error) if error.constraint() == Some("members_email_key") => Ok("you are a member already"),
///         Err(error) => {
///             eprintln!("{error}");
///             Err(error)
///         }
///     }
/// }
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    place: ErrorPlace,
    cause: Option<Cause>,
    /// Whether the message leaves out what the server's words name, because it may be a value.
    is_withheld: bool,
    /// Whether it came before what was to be done was sent, or of what only reads, so that this has had no effect.
    is_unsent: bool,
}

/// Where an error happened, as far as it is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct ErrorPlace {
    pub(crate) model: Option<&'static str>,
    pub(crate) operation: Option<&'static str>,
    pub(crate) tenant: Option<TenantKey>,
    pub(crate) schema: Option<SchemaName>,
    pub(crate) table: Option<String>,
    pub(crate) column: Option<String>,
    pub(crate) constraint: Option<String>,
    pub(crate) code: Option<String>,
}

impl Error {
    /// Makes an error of a kind, with a message that says what is wrong and what to do.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            place: ErrorPlace::default(),
            cause: None,
            is_withheld: false,
            is_unsent: false,
        }))
    }

    /// Makes an error that the server could have sent.
    #[cfg(test)]
    pub(crate) fn refused(kind: ErrorKind, code: &str) -> Self {
        let mut error = Self::new(kind, format!("refused with {code}"));
        error.0.place.code = Some(code.to_owned());
        error
    }

    /// Makes an error from what the server said of some SQL, which says what in its words is no value.
    pub(crate) fn of_sql(error: postgres::Error, sql: &str) -> Self {
        sqlstate::explain(error, Some(sql))
    }

    /// Adds the cause.
    pub(crate) fn because(mut self, cause: impl Into<Cause>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Notes that it came before what was to be done was sent, or of what only reads.
    pub(crate) fn unsent(mut self) -> Self {
        self.0.is_unsent = true;
        self
    }

    /// Whether what was to be done was not sent, or only reads, and so has had no effect.
    pub(crate) fn is_unsent(&self) -> bool {
        self.0.is_unsent
    }

    /// Says what to do, unless the message does.
    pub(crate) fn help(mut self, help: &str) -> Self {
        if !self.0.message.contains("\nhelp: ") {
            self.0.message.push_str("\nhelp: ");
            self.0.message.push_str(help);
        }
        self
    }

    /// Says the same of the larger thing that failed, and keeps what is known of the place.
    pub(crate) fn retold(mut self, kind: ErrorKind, message: String) -> Self {
        self.0.kind = kind;
        self.0.message = message;
        self
    }

    /// The message, without the place.
    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    /// Adds the model, its table, and what was being done with it.
    pub(crate) fn about(
        mut self,
        model: &'static str,
        table: &str,
        operation: &'static str,
    ) -> Self {
        self.0.place.model = Some(model);
        self.0.place.operation = Some(operation);
        self.0.place.table.get_or_insert_with(|| table.to_owned());
        self
    }

    /// Adds the tenant.
    pub(crate) fn in_tenant(mut self, tenant: &TenantKey) -> Self {
        self.0.place.tenant = Some(tenant.clone());
        self
    }

    /// Adds the schema.
    pub(crate) fn in_schema(mut self, schema: &SchemaName) -> Self {
        self.0.place.schema = Some(schema.clone());
        self
    }

    /// Returns which case it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The model that the failed statement was about.
    pub fn model(&self) -> Option<&'static str> {
        self.0.place.model
    }

    /// The operation: `find`, `insert`, `save`, ….
    pub fn operation(&self) -> Option<&'static str> {
        self.0.place.operation
    }

    /// The tenant in whose scope it happened.
    pub fn tenant(&self) -> Option<&TenantKey> {
        self.0.place.tenant.as_ref()
    }

    /// The schema in which it happened.
    pub fn schema(&self) -> Option<&SchemaName> {
        self.0.place.schema.as_ref()
    }

    /// The table, without its schema.
    pub fn table(&self) -> Option<&str> {
        self.0.place.table.as_deref()
    }

    /// The column, where the error is about one alone: of a null that is refused, or of a row that is referenced and not there.
    ///
    /// PostgreSQL names no column of a unique constraint, a foreign key or a check: [`constraint`](Self::constraint) tells which it is.
    pub fn column(&self) -> Option<&str> {
        self.0.place.column.as_deref()
    }

    /// The constraint that the statement violates.
    pub fn constraint(&self) -> Option<&str> {
        self.0.place.constraint.as_deref()
    }

    /// PostgreSQL's code of five characters, if the server refused the statement.
    pub fn sqlstate(&self) -> Option<&str> {
        self.0.place.code.as_deref()
    }

    /// Returns the fields whose values the model's own checks refuse, `#[field(check_with = ...)]`, each with the words of the check.
    ///
    /// All of a new row are here at once, as a form shows them. The words can quote a value.
    pub fn violations(&self) -> &[Violation] {
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            if let Some(Invalid(violations)) = error.downcast_ref() {
                return violations;
            }
            cause = error.source();
        }
        &[]
    }

    /// Returns what the server said, if it refused the statement.
    pub(crate) fn server_error(&self) -> Option<&DbError> {
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            if let Some(refused) = refused(error) {
                return Some(refused);
            }
            cause = error.source();
        }
        None
    }

    /// Returns all that the server or a function of the application said, or that is known of a value which does not fit, if the message leaves some of it out.
    ///
    /// It can quote the values of rows, which are customers' data: it is for the eyes of an operator, and not for logs.
    pub fn details(&self) -> Option<String> {
        let mut is_withheld = self.0.is_withheld;
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            is_withheld |= error
                .downcast_ref()
                .is_some_and(|error: &Self| error.0.is_withheld);
            if let Some(withheld) = error.downcast_ref::<Withheld>() {
                return Some(withheld.all().to_owned());
            }
            if let Some(refused) = refused(error) {
                let all = redact::all(refused);
                return (is_withheld || redact::told(refused, None) != all).then_some(all);
            }
            cause = error.source();
        }
        None
    }

    /// Whether a statement was made for the version that its tenant had before.
    pub(crate) fn is_of_former_version(&self) -> bool {
        self.kind() == ErrorKind::TenantVersion && self.sqlstate() == Some("42703")
    }

    /// Tells whether the same transaction may succeed when it is run again: it was in conflict with others, whatever
    /// the kind is that the whole has failed with.
    ///
    /// A broken connection is among these: where something may have taken effect, the kind is
    /// [`ErrorKind::CommitUnknown`].
    pub fn is_retryable(&self) -> bool {
        let kind = matches!(
            self.kind(),
            ErrorKind::Serialization
                | ErrorKind::Deadlock
                | ErrorKind::LockTimeout
                | ErrorKind::Connection
        );
        // Conflicts between transactions, deadlocks, and locks that were not had in time.
        kind || self.is_of_former_version()
            || matches!(self.sqlstate(), Some("40001" | "40P01" | "55P03"))
            || self.server_error().is_some_and(is_catalogue_race)
    }
}

macro_rules! predicates {
    ($($name:ident => $kind:ident, $doc:literal;)*) => {
        impl Error {$(
            #[doc = $doc]
            pub fn $name(&self) -> bool {
                self.kind() == ErrorKind::$kind
            }
        )*}
    };
}

predicates! {
    is_not_found => NotFound, "Whether exactly one row was asked for and there is none.";
    is_unique => Unique, "Whether a unique constraint is violated.";
    is_foreign_key => ForeignKey, "Whether a foreign key is violated.";
    is_check => Check, "Whether a check is violated.";
    is_not_null => NotNull, "Whether a column that can't be null would be.";
    is_missing_table => MissingTable, "Whether the table does not exist in the schema.";
    is_invalid => Invalid, "Whether the model's own checks refuse a value: see [`violations`](Self::violations).";
    is_stale => Stale, "Whether the row was changed or deleted since it was loaded.";
    is_foreign_row => ForeignRow, "Whether a row was used in another scope than it was loaded from.";
    is_unknown_tenant => UnknownTenant, "Whether the registry has no such tenant.";
    is_tenant_state => TenantState, "Whether the tenant's state does not allow the operation.";
    is_tenant_exists => TenantExists, "Whether the registry has such a tenant already.";
    is_schema_exists => SchemaExists, "Whether the database has such a schema already.";
}

fn refused<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e DbError> {
    error
        .downcast_ref::<postgres::Error>()
        .and_then(postgres::Error::as_db_error)
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What to do comes last, after the place.
        let message = &self.0.message;
        let (what, help) = message.split_at(message.find("\nhelp: ").unwrap_or(message.len()));
        f.write_str(what)?;
        let place = &self.0.place;
        let mut separator = " (";
        let mut part =
            |f: &mut fmt::Formatter<'_>, what: &str, value: Option<&dyn fmt::Display>| {
                let Some(value) = value else { return Ok(()) };
                write!(f, "{separator}{what} `{value}`")?;
                separator = ", ";
                Ok(())
            };
        part(f, "tenant", place.tenant.as_ref().map(|t| t as _))?;
        part(f, "model", place.model.as_ref().map(|m| m as _))?;
        part(f, "operation", place.operation.as_ref().map(|o| o as _))?;
        part(f, "constraint", place.constraint.as_ref().map(|c| c as _))?;
        if separator == ", " {
            f.write_str(")")?;
        }
        f.write_str(help)
    }
}

/// As `main` prints the error that it returns: what is wrong and what to do, after the kind.
///
/// The cause is left out: PostgreSQL's details name values, which are customers' data.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as _)
    }
}

impl From<crate::name::NameError> for Error {
    fn from(error: crate::name::NameError) -> Self {
        Self::new(ErrorKind::Name, error.to_string()).because(error)
    }
}

impl From<postgres::Error> for Error {
    fn from(error: postgres::Error) -> Self {
        sqlstate::explain(error, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_then_where_then_what_to_do() {
        let acme = TenantKey::new("acme").unwrap();
        let error = |message| Error::new(ErrorKind::TenantState, message).in_tenant(&acme);
        assert_eq!(
            error("the tenant is suspended\nhelp: resume it first").to_string(),
            "the tenant is suspended (tenant `acme`)\nhelp: resume it first"
        );
        assert_eq!(
            error("the tenant is suspended").to_string(),
            "the tenant is suspended (tenant `acme`)"
        );
        let helped = error("the tenant is suspended").help("resume it first");
        assert_eq!(
            helped.help("drop it").to_string(),
            "the tenant is suspended (tenant `acme`)\nhelp: resume it first"
        );
    }
}
