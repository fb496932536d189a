//! The baseline: what a new tenant is made of, without the history.
//!
//! The database finds it out for itself. In transactions that are rolled back, the recorded chain is replayed in a schema
//! that nobody sees, the schema is read from the catalogue and written down as statements, and these are tried out. Only
//! if they make the same schema are they kept; otherwise the reason is, and new tenants are made by replaying the chain.

use postgres::types::{ToSql, Type};
use postgres::{Client, Transaction};

use super::queue::random;
use crate::bookkeeping::segment::in_transaction;
use crate::bookkeeping::{FileSql, Message, digest, explain};
use crate::error::{Error, ErrorKind, Result};
use crate::name::SchemaName;
use crate::structure::{Snapshot, build, names_itself, outside, snapshot};
use crate::tenant::routines;

/// How long a shared table's lock is waited for. Whoever writes to it waits behind.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '500ms'";

/// The parts of the chain for new tenants.
struct Recorded {
    version: i32,
    digest: String,
    shared: SchemaName,
    files: Vec<FileSql>,
}

/// Finds out the baseline for the version at which tenants are created now, and writes it down.
///
/// A migration is not held up by it: what goes wrong is written down as the reason why there is no baseline.
pub(super) fn derive(client: &mut Client) -> Result<()> {
    let recorded = read(client)?;
    let replayed = match replay(client, &recorded) {
        Ok(replayed) => replayed,
        Err(error) => return give_up(client, &recorded, error),
    };
    let derived = attempt(client, &recorded, &replayed);
    let (sql, reason) = match derived {
        Ok(sql) => (Some(sql), None),
        Err(error) if is_passing(&error) => return give_up(client, &recorded, error),
        Err(error) => {
            tracing::warn!(%error, "new tenants are made by replaying the chain");
            (None, Some(error.to_string()))
        }
    };
    write(
        client,
        &recorded,
        (sql, reason),
        replayed.rename_reason.as_deref(),
    )
}

/// Whether it can work another time: somebody else needs the tables just now, the server is short of something, or the
/// connection is lost.
fn is_passing(error: &Error) -> bool {
    // Of rollbacks, resources, objects that are in use, and operators.
    const CLASSES: [&str; 4] = ["40", "53", "55", "57"];
    let class = error.sqlstate().and_then(|code| code.get(..2));
    error.kind() == ErrorKind::Connection || class.is_some_and(|class| CLASSES.contains(&class))
}

/// Leaves it for the next run, or writes down why it does not work.
fn give_up(client: &mut Client, recorded: &Recorded, error: Error) -> Result<()> {
    if error.kind() == ErrorKind::Connection {
        return Err(error);
    }
    if is_passing(&error) {
        tracing::info!(%error, "the baseline for new tenants is left for the next run");
        return Ok(());
    }
    let reason = error.to_string();
    write(
        client,
        recorded,
        (None, Some(reason.clone())),
        Some(&reason),
    )
}

fn write(
    client: &mut Client,
    recorded: &Recorded,
    (sql, reason): (Option<String>, Option<String>),
    standby_reason: Option<&str>,
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
    client
        .execute_typed(
            "WITH b AS (INSERT INTO tenantry.baseline (version, digest, sql, reason, mark) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (one) DO UPDATE SET version = excluded.version, digest = excluded.digest, \
             sql = excluded.sql, reason = excluded.reason, mark = excluded.mark, derived_at = pg_catalog.now()) \
             UPDATE tenantry.meta SET standby_reason = $6 WHERE standby_reason IS DISTINCT FROM $6",
            &params,
        )
        .map_err(explain)?;
    Ok(())
}

/// Why new tenants are made by replaying the chain, if they are.
#[cfg(feature = "cli")]
pub(crate) fn reason(client: &mut Client) -> Result<Option<String>> {
    let row = client
        .query_typed_opt("SELECT reason FROM tenantry.baseline WHERE one = 1", &[])
        .map_err(explain)?;
    Ok(row.map(|row| row.try_get(0)).transpose()?.flatten())
}

