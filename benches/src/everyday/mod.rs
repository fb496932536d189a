//! An application's everyday work in one of many tenants: by hand, through tenantry, and through other libraries, over one connection each.
//!
//! The contenders take turns in slices of some milliseconds, so that whatever else the machine does hits all alike; ratios are the
//! median of those within a round.

mod clock;
mod contender;
pub(crate) mod counts;
mod models;
mod peers;
mod sql;
mod tasks;
mod threads;
mod unit;

use std::time::Duration;

use postgres::Config;
use tenantry::scope::{Options, PreparedStatements};

use clock::Clock;
use contender::{Contender, Cost, cost};
use peers::{PEERS, Peer};
use unit::{Slice, WORKS};

use crate::measure::median;
use crate::results::{Results, environment, times};
use crate::server::{connect, database, start, text};

/// How long a slice takes, about.
const SLICE: Duration = Duration::from_millis(6);

/// Statements that tenantry keeps on a connection where it prepares them.
const KEPT: usize = 1024;

/// A contender, and the one before it in the list that it is compared with, if any.
struct Entry {
    name: &'static str,
    limit: Option<&'static str>,
    goal: &'static str,
    contender: Box<dyn Contender>,
}

pub(crate) fn run(quick: bool, with_peers: bool) {
    let server = start();
    let mut looks = connect(server.url());
    let version = text(&mut looks, "SHOW server_version");
    let mut results = Results::new("everyday", environment(&version));
    let database = database(&server);
    let fleets: &[usize] = if quick { &[1, 4] } else { &[1, 100, 1_000] };
    models::prepare(database.url(), *fleets.last().expect("several"));
    if with_peers {
        peers::build();
    }
    let clock = Clock::of(&mut looks);
    let rounds = if quick { 1 } else { 41 };
    for &tenants in fleets {
        // Connections of each fleet are new, so that the memory of one is not the other's.
        let mut entries = entries(database.url(), &database.config(), with_peers);
        for statements in [1, 10] {
            for (work, what) in WORKS {
                let slice = Slice {
                    work,
                    tenants,
                    statements,
                    first: 0,
                    units: 1,
                };
                let costs = turns(&mut entries, slice, rounds, &clock);
                let what = match (statements, tenants) {
                    (1, 1) => format!("{what}, 1 tenant"),
                    (1, _) => format!("{what}, {tenants} tenants"),
                    (_, 1) => format!("10 × {what}, 1 tenant"),
                    (_, _) => format!("10 × {what}, {tenants} tenants"),
                };
                tell(&mut results, &what, &entries, &costs);
            }
        }
        models::shrink(database.url(), tenants);
    }
    results.save(quick);
}

fn entries(url: &str, config: &Config, with_peers: bool) -> Vec<Entry> {
    let options = |is_prepared: bool| {
        let mut options = Options::default();
        options.max_connections = 1;
        if is_prepared {
            options.prepared_statements = PreparedStatements::Cached {
                per_connection: KEPT,
            };
        }
        options
    };
    let by_hand = |name, contender| Entry {
        name,
        limit: None,
        goal: "",
        contender,
    };
    let ours = |name, limit, contender| Entry {
        name,
        limit: Some(limit),
        goal: "≤ 1.10 × by hand",
        contender,
    };
    let mut entries = vec![
        by_hand(
            "by hand (postgres)",
            Box::new(threads::ByHand::new(url, false)),
        ),
        ours(
            "tenantry",
            "by hand (postgres)",
            Box::new(threads::Ours::new(config, options(false))),
        ),
        by_hand(
            "by hand, prepared",
            Box::new(threads::ByHand::new(url, true)),
        ),
        ours(
            "tenantry, prepared",
            "by hand, prepared",
            Box::new(threads::Ours::new(config, options(true))),
        ),
        by_hand(
            "by hand (tokio-postgres)",
            Box::new(tasks::ByHand::new(url, false)),
        ),
        ours(
            "tenantry::tokio",
            "by hand (tokio-postgres)",
            Box::new(tasks::Ours::new(config, options(false))),
        ),
        by_hand(
            "by hand (tokio), prepared",
            Box::new(tasks::ByHand::new(url, true)),
        ),
        ours(
            "tenantry::tokio, prepared",
            "by hand (tokio), prepared",
            Box::new(tasks::Ours::new(config, options(true))),
        ),
    ];
    if with_peers {
        for (peer, name, is_async) in PEERS {
            let limit = if is_async {
                "by hand (tokio-postgres)"
            } else {
                "by hand (postgres)"
            };
            entries.push(Entry {
                name,
                limit: Some(limit),
                goal: "",
                contender: Box::new(Peer::new(peer, url)),
            });
        }
    }
    entries
}

/// Has the contenders take turns. Gives the cost of a unit in each round, by contender.
fn turns(entries: &mut [Entry], slice: Slice, rounds: usize, clock: &Clock) -> Vec<Vec<Cost>> {
    // Slices warm up, so that prepared statements are there for each tenant, and the last tells how many units a slice has.
    let mut first = 0;
    let mut next = |units: usize| {
        first += units;
        Slice {
            first: first - units,
            units,
            ..slice
        }
    };
    let warm = if rounds == 1 {
        2
    } else {
        20 + 3 * slice.tenants
    };
    let mut longest = Duration::ZERO;
    for entry in entries.iter_mut() {
        cost(entry.contender.as_mut(), next(warm), clock);
        longest = longest.max(cost(entry.contender.as_mut(), next(10), clock).wall / 10);
    }
    let units = (SLICE.as_nanos() / longest.as_nanos().max(1)).clamp(1, 500);
    let units = if rounds == 1 {
        2
    } else {
        usize::try_from(units).expect("a few")
    };
    let mut costs = vec![Vec::new(); entries.len()];
    for round in 0..rounds {
        for turn in 0..entries.len() {
            // Nobody always follows the same one.
            let place = (turn * 5 + round) % entries.len();
            let entry = &mut entries[place];
            let Cost { wall, cpu } = cost(entry.contender.as_mut(), next(units), clock);
            let per = |time: Duration| time / u32::try_from(units).expect("a few");
            costs[place].push(Cost {
                wall: per(wall),
                cpu: per(cpu),
            });
        }
    }
    costs
}

fn tell(results: &mut Results, what: &str, entries: &[Entry], costs: &[Vec<Cost>]) {
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    for (entry, own) in entries.iter().zip(costs) {
        let middle =
            |of: fn(&Cost) -> Duration| median(own.iter().map(|cost| micros(of(cost))).collect());
        let figure = format!(
            "{:.0} µs ({:.0} µs)",
            middle(|cost| cost.wall),
            middle(|cost| cost.cpu)
        );
        let ratio = entry.limit.map_or_else(String::new, |limit| {
            let place = entries.iter().position(|other| other.name == limit);
            let limit = &costs[place.expect("it is in the list")];
            let ratio = |of: fn(&Cost) -> Duration| {
                let pairs = own.iter().zip(limit);
                median(
                    pairs
                        .map(|(own, limit)| micros(of(own)) / micros(of(limit)))
                        .collect(),
                )
            };
            format!(
                "{} by hand, processor {}",
                times(ratio(|cost| cost.wall), 1.0),
                times(ratio(|cost| cost.cpu), 1.0)
            )
        });
        results.line(what, entry.name, figure, ratio, entry.goal);
    }
}
