//! Everything at once: a fleet that is migrated by two processes, which are killed, on a server that is killed, while
//! tenants are created, claimed, dropped, written to and read; and all of that beside long readers of shared tables.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};
use tenantry::Database;
use tenantry::migrate::Chain;
use tenantry::scope::Options;
use tenantry::tenant::{TenantFilter, TenantState};
use tenantry::testing::{Server, TestDb};
use tenantry_tests::chaos::{APPLIED, LOCK_TIMEOUT, after, before, open};
use tenantry_tests::fleet::{PLANS, chain, check_whole, key, migrate, migrator, texts};
use tenantry_tests::random::{Random, seed_or};
use tenantry_tests::wait::{Stop, until};

/// How many tenants there are in the beginning.
const FLEET: usize = 300;

/// How long a reader has the shared table at a time. Whoever waits for that makes all others wait, longer than the lock timeout.
const LONG: Duration = Duration::from_millis(1200);

/// The tenants and rows that were acknowledged, and therefore have to be there in the end.
#[derive(Default)]
struct Promises {
    /// The notes of each tenant.
    notes: Mutex<BTreeMap<String, Vec<i64>>>,
    created: Mutex<BTreeSet<String>>,
    dropped: Mutex<BTreeSet<String>>,
    stop: AtomicBool,
    reads: AtomicUsize,
    waits: Waits,
}

/// The longest that somebody has read a shared table, and one that nobody else has to do with, in milliseconds.
#[derive(Default)]
struct Waits {
    shared: AtomicU64,
    alone: AtomicU64,
}

impl Waits {
    /// Makes the table that nobody else has to do with.
    fn prepare(client: &mut Client) {
        let sql = "CREATE TABLE public.alone (id int)";
        client.batch_execute(sql).unwrap();
    }

    /// Reads a shared table and the other one, and notes how long each took.
    fn read(&self, client: &mut Client, table: &str) -> Result<(), postgres::Error> {
        for (longest, table) in [
            (&self.alone, "public.alone"),
            (&self.shared, &format!("shared.{table}")),
        ] {
            let began = Instant::now();
            client.batch_execute(&format!("SELECT count(*) FROM {table}"))?;
            let took = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            longest.fetch_max(took, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Tells the longest. It is no longer than a lock timeout, for whoever is in front of a reader gives up then, and what the
    /// machine adds: a reader, whoever is in front, and the server's cleaning up after him come to run one after the other,
    /// and how long each may have to wait for that is shown by the table that has no locks.
    #[allow(
        clippy::print_stdout,
        reason = "how long readers wait is a result of the test"
    )]
    fn check(&self, lock_timeout: Duration) {
        let [shared, alone] = [&self.shared, &self.alone]
            .map(|longest| Duration::from_millis(longest.load(Ordering::Relaxed)));
        println!(
            "reads took {shared:?} of a shared table at the longest, and {alone:?} of another"
        );
        let bound = lock_timeout + 3 * alone + Duration::from_millis(300);
        assert!(shared <= bound, "{shared:?} is more than {bound:?}");
    }
}

impl Promises {
    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }
}

/// A connection, as soon as the server is there again.
fn connect(url: &str) -> Client {
    let mut client = None;
    until("the server is there", || {
        client = Client::connect(url, NoTls).ok();
        client.is_some()
    });
    client.unwrap()
}

