-- Things that changes of rows evaluate unseen, with their texts: by name what has to be named (routines, views, domains, operators, and tables
-- with rules or forced policies); by the number of their table, with the kinds of changes that evaluate them, defaults, triggers and rules; with
-- the number 0 what any statement may fire. A text that is null is code that can't be read. A time of full precision, or an identifier, is never
-- the same twice, so two replays tell, as long as its column (`unlike`) is there.
WITH schemas AS (
    SELECT n.oid, n.nspname = $1 OR n.oid = pg_catalog.pg_my_temp_schema() AS is_own
    FROM pg_catalog.pg_namespace n
    WHERE n.nspname = $1 OR n.oid = ANY ($2) OR n.oid = pg_catalog.pg_my_temp_schema()
),
-- By the index of `pg_depend`: the catalogues have none by schema, and are long where there are many tenants.
members AS (
    SELECT d.classid, d.objid, s.is_own
    FROM schemas s
    JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.refobjid = s.oid
    WHERE NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend e WHERE e.classid = d.classid AND e.objid = d.objid AND e.deptype = 'e'
    )
)
SELECT p.proname::text AS name, true AS is_routine, NULL::oid AS relation, 0::int4 AS events,
    CASE
        WHEN g.oid IS NOT NULL THEN pg_catalog.concat_ws(' ', pg_catalog.format('%s() %s()', g.aggtransfn, g.aggfinalfn),
            pg_catalog.format('%s() %s() %s()', g.aggmtransfn, g.aggminvtransfn, g.aggmfinalfn))
        WHEN l.lanname = 'internal' AND p.provolatile = 'i' THEN ''
        WHEN l.lanname IN ('sql', 'plpgsql') THEN
            pg_catalog.concat_ws(' ', p.prosrc, pg_catalog.pg_get_function_sqlbody(p.oid), pg_catalog.pg_get_function_arguments(p.oid))
    END AS text, NULL::int2 AS unlike
FROM members m
JOIN pg_catalog.pg_proc p ON p.oid = m.objid
JOIN pg_catalog.pg_language l ON l.oid = p.prolang
LEFT JOIN (SELECT a.aggfnoid::oid AS oid, a.* FROM pg_catalog.pg_aggregate a) g ON g.oid = p.oid
WHERE m.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
UNION ALL
SELECT o.oprname::text, false, NULL, 0, pg_catalog.format('%s()', o.oprcode), NULL
FROM members m
JOIN pg_catalog.pg_operator o ON o.oid = m.objid
WHERE m.classid = 'pg_catalog.pg_operator'::pg_catalog.regclass
UNION ALL
SELECT c.relname::text, false, NULL, 0, pg_catalog.pg_get_ruledef(r.oid), NULL
FROM members m
JOIN pg_catalog.pg_rewrite r ON r.ev_class = m.objid
JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
WHERE m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
UNION ALL
SELECT c.relname::text, false, NULL, 0, NULL, NULL
FROM members m
JOIN pg_catalog.pg_class c ON c.oid = m.objid AND c.relkind = 'f'
WHERE m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
UNION ALL
SELECT c.relname::text, false, NULL, 0, pg_catalog.pg_get_expr(y.polqual, y.polrelid), NULL
FROM members m
JOIN pg_catalog.pg_policy y ON y.polrelid = m.objid AND y.polqual IS NOT NULL
JOIN pg_catalog.pg_class c ON c.oid = y.polrelid AND c.relforcerowsecurity
WHERE m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
UNION ALL
SELECT t.typname::text, false, NULL, 0, pg_catalog.pg_get_expr(t.typdefaultbin, 0), NULL
FROM members m
JOIN pg_catalog.pg_type t ON t.oid = m.objid AND t.typdefaultbin IS NOT NULL
WHERE m.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
UNION ALL
SELECT a.attname::text, false, a.attrelid, 4 + 16, coalesce(e.text, pg_catalog.pg_get_expr(t.typdefaultbin, 0)),
    CASE WHEN a.atttypid = 'uuid'::pg_catalog.regtype AND e.text = 'gen_random_uuid()'
        OR a.atttypid IN ('timestamp'::pg_catalog.regtype, 'timestamptz'::pg_catalog.regtype)
        AND (a.atttypmod = -1 OR a.atttypmod >= 3)
        AND e.text ~* '^\(?((now|clock_timestamp|statement_timestamp|transaction_timestamp)\(\)|CURRENT_TIMESTAMP|LOCALTIMESTAMP)( AT TIME ZONE ''[^'']*''::text\))?$'
    THEN a.attnum END
FROM members m
JOIN pg_catalog.pg_attribute a ON a.attrelid = m.objid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN LATERAL (
    SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS text
    FROM pg_catalog.pg_attrdef d
    WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum
) e ON true
WHERE m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND m.is_own
    AND coalesce(e.text, pg_catalog.pg_get_expr(t.typdefaultbin, 0)) IS NOT NULL
UNION ALL
-- A view has no counts of its rows, and a statement may change none: those of both may have been fired by anything.
SELECT g.tgname::text, false,
    CASE WHEN g.tgtype & 64 <> 0 OR g.tgtype & 1 = 0 THEN 0 ELSE g.tgrelid END,
    CASE WHEN g.tgtype & 64 <> 0 OR g.tgtype & 1 = 0 THEN 4 + 8 + 16 ELSE g.tgtype::int4 END,
    pg_catalog.pg_get_triggerdef(g.oid), NULL
FROM members m
JOIN pg_catalog.pg_trigger g ON g.tgrelid = m.objid AND NOT g.tgisinternal AND g.tgenabled <> 'D'
WHERE m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND m.is_own
UNION ALL
SELECT r.rulename::text, false, r.ev_class, CASE r.ev_type WHEN '2' THEN 16 WHEN '3' THEN 4 ELSE 8 END, pg_catalog.pg_get_ruledef(r.oid), NULL
FROM members m
JOIN pg_catalog.pg_rewrite r ON r.ev_class = m.objid AND r.ev_type <> '1' AND r.ev_enabled <> 'D'
WHERE m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND m.is_own
UNION ALL
SELECT v.evtname::text, false, 0, 4 + 8 + 16, pg_catalog.format('%I()', p.proname), NULL
FROM pg_catalog.pg_event_trigger v
JOIN pg_catalog.pg_proc p ON p.oid = v.evtfoid
WHERE v.evtenabled <> 'D'
UNION ALL
SELECT p.proname::text, false, 0, 4 + 8 + 16, pg_catalog.format('%I()', p.proname), NULL
FROM pg_catalog.pg_cast k
JOIN pg_catalog.pg_proc p ON p.oid = k.castfunc
WHERE k.oid >= 16384
