//! Replays the recorded chain as the fleet does it.
//!
//! SQL that is known to give the same in one transaction is replayed in one, which is rolled back. All else has the transactions
//! that it has in the fleet, in a schema that is dropped afterwards: a label of an enum can't be used where it was added, and a
//! routine may handle such an error without a word. What a transaction changes beyond the schema is never committed.

use postgres::Transaction;

use super::look::ChangingFunctions;
use super::observe::{Seen, UNLIMITED, call, frozen, may_be_frozen, observe, send, send_alone};
use super::watch::TransactionWatch;
use super::{BaselinePart, RecordedChain, SETTINGS, scratch};
use crate::bookkeeping::effects::{Rows, is_unknowable, leaves_nothing};
use crate::bookkeeping::segment::{Stretch, in_transaction, is_other_in_transaction, transactions};
use crate::bookkeeping::{Position, Waits};
use crate::error::Result;
use crate::exec::Locks;
use crate::migrate::replay::ReplayPart;
use crate::migrate::session::Session;
use crate::migrate::session::scratch::scratch_name;
use crate::migrate::session::settings::Settings;
use crate::name::SchemaName;
use crate::structure::{Contents, Found, Snapshot, contents, names_itself, snapshot};
use crate::tenant::{Scratch, routines};

/// The time zone in which migrations run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Zone {
    /// That of the session.
    Own,
    /// One in which it is another day.
    Elsewhere,
}

impl Zone {
    /// The statement that sets it, for a transaction or for the session.
    fn set(self, is_local: bool) -> String {
        match self {
            Self::Own => String::new(),
            Self::Elsewhere => format!(
                "SELECT pg_catalog.set_config('timezone', CASE WHEN (pg_catalog.now() AT TIME ZONE 'UTC+12')::date \
                 <> CURRENT_DATE THEN 'UTC+12' ELSE 'UTC-14' END, {is_local})"
            ),
        }
    }
}

/// The result of the chain.
pub(super) struct Replayed {
    /// The schema, or why it can't be made in another way.
    pub(super) state: Result<MadeSchema, String>,
    /// The reason why the schema can't be renamed, as it is when a standby is claimed.
    pub(super) rename_reason: Option<String>,
}

/// A schema that the chain has made.
pub(super) struct MadeSchema {
    /// Its name, which was nowhere else.
    pub(super) schema: SchemaName,
    pub(super) snapshot: Snapshot,
    /// The rows, which two replays give alike.
    pub(super) contents: Contents,
}