fn read(client: &mut Client) -> Result<Recorded> {
    let row = client
        .query_typed_one(
            &format!(
                "SELECT m.tenant_version, {}, m.shared_schema, \
                 ARRAY(SELECT id FROM tenantry.migration WHERE tenant_up IS NOT NULL AND position <= m.tenant_version ORDER BY position), \
                 ARRAY(SELECT tenant_up FROM tenantry.migration WHERE tenant_up IS NOT NULL AND position <= m.tenant_version ORDER BY position) \
                 FROM tenantry.meta AS m WHERE m.one = 1",
                digest("m.tenant_version")
            ),
            &[],
        )
        .map_err(explain)?;
    let shared = SchemaName::new(row.try_get::<_, &str>(2)?)?;
    let ids: Vec<&str> = row.try_get(3)?;
    let texts: Vec<&str> = row.try_get(4)?;
    let files = ids.iter().zip(texts);
    Ok(Recorded {
        version: row.try_get(0)?,
        digest: row.try_get(1)?,
        files: files
            .map(|(id, sql)| FileSql::new(id, "tenant.up.sql", &in_transaction(sql), &shared))
            .collect(),
        shared,
    })
}

/// Gives the statements, or why there are none.
fn attempt(client: &mut Client, recorded: &Recorded, replayed: &Replayed) -> Result<String> {
    if let Some(what) = &replayed.outside {
        return Err(unfit(format!(
            "the migrations of a tenant change {what}, and the baseline is its own schema only"
        )));
    }
    if let Some(table) = replayed.snapshot.filled.first() {
        return Err(unfit(format!(
            "the migrations put rows into {table}, and rows are not part of the baseline"
        )));
    }
    if let Some(statement) = replayed.snapshot.naming(&replayed.schema) {
        return Err(unfit(format!(
            "the schema's name is a part of a text in `{statement}`, where it can't be told from other words"
        )));
    }
    let replayed = &replayed.snapshot;
    let (schema, mut tx) = scratch(client)?;
    let statements = make(&mut tx, &schema, &recorded.shared, replayed)?;
    let made = snapshot(&mut tx, &schema, &recorded.shared)?;
    tx.rollback()?;
    let difference = replayed
        .difference(&made)
        .or_else(|| made.difference(replayed));
    match difference {
        None => Ok(statements.join(";\n")),
        Some(what) => Err(unfit(format!(
            "{what} could not be made like the migrations make it"
        ))),
    }
}

fn unfit(message: String) -> Error {
    Error::new(ErrorKind::Migration, message)
}

/// What the chain leads to.
struct Replayed {
    /// The schema that it was replayed in.
    schema: SchemaName,
    snapshot: Snapshot,
    /// What the chain changes beyond the schema. A foreign key to a shared table does not count.
    outside: Option<String>,
    /// What is not right any more when the schema is renamed, as it is when a standby is claimed.
    rename_reason: Option<String>,
}

/// A transaction of its own, which lets go of the shared tables as soon as possible.
fn replay(client: &mut Client, recorded: &Recorded) -> Result<Replayed> {
    let (schema, mut tx) = scratch(client)?;
    let mut message = Message::new(String::new());
    for file in &recorded.files {
        message.add(file, Some(&schema));
    }
    let untouched = outside(&mut tx, &schema)?;
    message
        .send_in(&mut tx)
        .map_err(|error| message.explain(error))?;
    let changed = outside(&mut tx, &schema)?;
    let changed = changed.since(&untouched).map(str::to_owned);
    let naming = names_itself(&mut tx, &schema)?;
    let before = snapshot(&mut tx, &schema, &recorded.shared)?;
    let renamed = scratch_name()?;
    let routines = routines(&mut tx, &schema, &renamed)?;
    tx.batch_execute(&format!(
        "ALTER SCHEMA {} RENAME TO {};\n{routines}",
        schema.quoted(),
        renamed.quoted()
    ))?;
    let after = snapshot(&mut tx, &renamed, &recorded.shared)?;
    tx.rollback()?;
    Ok(Replayed {
        rename_reason: rename_reason((&before, &schema), &after, changed.as_deref(), naming),
        schema,
        snapshot: before,
        outside: changed,
    })
}

