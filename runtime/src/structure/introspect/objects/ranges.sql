-- Range types.
SELECT
    t.typnamespace AS schema,
    'type' AS kind,
    t.typname::text AS name,
    pg_catalog.format('CREATE TYPE %I.%I AS RANGE (%s)', n.nspname, t.typname, (
        SELECT pg_catalog.concat_ws(
            ', ',
            'SUBTYPE = ' || pg_catalog.format_type(r.rngsubtype, NULL),
            CASE WHEN NOT o.opcdefault THEN pg_catalog.format('SUBTYPE_OPCLASS = %I.%I', cn.nspname, o.opcname) END,
            CASE WHEN r.rngcollation <> b.typcollation THEN 'COLLATION = ' || r.rngcollation::pg_catalog.regcollation END,
            CASE WHEN r.rngcanonical <> 0 THEN 'CANONICAL = ' || r.rngcanonical::pg_catalog.regproc END,
            CASE WHEN r.rngsubdiff <> 0 THEN 'SUBTYPE_DIFF = ' || r.rngsubdiff::pg_catalog.regproc END,
            'MULTIRANGE_TYPE_NAME = ' || r.rngmultitypid::pg_catalog.regtype
        )
        FROM pg_catalog.pg_range r
        JOIN pg_catalog.pg_type b ON b.oid = r.rngsubtype
        JOIN pg_catalog.pg_opclass o ON o.oid = r.rngsubopc
        JOIN pg_catalog.pg_namespace cn ON cn.oid = o.opcnamespace
        WHERE r.rngtypid = t.oid
    )) AS definition
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE t.oid = ANY ($1::oid[])
