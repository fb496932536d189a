//! Everything at once: tasks that are dropped, connections that are ended, tenants that are suspended, dropped and made anew, and no row of another.
//!
//! `SOAK_SECONDS`, `SOAK_TENANTS` and `SOAK_TASKS` make it longer and larger.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use tenantry::{Error, scope};
use tenantry_tests::random::{Random, seed_or};
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::*;

fn setting(name: &str, usual: usize) -> usize {
    std::env::var(name).map_or(usual, |value| value.parse().unwrap())
}

/// All that the tasks share.
struct Soak {
    db: Database,
    seed: u64,
    /// When the tenant was suspended last by another process, and is since, in microseconds; 0 if it is not.
    suspended: Vec<AtomicU64>,
    since: Instant,
    stop: AtomicBool,
    done: AtomicUsize,
    refused: AtomicUsize,
    dropped: AtomicUsize,
    /// The longest time that a tenant was served after that, in microseconds.
    served: AtomicU64,
}

fn tenant(number: usize) -> TenantKey {
    key(&format!("soak{number}"))
}

/// The names of the rows of a tenant begin so.
fn prefix(number: usize) -> String {
    format!("soak{number}:")
}

impl Soak {
    /// Numbers that look as if they were drawn, others for each task.
    fn draw(&self, number: usize) -> Random {
        Random::new(self.seed.wrapping_add(number as u64))
    }

    /// Whether all that can happen has happened.
    fn has_enough(&self) -> bool {
        let [done, dropped, refused] = [&self.done, &self.dropped, &self.refused]
            .map(|counter| counter.load(Ordering::Relaxed));
        done > 100 && dropped > 10 && refused > 0
    }

