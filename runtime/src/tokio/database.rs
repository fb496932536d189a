//! A database of an asynchronous program: its pool, and the door to control work.

use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use postgres::tls::{MakeTlsConnect, TlsConnect};
use postgres::{Config, Socket};
use tokio::task::{JoinError, spawn_blocking};

use super::under_way::{nested, under_way};
use super::{Fleet, SharedScope, TenantScope};
use crate::across::SeesAllTenants;
use crate::address::Address;
use crate::bookkeeping::{Waits, told};
use crate::error::Result;
use crate::exec::tokio::{Connector, Driven, Lease, Pool, Replicas, Workers};
use crate::exec::{
    Beside, Flow, Mark, PoolOptions, PoolStatus, PreparedStatements, Served, tls_of,
};
use crate::name::{SchemaName, TenantKey};
use crate::place::{Context, TenantPlace};
use crate::scope::{self, Options};
use crate::tenant::{self, Tenant, ToTenant};

/// The future of a [hook](Database::on_create).
pub type HookFuture<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// Something that is done to each new tenant.
pub type Hook = dyn for<'a> Fn(&'a mut TenantScope) -> HookFuture<'a> + Send + Sync;

/// A database with one schema per tenant and one shared schema, for an asynchronous program.
///
/// It can be cloned: the clones use the same connections. It belongs to the runtime that it was connected in.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
    pool: Arc<Pool>,
    context: Context,
    /// Does control work, over connections of its own.
    blocking: scope::Database,
    /// Threads for creations, which hooks keep waiting, and for everything else, which hooks may wait for.
    creators: Workers,
    workers: Workers,
    lock_timeout: Duration,
    hooks: RwLock<Vec<Arc<Hook>>>,
}

/// How many pieces of control work go on at a time, beside creations.
const CONTROL: usize = 3;

impl Database {
    /// Connects to a database by its [address](Address), as in `postgres://user@host/database`.
    ///
    /// # Errors
    ///
    /// When the address is not valid, or the server can't be reached.
    pub async fn connect(url: &str) -> Result<Self> {
        Self::connect_to(&Address::new(url)?, Options::default()).await
    }

    /// Connects to a database by its address, with options.
    ///
    /// TLS is as the address asks for it, which takes the feature `tls`.
    ///
    /// ```no_run
    /// use tenantry::Address;
    /// use tenantry::tokio::{Database, Options};
    ///
    /// # async fn connect() -> tenantry::Result<()> {
    /// let address: Address = "postgres://app@db.example/app?sslmode=verify-full&sslrootcert=system".parse()?;
    /// let db = Database::connect_to(&address, Options::default()).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the server can't be reached, when a file of certificates can't be read, or when TLS is asked for and can't be had.
    pub async fn connect_to(address: &Address, options: Options) -> Result<Self> {
        let tls = tls_of(address)?;
        let connected = Self::connect_with(address.config(), tls, options).await;
        connected.map_err(|error| address.explain(error))
    }

