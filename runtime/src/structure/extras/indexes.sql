-- The order of the rows that an index gives, and the statistics of its expressions.
SELECT 5, pg_catalog.format('ALTER TABLE %s CLUSTER ON %I', r.full_name, ic.relname)
FROM relations r
JOIN pg_catalog.pg_index i ON i.indrelid = r.oid AND i.indisclustered
JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
UNION ALL
SELECT 4, pg_catalog.format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s', r.full_name, a.attnum, a.attstattarget)
FROM relations r
JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0
WHERE r.relkind IN ('i', 'I') AND a.attstattarget >= 0
