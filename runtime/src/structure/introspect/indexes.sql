-- The indexes that no constraint has made, and those of exclusion constraints. One that a structure has no words for comes with its definition.
SELECT
    c.relnamespace AS schema,
    c.relname::text AS table,
    ic.relname::text AS name,
    i.indisunique AS unique,
    i.indnullsnotdistinct AS nulls_not_distinct,
    nullif(am.amname, 'btree')::text AS method,
    parts.columns,
    parts.expressions,
    parts.opclasses,
    parts.descending,
    parts.nulls_first,
    ARRAY(
        SELECT a.attname::text
        FROM pg_catalog.unnest(i.indkey) WITH ORDINALITY part (attnum, place)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = part.attnum
        WHERE part.place > i.indnkeyatts
        ORDER BY part.place
    ) AS include,
    pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS filter,
    CASE WHEN k.contype = 'x' THEN ARRAY(
        SELECT CASE
            WHEN o.oprnamespace = 'pg_catalog'::pg_catalog.regnamespace THEN o.oprname::text
            ELSE pg_catalog.format('OPERATOR(%s.%s)', o.oprnamespace::pg_catalog.regnamespace, o.oprname)
        END
        FROM pg_catalog.unnest(k.conexclop) WITH ORDINALITY part (number, place)
        JOIN pg_catalog.pg_operator o ON o.oid = part.number
        ORDER BY part.place
    ) ELSE ARRAY[]::text[] END AS operators,
    k.contype IS NOT NULL AS is_constraint,
    CASE WHEN
        k.condeferrable
        OR c.relkind = 'm'
        OR NOT i.indisvalid
        OR ic.reloptions IS NOT NULL
        OR ic.reltablespace <> 0
        OR parts.is_unusual
    THEN
        coalesce(pg_catalog.pg_get_constraintdef(k.oid), pg_catalog.pg_get_indexdef(i.indexrelid)) || CASE WHEN i.indisvalid THEN '' ELSE ' (not valid)' END
    END AS unusual
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
JOIN pg_catalog.pg_am am ON am.oid = ic.relam
JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
CROSS JOIN LATERAL (
    SELECT
        pg_catalog.array_agg(a.attname::text ORDER BY place) AS columns,
        pg_catalog.array_agg(
            CASE WHEN a.attname IS NULL THEN pg_catalog.pg_get_indexdef(i.indexrelid, place, false) END
            ORDER BY place
        ) AS expressions,
        pg_catalog.array_agg(
            CASE
                WHEN o.opcdefault THEN NULL
                WHEN o.opcnamespace = 'pg_catalog'::pg_catalog.regnamespace THEN pg_catalog.quote_ident(o.opcname)
                ELSE pg_catalog.format('%s.%I', o.opcnamespace::pg_catalog.regnamespace, o.opcname)
            END
            ORDER BY place
        ) AS opclasses,
        pg_catalog.array_agg(i.indoption[place - 1] & 1 <> 0 ORDER BY place) AS descending,
        pg_catalog.array_agg(i.indoption[place - 1] & 2 <> 0 ORDER BY place) AS nulls_first,
        pg_catalog.bool_or(
            ia.attoptions IS NOT NULL
            OR i.indcollation[place - 1] <> coalesce(
                a.attcollation,
                -- The collation of an expression is not in the catalogue. It is the usual one, or said in the expression.
                CASE
                    WHEN pg_catalog.pg_get_indexdef(i.indexrelid, place, false) LIKE '% COLLATE %'
                        THEN i.indcollation[place - 1]
                    ELSE it.typcollation
                END
            )
        ) AS is_unusual
    FROM pg_catalog.generate_series(1, i.indnkeyatts::int) place
    JOIN pg_catalog.pg_opclass o ON o.oid = i.indclass[place - 1]
    JOIN pg_catalog.pg_attribute ia ON ia.attrelid = i.indexrelid AND ia.attnum = place
    JOIN pg_catalog.pg_type it ON it.oid = ia.atttypid
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[place - 1]
        AND a.attnum <> 0
) parts
-- One by one: otherwise the constraints of all tenants may be read.
LEFT JOIN LATERAL (
    SELECT k.oid, k.contype, k.conexclop, k.condeferrable
    FROM pg_catalog.pg_constraint k
    WHERE k.conrelid = i.indrelid AND k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
    LIMIT 1
) k ON true
WHERE i.indrelid = ANY ($1::oid[]) AND (k.contype IS NULL OR k.contype = 'x')
