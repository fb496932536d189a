CREATE TABLE tenantry.application (
    id text PRIMARY KEY,
    name text NOT NULL,
    migration text NOT NULL,
    position integer NOT NULL,
    started_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    seen_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    gone_after interval NOT NULL
);
COMMENT ON TABLE tenantry.application IS
    'The processes of the application that have announced themselves: what takes away something that one of them needs is not done';
COMMENT ON COLUMN tenantry.application.migration IS 'The last migration that its version was made with';
COMMENT ON COLUMN tenantry.application.position IS 'The number of that migration, as long as the chain does not have it';
COMMENT ON COLUMN tenantry.application.gone_after IS 'How long after it was seen last it counts as gone';
