SELECT pg_catalog.format('SCHEMA %I', n.nspname) AS object, n.nspowner AS owner, n.nspacl AS acl, 'n'::"char" AS kind, false AS is_part
FROM pg_catalog.pg_namespace n
WHERE n.nspname = $1
