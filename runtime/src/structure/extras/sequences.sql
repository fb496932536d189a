-- The columns that sequences belong to.
SELECT 1, pg_catalog.format('ALTER SEQUENCE %s OWNED BY %s.%I', q.full_name, t.full_name, a.attname)
FROM relations q
JOIN pg_catalog.pg_depend d ON d.objid = q.oid AND d.deptype = 'a'
    AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
JOIN relations t ON t.oid = d.refobjid
JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
WHERE q.relkind = 'S'
