//! From PostgreSQL's error codes to what they mean here.
//!
//! The codes are those of appendix A of the PostgreSQL manual.

use std::io;

use postgres::error::{DbError, SqlState};

use super::{Error, ErrorKind, redact};
use crate::name::{TENANT_ROW_KEY, TENANT_ROW_REFUSED};

/// Makes an error from the driver's, which is that of some SQL, if that is known.
pub(super) fn explain(error: postgres::Error, sql: Option<&str>) -> Error {
    let Some(refused) = error.as_db_error() else {
        let kind = if error.is_closed() {
            ErrorKind::Connection
        } else {
            driver_kind(&error)
        };
        let is_late = io_of(&error).is_some_and(|io| io.kind() == io::ErrorKind::TimedOut);
        let explained = Error::new(kind, format!("{error}{}", cause_of(&error))).because(error);
        return if is_late {
            explained.help("look whether the server is up and reachable, and try again")
        } else {
            explained
        };
    };
    let told = redact::told(refused, sql);
    let is_withheld = told != redact::told(refused, None);
    let kind = if is_catalogue_race(refused) {
        ErrorKind::Serialization
    } else if is_of_tenant_row(refused) {
        ErrorKind::TenantRow
    } else {
        kind_of(refused.code())
    };
    let mut explained = Error::new(kind, told);
    explained.0.is_withheld = is_withheld;
    let place = &mut explained.0.place;
    place.table = refused.table().map(str::to_owned);
    place.column = refused.column().map(str::to_owned);
    place.constraint = refused.constraint().map(str::to_owned);
    place.schema = refused
        .schema()
        .and_then(|name| crate::name::SchemaName::new(name).ok());
    place.code = Some(refused.code().code().to_owned());
    let explained = explained.because(error);
    match kind {
        ErrorKind::TenantRow if explained.constraint() == Some(TENANT_ROW_KEY) => explained.help(
            "such a row is made with its tenant, by `db.tenants().create(NewAccount::new(..))` for a model `Account`",
        ),
        _ => explained,
    }
}

/// Whether what a code tells may be over another time: somebody else needs the same just now, the server is short of something, or
/// an operator has come in between.
pub(crate) fn is_passing(code: &str) -> bool {
    // Of rollbacks, resources, operators, and locks that are held. The others of class 55 tell of the statement itself.
    const CLASSES: [&str; 4] = ["40", "53", "57", "55P03"];
    CLASSES.iter().any(|class| code.starts_with(class))
}

/// Whether what the server refused was refused because somebody else has changed the same entry of the catalogue at once, as those
/// do who grant rights to one table, or replace one function. PostgreSQL locks no such entry, and has no code for it.
pub(crate) fn is_catalogue_race(refused: &DbError) -> bool {
    // The names of its routines, unlike its words, are the same in all languages.
    const ROUTINES: [&str; 2] = ["simple_heap_update", "simple_heap_delete"];
    let is_in = |routine: &str| ROUTINES.contains(&routine);
    match *refused.code() {
        SqlState::INTERNAL_ERROR => refused.routine().is_some_and(is_in),
        // A name that is there has a code of its own, unless it came in between.
        SqlState::UNIQUE_VIOLATION => refused.schema() == Some("pg_catalog"),
        _ => false,
    }
}

/// Whether a tenant would be without its row, or such a row without its tenant.
fn is_of_tenant_row(refused: &DbError) -> bool {
    let is_guarded = refused.code().code() == TENANT_ROW_REFUSED
        && refused.schema() == Some(crate::name::BOOKKEEPING_SCHEMA);
    is_guarded || refused.constraint() == Some(TENANT_ROW_KEY)
}

/// The driver says only that it failed; why is in its cause.
fn cause_of(error: &postgres::Error) -> String {
    std::error::Error::source(error)
        .map(|cause| format!(": {cause}"))
        .unwrap_or_default()
}

fn io_of(error: &postgres::Error) -> Option<&io::Error> {
    std::error::Error::source(error).and_then(|cause| cause.downcast_ref())
}

fn driver_kind(error: &postgres::Error) -> ErrorKind {
    if io_of(error).is_some() {
        ErrorKind::Connection
    } else {
        ErrorKind::Database
    }
}

fn kind_of(code: &SqlState) -> ErrorKind {
    match *code {
        SqlState::UNIQUE_VIOLATION => ErrorKind::Unique,
        SqlState::FOREIGN_KEY_VIOLATION | SqlState::RESTRICT_VIOLATION => ErrorKind::ForeignKey,
        SqlState::CHECK_VIOLATION => ErrorKind::Check,
        SqlState::NOT_NULL_VIOLATION => ErrorKind::NotNull,
        SqlState::EXCLUSION_VIOLATION => ErrorKind::Exclusion,
        SqlState::STRING_DATA_RIGHT_TRUNCATION
        | SqlState::NUMERIC_VALUE_OUT_OF_RANGE
        | SqlState::DATETIME_FIELD_OVERFLOW
        | SqlState::CHARACTER_NOT_IN_REPERTOIRE
        | SqlState::UNTRANSLATABLE_CHARACTER => ErrorKind::Value,
        SqlState::UNDEFINED_TABLE => ErrorKind::MissingTable,
        SqlState::INVALID_SCHEMA_NAME => ErrorKind::MissingSchema,
        SqlState::UNDEFINED_COLUMN => ErrorKind::MissingColumn,
        SqlState::T_R_SERIALIZATION_FAILURE => ErrorKind::Serialization,
        SqlState::T_R_DEADLOCK_DETECTED => ErrorKind::Deadlock,
        SqlState::LOCK_NOT_AVAILABLE => ErrorKind::LockTimeout,
        SqlState::QUERY_CANCELED => ErrorKind::Cancelled,
        SqlState::READ_ONLY_SQL_TRANSACTION => ErrorKind::ReadOnly,
        SqlState::INSUFFICIENT_PRIVILEGE => ErrorKind::Permission,
        SqlState::DUPLICATE_SCHEMA => ErrorKind::SchemaExists,
        _ => by_class(code.code()),
    }
}

fn by_class(code: &str) -> ErrorKind {
    match code.get(..2) {
        Some("53" | "54") => ErrorKind::Resources,
        Some("08") => ErrorKind::Connection,
        _ if matches!(code, "57P01" | "57P02" | "57P03" | "57P05" | "25P03") => {
            ErrorKind::Connection
        }
        _ => ErrorKind::Database,
    }
}
