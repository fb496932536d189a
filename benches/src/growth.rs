//! One database that grows: creating, migrating, looking at it, and reading from it.

use std::thread;
use std::time::Duration;

use tenantry::TenantKey;

use crate::app::{Next, chain};
use crate::measure::{Times, median, per, shared_out, time};
use crate::readers::during;
use crate::results::{Plot, Results, environment, ms};
use crate::server::{connect, database, open, start, text};

const TABLES: usize = 20;
const WORKERS: usize = 2;

#[derive(Default)]
struct Curves {
    create: Vec<(f64, f64)>,
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
        // What is plotted is the price of the last ones, in a database that is nearly as large as it gets.
        let (early, late) = names.split_at(names.len().saturating_sub(100));
        let create = |names: &[String]| {
            shared_out(vec![(); WORKERS], names.to_vec(), |(), name| {
                let key = TenantKey::new(name).expect("a valid key");
                db.tenants().create(&key).expect("a new tenant");
            })
        };
        create(early);
        let (took, _) = create(late);
        there = size;
        #[expect(
            clippy::cast_precision_loss,
            reason = "there are ten thousand at the most"
        )]
        let x = size as f64;
        curves.create.push((x, per(took, late.len())));
        let mut client = connect(url);
        grown(&db, url, size, x, &mut curves);
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

fn grown(db: &tenantry::Database, url: &str, size: usize, x: f64, curves: &mut Curves) {
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

fn report(results: &mut Results, size: usize, curves: &Curves, on_disk: String) {
    let last = |points: &[(f64, f64)]| points.last().map_or(0.0, |(_, y)| *y);
    let mut line = |what: &str, figure: String| {
        results.line(
            &format!("{size} tenants: {what}"),
            "tenantry",
            figure,
            String::new(),
            "",
        );
    };
    line("create one", ms(last(&curves.create)));
    line("migrate one", ms(last(&curves.migrate)));
    line("status", ms(last(&curves.status)));
    line("read by key", ms(last(&curves.read)));
    line("read by key, p99, idle", ms(last(&curves.idle)));
    line("read by key, p99, while migrating", ms(last(&curves.busy)));
    line("on disk", on_disk);
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
        vec![("create", curves.create)],
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
        ],
    );
}
