-- Configurations of full text search, each with what maps its tokens: several statements.
SELECT
    c.cfgnamespace AS schema,
    'text search configuration' AS kind,
    c.cfgname::text AS name,
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
        ), '') AS definition
FROM pg_catalog.pg_ts_config c
JOIN pg_catalog.pg_namespace n ON n.oid = c.cfgnamespace
JOIN pg_catalog.pg_ts_parser p ON p.oid = c.cfgparser
JOIN pg_catalog.pg_namespace pn ON pn.oid = p.prsnamespace
WHERE c.oid = ANY ($1::oid[])
