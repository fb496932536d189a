-- Views and materialized views.
SELECT
    c.relnamespace AS schema,
    CASE c.relkind WHEN 'v' THEN 'view' ELSE 'materialized view' END AS kind,
    c.relname::text AS name,
    pg_catalog.format(
        'CREATE %sVIEW %I.%I%s AS%s%s',
        CASE c.relkind WHEN 'm' THEN 'MATERIALIZED ' END, n.nspname, c.relname,
        ' WITH (' || pg_catalog.array_to_string(c.reloptions, ', ') || ')',
        pg_catalog.chr(10), pg_catalog.pg_get_viewdef(c.oid)
    ) AS definition
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = ANY ($1::oid[])
