//! Facts about a tenant and the server, each defined once, as SQL.

/// The states of tenants that migrations leave out: those whose schema is not whole yet, or not any more.
pub(crate) const LEFT_OUT: &str = "('provisioning', 'dropping')";

/// Whether the last migration of a row of `tenantry.tenant` failed, and the tenant has not got there since, however.
macro_rules! failed {
    () => {
        "(last_error IS NOT NULL AND version IS DISTINCT FROM failed_to)"
    };
}
pub(crate) use failed;

/// The same where it is known how far migrations lead: who is there lacks nothing, though the migration that failed may
/// be gone from the chain. One whose rollback failed is beyond where it was to be, and stays failed.
pub(crate) fn failed_within(reach: &str) -> String {
    format!(
        "({} AND (version < {reach} OR version > failed_to))",
        failed!()
    )
}

/// About how many bytes the relation `c` of `pg_class` has.
///
/// That is as many as it had when PostgreSQL last vacuumed or analysed it, or 64 for each row that its statistics have
/// counted since. To ask the file system would mean to wait for the lock of whoever changes the table.
pub(crate) const BYTES: &str =
    "GREATEST(c.relpages::bigint * 8192, pg_catalog.pg_stat_get_live_tuples(c.oid) * 64)";

/// How many locks the server has room for.
pub(crate) const LOCKS: &str = "\
    (pg_catalog.current_setting('max_locks_per_transaction')::bigint \
     * (pg_catalog.current_setting('max_connections')::bigint \
        + pg_catalog.current_setting('max_prepared_transactions')::bigint))";
