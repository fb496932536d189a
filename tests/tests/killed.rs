//! Processes that are killed at any moment: every tenant is whole or absent afterwards, and the next run goes on.
#![expect(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use postgres::Client;
use tenantry::tenant::{TenantFilter, TenantState};
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{
    app, check_whole, create, key, migrate, migrator, texts, wide_after, wide_before,
};
use tenantry_tests::random::{Random, seed};
use tenantry_tests::wait::until;

/// How often a process is killed at least.
const ROUNDS: usize = 25;

/// How often at least where each time takes long to prepare.
const FEW: usize = 6;

/// How often it is killed at the most until one was at work then: how long it takes is another time on a loaded machine.
const MANY: usize = 250;

/// Starts a worker and kills it after a while, unless it is done by then. Waits until the server is done with it.
fn kill_after(client: &mut Client, while_: Duration, arguments: &[&str]) {
    let mut worker = Command::new(env!("CARGO_BIN_EXE_fleet_worker"))
        .args(arguments)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    thread::sleep(while_);
    worker.kill().unwrap();
    worker.wait().unwrap();
    let others = "SELECT pid::text FROM pg_catalog.pg_stat_activity \
                  WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
    until("the server is done with it", || {
        texts(client, others).is_empty()
    });
}

/// How long a worker takes when nobody kills it.
fn time(arguments: &[&str]) -> Duration {
    let start = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_fleet_worker"))
        .args(arguments)
        .status();
    assert!(status.unwrap().success());
    start.elapsed()
}

/// Some part of a duration.
fn some_of(whole: Duration, random: &mut Random) -> Duration {
    whole * u32::try_from(random.below(1000)).unwrap() / 1000
}

#[test]
fn a_killed_creation_leaves_whole_tenants_and_nothing_else() {
    let mut random = Random::new(seed());
    let db = TestDb::new();
    let mut client = db.connect();
    migrate(&mut client, wide_before());
    let whole = time(&["create", db.url(), "timed", "4"]);
    let mut interrupted = 0;
    for round in 0..MANY {
        if round >= ROUNDS && interrupted > 0 {
            break;
        }
        let prefix = format!("r{round}");
        kill_after(
            &mut client,
            some_of(whole, &mut random),
            &["create", db.url(), &prefix, "4"],
        );
        check_whole(&mut client, &wide_before());
        // Of this round alone, for the next waits until the server is done with everybody else.
        let app = app(db.url());
        let made = app
            .tenants()
            .list(&TenantFilter::all().prefix(&prefix))
            .unwrap()
            .len();
        interrupted += usize::from((1..4).contains(&made));
        for number in 0..4 {
            let key = key(&format!("{prefix}_{number}"));
            match app.tenants().create(&key) {
                Ok(_) => break,
                Err(error) => assert!(error.is_tenant_exists(), "{error}"),
            }
        }
    }
    check_whole(&mut client, &wide_before());
    assert!(interrupted > 0, "nobody was killed at work");
}

#[test]
fn a_killed_migrator_leaves_whole_tenants_and_the_next_goes_on() {
    let mut random = Random::new(seed());
    let db = TestDb::new();
    let mut client = db.connect();
    migrate(&mut client, wide_before());
    for number in 0..4 {
        create(&mut client, &format!("a{number}"));
    }
    let whole = time(&["migrate", db.url()]);
    let mut interrupted = 0;
    for round in 0..MANY {
        if round >= ROUNDS && interrupted > 0 {
            break;
        }
        migrator(wide_after())
            .on(&mut client)
            .rollback(Some("0002_tables"))
            .unwrap();
        kill_after(
            &mut client,
            some_of(whole, &mut random),
            &["migrate", db.url()],
        );
        check_whole(&mut client, &wide_after());
        let behind = migrator(wide_after()).on(&mut client).status().unwrap();
        let lacking = behind.versions.iter();
        let pending: usize = lacking.map(|at| at.tenants * at.pending.len()).sum();
        interrupted += usize::from((1..8).contains(&pending));
        let crossed = "SELECT key FROM tenantry.tenant WHERE version < 3 AND (SELECT shared_version FROM tenantry.meta) = 4";
        assert_eq!(texts(&mut client, crossed), Vec::<String>::new());
        migrate(&mut client, wide_after());
        check_whole(&mut client, &wide_after());
        assert!(
            migrator(wide_after())
                .on(&mut client)
                .status()
                .unwrap()
                .is_up_to_date()
        );
    }
    assert!(interrupted > 0, "nobody was killed at work");
}

#[test]
fn a_killed_first_run_is_finished_by_the_next() {
    let mut random = Random::new(seed());
    let whole = time(&["first", TestDb::new().url()]);
    let mut interrupted = 0;
    for round in 0..MANY {
        if round >= FEW && interrupted > 0 {
            break;
        }
        let db = TestDb::new();
        let mut client = db.connect();
        kill_after(
            &mut client,
            some_of(whole, &mut random),
            &["first", db.url()],
        );
        let begun = "SELECT nspname::text FROM pg_catalog.pg_namespace WHERE nspname = 'tenantry'";
        if !texts(&mut client, begun).is_empty() {
            let status = migrator(wide_before()).on(&mut client).status().unwrap();
            interrupted += usize::from(!status.is_up_to_date());
        }
        migrate(&mut client, wide_before());
        create(&mut client, "acme");
        check_whole(&mut client, &wide_before());
    }
    assert!(interrupted > 0, "nobody was killed at work");
}

#[test]
fn a_killed_drop_is_finished_by_the_next() {
    let mut random = Random::new(seed());
    let db = TestDb::new();
    let mut client = db.connect();
    migrate(&mut client, wide_after());
    for number in 0..3 {
        create(&mut client, &format!("timed_{number}"));
    }
    let whole = time(&["drop", db.url(), "timed", "3"]);
    let mut interrupted = 0;
    for round in 0..MANY {
        if round >= FEW && interrupted > 0 {
            break;
        }
        let prefix = format!("r{round}");
        for number in 0..3 {
            create(&mut client, &format!("{prefix}_{number}"));
        }
        kill_after(
            &mut client,
            some_of(whole, &mut random),
            &["drop", db.url(), &prefix, "3"],
        );
        check_whole(&mut client, &wide_after());
        // Of this round alone, for the next waits until the server is done with everybody else.
        let app = app(db.url());
        for tenant in app.tenants().list(&TenantFilter::all()).unwrap() {
            interrupted += usize::from(tenant.state() == TenantState::Dropping);
            app.tenants().drop(tenant.key()).unwrap();
        }
        check_whole(&mut client, &wide_after());
        let left = "SELECT nspname::text FROM pg_catalog.pg_namespace WHERE nspname ~ 'dropping$'";
        assert_eq!(texts(&mut client, left), Vec::<String>::new());
    }
    assert!(interrupted > 0, "nobody was killed at work");
}
