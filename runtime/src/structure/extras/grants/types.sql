SELECT pg_catalog.format('TYPE %I.%I', $1, t.typname), t.typowner, t.typacl, 'T',
    t.typtype = 'm' OR t.typrelid <> 0 AND (SELECT c.relkind FROM pg_catalog.pg_class c WHERE c.oid = t.typrelid) <> 'c'
FROM types t
