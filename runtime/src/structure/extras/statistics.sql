-- How exact extended statistics are.
SELECT 4, pg_catalog.format('ALTER STATISTICS %I.%I SET STATISTICS %s', $1, e.stxname, e.stxstattarget)
FROM pg_catalog.pg_statistic_ext e
WHERE e.oid = ANY ($5::oid[]) AND e.stxstattarget >= 0
