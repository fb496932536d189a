-- Aggregates.
SELECT
    p.pronamespace AS schema,
    'function' AS kind,
    pg_catalog.format('%s(%s)', p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)) AS name,
    pg_catalog.format(
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
    ) AS definition
FROM pg_catalog.pg_proc p
JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_aggregate g ON g.aggfnoid = p.oid
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
WHERE p.oid = ANY ($1::oid[])
