//! Over the asynchronous driver.

#[path = "../changes.rs"]
mod changes;
#[path = "../reads.rs"]
mod reads;
#[path = "../refused.rs"]
mod refused;
#[path = "../transactions.rs"]
mod transactions;

use std::future::Future;
use std::sync::LazyLock;

use tenantry::prelude::TenantKey;
use tenantry::tokio::Database;
pub(crate) use tenantry::tokio::{SharedScope, TenantScope};
use tenantry_tests::Shop;
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// Waits for the outcome.
pub(crate) fn now<F: Future>(outcome: F) -> F::Output {
    RUNTIME.block_on(outcome)
}

/// A shop, and its database for tasks.
pub(crate) struct World {
    shop: Shop,
    db: Database,
}

impl World {
    pub(crate) fn new() -> Self {
        let shop = Shop::new();
        let db = now(Database::connect(shop.database().url())).unwrap();
        Self { shop, db }
    }

    pub(crate) fn tenant(&self, key: &str) -> TenantScope {
        drop(self.shop.tenant(key));
        now(self.db.tenant(&TenantKey::new(key).unwrap())).unwrap()
    }

    pub(crate) fn change(&self, sql: &str) {
        self.shop.database().connect().batch_execute(sql).unwrap();
    }

    pub(crate) fn shared(&self) -> SharedScope {
        self.db.shared()
    }
}
