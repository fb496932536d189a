//! Replays the recorded chain as the fleet does it.
//!
//! SQL that is known to give the same in one transaction is replayed in one, which is rolled back. All else has the transactions
//! that it has in the fleet, in a schema that is dropped afterwards: a label of an enum can't be used where it was added, and a
//! routine may handle such an error without a word. What a transaction changes beyond the schema is never committed.

use postgres::Transaction;

use super::changing::Changing;
use super::observe::{Seen, observe, send, send_alone};
use super::watch::Watch;
use super::{Part, Recorded, SETTINGS, scratch};
use crate::bookkeeping::effects::is_unknowable;
use crate::bookkeeping::segment::{in_transaction, is_other_in_transaction, transactions};
use crate::bookkeeping::{Position, Waits};
use crate::error::Result;
use crate::exec::Locks;
use crate::migrate::replay::ReplayPart;
use crate::migrate::session::Session;
use crate::migrate::session::scratch::scratch_name;
use crate::name::SchemaName;
use crate::structure::{Contents, Found, Snapshot, contents, names_itself, snapshot};
use crate::tenant::{Scratch, routines};

/// A time zone in which it is another day than it is in this session.
const ELSEWHERE: &str = "SELECT pg_catalog.set_config('timezone', \
     CASE WHEN (pg_catalog.now() AT TIME ZONE 'UTC+12')::date <> CURRENT_DATE THEN 'UTC+12' ELSE 'UTC-14' END, true)";

/// The result of the chain.
pub(super) struct Replayed {
    /// The schema, or why it can't be made in another way.
    pub(super) state: Result<State, String>,
    /// The reason why the schema can't be renamed, as it is when a standby is claimed.
    pub(super) rename_reason: Option<String>,
}

/// A schema that the chain has made.
pub(super) struct State {
    /// Its name, which was nowhere else.
    pub(super) schema: SchemaName,
    pub(super) snapshot: Snapshot,
    /// The rows, which two replays give alike.
    pub(super) contents: Contents,
}

/// Transactions of their own, which let go of the shared tables as soon as possible.
pub(super) fn replay(
    session: &mut Session<'_>,
    recorded: &Recorded,
    waits: &Waits,
) -> Result<Replayed> {
    let look = |tx: &mut Transaction<'_>, schema: &SchemaName| look(tx, schema, recorded);
    let (seen, looked) = once(session, recorded, "", waits, look)?;
    let Some(Looked {
        schema,
        snapshot,
        renamed,
        naming,
        found,
    }) = looked
    else {
        let what = seen.outside.unwrap_or_default();
        return Ok(Replayed {
            state: Err(format!(
                "the migrations of a tenant {what}, and the baseline is its own schema only"
            )),
            rename_reason: Some(format!(
                "the migrations of a tenant {what}, and standbys belong to no tenant yet"
            )),
        });
    };
    let rename_reason = rename_reason(&snapshot, &renamed, naming);
    let contents = match (found, seen.depends_on) {
        (_, Some(what)) => Err(what),
        (Found::TooLarge(table), None) => Err(format!(
            "the migrations put more rows into `{table}` than a baseline holds"
        )),
        (Found::Contents(contents), None) => confirmed(session, recorded, contents, waits)?,
    };
    Ok(Replayed {
        state: contents.map(|contents| State {
            schema,
            snapshot,
            contents,
        }),
        rename_reason,
    })
}

/// Everything that is looked at in a schema.
struct Looked {
    schema: SchemaName,
    snapshot: Snapshot,
    /// The same after the schema was renamed.
    renamed: Snapshot,
    /// A table that has the schema's name in its rows.
    naming: Option<String>,
    found: Found,
}

fn look(tx: &mut Transaction<'_>, schema: &SchemaName, recorded: &Recorded) -> Result<Looked> {
    let naming = names_itself(tx, schema)?;
    let before = snapshot(tx, schema, &recorded.shared)?;
    let found = contents(tx, schema)?;
    let renamed = scratch_name()?;
    let routines = routines(tx, schema, &renamed)?;
    tx.batch_execute(&format!(
        "ALTER SCHEMA {} RENAME TO {};\n{routines}",
        schema.quoted(),
        renamed.quoted()
    ))?;
    let after = snapshot(tx, &renamed, &recorded.shared)?;
    Ok(Looked {
        schema: schema.clone(),
        snapshot: before,
        renamed: after,
        naming,
        found,
    })
}

/// Rows, if they are the same at another time, in another time zone, and in a schema of another name.
fn confirmed(
    session: &mut Session<'_>,
    recorded: &Recorded,
    rows: Contents,
    waits: &Waits,
) -> Result<Result<Contents, String>> {
    if rows.is_empty() {
        return Ok(Ok(rows));
    }
    let look = |tx: &mut Transaction<'_>, schema: &SchemaName| Ok(contents(tx, schema)?);
    let (_, again) = once(session, recorded, ELSEWHERE, waits, look)?;
    let difference = match &again {
        Some(Found::Contents(again)) => rows.difference(again),
        Some(Found::TooLarge(table)) => Some(format!("the number of rows of `{table}`")),
        None => Some("what is changed beyond the schema".to_owned()),
    };
    Ok(match difference {
        None => Ok(rows),
        Some(what) => Err(format!(
            "{what} is not the same when the migrations run at another time, in another time zone or in another schema"
        )),
    })
}

