-- The triggers that are not as they are when they are made.
SELECT 5, pg_catalog.format('ALTER TABLE %s %s TRIGGER %I', r.full_name,
    CASE t.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, t.tgname)
FROM pg_catalog.pg_trigger t
JOIN relations r ON r.oid = t.tgrelid
WHERE NOT t.tgisinternal AND t.tgenabled <> 'O'
UNION ALL
-- Those of its foreign keys can be disabled only with all others.
SELECT 10, pg_catalog.format('ALTER TABLE %s DISABLE TRIGGER ALL', r.full_name)
FROM relations r
WHERE EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = r.oid AND t.tgisinternal AND t.tgenabled = 'D')
UNION ALL
SELECT 11, pg_catalog.format('ALTER TABLE %s %s TRIGGER %I', r.full_name,
    CASE t.tgenabled WHEN 'O' THEN 'ENABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, t.tgname)
FROM pg_catalog.pg_trigger t
JOIN relations r ON r.oid = t.tgrelid
WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'
    AND EXISTS (SELECT FROM pg_catalog.pg_trigger d WHERE d.tgrelid = r.oid AND d.tgisinternal AND d.tgenabled = 'D')
