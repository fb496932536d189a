-- Operators. Nothing is said of one that others only name.
SELECT
    o.oprnamespace AS schema,
    'operator' AS kind,
    pg_catalog.format(
        '%s(%s,%s)', o.oprname,
        CASE o.oprleft WHEN 0 THEN 'NONE' ELSE pg_catalog.format_type(o.oprleft, NULL) END,
        pg_catalog.format_type(o.oprright, NULL)
    ) AS name,
    pg_catalog.format('CREATE OPERATOR %I.%s (%s)', n.nspname, o.oprname, pg_catalog.concat_ws(
        ', ',
        'FUNCTION = ' || o.oprcode,
        CASE WHEN o.oprleft <> 0 THEN 'LEFTARG = ' || pg_catalog.format_type(o.oprleft, NULL) END,
        'RIGHTARG = ' || pg_catalog.format_type(o.oprright, NULL),
        (
            SELECT pg_catalog.format('COMMUTATOR = OPERATOR(%I.%s)', cn.nspname, c.oprname)
            FROM pg_catalog.pg_operator c
            JOIN pg_catalog.pg_namespace cn ON cn.oid = c.oprnamespace
            WHERE c.oid = o.oprcom
        ),
        (
            SELECT pg_catalog.format('NEGATOR = OPERATOR(%I.%s)', cn.nspname, c.oprname)
            FROM pg_catalog.pg_operator c
            JOIN pg_catalog.pg_namespace cn ON cn.oid = c.oprnamespace
            WHERE c.oid = o.oprnegate
        ),
        CASE WHEN o.oprrest <> 0 THEN 'RESTRICT = ' || o.oprrest END,
        CASE WHEN o.oprjoin <> 0 THEN 'JOIN = ' || o.oprjoin END,
        CASE WHEN o.oprcanhash THEN 'HASHES' END,
        CASE WHEN o.oprcanmerge THEN 'MERGES' END
    )) AS definition
FROM pg_catalog.pg_operator o
JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
WHERE o.oid = ANY ($1::oid[]) AND o.oprcode <> 0
