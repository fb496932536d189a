//! Finding out that there is nothing to do.

use tenantry::TenantKey;
use tenantry::migrate::Chain;

use crate::app::Next;
use crate::measure::{median, shared_out, time};
use crate::packages::{self, Package};
use crate::results::{Results, environment, ms, times};
use crate::server::{connect, database, open, start, text};

/// An application of one table: what is applied is read from the metadata tables, however many tables there are.
fn small() -> Chain {
    Chain::from_files(&[
        (
            "0001_notes/migration.toml",
            "format = 1\nid = \"0001_notes\"",
        ),
        (
            "0001_notes/tenant.up.sql",
            "CREATE TABLE \"{tenant}\".notes (id bigint PRIMARY KEY, text text)",
        ),
    ])
    .expect("the chain is well-formed")
}

pub(crate) fn run(quick: bool, with_packages: bool) {
    let server = start();
    let version = text(&mut connect(server.url()), "SHOW server_version");
    let mut results = Results::new("noop", environment(&version));
    let sizes: &[usize] = if quick {
        &[10, 50]
    } else {
        &[100, 1000, 10_000]
    };
    let database = database(&server);
    let db = open(database.url());
    db.migrator(small()).run().expect("the chain is valid");
    let mut first = None;
    let mut last = 0.0;
    let mut there = 0;
    for &size in sizes {
        let names: Vec<String> = (there..size).map(|number| format!("a{number}")).collect();
        there = size;
        shared_out(vec![(); 2], names, |(), name| {
            let key = TenantKey::new(name).expect("a valid key");
            db.tenants().create(&key).expect("a new tenant");
        });
        connect(database.url())
            .batch_execute("VACUUM ANALYZE")
            .expect("the server is there");
        let took = (0..15).map(|_| {
            // A process that begins has a connection of its own, whose caches are cold.
            let db = open(database.url());
            let (took, report) = time(|| {
                db.migrator(small())
                    .workers(2)
                    .run()
                    .expect("nothing to do")
            });
            assert_eq!((report.migrated, report.shared.len()), (0, 0));
            took.as_secs_f64() * 1e3
        });
        let took = median(took.collect());
        let smallest = *first.get_or_insert(took);
        last = took;
        results.line(
            &format!("nothing to do, {size} tenants"),
            "tenantry",
            ms(took),
            format!("{} that of {} tenants", times(took, smallest), sizes[0]),
            "under 50 ms, at most 5 ×; one query",
        );
    }
    if with_packages {
        for package in Package::ALL {
            let (took, how) = packages::migrate(&server, package, 20, 500, Next::Nothing);
            let took = took * 500.0;
            results.line(
                "nothing to do, 500 tenants",
                &format!("{}, {how}", package.name()),
                ms(took),
                format!("{} tenantry at 10,000", times(took, last)),
                "at least 1,000 ×",
            );
        }
    }
    if with_packages {
        results.note_packages();
    }
    results.save(quick);
}
