//! How the bookkeeping schema is made, and brought up to the format of this version of tenantry.

use postgres::types::Type;
use postgres::{Client, Transaction};

use super::commit::committing;
use super::damage::{Metadata, ROW, damaged, gone, look};
use super::explain;
use super::formats::{FORMATS, latest};
use super::restored::{DATABASE, RELATION, SERVER_START};
use super::waits::Waits;
use crate::error::{Error, ErrorKind, Result};
use crate::name::SchemaName;

/// Serialises the processes that make or upgrade the bookkeeping schema. Any number does, as long as it stays.
const LOCK: i64 = 0x7465_6e61_6e74_7279;

/// Makes or upgrades the bookkeeping schema and makes the shared schema, unless that is done already.
///
/// # Errors
///
/// [`ErrorKind::NewerFormat`], when a newer version of tenantry was here; [`ErrorKind::Configuration`], when the
/// database was set up with another shared schema; [`ErrorKind::SchemaExists`], when somebody else uses the name
/// `tenantry`; [`ErrorKind::DamagedMetadata`], when a part of it is gone.
pub(crate) fn ensure(client: &mut Client, shared: &SchemaName, waits: &Waits) -> Result<()> {
    match whole(client, shared, Some(waits))? {
        Some(format) if format == latest() => Ok(()),
        _ => upgrade(client, shared, waits),
    }
}

/// Tells whether the database has a bookkeeping schema, of a format that this version understands.
///
/// # Errors
///
/// As [`ensure`].
pub(crate) fn exists(client: &mut Client, shared: &SchemaName) -> Result<bool> {
    Ok(whole(client, shared, None)? == Some(latest()))
}

/// Returns the format of the metadata tables, if there are any, and refuses those that this version can't work with.
fn whole(client: &mut Client, shared: &SchemaName, waits: Option<&Waits>) -> Result<Option<i32>> {
    let mut found = read(client, waits)?;
    let format = found.as_ref().map(|(format, _)| *format);
    if let Some((format, found)) = &found {
        check(*format, found, shared)?;
    }
    match look(client, format)? {
        Metadata::Damaged(lacking) => return Err(damaged(&lacking)),
        Metadata::Gone(schemas) => return Err(gone(&schemas)),
        Metadata::Absent => return Ok(format),
        Metadata::Whole => {}
    }
    if found.is_none() {
        // They may have been made since.
        found = read(client, waits)?;
        if let Some((format, found)) = &found {
            check(*format, found, shared)?;
        }
    }
    match found {
        Some((format, _)) => Ok(Some(format)),
        None => Err(damaged(&[ROW.to_owned()])),
    }
}

/// Refuses a shared schema that is not that of the database, if the database was ever migrated.
#[cfg(feature = "cli")]
pub(crate) fn check_named(client: &mut Client, shared: &SchemaName) -> Result<()> {
    match read(client, None)? {
        Some((format, found)) => check(format, &found, shared),
        None => Ok(()),
    }
}

/// Returns the shared schema that the database was set up with, if it was ever migrated.
#[cfg(feature = "cli")]
pub(crate) fn named(client: &mut Client) -> Result<Option<SchemaName>> {
    let found = read(client, None)?;
    Ok(found
        .map(|(_, shared)| SchemaName::new(shared))
        .transpose()?)
}

/// Refuses what a newer version wrote.
pub(super) fn check_format(format: i32) -> Result<()> {
    if format <= latest() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::NewerFormat,
        format!(
            "the bookkeeping schema `tenantry` has format {format}, and this version of tenantry knows up to {}\n\
             help: upgrade tenantry",
            latest()
        ),
    ))
}

fn check(format: i32, found: &str, shared: &SchemaName) -> Result<()> {
    check_format(format)?;
    check_shared(&SchemaName::new(found)?, shared)
}

