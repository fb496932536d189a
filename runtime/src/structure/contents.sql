-- The relations of a schema that may have rows, and its sequences.
SELECT
    c.relname::text AS name,
    c.relkind::text AS kind,
    pg_catalog.pg_relation_size(c.oid) AS size,
    ARRAY(
        SELECT a.attname::text
        FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY a.attnum
    ) AS columns,
    ARRAY(
        SELECT a.attgenerated <> ''
        FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY a.attnum
    ) AS generated
FROM pg_catalog.pg_namespace n
JOIN pg_catalog.pg_depend d ON d.refobjid = n.oid
    AND d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
    AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
JOIN pg_catalog.pg_class c ON c.oid = d.objid
WHERE n.nspname = $1
    AND (c.relkind = 'S' OR c.relkind = 'r' AND pg_catalog.pg_relation_size(c.oid) > 0
        OR c.relkind = 'm' AND c.relispopulated AND pg_catalog.pg_relation_size(c.oid) > 0)
ORDER BY c.relname
