-- The options of columns, and grants on them.
SELECT said.place, said.text
FROM relations r
JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
CROSS JOIN LATERAL (
    VALUES
    (4, CASE WHEN r.relkind IN ('r', 'p', 'm') AND a.attcompression <> '' THEN
        pg_catalog.format(
            'ALTER TABLE %s ALTER COLUMN %I SET COMPRESSION %s', r.full_name, a.attname,
            CASE a.attcompression WHEN 'p' THEN 'pglz' ELSE 'lz4' END
        )
    END),
    (4, CASE WHEN r.relkind = 'v' AND a.atthasdef THEN (
        SELECT pg_catalog.format(
            'ALTER VIEW %s ALTER COLUMN %I SET DEFAULT %s', r.full_name, a.attname, pg_catalog.pg_get_expr(d.adbin, d.adrelid)
        )
        FROM pg_catalog.pg_attrdef d
        WHERE d.adrelid = r.oid AND d.adnum = a.attnum
    ) END),
    (4, CASE WHEN r.relkind IN ('r', 'p', 'm') AND a.attstattarget >= 0 THEN
        pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', r.full_name, a.attname, a.attstattarget)
    END),
    (4, CASE WHEN r.relkind IN ('r', 'p', 'm') AND a.attstorage <> t.typstorage THEN
        pg_catalog.format(
            'ALTER TABLE %s ALTER COLUMN %I SET STORAGE %s', r.full_name, a.attname,
            CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END
        )
    END),
    (4, CASE WHEN r.relkind IN ('r', 'p') AND a.attoptions IS NOT NULL THEN
        pg_catalog.format(
            'ALTER TABLE %s ALTER COLUMN %I SET (%s)', r.full_name, a.attname, pg_catalog.array_to_string(a.attoptions, ', ')
        )
    END)
    UNION ALL
    SELECT 9, pg_catalog.format(
        'GRANT %s (%I) ON %s TO %s%s',
        e.privilege_type, a.attname, r.full_name,
        CASE e.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(e.grantee)) END,
        CASE WHEN e.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
    )
    FROM pg_catalog.aclexplode(a.attacl) e
) said (place, text)
WHERE r.relkind NOT IN ('i', 'I') AND said.text IS NOT NULL
