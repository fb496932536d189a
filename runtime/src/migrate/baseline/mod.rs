//! The baseline: what a new tenant is made of, without the history.
//!
//! The database finds it out for itself. The recorded chain is replayed in a schema that nobody sees, the schema is read from
//! the catalogue and written down as statements, and these are tried out. Only if they make the same schema, with the same
//! rows, are they kept; otherwise the reason is, and new tenants are made by replaying the chain.

mod look;
mod make;
mod observe;
mod replay;
mod watch;

use postgres::types::{ToSql, Type};
use postgres::{Client, Transaction};

use self::make::make;
pub(super) use self::replay::by_itself;
use self::replay::replay;
use super::functions::Functions;
use super::session::Session;
use super::session::retry::is_passing;
use super::session::scratch::scratch_name;
use super::session::settings::Settings;
use crate::bookkeeping::effects::{Rows, leaves_nothing};
use crate::bookkeeping::segment::is_other_in_transaction;
use crate::bookkeeping::{Waits, digest, explain, fits};
use crate::error::{Error, ErrorKind, Result};
use crate::name::SchemaName;
use crate::random::random;

/// How long a shared table's lock is waited for. Whoever writes to it waits behind.
const SETTINGS: &str = "SET LOCAL lock_timeout = '500ms'; SET LOCAL jit = off";

/// The parts of the chain for new tenants.
struct RecordedChain {
    version: i32,
    digest: String,
    shared: SchemaName,
    parts: Vec<BaselinePart>,
    /// The functions that they call.
    functions: Functions,
}

/// A migration's part for tenants.
struct BaselinePart {
    id: String,
    sql: String,
    is_transaction: bool,
    /// The statements that limit how long it waits and takes where it is tried, within a transaction and outside of one.
    limits: Option<[String; 2]>,
}

impl RecordedChain {
    /// Whether the chain is known to give the same in one transaction as in one for each migration, like the fleet's.
    fn is_one_transaction(&self) -> bool {
        let mut parts = self.parts.iter();
        parts.all(|part| {
            leaves_nothing(&part.sql, Rows::None) && !is_other_in_transaction(&part.sql)
        })
    }
}

/// Finds out the baseline for the version at which tenants are created now, and writes it down.
///
/// A migration is not held up by it: what goes wrong is written down as the reason why there is no baseline.
pub(super) fn derive(session: &mut Session<'_>, settings: &Settings) -> Result<()> {
    let waits = &settings.waits();
    let recorded = RecordedChain {
        functions: settings.functions.clone(),
        ..read(session)?
    };
    let replayed = match replay(session, &recorded, waits) {
        Ok(replayed) => replayed,
        Err(error) => return give_up(session, &recorded, error, waits),
    };
    let derived = match &replayed.state {
        Ok(state) => make(session, &recorded, state),
        Err(why) => Err(unfit(why.clone())),
    };
    let (sql, reason) = match derived {
        Ok(sql) => (Some(sql), None),
        Err(error) if is_passing(&error) => return give_up(session, &recorded, error, waits),
        Err(error) => {
            tracing::warn!(%error, "new tenants are made by replaying the chain");
            (None, Some(error.to_string()))
        }
    };
    write(
        session,
        &recorded,
        (sql, reason),
        replayed.rename_reason.as_deref(),
        waits,
    )
}

/// Leaves it for the next run, or writes down why it does not work.
fn give_up(
    client: &mut Client,
    recorded: &RecordedChain,
    error: Error,
    waits: &Waits,
) -> Result<()> {
    if error.kind() == ErrorKind::Connection {
        return Err(error);
    }
    if is_passing(&error) {
        tracing::info!(%error, "the baseline for new tenants is left for the next run");
        return Ok(());
    }
    if has_older(client)? {
        tracing::warn!(%error, "new tenants are made by an older baseline, and the chain after it");
        return Ok(());
    }
    let reason = error.to_string();
    write(
        client,
        recorded,
        (None, Some(reason.clone())),
        Some(&reason),
        waits,
    )
}

