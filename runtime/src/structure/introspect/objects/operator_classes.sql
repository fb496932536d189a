-- Operator classes, each with what depends on it.
SELECT
    c.opcnamespace AS schema,
    'operator class' AS kind,
    pg_catalog.format('%s USING %s', c.opcname, a.amname) AS name,
    pg_catalog.format(
        'CREATE OPERATOR CLASS %I.%I%s FOR TYPE %s USING %I FAMILY %I.%I AS %s', n.nspname, c.opcname,
        CASE WHEN c.opcdefault THEN ' DEFAULT' END, pg_catalog.format_type(c.opcintype, NULL), a.amname,
        fn.nspname, f.opfname,
        coalesce(nullif(pg_catalog.concat_ws(
            ', ',
            (
                SELECT pg_catalog.string_agg(member.text, ', ' ORDER BY member.place, member.number, member.text)
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
                    WHERE o.amopfamily = f.oid AND EXISTS (
                        SELECT
                        FROM pg_catalog.pg_depend d
                        WHERE d.classid = 'pg_catalog.pg_amop'::pg_catalog.regclass AND d.objid = o.oid
                            AND d.refclassid = 'pg_catalog.pg_opclass'::pg_catalog.regclass AND d.refobjid = c.oid
                    )
                    UNION ALL
                    SELECT 2, p.amprocnum, pg_catalog.format(
                    'FUNCTION %s (%s, %s) %s', p.amprocnum, pg_catalog.format_type(p.amproclefttype, NULL),
                    pg_catalog.format_type(p.amprocrighttype, NULL), p.amproc::pg_catalog.regprocedure
                )
                    FROM pg_catalog.pg_amproc p
                    WHERE p.amprocfamily = f.oid AND EXISTS (
                        SELECT
                        FROM pg_catalog.pg_depend d
                        WHERE d.classid = 'pg_catalog.pg_amproc'::pg_catalog.regclass AND d.objid = p.oid
                            AND d.refclassid = 'pg_catalog.pg_opclass'::pg_catalog.regclass AND d.refobjid = c.oid
                    )
                ) member
            ),
            CASE WHEN c.opckeytype <> 0 THEN 'STORAGE ' || pg_catalog.format_type(c.opckeytype, NULL) END
        ), ''), 'STORAGE ' || pg_catalog.format_type(c.opcintype, NULL))
    ) AS definition
FROM pg_catalog.pg_opclass c
JOIN pg_catalog.pg_namespace n ON n.oid = c.opcnamespace
JOIN pg_catalog.pg_am a ON a.oid = c.opcmethod
JOIN pg_catalog.pg_opfamily f ON f.oid = c.opcfamily
JOIN pg_catalog.pg_namespace fn ON fn.oid = f.opfnamespace
WHERE c.oid = ANY ($1::oid[])
