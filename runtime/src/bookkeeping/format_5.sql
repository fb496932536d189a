ALTER TABLE tenantry.ledger
    ADD COLUMN batch jsonb;
COMMENT ON COLUMN tenantry.ledger.batch IS
    'How far the statement of the migration is that is being done in batches: which it is, and the key of the last row that is done';
ALTER TABLE tenantry.migration
    DROP CONSTRAINT migration_phase_check,
    ADD CONSTRAINT migration_phase_check CHECK (phase IN ('expand', 'backfill', 'contract'));
