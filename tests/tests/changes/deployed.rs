//! A deploy under load: a column gets another name, and another a wider type, while both versions of the application read and write.

use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tenantry::migrate::{Choices, Phase};
use tenantry::prelude::*;
use tenantry_tests::fleet::{app, check_whole, create, key, migrator, texts};
use tenantry_tests::random::{Random, seed};
use tenantry_tests::wait::until;

use crate::given::Given;

mod before {
    use super::*;

    #[tenant_model(index("total"))]
    pub(crate) struct Entry {
        #[field(key)]
        pub id: i64,
        #[field(unique)]
        pub number: i64,
        #[field(unique)]
        pub total: i64,
        #[field(default = 0)]
        pub stock: i32,
    }
}

mod after {
    use super::*;

    #[tenant_model(index("amount"))]
    pub(crate) struct Entry {
        #[field(key)]
        pub id: i64,
        #[field(unique)]
        pub number: i64,
        #[field(unique)]
        pub amount: i64,
        #[field(default = 0)]
        pub stock: i64,
    }
}

const BEFORE: [&tenantry::model::ModelDef; 1] = [before::Entry::DEF];
const AFTER: [&tenantry::model::ModelDef; 1] = [after::Entry::DEF];

const ROWS: &str = "INSERT INTO {t}.entries (number, total, stock) SELECT -n, -n, n FROM generate_series(1, 2000) AS n; \
    ANALYZE {t}.entries";

/// The requests of one version of the application.
#[derive(Default)]
struct Load {
    is_over: AtomicBool,
    done: AtomicUsize,
    longest: Mutex<Duration>,
}

impl Load {
    /// Asks for more as long as it is not over.
    fn run(&self, mut request: impl FnMut()) {
        while !self.is_over.load(Ordering::Relaxed) {
            let begun = Instant::now();
            request();
            let mut longest = self.longest.lock().unwrap();
            *longest = begun.elapsed().max(*longest);
            drop(longest);
            self.done.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits for some more requests.
    fn go_on(&self) {
        let done = self.done.load(Ordering::Relaxed);
        until("requests go on", || {
            self.done.load(Ordering::Relaxed) >= done + 40
        });
    }
}

/// Ends the load however the test goes on, so that its threads end.
struct Over<'a>([&'a Load; 2]);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        for load in self.0 {
            load.is_over.store(true, Ordering::Relaxed);
        }
    }
}

#[test]
fn no_request_fails_while_a_name_and_a_type_change() {
    let mut given = Given::new(&BEFORE, ROWS);
    let mut tenants = vec!["acme".to_owned(), "select".to_owned()];
    for number in 0..8 {
        let name = format!("t{number}");
        create(&mut given.client, &name);
        given.run(&name, ROWS);
        tenants.push(name);
    }
    given.write(&AFTER, &Choices::new().rename("entries.total=amount"));
    let (old, new) = (Load::default(), Load::default());
    let (numbers, url) = (AtomicI64::new(1), given.url().to_owned());
    let next = || numbers.fetch_add(1, Ordering::Relaxed);
    let (db, tenants) = (app(&url), &tenants);
    let chosen = |number: i64| {
        let at = usize::try_from(number).unwrap() % tenants.len();
        key(&tenants[at])
    };
    let by_old = || {
        let number = next();
        let mut scope = db.tenant(&chosen(number)).unwrap();
        let entry = before::Entry::insert(before::NewEntry::new(number, number).stock(7));
        let mut entry = entry.returning(&mut scope).unwrap();
        entry.stock = 8;
        entry.save(&mut scope).unwrap();
        let read = before::Entry::query()
            .filter(before::Entry::TOTAL.eq(number))
            .one(&mut scope)
            .unwrap();
        assert_eq!((read.number, read.stock), (number, 8));
        let last = before::Entry::query().order_by(before::Entry::ID.desc());
        last.limit(5).all(&mut scope).unwrap();
    };
    let by_new = || {
        let number = next();
        let mut scope = db.tenant(&chosen(number)).unwrap();
        let entry = after::Entry::insert(after::NewEntry::new(number, number).stock(7));
        let mut entry = entry.returning(&mut scope).unwrap();
        entry.stock = 8;
        entry.save(&mut scope).unwrap();
        let read = after::Entry::query()
            .filter(after::Entry::AMOUNT.eq(number))
            .one(&mut scope)
            .unwrap();
        assert_eq!((read.number, read.stock), (number, 8));
        let last = after::Entry::query().order_by(after::Entry::ID.desc());
        last.limit(5).all(&mut scope).unwrap();
    };
    std::thread::scope(|threads| {
        let over = Over([&old, &new]);
        let olds = [0; 2].map(|_| threads.spawn(|| old.run(by_old)));
        old.go_on();
        let expand = migrator(given.chain()).phase(Phase::Expand);
        expand.on(&mut given.client).run().unwrap();
        let news = [0; 2].map(|_| threads.spawn(|| new.run(by_new)));
        new.go_on();
        old.go_on();
        old.is_over.store(true, Ordering::Relaxed);
        for thread in olds {
            thread.join().unwrap();
        }
        let contract = migrator(given.chain()).phase(Phase::Contract);
        contract.on(&mut given.client).run().unwrap();
        new.go_on();
        drop(over);
        for thread in news {
            thread.join().unwrap();
        }
    });
    let mut written = 0;
    for tenant in tenants {
        let counted = "SELECT count(*)::text FROM {t}.entries WHERE number > 0 AND amount = number AND stock = 8";
        let counted = given.finds_in(tenant, counted).remove(0);
        written += counted.parse::<usize>().unwrap();
        let former = "SELECT count(*)::text FROM {t}.entries WHERE number < 0 AND amount = number AND stock = -number";
        assert_eq!(given.finds_in(tenant, former), ["2000"]);
    }
    let [by_old, by_new] = [&old, &new].map(|load| load.done.load(Ordering::Relaxed));
    assert_eq!(written, by_old + by_new);
    given.expect_structure(&AFTER);
    println!(
        "{by_old} requests of the former version, the longest {:?}; {by_new} of the next, the longest {:?}",
        old.longest.lock().unwrap(),
        new.longest.lock().unwrap()
    );
}

