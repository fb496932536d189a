-- Domains, without their constraints that are not valid.
SELECT
    t.typnamespace AS schema,
    'type' AS kind,
    t.typname::text AS name,
    pg_catalog.concat_ws(
        ' ',
        pg_catalog.format(
            'CREATE DOMAIN %I.%I AS %s',
            n.nspname, t.typname, pg_catalog.format_type(t.typbasetype, t.typtypmod)
        ),
        (
            SELECT 'COLLATE ' || t.typcollation::pg_catalog.regcollation
            FROM pg_catalog.pg_type b
            WHERE b.oid = t.typbasetype AND b.typcollation <> t.typcollation
        ),
        'DEFAULT ' || coalesce(pg_catalog.pg_get_expr(t.typdefaultbin, 0), t.typdefault),
        (
            SELECT pg_catalog.format('CONSTRAINT %I', k.conname)
            FROM pg_catalog.pg_constraint k
            WHERE k.contypid = t.oid AND k.contype = 'n' AND k.conname <> t.typname || '_not_null'
        ),
        CASE WHEN t.typnotnull THEN 'NOT NULL' END,
        (
            SELECT pg_catalog.string_agg(
                pg_catalog.format('CONSTRAINT %I %s', k.conname, pg_catalog.pg_get_constraintdef(k.oid)),
                ' '
                ORDER BY k.conname
            )
            FROM pg_catalog.pg_constraint k
            -- `CREATE DOMAIN` takes no `NOT VALID`: these are added afterwards.
            WHERE k.contypid = t.oid AND k.contype = 'c' AND k.convalidated
        )
    ) AS definition
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE t.oid = ANY ($1::oid[])
