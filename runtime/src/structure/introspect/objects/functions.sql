-- Functions and procedures.
SELECT
    p.pronamespace AS schema,
    'function' AS kind,
    pg_catalog.format('%s(%s)', p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)) AS name,
    pg_catalog.pg_get_functiondef(p.oid) AS definition
FROM pg_catalog.pg_proc p
WHERE p.oid = ANY ($1::oid[])
