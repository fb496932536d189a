COMMENT ON SCHEMA tenantry IS 'The books of tenantry: the registry of tenants, the chain of migrations, the ledger';

-- Every role that writes to these tables has to be able to call it, whatever the default privileges of functions are.
CREATE OR REPLACE FUNCTION tenantry.refuse(code text) RETURNS integer LANGUAGE plpgsql AS $refuse$ BEGIN
    RAISE EXCEPTION USING ERRCODE = code, SCHEMA = 'tenantry', MESSAGE = 'the books are not as they were read';
END $refuse$;
GRANT EXECUTE ON FUNCTION tenantry.refuse(text) TO PUBLIC;
COMMENT ON FUNCTION tenantry.refuse(text) IS 'Raises the SQLSTATE by which a statement tells that its precondition does not hold';

CREATE TABLE tenantry.meta (
    one integer PRIMARY KEY DEFAULT 1 CHECK (one = 1),
    format integer NOT NULL,
    shared_schema text NOT NULL,
    edition bigint NOT NULL DEFAULT 0,
    shared_version integer NOT NULL DEFAULT 0,
    shared_step integer NOT NULL DEFAULT 0,
    standby_reason text,
    chain text,
    tenant_version integer NOT NULL DEFAULT 0,
    relation oid NOT NULL,
    compared oid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON COLUMN tenantry.meta.edition IS 'How often the recorded chain has changed';
COMMENT ON COLUMN tenantry.meta.shared_version IS 'The position of the last migration that is applied to the shared schema';
COMMENT ON COLUMN tenantry.meta.shared_step IS
    'How far the migration after that is, if it can not be done in one transaction; 0 before its first step';
COMMENT ON COLUMN tenantry.meta.standby_reason IS 'Why no standby can be claimed; null if they can';
COMMENT ON COLUMN tenantry.meta.chain IS 'The checksum of the recorded chain, by which rows that somebody else changed are seen';
COMMENT ON COLUMN tenantry.meta.relation IS
    'The object identifier of this table: another one after the books were restored from a copy';
COMMENT ON COLUMN tenantry.meta.compared IS
    'What `relation` was when the schemas were last compared with the books, as they are after a restoration';
COMMENT ON COLUMN tenantry.meta.tenant_version IS 'The position up to which new tenants are made';

CREATE TABLE tenantry.migration (
    position integer PRIMARY KEY CHECK (position > 0),
    id text NOT NULL UNIQUE,
    phase text NOT NULL CHECK (phase IN ('expand', 'contract')),
    beyond_tables boolean NOT NULL DEFAULT false,
    is_transaction boolean NOT NULL DEFAULT true,
    shared_up text,
    shared_down text,
    shared_checksum text CHECK ((shared_checksum IS NULL) = (shared_up IS NULL)),
    tenant_up text,
    tenant_down text,
    tenant_checksum text CHECK ((tenant_checksum IS NULL) = (tenant_up IS NULL)),
    recorded_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    -- SQL that was changed by hand is not what was applied.
    CONSTRAINT migration_shared_checksum_fits CHECK (shared_checksum = 'sha256:' || pg_catalog.encode(pg_catalog.sha256(
        pg_catalog.convert_to(shared_up, 'UTF8') || COALESCE('\x00'::bytea || pg_catalog.convert_to(shared_down, 'UTF8'), '')
        || CASE WHEN is_transaction THEN '' ELSE '\x01'::bytea END
    ), 'hex')),
    CONSTRAINT migration_tenant_checksum_fits CHECK (tenant_checksum = 'sha256:' || pg_catalog.encode(pg_catalog.sha256(
        pg_catalog.convert_to(tenant_up, 'UTF8') || COALESCE('\x00'::bytea || pg_catalog.convert_to(tenant_down, 'UTF8'), '')
        || CASE WHEN is_transaction THEN '' ELSE '\x01'::bytea END
    ), 'hex'))
);
COMMENT ON COLUMN tenantry.migration.beyond_tables IS
    'Whether the SQL for tenants does more than to change tables, or names their schema in text, which renaming does not reach';
COMMENT ON COLUMN tenantry.migration.is_transaction IS
    'Whether its statements are done in a transaction, except for those that can not be';
COMMENT ON TABLE tenantry.migration IS 'The chain, as it was when the database was last migrated';

CREATE TABLE tenantry.baseline (
    one integer PRIMARY KEY DEFAULT 1 CHECK (one = 1),
    version integer NOT NULL,
    digest text NOT NULL,
    sql text,
    checksum text CHECK ((checksum IS NULL) = (sql IS NULL)),
    reason text CHECK ((reason IS NULL) <> (sql IS NULL)),
    mark bigint NOT NULL,
    derived_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT baseline_checksum_fits CHECK (checksum = pg_catalog.encode(pg_catalog.sha256(
        pg_catalog.convert_to(sql, 'UTF8')), 'hex'))
);
COMMENT ON TABLE tenantry.baseline IS
    'What a new tenant of a version is made of, equal to what the chain leads to; or why it is made by the chain itself';

CREATE TABLE tenantry.provision (
    position integer PRIMARY KEY,
    checksum text NOT NULL,
    grants text,
    seed text,
    for_standbys boolean NOT NULL,
    for_standbys_checksum text NOT NULL,
    CONSTRAINT provision_checksum_fits CHECK (checksum = CASE WHEN grants IS NULL AND seed IS NULL THEN '' ELSE 'sha256:'
        || pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(COALESCE(grants, ''), 'UTF8') || '\x00'::bytea
            || pg_catalog.convert_to(COALESCE(seed, ''), 'UTF8') || '\x00'::bytea), 'hex') END),
    CONSTRAINT provision_for_standbys_checksum_fits CHECK (for_standbys_checksum = pg_catalog.encode(pg_catalog.sha256(
        pg_catalog.convert_to(CASE WHEN for_standbys THEN 'standbys ' ELSE 'nobody ' END || checksum, 'UTF8')), 'hex'))
);
COMMENT ON TABLE tenantry.provision IS
    'What new tenants get after their tables, from the position in the chain that it was written for';