    /// Connects to a database with a configuration, a TLS connector, and options.
    ///
    /// Beside [`Options::max_connections`] there are as many connections for control work as [`Options::max_creations`], and three more, and
    /// one more looks after the tenants that are known unless [`Options::registry_staleness`] is zero. The runtime needs its timer and I/O, as of `#[tokio::main]`.
    ///
    /// # Errors
    ///
    /// When the server can't be reached.
    pub async fn connect_with<T>(config: &Config, tls: T, options: Options) -> Result<Self>
    where
        T: MakeTlsConnect<Socket, Stream: Send, TlsConnect: Send> + Clone + Send + Sync + 'static,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let control = Options {
            max_connections: options.max_creations.saturating_add(CONTROL),
            prepared_statements: PreparedStatements::Unnamed,
            ..options.clone()
        };
        let creators = Workers::new(options.max_creations.max(1), options.wait);
        let workers = Workers::new(CONTROL, options.wait);
        let blocking = scope::Database::unconnected(config, tls.clone(), control);
        let mark = (options.prepared_statements != PreparedStatements::Unnamed).then(Mark::new);
        let connectors = |config: &Config, limit| {
            let open = |config: &Config| Connector::new(config, tls.clone(), limit);
            let marked = mark.as_ref();
            let marked = marked.map(|mark| (open(&mark.on(config)), mark.clone()));
            (open(config), marked)
        };
        let pool_options = PoolOptions {
            max_connections: options.max_connections,
            max_tables_per_connection: options.max_tables_per_connection,
            wait: options.wait,
            statement_timeout: options.statement_timeout,
            idle_timeout: options.idle_timeout,
            max_lifetime: options.max_lifetime,
            prepared_statements: options.prepared_statements,
        };
        let replicas = options.replicas.iter().map(|config| {
            let limit = options.connect_timeout.min(scope::REPLICA_CONNECT);
            let (connector, marked) = connectors(config, limit);
            Pool::new(connector, marked, pool_options, Replicas::default())
        });
        let replicas = Replicas {
            pools: replicas.collect(),
            looks: Some(Arc::clone(blocking.known().1)),
        };
        let (connector, marked) = connectors(config, options.connect_timeout);
        let pool = Pool::new(connector, marked, pool_options, replicas);
        // The first connection is made at once, so that a wrong address is found here.
        pool.warm_up().await?;
        Ok(Self(Arc::new(Inner {
            pool,
            context: blocking.context().clone(),
            blocking,
            creators,
            workers,
            lock_timeout: options.lock_timeout,
            hooks: RwLock::default(),
        })))
    }

    /// Runs a function for each tenant that is created from now on, in the transaction that creates it.
    ///
    /// That is for every clone of this database. If it fails, there is no tenant. `manage tenants create` knows nothing of
    /// it: what is to be done there too belongs into `migrations/baseline/seed.sql`.
    ///
    /// ```no_run
    /// # use tenantry::prelude::*;
    /// # use tenantry::tokio::Database;
    /// # #[tenant_model]
    /// # pub struct Setting { #[field(key)] pub id: i64, pub name: String }
    /// # fn register(db: &Database) {
    /// db.on_create(|tx| {
    ///     Box::pin(async move {
    ///         Setting::insert(NewSetting::new("language")).execute(tx).await?;
    ///         Ok(())
    ///     })
    /// });
    /// # }
    /// ```
    pub fn on_create(
        &self,
        hook: impl for<'a> Fn(&'a mut TenantScope) -> HookFuture<'a> + Send + Sync + 'static,
    ) -> &Self {
        let mut hooks = self.0.hooks.write().unwrap_or_else(PoisonError::into_inner);
        hooks.push(Arc::new(hook));
        drop(hooks);
        self
    }

    /// Closes the database and all its clones, as before a program ends: nothing is begun any more, and what is under way is waited
    /// for.
    ///
    /// Under way are statements, transactions, scopes that keep their connection, control work, and what is cancelled for futures that were
    /// dropped; it goes on to its end. Whoever begins something else, also in a scope that is open, or waits for a connection already, is
    /// refused with [`ErrorKind::Closed`](crate::ErrorKind::Closed). The threads and tasks end that look after connections, known tenants and
    /// standbys. When the future is dropped the database is closed all the same. To close it twice is no error.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// # async fn serve() -> tenantry::Result<()> {
    /// let db = tenantry::tokio::Database::connect("postgres://app@localhost/app").await?;
    /// // Requests are served, until the program is asked to end.
    /// db.close(Duration::from_secs(10)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Resources`](crate::ErrorKind::Resources), when something is still under way after `limit`. The database is closed all the same.
    pub async fn close(&self, limit: Duration) -> Result<()> {
        // Both refuse before either is waited for.
        self.0.blocking.end();
        let control = self.0.blocking.clone();
        let control = spawn_blocking(move || control.close(limit));
        let closed = self.0.pool.close(limit).await;
        let control = match control.await.map_err(JoinError::try_into_panic) {
            Ok(closed) => closed,
            Err(Ok(panic)) => resume_unwind(panic),
            // The runtime ends.
            Err(Err(_)) => Ok(()),
        };
        closed.and(control)
    }

    /// The name of the shared schema.
    pub fn shared_schema(&self) -> &SchemaName {
        self.0.context.shared()
    }

    /// Opens the scope of the shared schema. It takes a connection when something is sent.
    pub fn shared(&self) -> SharedScope {
        SharedScope::new(self.lease(None), &self.0.context)
    }

    /// Opens the scope of many tenants, for [somebody who may see them all](crate::across). It takes a connection when something is sent.
    pub fn across(&self, _: &impl SeesAllTenants) -> Fleet {
        Fleet::new(self.lease(None), &self.0.context)
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
    pub async fn tenant(&self, key: impl ToTenant) -> Result<TenantScope> {
        let key = key.to_tenant();
        self.0.pool.check()?;
        match self.0.blocking.known().0.get(key) {
            Some(place) => Ok(self.open(place)),
            None => self.tenant_now(key).await,
        }
    }

    /// Opens the scope of a tenant that the registry is asked for in any case, as for what must not be done for a tenant that
    /// was suspended a moment ago.
    ///
    /// # Errors
    ///
    /// As [`tenant`](Self::tenant).
    pub async fn tenant_now(&self, key: impl ToTenant) -> Result<TenantScope> {
        let (known, pool) = self.0.blocking.known();
        let find = tenant::opened(key.to_tenant(), known.serves());
        let asked = known.asking();
        let mut lease = self.lease(None);
        lease.expect_promptness();
        let tenant = Driven::look(&mut lease, find, &self.0.context).await?;
        drop(lease);
        let place = tenant.place();
        known.put(&place, tenant.version(), asked, pool);
        Ok(self.open(place))
    }

    /// How old what is known of a tenant may be.
    #[cfg(feature = "tower")]
    pub(crate) fn registry_staleness(&self) -> Duration {
        self.0.blocking.known().0.bound()
    }

    /// Tells whether a tenant is being created step by step.
    #[cfg(feature = "tower")]
    pub(crate) async fn is_being_created(&self, key: &TenantKey) -> Result<bool> {
        self.over_registry(tenant::being_created(key)).await
    }

    /// Opens the scope of a tenant that is known.
    pub(crate) fn open(&self, place: TenantPlace) -> TenantScope {
        TenantScope::new(
            self.lease(Some(Served::new(&place))),
            &self.0.context,
            place,
        )
    }

    /// Returns how many connections are open, idle and waited for, and for how long. Those for control work and
    /// for looking after the tenants that are known are not counted.
    pub fn pool_status(&self) -> PoolStatus {
        self.0.pool.status()
    }

    /// Does work that blocks with the blocking [`Database`](scope::Database), on a thread for control work: migrations, and whatever else has no
    /// asynchronous form.
    ///
    /// Once it has a thread it goes on to its end when the future is dropped. Its hooks are not those of this database.
    ///
    /// ```no_run
    /// # use tenantry::migrate::Chain;
    /// # use tenantry::tokio::Database;
    /// # async fn migrate(db: &Database) -> tenantry::Result<()> {
    /// let report = db.blocking(|db| db.migrator(Chain::open("migrations")?).run()).await?;
    /// println!("{report:?}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The work's own; when no thread can be had.
    pub async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&scope::Database) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let blocking = self.0.blocking.clone();
        let creating = under_way(self.address());
        let work = move || blocking.beside(creating.as_ref(), || work(&blocking));
        self.0.workers.run(work).await
    }

    /// The same of the creation of a tenant, unless it is within another, for which there may be no thread left.
    pub(super) async fn creating<T: Send + 'static>(
        &self,
        key: &TenantKey,
        work: impl FnOnce(&scope::Database) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        if let Some(within) = under_way(self.address()) {
            return Err(nested(key, &within));
        }
        let blocking = self.0.blocking.clone();
        self.0.creators.run(move || work(&blocking)).await
    }

    /// Runs a flow that changes tenants' rows. When its future is dropped, the change is made as a whole or not at all.
    pub(super) async fn change(
        &self,
        keys: &[&TenantKey],
        change: impl FnOnce(&Waits) -> Flow<'static, Tenant>,
    ) -> Result<Tenant> {
        let blocking = &self.0.blocking;
        let _changing = blocking.known().0.changing(keys);
        self.over_registry(change(&blocking.waits())).await
    }

    /// Runs a flow over the registry, over a connection of the pool.
    pub(super) async fn over_registry<T: 'static>(&self, flow: Flow<'static, T>) -> Result<T> {
        let mut lease = self.lease(None);
        Driven::look(&mut lease, told(flow), &self.0.context).await
    }

    pub(super) fn pool(&self) -> &Arc<Pool> {
        &self.0.pool
    }

    pub(super) fn context(&self) -> &Context {
        &self.0.context
    }

    pub(super) fn hooks(&self) -> Vec<Arc<Hook>> {
        let hooks = self.0.hooks.read().unwrap_or_else(PoisonError::into_inner);
        hooks.clone()
    }

    /// Something that tells this database and its clones from others.
    pub(super) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// A connection of the pool, for when it is needed. What a hook of a creation does over another one than the creation's waits shortly.
    pub(super) fn lease(&self, served: Option<Served>) -> Lease {
        let mut lease = Lease::new(&self.0.pool, served);
        if let Some(creating) = under_way(self.address()) {
            lease.wait_beside(Beside {
                creating,
                lock_timeout: self.0.lock_timeout,
            });
        }
        lease
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("pool", &self.0.pool)
            .finish_non_exhaustive()
    }
}
