-- The triggers of relations.
SELECT
    c.relnamespace AS schema,
    'trigger' AS kind,
    pg_catalog.format('%s.%s', c.relname, t.tgname) AS name,
    pg_catalog.pg_get_triggerdef(t.oid)
        || CASE t.tgenabled WHEN 'O' THEN '' ELSE ' /* enabled: ' || t.tgenabled::text || ' */' END AS definition
FROM pg_catalog.pg_trigger t
JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
WHERE t.tgrelid = ANY ($1::oid[]) AND NOT t.tgisinternal AND t.tgparentid = 0
