-- The relations of a schema and its types, also those that have come with others: `$1` is its name, the others are the
-- numbers of its members.
relations AS (
    SELECT c.*, pg_catalog.format('%I.%I', $1, c.relname) AS full_name
    FROM pg_catalog.pg_class c
    WHERE c.oid = ANY ($2::oid[])
    UNION ALL
    SELECT c.*, pg_catalog.format('%I.%I', $1, c.relname)
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = ANY ($2::oid[])
    UNION ALL
    SELECT c.*, pg_catalog.format('%I.%I', $1, c.relname)
    FROM pg_catalog.pg_type t
    JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
    WHERE t.oid = ANY ($3::oid[])
),
-- An array's type is among those that are described, and not among those that have an owner of their own.
types AS (
    SELECT t.oid, t.typname, t.typowner, t.typacl, t.typtype, t.typrelid, t.typarray
    FROM pg_catalog.pg_type t
    WHERE t.oid = ANY ($3::oid[])
    UNION ALL
    SELECT t.oid, t.typname, t.typowner, t.typacl, t.typtype, t.typrelid, t.typarray
    FROM relations r
    JOIN pg_catalog.pg_type t ON t.oid = r.reltype
    WHERE r.relkind <> 'c'
    UNION ALL
    SELECT t.oid, t.typname, t.typowner, t.typacl, t.typtype, t.typrelid, t.typarray
    FROM pg_catalog.pg_range m
    JOIN pg_catalog.pg_type t ON t.oid = m.rngmultitypid
    WHERE m.rngtypid = ANY ($3::oid[]) AND m.rngmultitypid <> ALL ($3::oid[])
)