COMMENT ON COLUMN tenantry.provision.for_standbys_checksum IS
    'By which it is seen that somebody else changed whether standbys can have it';

CREATE TABLE tenantry.tenant (
    id bigint PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY,
    key text NOT NULL,
    schema_name text NOT NULL,
    state text NOT NULL CHECK (state IN ('standby', 'active', 'suspended', 'dropping')),
    version integer NOT NULL DEFAULT 0,
    step integer NOT NULL DEFAULT 0,
    provision text,
    tags text[] NOT NULL DEFAULT '{}',
    token text,
    shard text NOT NULL DEFAULT 'main',
    epoch bigint NOT NULL DEFAULT 0,
    last_error text,
    failed_to integer,
    failed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    changed_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CONSTRAINT tenant_key_key UNIQUE (key),
    CONSTRAINT tenant_schema_name_key UNIQUE (schema_name)
) WITH (fillfactor = 60);
CREATE UNIQUE INDEX tenant_key_lower_key ON tenantry.tenant (pg_catalog.lower(key));
CREATE UNIQUE INDEX tenant_token_key ON tenantry.tenant (token) WHERE token IS NOT NULL;
CREATE INDEX tenant_standby_idx ON tenantry.tenant (id) WHERE state = 'standby';
CREATE INDEX tenant_left_out_idx ON tenantry.tenant (id) WHERE state IN ('dropping');
-- There is no index on the version: each migration of a tenant would have to keep it, and with it all others.
COMMENT ON COLUMN tenantry.tenant.version IS 'The position of the last migration that is applied to the schema';
COMMENT ON COLUMN tenantry.tenant.step IS
    'How far the migration after the version is, if it can not be done in one transaction; 0 before its first step';
