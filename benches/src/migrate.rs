//! One migration over a thousand tenants, against the best way by hand and against the packages' best executors.

use std::iter;
use std::slice::Chunks;
use std::time::Duration;

use tenantry::TenantKey;

use crate::app::{Next, by_hand, chain, shared_sql};
use crate::measure::{median, per, shared_out, time};
use crate::packages::{self, Package};
use crate::results::{Results, environment, ms, times};
use crate::server::{connect, database, open, start, text};

const TABLES: usize = 20;
const CONNECTIONS: usize = 2;

pub(crate) fn run(quick: bool, with_packages: bool) {
    let (number, rounds) = if quick { (20, 1) } else { (1000, 7) };
    let server = start();
    let version = text(&mut connect(server.url()), "SHOW server_version");
    let mut results = Results::new("migrate", environment(&version));
    let (ours, hand) = (database(&server), database(&server));
    let db = open(ours.url());
    db.migrator(chain(TABLES, Next::Nothing))
        .run()
        .expect("the chain is valid");
    let names: Vec<String> = (0..number).map(|number| format!("a{number}")).collect();
    shared_out(vec![(); CONNECTIONS], names.clone(), |(), name| {
        let key = TenantKey::new(name).expect("a valid key");
        db.tenants().create(&key).expect("a new tenant");
    });
    connect(hand.url())
        .batch_execute(&format!(
            "CREATE SCHEMA shared; CREATE TABLE public.registry (name text PRIMARY KEY, version int NOT NULL);\n{}",
            shared_sql("shared")
        ))
        .expect("the shared tables are valid");
    let clients = || {
        (0..CONNECTIONS)
            .map(|_| connect(hand.url()))
            .collect::<Vec<_>>()
    };
    shared_out(clients(), names.clone(), |client, name| {
        let sql = by_hand(TABLES, &name, Some("shared"));
        client
            .batch_execute(&format!(
                "INSERT INTO public.registry VALUES ('{name}', 31);\n{sql}"
            ))
            .expect("a new tenant");
    });
    for url in [ours.url(), hand.url()] {
        connect(url)
            .batch_execute("VACUUM ANALYZE")
            .expect("the server is there");
    }
    for (next, goal) in [(Next::Column, 120), (Next::Table, 24)] {
        let mut took = vec![Vec::new(); 4];
        for _ in 0..rounds {
            let (ours, report) = time(|| {
                let migrator = db.migrator(chain(TABLES, next)).workers(CONNECTIONS);
                migrator.run().expect("the migration is valid")
            });
            assert_eq!(report.migrated, number);
            took[0].push(per(ours, number));
            db.migrator(chain(TABLES, next))
                .workers(CONNECTIONS)
                .rollback(Some("0031_add_constraint"))
                .expect("the migration can be undone");
            for (at, size) in [(1, 1), (2, 10), (3, 50)] {
                let wall = migrate_by_hand(hand.url(), next, names.chunks(size));
                took[at].push(per(wall, number));
                undo(&mut connect(hand.url()), next, &names);
            }
        }
        let took: Vec<f64> = took.into_iter().map(median).collect();
        let what = format!("{}, {number} tenants", next.name());
        for (at, size) in [(1, 1), (2, 10), (3, 50)] {
            let who = format!("by hand, {size} a transaction");
            results.line(
                &what,
                &who,
                format!("{} a tenant", ms(took[at])),
                String::new(),
                "",
            );
        }
        let best = took[1..].iter().copied().fold(f64::INFINITY, f64::min);
        results.line(
            &what,
            "tenantry",
            format!("{} a tenant", ms(took[0])),
            format!("{} the best by hand", times(took[0], best)),
            "at most 1.25 ×",
        );
        if with_packages {
            for package in Package::ALL {
                let (took, how) = packages::migrate(&server, package, TABLES, 100, next);
                results.line(
                    &what,
                    &format!("{}, {how}", package.name()),
                    format!("{} a tenant", ms(took)),
                    format!("{} tenantry", times(took, median(vec![took_of(&results)]))),
                    &format!("at least {goal} ×"),
                );
            }
        }
    }
    if with_packages {
        results.note_packages();
    }
    results.save(quick);
}

/// The migration by hand, with some tenants in each transaction.
fn migrate_by_hand(url: &str, next: Next, pieces: Chunks<'_, String>) -> Duration {
    // The migrator opens its connections too.
    let workers = iter::repeat_with(|| None).take(CONNECTIONS).collect();
    let migrate = |client: &mut Option<_>, names: &[String]| {
        client
            .get_or_insert_with(|| connect(url))
            .batch_execute(&hand_sql(next, names))
            .expect("the migration is valid");
    };
    shared_out(workers, pieces.collect(), migrate).0
}

/// tenantry's figure, which is the last of its own.
fn took_of(results: &Results) -> f64 {
    let ours = results
        .lines
        .iter()
        .rev()
        .find(|line| line.who == "tenantry");
    let figure = ours.and_then(|line| line.figure.split(' ').next());
    figure
        .and_then(|figure| figure.parse().ok())
        .unwrap_or(f64::NAN)
}

fn hand_sql(next: Next, names: &[String]) -> String {
    let changes: String = names.iter().map(|name| next.sql(name)).collect();
    let list: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    format!(
        "{changes}UPDATE public.registry SET version = 32 WHERE name IN ({});",
        list.join(", ")
    )
}

fn undo(client: &mut postgres::Client, next: Next, names: &[String]) {
    for names in names.chunks(50) {
        let sql: String = names.iter().map(|name| next.undo(name)).collect();
        client.batch_execute(&sql).expect("it can be undone");
    }
    client
        .batch_execute("UPDATE public.registry SET version = 31")
        .expect("it can be undone");
}
