-- Functions of PostgreSQL itself and of extensions that may give something else another time, by name, whether they are PostgreSQL's, and
-- with how many arguments they can be called.
SELECT DISTINCT p.proname::text AS name, true AS is_builtin, (p.pronargs - p.pronargdefaults)::int4 AS least,
    CASE WHEN p.provariadic = 0 THEN p.pronargs::int4 ELSE 1000 END AS most
FROM pg_catalog.pg_proc p
WHERE p.oid < 16384 AND p.provolatile <> 'i'
UNION
SELECT p.proname::text, false, (p.pronargs - p.pronargdefaults)::int4,
    CASE WHEN p.provariadic = 0 THEN p.pronargs::int4 ELSE 1000 END
FROM pg_catalog.pg_extension x
JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid = x.oid
JOIN pg_catalog.pg_proc p ON p.oid = d.objid AND p.provolatile <> 'i'
WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.deptype = 'e' AND p.oid >= 16384
