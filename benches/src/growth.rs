//! One database that grows: creating, migrating, looking at it, and reading from it.

use std::ops::Range;
use std::thread;
use std::time::Duration;

use postgres::Client;
use tenantry::{Database, TenantKey};

use crate::app::{Next, by_hand, chain};
use crate::measure::{Times, median, per, shared_out, time};
use crate::readers::during;
use crate::results::{Plot, Results, environment, ms, times};
use crate::server::{connect, database, open, start, text};

const TABLES: usize = 20;
const WORKERS: usize = 2;

/// How many are made by hand, and how many standbys are claimed, at each size.
const SOME: usize = 20;

#[derive(Default)]
struct Curves {
    create: Vec<(f64, f64)>,
    hand: Vec<(f64, f64)>,
    keyless: Vec<(f64, f64)>,
    after: Vec<(f64, f64)>,
    claim: Vec<(f64, f64)>,
    migrate: Vec<(f64, f64)>,
    status: Vec<(f64, f64)>,
    read: Vec<(f64, f64)>,
    idle: Vec<(f64, f64)>,
    busy: Vec<(f64, f64)>,
}

pub(crate) fn run(top: usize, quick: bool) {
    let server = start();
    let version = text(&mut connect(server.url()), "SHOW server_version");
    let mut results = Results::new("growth", environment(&version));
    let database = database(&server);
    let url = database.url();
    let db = open(url);
    db.migrator(chain(TABLES, Next::Nothing))
        .run()
        .expect("the chain is valid");
    let mut curves = Curves::default();
    let mut there = 0;
    let sizes = [100, 1000, 3000, 10_000];
    let mut sizes: Vec<usize> = sizes.into_iter().filter(|size| *size < top).collect();
    sizes.push(top);
    for size in sizes {
        let names: Vec<String> = (there..size).map(|number| format!("a{number}")).collect();
        created(&db, url, &names, size, &mut curves);
        there = size;
        grown(&db, url, size, &mut curves);
        let mut client = connect(url);
        let size_on_disk = text(
            &mut client,
            "SELECT pg_size_pretty(pg_database_size(current_database()))",
        );
        report(&mut results, size, &curves, size_on_disk);
        // The next size takes minutes to make.
        results.save(quick);
    }
    plots(&mut results, curves);
    results.save(quick);
}

/// Creates so many tenants, of which the last are measured: beside others that are made by hand, with a look at a shared
/// table, and from standbys.
fn created(db: &Database, url: &str, names: &[String], size: usize, curves: &mut Curves) {
    let x = abscissa(size);
    let create = |name: &str| {
        let key = TenantKey::new(name).expect("a valid key");
        db.tenants().create(&key).expect("a new tenant");
    };
    let both = |names: &[String]| {
        shared_out(vec![(); WORKERS], names.to_vec(), |(), name| create(&name)).0
    };
    let (names, claimed) = names.split_at(names.len().saturating_sub(SOME));
    let (early, late) = names.split_at(names.len().saturating_sub(100 - SOME));
    both(early);
    curves.create.push((x, per(both(late), late.len())));
    // Beside the tenants, so that the server has the same catalogue to work with.
    let hand = |client: &mut Client, shared: Option<&str>, number: usize| {
        let sql = by_hand(TABLES, &format!("hand{size}_{number}"), shared);
        client.batch_execute(&sql).expect("a new schema");
    };
    let both = |shared, numbers: Range<usize>| {
        let clients = (0..WORKERS).map(|_| connect(url)).collect();
        let make = |client: &mut Client, number| hand(client, shared, number);
        (x, per(shared_out(clients, numbers.collect(), make).0, SOME))
    };
    curves.hand.push(both(Some("shared"), 0..SOME));
    curves.keyless.push(both(None, SOME..2 * SOME));
    let (mut client, mut reader) = (connect(url), connect(url));
    let looks = (2 * SOME..3 * SOME).map(|number| {
        hand(&mut client, Some("shared"), number);
        let sql = "SELECT code FROM shared.s1 WHERE id = 1";
        time(|| reader.query_typed(sql, &[]).expect("the row can be read")).0
    });
    let looks: Vec<Duration> = looks.collect();
    curves.after.push((x, Times::of(&looks).median_ms));
    db.tenants()
        .refill_standbys(claimed.len())
        .expect("standbys can be made");
    let claims = claimed.iter().map(|name| time(|| create(name)).0);
    let claims: Vec<Duration> = claims.collect();
    curves.claim.push((x, Times::of(&claims).median_ms));
}

