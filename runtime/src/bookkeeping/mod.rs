//! The bookkeeping schema `tenantry`, in every database: the registry of tenants, the ledger, and the chain of
//! migrations as it was recorded when the database was migrated.
//!
//! The database carries its own chain, so a tenant is created from what the database says, without migration files at
//! run time, and always at a version that fits what the shared schema is at.

pub(crate) mod application;
mod asked_index;
pub(crate) mod batches;
mod circle;
mod commit;
mod damage;
pub(crate) mod effects;
pub(crate) mod facts;
mod file_sql;
mod format;
mod formats;
mod guard;
mod limited;
mod message;
mod meta;
mod misfits;
mod restored;
pub(crate) mod segment;
mod taken;
mod waits;
mod whole;

pub(crate) use asked_index::AskedIndex;
pub(crate) use circle::limit_several;
pub(crate) use commit::{is_lost, unknown};
#[cfg(feature = "cli")]
pub(crate) use damage::may_be_damage;
pub(crate) use damage::{damage_or, damaged, explain_damage, explaining, told};
pub(crate) use facts::{CHAIN_REVISION, LEFT_OUT};
pub(crate) use file_sql::{FileSql, Position};
#[cfg(feature = "cli")]
pub(crate) use format::{check_named, named};
pub(crate) use format::{check_shared, ensure, exists};
pub(crate) use formats::latest as latest_format;
pub(crate) use guard::Guard;
pub(crate) use message::Message;
pub(crate) use meta::{Meta, ledger_rows};
#[cfg(feature = "testing")]
pub(crate) use restored::AS_TEMPLATE;
pub(crate) use restored::{
    IS_NOT_COMPARED, IS_RESTORED, IS_SET_BACK, WHICH, note_compared, skip_numbers,
};
pub(crate) use waits::{Attempt, NO_TIMEOUT, Waits};
pub(crate) use whole::{
    AGREE, RECORDED_CHAIN, check_whole, checked_whole, damage, find_damage, lacking,
};

use postgres::error::SqlState;

use crate::error::{Error, ErrorKind};

/// Whether the shared part, and whether the tenant part, of the migration `g` is applied to any schema, as columns.
///
/// Each is one look into the index. Written as `EXISTS`, PostgreSQL would read the whole ledger, and compile the query
/// first; without an order it would read the ledger until it comes across a row.
pub(crate) const APPLIED: &str = "\
    (SELECT true FROM tenantry.ledger AS l WHERE l.migration = g.id AND l.tenant_id = 0) IS TRUE, \
    (SELECT true FROM tenantry.ledger AS l WHERE l.migration = g.id AND l.tenant_id > 0 \
     ORDER BY l.migration, l.tenant_id LIMIT 1) IS TRUE";

/// SQL expression: checksum of the tenant chain up to a version.
pub(crate) fn digest(version: &str) -> String {
    format!(
        facts::sha256!(
            "(SELECT pg_catalog.string_agg(tenant_checksum, ' ' ORDER BY position) FROM tenantry.migration \
             WHERE tenant_up IS NOT NULL AND position <= {version})"
        ),
        version = version
    )
}

/// The condition that the baseline `b` is one of the chain as it is recorded; `m` is the row of `tenantry.meta`. What the
/// chain has after it comes after it in a new tenant too.
pub(crate) fn fits() -> String {
    format!(
        "b.one = 1 AND b.version <= m.tenant_version AND b.digest = {}",
        digest("b.version")
    )
}

/// Explains an error of a statement that names tables of the bookkeeping schema only.
pub(crate) fn explain(error: postgres::Error) -> Error {
    explain_met(error.into())
}

/// The same of an error that a flow has met.
pub(crate) fn explain_met(error: Error) -> Error {
    let missing = [SqlState::UNDEFINED_TABLE, SqlState::INVALID_SCHEMA_NAME];
    let code = error.sqlstate();
    if missing.iter().any(|missing| code == Some(missing.code())) {
        not_migrated()
    } else {
        error
    }
}

/// The error for a database without bookkeeping schema.
pub(crate) fn not_migrated() -> Error {
    Error::new(
        ErrorKind::NotMigrated,
        "the database has no bookkeeping schema `tenantry`\nhelp: migrate the database first",
    )
}

/// Whether a transaction failed because a tenant is being worked on by somebody else, or is gone.
pub(crate) fn is_busy(error: &postgres::Error) -> bool {
    Guard::of(error) == Some(Guard::Busy)
}

/// Whether a transaction failed because somebody else got there first, so that it has to be planned anew.
///
/// Each transaction over the registry begins with a statement that a [`Guard`] refuses unless everything is as it was when
/// the transaction was planned.
pub(crate) fn is_overtaken(error: &postgres::Error) -> bool {
    let Some(refused) = error.as_db_error() else {
        return false;
    };
    let guard = matches!(Guard::of(error), Some(Guard::Busy | Guard::Overtaken));
    let ledger = *refused.code() == SqlState::UNIQUE_VIOLATION
        && refused.schema() == Some(crate::name::BOOKKEEPING_SCHEMA)
        && refused.table() == Some("ledger");
    // Only when the database's default isolation is stricter than PostgreSQL's own.
    let serialization = *refused.code() == SqlState::T_R_SERIALIZATION_FAILURE;
    guard || ledger || serialization
}
