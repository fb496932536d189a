-- Functions of PostgreSQL itself and of extensions that may give something else another time, by name, and whether they are PostgreSQL's.
SELECT DISTINCT p.proname::text AS name, true AS is_builtin
FROM pg_catalog.pg_proc p
WHERE p.oid < 16384 AND p.provolatile <> 'i'
UNION
SELECT p.proname::text, false
FROM pg_catalog.pg_extension x
JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid = x.oid
JOIN pg_catalog.pg_proc p ON p.oid = d.objid AND p.provolatile <> 'i'
WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.deptype = 'e' AND p.oid >= 16384
