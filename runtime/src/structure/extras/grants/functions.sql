SELECT
    CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END || p.oid::pg_catalog.regprocedure::text,
    p.proowner, p.proacl, 'f', p.prokind <> 'p' AND EXISTS (
        SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'i'
    )
FROM pg_catalog.pg_proc p
WHERE p.oid = ANY ($4::oid[])
