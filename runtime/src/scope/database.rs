//! A database: one server's pool, and the name of its shared schema.

use std::sync::Arc;
use std::time::Duration;

use postgres::tls::{MakeTlsConnect, TlsConnect};
use postgres::{Client, Config, Socket};

use super::hooks::Creation;
#[cfg(feature = "tokio")]
use super::hooks::UnderWay;
use super::known::Known;
use super::options::Options;
use super::{SharedScope, TenantScope};
use crate::address::{Address, server_name};
use crate::bookkeeping::{self, Waits};
use crate::error::Result;
use crate::exec::{
    Beside, CancelToken, Connector, Flow, Mark, Pool, PoolOptions, PoolStatus, Pooled,
    PreparedStatements, Served, tls_of,
};
use crate::migrate::{Chain, Migrator};
use crate::name::{SchemaName, TenantKey};
use crate::place::{Context, TenantPlace};
use crate::tenant::{self, ToTenant};

/// How long opening a connection to a replica may take.
pub(crate) const REPLICA_CONNECT: Duration = Duration::from_secs(2);

/// A database with one schema per tenant and one shared schema.
///
/// It can be cloned: the clones use the same connections.
///
/// It blocks the thread that uses it. In an asynchronous program it works on any thread, also where it is dropped, and
/// keeps the other tasks of that thread waiting meanwhile: use `spawn_blocking`, or a runtime with several threads.
#[derive(Debug, Clone)]
pub struct Database {
    pub(super) pool: Arc<Pool>,
    pub(super) context: Context,
    pub(super) creation: Arc<Creation>,
    known: Arc<Known>,
}

impl Database {
    /// Connects to a database by its [address](Address), as in `postgres://user@host/database`.
    ///
    /// # Errors
    ///
    /// When the address is not valid, or the server can't be reached.
    pub fn connect(url: &str) -> Result<Self> {
        Self::connect_to(&Address::new(url)?, Options::default())
    }

    /// Connects to a database by its address, with options.
    ///
    /// TLS is as the address asks for it, which takes the feature `tls`.
    ///
    /// ```no_run
    /// use tenantry::scope::Options;
    /// use tenantry::{Address, Database};
    ///
    /// let address: Address = "postgres://app@db.example/app?sslmode=verify-full&sslrootcert=system".parse()?;
    /// let mut options = Options::default();
    /// options.max_connections = 20;
    /// let db = Database::connect_to(&address, options)?;
    /// # Ok::<(), tenantry::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the server can't be reached, when a file of certificates can't be read, or when TLS is asked for and can't be had.
    pub fn connect_to(address: &Address, options: Options) -> Result<Self> {
        let tls = tls_of(address)?;
        let connected = Self::connect_with(address.config(), tls, options);
        connected.map_err(|error| address.explain(error))
    }