COMMENT ON COLUMN tenantry.tenant.provision IS 'The checksum of the grants and seeds that it was made with';
COMMENT ON COLUMN tenantry.tenant.tags IS 'What the application calls groups of tenants by';
COMMENT ON COLUMN tenantry.tenant.token IS
    'The checksum of what the application calls the sign-up by, so that it can ask for it again';
COMMENT ON COLUMN tenantry.tenant.epoch IS 'How often the key, the schema or the state has changed';
COMMENT ON COLUMN tenantry.tenant.last_error IS 'Why the last migration of the schema failed; null since one succeeded';
COMMENT ON COLUMN tenantry.tenant.failed_to IS
    'The version that it was to be brought to then; of a tenant that is there, however it got there, the error is no news';

CREATE TABLE tenantry.turn (
    pid integer PRIMARY KEY,
    session_start timestamptz,
    direction text NOT NULL CHECK (direction IN ('up', 'down')),
    begun_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE tenantry.turn IS
    'The sessions that migrate or roll back, as long as they are there; nobody rolls back while somebody migrates';

CREATE TABLE tenantry.provisioning (
    id bigint PRIMARY KEY,
    key text NOT NULL,
    schema_name text NOT NULL,
    version integer NOT NULL,
    step integer NOT NULL DEFAULT 0,
    lease timestamptz NOT NULL,
    CONSTRAINT provisioning_schema_name_key UNIQUE (schema_name)
);
CREATE UNIQUE INDEX provisioning_key_key ON tenantry.provisioning (pg_catalog.lower(key));
COMMENT ON TABLE tenantry.provisioning IS
    'Tenants that are being made by more than one transaction; they are in the registry when they are whole';
COMMENT ON COLUMN tenantry.provisioning.version IS 'The position of the last migration that is applied to the schema';
COMMENT ON COLUMN tenantry.provisioning.step IS 'How many segments of the migration after that are done';
COMMENT ON COLUMN tenantry.provisioning.lease IS 'Until when it is left to the process that makes it; then anybody drops it';

CREATE TABLE tenantry.rollout (
    one integer PRIMARY KEY DEFAULT 1 CHECK (one = 1),
    paused_at timestamptz,
    aborts bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE tenantry.rollout IS 'What all migrators look at between two pieces of work';
COMMENT ON COLUMN tenantry.rollout.aborts IS
    'How often runs were aborted; a run ends when that is more than when it began, so that the next one is not aborted';
INSERT INTO tenantry.rollout DEFAULT VALUES;

CREATE TABLE tenantry.rollout_group (
    goal integer NOT NULL,
    name text NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    done_at timestamptz,
    healthy_at timestamptz,
    PRIMARY KEY (goal, name)
);
COMMENT ON TABLE tenantry.rollout_group IS 'The groups that something was done to, until the rollout is over';
COMMENT ON COLUMN tenantry.rollout_group.goal IS 'The version that the tenants are brought to';
COMMENT ON COLUMN tenantry.rollout_group.done_at IS 'When its last tenant was there: the bake time counts from then';

CREATE TABLE tenantry.run (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    ended_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    tenants integer NOT NULL CHECK (tenants > 0),
    seconds double precision NOT NULL
);
COMMENT ON TABLE tenantry.run IS 'What the last runs took that did something, to tell how long the next will take';

CREATE TABLE tenantry.retired_schema (
    name text PRIMARY KEY,
    retired_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE tenantry.retired_schema IS
    'The schemas of tenants that were dropped; a scope that is still open knows only the name, so no other tenant gets it';

CREATE TABLE tenantry.ledger (
    migration text NOT NULL,
    tenant_id bigint NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    PRIMARY KEY (migration, tenant_id)
);
COMMENT ON TABLE tenantry.ledger IS 'Which migration is applied to which tenant; 0 is the shared schema';
