-- Foreign tables.
SELECT
    c.relnamespace AS schema,
    'foreign table' AS kind,
    c.relname::text AS name,
    pg_catalog.format('CREATE FOREIGN TABLE %I.%I (%s) SERVER %I%s', n.nspname, c.relname, (
        SELECT pg_catalog.string_agg(
            pg_catalog.concat_ws(
                ' ',
                pg_catalog.quote_ident(a.attname),
                pg_catalog.format_type(a.atttypid, a.atttypmod),
                (
                    SELECT 'OPTIONS (' || pg_catalog.string_agg(
                        pg_catalog.format('%I %L', o.option_name, o.option_value), ', ' ORDER BY o.option_name
                    ) || ')'
                    FROM pg_catalog.pg_options_to_table(a.attfdwoptions) o
                ),
                'DEFAULT ' || (
                    SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid)
                    FROM pg_catalog.pg_attrdef d
                    WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated = ''
                ),
                CASE WHEN a.attnotnull THEN 'NOT NULL' END
            ),
            ', '
            ORDER BY a.attnum
        )
        FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    ), s.srvname, (
        SELECT ' OPTIONS (' || pg_catalog.string_agg(
            pg_catalog.format('%I %L', o.option_name, o.option_value), ', ' ORDER BY o.option_name
        ) || ')'
        FROM pg_catalog.pg_options_to_table(f.ftoptions) o
    )) AS definition
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_foreign_table f ON f.ftrelid = c.oid
JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver
WHERE c.oid = ANY ($1::oid[])