/// Refuses another shared schema than that which the database was set up with.
pub(crate) fn check_shared(found: &SchemaName, shared: &SchemaName) -> Result<()> {
    if found == shared {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Configuration,
        format!(
            "the database was set up with the shared schema `{found}`, not `{shared}`\n\
             help: configure `{found}` as the shared schema"
        ),
    ))
}

fn read(client: &mut Client, waits: Option<&Waits>) -> Result<Option<(i32, String)>> {
    let sql = "SELECT format, shared_schema FROM tenantry.meta";
    let found = match waits {
        Some(waits) => waits.read(client, |tx| tx.query_typed_opt(sql, &[]).map_err(explain)),
        None => client.query_typed_opt(sql, &[]).map_err(explain),
    };
    match found {
        Ok(Some(row)) => Ok(Some((row.try_get(0)?, row.try_get(1)?))),
        Ok(None) => Ok(None),
        // What is missing is told by whoever looks at the whole.
        Err(error)
            if [ErrorKind::NotMigrated, ErrorKind::MissingColumn].contains(&error.kind()) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn upgrade(client: &mut Client, shared: &SchemaName, waits: &Waits) -> Result<()> {
    waits.attempt(|attempt| {
        let mut tx = client.transaction()?;
        tx.batch_execute(&attempt.lock_timeout())?;
        make(&mut tx, shared)?;
        tx.commit().map_err(committing)
    })?;
    match read(client, Some(waits))? {
        Some((format, found)) => check(format, &found, shared),
        None => Err(super::not_migrated()),
    }
}

fn make(tx: &mut Transaction<'_>, shared: &SchemaName) -> Result<()> {
    tx.query_typed(
        "SELECT pg_catalog.pg_advisory_xact_lock($1)",
        &[(&LOCK, Type::INT8)],
    )?;
    // Somebody else may have done it while this transaction waited for the lock.
    let mut format = format_of(tx)?;
    check_format(format)?;
    if format == 0 {
        create_schema(tx)?;
    }
    for step in FORMATS.iter().skip(usize::try_from(format).unwrap_or(0)) {
        tx.batch_execute(step)?;
        format += 1;
    }
    // Metadata tables that are older than this format may have been restored before: they don't get these, so numbers are skipped.
    let sql = format!(
        "INSERT INTO tenantry.meta (format, shared_schema, relation, compared, server_start, database) VALUES ($1, $2, \
         {RELATION}, {RELATION}, {SERVER_START}, {DATABASE}) ON CONFLICT (one) DO UPDATE SET format = excluded.format"
    );
    tx.query_typed(
        &sql,
        &[(&format, Type::INT4), (&shared.as_str(), Type::TEXT)],
    )?;
    tx.batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS {}", shared.quoted()))?;
    Ok(())
}

fn format_of(tx: &mut Transaction<'_>) -> Result<i32> {
    let row = tx.query_typed_one(
        "SELECT pg_catalog.to_regclass('tenantry.meta') IS NOT NULL",
        &[],
    )?;
    if !row.try_get::<_, bool>(0)? {
        return Ok(0);
    }
    let row = tx.query_typed_opt("SELECT format FROM tenantry.meta", &[])?;
    row.map_or(Ok(0), |row| Ok(row.try_get(0)?))
}

/// Makes the schema, or takes an empty one, which an administrator may have made for a role that can't make schemas.
fn create_schema(tx: &mut Transaction<'_>) -> Result<()> {
    let row = tx.query_typed_opt(
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.relnamespace = n.oid) \
         FROM pg_catalog.pg_namespace AS n WHERE n.nspname = 'tenantry'",
        &[],
    )?;
    match row {
        None => tx.batch_execute("CREATE SCHEMA tenantry")?,
        Some(row) if row.try_get(0)? => {
            return Err(Error::new(
                ErrorKind::SchemaExists,
                "the schema `tenantry`, which tenantry keeps its metadata tables in, has other tables in it\n\
                 help: rename that schema",
            ));
        }
        Some(_) => {}
    }
    Ok(())
}
