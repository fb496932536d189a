-- The foreign keys that several indexes of their table fit, and these indexes in the order of their numbers. PostgreSQL
-- takes the one with the lowest number, and that of the primary key where a key names no columns.
WITH keys AS (
    SELECT k.conname, c.relname, k.confrelid, k.conindid, k.confkey, c.relnamespace AS schema,
        ARRAY(SELECT a FROM pg_catalog.unnest(k.confkey) a ORDER BY a) AS columns
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.contype = 'f' AND k.conparentid = 0
    WHERE c.oid = ANY ($1::oid[])
),
fitting AS (
    SELECT i.indexrelid, i.indrelid, i.indisprimary, ARRAY(
        SELECT part.attnum
        FROM pg_catalog.unnest(i.indkey) WITH ORDINALITY part (attnum, place)
        WHERE part.place <= i.indnkeyatts
        ORDER BY part.place
    ) AS columns
    FROM pg_catalog.pg_index i
    WHERE i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
        AND i.indrelid IN (SELECT k.confrelid FROM keys k)
),
pairs AS (
    SELECT k.*, f.indexrelid, f.indisprimary AND f.indexrelid = k.conindid AND f.columns = k.confkey AS is_by_primary,
        count(*) OVER (PARTITION BY k.relname, k.conname) AS number
    FROM keys k
    JOIN fitting f ON f.indrelid = k.confrelid AND ARRAY(SELECT a FROM pg_catalog.unnest(f.columns) a ORDER BY a) = k.columns
)
SELECT 'key' AS kind, p.relname::text AS table, p.conname::text AS name, pg_catalog.bool_or(p.is_by_primary) AS is_by_primary,
    NULL::oid AS number
FROM pairs p
WHERE p.number > 1
GROUP BY p.relname, p.conname
UNION
SELECT 'index', c.relname::text, i.relname::text, false, i.oid
FROM pairs p
JOIN pg_catalog.pg_class c ON c.oid = p.confrelid AND c.relnamespace = p.schema
JOIN pg_catalog.pg_class i ON i.oid = p.indexrelid
WHERE p.number > 1
ORDER BY number
