//! Creation from a standby, alone and with fifty sign-ups at once.

use std::sync::Barrier;
use std::thread;

use tenantry::TenantKey;
use tenantry::tenant::{self, NewTenant};

use crate::app::{Next, chain};
use crate::measure::{Times, time};
use crate::results::{Results, environment, ms};
use crate::server::{connect, database, open, start, text};

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
        db.tenants()
            .refill_standbys(2 * number + 2)
            .expect("standbys can be made");
        let key = |name: String| TenantKey::new(name).expect("a valid key");
        let mut alone = Vec::new();
        for round in 0..number + 2 {
            let key = key(format!("alone{round}"));
            let (took, _) = time(|| db.tenants().create(&key).expect("a new tenant"));
            if round >= 2 {
                alone.push(took);
            }
        }
        line(&mut results, tables, "alone", &alone);
        let barrier = Barrier::new(number);
        let together: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..number)
                .map(|round| {
                    let mut client = connect(database.url());
                    let (key, barrier) = (key(format!("together{round}")), &barrier);
                    scope.spawn(move || {
                        // A server process is ready once it has looked around.
                        client
                            .batch_execute("SELECT count(*) FROM tenantry.meta")
                            .expect("the server is there");
                        barrier.wait();
                        let new = NewTenant::new(&key);
                        time(|| tenant::create(&mut client, &new).expect("a new tenant")).0
                    })
                })
                .collect();
            let joined = threads.into_iter().map(thread::ScopedJoinHandle::join);
            joined.map(|took| took.expect("a new tenant")).collect()
        });
        line(
            &mut results,
            tables,
            &format!("{number} at once"),
            &together,
        );
        // The next size takes minutes to make.
        results.save(quick);
    }
}

fn line(results: &mut Results, tables: usize, how: &str, times: &[std::time::Duration]) {
    let times = Times::of(times);
    results.line(
        &format!("claim a standby, {tables} tables, {how}"),
        "tenantry",
        format!("{} (p99 {})", ms(times.median_ms), ms(times.p99_ms)),
        String::new(),
        "median under 5 ms, p99 under 20 ms",
    );
}
