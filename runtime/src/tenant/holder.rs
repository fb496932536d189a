//! Who is in the way of a change that has waited for too long.

use postgres::error::SqlState;
use postgres::types::Type;
use postgres::{Client, Row};

use super::making::SLOTS;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Answer, Command, Flow, Statement, error_of};
use crate::name::SchemaName;
use crate::value::Param;

/// The locks that a change needs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Needs<'a> {
    /// Rows of the registry, and shared tables against those who write.
    Change,
    /// The same, and tables of a schema against those who write.
    Tables(&'a SchemaName),
    /// The same, and what has any other table locked against those who read, if nobody has one of these.
    Look,
    /// The same as for a change, and the turn to create a tenant.
    Creation,
    /// The same as for a change against those who read, and a schema with all that is in it: a drop, and a migration.
    Drop(Option<&'a SchemaName>),
}

/// Adds to the error of a lock timeout who has had a lock on what the change needs for longest.
///
/// PostgreSQL tells neither the table nor the session. After the wait both can still be looked up, since who holds up
/// several attempts has been there for some time.
pub(crate) fn name_holder(client: &mut Client, error: Error, needs: Needs<'_>) -> Error {
    error_of(client, holder_named(error, needs))
}

/// Says of a lock that was not to be had who has it, and that it can be tried again.
pub(crate) fn held_up(client: &mut Client, error: Error) -> Error {
    let error = name_holder(client, error, Needs::Look);
    if !is_of_lock(&error) {
        return error;
    }
    error.help(
        "others hold the locks that this needs: try again later; what is done is not done again",
    )
}

/// Whether an error tells of a lock that was not to be had, also one of a migration, which has a kind of its own.
pub(crate) fn is_of_lock(error: &Error) -> bool {
    let code = SqlState::LOCK_NOT_AVAILABLE;
    error.kind() == ErrorKind::LockTimeout || error.sqlstate() == Some(code.code())
}

/// Introduces who is in the way, in the message of an error.
const NAMED: &str = "; session ";

/// The same as `name_holder` as a flow, whatever the failed one was to give.
pub(super) fn holder_named<'f, T: 'f>(error: Error, needs: Needs<'_>) -> Flow<'f, T> {
    if !is_of_lock(&error) || error.message().contains(NAMED) {
        return Flow::Done(Err(error));
    }
    holder(needs).and_on(|holder| Flow::Done(Err(held_by(error, holder))))
}

/// The same for tables of a tenant that were asked for among others, with what to do.
pub(crate) fn left_locked<'f, T: 'f>(error: Error, schema: &SchemaName) -> Flow<'f, T> {
    let error = if is_of_lock(&error) {
        error.help("others have locked its tables: ask again later")
    } else {
        error
    };
    holder_named(error, Needs::Tables(schema))
}

/// Adds to an error who was found to be in the way, if anybody was.
pub(crate) fn held_by(error: Error, holder: Result<Option<String>>) -> Error {
    let Ok(Some(holder)) = holder else {
        return error;
    };
    let (kind, message) = (error.kind(), error.message().to_owned());
    let (what, help) = message.split_at(message.find("\nhelp: ").unwrap_or(message.len()));
    error.retold(kind, format!("{what}{NAMED}{holder}{help}"))
}

/// The shared schema, as long as nobody keeps the look from reading that.
const SHARED_SCHEMA: &str = "(SELECT shared_schema FROM tenantry.meta WHERE one = 1)";

/// `$1` is the schema that is to be dropped, `$2` the locks on other tables than those of the metadata tables that are not in the way, `$3` the
/// class of the locks that are turns, if one is needed, `$4` whether locks on tables of other schemas against those who read count.
const HOLDER: &str = "
WITH held AS (
    SELECT k.pid, k.mode, pg_catalog.format('the table `%s.%s` locked', n.nspname, c.relname) AS what,
        n.nspname = 'tenantry' AS is_metadata, false AS is_turn,
        CASE WHEN n.nspname = $1 THEN 0 WHEN n.nspname = 'tenantry' OR n.nspname = {shared} THEN 1 ELSE 2 END AS distance
    FROM pg_catalog.pg_locks AS k
    JOIN pg_catalog.pg_class AS c ON c.oid = k.relation AND c.relkind IN ('r', 'p')
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE k.locktype = 'relation' AND k.granted AND (n.nspname IN ('tenantry', {shared}, $1)
        OR ($4 AND k.mode = 'AccessExclusiveLock' AND n.nspname <> 'pg_catalog'))
    UNION ALL
    SELECT k.pid, k.mode, pg_catalog.format('the schema `%s` locked', n.nspname), false, false, 0
    FROM pg_catalog.pg_locks AS k JOIN pg_catalog.pg_namespace AS n ON n.oid = k.objid AND n.nspname = $1
    WHERE k.locktype = 'object' AND k.granted AND k.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
    UNION ALL
    SELECT k.pid, k.mode, 'the turn to create a tenant', false, true, 1 FROM pg_catalog.pg_locks AS k
    WHERE k.locktype = 'advisory' AND k.granted AND k.classid::bigint = $3 AND k.objsubid = 2
        AND k.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
)
SELECT held.pid, held.what, a.application_name,
    EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::double precision
FROM held JOIN pg_catalog.pg_stat_activity AS a ON a.pid = held.pid AND a.datname = pg_catalog.current_database()
WHERE held.pid <> pg_catalog.pg_backend_pid() AND held.mode <> ALL (
    CASE WHEN is_metadata THEN ARRAY['AccessShareLock'] ELSE $2 END)
ORDER BY held.distance, a.xact_start, held.is_turn DESC, held.mode = 'AccessShareLock', held.what LIMIT 1";

/// How long the look itself waits for a lock, in milliseconds: what is in the way may be in its way too.
const LOOKUP_LOCK_TIMEOUT: u32 = 500;

/// The locks that keep nobody from writing.
const WRITING: &[&str] = &["AccessShareLock", "RowShareLock"];

/// Looks for whoever has had a lock on what a change needs for longest, in the schema that it is about before others.
pub(crate) fn holder<'f>(needs: Needs<'_>) -> Flow<'f, Option<String>> {
    let (schema, harmless) = match needs {
        Needs::Change | Needs::Look | Needs::Creation => (None, WRITING),
        Needs::Tables(schema) => (Some(schema), WRITING),
        Needs::Drop(schema) => (schema, &[][..]),
    };
    let schema = schema.map(SchemaName::as_str);
    let schema = schema.map_or_else(|| Param::null(Type::TEXT), Param::text);
    let turns = match needs {
        Needs::Creation => Param::bigint(SLOTS.into()),
        Needs::Change | Needs::Look | Needs::Tables(_) | Needs::Drop(_) => Param::null(Type::INT8),
    };
    let is_any = Param::raw(Type::BOOL, &[u8::from(matches!(needs, Needs::Look))]);
    let params = vec![schema, Param::texts(harmless), turns, is_any];
    let among = move |shared: &str| {
        let sql = HOLDER.replace("{shared}", shared);
        let look = Statement::look("holder", sql, params.clone());
        let read = |answer: Answer| answer.rows().first().map(told).transpose();
        Flow::run(Ok(look), read).in_transaction(Command::begin_waiting(LOOKUP_LOCK_TIMEOUT))
    };
    among(SHARED_SCHEMA).and_on(move |found| match found {
        Err(error) if error.kind() == ErrorKind::LockTimeout => among("NULL::text"),
        found => Flow::Done(found),
    })
}

/// The session of a row of the query, and what it has locked.
fn told(row: &Row) -> Result<String> {
    let (pid, what): (i32, &str) = (row.try_get(0)?, row.try_get(1)?);
    let who = match row.try_get::<_, Option<&str>>(2)? {
        Some(name) if !name.is_empty() => format!("{pid} (`{name}`)"),
        _ => pid.to_string(),
    };
    // Of another role's session a role without rights is not told since when.
    let since = match row.try_get::<_, Option<f64>>(3)? {
        Some(seconds) => format!(" for {seconds:.1} s, longer than anybody else"),
        None => String::new(),
    };
    Ok(format!("{who} has had {what}{since}"))
}
