//! Creation from a standby, alone and with fifty sign-ups at once, against the renaming by hand.

use std::sync::{Barrier, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use tenantry::testing::Server;
use tenantry::{Database, TenantKey};

use crate::app::{Next, chain};
use crate::measure::{Times, time};
use crate::results::{Results, environment, ms};
use crate::server::{connect, database, open, start, text};

/// How many connections the pool of an application has, if nothing else is said.
const POOL: usize = 10;

/// How often fifty come at once.
const WAVES: usize = 5;

pub(crate) fn run(quick: bool) {
    let server = start();
    let version = text(&mut connect(server.url()), "SHOW server_version");
    let mut results = Results::new("standby", environment(&version));
    let sizes: &[usize] = if quick { &[20] } else { &[20, 100, 500] };
    let number = if quick { 5 } else { 50 };
    for &tables in sizes {
        let database = database(&server);
        let db = open(database.url());
        db.migrator(chain(tables, Next::Nothing))
            .run()
            .expect("the chain is valid");
        // The first wave opens the connections of the pool.
        db.tenants()
            .refill_standbys((2 + WAVES) * number + 2)
            .expect("standbys can be made");
        // The server would otherwise still be writing down what was made.
        connect(database.url())
            .batch_execute("CHECKPOINT")
            .expect("the server is there");
        at_once("warm", number, &db);
        let alone: Vec<_> = (0..number)
            .map(|round| create(&db, &format!("alone{round}")))
            .collect();
        let together: Vec<_> = (0..WAVES)
            .flat_map(|wave| at_once(&format!("together{wave}_"), number, &db))
            .collect();
        let left = db.tenants().standbys().expect("they can be counted");
        assert_eq!(left.ready, 2, "all others were claimed");
        line(
            &mut results,
            &format!("{tables} tables, alone"),
            "tenantry",
            &alone,
        );
        let what = format!("{tables} tables, {number} at once");
        line(&mut results, &what, "tenantry", &together);
        // In the same minute, in a database with as many schemas, which are empty.
        let hand = by_hand(&server, number);
        line(&mut results, &what, "by hand", &hand);
        // The next size takes minutes to make.
        results.save(quick);
    }
}

fn create(db: &Database, key: &str) -> Duration {
    let key = TenantKey::new(key).expect("a valid key");
    time(|| db.tenants().create(&key).expect("a new tenant")).0
}

/// So many sign-ups at once, over the pool of an application.
fn at_once(name: &str, number: usize, db: &Database) -> Vec<Duration> {
    wave(number, |round| create(db, &format!("{name}{round}")))
}

/// The least that can be done: a schema that is known is renamed, and its row changed, over as many connections.
fn by_hand(server: &Server, number: usize) -> Vec<Duration> {
    let database = database(server);
    let url = database.url();
    let mut client = connect(url);
    client
        .batch_execute(
            "CREATE TABLE public.registry (id int PRIMARY KEY, key text UNIQUE, schema_name text UNIQUE NOT NULL)",
        )
        .expect("an empty database");
    for id in 0..(1 + WAVES) * number {
        client
            .batch_execute(&format!(
                "CREATE SCHEMA s{id}; INSERT INTO public.registry VALUES ({id}, NULL, 's{id}')"
            ))
            .expect("a new schema");
    }
    let clients: Vec<_> = (0..POOL).map(|_| connect(url)).collect();
    let clients = Pool::new(clients);
    let mut times = Vec::new();
    for turn in 0..=WAVES {
        let took = wave(number, |round| {
            let id = turn * number + round;
            let sql = format!(
                "UPDATE public.registry SET key = 'k{id}', schema_name = 'k{id}' WHERE id = {id}; \
                 ALTER SCHEMA s{id} RENAME TO k{id}"
            );
            time(|| clients.lend(|client| client.batch_execute(&sql).expect("it can be renamed"))).0
        });
        // The first one warms the connections.
        if turn > 0 {
            times.extend(took);
        }
    }
    times
}

fn wave(number: usize, work: impl Fn(usize) -> Duration + Sync) -> Vec<Duration> {
    let barrier = Barrier::new(number);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..number)
            .map(|round| {
                let (barrier, work) = (&barrier, &work);
                scope.spawn(move || {
                    barrier.wait();
                    work(round)
                })
            })
            .collect();
        let joined = threads.into_iter().map(thread::ScopedJoinHandle::join);
        joined.map(|took| took.expect("a new tenant")).collect()
    })
}

/// Connections that are lent.
struct Pool {
    idle: Mutex<Vec<postgres::Client>>,
    returned: Condvar,
}

impl Pool {
    fn new(idle: Vec<postgres::Client>) -> Self {
        Self {
            idle: Mutex::new(idle),
            returned: Condvar::new(),
        }
    }

    fn lend(&self, work: impl FnOnce(&mut postgres::Client)) {
        let idle = self.idle.lock().expect("nobody panics with it");
        let mut idle = self
            .returned
            .wait_while(idle, |idle| idle.is_empty())
            .expect("nobody panics with it");
        let mut client = idle.pop().expect("there is one");
        drop(idle);
        work(&mut client);
        self.idle
            .lock()
            .expect("nobody panics with it")
            .push(client);
        self.returned.notify_one();
    }
}

fn line(results: &mut Results, what: &str, who: &str, times: &[Duration]) {
    let times = Times::of(times);
    let goal = if who == "tenantry" {
        "median under 5 ms, p99 under 20 ms"
    } else {
        ""
    };
    results.line(
        &format!("claim a standby, {what}"),
        who,
        format!("{} (p99 {})", ms(times.median_ms), ms(times.p99_ms)),
        String::new(),
        goal,
    );
}