/// Why a schema that is made in advance, and renamed, would not be like another.
fn rename_reason(
    (before, schema): (&Snapshot, &SchemaName),
    after: &Snapshot,
    outside: Option<&str>,
    naming: Option<String>,
) -> Option<String> {
    if let Some(what) = outside {
        return Some(format!(
            "the migrations of a tenant change {what}, and standbys belong to no tenant yet"
        ));
    }
    if let Some(table) = naming {
        return Some(format!(
            "the migrations put the schema's name into rows of `{table}`, and standbys are renamed"
        ));
    }
    let difference = before
        .difference(after)
        .or_else(|| after.difference(before));
    let text = || {
        let statement = after.naming(schema)?;
        Some(format!("the text in `{statement}`"))
    };
    difference.or_else(text).map(|what| {
        format!(
            "{what} would not be the same after its schema was renamed, and standbys are renamed"
        )
    })
}

/// A name that no schema has.
pub(super) fn scratch_name() -> Result<SchemaName> {
    Ok(SchemaName::new(format!(
        "tenantry_scratch_{:016x}",
        random()
    ))?)
}

/// A schema that nobody else sees, with a name that is nowhere else.
fn scratch(client: &mut Client) -> Result<(SchemaName, Transaction<'_>)> {
    let schema = scratch_name()?;
    let mut tx = client.transaction()?;
    tx.batch_execute(&format!(
        "{LOCK_TIMEOUT}; CREATE SCHEMA {}",
        schema.quoted()
    ))?;
    Ok((schema, tx))
}

/// Makes the schema statement by statement. What fails is tried again after the others, for as long as that helps: so the
/// statements come into an order in which each finds what it needs.
fn make(
    tx: &mut Transaction<'_>,
    schema: &SchemaName,
    shared: &SchemaName,
    replayed: &Snapshot,
) -> Result<Vec<String>> {
    let all = build(&replayed.namespace).into_iter();
    let (last, mut left): (Vec<_>, Vec<_>) = all.partition(|sql| locks_shared(sql));
    left.extend(replayed.extras.iter().cloned());
    let mut done = Vec::new();
    while !left.is_empty() {
        let before = left.len();
        let mut failed = Vec::new();
        let mut error = None;
        for sql in left {
            match run(tx, schema, shared, &sql)? {
                None => done.push(sql),
                Some(refused) => {
                    error = Some(refused);
                    failed.push(sql);
                }
            }
        }
        left = failed;
        if let Some(error) = error
            && left.len() == before
        {
            return Err(error);
        }
    }
    for sql in last {
        if let Some(error) = run(tx, schema, shared, &sql)? {
            return Err(error);
        }
        done.push(sql);
    }
    Ok(done)
}

/// Whether a statement is one of the last, which reference shared tables.
fn locks_shared(sql: &str) -> bool {
    sql.starts_with("ALTER TABLE") && sql.contains(" REFERENCES \"{shared}\"")
}

/// Runs a statement in a savepoint. Gives the server's refusal, if there is one.
fn run(
    tx: &mut Transaction<'_>,
    schema: &SchemaName,
    shared: &SchemaName,
    sql: &str,
) -> Result<Option<Error>> {
    let file = FileSql::new("baseline", "tenant.sql", sql, shared);
    let mut message = Message::new(String::new());
    message.add(&file, Some(schema));
    let mut savepoint = tx.transaction()?;
    match message.send_in(&mut savepoint) {
        Ok(()) => {
            savepoint.commit()?;
            Ok(None)
        }
        Err(error) => {
            savepoint.rollback()?;
            let error = Error::from(error);
            if is_passing(&error) {
                return Err(error);
            }
            Ok(Some(error))
        }
    }
}
