-- The rules that are not as they are when they are made.
SELECT 5, pg_catalog.format('ALTER TABLE %s %s RULE %I', r.full_name,
    CASE w.ev_enabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, w.rulename)
FROM pg_catalog.pg_rewrite w
JOIN relations r ON r.oid = w.ev_class
WHERE w.ev_enabled <> 'O'
