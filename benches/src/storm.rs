//! Readers while fifty tenants are created at once, with and without the limit on creations.

use std::thread;
use std::time::Duration;

use postgres::NoTls;
use tenantry::TenantKey;
use tenantry::scope::Options;

use crate::app::{Next, chain};
use crate::measure::time;
use crate::readers::during;
use crate::results::{Results, environment, ms};
use crate::server::{connect, database, open, start, text};

const TABLES: usize = 20;

pub(crate) fn run(quick: bool) {
    let server = start();
    let version = text(&mut connect(server.url()), "SHOW server_version");
    let mut results = Results::new("storm", environment(&version));
    let number = if quick { 8 } else { 50 };
    let database = database(&server);
    let db = open(database.url());
    db.migrator(chain(TABLES, Next::Nothing))
        .run()
        .expect("the chain is valid");
    let key = |name: String| TenantKey::new(name).expect("a valid key");
    db.tenants()
        .create(&key("read".to_owned()))
        .expect("a new tenant");
    let schemas = ["read".to_owned()];
    let (idle, ()) = during(database.url(), &schemas, || {
        thread::sleep(Duration::from_secs(1));
    });
    let figure = |times: &crate::measure::Times| {
        format!("{} (p99 {})", ms(times.median_ms), ms(times.p99_ms))
    };
    results.line(
        "read by key",
        "nobody else",
        figure(&idle),
        String::new(),
        "",
    );
    for (how, at_once) in [("with the limit of 2", 2), ("without a limit", number)] {
        let config = server.config();
        let mut config = config.clone();
        config.dbname(database.name());
        let mut options = Options::default();
        options.max_connections = number;
        options.max_creations = at_once;
        let db =
            tenantry::Database::connect_with(&config, NoTls, options).expect("the server is there");
        let (times, (took, ())) = during(database.url(), &schemas, || {
            time(|| {
                thread::scope(|scope| {
                    for round in 0..number {
                        let (db, key) = (&db, key(format!("storm{at_once}_{round}")));
                        scope.spawn(move || db.tenants().create(&key).expect("a new tenant"));
                    }
                });
            })
        });
        results.line(
            &format!("read by key, {number} creations at once"),
            how,
            figure(&times),
            format!("all created in {}", ms(took.as_secs_f64() * 1e3)),
            "",
        );
    }
    results.save(quick);
}
