//! Who is in the way of a change that has waited for too long.

use postgres::GenericClient;
use postgres::types::Type;

use crate::error::{Error, ErrorKind, Result};
use crate::name::SchemaName;

/// The locks that a change needs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Needs<'a> {
    /// Rows of the registry, and shared tables against those who write.
    Change,
    /// The same against those who read, and a schema with all that is in it.
    Drop(Option<&'a SchemaName>),
}

/// Adds to the error of a lock timeout who has had a lock on what the change needs for longest.
///
/// PostgreSQL tells neither the table nor the session. After the wait both can still be looked up, since who holds up
/// several attempts has been there for some time.
pub(crate) fn name_holder(
    client: &mut impl GenericClient,
    error: Error,
    needs: Needs<'_>,
) -> Error {
    if error.kind() == ErrorKind::LockTimeout {
        let holder = holder(client, needs);
        held_by(error, holder)
    } else {
        error
    }
}

/// Adds to an error who was found to be in the way, if anybody was.
pub(crate) fn held_by(error: Error, holder: Result<Option<String>>) -> Error {
    let Ok(Some(holder)) = holder else {
        return error;
    };
    let (kind, message) = (error.kind(), error.message().to_owned());
    let (what, help) = message.split_at(message.find("\nhelp: ").unwrap_or(message.len()));
    error.retold(kind, format!("{what}; {holder}{help}"))
}

/// `$1` is the schema that is to be dropped, `$2` whether readers are in the way.
const HOLDER: &str = "
WITH held AS (
    SELECT k.pid, k.mode, pg_catalog.format('the table `%s.%s`', n.nspname, c.relname) AS what,
        n.nspname = 'tenantry' AS is_books
    FROM pg_catalog.pg_locks AS k
    JOIN pg_catalog.pg_class AS c ON c.oid = k.relation AND c.relkind IN ('r', 'p')
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE k.locktype = 'relation' AND k.granted AND n.nspname IN (
        'tenantry', (SELECT shared_schema FROM tenantry.meta WHERE one = 1), $1)
    UNION ALL
    SELECT k.pid, k.mode, pg_catalog.format('the schema `%s`', n.nspname), false
    FROM pg_catalog.pg_locks AS k JOIN pg_catalog.pg_namespace AS n ON n.oid = k.objid AND n.nspname = $1
    WHERE k.locktype = 'object' AND k.granted AND k.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
)
SELECT held.pid, held.what, a.application_name,
    EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::double precision
FROM held JOIN pg_catalog.pg_stat_activity AS a ON a.pid = held.pid AND a.datname = pg_catalog.current_database()
WHERE held.pid <> pg_catalog.pg_backend_pid() AND held.mode <> ALL (
    CASE WHEN is_books THEN ARRAY['AccessShareLock'] WHEN $2 THEN ARRAY[]::text[]
    ELSE ARRAY['AccessShareLock', 'RowShareLock'] END)
ORDER BY a.xact_start, held.mode = 'AccessShareLock', held.what LIMIT 1";

/// How long the look itself waits for a lock, in milliseconds: what is in the way may be in its way too.
const LOOKUP_LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = 500";

/// Looks for whoever has had a lock on what a change needs for longest.
pub(crate) fn holder(client: &mut impl GenericClient, needs: Needs<'_>) -> Result<Option<String>> {
    let (schema, beside_readers) = match needs {
        Needs::Change => (None, false),
        Needs::Drop(schema) => (schema.map(SchemaName::as_str), true),
    };
    let params = [
        (&schema as _, Type::TEXT),
        (&beside_readers as _, Type::BOOL),
    ];
    let mut tx = client.transaction()?;
    tx.batch_execute(LOOKUP_LOCK_TIMEOUT)?;
    let row = tx.query_typed_opt(HOLDER, &params)?;
    tx.rollback()?;
    let Some(row) = row else {
        return Ok(None);
    };
    let (pid, what): (i32, &str) = (row.try_get(0)?, row.try_get(1)?);
    let who = match row.try_get::<_, Option<&str>>(2)? {
        Some(name) if !name.is_empty() => format!("session {pid} (`{name}`)"),
        _ => format!("session {pid}"),
    };
    // Of another role's session a role without rights is not told since when.
    let since = match row.try_get::<_, Option<f64>>(3)? {
        Some(seconds) => format!(" for {seconds:.1} s, longer than anybody else"),
        None => String::new(),
    };
    Ok(Some(format!("{who} has had {what} locked{since}")))
}
