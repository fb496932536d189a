//! Statuses of HTTP for errors, by their kind.

use std::time::Duration;

use http::StatusCode;

use crate::error::{Error, ErrorKind};

/// When to come back after a conflict, a lost connection, or while the database is brought up to date.
pub(super) const RETRY_SOON: Duration = Duration::from_secs(1);

impl Error {
    /// The status of HTTP that answers it (feature `tower`).
    ///
    /// 404 for a row or tenant that there is not, 400 for a name or page that there can't be, 403 for a tenant that is suspended, 409 for a conflict with what is there, 422 for values that do not
    /// fit, 503 for what may succeed when it is done again, and 500 for what the visitor can do nothing about.
    pub fn http_status(&self) -> StatusCode {
        if self.is_retryable() {
            StatusCode::SERVICE_UNAVAILABLE
        } else {
            status_of(self.kind())
        }
    }
}

/// Returns the status for a kind.
pub(super) fn status_of(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::NotFound | ErrorKind::UnknownTenant => StatusCode::NOT_FOUND,
        ErrorKind::TenantState => StatusCode::FORBIDDEN,
        ErrorKind::Unique
        | ErrorKind::Exclusion
        | ErrorKind::ForeignKey
        | ErrorKind::Stale
        | ErrorKind::TenantExists
        | ErrorKind::SchemaExists => StatusCode::CONFLICT,
        ErrorKind::Name | ErrorKind::Page => StatusCode::BAD_REQUEST,
        ErrorKind::Check
        | ErrorKind::NotNull
        | ErrorKind::Value
        | ErrorKind::Encode
        | ErrorKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        // A program that has closed its database is on its way out: another takes its place.
        ErrorKind::Closed
        | ErrorKind::Serialization
        | ErrorKind::Deadlock
        | ErrorKind::LockTimeout
        | ErrorKind::Connection
        | ErrorKind::Resources
        | ErrorKind::Cancelled
        | ErrorKind::NotMigrated
        | ErrorKind::TenantVersion => StatusCode::SERVICE_UNAVAILABLE,
        // Nobody should do it again who does not know whether it is done.
        ErrorKind::CommitUnknown
        | ErrorKind::SeveralRows
        | ErrorKind::MissingTable
        | ErrorKind::MissingSchema
        | ErrorKind::MissingColumn
        | ErrorKind::ReadOnly
        | ErrorKind::Nested
        | ErrorKind::Permission
        | ErrorKind::Tls
        | ErrorKind::Database
        | ErrorKind::ForeignRow
        | ErrorKind::Decode
        | ErrorKind::Aborted
        | ErrorKind::DamagedMetadata
        | ErrorKind::NewerFormat
        | ErrorKind::Outdated
        | ErrorKind::NotOwned
        | ErrorKind::TenantRow
        | ErrorKind::Dependents
        | ErrorKind::Chain
        | ErrorKind::Diverged
        | ErrorKind::SchemaDiffers
        | ErrorKind::Migration
        | ErrorKind::Models
        | ErrorKind::Configuration => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The words for a kind: what an application says of it has to come from the application.
#[cfg(feature = "axum")]
pub(super) fn words_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound | ErrorKind::UnknownTenant => "there is no such thing",
        ErrorKind::TenantState => "this site is suspended",
        ErrorKind::Unique
        | ErrorKind::Exclusion
        | ErrorKind::TenantExists
        | ErrorKind::SchemaExists => "there is one already",
        ErrorKind::ForeignKey => "something else refers to it, or it refers to what is not there",
        ErrorKind::Stale => "it was changed by somebody else meanwhile",
        ErrorKind::Name => "a name is not valid",
        ErrorKind::Page => "there is no such page",
        kind if status_of(kind) == StatusCode::UNPROCESSABLE_ENTITY => "a value is not valid",
        ErrorKind::CommitUnknown => "it is not known whether it was done",
        kind if status_of(kind) == StatusCode::SERVICE_UNAVAILABLE => {
            "not available: come back in a moment"
        }
        _ => "something went wrong",
    }
}
