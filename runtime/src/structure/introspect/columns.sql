-- The columns of the tables, in order, and what is unusual about each, in words.
SELECT
    c.relnamespace AS schema,
    c.relname::text AS table,
    a.attname::text AS name,
    pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
    NOT a.attnotnull AS nullable,
    CASE WHEN a.attgenerated = '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END AS default,
    a.attidentity <> '' AS identity,
    CASE WHEN a.attgenerated = 's' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END AS generated,
    (
        SELECT d.description
        FROM pg_catalog.pg_description d
        WHERE d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objoid = c.oid AND d.objsubid = a.attnum
    ) AS comment,
    nullif(pg_catalog.concat_ws(
        ' ',
        CASE WHEN a.attinhcount > 0 AND NOT a.attislocal AND NOT c.relispartition THEN 'INHERITED' END,
        CASE WHEN a.attcollation <> t.typcollation THEN 'COLLATE ' || a.attcollation::pg_catalog.regcollation END,
        -- From PostgreSQL 18 on it has a name, which stays when the table or the column gets another.
        (
            SELECT pg_catalog.format('CONSTRAINT %I NOT NULL', k.conname)
                || CASE WHEN k.connoinherit THEN ' NO INHERIT' ELSE '' END
            FROM pg_catalog.pg_constraint k
            WHERE a.attnotnull AND k.conrelid = c.oid AND k.contype = 'n' AND k.conkey[1] = a.attnum AND k.convalidated
                AND (k.connoinherit OR k.conname <> pg_catalog.concat(c.relname, '_', a.attname, '_not_null'))
        ),
        CASE a.attidentity WHEN 'a' THEN 'GENERATED ALWAYS AS IDENTITY' END,
        (
            SELECT pg_catalog.format(
                'SEQUENCE (SEQUENCE NAME %I.%I START %s INCREMENT %s MINVALUE %s MAXVALUE %s CACHE %s%s)',
                qn.nspname, q.relname, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache,
                CASE WHEN s.seqcycle THEN ' CYCLE' END
            )
            FROM pg_catalog.pg_depend sd
            JOIN pg_catalog.pg_sequence s ON s.seqrelid = sd.objid
            JOIN pg_catalog.pg_class q ON q.oid = s.seqrelid
            JOIN pg_catalog.pg_namespace qn ON qn.oid = q.relnamespace
            WHERE a.attidentity <> ''
                AND sd.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                AND sd.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                AND sd.refobjid = c.oid
                AND sd.refobjsubid = a.attnum
                AND sd.deptype = 'i'
                AND (
                    (s.seqstart, s.seqincrement, s.seqmin, s.seqcache, s.seqcycle) <> (1, 1, 1, 1, false)
                    OR s.seqmax <> CASE s.seqtypid::pg_catalog.regtype
                        WHEN 'smallint'::pg_catalog.regtype THEN 32767
                        WHEN 'integer'::pg_catalog.regtype THEN 2147483647
                        ELSE 9223372036854775807
                    END
                    OR q.relname <> pg_catalog.concat(c.relname, '_', a.attname, '_seq') OR q.relnamespace <> c.relnamespace
                )
        ),
        CASE WHEN a.attstorage <> t.typstorage THEN 'STORAGE ' || a.attstorage::text END,
        CASE WHEN a.attcompression <> '' THEN 'COMPRESSION ' || a.attcompression::text END,
        CASE WHEN a.attstattarget >= 0 THEN 'STATISTICS ' || a.attstattarget END,
        'SET (' || pg_catalog.array_to_string(a.attoptions, ', ') || ')',
        -- The last: it can have any word in it.
        CASE WHEN a.attgenerated = 'v' THEN
            'GENERATED ALWAYS AS (' || pg_catalog.pg_get_expr(d.adbin, d.adrelid) || ') VIRTUAL'
        END
    ), '') AS unusual
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
