//! Creating tenants with what the application adds, in one transaction.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::time::Duration;

use super::{Database, TenantPlace, TenantScope};
use crate::error::{Error, Result};
use crate::tenant::{self, NewTenant, Ready, Tenant};

type Hook = dyn Fn(&mut TenantScope) -> Result<()> + Send + Sync;

/// How a database creates tenants.
pub(super) struct Creation {
    at_once: usize,
    hooks: RwLock<Vec<Arc<Hook>>>,
    ready: Ready,
    /// How many tenants were created by this process: whoever keeps standbys waits for it to change.
    created: Mutex<u64>,
    changed: Condvar,
}

impl Creation {
    pub(super) fn new(at_once: usize) -> Self {
        Self {
            at_once,
            hooks: RwLock::default(),
            ready: Ready::default(),
            created: Mutex::new(0),
            changed: Condvar::new(),
        }
    }

    pub(super) fn add_hook(
        &self,
        hook: impl Fn(&mut TenantScope) -> Result<()> + Send + Sync + 'static,
    ) {
        let mut hooks = self.hooks.write().unwrap_or_else(PoisonError::into_inner);
        hooks.push(Arc::new(hook));
    }

    fn hooks(&self) -> Vec<Arc<Hook>> {
        let hooks = self.hooks.read().unwrap_or_else(PoisonError::into_inner);
        hooks.clone()
    }

    fn tell(&self) {
        *self.created.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.changed.notify_all();
    }

    /// Waits until a tenant was created, the time is over, or the waiting is to stop and somebody was woken.
    pub(super) fn wait(&self, time: Duration, stopped: &AtomicBool) {
        let created = self.created.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *created;
        let waited = self.changed.wait_timeout_while(created, time, |created| {
            *created == before && !stopped.load(Ordering::Relaxed)
        });
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Ends the waiting.
    pub(super) fn wake(&self) {
        self.tell();
    }
}

impl fmt::Debug for Creation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Creation")
            .field("at_once", &self.at_once)
            .field("hooks", &self.hooks().len())
            .finish_non_exhaustive()
    }
}

/// Creates a tenant.
pub(super) fn create(database: &Database, new: NewTenant) -> Result<Tenant> {
    if !database.creation.hooks().is_empty() {
        return Ok(create_with(database, new, |_| Ok::<(), Error>(()))?.0);
    }
    let new = new.at_most(database.creation.at_once);
    let tenant =
        database.control(|client| tenant::create_from(client, &new, &database.creation.ready))?;
    database.creation.tell();
    Ok(tenant)
}

/// How an attempt to create a tenant ended, if not well.
enum Ended<E> {
    /// A migration came in between.
    Overtaken,
    Failed(E),
}

impl<E: From<Error>> From<Error> for Ended<E> {
    fn from(error: Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Creates a tenant, and does what the hooks and the closure do in the same transaction.
pub(super) fn create_with<T, E: From<Error>>(
    database: &Database,
    new: NewTenant,
    work: impl FnOnce(&mut TenantScope) -> Result<T, E>,
) -> Result<(Tenant, T), E> {
    /// More often than that, something else is wrong.
    const ATTEMPTS: usize = 100;
    let new = &new.at_most(database.creation.at_once);
    let hooks = database.creation.hooks();
    let mut work = Some(work);
    for _ in 0..ATTEMPTS {
        let mut scope = provisional(database, new)?;
        let outcome = scope.transaction_with(|tx| {
            let made = tx
                .connection
                .control(|client| tenant::create_in(client, new, &database.creation.ready))?;
            let (id, schema) = made.ok_or(Ended::Overtaken)?;
            tx.connection.serves(id);
            let key = new.key().clone();
            tx.context = tx.context.with_tenant(TenantPlace { id, key, schema });
            for hook in &hooks {
                hook(tx)?;
            }
            let work = work.take().expect("it is taken once the tenant is made");
            work(tx).map_err(Ended::Failed)
        });
        match outcome {
            Ok(value) => {
                database.creation.tell();
                // Whoever creates as many tenants at a time as there are connections would wait for one more for ever.
                drop(scope);
                let tenant = database.control(|client| tenant::get(client, new.key()))?;
                return Ok((tenant, value));
            }
            Err(Ended::Failed(error)) => return Err(error),
            Err(Ended::Overtaken) if work.is_none() => break,
            Err(Ended::Overtaken) => {}
        }
    }
    Err(tenant::given_up(new).into())
}

/// A scope of the tenant to be. Until it is made, it has neither number nor schema; nothing is run in it before.
fn provisional(database: &Database, new: &NewTenant) -> Result<TenantScope> {
    let place = TenantPlace {
        id: 0,
        key: new.key().clone(),
        schema: database.shared_schema().clone(),
    };
    let context = database.context.opened(Some(place));
    Ok(TenantScope::new(database.pool.get()?, context))
}
