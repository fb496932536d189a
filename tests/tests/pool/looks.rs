//! Threads and tasks that look at something in the background, over a connection that is kept between two looks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use postgres::tls::{MakeTlsConnect, NoTlsStream};
use postgres::{Client, Config, NoTls, Socket};
use tenantry::prelude::*;
use tenantry::scope::{Options, PoolStatus};
use tenantry_tests::Shop;
use tenantry_tests::proxy::Proxy;
use tenantry_tests::shop::Plan;
use tenantry_tests::wait::until;

const REGISTRY: &str = "SELECT id, key, schema_name, 0, 0, % FROM tenantry.tenant WHERE id = ANY%";
const PRIMARY: &str = "SELECT pg_catalog.pg_current_wal_insert_lsn()%";

/// Settings by which the pause between two looks is longer than a look may take.
fn seldom(options: &mut Options) {
    options.connect_timeout = Duration::from_secs(1);
    options.registry_staleness = Duration::from_secs(3);
    options.replica_staleness = Duration::from_secs(6);
}

/// The sessions that look so, and when they did.
#[derive(Default)]
struct Looks(BTreeMap<i32, BTreeSet<String>>);

impl Looks {
    /// Looks whether one session has looked so often.
    fn has_one_with(&mut self, client: &mut Client, query: &str, times: usize) -> bool {
        let sql = "SELECT pid, query_start::text FROM pg_stat_activity \
                   WHERE datname = current_database() AND application_name = 'looked' AND query LIKE $1";
        for row in client.query(sql, &[&query]).unwrap() {
            self.0.entry(row.get(0)).or_default().insert(row.get(1));
        }
        self.0.values().any(|looks| looks.len() >= times)
    }
}

/// The way to the server, by a name that the shop's own sessions have not.
fn config(proxy: &Proxy, shop: &Shop) -> Config {
    let mut config = proxy.config(shop);
    config.application_name("looked");
    config
}

fn acme() -> TenantKey {
    TenantKey::new("acme").unwrap()
}

#[test]
fn a_connection_that_lies_idle_for_longer_than_a_look_may_take_is_looked_with_again() {
    let shop = Shop::new();
    drop(shop.tenant("acme"));
    let proxy = Proxy::start(&shop);
    let mut options = Options::default();
    seldom(&mut options);
    let config = config(&proxy, &shop);
    options.replicas = vec![config.clone()];
    let db = Database::connect_with(&config, NoTls, options).unwrap();
    let mut client = shop.database().connect();
    for query in [REGISTRY, PRIMARY] {
        let mut looks = Looks::default();
        until("one session looks three times", || {
            drop(db.tenant(&acme()).unwrap());
            let mut reading = db.read_tenant(&acme()).unwrap();
            Plan::query().count(&mut reading).unwrap();
            looks.has_one_with(&mut client, query, 3)
        });
    }
}

#[test]
fn so_it_is_in_an_asynchronous_program() {
    let shop = Shop::new();
    drop(shop.tenant("acme"));
    let proxy = Proxy::start(&shop);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut options = Options::default();
    seldom(&mut options);
    let config = config(&proxy, &shop);
    let db = tenantry::tokio::Database::connect_with(&config, NoTls, options);
    let db = runtime.block_on(db).unwrap();
    let mut client = shop.database().connect();
    let mut looks = Looks::default();
    until("one session looks three times", || {
        runtime.block_on(db.tenant(&acme())).map(drop).unwrap();
        looks.has_one_with(&mut client, REGISTRY, 3)
    });
}

#[cfg(unix)]
#[test]
fn a_server_that_falls_silent_at_a_socket_of_the_machine_is_looked_at_again() {
    let shop = Shop::new();
    drop(shop.tenant("acme"));
    let proxy = Proxy::start_local(&shop);
    let mut options = Options::default();
    options.connect_timeout = Duration::from_secs(1);
    options.registry_staleness = Duration::from_millis(200);
    options.replica_staleness = Duration::from_millis(400);
    let config = config(&proxy, &shop);
    options.replicas = vec![config.clone()];
    let db = Database::connect_with(&config, NoTls, options).unwrap();
    drop(db.tenant(&acme()).unwrap());
    let mut reading = db.read_tenant(&acme()).unwrap();
    Plan::query().count(&mut reading).unwrap();
    let mut client = shop.database().connect();
    let (mut registry, mut primary) = (Looks::default(), Looks::default());
    let mut come = |sessions| {
        until("the server is looked at", || {
            registry.has_one_with(&mut client, REGISTRY, 2);
            primary.has_one_with(&mut client, PRIMARY, 2);
            registry.0.len().min(primary.0.len()) >= sessions
        });
    };
    come(1);
    // Not at any moment: an answer alone would be lost to a look that is under way.
    let words = [
        "FROM tenantry.tenant WHERE id = ANY",
        "pg_current_wal_insert_lsn",
    ];
    for words in words {
        proxy.swallow(words);
    }
    until("a question of each is lost", || {
        words.iter().all(|words| proxy.has_lost(words))
    });
    come(2);
}

