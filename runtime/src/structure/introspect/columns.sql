-- The columns of the tables, in order, and what is unusual about each, in words.
SELECT
    n.nspname::text AS schema,
    c.relname::text AS table,
    a.attname::text AS name,
    pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
    NOT a.attnotnull AS nullable,
    CASE WHEN a.attgenerated = '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END AS default,
    a.attidentity <> '' AS identity,
    pg_catalog.col_description(c.oid, a.attnum) AS comment,
    nullif(pg_catalog.concat_ws(
        ' ',
        CASE a.attidentity WHEN 'a' THEN 'GENERATED ALWAYS AS IDENTITY' END,
        (
            SELECT pg_catalog.format(
                'START %s INCREMENT %s MINVALUE %s CACHE %s%s',
                s.seqstart, s.seqincrement, s.seqmin, s.seqcache,
                CASE WHEN s.seqcycle THEN ' CYCLE' END
            )
            FROM pg_catalog.pg_depend sd
            JOIN pg_catalog.pg_sequence s ON s.seqrelid = sd.objid
            WHERE a.attidentity <> ''
                AND sd.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                AND sd.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                AND sd.refobjid = c.oid
                AND sd.refobjsubid = a.attnum
                AND sd.deptype = 'i'
                AND (s.seqstart, s.seqincrement, s.seqmin, s.seqcache, s.seqcycle) <> (1, 1, 1, 1, false)
        ),
        CASE WHEN a.attgenerated <> '' THEN
            'GENERATED ALWAYS AS (' || pg_catalog.pg_get_expr(d.adbin, d.adrelid) || ')'
            || CASE a.attgenerated WHEN 's' THEN ' STORED' ELSE ' VIRTUAL' END
        END,
        CASE WHEN a.attcollation <> t.typcollation THEN
            (SELECT pg_catalog.format('COLLATE %I', l.collname) FROM pg_catalog.pg_collation l WHERE l.oid = a.attcollation)
        END,
        CASE WHEN a.attstorage <> t.typstorage THEN 'STORAGE ' || a.attstorage::text END,
        CASE WHEN a.attcompression <> '' THEN 'COMPRESSION ' || a.attcompression::text END,
        CASE WHEN a.attstattarget >= 0 THEN 'STATISTICS ' || a.attstattarget END,
        'SET (' || pg_catalog.array_to_string(a.attoptions, ', ') || ')'
    ), '') AS unusual
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE n.nspname = ANY ($1::name[])
    AND c.relkind IN ('r', 'p')
    AND a.attnum > 0
    AND NOT a.attisdropped
ORDER BY c.oid, a.attnum
