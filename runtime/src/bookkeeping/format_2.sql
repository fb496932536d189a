ALTER TABLE tenantry.meta
    ADD COLUMN server_start timestamptz,
    ADD COLUMN database oid,
    ADD COLUMN numbers_after bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN tenantry.meta.server_start IS
    'When the server was started that gives the numbers: after another start the cluster may be a copy from an earlier time';
COMMENT ON COLUMN tenantry.meta.database IS
    'The object identifier of this database: another one in a copy; 0 in a template, whose copies are new databases';
COMMENT ON COLUMN tenantry.meta.numbers_after IS
    'The last number of the gap before those that are given now: what has one up to here may have been a tenant in a history that is lost';
