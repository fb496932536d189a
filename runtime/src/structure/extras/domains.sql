-- The constraints of domains that `CREATE DOMAIN` can't make.
SELECT 3, pg_catalog.format(
    'ALTER DOMAIN %s ADD CONSTRAINT %I %s', k.contypid::pg_catalog.regtype, k.conname, pg_catalog.pg_get_constraintdef(k.oid)
)
FROM pg_catalog.pg_constraint k
WHERE k.contypid = ANY ($3::oid[]) AND k.contype = 'c' AND NOT k.convalidated
