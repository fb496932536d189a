-- The schemas that exist, and whether names in them can be had without naming the schema.
SELECT
    n.nspname::text AS schema,
    n.nspname = ANY (pg_catalog.current_schemas(false)) AS is_in_path
FROM pg_catalog.pg_namespace n
WHERE n.nspname = ANY ($1::name[])
