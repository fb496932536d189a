-- What is in a schema, by its catalogue and number. Found by the index of `pg_depend`: most catalogues have none by
-- schema, and are long where there are many tenants.
schema AS (
    SELECT n.oid
    FROM pg_catalog.pg_namespace n
    WHERE n.nspname = $1
),
direct AS MATERIALIZED (
    SELECT d.classid, d.objid AS oid
    FROM schema s
    JOIN pg_catalog.pg_depend d ON d.refobjid = s.oid
        AND d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
        AND d.deptype = 'n'
),
types AS MATERIALIZED (
    SELECT d.oid
    FROM direct d
    WHERE d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
    UNION
    SELECT c.reltype
    FROM direct d
    JOIN pg_catalog.pg_class c ON c.oid = d.oid
    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.reltype <> 0
),
relations AS MATERIALIZED (
    SELECT d.oid
    FROM direct d
    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
    UNION
    SELECT i.indexrelid
    FROM direct d
    JOIN pg_catalog.pg_index i ON i.indrelid = d.oid
    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
    UNION
    SELECT t.typrelid
    FROM types m
    JOIN pg_catalog.pg_type t ON t.oid = m.oid
    WHERE t.typrelid <> 0
),
members AS MATERIALIZED (
    SELECT d.classid, d.oid
    FROM direct d
    WHERE d.classid NOT IN ('pg_catalog.pg_class'::pg_catalog.regclass, 'pg_catalog.pg_type'::pg_catalog.regclass)
    UNION
    SELECT 'pg_catalog.pg_namespace'::pg_catalog.regclass, s.oid FROM schema s
    UNION
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, r.oid FROM relations r
    UNION
    SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid FROM types t
    UNION
    SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid
    FROM relations r JOIN pg_catalog.pg_constraint k ON k.conrelid = r.oid
    UNION
    SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid
    FROM types t JOIN pg_catalog.pg_constraint k ON k.conrelid = 0 AND k.contypid = t.oid
    UNION
    SELECT 'pg_catalog.pg_trigger'::pg_catalog.regclass, t.oid
    FROM relations r JOIN pg_catalog.pg_trigger t ON t.tgrelid = r.oid
    UNION
    SELECT 'pg_catalog.pg_rewrite'::pg_catalog.regclass, w.oid
    FROM relations r JOIN pg_catalog.pg_rewrite w ON w.ev_class = r.oid
    UNION
    SELECT 'pg_catalog.pg_policy'::pg_catalog.regclass, p.oid
    FROM relations r JOIN pg_catalog.pg_policy p ON p.polrelid = r.oid
)