/// Makes a schema of the chain, looks at it, and takes it away again. There is nothing to look at when the chain changes
/// anything beyond the schema.
fn once<T>(
    session: &mut Session<'_>,
    recorded: &Recorded,
    setting: &str,
    waits: &Waits,
    look: impl FnOnce(&mut Transaction<'_>, &SchemaName) -> Result<T>,
) -> Result<(Seen, Option<T>)> {
    if recorded.is_one_transaction() && !is_unknowable(session)? {
        return together(session, recorded, setting, look);
    }
    let made = Scratch::begin(session, scratch_name()?)?;
    let looked = by_steps(session, recorded, setting, &made, look);
    made.end(session, waits);
    looked
}

/// Makes a schema of parts with the transactions that creation falls back to, looks at it, and takes it away again; or tells what of it
/// is beyond the schema, and so is not done. Parts without a shared schema make one.
pub(in crate::migrate) fn by_itself<'p, T>(
    session: &mut Session<'_>,
    parts: impl Iterator<Item = &'p ReplayPart>,
    shared: Option<&SchemaName>,
    waits: &Waits,
    look: impl FnOnce(&mut Transaction<'_>, &SchemaName) -> Result<T>,
) -> Result<Result<T, String>> {
    let schema = scratch_name()?;
    let parts = parts.map(|part| Part {
        id: part.id().to_owned(),
        sql: part.sql().to_owned(),
        is_transaction: part.is_transaction(),
    });
    let recorded = Recorded {
        version: 0,
        digest: String::new(),
        shared: shared.unwrap_or(&schema).clone(),
        parts: parts.collect(),
    };
    let made = Scratch::begin(session, schema)?;
    let looked = by_steps(session, &recorded, "", &made, look);
    made.end(session, waits);
    let (seen, looked) = looked?;
    Ok(looked.ok_or_else(|| format!("the migrations {}", seen.outside.unwrap_or_default())))
}

/// In one transaction, which is rolled back.
fn together<T>(
    session: &mut Session<'_>,
    recorded: &Recorded,
    setting: &str,
    look: impl FnOnce(&mut Transaction<'_>, &SchemaName) -> Result<T>,
) -> Result<(Seen, Option<T>)> {
    let given = session.remember()?.clone();
    let (schema, mut tx) = scratch(session)?;
    tx.batch_execute(setting)?;
    let watch = Watch::begin(&mut tx, &schema, &given)?;
    for part in &recorded.parts {
        let sql = in_transaction(&part.sql);
        let sql = (sql.as_str(), Position::default());
        send(&mut tx, part, sql, (recorded, &schema))?;
    }
    let seen = Seen {
        outside: watch.end(&mut tx, &schema)?,
        depends_on: None,
    };
    let looked = match &seen.outside {
        None => Some(look(&mut tx, &schema)?),
        Some(_) => None,
    };
    tx.rollback()?;
    Ok((seen, looked))
}

/// In the transactions that the fleet has, each on a session that is as it was at first.
fn by_steps<T>(
    session: &mut Session<'_>,
    recorded: &Recorded,
    setting: &str,
    made: &Scratch,
    look: impl FnOnce(&mut Transaction<'_>, &SchemaName) -> Result<T>,
) -> Result<(Seen, Option<T>)> {
    let schema = made.schema();
    let given = session.remember()?.clone();
    let changing = Changing::read(session)?;
    let mut seen = Seen::default();
    for part in &recorded.parts {
        for stretch in transactions(&part.sql, part.is_transaction) {
            if is_other_in_transaction(&stretch.sql) {
                begin(session, made, "")?.commit()?;
                send_alone(session, part, &stretch, (recorded, schema))?;
                continue;
            }
            let mut tx = begin(session, made, setting)?;
            let watch = Watch::begin(&mut tx, schema, &given)?;
            let depends_on = observe(
                &mut tx,
                (part, &stretch),
                (recorded, schema),
                (&watch, &changing),
            )?;
            seen.depends_on = seen.depends_on.or(depends_on);
            seen.outside = watch.end(&mut tx, schema)?;
            if !made.is_marked(&mut tx)? {
                let what = "change the comment of their schema, which says whose it is";
                seen.outside = Some(what.to_owned());
            }
            if seen.outside.is_some() {
                tx.rollback()?;
                return Ok((seen, None));
            }
            tx.commit()?;
            session.reset(Locks::Released)?;
        }
    }
    let mut tx = begin(session, made, "")?;
    made.unmark(&mut tx)?;
    let looked = look(&mut tx, schema)?;
    tx.rollback()?;
    Ok((seen, Some(looked)))
}

/// Begins a transaction over a schema that is kept meanwhile.
fn begin<'a>(
    session: &'a mut Session<'_>,
    made: &Scratch,
    setting: &str,
) -> Result<Transaction<'a>> {
    let mut tx = session.transaction()?;
    tx.batch_execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")?;
    tx.batch_execute(SETTINGS)?;
    made.renew(&mut tx)?;
    tx.batch_execute(setting)?;
    Ok(tx)
}

/// Why a schema that is made in advance, and renamed, would not be like another.
fn rename_reason(before: &Snapshot, after: &Snapshot, naming: Option<String>) -> Option<String> {
    if let Some(table) = naming {
        return Some(format!(
            "the migrations put the schema's name into rows of `{table}`, and standbys are renamed"
        ));
    }
    before.difference(after).map(|what| {
        format!(
            "{what} would not be the same after its schema was renamed, and standbys are renamed"
        )
    })
}