    /// Connects to a database with a configuration, a TLS connector, and options.
    ///
    /// Unless the configuration says otherwise, the system probes an idle connection every half minute (`keepalives_idle`,
    /// `tcp_user_timeout`), so that a server that is gone is noticed.
    ///
    /// # Errors
    ///
    /// When the server can't be reached.
    pub fn connect_with<T>(config: &Config, tls: T, options: Options) -> Result<Self>
    where
        T: MakeTlsConnect<Socket, Stream: Send, TlsConnect: Send> + Clone + Send + Sync + 'static,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let database = Self::unconnected(config, tls, options);
        // The first connection is made at once, so that a wrong address is found here.
        drop(database.pool.get(None)?);
        Ok(database)
    }

    /// The same without a first connection.
    pub(crate) fn unconnected<T>(config: &Config, tls: T, options: Options) -> Self
    where
        T: MakeTlsConnect<Socket, Stream: Send, TlsConnect: Send> + Clone + Send + Sync + 'static,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let server: Arc<str> = server_name(config).into();
        let Options {
            shared_schema,
            max_connections,
            max_tables_per_connection,
            max_creations,
            wait,
            connect_timeout,
            statement_timeout,
            idle_timeout,
            max_lifetime,
            prepared_statements,
            registry_staleness,
            serves,
            replicas,
            replica_staleness,
            lock_timeout,
            lock_wait,
        } = options;
        let options = PoolOptions {
            max_connections,
            max_tables_per_connection,
            wait,
            statement_timeout,
            idle_timeout,
            max_lifetime,
            prepared_statements,
        };
        let mark = (prepared_statements != PreparedStatements::Unnamed).then(Mark::new);
        let connectors = move |config: &Config, limit| {
            let open = |config: &Config| Arc::new(Connector::new(config, tls.clone(), limit));
            let marked = mark.as_ref();
            let marked = marked.map(|mark| (open(&mark.on(config)), mark.clone()));
            (open(config), marked)
        };
        let replicas = replicas.iter().map(|config| {
            // Whoever reads waits no longer for one that is silent: there is the primary.
            let (connector, marked) = connectors(config, connect_timeout.min(REPLICA_CONNECT));
            Pool::new(connector, marked, options, Vec::new(), Duration::ZERO)
        });
        let replicas = replicas.collect();
        let (connector, marked) = connectors(config, connect_timeout);
        let pool = Pool::new(connector, marked, options, replicas, replica_staleness);
        Self {
            pool,
            context: Context::new(server, shared_schema, None),
            creation: Arc::new(Creation::new(
                max_creations,
                Waits::new(lock_timeout, lock_wait),
            )),
            known: Known::new(registry_staleness, serves),
        }
    }

    /// Runs a function for each tenant that is created from now on, in the transaction that creates it.
    ///
    /// ```no_run
    /// # use tenantry::prelude::*;
    /// # #[tenant_model]
    /// # pub struct Label { #[field(key)] pub id: i64, pub name: String }
    /// # fn prepare(db: &Database) {
    /// db.on_create(|tenant| {
    ///     Label::insert_many(["urgent", "later"].map(NewLabel::new)).execute(tenant)?;
    ///     Ok(())
    /// });
    /// # }
    /// ```
    ///
    /// That is for every clone of this database. If it fails, there is no tenant. `manage tenants create` knows nothing of
    /// it: what is to be done there too belongs into `migrations/baseline/seed.sql`.
    ///
    /// What the hook does through this database instead of the scope that it is given is done over another connection, and
    /// can't wait for what the creation itself has locked: after [`Options::lock_timeout`] that is an error.
    pub fn on_create(
        &self,
        hook: impl Fn(&mut TenantScope) -> Result<()> + Send + Sync + 'static,
    ) -> &Self {
        self.creation.add_hook(hook);
        self
    }

    /// Closes the database and all its clones, as before a program ends: nothing is begun any more, and what is under way is waited
    /// for.
    ///
    /// Scopes that are open go on until they are dropped, and their connections are closed then. Whoever wants another, waits for
    /// a connection already, or has control work to do, is refused with [`ErrorKind::Closed`](crate::ErrorKind::Closed). The threads end that
    /// look after connections, replicas, known tenants and standbys. To close it twice is no error.
    ///
    /// A scope of the thread that calls this is waited for in vain.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// # fn main() -> tenantry::Result<()> {
    /// let db = tenantry::Database::connect("postgres://app@localhost/app")?;
    /// // Requests are served, until the program is asked to end.
    /// db.close(Duration::from_secs(10))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Resources`](crate::ErrorKind::Resources), when something is still under way after `limit`. The database is closed all the same.
    pub fn close(&self, limit: Duration) -> Result<()> {
        self.end();
        self.pool.close(limit)
    }

    /// Has nothing begun any more.
    pub(crate) fn end(&self) {
        self.known.end();
        self.pool.end();
    }

    /// Where it is.
    #[cfg(feature = "tokio")]
    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    /// The name of the shared schema.
    pub fn shared_schema(&self) -> &SchemaName {
        self.context.shared()
    }

    /// Opens the scope of the shared schema.
    ///
    /// # Errors
    ///
    /// When no connection can be had.
    pub fn shared(&self) -> Result<SharedScope> {
        Ok(SharedScope::new(self.connection(None)?, &self.context))
    }

    /// Opens the scope of a tenant.
    ///
    /// The registry is asked with one query, unless it has told of the tenant within [`Options::registry_staleness`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownTenant`](crate::ErrorKind::UnknownTenant); [`ErrorKind::TenantState`](crate::ErrorKind::TenantState), when the tenant is anything but active;
    /// [`ErrorKind::TenantVersion`](crate::ErrorKind::TenantVersion), when it is none of those that [`Options::serves`] names;
    /// [`ErrorKind::NotMigrated`](crate::ErrorKind::NotMigrated), when the database has no registry;
    /// [`ErrorKind::DamagedMetadata`](crate::ErrorKind::DamagedMetadata), when something is gone of it; when no connection can be had.
    pub fn tenant(&self, key: impl ToTenant) -> Result<TenantScope> {
        let key = key.to_tenant();
        let Some(place) = self.known.get(key) else {
            return self.tenant_now(key);
        };
        let mut connection = self.connection(Some(place.id))?;
        connection.serves(Served::new(&place));
        Ok(TenantScope::new(connection, &self.context, place))
    }

    /// Opens the scope of a tenant that the registry is asked for in any case, as for what must not be done for a tenant that
    /// was suspended a moment ago.
    ///
    /// # Errors
    ///
    /// As [`tenant`](Self::tenant).
    pub fn tenant_now(&self, key: impl ToTenant) -> Result<TenantScope> {
        let key = key.to_tenant();
        let mut connection = self.connection(self.known.number(key))?;
        let asked = self.known.asking();
        let tenant = connection.look(tenant::opened(key, self.known.serves()), &self.context)?;
        let place = tenant.place();
        connection.serves(Served::new(&place));
        self.known.put(&place, tenant.version(), asked, &self.pool);
        Ok(TenantScope::new(connection, &self.context, place))
    }

    /// Returns where a known tenant is.
    pub(super) fn known_place(&self, key: &TenantKey) -> Option<TenantPlace> {
        self.known.get(key)
    }

    /// The tenants that are known, and the pool by which they are kept true.
    #[cfg(feature = "tokio")]
    pub(crate) fn known(&self) -> (&Arc<Known>, &Arc<Pool>) {
        (&self.known, &self.pool)
    }

    /// Does work of a task that is creating a tenant, over other connections than the creation's.
    #[cfg(feature = "tokio")]
    pub(crate) fn beside<T>(&self, creating: Option<&TenantKey>, work: impl FnOnce() -> T) -> T {
        let _under_way = creating.map(|key| UnderWay::begin(&self.creation, key));
        work()
    }

    /// Does a change of a tenant's row, after which nothing is known of it.
    pub(crate) fn change<T>(&self, keys: &[&TenantKey], work: impl FnOnce() -> T) -> T {
        let _changing = self.known.changing(keys);
        work()
    }

    /// Limits of waiting of changes of the registry.
    pub(crate) fn waits(&self) -> Waits {
        self.creation.waits()
    }

    /// Returns how many connections are open, idle and waited for, and for how long.
    pub fn pool_status(&self) -> PoolStatus {
        self.pool.status()
    }

    /// Returns a migrator along a chain: `db.migrator(Chain::open("migrations")?).run()`.
    pub fn migrator(&self, chain: Chain) -> Migrator<&Self> {
        let pool = Arc::clone(&self.pool);
        Migrator::new(chain, self.shared_schema().clone())
            .connect_by(move || pool.connect())
            .one_way()
            .over(self)
    }

    /// A connection from the pool. What a hook of a creation does over another one than the creation's waits shortly.
    pub(super) fn connection(&self, tenant: Option<i64>) -> Result<Pooled> {
        let mut connection = self.pool.get(tenant)?;
        if let Some(tenant) = self.creation.under_way() {
            connection.wait_beside(Beside {
                creating: tenant,
                lock_timeout: self.creation.waits().lock_timeout(),
            })?;
        }
        Ok(connection)
    }

    /// A connection from the pool for a piece of control work in one tenant.
    pub(super) fn lend(&self) -> Result<Pooled> {
        let mut connection = self.connection(None)?;
        connection.try_out()?;
        connection.works();
        Ok(connection)
    }

    /// Runs a flow over the registry, over a connection from the pool.
    pub(super) fn over_registry<T: 'static>(&self, flow: Flow<'static, T>) -> Result<T> {
        self.connection(None)?
            .over_registry(bookkeeping::told(flow), &self.context)
    }

    /// Does a piece of control work in one tenant over a connection from the pool.
    pub(super) fn control<T: Send>(
        &self,
        work: impl FnOnce(&mut Client) -> Result<T> + Send,
    ) -> Result<T> {
        self.lend()?.control(told(work))
    }

    /// Does a piece of control work that drops what a tenant has. The database's event triggers run with it, in the session
    /// of the connection, which is reset afterwards.
    pub(super) fn control_schema<T: Send>(
        &self,
        work: impl FnOnce(&mut Client) -> Result<T> + Send,
    ) -> Result<T> {
        let mut connection = self.lend()?;
        connection.reset_when_settled();
        connection.control(told(work))
    }

    /// Looks at the fleet, over a connection from the pool.
    pub(super) fn look_at_fleet<T: Send>(
        &self,
        look: impl FnOnce(&mut Client) -> Result<T> + Send,
    ) -> Result<T> {
        self.lend()?.limited_control(told(look))
    }

    /// Does a piece of control work in any number of tenants, over a connection that is closed afterwards.
    pub(super) fn control_fleet<T: Send>(
        &self,
        work: impl FnOnce(&mut Client) -> Result<T> + Send,
    ) -> Result<T> {
        self.control_fleet_by(drop, work)
    }

    /// The same, and first gives what cancels its statements.
    pub(super) fn control_fleet_by<T: Send>(
        &self,
        cancels: impl FnOnce(CancelToken),
        work: impl FnOnce(&mut Client) -> Result<T> + Send,
    ) -> Result<T> {
        let mut connection = self.connection(None)?;
        cancels(connection.cancel_token()?);
        connection.retire();
        connection.within(None, told(work))
    }
}

/// Has an error that comes of damaged metadata tables say so.
pub(super) fn told<T>(
    work: impl FnOnce(&mut Client) -> Result<T> + Send,
) -> impl FnOnce(&mut Client) -> Result<T> + Send {
    |client| bookkeeping::explaining(client, work)
}
