SELECT
    CASE r.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || r.full_name,
    r.relowner,
    r.relacl,
    CASE r.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char",
    -- Whatever belongs to a column has its owner.
    EXISTS (
        SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = r.oid
            AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
    )
FROM relations r
WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
