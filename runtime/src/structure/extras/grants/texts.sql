SELECT pg_catalog.format('COLLATION %I.%I', $1, c.collname), c.collowner, NULL, 'r', false
FROM pg_catalog.pg_collation c
WHERE c.oid = ANY ($9::oid[])
UNION ALL
SELECT pg_catalog.format('TEXT SEARCH DICTIONARY %I.%I', $1, d.dictname), d.dictowner, NULL, 'r', false
FROM pg_catalog.pg_ts_dict d
WHERE d.oid = ANY ($10::oid[])
UNION ALL
SELECT pg_catalog.format('TEXT SEARCH CONFIGURATION %I.%I', $1, c.cfgname), c.cfgowner, NULL, 'r', false
FROM pg_catalog.pg_ts_config c
WHERE c.oid = ANY ($11::oid[])
