-- The rules of relations, but for those that make a relation a view.
SELECT
    c.relnamespace AS schema,
    'rule' AS kind,
    pg_catalog.format('%s.%s', c.relname, r.rulename) AS name,
    pg_catalog.pg_get_ruledef(r.oid) AS definition
FROM pg_catalog.pg_rewrite r
JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
WHERE r.ev_class = ANY ($1::oid[]) AND r.rulename <> '_RETURN'
