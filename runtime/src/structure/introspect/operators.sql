-- Operators, their families and classes, collations, and what full text search is made of. A definition may be several
-- statements; nothing is said of an operator that others only name.
WITH schemas AS (
    SELECT n.oid, n.nspname
    FROM pg_catalog.pg_namespace n
    WHERE n.nspname = ANY ($1::name[])
),
families AS (
    SELECT f.*, pg_catalog.format('%I.%I USING %I', n.nspname, f.opfname, m.amname) AS full_name, m.amname
    FROM pg_catalog.pg_opfamily f
    JOIN schemas n ON n.oid = f.opfnamespace
    JOIN pg_catalog.pg_am m ON m.oid = f.opfmethod
),
-- What a class brings along depends on it; what is added to a family, and what only goes with a class, on the family.
members AS (
    SELECT
        o.amopfamily AS family, d.refobjid AS class, 1 AS place, o.amopstrategy AS number,
        pg_catalog.format(
            'OPERATOR %s %s%s', o.amopstrategy, o.amopopr::pg_catalog.regoperator,
            (
                SELECT pg_catalog.format(' FOR ORDER BY %I.%I', sn.nspname, sf.opfname)
                FROM pg_catalog.pg_opfamily sf
                JOIN pg_catalog.pg_namespace sn ON sn.oid = sf.opfnamespace
                WHERE sf.oid = o.amopsortfamily
            )
        ) AS text
    FROM families f
    JOIN pg_catalog.pg_amop o ON o.amopfamily = f.oid
    LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_amop'::pg_catalog.regclass AND d.objid = o.oid
        AND d.refclassid = 'pg_catalog.pg_opclass'::pg_catalog.regclass
    UNION ALL
    SELECT
        p.amprocfamily, d.refobjid, 2, p.amprocnum,
        pg_catalog.format(
            'FUNCTION %s (%s, %s) %s', p.amprocnum, pg_catalog.format_type(p.amproclefttype, NULL),
            pg_catalog.format_type(p.amprocrighttype, NULL), p.amproc::pg_catalog.regprocedure
        )
    FROM families f
    JOIN pg_catalog.pg_amproc p ON p.amprocfamily = f.oid
    LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_amproc'::pg_catalog.regclass AND d.objid = p.oid
        AND d.refclassid = 'pg_catalog.pg_opclass'::pg_catalog.regclass
),
objects AS (
    SELECT
        'pg_catalog.pg_operator'::pg_catalog.regclass AS catalogue, o.oid, o.oprnamespace AS schema, 'operator' AS kind,
        pg_catalog.format(
            '%s(%s,%s)', o.oprname,
            CASE o.oprleft WHEN 0 THEN 'NONE' ELSE pg_catalog.format_type(o.oprleft, NULL) END,
            pg_catalog.format_type(o.oprright, NULL)
        ) AS name,
        pg_catalog.format('CREATE OPERATOR %I.%s (%s)', n.nspname, o.oprname, pg_catalog.concat_ws(
            ', ',
            'FUNCTION = ' || o.oprcode,
            CASE WHEN o.oprleft <> 0 THEN 'LEFTARG = ' || pg_catalog.format_type(o.oprleft, NULL) END,
            'RIGHTARG = ' || pg_catalog.format_type(o.oprright, NULL),
            (
                SELECT pg_catalog.format('COMMUTATOR = OPERATOR(%I.%s)', cn.nspname, c.oprname)
                FROM pg_catalog.pg_operator c
                JOIN pg_catalog.pg_namespace cn ON cn.oid = c.oprnamespace
                WHERE c.oid = o.oprcom
            ),
            (
                SELECT pg_catalog.format('NEGATOR = OPERATOR(%I.%s)', cn.nspname, c.oprname)
                FROM pg_catalog.pg_operator c
                JOIN pg_catalog.pg_namespace cn ON cn.oid = c.oprnamespace
                WHERE c.oid = o.oprnegate
            ),
            CASE WHEN o.oprrest <> 0 THEN 'RESTRICT = ' || o.oprrest END,
            CASE WHEN o.oprjoin <> 0 THEN 'JOIN = ' || o.oprjoin END,
            CASE WHEN o.oprcanhash THEN 'HASHES' END,
            CASE WHEN o.oprcanmerge THEN 'MERGES' END
        )) AS definition
    FROM pg_catalog.pg_operator o
    JOIN schemas n ON n.oid = o.oprnamespace
    WHERE o.oprcode <> 0

    UNION ALL
    SELECT
        'pg_catalog.pg_opfamily'::pg_catalog.regclass, f.oid, f.opfnamespace, 'operator family',
        pg_catalog.format('%s USING %s', f.opfname, f.amname),
        'CREATE OPERATOR FAMILY ' || f.full_name || coalesce((
            SELECT pg_catalog.format(
                '; ALTER OPERATOR FAMILY %s ADD %s', f.full_name,
                pg_catalog.string_agg(m.text, ', ' ORDER BY m.place, m.number, m.text)
            )
            FROM members m
            WHERE m.family = f.oid AND m.class IS NULL
            HAVING count(*) > 0
        ), '')
    FROM families f

    UNION ALL
    SELECT
        'pg_catalog.pg_opclass'::pg_catalog.regclass, c.oid, c.opcnamespace, 'operator class',
        pg_catalog.format('%s USING %s', c.opcname, a.amname),
        pg_catalog.format(
            'CREATE OPERATOR CLASS %I.%I%s FOR TYPE %s USING %I FAMILY %I.%I AS %s', n.nspname, c.opcname,
            CASE WHEN c.opcdefault THEN ' DEFAULT' END, pg_catalog.format_type(c.opcintype, NULL), a.amname,
            fn.nspname, f.opfname,
            coalesce(nullif(pg_catalog.concat_ws(
                ', ',
                (
                    SELECT pg_catalog.string_agg(m.text, ', ' ORDER BY m.place, m.number, m.text)
                    FROM members m
                    WHERE m.class = c.oid
                ),
                CASE WHEN c.opckeytype <> 0 THEN 'STORAGE ' || pg_catalog.format_type(c.opckeytype, NULL) END
            ), ''), 'STORAGE ' || pg_catalog.format_type(c.opcintype, NULL))
        )
    FROM pg_catalog.pg_opclass c
    JOIN schemas n ON n.oid = c.opcnamespace
    JOIN pg_catalog.pg_am a ON a.oid = c.opcmethod
    JOIN pg_catalog.pg_opfamily f ON f.oid = c.opcfamily
    JOIN pg_catalog.pg_namespace fn ON fn.oid = f.opfnamespace

    UNION ALL
    SELECT
        'pg_catalog.pg_collation'::pg_catalog.regclass, c.oid, c.collnamespace, 'collation', c.collname::text,
        pg_catalog.format('CREATE COLLATION %I.%I (%s)', n.nspname, c.collname, pg_catalog.concat_ws(
            ', ',
            'PROVIDER = ' || CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
            -- The column was renamed in PostgreSQL 17, the rules came with 16.
            'LOCALE = ' || pg_catalog.quote_literal(coalesce(
                pg_catalog.to_jsonb(c) ->> 'colllocale', pg_catalog.to_jsonb(c) ->> 'colliculocale'
            )),
            'LC_COLLATE = ' || pg_catalog.quote_literal(c.collcollate),
            'LC_CTYPE = ' || pg_catalog.quote_literal(c.collctype),
            'RULES = ' || pg_catalog.quote_literal(pg_catalog.to_jsonb(c) ->> 'collicurules'),
            CASE WHEN NOT c.collisdeterministic THEN 'DETERMINISTIC = false' END
        ))
    FROM pg_catalog.pg_collation c
    JOIN schemas n ON n.oid = c.collnamespace

    UNION ALL
    SELECT
        'pg_catalog.pg_ts_dict'::pg_catalog.regclass, d.oid, d.dictnamespace, 'text search dictionary', d.dictname::text,
        pg_catalog.format('CREATE TEXT SEARCH DICTIONARY %I.%I (%s)', n.nspname, d.dictname, pg_catalog.concat_ws(
            ', ', pg_catalog.format('TEMPLATE = %I.%I', tn.nspname, t.tmplname), d.dictinitoption
        ))
    FROM pg_catalog.pg_ts_dict d
    JOIN schemas n ON n.oid = d.dictnamespace
    JOIN pg_catalog.pg_ts_template t ON t.oid = d.dicttemplate
    JOIN pg_catalog.pg_namespace tn ON tn.oid = t.tmplnamespace

    UNION ALL
    SELECT
        'pg_catalog.pg_ts_config'::pg_catalog.regclass, c.oid, c.cfgnamespace, 'text search configuration', c.cfgname::text,
        pg_catalog.format('CREATE TEXT SEARCH CONFIGURATION %I.%I (PARSER = %I.%I)', n.nspname, c.cfgname, pn.nspname, p.prsname)
            || coalesce((
                SELECT pg_catalog.string_agg(pg_catalog.format(
                    '; ALTER TEXT SEARCH CONFIGURATION %I.%I ADD MAPPING FOR %I WITH %s', n.nspname, c.cfgname, m.alias, m.dictionaries
                ), '' ORDER BY m.alias)
                FROM (
                    SELECT t.alias, pg_catalog.string_agg(m.mapdict::pg_catalog.regdictionary::text, ', ' ORDER BY m.mapseqno) AS dictionaries
                    FROM pg_catalog.pg_ts_config_map m
                    JOIN pg_catalog.ts_token_type(c.cfgparser) t ON t.tokid = m.maptokentype
                    WHERE m.mapcfg = c.oid
                    GROUP BY t.alias
                ) m
            ), '')
    FROM pg_catalog.pg_ts_config c
    JOIN schemas n ON n.oid = c.cfgnamespace
    JOIN pg_catalog.pg_ts_parser p ON p.oid = c.cfgparser
    JOIN pg_catalog.pg_namespace pn ON pn.oid = p.prsnamespace
)
SELECT n.nspname::text AS schema, o.kind, o.name, o.definition
FROM objects o
JOIN schemas n ON n.oid = o.schema
WHERE NOT EXISTS (
    SELECT
    FROM pg_catalog.pg_depend d
    WHERE d.classid = o.catalogue AND d.objid = o.oid AND d.deptype = 'e'
)
