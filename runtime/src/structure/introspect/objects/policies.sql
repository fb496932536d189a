-- The policies of tables, whether they are in force or not.
SELECT
    c.relnamespace AS schema,
    'policy' AS kind,
    pg_catalog.format('%s.%s', c.relname, p.polname) AS name,
    pg_catalog.concat_ws(
        ' ',
        pg_catalog.format(
            'CREATE POLICY %I ON %I.%I AS %s FOR %s TO %s',
            p.polname, n.nspname, c.relname,
            CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
            CASE p.polcmd
                WHEN 'r' THEN 'SELECT'
                WHEN 'a' THEN 'INSERT'
                WHEN 'w' THEN 'UPDATE'
                WHEN 'd' THEN 'DELETE'
                ELSE 'ALL'
            END,
            (
                SELECT pg_catalog.string_agg(
                    CASE role WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(role)) END,
                    ', '
                    ORDER BY role
                )
                FROM pg_catalog.unnest(p.polroles) role
            )
        ),
        'USING (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')',
        'WITH CHECK (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')'
    ) AS definition
FROM pg_catalog.pg_policy p
JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE p.polrelid = ANY ($1::oid[])
