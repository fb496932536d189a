//! Hooks and limits of creating tenants, and the tenants that are being created.

use std::cell::RefCell;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::time::Duration;

use super::TenantScope;
use crate::bookkeeping::Waits;
use crate::error::Result;
use crate::name::TenantKey;
use crate::tenant::Ready;

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

    /// How many tenants are created at a time.
    pub(super) fn at_once(&self) -> usize {
        self.at_once
    }

    /// The standbys that are known.
    pub(super) fn ready(&self) -> &Ready {
        &self.ready
    }

    /// Returns the tenant of the database that is being created on this thread.
    pub(super) fn under_way(&self) -> Option<TenantKey> {
        UNDER_WAY.with_borrow(|all| {
            let mine = all.iter().rev().find(|(of, _)| *of == address(self));
            mine.map(|(_, key)| key.clone())
        })
    }

    pub(super) fn hooks(&self) -> Vec<Arc<Hook>> {
        let hooks = self.hooks.read().unwrap_or_else(PoisonError::into_inner);
        hooks.clone()
    }

    /// Tells whoever waits that a tenant was created.
    pub(super) fn tell(&self) {
        *self.created.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.changed.notify_all();
    }

    /// How many tenants were created: whoever is going to look for them asks before, lest he miss one that comes while he looks.
    pub(super) fn created(&self) -> u64 {
        *self.created.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until more tenants were created than before, the time is over, or the waiting is to stop and somebody was woken.
    pub(super) fn wait(&self, before: u64, time: Duration, stopped: &AtomicBool) {
        let created = self.created.lock().unwrap_or_else(PoisonError::into_inner);
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

thread_local! {
    /// The database, and the tenants, for which hooks or closures of creations are running on this thread.
    static UNDER_WAY: RefCell<Vec<(usize, TenantKey)>> = const { RefCell::new(Vec::new()) };
}

/// The time in which hooks and the closure of a creation run. What they do over other connections may wait for what the
/// creation itself holds, and so for ever.
pub(super) struct UnderWay;

impl UnderWay {
    pub(super) fn begin(creation: &Creation, key: &TenantKey) -> Self {
        let this = (address(creation), key.clone());
        UNDER_WAY.with_borrow_mut(|all| all.push(this));
        Self
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        UNDER_WAY.with_borrow_mut(Vec::pop);
    }
}

fn address(creation: &Creation) -> usize {
    std::ptr::from_ref(creation).addr()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_tenant_that_is_created_while_somebody_looks_is_not_waited_for() {
        let creation = Creation::new(1, Waits::default());
        let long = Duration::from_secs(20);
        let before = creation.created();
        creation.tell();
        let since = Instant::now();
        creation.wait(before, long, &AtomicBool::new(false));
        assert!(since.elapsed() < long, "the tenant was missed");
    }
}
