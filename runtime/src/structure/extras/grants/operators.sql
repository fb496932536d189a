SELECT
    pg_catalog.format(
        'OPERATOR %I.%s (%s, %s)', $1, o.oprname,
        CASE o.oprleft WHEN 0 THEN 'NONE' ELSE pg_catalog.format_type(o.oprleft, NULL) END,
        pg_catalog.format_type(o.oprright, NULL)
    ),
    o.oprowner, NULL, 'r', false
FROM pg_catalog.pg_operator o
WHERE o.oid = ANY ($6::oid[])
UNION ALL
SELECT pg_catalog.format('OPERATOR FAMILY %I.%I USING %I', $1, f.opfname, m.amname), f.opfowner, NULL, 'r', false
FROM pg_catalog.pg_opfamily f
JOIN pg_catalog.pg_am m ON m.oid = f.opfmethod
WHERE f.oid = ANY ($7::oid[])
UNION ALL
SELECT pg_catalog.format('OPERATOR CLASS %I.%I USING %I', $1, c.opcname, m.amname), c.opcowner, NULL, 'r', false
FROM pg_catalog.pg_opclass c
JOIN pg_catalog.pg_am m ON m.oid = c.opcmethod
WHERE c.oid = ANY ($8::oid[])
