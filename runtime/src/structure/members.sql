-- The schemas that exist, whether names in them can be had without naming the schema, and what is in each, by its kind.
-- Found by the index of `pg_depend`: most catalogues have none by schema, and are long where there are many tenants.
SELECT
    n.oid AS schema,
    n.nspname::text AS name,
    n.nspname = ANY (pg_catalog.current_schemas(false)) AS is_in_path,
    d.objid AS oid,
    (SELECT k.relname::text FROM pg_catalog.pg_class k WHERE k.oid = d.classid) AS catalogue,
    CASE d.classid
        WHEN 'pg_catalog.pg_class'::pg_catalog.regclass THEN CASE c.relkind
            WHEN 'r' THEN 'table'
            WHEN 'p' THEN 'table'
            WHEN 'm' THEN 'materialized view'
            WHEN 'v' THEN 'view'
            WHEN 'S' THEN 'sequence'
            WHEN 'f' THEN 'foreign table'
            ELSE 'another relation'
        END
        WHEN 'pg_catalog.pg_type'::pg_catalog.regclass THEN (
            SELECT CASE t.typtype
                WHEN 'e' THEN 'enum'
                WHEN 'd' THEN 'domain'
                WHEN 'r' THEN 'range'
                WHEN 'c' THEN 'composite'
                ELSE 'another type'
            END
            FROM pg_catalog.pg_type t
            WHERE t.oid = d.objid
        )
        WHEN 'pg_catalog.pg_proc'::pg_catalog.regclass THEN (
            SELECT CASE p.prokind WHEN 'a' THEN 'aggregate' ELSE 'function' END
            FROM pg_catalog.pg_proc p
            WHERE p.oid = d.objid
        )
        WHEN 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass THEN 'statistics'
        WHEN 'pg_catalog.pg_operator'::pg_catalog.regclass THEN 'operator'
        WHEN 'pg_catalog.pg_opfamily'::pg_catalog.regclass THEN 'operator family'
        WHEN 'pg_catalog.pg_opclass'::pg_catalog.regclass THEN 'operator class'
        WHEN 'pg_catalog.pg_collation'::pg_catalog.regclass THEN 'collation'
        WHEN 'pg_catalog.pg_ts_dict'::pg_catalog.regclass THEN 'dictionary'
        WHEN 'pg_catalog.pg_ts_config'::pg_catalog.regclass THEN 'configuration'
        WHEN 'pg_catalog.pg_default_acl'::pg_catalog.regclass THEN 'default privileges'
    END AS kind,
    -- It belongs to an extension, or is a part of something else, such as the sequence of an identity column. A partitioned
    -- table depends on the columns of its own key like that.
    (
        SELECT true
        FROM pg_catalog.pg_depend p
        WHERE p.classid = d.classid AND p.objid = d.objid
            AND (p.deptype = 'e' OR p.deptype = 'i' AND p.refobjid <> p.objid)
        LIMIT 1
    ) AS is_part,
    -- The flags of `pg_class` only say that there may be one, and of policies that are not in force they say nothing.
    -- They are looked for one by one: `EXISTS` may read all that there are in the database.
    CASE WHEN c.relhastriggers THEN (
        SELECT true
        FROM pg_catalog.pg_trigger t
        WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgparentid = 0
        LIMIT 1
    ) END AS has_triggers,
    CASE WHEN c.relhasrules THEN (
        SELECT true
        FROM pg_catalog.pg_rewrite r
        WHERE r.ev_class = c.oid AND r.rulename <> '_RETURN'
        LIMIT 1
    ) END AS has_rules,
    (SELECT true FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid LIMIT 1) AS has_policies
FROM pg_catalog.pg_namespace n
LEFT JOIN pg_catalog.pg_depend d
    ON d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.refobjid = n.oid
LEFT JOIN pg_catalog.pg_class c
    ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.oid = d.objid
WHERE n.nspname = ANY ($1::name[])