fn worker(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_fleet_worker"))
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Creates tenants, and claims standbys as long as there are some.
fn create(url: &str, promises: &Promises) {
    let db = open(url);
    for number in 0.. {
        if !promises.goes_on() {
            return;
        }
        let name = format!("new{number}");
        // If it fails, whether it is there is not known: it is not promised.
        if db.tenants().create(&key(&name)).is_ok() {
            promises.created.lock().unwrap().insert(name);
        }
        thread::sleep(Duration::from_millis(15));
    }
}

/// Drops tenants of the old fleet, each until that is done.
fn drop_some(url: &str, promises: &Promises) {
    let db = open(url);
    for number in 0..40 {
        let name = format!("old{}", number * 5);
        while promises.goes_on() {
            let dropped = db.tenants().drop(&key(&name));
            if dropped.map_or_else(|error| error.is_unknown_tenant(), |()| true) {
                promises.dropped.lock().unwrap().insert(name);
                break;
            }
            // The server may just be coming back.
            thread::sleep(Duration::from_millis(5));
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// Writes notes into tenants that stay, and reads them.
fn write_and_read(url: &str, promises: &Promises, mut dice: Random) {
    let mut client = connect(url);
    let base = i64::try_from(dice.below(1_000_000)).unwrap() * 1_000_000;
    for number in 0.. {
        if !promises.goes_on() {
            return;
        }
        let tenant = format!("old{}", dice.below(FLEET / 5) * 5 + 1 + dice.below(4));
        let id = base + number;
        let insert = format!("INSERT INTO {tenant}.notes (id, text) VALUES ({id}, 'note {id}')");
        let outcome = client.batch_execute(&insert).and_then(|()| {
            client.query_typed(
                &format!("SELECT text FROM {tenant}.notes WHERE id = {id}"),
                &[],
            )
        });
        match outcome {
            Ok(rows) => {
                assert_eq!(rows.len(), 1, "a note that was just written");
                promises.reads.fetch_add(1, Ordering::Relaxed);
                let mut notes = promises.notes.lock().unwrap();
                notes.entry(tenant).or_default().push(id);
            }
            Err(_) => client = connect(url),
        }
    }
}

/// Reads the shared table again and again, for `long` each time.
fn read_shared(url: &str, promises: &Promises, long: Duration) {
    let mut client = connect(url);
    while promises.goes_on() {
        let outcome = client
            .batch_execute("BEGIN")
            .and_then(|()| promises.waits.read(&mut client, "plans"))
            .and_then(|()| {
                thread::sleep(long);
                client.batch_execute("COMMIT")
            });
        if outcome.is_err() {
            client = connect(url);
        }
    }
}

/// Runs a process again and again, and kills it most of the time.
fn kill(arguments: &[&str], promises: &Promises, mut dice: Random) -> usize {
    let mut killed = 0;
    while promises.goes_on() {
        let mut child = worker(arguments);
        let until = Instant::now() + Duration::from_millis(150 + dice.below(900) as u64);
        while Instant::now() < until && child.try_wait().unwrap().is_none() {
            thread::sleep(Duration::from_millis(5));
        }
        killed += usize::from(child.try_wait().unwrap().is_none());
        let _ = child.kill();
        child.wait().unwrap();
        thread::sleep(Duration::from_millis(20));
    }
    killed
}

/// Kills a process of the server, at which the server ends all others and recovers as after a crash.
#[cfg(unix)]
fn crash(url: &str) {
    let mut client = connect(url);
    let pid = texts(&mut client, "SELECT pg_catalog.pg_backend_pid()::text");
    let status = Command::new("kill").args(["-9", &pid[0]]).status();
    assert!(status.unwrap().success());
}

#[test]
fn a_fleet_survives_everything_at_once() {
    // A server for tests may forget what it has acknowledged, when it crashes.
    let server = Server::builder()
        .setting("synchronous_commit", "on")
        .start()
        .unwrap();
    let db = server.database().unwrap();
    let url = db.url();
    let mut client = db.connect();
    migrate(&mut client, before());
    Waits::prepare(&mut client);
    for number in 0..FLEET {
        tenantry_tests::fleet::create(&mut client, &format!("old{number}"));
    }
    open(url).tenants().refill_standbys(10).unwrap();
    drop(client);

    let promises = Promises::default();
    let seed = seed_or(0);
    let dice = |number| Random::new(seed.wrapping_add(number));
    let (first, second) = thread::scope(|scope| {
        let promises = &promises;
        let end = Stop(&promises.stop);
        scope.spawn(|| create(url, promises));
        scope.spawn(|| drop_some(url, promises));
        scope.spawn(|| write_and_read(url, promises, dice(1)));
        scope.spawn(|| write_and_read(url, promises, dice(2)));
        // The others go on while one has the table.
        for long in [LONG, Duration::from_millis(5), Duration::from_millis(7)] {
            scope.spawn(move || read_shared(url, promises, long));
        }
        let first = scope.spawn(|| kill(&["chaos", url], promises, dice(3)));
        let second = scope.spawn(|| kill(&["chaos", url], promises, dice(4)));
        scope.spawn(|| kill(&["refill", url, "10"], promises, dice(5)));
        for _ in 0..4 {
            thread::sleep(Duration::from_millis(1500));
            crash(url);
        }
        thread::sleep(Duration::from_millis(1500));
        // Where the server takes long to come back.
        until("enough is done", || {
            promises.reads.load(Ordering::Relaxed) > 100
                && !promises.created.lock().unwrap().is_empty()
        });
        drop(end);
        (first.join().unwrap(), second.join().unwrap())
    });
    assert!(
        first + second > 4,
        "{first} and {second} migrators were killed"
    );
    assert!(promises.reads.load(Ordering::Relaxed) > 100);
    assert!(!promises.created.lock().unwrap().is_empty());
    promises.waits.check(LOCK_TIMEOUT);

    let mut client = connect(url);
    finish_drops(url);
    // What is left is done by two runs at once that nobody kills.
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| migrator(after()).on(&mut connect(url)).run().unwrap());
        }
    });
    migrate(&mut client, after());
    check(&mut client, &promises);
}

fn finish_drops(url: &str) {
    let db = open(url);
    let dropping = TenantFilter::all().state(TenantState::Dropping);
    for tenant in db.tenants().list(&dropping).unwrap() {
        db.tenants().drop(tenant.key()).unwrap();
    }
}

