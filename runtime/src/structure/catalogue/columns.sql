-- The columns of the catalogues, and which of them are the numbers of rows of others: PostgreSQL says it itself.
SELECT
    c.relname::text AS catalogue,
    a.attname::text AS name,
    pg_catalog.format_type(a.atttypid, NULL) AS type,
    k.pktable::text AS target,
    coalesce(k.is_array, false) AS is_array,
    CASE WHEN pg_catalog.cardinality(k.fkcols) = 2 THEN k.fkcols[1] END AS relation
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN (
    SELECT f.fktable, f.fkcols, f.is_array, t.relname AS pktable
    FROM pg_catalog.pg_get_catalog_foreign_keys() f
    JOIN pg_catalog.pg_class t ON t.oid = f.pktable
) k ON k.fktable = c.oid AND k.fkcols[pg_catalog.cardinality(k.fkcols)] = a.attname
WHERE c.relnamespace = 'pg_catalog'::pg_catalog.regnamespace AND c.relkind = 'r' AND c.relname = ANY ($1)
ORDER BY c.relname, a.attnum