fn grown(db: &Database, url: &str, size: usize, curves: &mut Curves) {
    let x = abscissa(size);
    let schemas: Vec<String> = (0..size.min(100))
        .map(|number| format!("a{number}"))
        .collect();
    let rest = || thread::sleep(Duration::from_secs(1));
    let (idle, ()) = during(url, &schemas, rest);
    let next = || db.migrator(chain(TABLES, Next::Column)).workers(WORKERS);
    let (busy, (took, report)) = during(url, &schemas, || {
        time(|| next().run().expect("the migration is valid"))
    });
    assert_eq!(report.migrated, size);
    curves.migrate.push((x, per(took, size)));
    let status = (0..5).map(|_| time(|| next().status().expect("it can be looked at")).0);
    let status = median(status.map(|took| took.as_secs_f64() * 1e3).collect());
    curves.status.push((x, status));
    next()
        .rollback(Some("0031_add_constraint"))
        .expect("the migration can be undone");
    let mut client = connect(url);
    let reads: Vec<Duration> = (0..2000)
        .map(|number| {
            let schema = &schemas[number % schemas.len()];
            let sql = format!("SELECT name, qty FROM {schema}.t001 WHERE id = 1");
            time(|| client.query_typed(&sql, &[]).expect("the row can be read")).0
        })
        .collect();
    curves.read.push((x, Times::of(&reads).median_ms));
    curves.idle.push((x, idle.p99_ms));
    curves.busy.push((x, busy.p99_ms));
}

fn abscissa(size: usize) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "there are ten thousand at the most"
    )]
    let x = size as f64;
    x
}

/// Adds the figures of a size, and puts those of one kind together.
fn report(results: &mut Results, size: usize, curves: &Curves, on_disk: String) {
    let kinds = [
        ("create one", "by hand", &curves.hand),
        ("create one", "tenantry", &curves.create),
        ("create one", "tenantry, from a standby", &curves.claim),
        (
            "create one",
            "by hand, no keys to shared tables",
            &curves.keyless,
        ),
        (
            "read a shared table after a creation",
            "anybody",
            &curves.after,
        ),
        ("migrate one", "tenantry", &curves.migrate),
        ("status", "tenantry", &curves.status),
        ("read by key, median", "nobody else there", &curves.read),
        ("read by key, p99", "nobody else there", &curves.idle),
        (
            "read by key, p99",
            "while the fleet is migrated",
            &curves.busy,
        ),
    ];
    let last = |points: &[(f64, f64)]| points.last().map_or(0.0, |(_, y)| *y);
    for (what, who, points) in kinds {
        let ratio = if (what, who) == ("create one", "tenantry") {
            format!("{} by hand", times(last(points), last(&curves.hand)))
        } else {
            String::new()
        };
        let what = format!("{what}, {size} tenants");
        results.line(&what, who, ms(last(points)), ratio, "");
    }
    let what = format!("size on disk, {size} tenants");
    results.line(&what, "", on_disk, String::new(), "");
    results.lines.sort_by_key(|line| {
        let what = line.what.rsplit_once(", ").map_or("", |(what, _)| what);
        let place = kinds
            .iter()
            .position(|(kind, who, _)| (*kind, *who) == (what, &line.who));
        // What is none of these comes last.
        place.unwrap_or(kinds.len())
    });
}

fn plots(results: &mut Results, curves: Curves) {
    let mut plot = |name: &str, title: &str, y: &str, series: Vec<(&str, Vec<(f64, f64)>)>| {
        results.plots.push(Plot {
            name: name.to_owned(),
            title: title.to_owned(),
            x: "tenants of 20 tables".to_owned(),
            y: y.to_owned(),
            series: series
                .into_iter()
                .map(|(name, points)| (name.to_owned(), points))
                .collect(),
        });
    };
    plot(
        "growth_create",
        "Creating a tenant, two at a time",
        "ms a tenant",
        vec![
            ("tenantry", curves.create),
            ("by hand", curves.hand),
            ("by hand, no keys to shared tables", curves.keyless),
            ("claim of a standby, median", curves.claim),
        ],
    );
    plot(
        "growth_migrate",
        "Adding a column, two workers",
        "ms a tenant",
        vec![("migrate", curves.migrate)],
    );
    plot(
        "growth_status",
        "The status of the fleet",
        "ms",
        vec![("status", curves.status)],
    );
    plot(
        "growth_read",
        "Reading a row by its key",
        "ms",
        vec![
            ("median, idle", curves.read),
            ("p99, idle", curves.idle),
            ("p99, while the fleet is migrated", curves.busy),
            ("a shared table, after a creation", curves.after),
        ],
    );
}
