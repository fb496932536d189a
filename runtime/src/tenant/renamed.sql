-- Definitions of the routines and triggers of schema $1, a name, whose text has the same name, $2, in it.
SELECT pg_catalog.pg_get_functiondef(p.oid)
FROM pg_catalog.pg_namespace AS n
JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
    AND d.refobjid = n.oid AND d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
JOIN pg_catalog.pg_proc AS p ON p.oid = d.objid
WHERE n.nspname = $1 AND p.prokind <> 'a' AND p.prosqlbody IS NULL
    AND pg_catalog.strpos(p.prosrc || pg_catalog.array_to_string(COALESCE(p.proconfig, '{}'), ' '), $2) > 0
UNION ALL
-- A constraint trigger can't be replaced: it is made again, and loses its comments. Either is enabled by that, on partitions too.
SELECT CASE WHEN t.tgconstraint = 0
    THEN pg_catalog.regexp_replace(pg_catalog.pg_get_triggerdef(t.oid), '^CREATE ', 'CREATE OR REPLACE ')
    ELSE pg_catalog.format('DROP TRIGGER %I ON %I.%I; ', t.tgname, n.nspname, c.relname)
        || pg_catalog.pg_get_triggerdef(t.oid) END
    || pg_catalog.array_to_string(ARRAY(
        WITH RECURSIVE made AS (
            SELECT t.oid, t.tgname, t.tgrelid, t.tgenabled, t.tgconstraint
            UNION ALL
            SELECT k.oid, k.tgname, k.tgrelid, k.tgenabled, k.tgconstraint
            FROM made AS m JOIN pg_catalog.pg_trigger AS k ON k.tgparentid = m.oid
        )
        SELECT '; ' || s.sql
        FROM made AS m
        JOIN pg_catalog.pg_class AS r ON r.oid = m.tgrelid
        JOIN pg_catalog.pg_namespace AS rn ON rn.oid = r.relnamespace
        CROSS JOIN LATERAL (SELECT pg_catalog.format('%I.%I', rn.nspname, r.relname)) AS o (name)
        CROSS JOIN LATERAL (VALUES
            (CASE WHEN m.tgenabled <> 'O' THEN pg_catalog.format('ALTER TABLE ONLY %s %s TRIGGER %I', o.name,
                CASE m.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, m.tgname) END),
            (CASE WHEN m.tgconstraint <> 0 THEN pg_catalog.format('COMMENT ON TRIGGER %I ON %s IS ', m.tgname, o.name)
                || pg_catalog.quote_literal(pg_catalog.obj_description(m.oid, 'pg_trigger')) END),
            (CASE WHEN m.tgconstraint <> 0 THEN pg_catalog.format('COMMENT ON CONSTRAINT %I ON %s IS ', m.tgname, o.name)
                || pg_catalog.quote_literal(pg_catalog.obj_description(m.tgconstraint, 'pg_constraint')) END)
        ) AS s (sql)
        WHERE s.sql IS NOT NULL), '')
FROM pg_catalog.pg_namespace AS n
JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
    AND d.refobjid = n.oid AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
JOIN pg_catalog.pg_class AS c ON c.oid = d.objid
JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = c.oid
WHERE n.nspname = $1 AND NOT t.tgisinternal AND t.tgparentid = 0
    AND pg_catalog.strpos(pg_catalog.encode(t.tgargs, 'escape'), $2) > 0
