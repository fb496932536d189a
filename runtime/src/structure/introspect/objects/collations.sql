-- Collations.
SELECT
    c.collnamespace AS schema,
    'collation' AS kind,
    c.collname::text AS name,
    pg_catalog.format('CREATE COLLATION %I.%I (%s)', n.nspname, c.collname, pg_catalog.concat_ws(
        ', ',
        'PROVIDER = ' || CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
        -- The column was renamed in PostgreSQL 17, the rules came with 16.
        'LOCALE = ' || pg_catalog.quote_literal(coalesce(
            pg_catalog.to_jsonb(c) ->> 'colllocale', pg_catalog.to_jsonb(c) ->> 'colliculocale'
        )),
        'LC_COLLATE = ' || pg_catalog.quote_literal(c.collcollate),
        'LC_CTYPE = ' || pg_catalog.quote_literal(c.collctype),
        'RULES = ' || pg_catalog.quote_literal(pg_catalog.to_jsonb(c) ->> 'collicurules'),
        CASE WHEN NOT c.collisdeterministic THEN 'DETERMINISTIC = false' END
    )) AS definition
FROM pg_catalog.pg_collation c
JOIN pg_catalog.pg_namespace n ON n.oid = c.collnamespace
WHERE c.oid = ANY ($1::oid[])