/// Whether there is a baseline of an earlier version of the chain. It is the only way to a new tenant where the chain can't be
/// replayed from its beginning any more, as when a shared table is gone that it names there.
fn has_older(client: &mut Client) -> Result<bool> {
    let sql = format!(
        "SELECT EXISTS (SELECT FROM tenantry.baseline AS b, tenantry.meta AS m WHERE m.one = 1 AND b.sql IS NOT NULL AND {})",
        fits()
    );
    let row = client.query_typed_one(&sql, &[]).map_err(explain)?;
    Ok(row.try_get(0)?)
}

fn write(
    client: &mut Client,
    recorded: &RecordedChain,
    (sql, reason): (Option<String>, Option<String>),
    standby_reason: Option<&str>,
    waits: &Waits,
) -> Result<()> {
    let mark = i64::from_ne_bytes(random().to_ne_bytes());
    let params: [(&(dyn ToSql + Sync), Type); 6] = [
        (&recorded.version, Type::INT4),
        (&recorded.digest, Type::TEXT),
        (&sql, Type::TEXT),
        (&reason, Type::TEXT),
        (&mark, Type::INT8),
        (&standby_reason, Type::TEXT),
    ];
    waits.change(client, |tx| {
        tx.execute_typed(
            "WITH b AS (INSERT INTO tenantry.baseline (version, digest, sql, checksum, reason, mark) \
             VALUES ($1, $2, $3, pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to($3, 'UTF8')), 'hex'), $4, $5) \
             ON CONFLICT (one) DO UPDATE SET version = excluded.version, digest = excluded.digest, \
             sql = excluded.sql, checksum = excluded.checksum, reason = excluded.reason, mark = excluded.mark, derived_at = pg_catalog.now()) \
             UPDATE tenantry.meta SET standby_reason = $6 WHERE standby_reason IS DISTINCT FROM $6",
            &params,
        )
        .map_err(explain)?;
        Ok(())
    })
}

/// Why new tenants are made by replaying the chain, if they are.
#[cfg(feature = "cli")]
pub(crate) fn reason(client: &mut Client) -> Result<Option<String>> {
    let row = client
        .query_typed_opt("SELECT reason FROM tenantry.baseline WHERE one = 1", &[])
        .map_err(explain)?;
    Ok(row.map(|row| row.try_get(0)).transpose()?.flatten())
}

fn read(client: &mut Client) -> Result<RecordedChain> {
    let row = client
        .query_typed_one(
            &format!(
                "SELECT m.tenant_version, {}, m.shared_schema, \
                 ARRAY(SELECT id FROM tenantry.migration WHERE tenant_up IS NOT NULL AND position <= m.tenant_version ORDER BY position), \
                 ARRAY(SELECT tenant_up FROM tenantry.migration WHERE tenant_up IS NOT NULL AND position <= m.tenant_version ORDER BY position), \
                 ARRAY(SELECT is_transaction FROM tenantry.migration WHERE tenant_up IS NOT NULL AND position <= m.tenant_version ORDER BY position) \
                 FROM tenantry.meta AS m WHERE m.one = 1",
                digest("m.tenant_version")
            ),
            &[],
        )
        .map_err(explain)?;
    let shared = SchemaName::new(row.try_get::<_, &str>(2)?)?;
    let ids: Vec<&str> = row.try_get(3)?;
    let texts: Vec<&str> = row.try_get(4)?;
    let are_transactions: Vec<bool> = row.try_get(5)?;
    let parts = ids.into_iter().zip(texts).zip(are_transactions);
    Ok(RecordedChain {
        version: row.try_get(0)?,
        digest: row.try_get(1)?,
        parts: parts
            .map(|((id, sql), is_transaction)| BaselinePart {
                id: id.to_owned(),
                sql: sql.to_owned(),
                is_transaction,
                limits: None,
            })
            .collect(),
        shared,
        functions: Functions::default(),
    })
}

fn unfit(message: String) -> Error {
    Error::new(ErrorKind::Migration, message)
}

/// A schema that nobody else sees, with a name that is nowhere else.
fn scratch(client: &mut Client) -> Result<(SchemaName, Transaction<'_>)> {
    let schema = scratch_name()?;
    let mut tx = client.transaction()?;
    tx.batch_execute(&format!("{SETTINGS}; CREATE SCHEMA {}", schema.quoted()))?;
    Ok((schema, tx))
}
