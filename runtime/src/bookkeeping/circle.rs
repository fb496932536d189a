//! Waits of a transaction that others may wait for: they end before anybody looks whether all wait in a circle.
//!
//! PostgreSQL looks for a circle once for each wait, when it has lasted `deadlock_timeout`, and whoever finds one ends their own
//! transaction. So in SQL for a schema that is in use, a statement comes after one that has it wait no longer than until
//! the first of those who wait now looks, or who may have begun with the transaction. A circle is broken by whoever gives up first, which
//! is the migration: it is rolled back and tried again.

/// The beginning and the end of a statement that limits waits.
pub(super) const BEGIN: &str = "/* tenantry waits */ ";
pub(super) const END: &str = "; /* tenantry has waited */ ";

/// How many locks a statement is taken to wait for that may take several.
pub(super) const SEVERAL: usize = 4;

/// After how long PostgreSQL looks whether a wait is one in a circle.
const LOOKS_AFTER: &str = "pg_catalog.current_setting('deadlock_timeout')::interval";

/// Limits how long the rest of a transaction waits, of which a statement may wait for some that it does not tell.
pub(crate) fn limit_several() -> String {
    limit(SEVERAL)
}

/// Limits how long a statement waits for each of so many locks.
///
/// The time that a transaction has had is at least that of whoever waits behind it. When it has had much, those who wait are
/// looked at: whoever has waited for longer than `deadlock_timeout` does not look any more.
pub(super) fn limit(locks: usize) -> String {
    format!(
        "{BEGIN}SELECT pg_catalog.set_config('lock_timeout', (1000 * extract(epoch FROM greatest('1ms', least( \
         nullif(pg_catalog.current_setting('lock_timeout')::interval, '0'), ({LOOKS_AFTER} / 2 - CASE \
         WHEN pg_catalog.clock_timestamp() < pg_catalog.now() + {LOOKS_AFTER} / 4 THEN pg_catalog.clock_timestamp() - pg_catalog.now() \
         ELSE coalesce((SELECT pg_catalog.clock_timestamp() - pg_catalog.min(waitstart) FROM pg_catalog.pg_locks \
         WHERE NOT granted AND waitstart > pg_catalog.clock_timestamp() - {LOOKS_AFTER}), '0') END) / {locks}))))::int::text, true){END}"
    )
}