#[test]
fn a_migrator_that_is_killed_at_any_moment_is_gone_on_with() {
    let mut random = Random::new(seed());
    let mut given = Given::new(&BEFORE, ROWS);
    let migrations = given.write(&AFTER, &Choices::new().rename("entries.total=amount"));
    let folder = given.folder().to_owned();
    let url = given.url().to_owned();
    let start = || {
        Command::new(env!("CARGO_BIN_EXE_fleet_worker"))
            .args(["folder", &url, folder.to_str().unwrap()])
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let begun = Instant::now();
    assert!(start().wait().unwrap().success());
    let whole = begun.elapsed();
    let back = |given: &mut Given| {
        let migrator = migrator(given.chain());
        migrator.on(&mut given.client).rollback(Some("1")).unwrap();
        given.run("acme", "DELETE FROM {t}.entries WHERE number > 0");
    };
    back(&mut given);
    let mut stopped = std::collections::BTreeSet::new();
    for round in 0..200 {
        // Between the first of the steps and the last.
        if round >= 20 && stopped.len() >= 2 {
            break;
        }
        let mut worker = start();
        let part = u32::try_from(random.below(1000)).unwrap();
        std::thread::sleep(whole * part / 1000);
        worker.kill().unwrap();
        worker.wait().unwrap();
        let others = "SELECT pid::text FROM pg_catalog.pg_stat_activity \
            WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
        until("the server is done with it", || {
            texts(&mut given.client, others).is_empty()
        });
        let version = "SELECT version::text FROM tenantry.tenant WHERE key = 'acme'";
        let version = texts(&mut given.client, version).remove(0);
        // Whichever versions can run at that point can write.
        let version: usize = version.parse().unwrap();
        let last = migrations.len() + 1;
        if version < last {
            given.run(
                "acme",
                "INSERT INTO {t}.entries (number, total) VALUES (1, 1)",
            );
        }
        if version > 3 {
            given.run(
                "acme",
                "INSERT INTO {t}.entries (number, amount) VALUES (2, 2)",
            );
        }
        if version > 1 && version < last {
            stopped.insert(version);
        }
        given.migrate();
        let chain = given.chain();
        check_whole(&mut given.client, &chain);
        given.expect_structure(&AFTER);
        let kept = "SELECT count(*) || ' ' || count(*) FILTER (WHERE amount = number AND stock = GREATEST(0, -number)) FROM {t}.entries";
        let expected = 2000 + usize::from(version < last) + usize::from(version > 3);
        assert_eq!(
            given.finds_in("acme", kept),
            [format!("{expected} {expected}")]
        );
        back(&mut given);
        given.expect_structure(&BEFORE);
    }
    assert!(stopped.len() >= 2, "{stopped:?}");
}
