-- Extended statistics.
SELECT
    s.stxnamespace AS schema,
    'statistics' AS kind,
    s.stxname::text AS name,
    pg_catalog.pg_get_statisticsobjdef(s.oid) AS definition
FROM pg_catalog.pg_statistic_ext s
WHERE s.oid = ANY ($1::oid[])
