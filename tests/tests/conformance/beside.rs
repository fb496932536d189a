//! A run of migrations waits for whoever has what it needs, tells who that is, and never waits for ever.

use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use postgres::Client;
use tenantry::migrate::{Chain, Event, Report, Rollout, RolloutGroup};
use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry::testing::TestDb;
use tenantry::{Error, ErrorKind};
use tenantry_tests::fleet::{
    CUSTOMERS, PLANS, chain, check_whole, create, migrate, migrator, shop, shop_db, texts,
};
use tenantry_tests::lossy::Lossy;

const IN_THE_WAY: &str = "SET application_name = 'in the way'";

/// A chain after the first two migrations of the shop, with something for everybody to do.
fn longer() -> Chain {
    chain(&[
        PLANS,
        CUSTOMERS,
        (
            "0003_terms",
            &[
                (
                    "shared.up.sql",
                    "ALTER TABLE \"{shared}\".plans ADD COLUMN terms text;",
                ),
                (
                    "tenant.up.sql",
                    "ALTER TABLE \"{tenant}\".customers ADD COLUMN note text;",
                ),
            ],
        ),
    ])
}

/// The same with what is no transaction.
fn segmented() -> Chain {
    let index = |on: &str| format!("CREATE INDEX CONCURRENTLY a ON {on};");
    let shared = index("\"{shared}\".plans (code)");
    let tenant = index("\"{tenant}\".customers (name)");
    let files = [("shared.up.sql", &*shared), ("tenant.up.sql", &*tenant)];
    chain(&[PLANS, CUSTOMERS, ("0003_indexes", &files)])
}

/// A database at the first two migrations, with a tenant.
fn behind() -> TestDb {
    TestDb::from_template("beside_behind", |url| {
        let mut client = Client::connect(url, postgres::NoTls).unwrap();
        migrate(&mut client, chain(&[PLANS, CUSTOMERS]));
        create(&mut client, "acme");
    })
}

/// A run that asks about the health of a group, so that it uses all of the metadata tables that a run can.
fn run(client: &mut Client, chain: Chain) -> Result<usize, Error> {
    let group = RolloutGroup::new("first").health("SELECT true");
    let migrator = migrator(chain)
        .lock_timeout(Duration::from_millis(100))
        .rollout(Rollout::new([group]).unwrap());
    migrator.on(client).run().map(|report| report.migrated)
}

/// Runs while somebody else holds this, and returns what the run says when it ends.
fn run_beside(hold: &str, chain: fn() -> Chain) -> Result<usize, Error> {
    let database = behind();
    let mut holder = database.connect();
    holder
        .batch_execute(&format!("{IN_THE_WAY}; BEGIN; {hold}"))
        .unwrap();
    let (told, ended) = mpsc::channel();
    let mut client = database.connect();
    thread::spawn(move || told.send(run(&mut client, chain())));
    let outcome = ended.recv_timeout(Duration::from_mins(2));
    let outcome = outcome.unwrap_or_else(|_| panic!("the run waits for ever: {hold}"));
    // Whatever it waited for, nothing is half done.
    holder.batch_execute("ROLLBACK").unwrap();
    run(&mut database.connect(), chain()).unwrap();
    check_whole(&mut database.connect(), &chain());
    outcome
}

#[test]
fn a_run_ends_whichever_of_the_metadata_tables_somebody_has_locked_and_says_who() {
    let tables = texts(
        &mut behind().connect(),
        "SELECT relname::text FROM pg_catalog.pg_class \
         WHERE relnamespace = 'tenantry'::regnamespace AND relkind = 'r' ORDER BY relname",
    );
    assert!(tables.len() > 10, "{tables:?}");
    let mut holds = vec!["SELECT FROM tenantry.meta FOR UPDATE".to_owned()];
    for table in &tables {
        holds.push(format!("LOCK TABLE tenantry.{table}"));
        holds.push(format!("LOCK TABLE tenantry.{table} IN EXCLUSIVE MODE"));
    }
    let outcomes: Vec<_> = thread::scope(|scope| {
        let runs: Vec<_> = holds
            .iter()
            .map(|hold| (hold, scope.spawn(|| run_beside(hold, longer))))
            .collect();
        runs.into_iter()
            .map(|(hold, run)| (hold, run.join().unwrap()))
            .collect()
    });
    let mut stopped = 0;
    for (hold, outcome) in outcomes {
        let Err(error) = outcome else { continue };
        stopped += 1;
        assert_eq!(error.kind(), ErrorKind::LockTimeout, "{hold}: {error}");
        assert!(error.is_retryable(), "{hold}: {error}");
        let text = error.to_string();
        for part in ["session ", "`in the way`", "`tenantry.", "\nhelp: "] {
            assert!(text.contains(part), "{hold}: `{part}` is not in: {text}");
        }
    }
    // The chain, the ledger, the registry, the turn, groups, the tenants in the making: more than one way each.
    assert!(stopped > 10, "{stopped}");
}

