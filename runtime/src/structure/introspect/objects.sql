-- What else is in the schemas, each with its definition: a statement that makes it, where PostgreSQL has one.
WITH schemas AS (
    SELECT n.oid, n.nspname
    FROM pg_catalog.pg_namespace n
    WHERE n.nspname = ANY ($1::name[])
),
-- What belongs to an extension, and what is a part of something else, such as the sequence of an identity column.
parts AS (
    SELECT d.classid, d.objid
    FROM pg_catalog.pg_depend d
    WHERE d.deptype IN ('e', 'i')
),
objects AS (
    SELECT
        'pg_catalog.pg_type'::pg_catalog.regclass AS catalogue,
        t.oid,
        t.typnamespace AS schema,
        'type' AS kind,
        t.typname::text AS name,
        CASE t.typtype
            WHEN 'e' THEN pg_catalog.format('CREATE TYPE %I.%I AS ENUM (%s)', n.nspname, t.typname, (
                SELECT pg_catalog.string_agg(pg_catalog.quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
                FROM pg_catalog.pg_enum e
                WHERE e.enumtypid = t.oid
            ))
            WHEN 'd' THEN pg_catalog.concat_ws(
                ' ',
                pg_catalog.format(
                    'CREATE DOMAIN %I.%I AS %s',
                    n.nspname, t.typname, pg_catalog.format_type(t.typbasetype, t.typtypmod)
                ),
                (
                    SELECT 'COLLATE ' || t.typcollation::pg_catalog.regcollation
                    FROM pg_catalog.pg_type b
                    WHERE b.oid = t.typbasetype AND b.typcollation <> t.typcollation
                ),
                'DEFAULT ' || coalesce(pg_catalog.pg_get_expr(t.typdefaultbin, 0), t.typdefault),
                (
                    SELECT pg_catalog.format('CONSTRAINT %I', k.conname)
                    FROM pg_catalog.pg_constraint k
                    WHERE k.contypid = t.oid AND k.contype = 'n' AND k.conname <> t.typname || '_not_null'
                ),
                CASE WHEN t.typnotnull THEN 'NOT NULL' END,
                (
                    SELECT pg_catalog.string_agg(
                        pg_catalog.format('CONSTRAINT %I %s', k.conname, pg_catalog.pg_get_constraintdef(k.oid)),
                        ' '
                        ORDER BY k.conname
                    )
                    FROM pg_catalog.pg_constraint k
                    -- `CREATE DOMAIN` takes no `NOT VALID`: these are added afterwards.
                    WHERE k.contypid = t.oid AND k.contype = 'c' AND k.convalidated
                )
            )
            WHEN 'r' THEN pg_catalog.format('CREATE TYPE %I.%I AS RANGE (%s)', n.nspname, t.typname, (
                SELECT pg_catalog.concat_ws(
                    ', ',
                    'SUBTYPE = ' || pg_catalog.format_type(r.rngsubtype, NULL),
                    CASE WHEN NOT o.opcdefault THEN pg_catalog.format('SUBTYPE_OPCLASS = %I.%I', cn.nspname, o.opcname) END,
                    CASE WHEN r.rngcollation <> b.typcollation THEN 'COLLATION = ' || r.rngcollation::pg_catalog.regcollation END,
                    CASE WHEN r.rngcanonical <> 0 THEN 'CANONICAL = ' || r.rngcanonical::pg_catalog.regproc END,
                    CASE WHEN r.rngsubdiff <> 0 THEN 'SUBTYPE_DIFF = ' || r.rngsubdiff::pg_catalog.regproc END,
                    'MULTIRANGE_TYPE_NAME = ' || r.rngmultitypid::pg_catalog.regtype
                )
                FROM pg_catalog.pg_range r
                JOIN pg_catalog.pg_type b ON b.oid = r.rngsubtype
                JOIN pg_catalog.pg_opclass o ON o.oid = r.rngsubopc
                JOIN pg_catalog.pg_namespace cn ON cn.oid = o.opcnamespace
                WHERE r.rngtypid = t.oid
            ))
            WHEN 'c' THEN pg_catalog.format('CREATE TYPE %I.%I AS (%s)', n.nspname, t.typname, (
                SELECT pg_catalog.string_agg(
                    pg_catalog.format('%I %s', a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod))
                        || CASE WHEN a.attcollation <> at.typcollation THEN ' COLLATE ' || a.attcollation::pg_catalog.regcollation ELSE '' END,
                    ', '
                    ORDER BY a.attnum
                )
                FROM pg_catalog.pg_attribute a
                JOIN pg_catalog.pg_type at ON at.oid = a.atttypid
                WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
            ))
        END AS definition
    FROM pg_catalog.pg_type t
    JOIN schemas n ON n.oid = t.typnamespace
    LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
    WHERE t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND c.relkind = 'c'

    UNION ALL
    SELECT
        'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, c.relnamespace, 'sequence', c.relname::text,
        pg_catalog.format(
            'CREATE %sSEQUENCE %I.%I AS %s START %s INCREMENT %s MINVALUE %s MAXVALUE %s CACHE %s%s%s',
            CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' END, n.nspname, c.relname, pg_catalog.format_type(s.seqtypid, NULL),
            s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache,
            CASE WHEN s.seqcycle THEN ' CYCLE' END,
            (
                SELECT pg_catalog.format(' /* owned by %I.%I */', tc.relname, a.attname)
                FROM pg_catalog.pg_depend d
                JOIN pg_catalog.pg_class tc ON tc.oid = d.refobjid
                JOIN pg_catalog.pg_attribute a ON a.attrelid = tc.oid AND a.attnum = d.refobjsubid
                WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                    AND d.objid = c.oid
                    AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                    AND d.deptype = 'a'
            )
        )
    FROM pg_catalog.pg_class c
    JOIN schemas n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_sequence s ON s.seqrelid = c.oid

    UNION ALL
    SELECT
        'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, p.pronamespace, 'function',
        pg_catalog.format('%s(%s)', p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)),
        CASE WHEN p.prokind <> 'a' THEN pg_catalog.pg_get_functiondef(p.oid) ELSE (
            SELECT pg_catalog.format(
                'CREATE AGGREGATE %I.%I(%s) (%s)',
                n.nspname, p.proname, coalesce(nullif(pg_catalog.pg_get_function_arguments(p.oid), ''), '*'),
                pg_catalog.concat_ws(
                    ', ',
                    'SFUNC = ' || g.aggtransfn,
                    'STYPE = ' || pg_catalog.format_type(g.aggtranstype, NULL),
                    'SSPACE = ' || nullif(g.aggtransspace, 0),
                    CASE WHEN g.aggfinalfn <> 0 THEN 'FINALFUNC = ' || g.aggfinalfn END,
                    CASE WHEN g.aggfinalextra THEN 'FINALFUNC_EXTRA' END,
                    modify.final,
                    CASE WHEN g.aggcombinefn <> 0 THEN 'COMBINEFUNC = ' || g.aggcombinefn END,
                    CASE WHEN g.aggserialfn <> 0 THEN 'SERIALFUNC = ' || g.aggserialfn END,
                    CASE WHEN g.aggdeserialfn <> 0 THEN 'DESERIALFUNC = ' || g.aggdeserialfn END,
                    'INITCOND = ' || pg_catalog.quote_literal(g.agginitval),
                    CASE WHEN g.aggmtransfn <> 0 THEN 'MSFUNC = ' || g.aggmtransfn END,
                    CASE WHEN g.aggminvtransfn <> 0 THEN 'MINVFUNC = ' || g.aggminvtransfn END,
                    CASE WHEN g.aggmtranstype <> 0 THEN 'MSTYPE = ' || pg_catalog.format_type(g.aggmtranstype, NULL) END,
                    'MSSPACE = ' || nullif(g.aggmtransspace, 0),
                    CASE WHEN g.aggmfinalfn <> 0 THEN 'MFINALFUNC = ' || g.aggmfinalfn END,
                    CASE WHEN g.aggmfinalextra THEN 'MFINALFUNC_EXTRA' END,
                    modify.moving,
                    'MINITCOND = ' || pg_catalog.quote_literal(g.aggminitval),
                    'SORTOP = ' || modify.sort,
                    CASE p.proparallel WHEN 's' THEN 'PARALLEL = SAFE' WHEN 'r' THEN 'PARALLEL = RESTRICTED' END,
                    CASE g.aggkind WHEN 'h' THEN 'HYPOTHETICAL' END
                )
            )
            FROM pg_catalog.pg_aggregate g
            CROSS JOIN LATERAL (
                SELECT
                    CASE WHEN g.aggfinalfn <> 0 THEN 'FINALFUNC_MODIFY = '
                        || CASE g.aggfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END
                    END AS final,
                    CASE WHEN g.aggmfinalfn <> 0 THEN 'MFINALFUNC_MODIFY = '
                        || CASE g.aggmfinalmodify WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END
                    END AS moving,
                    (
                        SELECT pg_catalog.format('OPERATOR(%I.%s)', sn.nspname, so.oprname)
                        FROM pg_catalog.pg_operator so
                        JOIN pg_catalog.pg_namespace sn ON sn.oid = so.oprnamespace
                        WHERE so.oid = g.aggsortop
                    ) AS sort
            ) modify
            WHERE g.aggfnoid = p.oid
        ) END
    FROM pg_catalog.pg_proc p
    JOIN schemas n ON n.oid = p.pronamespace

    UNION ALL
    SELECT
        'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, c.relnamespace,
        CASE c.relkind WHEN 'v' THEN 'view' ELSE 'materialized view' END,
        c.relname::text,
        pg_catalog.format(
            'CREATE %sVIEW %I.%I%s AS%s%s',
            CASE c.relkind WHEN 'm' THEN 'MATERIALIZED ' END, n.nspname, c.relname,
            ' WITH (' || pg_catalog.array_to_string(c.reloptions, ', ') || ')',
            pg_catalog.chr(10), pg_catalog.pg_get_viewdef(c.oid)
        )
    FROM pg_catalog.pg_class c
    JOIN schemas n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('v', 'm')

    UNION ALL
    SELECT
        'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, c.relnamespace, 'foreign table', c.relname::text,
        pg_catalog.format('CREATE FOREIGN TABLE %I.%I (%s) SERVER %I%s', n.nspname, c.relname, (
            SELECT pg_catalog.string_agg(
                pg_catalog.concat_ws(
                    ' ',
                    pg_catalog.quote_ident(a.attname),
                    pg_catalog.format_type(a.atttypid, a.atttypmod),
                    (
                        SELECT 'OPTIONS (' || pg_catalog.string_agg(
                            pg_catalog.format('%I %L', o.option_name, o.option_value), ', ' ORDER BY o.option_name
                        ) || ')'
                        FROM pg_catalog.pg_options_to_table(a.attfdwoptions) o
                    ),
                    'DEFAULT ' || (
                        SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid)
                        FROM pg_catalog.pg_attrdef d
                        WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated = ''
                    ),
                    CASE WHEN a.attnotnull THEN 'NOT NULL' END
                ),
                ', '
                ORDER BY a.attnum
            )
            FROM pg_catalog.pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        ), s.srvname, (
            SELECT ' OPTIONS (' || pg_catalog.string_agg(
                pg_catalog.format('%I %L', o.option_name, o.option_value), ', ' ORDER BY o.option_name
            ) || ')'
            FROM pg_catalog.pg_options_to_table(f.ftoptions) o
        ))
    FROM pg_catalog.pg_class c
    JOIN schemas n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_foreign_table f ON f.ftrelid = c.oid
    JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver

    UNION ALL
    SELECT
        'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, s.oid, s.stxnamespace, 'statistics', s.stxname::text,
        pg_catalog.pg_get_statisticsobjdef(s.oid)
    FROM pg_catalog.pg_statistic_ext s
    JOIN schemas n ON n.oid = s.stxnamespace

    UNION ALL
    SELECT
        'pg_catalog.pg_trigger'::pg_catalog.regclass, t.oid, c.relnamespace, 'trigger',
        pg_catalog.format('%s.%s', c.relname, t.tgname),
        pg_catalog.pg_get_triggerdef(t.oid)
            || CASE t.tgenabled WHEN 'O' THEN '' ELSE ' /* enabled: ' || t.tgenabled::text || ' */' END
    FROM pg_catalog.pg_trigger t
    JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
    JOIN schemas n ON n.oid = c.relnamespace
    WHERE NOT t.tgisinternal AND t.tgparentid = 0

    UNION ALL
    SELECT
        'pg_catalog.pg_rewrite'::pg_catalog.regclass, r.oid, c.relnamespace, 'rule',
        pg_catalog.format('%s.%s', c.relname, r.rulename),
        pg_catalog.pg_get_ruledef(r.oid)
    FROM pg_catalog.pg_rewrite r
    JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
    JOIN schemas n ON n.oid = c.relnamespace
    WHERE r.rulename <> '_RETURN'

    UNION ALL
    SELECT
        'pg_catalog.pg_policy'::pg_catalog.regclass, p.oid, c.relnamespace, 'policy',
        pg_catalog.format('%s.%s', c.relname, p.polname),
        pg_catalog.concat_ws(
            ' ',
            pg_catalog.format(
                'CREATE POLICY %I ON %I.%I AS %s FOR %s TO %s',
                p.polname, n.nspname, c.relname,
                CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
                CASE p.polcmd
                    WHEN 'r' THEN 'SELECT'
                    WHEN 'a' THEN 'INSERT'
                    WHEN 'w' THEN 'UPDATE'
                    WHEN 'd' THEN 'DELETE'
                    ELSE 'ALL'
                END,
                (
                    SELECT pg_catalog.string_agg(
                        CASE role WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(role)) END,
                        ', '
                        ORDER BY role
                    )
                    FROM pg_catalog.unnest(p.polroles) role
                )
            ),
            'USING (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')',
            'WITH CHECK (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')'
        )
    FROM pg_catalog.pg_policy p
    JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
    JOIN schemas n ON n.oid = c.relnamespace
)
SELECT n.nspname::text AS schema, o.kind, o.name, o.definition
FROM objects o
JOIN schemas n ON n.oid = o.schema
WHERE NOT EXISTS (
    SELECT
    FROM parts p
    WHERE p.classid = o.catalogue AND p.objid = o.oid
)
