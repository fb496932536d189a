-- What a structure has no words for, as statements that make it.
WITH schema AS (
    SELECT n.oid, n.nspname, n.nspacl, n.nspowner
    FROM pg_catalog.pg_namespace n
    WHERE n.nspname = $1
),
relations AS (
    SELECT c.*, pg_catalog.format('%I.%I', s.nspname, c.relname) AS full_name
    FROM pg_catalog.pg_class c
    JOIN schema s ON s.oid = c.relnamespace
),
grants AS (
    SELECT
        CASE r.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || r.full_name AS object,
        r.relowner AS owner,
        r.relacl AS acl,
        CASE r.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char" AS kind,
        -- Whatever belongs to a column has its owner.
        EXISTS (
            SELECT FROM pg_catalog.pg_depend d
            WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = r.oid
                AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
        ) AS is_part
    FROM relations r
    WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL
    SELECT
        CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END || p.oid::pg_catalog.regprocedure::text,
        p.proowner, p.proacl, 'f', p.prokind <> 'p' AND EXISTS (
            SELECT FROM pg_catalog.pg_depend d
            WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'i'
        )
    FROM pg_catalog.pg_proc p
    JOIN schema s ON s.oid = p.pronamespace
    UNION ALL
    SELECT pg_catalog.format('TYPE %I.%I', s.nspname, t.typname), t.typowner, t.typacl, 'T',
        t.typtype = 'm' OR EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = t.typrelid AND c.relkind <> 'c')
    FROM pg_catalog.pg_type t
    JOIN schema s ON s.oid = t.typnamespace
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.typarray = t.oid)
    UNION ALL
    SELECT pg_catalog.format('STATISTICS %I.%I', s.nspname, e.stxname), e.stxowner, NULL, 'r', false
    FROM pg_catalog.pg_statistic_ext e
    JOIN schema s ON s.oid = e.stxnamespace
    UNION ALL
    SELECT
        pg_catalog.format(
            'OPERATOR %I.%s (%s, %s)', s.nspname, o.oprname,
            CASE o.oprleft WHEN 0 THEN 'NONE' ELSE pg_catalog.format_type(o.oprleft, NULL) END,
            pg_catalog.format_type(o.oprright, NULL)
        ),
        o.oprowner, NULL, 'r', false
    FROM pg_catalog.pg_operator o
    JOIN schema s ON s.oid = o.oprnamespace
    UNION ALL
    SELECT pg_catalog.format('OPERATOR FAMILY %I.%I USING %I', s.nspname, f.opfname, m.amname), f.opfowner, NULL, 'r', false
    FROM pg_catalog.pg_opfamily f
    JOIN schema s ON s.oid = f.opfnamespace
    JOIN pg_catalog.pg_am m ON m.oid = f.opfmethod
    UNION ALL
    SELECT pg_catalog.format('OPERATOR CLASS %I.%I USING %I', s.nspname, c.opcname, m.amname), c.opcowner, NULL, 'r', false
    FROM pg_catalog.pg_opclass c
    JOIN schema s ON s.oid = c.opcnamespace
    JOIN pg_catalog.pg_am m ON m.oid = c.opcmethod
    UNION ALL
    SELECT pg_catalog.format('COLLATION %I.%I', s.nspname, c.collname), c.collowner, NULL, 'r', false
    FROM pg_catalog.pg_collation c
    JOIN schema s ON s.oid = c.collnamespace
    UNION ALL
    SELECT pg_catalog.format('TEXT SEARCH DICTIONARY %I.%I', s.nspname, d.dictname), d.dictowner, NULL, 'r', false
    FROM pg_catalog.pg_ts_dict d
    JOIN schema s ON s.oid = d.dictnamespace
    UNION ALL
    SELECT pg_catalog.format('TEXT SEARCH CONFIGURATION %I.%I', s.nspname, c.cfgname), c.cfgowner, NULL, 'r', false
    FROM pg_catalog.pg_ts_config c
    JOIN schema s ON s.oid = c.cfgnamespace
    UNION ALL
    SELECT pg_catalog.format('SCHEMA %I', s.nspname), s.nspowner, s.nspacl, 'n', false
    FROM schema s
),
defaults AS (
    SELECT d.defaclrole, d.defaclobjtype, a.grantee, a.privilege_type, a.is_grantable, s.nspname
    FROM pg_catalog.pg_default_acl d
    JOIN schema s ON s.oid = d.defaclnamespace
    CROSS JOIN LATERAL pg_catalog.aclexplode(d.defaclacl) a
),
described AS (
    SELECT i.type, i.identity, d.description, (
            SELECT pg_catalog.format('%I ON DOMAIN %s', k.conname, k.contypid::pg_catalog.regtype)
            FROM pg_catalog.pg_constraint k
            WHERE d.classoid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = d.objoid AND k.contypid <> 0
        ) AS domain_constraint
    FROM (
        SELECT 'pg_catalog.pg_class'::pg_catalog.regclass AS classid, r.oid FROM relations r
        UNION ALL
        SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid
        FROM pg_catalog.pg_proc p JOIN schema s ON s.oid = p.pronamespace
        UNION ALL
        SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid
        FROM pg_catalog.pg_type t JOIN schema s ON s.oid = t.typnamespace
        UNION ALL
        SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid
        FROM pg_catalog.pg_constraint k JOIN schema s ON s.oid = k.connamespace
        UNION ALL
        SELECT 'pg_catalog.pg_trigger'::pg_catalog.regclass, t.oid
        FROM pg_catalog.pg_trigger t JOIN relations r ON r.oid = t.tgrelid
        UNION ALL
        SELECT 'pg_catalog.pg_policy'::pg_catalog.regclass, p.oid
        FROM pg_catalog.pg_policy p JOIN relations r ON r.oid = p.polrelid
        UNION ALL
        SELECT 'pg_catalog.pg_rewrite'::pg_catalog.regclass, w.oid
        FROM pg_catalog.pg_rewrite w JOIN relations r ON r.oid = w.ev_class
        UNION ALL
        SELECT 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, e.oid
        FROM pg_catalog.pg_statistic_ext e JOIN schema s ON s.oid = e.stxnamespace
        UNION ALL
        SELECT 'pg_catalog.pg_operator'::pg_catalog.regclass, x.oid
        FROM pg_catalog.pg_operator x JOIN schema s ON s.oid = x.oprnamespace
        UNION ALL
        SELECT 'pg_catalog.pg_opfamily'::pg_catalog.regclass, x.oid
        FROM pg_catalog.pg_opfamily x JOIN schema s ON s.oid = x.opfnamespace
        UNION ALL
        SELECT 'pg_catalog.pg_opclass'::pg_catalog.regclass, x.oid
        FROM pg_catalog.pg_opclass x JOIN schema s ON s.oid = x.opcnamespace
        UNION ALL
        SELECT 'pg_catalog.pg_collation'::pg_catalog.regclass, x.oid
        FROM pg_catalog.pg_collation x JOIN schema s ON s.oid = x.collnamespace
        UNION ALL
        SELECT 'pg_catalog.pg_ts_dict'::pg_catalog.regclass, x.oid
        FROM pg_catalog.pg_ts_dict x JOIN schema s ON s.oid = x.dictnamespace
        UNION ALL
        SELECT 'pg_catalog.pg_ts_config'::pg_catalog.regclass, x.oid
        FROM pg_catalog.pg_ts_config x JOIN schema s ON s.oid = x.cfgnamespace
    ) o
    JOIN pg_catalog.pg_description d ON d.classoid = o.classid AND d.objoid = o.oid
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) i
    WHERE i.type NOT IN ('table', 'table column')
),
extras AS (
    SELECT 1 AS place, pg_catalog.format('ALTER SEQUENCE %s OWNED BY %s.%I', q.full_name, t.full_name, a.attname) AS text
    FROM relations q
    JOIN pg_catalog.pg_depend d ON d.objid = q.oid AND d.deptype = 'a'
        AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    JOIN relations t ON t.oid = d.refobjid
    JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
    WHERE q.relkind = 'S'

    UNION ALL
    SELECT 2, pg_catalog.format('ALTER TABLE ONLY %s ATTACH PARTITION %s %s', p.full_name, r.full_name, pg_catalog.pg_get_expr(r.relpartbound, r.oid))
    FROM relations r
    JOIN pg_catalog.pg_inherits h ON h.inhrelid = r.oid
    JOIN relations p ON p.oid = h.inhparent
    WHERE r.relispartition AND r.relkind IN ('r', 'p')

    UNION ALL
    SELECT 3, pg_catalog.format('ALTER TABLE %s SET (%s)', r.full_name, pg_catalog.array_to_string(r.reloptions, ', '))
    FROM relations r
    WHERE r.relkind IN ('r', 'p') AND r.reloptions IS NOT NULL
    UNION ALL
    SELECT 3, pg_catalog.format('ALTER TABLE %s SET (%s)', r.full_name, (
        SELECT pg_catalog.string_agg('toast.' || o, ', ') FROM pg_catalog.unnest(t.reloptions) o
    ))
    FROM relations r
    JOIN pg_catalog.pg_class t ON t.oid = r.reltoastrelid
    WHERE t.reloptions IS NOT NULL
    UNION ALL
    SELECT 3, pg_catalog.format('ALTER TABLE %s OF %s', r.full_name, r.reloftype::pg_catalog.regtype)
    FROM relations r
    WHERE r.reloftype <> 0
    UNION ALL
    SELECT 3, pg_catalog.format('ALTER DOMAIN %s ADD CONSTRAINT %I %s', k.contypid::pg_catalog.regtype, k.conname, pg_catalog.pg_get_constraintdef(k.oid))
    FROM pg_catalog.pg_constraint k
    JOIN schema s ON s.oid = k.connamespace
    WHERE k.contypid <> 0 AND k.contype = 'c' AND NOT k.convalidated
    UNION ALL
    SELECT 5, pg_catalog.format('ALTER TABLE %s CLUSTER ON %I', r.full_name, ic.relname)
    FROM relations r
    JOIN pg_catalog.pg_index i ON i.indrelid = r.oid AND i.indisclustered
    JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
    UNION ALL
    SELECT 4, pg_catalog.format('ALTER INDEX %s ALTER COLUMN %s SET STATISTICS %s', r.full_name, a.attnum, a.attstattarget)
    FROM relations r
    JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0
    WHERE r.relkind IN ('i', 'I') AND a.attstattarget >= 0
    UNION ALL
    SELECT 4, pg_catalog.format('ALTER STATISTICS %I.%I SET STATISTICS %s', s.nspname, e.stxname, e.stxstattarget)
    FROM pg_catalog.pg_statistic_ext e
    JOIN schema s ON s.oid = e.stxnamespace
    WHERE e.stxstattarget >= 0
    UNION ALL
    SELECT 4, pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I SET COMPRESSION %s', r.full_name, a.attname,
        CASE a.attcompression WHEN 'p' THEN 'pglz' ELSE 'lz4' END)
    FROM relations r
    JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE r.relkind IN ('r', 'p', 'm') AND a.attcompression <> ''
    UNION ALL
    SELECT 4, pg_catalog.format('ALTER VIEW %s ALTER COLUMN %I SET DEFAULT %s', r.full_name, a.attname,
        pg_catalog.pg_get_expr(d.adbin, d.adrelid))
    FROM relations r
    JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid
    JOIN pg_catalog.pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
    WHERE r.relkind = 'v'
    UNION ALL
    SELECT 3, pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', r.full_name)
    FROM relations r
    WHERE r.relrowsecurity
    UNION ALL
    SELECT 3, pg_catalog.format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', r.full_name)
    FROM relations r
    WHERE r.relforcerowsecurity
    UNION ALL
    SELECT 3, pg_catalog.format('ALTER TABLE %s REPLICA IDENTITY %s', r.full_name, CASE r.relreplident
        WHEN 'f' THEN 'FULL'
        WHEN 'n' THEN 'NOTHING'
        ELSE 'USING INDEX ' || (
            SELECT pg_catalog.quote_ident(ic.relname)
            FROM pg_catalog.pg_index i
            JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
            WHERE i.indrelid = r.oid AND i.indisreplident
        )
    END)
    FROM relations r
    WHERE r.relkind IN ('r', 'p') AND r.relreplident <> 'd'

    UNION ALL
    SELECT 4, pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', r.full_name, a.attname, a.attstattarget)
    FROM relations r
    JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE r.relkind IN ('r', 'p', 'm') AND a.attstattarget >= 0
    UNION ALL
    SELECT 4, pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I SET STORAGE %s', r.full_name, a.attname,
        CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END)
    FROM relations r
    JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
    WHERE r.relkind IN ('r', 'p', 'm') AND a.attstorage <> t.typstorage
    UNION ALL
    SELECT 4, pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I SET (%s)', r.full_name, a.attname, pg_catalog.array_to_string(a.attoptions, ', '))
    FROM relations r
    JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE r.relkind IN ('r', 'p') AND a.attoptions IS NOT NULL

    UNION ALL
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
    UNION ALL
    SELECT 5, pg_catalog.format('ALTER TABLE %s %s RULE %I', r.full_name,
        CASE w.ev_enabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, w.rulename)
    FROM pg_catalog.pg_rewrite w
    JOIN relations r ON r.oid = w.ev_class
    WHERE w.ev_enabled <> 'O'

    UNION ALL
    SELECT 5, pg_catalog.format('REFRESH MATERIALIZED VIEW %s WITH NO DATA', r.full_name)
    FROM relations r
    WHERE r.relkind = 'm' AND NOT r.relispopulated

    UNION ALL
    SELECT 6, pg_catalog.format(
        'COMMENT ON %s %s IS %L',
        CASE
            WHEN d.type LIKE '% column' THEN 'COLUMN'
            WHEN d.type LIKE '% constraint' THEN 'CONSTRAINT'
            WHEN d.type = 'composite type' THEN 'TYPE'
            WHEN d.type = 'statistics object' THEN 'STATISTICS'
            ELSE pg_catalog.upper(d.type)
        END,
        coalesce(d.domain_constraint, d.identity), d.description
    )
    FROM described d

    UNION ALL
    SELECT 7, pg_catalog.format('ALTER %s OWNER TO %I', g.object, pg_catalog.pg_get_userbyid(g.owner))
    FROM grants g
    WHERE g.owner <> (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = current_user) AND NOT g.is_part
    UNION ALL
    -- What goes without saying, and was taken away.
    SELECT 8, pg_catalog.format('REVOKE %s ON %s FROM %s', d.privilege_type, g.object, who.name)
    FROM grants g
    CROSS JOIN LATERAL pg_catalog.aclexplode(pg_catalog.acldefault(g.kind, g.owner)) d
    CROSS JOIN LATERAL (
        SELECT CASE d.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(d.grantee)) END AS name
    ) who
    WHERE g.acl IS NOT NULL AND NOT EXISTS (
        SELECT FROM pg_catalog.aclexplode(g.acl) a
        WHERE a.grantee = d.grantee AND a.privilege_type = d.privilege_type
    )
    UNION ALL
    SELECT 9, pg_catalog.format(
        'GRANT %s ON %s TO %s%s',
        pg_catalog.string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type),
        g.object,
        CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END,
        CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
    )
    FROM grants g
    CROSS JOIN LATERAL pg_catalog.aclexplode(g.acl) a
    WHERE NOT EXISTS (
        SELECT FROM pg_catalog.aclexplode(pg_catalog.acldefault(g.kind, g.owner)) d
        WHERE d.grantee = a.grantee AND d.privilege_type = a.privilege_type AND d.is_grantable = a.is_grantable
    )
    GROUP BY g.object, a.grantee, a.is_grantable
    UNION ALL
    SELECT 9, pg_catalog.format(
        'GRANT %s (%I) ON %s TO %s%s',
        e.privilege_type, a.attname, r.full_name,
        CASE e.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(e.grantee)) END,
        CASE WHEN e.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
    )
    FROM relations r
    JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
    CROSS JOIN LATERAL pg_catalog.aclexplode(a.attacl) e
    UNION ALL
    SELECT 12, pg_catalog.format(
        'ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT %s ON %s TO %s%s',
        pg_catalog.pg_get_userbyid(d.defaclrole), d.nspname,
        pg_catalog.string_agg(d.privilege_type, ', ' ORDER BY d.privilege_type),
        CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES' ELSE 'SCHEMAS' END,
        CASE d.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(d.grantee)) END,
        CASE WHEN d.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
    )
    FROM defaults d
    GROUP BY d.defaclrole, d.nspname, d.defaclobjtype, d.grantee, d.is_grantable
)
SELECT e.text
FROM extras e
ORDER BY e.place, e.text
