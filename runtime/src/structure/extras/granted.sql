-- The owners of what is in the schema, and the grants on it.
SELECT 7 AS place, pg_catalog.format('ALTER %s OWNER TO %I', g.object, pg_catalog.pg_get_userbyid(g.owner)) AS text
FROM grants g
WHERE g.owner <> (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = current_user) AND NOT g.is_part
UNION ALL
-- What goes without saying, and was taken away.
SELECT 8, pg_catalog.format('REVOKE %s ON %s FROM %s', d.privilege_type, g.object, who.name)
FROM grants g
CROSS JOIN LATERAL pg_catalog.aclexplode(pg_catalog.acldefault(g.kind, g.owner)) d
CROSS JOIN LATERAL (
    SELECT CASE d.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(d.grantee)) END AS name
) who
WHERE g.acl IS NOT NULL AND NOT EXISTS (
    SELECT FROM pg_catalog.aclexplode(g.acl) a
    WHERE a.grantee = d.grantee AND a.privilege_type = d.privilege_type
)
UNION ALL
SELECT 9, pg_catalog.format(
    'GRANT %s ON %s TO %s%s',
    pg_catalog.string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type),
    g.object,
    CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END,
    CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
)
FROM grants g
CROSS JOIN LATERAL pg_catalog.aclexplode(g.acl) a
WHERE NOT EXISTS (
    SELECT FROM pg_catalog.aclexplode(pg_catalog.acldefault(g.kind, g.owner)) d
    WHERE d.grantee = a.grantee AND d.privilege_type = a.privilege_type AND d.is_grantable = a.is_grantable
)
GROUP BY g.object, a.grantee, a.is_grantable
