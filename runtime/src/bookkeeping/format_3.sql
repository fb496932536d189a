ALTER TABLE tenantry.provisioning
    ADD COLUMN pid integer,
    ADD COLUMN session_start timestamptz;
COMMENT ON COLUMN tenantry.provisioning.pid IS
    'The session that has taken the last step: once it is gone, anybody drops the tenant, whatever the lease says';
COMMENT ON COLUMN tenantry.provisioning.lease IS
    'Until when it is left to the process that makes it though nobody sees whether that lives, as behind a pooler';