fn check(client: &mut Client, promises: &Promises) {
    check_whole(client, &after());
    let versions = "SELECT DISTINCT version || '.' || step FROM tenantry.tenant";
    assert_eq!(texts(client, versions), ["6.0"]);
    let invalid = "SELECT indexrelid::regclass::text FROM pg_catalog.pg_index WHERE NOT indisvalid";
    assert_eq!(texts(client, invalid), Vec::<String>::new());
    let all: BTreeSet<String> = texts(client, "SELECT key FROM tenantry.tenant")
        .into_iter()
        .collect();
    for name in promises.created.lock().unwrap().iter() {
        assert!(all.contains(name), "{name} was created");
    }
    for name in promises.dropped.lock().unwrap().iter() {
        assert!(!all.contains(name), "{name} was dropped");
    }
    for schema in texts(client, "SELECT schema_name FROM tenantry.tenant") {
        let applied = format!("SELECT migration FROM {schema}.applied ORDER BY 1");
        let applied = texts(client, &applied);
        assert_eq!(applied.len(), APPLIED, "{schema}: {applied:?}");
        assert_eq!(applied, ["0002", "0003", "0005", "0006"], "{schema}");
    }
    for (tenant, notes) in promises.notes.lock().unwrap().iter() {
        let found = texts(client, &format!("SELECT id::text FROM {tenant}.notes"));
        let found: BTreeSet<i64> = found.iter().map(|id| id.parse().unwrap()).collect();
        for note in notes {
            assert!(found.contains(note), "{tenant} has lost {note}");
        }
    }
}

/// Two shared tables that every tenant references.
fn two_shared() -> Chain {
    let regions = "CREATE TABLE \"{shared}\".regions (id bigint PRIMARY KEY);";
    let places = "CREATE TABLE \"{tenant}\".places (id bigint PRIMARY KEY, \
         region bigint REFERENCES \"{shared}\".regions, plan bigint REFERENCES \"{shared}\".plans);";
    chain(&[
        PLANS,
        ("0002_regions", &[("shared.up.sql", regions)]),
        ("0003_places", &[("tenant.up.sql", places)]),
    ])
}

#[test]
fn nobody_waits_for_a_long_reader_of_shared_tables_while_tenants_come_and_go() {
    /// How long a reader has the tables, at the least. Whoever waited for that would be seen.
    const LONG: Duration = Duration::from_secs(6);
    let database = TestDb::new();
    let mut client = database.connect();
    migrate(&mut client, two_shared());
    Waits::prepare(&mut client);
    let mut options = Options::default();
    let lock_timeout = Duration::from_millis(300);
    options.lock_timeout = lock_timeout;
    options.lock_wait = Duration::from_mins(2);
    let db = Database::connect_with(&database.config(), NoTls, options).unwrap();
    let tenants = db.tenants();
    for number in 0..6 {
        tenants.create(&key(&format!("old{number}"))).unwrap();
    }
    tenants.refill_standbys(3).unwrap();
    let (waits, stop) = (Waits::default(), AtomicBool::new(false));
    let (waits, stop) = (&waits, &stop);
    let mut long = database.connect();
    long.batch_execute("BEGIN; SELECT FROM shared.plans, shared.regions")
        .unwrap();
    let began = Instant::now();
    let counts = [AtomicUsize::new(0), AtomicUsize::new(0)];
    let counts = &counts;
    thread::scope(|scope| {
        let end = Stop(stop);
        let readers: Vec<_> = [["plans", "regions"], ["regions", "plans"]]
            .into_iter()
            .zip(counts)
            .map(|(tables, reads)| {
                let mut client = database.connect();
                scope.spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        // Both in one transaction, so that somebody who locks both could be in a circle with it.
                        client.batch_execute("BEGIN").unwrap();
                        for table in tables {
                            waits.read(&mut client, table).unwrap();
                        }
                        client.batch_execute("COMMIT").unwrap();
                        thread::sleep(Duration::from_millis(2));
                        reads.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        let drops: Vec<_> = [0, 3]
            .into_iter()
            .map(|first| {
                scope.spawn(move || {
                    for number in first..first + 3 {
                        tenants.drop(&key(&format!("old{number}"))).unwrap();
                    }
                })
            })
            .collect();
        // The first of these claim standbys.
        for number in 0..6 {
            tenants.create(&key(&format!("new{number}"))).unwrap();
        }
        tenants.refill_standbys(2).unwrap();
        thread::sleep(LONG.saturating_sub(began.elapsed()));
        // They go on while the long one has the tables, and others want to be rid of their keys.
        let before = counts.each_ref().map(|reads| reads.load(Ordering::Relaxed));
        until("both have read on", || {
            let now = counts.each_ref().map(|reads| reads.load(Ordering::Relaxed));
            now.iter()
                .zip(before)
                .all(|(now, before)| now - before > 20)
        });
        long.batch_execute("COMMIT").unwrap();
        for dropped in drops {
            dropped.join().unwrap();
        }
        drop(end);
        for reader in readers {
            reader.join().unwrap();
        }
    });
    waits.check(lock_timeout);
    check_whole(&mut client, &two_shared());
    let left = "SELECT count(*)::text FROM tenantry.tenant WHERE key LIKE 'old%'";
    assert_eq!(texts(&mut client, left), ["0"]);
}
