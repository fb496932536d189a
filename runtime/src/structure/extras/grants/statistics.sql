SELECT pg_catalog.format('STATISTICS %I.%I', $1, e.stxname), e.stxowner, NULL, 'r', false
FROM pg_catalog.pg_statistic_ext e
WHERE e.oid = ANY ($5::oid[])
