//! Creating tenants with what the application adds, in one transaction.

use std::cell::RefCell;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::time::Duration;

use super::database::told;
use super::{Database, TenantScope};
use crate::bookkeeping::{Attempt, Waits};
use crate::error::{Error, ErrorKind, Result};
use crate::name::TenantKey;
use crate::place::TenantPlace;
use crate::tenant::{self, Entered, How, Needs, NewTenant, Ready, Tenant};

type Hook = dyn Fn(&mut TenantScope) -> Result<()> + Send + Sync;

/// How a database creates tenants.
pub(super) struct Creation {
    at_once: usize,
    waits: Waits,
    hooks: RwLock<Vec<Arc<Hook>>>,
    ready: Ready,
    /// How many tenants were created by this process: whoever keeps standbys waits for it to change.
    created: Mutex<u64>,
    changed: Condvar,
}

impl Creation {
    pub(super) fn new(at_once: usize, waits: Waits) -> Self {
        Self {
            at_once,
            waits,
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

    /// How long changes of the registry wait for others.
    pub(super) fn waits(&self) -> Waits {
        self.waits.clone()
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
        let created = create_with(database, new.clone(), |_| Ok::<(), Error>(()));
        return match created {
            Err(error) if error.is_tenant_exists() => made_before(database, &new)?.ok_or(error),
            created => Ok(created?.0),
        };
    }
    let new = new.at_most(database.creation.at_once);
    let waits = database.creation.waits();
    let ready = &database.creation.ready;
    let mut connection = database.lend()?;
    let created = connection.control(told(|client| {
        tenant::create_from(client, &new, ready, &waits)
    }));
    if created.is_err() || ready.has_event_triggers() {
        connection.reset_when_settled();
    }
    drop(connection);
    let tenant = created?;
    database.creation.tell();
    Ok(tenant)
}

/// Creates a tenant, unless it is there.
pub(super) fn create_or_get(database: &Database, new: &NewTenant) -> Result<Tenant> {
    match create(database, new.clone()) {
        Err(error) if error.is_tenant_exists() => found(database, new)?.ok_or(error),
        created => created,
    }
}

/// Creates a tenant and does the work for it, unless it is there.
pub(super) fn create_or_get_with<T, E: From<Error>>(
    database: &Database,
    new: &NewTenant,
    work: impl FnOnce(&mut TenantScope) -> Result<T, E>,
) -> Result<(Tenant, Option<T>), E> {
    let mut work = Some(work);
    match created(database, new.clone(), &mut work) {
        Ok((tenant, value)) => Ok((tenant, Some(value))),
        Err(Ended::Refused(error)) if error.is_tenant_exists() => match found(database, new)? {
            Some(tenant) => Ok((tenant, None)),
            None => Err(error.into()),
        },
        Err(ended) => Err(ended.into_error()),
    }
}

/// Finds the tenant that a creation has met: that of the same sign-up if it has a token, and otherwise that of the key.
fn found(database: &Database, new: &NewTenant) -> Result<Option<Tenant>> {
    if new.has_token() {
        return made_before(database, new);
    }
    database.control(|client| tenant::find(client, new.key()))
}

fn made_before(database: &Database, new: &NewTenant) -> Result<Option<Tenant>> {
    database.control(|client| tenant::made_before(client, new))
}

/// Creates a tenant, and does what the hooks and the closure do in the same transaction.
pub(super) fn create_with<T, E: From<Error>>(
    database: &Database,
    new: NewTenant,
    work: impl FnOnce(&mut TenantScope) -> Result<T, E>,
) -> Result<(Tenant, T), E> {
    created(database, new, &mut Some(work)).map_err(Ended::into_error)
}

/// How an attempt to create a tenant ended, if not well.
enum Ended<E> {
    /// A migration, or another tenant, came in between.
    Overtaken,
    /// It has to be prepared in another way.
    Otherwise(How),
    /// Before the application had anything to do with it.
    Refused(Error),
    /// In the application's part of it, or by its end.
    Failed(E),
}

impl<E: From<Error>> From<Error> for Ended<E> {
    fn from(error: Error) -> Self {
        Self::Failed(error.into())
    }
}

impl<E: From<Error>> Ended<E> {
    fn into_error(self) -> E {
        match self {
            Self::Refused(error) => error.into(),
            Self::Failed(error) => error,
            Self::Overtaken | Self::Otherwise(_) => unreachable!("these are tried again"),
        }
    }
}

fn created<T, E: From<Error>, W: FnOnce(&mut TenantScope) -> Result<T, E>>(
    database: &Database,
    new: NewTenant,
    work: &mut Option<W>,
) -> Result<(Tenant, T), Ended<E>> {
    let new = &new.at_most(database.creation.at_once);
    let waits = database.creation.waits();
    let outcome =
        waits.attempt(
            |attempt| match attempt_with(database, new, work, (&waits, attempt)) {
                Err(Ended::Refused(error)) => Err(error),
                ended => Ok(ended),
            },
        );
    let done = outcome.unwrap_or_else(|error| {
        let error = error.in_tenant(new.key());
        Err(Ended::Refused(name_holder(database, error)))
    })?;
    database.creation.tell();
    Ok(done)
}

fn name_holder(database: &Database, error: Error) -> Error {
    if error.kind() != ErrorKind::LockTimeout {
        return error;
    }
    let holder = database.control(|client| tenant::holder(client, Needs::Change));
    tenant::held_by(error, holder)
}

fn attempt_with<T, E: From<Error>, W: FnOnce(&mut TenantScope) -> Result<T, E>>(
    database: &Database,
    new: &NewTenant,
    work: &mut Option<W>,
    (waits, attempt): (&Waits, Attempt),
) -> Result<(Tenant, T), Ended<E>> {
    /// More often than that, something else is wrong.
    const ATTEMPTS: usize = 100;
    let mut how = How::with_work();
    for _ in 0..ATTEMPTS {
        let mut scope = provisional(database, new).map_err(Ended::Refused)?;
        let ended = attempt_in(&mut scope, database, (new, &how), work, (waits, attempt));
        // Event triggers have run with what made the schema, or with what was rolled back.
        if ended.is_err() || database.creation.ready.has_event_triggers() {
            scope.connection.reset_when_settled();
        }
        match ended {
            Err(Ended::Overtaken) => {}
            Err(Ended::Otherwise(other)) => how = other,
            ended => return ended,
        }
    }
    Err(Ended::Refused(tenant::given_up(new)))
}

fn attempt_in<T, E: From<Error>, W: FnOnce(&mut TenantScope) -> Result<T, E>>(
    scope: &mut TenantScope,
    database: &Database,
    (new, how): (&NewTenant, &How),
    work: &mut Option<W>,
    (waits, attempt): (&Waits, Attempt),
) -> Result<(Tenant, T), Ended<E>> {
    let hooks = database.creation.hooks();
    let ready = &database.creation.ready;
    let prepared = scope
        .connection
        .control(told(|client| tenant::prepare(client, new, how, waits)));
    let Some(prepared) = prepared.map_err(Ended::Refused)? else {
        return Err(Ended::Overtaken);
    };
    let outcome = scope.transaction_with(|tx| {
        let entered = tx
            .connection
            .control(|client| tenant::enter_in(client, &prepared, new, ready, attempt));
        let tenant = match entered.map_err(Ended::Refused)? {
            Entered::Tenant(tenant) => tenant,
            Entered::Overtaken => return Err(Ended::Overtaken),
            Entered::Otherwise(how) => return Err(Ended::Otherwise(how)),
        };
        tx.connection.serves(tenant.id());
        tx.context = tx.context.with_tenant(tenant.place());
        let _under_way = UnderWay::begin(database, new.key());
        for hook in &hooks {
            hook(tx)?;
        }
        let work = work.take().expect("it is taken once the tenant is made");
        let value = work(tx).map_err(Ended::Failed)?;
        Ok((tenant, value))
    });
    if outcome.is_err() {
        let gave_up = scope.connection.control(|client| {
            prepared.give_up(client, waits);
            Ok(())
        });
        debug_assert!(gave_up.is_ok(), "it tells of no errors");
    }
    outcome
}

/// A scope of the tenant to be. Until it is made, it has neither number nor schema; nothing is run in it before.
fn provisional(database: &Database, new: &NewTenant) -> Result<TenantScope> {
    let place = TenantPlace {
        id: 0,
        since: 0,
        key: new.key().clone(),
        schema: database.shared_schema().clone(),
    };
    let context = database.context.opened(Some(place));
    Ok(TenantScope::new(database.connection()?, context))
}

thread_local! {
    /// The database, and the tenants, for which hooks or closures of creations are running on this thread.
    static UNDER_WAY: RefCell<Vec<(usize, TenantKey)>> = const { RefCell::new(Vec::new()) };
}

/// The time in which hooks and the closure of a creation run. What they do over other connections may wait for what the
/// creation itself holds, and so for ever.
struct UnderWay;

impl UnderWay {
    fn begin(database: &Database, key: &TenantKey) -> Self {
        let this = (address(database), key.clone());
        UNDER_WAY.with_borrow_mut(|all| all.push(this));
        Self
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        UNDER_WAY.with_borrow_mut(Vec::pop);
    }
}

/// The tenant of the database that is being created on this thread.
pub(super) fn under_way(database: &Database) -> Option<TenantKey> {
    UNDER_WAY.with_borrow(|all| {
        let mine = all.iter().rev().find(|(of, _)| *of == address(database));
        mine.map(|(_, key)| key.clone())
    })
}

fn address(database: &Database) -> usize {
    Arc::as_ptr(&database.creation).addr()
}
