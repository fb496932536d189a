-- Composite types.
SELECT
    t.typnamespace AS schema,
    'type' AS kind,
    t.typname::text AS name,
    pg_catalog.format('CREATE TYPE %I.%I AS (%s)', n.nspname, t.typname, (
        SELECT pg_catalog.string_agg(
            pg_catalog.format('%I %s', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod))
                || CASE WHEN a.attcollation <> at.typcollation THEN ' COLLATE ' || a.attcollation::pg_catalog.regcollation ELSE '' END,
            ', '
            ORDER BY a.attnum
        )
        FROM pg_catalog.pg_attribute a
        JOIN pg_catalog.pg_type at ON at.oid = a.atttypid
        WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
    )) AS definition
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
JOIN pg_catalog.pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'
WHERE t.oid = ANY ($1::oid[])
