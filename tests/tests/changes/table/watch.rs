//! Locks, looks at all rows and rewrites while a migration runs, told by the server itself.
//!
//! Event triggers look into `pg_locks` before and after each statement that changes a schema, within its transaction. How often a table was
//! read as a whole is counted by PostgreSQL for its statistics, and the counts can be had inside of a transaction. What was counted before the
//! first such statement of one is an earlier one's, whose locks are gone: before it a migration at most locks tables.

use postgres::Client;
use tenantry_tests::fleet::texts;

const TRIGGERS: &str = r"
CREATE TABLE public.seen (
    place bigint GENERATED ALWAYS AS IDENTITY, transaction xid8, pid int, number oid, relation text, mode int, looks bigint, rewritten boolean, query text
);
CREATE TABLE public.known AS SELECT c.oid FROM pg_catalog.pg_class AS c WHERE c.relkind = 'r';
CREATE FUNCTION public.see() RETURNS event_trigger LANGUAGE plpgsql AS $see$
DECLARE
    anew oid := CASE WHEN TG_EVENT = 'table_rewrite' THEN pg_catalog.pg_event_trigger_table_rewrite_oid() END;
BEGIN
    INSERT INTO public.seen (transaction, pid, number, relation, mode, looks, rewritten, query)
    SELECT pg_catalog.pg_current_xact_id(), pg_catalog.pg_backend_pid(), c.oid, n.nspname || '.' || c.relname,
        max(pg_catalog.array_position(ARRAY['AccessShareLock', 'RowShareLock', 'RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock',
            'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'], l.mode)),
        pg_catalog.pg_stat_get_xact_numscans(c.oid), c.oid IS NOT DISTINCT FROM anew, pg_catalog.current_query()
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_locks AS l ON l.relation = c.oid AND l.pid = pg_catalog.pg_backend_pid() AND l.granted
        AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
    WHERE c.relkind = 'r' AND n.nspname IN ('acme', 'shared')
    GROUP BY c.oid, n.nspname, c.relname;
    IF pg_catalog.current_query() ~ 'INDEX CONCURRENTLY .*acme' AND TG_EVENT = 'ddl_command_start' THEN
        INSERT INTO public.seen (pid, relation, query)
        VALUES (pg_catalog.pg_backend_pid(), 'concurrently', TG_TAG);
    END IF;
END $see$;
CREATE EVENT TRIGGER see_before ON ddl_command_start EXECUTE FUNCTION public.see();
CREATE EVENT TRIGGER see_after ON ddl_command_end EXECUTE FUNCTION public.see();
CREATE EVENT TRIGGER see_rewrite ON table_rewrite EXECUTE FUNCTION public.see();
";

const END: &str =
    "DROP EVENT TRIGGER see_before; DROP EVENT TRIGGER see_after; DROP EVENT TRIGGER see_rewrite";

/// Whether queries, and foreign keys that are validated, look rows up by indexes is the planner's choice, and not told: they keep nobody from
/// writing.
const SEEN: &str = "
WITH each AS (
    SELECT *, looks > COALESCE(lag(looks) OVER (PARTITION BY transaction, pid, number ORDER BY place), looks) AS is_looked_at FROM public.seen
), modes AS (
    SELECT *, (ARRAY['ACCESS SHARE', 'ROW SHARE', 'ROW EXCLUSIVE', 'SHARE UPDATE EXCLUSIVE', 'SHARE', 'SHARE ROW EXCLUSIVE', 'EXCLUSIVE',
        'ACCESS EXCLUSIVE'])[mode] AS called FROM each
)
SELECT 'writes ' || relation || ' anew under ' || called FROM modes WHERE rewritten AND number IN (SELECT oid FROM public.known)
UNION SELECT 'looks at all rows of ' || relation || ' under ' || called FROM modes WHERE is_looked_at AND NOT rewritten AND mode > 0 AND number IN (SELECT oid FROM public.known)
    AND (mode > 4 OR mode > 3 AND query !~ 'fkey')
UNION SELECT CASE query WHEN 'CREATE INDEX' THEN 'builds' ELSE 'drops' END || ' an index concurrently' FROM modes WHERE relation = 'concurrently'
UNION SELECT 'locks ' || relation || ' for a moment: ' || called FROM modes AS one WHERE mode > 3
    AND mode = (SELECT max(mode) FROM modes AS other WHERE other.relation = one.relation)
ORDER BY 1";

/// Has the server watch what is done to the tenant `acme`, and to the shared schema, until [`seen`].
pub(crate) fn watch(client: &mut Client) {
    client.batch_execute(TRIGGERS).unwrap();
}

/// Returns what the server has seen, a line each, and ends the watch.
pub(crate) fn seen(client: &mut Client) -> Vec<String> {
    client.batch_execute(END).unwrap();
    texts(client, SEEN)
}

/// Whether a line says that others wait for as long as a table is large.
pub(crate) fn holds_up(line: &str) -> bool {
    let weak = [
        "ACCESS SHARE",
        "ROW SHARE",
        "ROW EXCLUSIVE",
        "SHARE UPDATE EXCLUSIVE",
    ];
    let long = line.starts_with("writes ") || line.starts_with("looks at ");
    long && !weak
        .iter()
        .any(|mode| line.ends_with(&format!("under {mode}")))
}
