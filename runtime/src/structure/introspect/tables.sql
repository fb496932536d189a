-- The tables, and what is unusual about each, in words.
SELECT
    c.relnamespace AS schema,
    c.relname::text AS table,
    (
        SELECT d.description
        FROM pg_catalog.pg_description d
        WHERE d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objoid = c.oid AND d.objsubid = 0
    ) AS comment,
    nullif(pg_catalog.concat_ws(
        ' ',
        CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED' END,
        CASE WHEN c.relkind = 'p' THEN 'PARTITION BY ' || pg_catalog.pg_get_partkeydef(c.oid) END,
        (
            SELECT
                CASE WHEN c.relispartition THEN 'PARTITION OF (' ELSE 'INHERITS (' END
                    || pg_catalog.string_agg(pg_catalog.format('%I.%I', pn.nspname, p.relname), ', ' ORDER BY h.inhseqno)
                    || ')'
            FROM pg_catalog.pg_inherits h
            JOIN pg_catalog.pg_class p ON p.oid = h.inhparent
            JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
            WHERE h.inhrelid = c.oid
        ),
        pg_catalog.pg_get_expr(c.relpartbound, c.oid),
        CASE WHEN am.amname <> 'heap' THEN 'USING ' || pg_catalog.quote_ident(am.amname) END,
        'WITH (' || pg_catalog.array_to_string(c.reloptions, ', ') || ')',
        CASE WHEN c.relrowsecurity THEN 'ENABLE ROW LEVEL SECURITY' END,
        CASE WHEN c.relforcerowsecurity THEN 'FORCE ROW LEVEL SECURITY' END,
        CASE c.relreplident
            WHEN 'f' THEN 'REPLICA IDENTITY FULL'
            WHEN 'n' THEN 'REPLICA IDENTITY NOTHING'
            WHEN 'i' THEN 'REPLICA IDENTITY USING ' || (
                SELECT pg_catalog.string_agg(pg_catalog.quote_ident(ic.relname), ', ')
                FROM pg_catalog.pg_index i
                JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
                WHERE i.indrelid = c.oid AND i.indisreplident
            )
        END
    ), '') AS unusual
FROM pg_catalog.pg_class c
LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam
WHERE c.oid = ANY ($1::oid[])
