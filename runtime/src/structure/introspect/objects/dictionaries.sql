-- Dictionaries of full text search.
SELECT
    d.dictnamespace AS schema,
    'text search dictionary' AS kind,
    d.dictname::text AS name,
    pg_catalog.format('CREATE TEXT SEARCH DICTIONARY %I.%I (%s)', n.nspname, d.dictname, pg_catalog.concat_ws(
        ', ', pg_catalog.format('TEMPLATE = %I.%I', tn.nspname, t.tmplname), d.dictinitoption
    )) AS definition
FROM pg_catalog.pg_ts_dict d
JOIN pg_catalog.pg_namespace n ON n.oid = d.dictnamespace
JOIN pg_catalog.pg_ts_template t ON t.oid = d.dicttemplate
JOIN pg_catalog.pg_namespace tn ON tn.oid = t.tmplnamespace
WHERE d.oid = ANY ($1::oid[])