    fn now(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_micros())
            .unwrap()
            .max(1)
    }

    async fn work(&self, number: usize, what: usize, id: usize) -> Result<(), Error> {
        let mut scope = self.db.tenant(&tenant(number)).await?;
        let suspended = self.suspended[number].load(Ordering::Relaxed);
        let name = format!("{}{id}", prefix(number));
        match what {
            0 => drop(add(&mut scope, &name).await?),
            1 => {
                let both = scope.transaction(async |tx| {
                    add(tx, &format!("{name}a")).await?;
                    tx.transaction(async |tx| add(tx, &format!("{name}b")).await)
                        .await
                });
                drop(both.await?);
            }
            2 => {
                let mut tx = scope.begin().await?;
                add(&mut tx, &format!("{name}never")).await?;
            }
            _ => {
                let first = Customer::query().order_by(Customer::ID.desc()).limit(50);
                for customer in first.all(&mut scope).await? {
                    assert!(
                        customer.name.starts_with(&prefix(number)),
                        "{}",
                        customer.name
                    );
                    assert!(!customer.name.ends_with("never"), "{}", customer.name);
                }
            }
        }
        if suspended > 0 && self.suspended[number].load(Ordering::Relaxed) == suspended {
            let late = self.now().saturating_sub(suspended);
            self.served.fetch_max(late, Ordering::Relaxed);
        }
        Ok(())
    }

    async fn task(&self, mut draw: Random) {
        while !self.stop.load(Ordering::Relaxed) {
            let number = draw.below(self.suspended.len());
            let (what, id) = (draw.below(6), draw.below(usize::MAX));
            let limit = match draw.below(3) {
                0 => Duration::from_micros(draw.below(8000) as u64),
                _ => Duration::from_mins(1),
            };
            match timeout(limit, self.work(number, what, id)).await {
                Ok(Ok(())) => drop(self.done.fetch_add(1, Ordering::Relaxed)),
                Ok(Err(error)) => {
                    assert!(is_expected(&error), "{error:?}");
                    self.refused.fetch_add(1, Ordering::Relaxed);
                    sleep(Duration::from_millis(1)).await;
                }
                Err(_) => drop(self.dropped.fetch_add(1, Ordering::Relaxed)),
            }
        }
    }

    /// Does to the fleet whatever can be done to it.
    fn disturb(&self, world: &World, seconds: u64) {
        let other = scope::Database::connect(world.shop.database().url()).unwrap();
        let mut client = world.shop.database().connect();
        let mut draw = self.draw(usize::MAX);
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() \
                   AND pid <> pg_backend_pid() AND application_name = 'tenantry' ORDER BY random() LIMIT 1";
        // A machine that is slow takes longer to do enough.
        let is_over = || self.since.elapsed() >= Duration::from_secs(seconds) && self.has_enough();
        let least = Duration::from_secs(seconds) + Duration::from_mins(2);
        while !is_over() && self.since.elapsed() < least {
            let number = draw.below(self.suspended.len());
            let its = tenant(number);
            match draw.below(4) {
                0 => drop(client.query(end, &[]).unwrap()),
                1 | 2 => {
                    if other.tenants().suspend(&its).is_ok() {
                        self.suspended[number].store(self.now(), Ordering::Relaxed);
                        std::thread::sleep(Duration::from_millis(1500));
                        self.suspended[number].store(0, Ordering::Relaxed);
                        while other.tenants().resume(&its).is_err() {}
                    }
                }
                _ => {
                    while other
                        .tenants()
                        .drop(&its)
                        .is_err_and(|error| !error.is_unknown_tenant())
                    {}
                    while other.tenants().create_or_get(&its).is_err() {}
                }
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn is_expected(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::TenantState
            | ErrorKind::UnknownTenant
            | ErrorKind::MissingTable
            | ErrorKind::MissingSchema
            | ErrorKind::Connection
            | ErrorKind::CommitUnknown
            | ErrorKind::Resources
            | ErrorKind::Deadlock
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_nobody_gets_rows_of_others_and_nothing_is_left() {
    let (tenants, tasks) = (setting("SOAK_TENANTS", 12), setting("SOAK_TASKS", 24));
    let seconds = setting("SOAK_SECONDS", 12) as u64;
    let world = World::with(|options| options.max_connections = 6).await;
    for number in 0..tenants {
        world.db.tenants().create(&tenant(number)).await.unwrap();
    }
    let alive = Handle::current().metrics().num_alive_tasks();
    let soak = Arc::new(Soak {
        db: world.db.clone(),
        seed: seed_or(4711),
        suspended: (0..tenants).map(|_| AtomicU64::new(0)).collect(),
        since: Instant::now(),
        stop: AtomicBool::new(false),
        done: AtomicUsize::new(0),
        refused: AtomicUsize::new(0),
        dropped: AtomicUsize::new(0),
        served: AtomicU64::new(0),
    });
    let running: Vec<_> = (0..tasks)
        .map(|number| {
            let soak = Arc::clone(&soak);
            tokio::spawn(async move { soak.task(soak.draw(number)).await })
        })
        .collect();
    let theirs = Arc::clone(&soak);
    let (world, disturbed) = tokio::task::spawn_blocking(move || {
        let disturbed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            theirs.disturb(&world, seconds);
        }));
        theirs.stop.store(true, Ordering::Relaxed);
        (world, disturbed)
    })
    .await
    .unwrap();
    disturbed.unwrap();
    for task in running {
        task.await.unwrap();
    }
    world.settles().await;
    assert!(world.all_back().await <= 6);
    assert_eq!(world.db.pool_status().waiting, 0);
    let look = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tenantry'";
    // Six of the pool, five for control work, one that keeps tenants known, and that of the shop.
    assert!(world.look(look) <= 13, "{}", world.look(look));
    // A task for each connection, beside those that there were.
    let left = Handle::current().metrics().num_alive_tasks();
    assert!(left <= alive + 6, "{left} tasks, {alive} before");
    let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
    assert!(soak.has_enough());
    let served = Duration::from_micros(soak.served.load(Ordering::Relaxed));
    eprintln!(
        "done {}, dropped {}, refused {}; a suspended tenant was served for {served:?} at the longest",
        count(&soak.done),
        count(&soak.dropped),
        count(&soak.refused)
    );
    for number in 0..tenants {
        let mut scope = world.db.tenant_now(&tenant(number)).await.unwrap();
        for name in names(&mut scope).await {
            assert!(
                name.starts_with(&prefix(number)) && !name.ends_with("never"),
                "{name}"
            );
        }
    }
}
