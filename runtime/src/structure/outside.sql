-- What the open transaction has changed outside of a schema, in words, and how often. Other tenants' schemas are left out.
-- Counts of rows begin some time before the transaction, so they have to be compared with those at its beginning.
WITH me AS (
    SELECT pg_catalog.pg_current_xact_id()::pg_catalog.xid AS id
),
schemas AS (
    SELECT n.oid, n.nspname
    FROM pg_catalog.pg_namespace n
    WHERE n.nspname <> $1 AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        AND NOT EXISTS (SELECT FROM tenantry.tenant t WHERE t.schema_name = n.nspname)
),
-- By the index of `pg_depend`: `pg_class` and `pg_proc` have none by schema, and are long where there are many tenants.
members AS (
    SELECT d.classid, d.objid, s.nspname
    FROM schemas s
    JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.refobjid = s.oid
),
relations AS (
    SELECT c.oid, pg_catalog.format('`%I.%I`', m.nspname, c.relname) AS name
    FROM members m
    JOIN pg_catalog.pg_class c ON c.oid = m.objid
    WHERE m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
)
-- Where the registry is read there may be something that differs for each tenant.
SELECT 'read ' || r.name AS what, pg_catalog.pg_stat_get_xact_numscans(r.oid) + coalesce((
    SELECT sum(pg_catalog.pg_stat_get_xact_numscans(i.indexrelid)) FROM pg_catalog.pg_index i WHERE i.indrelid = r.oid
), 0)::bigint AS number
FROM relations r
WHERE r.name LIKE '`tenantry.%'
UNION ALL
SELECT 'change rows of ' || r.name,
    pg_catalog.pg_stat_get_xact_tuples_inserted(r.oid)
    + pg_catalog.pg_stat_get_xact_tuples_updated(r.oid)
    + pg_catalog.pg_stat_get_xact_tuples_deleted(r.oid) AS number
FROM relations r
UNION ALL
-- A foreign key to a table leaves no trace in these.
SELECT 'change ' || r.name, 1
FROM relations r, me
WHERE EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = r.oid AND a.xmin = me.id)
    OR EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = r.oid AND k.xmin = me.id)
    OR EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = r.oid AND i.xmin = me.id)
    OR EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhparent = r.oid AND h.xmin = me.id)
    OR EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = r.oid AND p.xmin = me.id)
    OR EXISTS (SELECT FROM pg_catalog.pg_rewrite w WHERE w.ev_class = r.oid AND w.xmin = me.id)
    OR EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = r.oid AND NOT t.tgisinternal AND t.xmin = me.id)
UNION ALL
SELECT pg_catalog.format('change `%I.%I`', m.nspname, p.proname), 1
FROM members m
JOIN pg_catalog.pg_proc p ON p.oid = m.objid
JOIN me ON p.xmin = me.id
WHERE m.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
UNION ALL
SELECT pg_catalog.format('change `%I.%I`', m.nspname, t.typname), 1
FROM members m
JOIN pg_catalog.pg_type t ON t.oid = m.objid
JOIN me ON t.xmin = me.id
WHERE m.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
UNION ALL
SELECT pg_catalog.format('change the schema `%I`', n.nspname), 1
FROM pg_catalog.pg_namespace n, me
WHERE n.xmin = me.id AND n.nspname <> $1 AND n.nspname !~ '^pg_'
UNION ALL
-- What belongs to no schema: roles, publications and the like.
SELECT pg_catalog.format('change `pg_catalog.%I`', c.relname),
    pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid)
    + pg_catalog.pg_stat_get_xact_tuples_updated(c.oid)
    + pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid)
    -- Each range type brings a cast of its own.
    - CASE WHEN c.relname = 'pg_cast' THEN (
        SELECT count(*)
        FROM pg_catalog.pg_cast k
        JOIN pg_catalog.pg_type t ON t.oid = k.castsource
        JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
        JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_cast'::pg_catalog.regclass AND d.objid = k.oid
            AND d.deptype = 'i' AND d.refobjid = t.oid
        WHERE n.nspname = $1
    ) ELSE 0 END
FROM pg_catalog.unnest(ARRAY[
    'pg_am', 'pg_authid', 'pg_auth_members', 'pg_cast', 'pg_db_role_setting', 'pg_event_trigger', 'pg_extension',
    'pg_foreign_data_wrapper', 'pg_foreign_server', 'pg_language', 'pg_largeobject', 'pg_largeobject_metadata', 'pg_parameter_acl', 'pg_publication', 'pg_publication_namespace', 'pg_publication_rel',
    'pg_transform', 'pg_user_mapping'
]) AS catalog (name)
JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass('pg_catalog.' || catalog.name)
UNION ALL
-- Then nothing is counted, so anything may have changed: a number that grows counts as a change.
SELECT 'change what can not be told, for `track_counts` is off', (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000000)::bigint
WHERE NOT pg_catalog.current_setting('track_counts')::boolean
ORDER BY 1
