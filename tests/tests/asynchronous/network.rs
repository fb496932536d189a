//! A network that is cut, silent and slow: an error says whether something was done, nobody has an answer of somebody else, and all is well
//! when it is over.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tenantry::Error;
use tenantry_tests::proxy::Proxy;
use tenantry_tests::random::{Random, seed_or};
use tenantry_tests::wait::until;

use super::*;

const TENANTS: [&str; 2] = ["acme", "globex"];

/// State that all tasks share.
struct Weather {
    db: Database,
    stop: AtomicBool,
    done: AtomicUsize,
    failed: AtomicUsize,
    /// Names of rows of which the answer has come, and of those of which it is not known whether they are there.
    there: Mutex<BTreeSet<String>>,
    unknown: Mutex<BTreeSet<String>>,
}

impl Weather {
    async fn add(&self, tenant: &str, name: &str, whole: bool) -> Result<(), Error> {
        let mut scope = self.db.tenant(&key(tenant)).await?;
        if whole {
            return scope
                .transaction(async |tx| add(tx, name).await.map(drop))
                .await;
        }
        add(&mut scope, name).await.map(drop)
    }

    async fn read(&self, tenant: &str, first: usize) -> Result<(), Error> {
        let mut scope = self.db.tenant(&key(tenant)).await?;
        let some = Customer::query().order_by(Customer::ID.asc());
        for (row, at) in some
            .offset(first as u64)
            .limit(20)
            .all(&mut scope)
            .await?
            .iter()
            .zip(0..)
        {
            assert!(row.name.starts_with(tenant), "{} in {tenant}", row.name);
            let found = (at == 0).then(|| Customer::find(row.id));
            if let Some(found) = found {
                assert_eq!(found.one(&mut scope).await?.name, row.name);
            }
        }
        Ok(())
    }

    async fn task(&self, number: usize, mut draw: Random) {
        for round in 0.. {
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            let tenant = TENANTS[draw.below(2)];
            let name = format!("{tenant}:{number}:{round}");
            let (what, first) = (draw.below(5), draw.below(30));
            let limit = match draw.below(8) {
                0 => Duration::from_micros(draw.below(4_000) as u64),
                _ => Duration::from_mins(2),
            };
            let work = async {
                match what {
                    0 | 1 => self.add(tenant, &name, what == 0).await,
                    _ => self.read(tenant, first).await,
                }
            };
            let adds = what < 2;
            match timeout(limit, work).await {
                Ok(Ok(())) => {
                    if adds {
                        self.there.lock().unwrap().insert(name);
                    }
                    self.done.fetch_add(1, Ordering::Relaxed);
                }
                Ok(Err(error)) => {
                    let text = error.to_string();
                    assert!(!text.contains(&name), "{text}");
                    match error.kind() {
                        ErrorKind::CommitUnknown => {
                            assert!(adds, "{text}");
                            self.unknown.lock().unwrap().insert(name);
                        }
                        ErrorKind::Connection | ErrorKind::Resources | ErrorKind::Cancelled => {}
                        _ => panic!("{error:?}"),
                    }
                    self.failed.fetch_add(1, Ordering::Relaxed);
                    sleep(Duration::from_millis(2)).await;
                }
                Err(_) => {
                    if adds {
                        self.unknown.lock().unwrap().insert(name);
                    }
                }
            }
        }
    }

    fn disturb(&self, proxy: &Proxy) {
        for (round, slow) in [0, 2, 0, 5, 1, 0].into_iter().enumerate() {
            proxy.slow(slow);
            for _ in 0..5 {
                more(&self.done, "something is done", 10);
                proxy.cut();
            }
            if round % 3 == 1 {
                proxy.silence(true);
                more(&self.failed, "something is given up", 1);
                // What was on its way is lost, and its connections with it.
                proxy.cut();
                proxy.silence(false);
            }
        }
        proxy.slow(0);
        more(&self.done, "all is well", 50);
        self.stop.store(true, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_network_costs_typed_errors_and_neither_rows_nor_connections() {
    let world = World::new().await;
    let proxy = Arc::new(Proxy::start(&world.shop));
    let mut options = Options::default();
    options.max_connections = 4;
    options.wait = Duration::from_mins(1);
    options.statement_timeout = Some(Duration::from_millis(500));
    let config = proxy.config(&world.shop);
    let db = Database::connect_with(&config, NoTls, options)
        .await
        .unwrap();
    let weather = Arc::new(Weather {
        db,
        stop: AtomicBool::new(false),
        done: AtomicUsize::new(0),
        failed: AtomicUsize::new(0),
        there: Mutex::default(),
        unknown: Mutex::default(),
    });
    let seed = seed_or(1789);
    let tasks: Vec<_> = (0..10)
        .map(|number| {
            let weather = Arc::clone(&weather);
            let draw = Random::new(seed.wrapping_add(number as u64));
            tokio::spawn(async move { weather.task(number, draw).await })
        })
        .collect();
    let theirs = Arc::clone(&weather);
    let disturbed = tokio::task::spawn_blocking(move || {
        let disturb = std::panic::AssertUnwindSafe(|| theirs.disturb(&proxy));
        let disturbed = std::panic::catch_unwind(disturb);
        theirs.stop.store(true, Ordering::Relaxed);
        disturbed
    });
    let disturbed = disturbed.await.unwrap();
    for task in tasks {
        task.await.unwrap();
    }
    disturbed.unwrap();
    // Nothing is under way any more, and as many connections can be had as before.
    let since = Instant::now();
    loop {
        let status = weather.db.pool_status();
        if status.open == status.idle && status.waiting == 0 {
            assert!(status.open <= 4, "{status:?}");
            break;
        }
        assert!(since.elapsed() < Duration::from_mins(2), "{status:?}");
        sleep(Duration::from_millis(5)).await;
    }
    world.settles().await;
    let mut scopes = Vec::new();
    for _ in 0..4 {
        scopes.push(weather.db.tenant(&key("acme")).await.unwrap());
    }
    let mut open = Vec::new();
    for scope in &mut scopes {
        open.push(scope.begin().await.unwrap());
    }
    drop(open);
    let there = weather.there.lock().unwrap().clone();
    let unknown = weather.unknown.lock().unwrap().clone();
    assert!(there.len() > 20, "{}", there.len());
    let mut found = BTreeSet::new();
    for tenant in TENANTS {
        for name in names(&mut world.db.tenant(&key(tenant)).await.unwrap()).await {
            assert!(name.starts_with(tenant), "{name} in {tenant}");
            assert!(found.insert(name.clone()), "{name} is there twice");
        }
    }
    let lost: Vec<_> = there.difference(&found).collect();
    assert!(lost.is_empty(), "was told to be done: {lost:?}");
    let known: BTreeSet<_> = there.union(&unknown).cloned().collect();
    let undone: Vec<_> = found.difference(&known).collect();
    assert!(undone.is_empty(), "was told to have failed: {undone:?}");
}

/// Waits until there is more of something.
fn more(of: &AtomicUsize, what: &str, number: usize) {
    let before = of.load(Ordering::Relaxed);
    until(what, || of.load(Ordering::Relaxed) >= before + number);
}
