-- The privileges that what is made in the schema has by default.
SELECT 12, pg_catalog.format(
    'ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT %s ON %s TO %s%s',
    pg_catalog.pg_get_userbyid(d.defaclrole), $1,
    pg_catalog.string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type),
    CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES' ELSE 'SCHEMAS' END,
    CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END,
    CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
)
FROM pg_catalog.pg_namespace n
JOIN pg_catalog.pg_default_acl d ON d.defaclnamespace = n.oid
CROSS JOIN LATERAL pg_catalog.aclexplode(d.defaclacl) a
WHERE n.nspname = $1
GROUP BY d.defaclrole, d.defaclobjtype, a.grantee, a.is_grantable
