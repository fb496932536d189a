-- Comments, but for those of tables and their columns.
SELECT 6, pg_catalog.format(
    'COMMENT ON %s %s IS %L',
    CASE
        WHEN i.type LIKE '% column' THEN 'COLUMN'
        WHEN i.type LIKE '% constraint' THEN 'CONSTRAINT'
        WHEN i.type = 'composite type' THEN 'TYPE'
        WHEN i.type = 'statistics object' THEN 'STATISTICS'
        ELSE pg_catalog.upper(i.type)
    END,
    coalesce(
        (
            SELECT pg_catalog.format('%I ON DOMAIN %s', k.conname, k.contypid::pg_catalog.regtype)
            FROM pg_catalog.pg_constraint k
            WHERE d.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = d.objoid AND k.contypid <> 0
        ),
        i.identity
    ),
    d.description
)
FROM (
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass AS classid, r.oid FROM relations r
    UNION ALL
    SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, pg_catalog.unnest($4::oid[])
    UNION ALL
    SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, pg_catalog.unnest(ARRAY[t.oid, t.typarray]) FROM types t
    UNION ALL
    SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid
    FROM relations r JOIN pg_catalog.pg_constraint k ON k.conrelid = r.oid
    UNION ALL
    SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid
    FROM pg_catalog.pg_constraint k WHERE k.contypid = ANY ($3::oid[])
    UNION ALL
    SELECT 'pg_catalog.pg_trigger'::pg_catalog.regclass, t.oid
    FROM relations r JOIN pg_catalog.pg_trigger t ON t.tgrelid = r.oid
    UNION ALL
    SELECT 'pg_catalog.pg_policy'::pg_catalog.regclass, p.oid
    FROM relations r JOIN pg_catalog.pg_policy p ON p.polrelid = r.oid
    UNION ALL
    SELECT 'pg_catalog.pg_rewrite'::pg_catalog.regclass, w.oid
    FROM relations r JOIN pg_catalog.pg_rewrite w ON w.ev_class = r.oid
    UNION ALL
    SELECT 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, pg_catalog.unnest($5::oid[])
    UNION ALL
    SELECT 'pg_catalog.pg_operator'::pg_catalog.regclass, pg_catalog.unnest($6::oid[])
    UNION ALL
    SELECT 'pg_catalog.pg_opfamily'::pg_catalog.regclass, pg_catalog.unnest($7::oid[])
    UNION ALL
    SELECT 'pg_catalog.pg_opclass'::pg_catalog.regclass, pg_catalog.unnest($8::oid[])
    UNION ALL
    SELECT 'pg_catalog.pg_collation'::pg_catalog.regclass, pg_catalog.unnest($9::oid[])
    UNION ALL
    SELECT 'pg_catalog.pg_ts_dict'::pg_catalog.regclass, pg_catalog.unnest($10::oid[])
    UNION ALL
    SELECT 'pg_catalog.pg_ts_config'::pg_catalog.regclass, pg_catalog.unnest($11::oid[])
) o
-- Looked up one by one: most have no comment, and PostgreSQL has thousands of its own.
CROSS JOIN LATERAL (
    SELECT d.* FROM pg_catalog.pg_description d WHERE d.classoid = o.classid AND d.objoid = o.oid OFFSET 0
) d
CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) i
WHERE i.type NOT IN ('table', 'table column')
