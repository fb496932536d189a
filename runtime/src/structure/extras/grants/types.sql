SELECT pg_catalog.format('TYPE %I.%I', $1, t.typname), t.typowner, t.typacl, 'T',
    t.typtype = 'm' OR EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = t.typrelid AND c.relkind <> 'c')
FROM types t
