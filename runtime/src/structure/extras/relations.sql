-- The options of tables that are flags of `pg_class`.
SELECT said.place, said.text
FROM relations r
CROSS JOIN LATERAL (VALUES
    (2, CASE WHEN r.relispartition AND r.relkind IN ('r', 'p') THEN (
        SELECT pg_catalog.format(
            'ALTER TABLE ONLY %s ATTACH PARTITION %s %s', p.full_name, r.full_name, pg_catalog.pg_get_expr(r.relpartbound, r.oid)
        )
        FROM pg_catalog.pg_inherits h
        JOIN relations p ON p.oid = h.inhparent
        WHERE h.inhrelid = r.oid
    ) END),
    (3, CASE WHEN r.relkind IN ('r', 'p') AND r.reloptions IS NOT NULL THEN
        pg_catalog.format('ALTER TABLE %s SET (%s)', r.full_name, pg_catalog.array_to_string(r.reloptions, ', '))
    END),
    (3, CASE WHEN r.reltoastrelid <> 0 THEN (
        SELECT pg_catalog.format('ALTER TABLE %s SET (%s)', r.full_name, (
            SELECT pg_catalog.string_agg('toast.' || o, ', ') FROM pg_catalog.unnest(t.reloptions) o
        ))
        FROM pg_catalog.pg_class t
        WHERE t.oid = r.reltoastrelid AND t.reloptions IS NOT NULL
    ) END),
    (3, CASE WHEN r.reloftype <> 0 THEN
        pg_catalog.format('ALTER TABLE %s OF %s', r.full_name, r.reloftype::pg_catalog.regtype)
    END),
    (3, CASE WHEN r.relrowsecurity THEN
        pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', r.full_name)
    END),
    (3, CASE WHEN r.relforcerowsecurity THEN
        pg_catalog.format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', r.full_name)
    END),
    (3, CASE WHEN r.relkind IN ('r', 'p') AND r.relreplident <> 'd' THEN
        pg_catalog.format('ALTER TABLE %s REPLICA IDENTITY %s', r.full_name, CASE r.relreplident
            WHEN 'f' THEN 'FULL'
            WHEN 'n' THEN 'NOTHING'
            ELSE 'USING INDEX ' || (
                SELECT pg_catalog.quote_ident(ic.relname)
                FROM pg_catalog.pg_index i
                JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
                WHERE i.indrelid = r.oid AND i.indisreplident
            )
        END)
    END),
    (5, CASE WHEN r.relkind = 'm' AND NOT r.relispopulated THEN
        pg_catalog.format('REFRESH MATERIALIZED VIEW %s WITH NO DATA', r.full_name)
    END)
) said (place, text)
WHERE said.text IS NOT NULL
