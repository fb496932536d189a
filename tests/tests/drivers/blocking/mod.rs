//! Over the blocking driver.

#[path = "../changes.rs"]
mod changes;
#[path = "../reads.rs"]
mod reads;
#[path = "../refused.rs"]
mod refused;
#[path = "../transactions.rs"]
mod transactions;

pub(crate) use tenantry::scope::{SharedScope, TenantScope};
use tenantry_tests::Shop;

/// Gives the outcome.
pub(crate) fn now<T>(outcome: T) -> T {
    outcome
}

/// A shop.
pub(crate) struct World(Shop);

impl World {
    pub(crate) fn new() -> Self {
        Self(Shop::new())
    }

    pub(crate) fn tenant(&self, key: &str) -> TenantScope {
        self.0.tenant(key)
    }

    pub(crate) fn change(&self, sql: &str) {
        self.0.database().connect().batch_execute(sql).unwrap();
    }

    pub(crate) fn shared(&self) -> SharedScope {
        self.0.db().shared().unwrap()
    }
}
