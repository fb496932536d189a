-- The constraints of the tables. One that a structure has no words for comes with its definition.
SELECT
    c.relnamespace AS schema,
    c.relname::text AS table,
    k.conname::text AS name,
    k.contype::text AS kind,
    ARRAY(
        SELECT a.attname::text
        FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY part (attnum, place)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = part.attnum
        ORDER BY part.place
    ) AS columns,
    coalesce(i.indnullsnotdistinct, false) AS nulls_not_distinct,
    pg_catalog.pg_get_expr(k.conbin, k.conrelid) AS condition,
    rn.nspname::text AS target_schema,
    rc.relname::text AS target_table,
    ARRAY(
        SELECT a.attname::text
        FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY part (attnum, place)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = part.attnum
        ORDER BY part.place
    ) AS target_columns,
    k.confdeltype::text AS on_delete,
    k.confupdtype::text AS on_update,
    k.condeferrable AS deferrable,
    k.condeferred AS deferred,
    NOT k.convalidated AS not_valid,
    CASE WHEN
        k.contype = 'n'
        OR k.contype = 'c' AND (k.connoinherit OR k.coninhcount > 0 AND NOT k.conislocal AND NOT c.relispartition)
        OR k.contype = 'f' AND (
            k.confmatchtype <> 's'
            OR k.confdelsetcols IS NOT NULL
            OR rn.oid <> c.relnamespace AND rn.nspname <> $2 AND (rn.nspname, k.conname) <> ('tenantry', 'tenantry_tenant_key')
        )
        OR i.indnatts > i.indnkeyatts
        OR ic.reloptions IS NOT NULL
        OR ic.reltablespace <> 0
        -- What came with PostgreSQL 18. A row as JSON is dear, so nobody else pays for it.
        OR pg_catalog.current_setting('server_version_num')::int >= 180000 AND pg_catalog.jsonb_path_exists(
            pg_catalog.to_jsonb(k), '$ ? (@.conenforced == false || @.conperiod == true)'
        )
    THEN
        pg_catalog.concat_ws(
            ' ',
            CASE WHEN k.contype = 'c' AND k.coninhcount > 0 AND NOT k.conislocal AND NOT c.relispartition THEN 'INHERITED' END,
            pg_catalog.pg_get_constraintdef(k.oid),
            'WITH (' || pg_catalog.array_to_string(ic.reloptions, ', ') || ')'
        )
    END AS unusual
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
LEFT JOIN pg_catalog.pg_class rc ON rc.oid = k.confrelid
LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = rc.relnamespace
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u')
LEFT JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
WHERE k.conrelid = ANY ($1::oid[])
    AND (
        k.contype IN ('p', 'u', 'c', 'f')
        -- Of triggers there is but that of a table whose rows are the tenants.
        OR k.contype = 't' AND k.conname = 'tenantry_tenant_row'
        OR k.contype = 'n' AND NOT k.convalidated
    )