/// A connector of an application that panics as long as it is told to.
#[derive(Clone, Default)]
struct Panics {
    is_to: Arc<AtomicBool>,
    has: Arc<AtomicBool>,
}

impl Panics {
    fn begin(&self) {
        self.has.store(false, Ordering::SeqCst);
        self.is_to.store(true, Ordering::SeqCst);
    }

    /// Waits until it has panicked, and has it go on as it should.
    fn end(&self, where_: &str, mut meanwhile: impl FnMut()) {
        until(where_, || {
            meanwhile();
            self.has.load(Ordering::SeqCst)
        });
        self.is_to.store(false, Ordering::SeqCst);
    }

    /// Opens the connection again that a machine is too slow to renew before it ends.
    fn spare(&self, status: PoolStatus, open: impl FnOnce()) {
        if status.open == 0 {
            self.is_to.store(false, Ordering::SeqCst);
            open();
            self.is_to.store(true, Ordering::SeqCst);
        }
    }
}

impl MakeTlsConnect<Socket> for Panics {
    type Stream = NoTlsStream;
    type TlsConnect = NoTls;
    type Error = postgres::tls::NoTlsError;

    fn make_tls_connect(&mut self, _: &str) -> Result<NoTls, Self::Error> {
        if self.is_to.load(Ordering::SeqCst) {
            self.has.store(true, Ordering::SeqCst);
            panic!("the connector is out of order");
        }
        Ok(NoTls)
    }
}

/// Settings by which connections are renewed soon, and nothing else is done in the background.
fn short_lived(options: &mut Options) {
    options.max_lifetime = Some(Duration::from_secs(4));
    options.registry_staleness = Duration::ZERO;
}

fn with_panics(proxy: &Proxy, shop: &Shop, change: fn(&mut Options)) -> (Database, Panics) {
    let (panics, mut options) = (Panics::default(), Options::default());
    change(&mut options);
    let db = Database::connect_with(&config(proxy, shop), panics.clone(), options);
    (db.unwrap(), panics)
}

#[test]
fn a_panic_of_the_applications_connector_does_not_end_the_look_at_the_registry() {
    let shop = Shop::new();
    drop(shop.tenant("acme"));
    let proxy = Proxy::start(&shop);
    let (db, panics) = with_panics(&proxy, &shop, |options| {
        options.registry_staleness = Duration::from_millis(100);
    });
    panics.begin();
    drop(db.tenant(&acme()).unwrap());
    panics.end("a connection is opened for looks", || ());
    let (mut client, mut looks) = (shop.database().connect(), Looks::default());
    until("the registry is looked at", || {
        drop(db.tenant(&acme()).unwrap());
        looks.has_one_with(&mut client, REGISTRY, 2)
    });
}

#[test]
fn nor_does_it_end_the_thread_that_renews_connections() {
    let shop = Shop::new();
    drop(shop.tenant("acme"));
    let proxy = Proxy::start(&shop);
    let (db, panics) = with_panics(&proxy, &shop, short_lived);
    panics.begin();
    let open = || drop(db.tenant(&acme()).unwrap());
    panics.end("a successor is opened", || {
        panics.spare(db.pool_status(), open);
    });
    until("a connection is renewed", || {
        let status = db.pool_status();
        if status.open == 0 {
            open();
        }
        status.renewed > 0
    });
}

#[test]
fn nor_does_it_end_the_task_that_does_so() {
    let shop = Shop::new();
    drop(shop.tenant("acme"));
    let (proxy, panics) = (Proxy::start(&shop), Panics::default());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut options = Options::default();
    short_lived(&mut options);
    let config = config(&proxy, &shop);
    let db = tenantry::tokio::Database::connect_with(&config, panics.clone(), options);
    let db = runtime.block_on(db).unwrap();
    panics.begin();
    let open = || runtime.block_on(db.tenant(&acme())).map(drop).unwrap();
    panics.end("a successor is opened", || {
        panics.spare(db.pool_status(), open);
    });
    until("a connection is renewed", || {
        let status = db.pool_status();
        if status.open == 0 {
            open();
        }
        status.renewed > 0
    });
}
