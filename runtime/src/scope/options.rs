//! The settings of a database.

use std::time::Duration;

use postgres::Config;

use crate::bookkeeping::Waits;
use crate::exec::PreparedStatements;
use crate::name::SchemaName;
use crate::tenant::ServedRange;

/// Settings of a [`Database`](super::Database).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// The shared schema; `shared` by default.
    pub shared_schema: SchemaName,
    /// The most connections at a time; 10 by default.
    pub max_connections: usize,
    /// The most tables of tenants that a connection touches before it is closed, each tenant counting as one more; 2,000 by default.
    ///
    /// A PostgreSQL backend keeps about 20 KiB for each, until it is closed: so all backends together take at the most `max_connections` ×
    /// (10 MB + `max_tables_per_connection` × 20 KiB). Those count that statements name, with their schema; a piece of control work, as to
    /// suspend a tenant, counts as ten. A little before, and before [`max_lifetime`](Self::max_lifetime) is over, another connection is
    /// opened in the background, so that there may be one more than `max_connections` for a moment.
    pub max_tables_per_connection: usize,
    /// The most tenants that are created at a time, counted over all processes; 2 by default.
    ///
    /// To create a tenant keeps a core of the server busy. More at a time would leave nothing to those who read.
    pub max_creations: usize,
    /// How long to wait for a connection when all are in use; 30 seconds by default. Who waits is served in the order of
    /// coming.
    pub wait: Duration,
    /// How long opening a connection may take, name, network, TLS and authentication included; 10 seconds by default.
    ///
    /// A shorter `connect_timeout` in the address or configuration counts for each of its hosts.
    pub connect_timeout: Duration,
    /// How long a statement of a scope may take before it is cancelled, and a look of a [`Migrator`](crate::migrate::Migrator) at the fleet
    /// (`status`, `dry_run`); 5 minutes by default, `None` for no limit.
    ///
    /// If the server does not answer then, the connection is closed. Migrations have limits of their own.
    pub statement_timeout: Option<Duration>,
    /// How long a connection may lie idle before it is closed; 10 minutes by default.
    pub idle_timeout: Duration,
    /// How long a connection may live before it is closed when its scope ends, up to a tenth less; 30 minutes by default,
    /// `None` for no limit. So servers that are added, or a changed name of the host, are found.
    pub max_lifetime: Option<Duration>,
    /// The prepared statements that connections keep on the server; none by default.
    pub prepared_statements: PreparedStatements,
    /// How old what is known of a tenant may be when its scope is opened; 1 second by default, zero to ask the registry each time.
    ///
    /// So long a tenant that another process suspends, renames or drops may still be served here. What this process changes it knows at
    /// once, and [`Database::tenant_now`](super::Database::tenant_now) asks in any case.
    pub registry_staleness: Duration,
    /// The tenants that this version of the application serves, by the migrations that they have; all by default. The scope of another one is not
    /// opened ([`ErrorKind::TenantVersion`](crate::ErrorKind::TenantVersion)). A tenant that is migrated meanwhile is known to be within
    /// [`registry_staleness`](Self::registry_staleness).
    pub serves: ServedRange,
    /// Replicas of the server that [scopes which only read](crate::scope::ReadScope) ask, each with a pool like the server's own; none by default.
    ///
    /// They are connected to by the same TLS connector, within two seconds. Behind one address there may be several.
    pub replicas: Vec<Config>,
    /// How old rows of a replica may be; 2 seconds by default. A replica that is further behind is not asked.
    ///
    /// While somebody reads, the primary is asked four times in that for its position; no clock of a server counts.
    pub replica_staleness: Duration,
    /// How long a change of the registry (to create, claim, drop, rename, suspend) waits for a lock at a time; 2 seconds by
    /// default. Whoever asks for the same lock afterwards waits behind, and no longer than this.
    pub lock_timeout: Duration,
    /// How long a change of the registry tries again when others hold its locks; 30 seconds by default. After that it is an
    /// error that [is retryable](crate::Error::is_retryable).
    pub lock_wait: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            shared_schema: SchemaName::new("shared").expect("`shared` is a valid schema name"),
            max_connections: 10,
            max_tables_per_connection: 2_000,
            max_creations: 2,
            wait: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            statement_timeout: Some(Duration::from_mins(5)),
            idle_timeout: Duration::from_mins(10),
            max_lifetime: Some(Duration::from_mins(30)),
            prepared_statements: PreparedStatements::Unnamed,
            registry_staleness: Duration::from_secs(1),
            serves: ServedRange::new(),
            replicas: Vec::new(),
            replica_staleness: Duration::from_secs(2),
            lock_timeout: Waits::LOCK,
            lock_wait: Waits::TOTAL,
        }
    }
}
