//! Facts about a tenant and the server, each defined once, as SQL.

/// The states of tenants that migrations leave out: those whose schema is not whole any more.
pub(crate) const LEFT_OUT: &str = "('dropping')";

macro_rules! chain_revision {
    () => {
        "edition"
    };
}
pub(super) use chain_revision;

/// The column of `tenantry.meta` with the revision of the chain. It keeps the name that the first format gave it.
pub(crate) const CHAIN_REVISION: &str = chain_revision!();

macro_rules! standby_prefix {
    () => {
        "standby:"
    };
}

/// The beginning of the keys of standbys, and of what nobody asks for. No tenant's key begins so.
pub(crate) const STANDBY_PREFIX: &str = standby_prefix!();

/// SQL expression: the SHA-256 of a text, in hexadecimal digits. It is there on servers that refuse MD5, too.
macro_rules! sha256 {
    ($text:expr) => {
        concat!(
            "pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(",
            $text,
            ", 'UTF8')), 'hex')"
        )
    };
}
pub(super) use sha256;

macro_rules! put_aside {
    () => {
        concat!(
            "(state = 'dropping' AND key LIKE '",
            standby_prefix!(),
            "%')"
        )
    };
}

/// The condition on a row of `tenantry.tenant` that it is what is left of a creation, or a standby, and is to be dropped.
pub(crate) const PUT_ASIDE: &str = put_aside!();

/// Whether anything may be left of creations that nobody finishes.
pub(crate) const UNFINISHED: &str = concat!(
    "(EXISTS (SELECT FROM tenantry.provisioning) OR EXISTS (SELECT FROM tenantry.tenant WHERE ",
    put_aside!(),
    "))"
);

/// The condition that the session is there which a row of `tenantry.turn` or `tenantry.provisioning` names.
///
/// The time tells it from another one that was given its number; who may not see the time takes the number's word.
macro_rules! lives {
    ($row:literal) => {
        concat!(
            "EXISTS (SELECT FROM pg_catalog.pg_stat_get_activity(",
            $row,
            ".pid) AS a WHERE a.backend_start IS NULL OR ",
            $row,
            ".session_start IS NULL OR a.backend_start = ",
            $row,
            ".session_start)"
        )
    };
}
pub(crate) use lives;

/// The condition on a row of `tenantry.provisioning` that nobody makes the tenant any more: the session is gone that took the
/// last step, or nobody was heard of for too long. A pooler's session outlives whoever it served.
pub(crate) const ABANDONED: &str = concat!(
    "(lease < pg_catalog.clock_timestamp() OR provisioning.pid IS NOT NULL AND NOT ",
    lives!("provisioning"),
    ")"
);

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

/// An expression over the grants and seeds that new tenants of a version get.
macro_rules! provision {
    ($of:literal, $version:literal) => {
        concat!(
            "(SELECT ",
            $of,
            " FROM tenantry.provision WHERE position <= ",
            $version,
            " ORDER BY position DESC LIMIT 1)"
        )
    };
}
pub(crate) use provision;

/// The condition that a row of `tenantry.tenant` is a standby: its key and its schema's name are those that no tenant has, so
/// the state of a tenant that somebody changed by hand does not make it one.
macro_rules! is_standby {
    () => {
        concat!(
            "(tenant.state = 'standby' AND tenant.key = '",
            standby_prefix!(),
            "' || tenant.id AND tenant.schema_name = 't' || tenant.id || '_standby')"
        )
    };
}

/// Returns the name of a standby's schema, as [`IS_STANDBY`] expects it.
pub(crate) fn standby_schema(id: i64) -> String {
    format!("t{id}_standby")
}

/// The condition that the schema of a row of `tenantry.tenant` is there.
macro_rules! has_schema {
    () => {
        "EXISTS (SELECT FROM pg_catalog.pg_namespace AS n WHERE n.nspname = tenant.schema_name::pg_catalog.name)"
    };
}

/// The condition that a row of `tenantry.tenant` is a standby.
pub(crate) const IS_STANDBY: &str = is_standby!();

/// The condition that the schema of a row of `tenantry.tenant` is there.
pub(crate) const HAS_SCHEMA: &str = has_schema!();

/// SQL expression: how many standbys there are. One whose schema is gone is none.
pub(crate) const STANDBYS: &str = concat!(
    "(SELECT count(*) FROM tenantry.tenant WHERE ",
    is_standby!(),
    " AND ",
    has_schema!(),
    ")"
);

/// The condition on a row of `tenantry.tenant`, no migration of which has begun, that its version is one of the chain and that of
/// the last tenant part that the ledger has for it.
macro_rules! agrees {
    () => {
        "(tenant.version <= (SELECT COALESCE(max(position), 0) FROM tenantry.migration) \
          AND (SELECT g.id FROM tenantry.migration AS g WHERE g.tenant_up IS NOT NULL AND g.position <= tenant.version \
              ORDER BY g.position DESC LIMIT 1) \
          IS NOT DISTINCT FROM (SELECT g.id FROM tenantry.migration AS g WHERE g.tenant_up IS NOT NULL \
              AND (SELECT true FROM tenantry.ledger AS l WHERE l.migration = g.id AND l.tenant_id = tenant.id) \
              ORDER BY g.position DESC LIMIT 1))"
    };
}

/// The condition on a row of `tenantry.tenant` that the ledger agrees with it, if no migration of it has begun.
pub(crate) const AGREES: &str = concat!("(tenant.step > 0 OR ", agrees!(), ")");

/// The condition on a standby in `tenantry.tenant` that can be claimed: it is at a version that the fleet has reached and the
/// ledger agrees with, and what it was seeded with is what tenants are seeded with.
pub(crate) const CLAIMABLE: &str = concat!(
    is_standby!(),
    " AND tenant.step = 0 \
     AND tenant.version >= (SELECT tenant_version FROM tenantry.meta WHERE one = 1 AND standby_reason IS NULL) AND ",
    agrees!(),
    " AND tenant.provision IS NOT DISTINCT FROM ",
    provision!(
        "CASE WHEN for_standbys THEN checksum ELSE 'none' END",
        "(SELECT tenant_version FROM tenantry.meta WHERE one = 1)"
    )
);

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

/// Relation: the schemas that were made for tenants, by their comments, and the numbers of these.
pub(super) const MARKED: &str = "\
    (SELECT n.nspname, pg_catalog.substring(pg_catalog.obj_description(n.oid, 'pg_namespace'), \
     '^tenantry: tenant ([0-9]{1,18})$')::bigint AS id FROM pg_catalog.pg_namespace AS n \
     WHERE pg_catalog.obj_description(n.oid, 'pg_namespace') ~ '^tenantry: tenant [0-9]{1,18}$') AS marked";
