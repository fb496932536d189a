//! Creation from the baseline, against the leanest SQL by hand and against the packages.

use std::time::Duration;

use tenantry::TenantKey;

use crate::app::{Next, by_hand, chain, shared_sql};
use crate::measure::{Times, median, per, shared_out, time};
use crate::packages::{self, Package};
use crate::results::{Results, environment, ms, times};
use crate::server::{connect, database, open, start, text};

/// Some databases of one application: tenantry's, and one where all is done by hand.
struct Pair {
    ours: tenantry::testing::TestDb,
    hand: tenantry::testing::TestDb,
    db: tenantry::Database,
}

pub(crate) fn run(quick: bool, with_packages: bool) {
    let server = start();
    let version = text(&mut connect(server.url()), "SHOW server_version");
    let mut results = Results::new("create", environment(&version));
    for (tables, number) in [(20, 60), (100, 24)] {
        let number = if quick { 4 } else { number };
        let pair = pair(&server, tables);
        let ours = alone(&mut results, &pair, tables, number);
        both(&mut results, &pair, tables, number);
        if with_packages {
            for package in Package::ALL {
                for (mode, goal) in [("migrate", [12, 25]), ("clone", [4, 3])] {
                    let goal = goal[usize::from(tables == 100)];
                    let took = packages::create(&server, package, tables, mode, number.min(10));
                    let took = Times::of(&took).median_ms;
                    results.line(
                        &format!("create, {tables} tables"),
                        &format!("{} by {mode}", package.name()),
                        ms(took),
                        format!("{} tenantry", times(took, ours)),
                        &format!("at least {goal} ×"),
                    );
                }
            }
        }
    }
    if with_packages {
        results.note_packages();
    }
    results.save(quick);
}

fn pair(server: &tenantry::testing::Server, tables: usize) -> Pair {
    let (ours, hand) = (database(server), database(server));
    let db = open(ours.url());
    db.migrator(chain(tables, Next::Nothing))
        .run()
        .expect("the chain is valid");
    let mut client = connect(hand.url());
    client
        .batch_execute(&format!(
            "CREATE SCHEMA shared; CREATE TABLE public.registry (name text PRIMARY KEY, version int NOT NULL);\n{}",
            shared_sql("shared")
        ))
        .expect("the shared tables are valid");
    Pair { ours, hand, db }
}

fn hand_sql(tables: usize, name: &str) -> String {
    format!(
        "INSERT INTO public.registry VALUES ('{name}', 31);\n{}",
        by_hand(tables, name, Some("shared"))
    )
}

fn key(name: &str) -> TenantKey {
    TenantKey::new(name).expect("a valid key")
}

/// One connection each, in turns. Gives tenantry's median.
fn alone(results: &mut Results, pair: &Pair, tables: usize, number: usize) -> f64 {
    let mut client = connect(pair.hand.url());
    let (mut ours, mut hand) = (Vec::new(), Vec::new());
    for round in 0..number + 3 {
        let name = format!("alone_{round}");
        let (one, _) = time(|| pair.db.tenants().create(&key(&name)).expect("a new tenant"));
        let sql = hand_sql(tables, &name);
        let (other, ()) = time(|| client.batch_execute(&sql).expect("a new tenant"));
        // The first few warm the caches.
        if round >= 3 {
            ours.push(one);
            hand.push(other);
        }
    }
    check_same(pair, "alone_0");
    let (ours, hand) = (Times::of(&ours), Times::of(&hand));
    let what = format!("create, {tables} tables");
    results.line(&what, "by hand", ms(hand.median_ms), String::new(), "");
    results.line(
        &what,
        "tenantry",
        ms(ours.median_ms),
        format!("{} by hand", times(ours.median_ms, hand.median_ms)),
        "at most 1.15 ×",
    );
    ours.median_ms
}

/// One connection against two, in turns.
fn both(results: &mut Results, pair: &Pair, tables: usize, number: usize) {
    const ROUNDS: usize = 3;
    let mut walls = [const { [const { Vec::new() }; 2] }; 2];
    for round in 0..ROUNDS {
        for (at, connections) in [1, 2].into_iter().enumerate() {
            let names = |who: &str| -> Vec<String> {
                let name = |number| format!("{who}{connections}_{round}_{number}");
                (0..number / 2).map(name).collect()
            };
            let (took, _) = shared_out(vec![(); connections], names("ours"), |(), name| {
                pair.db.tenants().create(&key(&name)).expect("a new tenant");
            });
            walls[0][at].push(per(took, number / 2));
            let clients = (0..connections).map(|_| connect(pair.hand.url())).collect();
            let (took, _) = shared_out(clients, names("hand"), |client, name| {
                client
                    .batch_execute(&hand_sql(tables, &name))
                    .expect("a new tenant");
            });
            walls[1][at].push(per(took, number / 2));
        }
    }
    let [ours, hand] = walls;
    let what = format!("create, {tables} tables, two connections");
    for (who, walls, goal) in [("by hand", hand, ""), ("tenantry", ours, "at least 1.5 ×")] {
        let [one, two] = walls.map(median);
        let ratio = format!("{} as fast as one", times(one, two));
        results.line(&what, who, format!("{} a tenant", ms(two)), ratio, goal);
    }
}

/// Both have made the same: as many columns, constraints and indexes.
fn check_same(pair: &Pair, schema: &str) {
    let sql = packages::counts(schema);
    let ours = text(&mut connect(pair.ours.url()), &sql);
    let hand = text(&mut connect(pair.hand.url()), &sql);
    assert_eq!(ours, hand, "columns, constraints and indexes");
}

/// Times as the packages' script prints them.
pub(crate) fn seconds(times: &[f64]) -> Vec<Duration> {
    times
        .iter()
        .map(|time| Duration::from_secs_f64(*time))
        .collect()
}