#[test]
fn a_run_that_makes_the_metadata_tables_ends_beside_one_that_stopped_doing_so() {
    let database = TestDb::new();
    let mut holder = database.connect();
    // As whoever makes them has it until they are there.
    let hold = "BEGIN; SELECT pg_advisory_xact_lock(x'74656e616e747279'::bigint)";
    holder.batch_execute(hold).unwrap();
    let error = run(&mut database.connect(), longer()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LockTimeout, "{error}");
    assert!(error.to_string().contains("\nhelp: "), "{error}");
    holder.batch_execute("COMMIT").unwrap();
    run(&mut database.connect(), longer()).unwrap();
}

#[test]
fn a_run_leaves_the_session_that_it_is_given_as_patient_as_it_was() {
    let database = behind();
    let show = "SHOW lock_timeout";
    for before in ["0", "7s"] {
        let mut client = database.connect();
        client
            .batch_execute(&format!("SET lock_timeout = '{before}'"))
            .unwrap();
        run(&mut client, shop()).unwrap();
        assert_eq!(texts(&mut client, show), [before]);
        migrator(shop()).on(&mut client).rollback(None).unwrap();
        assert_eq!(texts(&mut client, show), [before]);
    }
}

#[test]
fn a_run_ends_when_somebody_has_forgotten_what_it_needs_and_says_who() {
    let row = "SELECT FROM tenantry.tenant WHERE key = 'acme' FOR UPDATE";
    // What whoever works on a tenant, or on the shared schema, in segments holds.
    let locks = ["id", "0"].map(|id| {
        format!(
            "SELECT pg_advisory_xact_lock(x'74656e0000000000'::bigint + {id}) FROM tenantry.tenant"
        )
    });
    for hold in [row, &locks[0], &locks[1]] {
        let error = run_beside(hold, segmented).unwrap_err();
        let text = details(&error);
        for part in ["session ", "pg_terminate_backend", "transaction"] {
            assert!(text.contains(part), "{hold}: `{part}` is not in: {text}");
        }
    }
}

/// The error with all that failed.
fn details(error: &Error) -> String {
    let cause = std::error::Error::source(error);
    let report = cause.and_then(|cause| cause.downcast_ref::<Report>());
    let failures = report.into_iter().flat_map(Report::failures);
    let failures: String = failures.map(|(_, why)| why.message.clone()).collect();
    format!("{error}{failures}")
}

#[test]
fn a_run_tells_whom_it_waits_for_and_goes_on_when_they_are_done() {
    let database = behind();
    let mut holder = database.connect();
    let begin = "BEGIN; SELECT FROM tenantry.tenant WHERE key = 'acme' FOR UPDATE";
    holder
        .batch_execute(&format!("{IN_THE_WAY}; {begin}"))
        .unwrap();
    let token = holder.cancel_token();
    // It works on something, so it is not forgotten.
    let works = thread::spawn(move || holder.batch_execute("SELECT pg_sleep(600)"));
    let waits = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&waits);
    let run = migrator(longer()).observe(move |event| {
        if let Event::Waiting { what, who } = event {
            told.lock().unwrap().push(format!("{what}, {who}"));
            token.cancel_query(postgres::NoTls).unwrap();
        }
    });
    let report = run.on(&mut database.connect()).run().unwrap();
    assert_eq!(report.migrated, 1);
    works.join().unwrap().unwrap_err();
    let waits = waits.lock().unwrap();
    assert_eq!(waits.len(), 1, "{waits:?}");
    for part in ["the tenant `acme`", "session ", "`in the way`"] {
        assert!(waits[0].contains(part), "`{part}` is not in: {waits:?}");
    }
}

#[test]
fn telling_runs_to_end_does_not_wait_for_ever_and_a_lost_answer_is_told_as_that() {
    let database = shop_db();
    let db = Database::connect(database.url()).unwrap();
    let count = |sql: &str| texts(&mut database.connect(), sql);
    let aborts = "SELECT aborts::text FROM tenantry.rollout";
    let lossy = Lossy::on_the_way_to(&database, "COMMIT");
    let far = Database::connect_with(&lossy.config(), postgres::NoTls, Options::default()).unwrap();
    let error = far.rollout().abort().unwrap_err();
    assert!(lossy.has_lost());
    assert_eq!(error.kind(), ErrorKind::CommitUnknown, "{error}");
    assert!(!error.is_retryable(), "{error}");
    assert_eq!(count(aborts), ["1"]);

    let mut holder = database.connect();
    let hold = format!("{IN_THE_WAY}; BEGIN; LOCK TABLE tenantry.rollout");
    holder.batch_execute(&hold).unwrap();
    let (told, ended) = mpsc::channel();
    let waiting = thread::spawn(move || told.send(db.rollout().pause()));
    let outcome = ended.recv_timeout(Duration::from_mins(2));
    holder.batch_execute("ROLLBACK").unwrap();
    let error = outcome.expect("it waits for ever").unwrap_err();
    waiting.join().unwrap().unwrap();
    let text = error.to_string();
    assert!(error.is_retryable(), "{text}");
    for part in ["session ", "`in the way`", "`tenantry.rollout`"] {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}
