-- Operator families, each with what is not brought along by one of its classes: two statements. What a class brings along
-- depends on it; what is added to a family, on the family.
SELECT
    f.opfnamespace AS schema,
    'operator family' AS kind,
    pg_catalog.format('%s USING %s', f.opfname, m.amname) AS name,
    pg_catalog.format('CREATE OPERATOR FAMILY %s', named.family) || coalesce((
        SELECT pg_catalog.format(
            '; ALTER OPERATOR FAMILY %s ADD %s', named.family,
            pg_catalog.string_agg(member.text, ', ' ORDER BY member.place, member.number, member.text)
        )
        FROM (
            SELECT 1 AS place, o.amopstrategy AS number, pg_catalog.format(
                    'OPERATOR %s %s%s', o.amopstrategy, o.amopopr::pg_catalog.regoperator,
                    (
                        SELECT pg_catalog.format(' FOR ORDER BY %I.%I', sn.nspname, sf.opfname)
                        FROM pg_catalog.pg_opfamily sf
                        JOIN pg_catalog.pg_namespace sn ON sn.oid = sf.opfnamespace
                        WHERE sf.oid = o.amopsortfamily
                    )
                ) AS text
            FROM pg_catalog.pg_amop o
            WHERE o.amopfamily = f.oid AND NOT EXISTS (
                SELECT
                FROM pg_catalog.pg_depend d
                WHERE d.classid = 'pg_catalog.pg_amop'::pg_catalog.regclass AND d.objid = o.oid
                    AND d.refclassid = 'pg_catalog.pg_opclass'::pg_catalog.regclass
            )
            UNION ALL
            SELECT 2, p.amprocnum, pg_catalog.format(
                    'FUNCTION %s (%s, %s) %s', p.amprocnum, pg_catalog.format_type(p.amproclefttype, NULL),
                    pg_catalog.format_type(p.amprocrighttype, NULL), p.amproc::pg_catalog.regprocedure
                )
            FROM pg_catalog.pg_amproc p
            WHERE p.amprocfamily = f.oid AND NOT EXISTS (
                SELECT
                FROM pg_catalog.pg_depend d
                WHERE d.classid = 'pg_catalog.pg_amproc'::pg_catalog.regclass AND d.objid = p.oid
                    AND d.refclassid = 'pg_catalog.pg_opclass'::pg_catalog.regclass
            )
        ) member
        HAVING count(*) > 0
    ), '') AS definition
FROM pg_catalog.pg_opfamily f
JOIN pg_catalog.pg_namespace n ON n.oid = f.opfnamespace
JOIN pg_catalog.pg_am m ON m.oid = f.opfmethod
CROSS JOIN LATERAL (SELECT pg_catalog.format('%I.%I USING %I', n.nspname, f.opfname, m.amname) AS family) named
WHERE f.oid = ANY ($1::oid[])