/// Transactions of their own, which let go of the shared tables as soon as possible.
pub(super) fn replay(
    session: &mut Session<'_>,
    recorded: &RecordedChain,
    waits: &Waits,
) -> Result<Replayed> {
    let look = |tx: &mut Transaction<'_>, schema: &SchemaName| look(tx, schema, recorded);
    let (seen, looked) = once(session, recorded, Zone::Own, waits, look)?;
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
    let rename_reason = rename_reason(&snapshot, &renamed, naming).or_else(|| {
        let what = seen.naming.as_ref()?;
        Some(format!("{what}, and standbys are renamed"))
    });
    let contents = match (found, seen.depends_on.or_else(|| frozen(recorded))) {
        (_, Some(what)) => Err(what),
        (Found::TooLarge(table), None) => Err(format!(
            "the migrations put more rows into `{table}` than a baseline holds"
        )),
        (Found::Contents(rows), None) => {
            match differs(session, recorded, (&snapshot, &rows), waits)? {
                Some(reason) => Err(reason),
                None => seen.naming.map_or(Ok(rows), Err),
            }
        }
    };
    Ok(Replayed {
        state: contents.map(|contents| MadeSchema {
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

fn look(tx: &mut Transaction<'_>, schema: &SchemaName, recorded: &RecordedChain) -> Result<Looked> {
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

/// Returns why another replay gives something else, at another time, in another time zone and in a schema of another name. Where there are
/// no rows, and no text of a structure can be the time, there is nothing to look for.
///
/// PostgreSQL reads a text such as `'today'` as the type of what it is compared with, and keeps what it has read: whether that
/// is a time only shows when it is another one.
fn differs(
    session: &mut Session<'_>,
    recorded: &RecordedChain,
    (structure, rows): (&Snapshot, &Contents),
    waits: &Waits,
) -> Result<Option<String>> {
    let may_be_frozen = may_be_frozen(recorded);
    if rows.is_empty() && !may_be_frozen {
        return Ok(None);
    }
    let look = |tx: &mut Transaction<'_>, schema: &SchemaName| {
        let structure = may_be_frozen.then(|| snapshot(tx, schema, &recorded.shared));
        Ok((structure.transpose()?, contents(tx, schema)?))
    };
    let (_, again) = once(session, recorded, Zone::Elsewhere, waits, look)?;
    if let Some((Some(again), _)) = &again
        && let Some(what) = structure.difference(again)
    {
        return Ok(Some(format!(
            "{what} keeps the time at which the migrations run, or is not the same each time"
        )));
    }
    let changed = match &again {
        None => Some("what is changed beyond the schema".to_owned()),
        Some((_, Found::Contents(again))) => rows.difference(again),
        Some((_, Found::TooLarge(table))) => Some(format!("the number of rows of `{table}`")),
    };
    Ok(changed.map(|what| {
        format!(
            "{what} is not the same when the migrations run at another time, in another time zone or in another schema"
        )
    }))
}

/// Makes a schema of the chain, looks at it, and takes it away again. There is nothing to look at when the chain changes
/// anything beyond the schema.
fn once<T>(
    session: &mut Session<'_>,
    recorded: &RecordedChain,
    zone: Zone,
    waits: &Waits,
    look: impl FnOnce(&mut Transaction<'_>, &SchemaName) -> Result<T>,
) -> Result<(Seen, Option<T>)> {
    if recorded.is_one_transaction() && !is_unknowable(&mut **session)? {
        return together(session, recorded, zone, look);
    }
    let made = Scratch::begin(session, scratch_name()?)?;
    let looked = by_steps(session, recorded, zone, &made, look);
    made.end(session, waits);
    looked
}

/// Makes a schema of parts with the transactions that creation falls back to, looks at it, and takes it away again; or tells what of it
/// is beyond the schema, and so is not done. Parts without a shared schema make one. Each has the limits of time that it has in the fleet.
pub(in crate::migrate) fn by_itself<'p, T>(
    session: &mut Session<'_>,
    parts: impl Iterator<Item = &'p ReplayPart>,
    shared: Option<&SchemaName>,
    settings: &Settings,
    look: impl FnOnce(&mut Transaction<'_>, &SchemaName) -> Result<T>,
) -> Result<Result<T, String>> {
    let schema = scratch_name()?;
    let parts = parts.map(|part| BaselinePart {
        id: part.id().to_owned(),
        sql: part.sql().to_owned(),
        is_transaction: part.is_transaction(),
        limits: Some(part.limits_of_time(settings)),
    });
    let recorded = RecordedChain {
        version: 0,
        digest: String::new(),
        shared: shared.unwrap_or(&schema).clone(),
        parts: parts.collect(),
        functions: settings.functions.clone(),
    };
    let made = Scratch::begin(session, schema)?;
    let looked = by_steps(session, &recorded, Zone::Own, &made, look);
    made.end(session, &settings.waits());
    let (seen, looked) = looked?;
    Ok(looked.ok_or_else(|| format!("the migrations {}", seen.outside.unwrap_or_default())))
}

/// In one transaction, which is rolled back.
fn together<T>(
    session: &mut Session<'_>,
    recorded: &RecordedChain,
    zone: Zone,
    look: impl FnOnce(&mut Transaction<'_>, &SchemaName) -> Result<T>,
) -> Result<(Seen, Option<T>)> {
    let given = session.remember()?.clone();
    let (schema, mut tx) = scratch(session)?;
    tx.batch_execute(&zone.set(true))?;
    let watch = TransactionWatch::begin(&mut tx, &schema, &given)?;
    for part in &recorded.parts {
        let sql = in_transaction(&part.sql);
        let sql = (sql.as_str(), Position::default());
        send(&mut tx, part, sql, (recorded, &schema))?;
    }
    let seen = Seen {
        outside: watch.end(&mut tx, &schema)?,
        ..Seen::default()
    };
    // Times are told in the session's own time zone, so that two looks can be compared.
    tx.batch_execute("RESET timezone")?;
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
    recorded: &RecordedChain,
    zone: Zone,
    made: &Scratch,
    look: impl FnOnce(&mut Transaction<'_>, &SchemaName) -> Result<T>,
) -> Result<(Seen, Option<T>)> {
    let schema = made.schema();
    let given = session.remember()?.clone();
    let texts = recorded.parts.iter().map(|part| part.sql.as_str());
    let changing = ChangingFunctions::read(session, texts)?;
    let mut seen = Seen::default();
    let mut turns = turns(recorded).into_iter().peekable();
    while let Some(mut turn) = turns.next() {
        if turn.kind == TurnKind::Alone {
            begin(session, made, Zone::Own)?.commit()?;
            session.batch_execute(&zone.set(false))?;
            for (part, stretch) in &turn.sql {
                if let Some([_, limits]) = &part.limits {
                    session.batch_execute(limits)?;
                }
                send_alone(session, part, stretch, (recorded, schema))?;
            }
            session.reset(Locks::Released)?;
            continue;
        }
        // Whoever runs code with SQL that does not name it does so in a transaction of one migration.
        if turn.kind == TurnKind::Known && !is_unknowable(&mut **session)? {
            while let Some(next) = turns.next_if(|next| next.kind == TurnKind::Known) {
                turn.sql.extend(next.sql);
            }
        }
        let mut tx = begin(session, made, zone)?;
        let watch = TransactionWatch::begin(&mut tx, schema, &given)?;
        for (part, stretch) in &turn.sql {
            if call(&mut tx, part, stretch, (recorded, schema), &given)? {
                continue;
            }
            if let Some([limits, _]) = &part.limits {
                tx.batch_execute(limits)?;
                let sql = (stretch.sql.as_str(), stretch.begin);
                send(&mut tx, part, sql, (recorded, schema))?;
                tx.batch_execute(UNLIMITED)?;
                continue;
            }
            observe(
                &mut tx,
                (part, stretch),
                (recorded, schema),
                (&watch, &changing),
                &mut seen,
            )?;
        }
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
    let mut tx = begin(session, made, Zone::Own)?;
    made.unmark(&mut tx)?;
    seen.end(&mut tx)?;
    let looked = look(&mut tx, schema)?;
    tx.rollback()?;
    Ok((seen, Some(looked)))
}

/// SQL of one transaction.
struct ReplayTransaction<'r> {
    kind: TurnKind,
    sql: Vec<(&'r BaselinePart, Stretch)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum TurnKind {
    /// No transaction at all.
    Alone,
    /// It may share one with others that are known.
    Known,
    Unknown,
}

fn turns(recorded: &RecordedChain) -> Vec<ReplayTransaction<'_>> {
    let parts = recorded.parts.iter();
    let turns = parts.flat_map(|part| {
        let stretches = transactions(&part.sql, part.is_transaction).into_iter();
        stretches.map(move |stretch| {
            let kind = if is_other_in_transaction(&stretch.sql) {
                TurnKind::Alone
            } else if leaves_nothing(&stretch.sql, Rows::Possible) {
                TurnKind::Known
            } else {
                TurnKind::Unknown
            };
            let sql = vec![(part, stretch)];
            ReplayTransaction { kind, sql }
        })
    });
    turns.collect()
}

/// Begins a transaction over a schema that is kept meanwhile.
fn begin<'a>(session: &'a mut Session<'_>, made: &Scratch, zone: Zone) -> Result<Transaction<'a>> {
    let mut tx = session.transaction()?;
    tx.batch_execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")?;
    tx.batch_execute(SETTINGS)?;
    made.renew(&mut tx)?;
    tx.batch_execute(&zone.set(true))?;
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
