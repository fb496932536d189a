//! Runs of a migrator, whose statements may take as long as they like.

use std::fmt::{self, Write};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use postgres::Client;
use tenantry::migrate::{Chain, Report};
use tenantry::testing::{Server, TestDb};
use tenantry::{Error, ErrorKind};
use tenantry_tests::fleet::{CUSTOMERS, PLANS, chain, check_whole, key, texts};
use tenantry_tests::hear::hear;
use tenantry_tests::proxy::Proxy;
use tenantry_tests::stopped::Stopped;
use tenantry_tests::wait::until;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::{Layer, Registry};

use super::{LONG, open};

/// A migration that waits for as long as somebody has a lock.
fn waiting() -> Chain {
    let up = "ALTER TABLE \"{tenant}\".customers ADD COLUMN note text;";
    chain(&[PLANS, CUSTOMERS, ("0003_note", &[("tenant.up.sql", up)])])
}

/// A database with a tenant, and somebody who has the lock.
fn begun(database: &TestDb) -> Client {
    let db = open(&database.config());
    db.migrator(chain(&[PLANS, CUSTOMERS])).run().unwrap();
    db.tenants().create(&key("acme")).unwrap();
    let mut holder = database.connect();
    let lock = "BEGIN; LOCK TABLE acme.customers IN ACCESS EXCLUSIVE MODE";
    holder.batch_execute(lock).unwrap();
    holder
}

fn release(holder: &mut Client) {
    holder.batch_execute("ROLLBACK").unwrap();
}

/// The session of the run, once it waits for the lock.
fn session(client: &mut Client) -> i32 {
    let mut found = Vec::new();
    until("the migration waits for the lock", || {
        found = texts(
            client,
            "SELECT pid::text FROM pg_catalog.pg_locks WHERE relation = 'acme.customers'::regclass AND NOT granted",
        );
        !found.is_empty()
    });
    found[0].parse().unwrap()
}

/// The events of a run.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<String>>);

impl Told {
    fn has(&self, words: &str, times: usize) -> bool {
        self.0.lock().unwrap().matches(words).count() >= times
    }
}

impl<S: Subscriber> Layer<S> for Told {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        event.record(&mut Words(&mut self.0.lock().unwrap()));
    }
}

struct Words<'a>(&'a mut String);

impl Visit for Words<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        writeln!(self.0, "{field}: {value:?}").unwrap();
    }
}

type Ended = Result<Report, Error>;

/// Runs the migration over a way to the server, while something else is done.
fn beside(config: &postgres::Config, told: &Told, work: impl FnOnce()) -> Ended {
    let (config, told) = (config.clone(), told.clone());
    thread::scope(|scope| {
        let run = scope.spawn(move || {
            let db = open(&config);
            let migrator = db.migrator(waiting()).lock_timeout(LONG * 4);
            hear(Registry::default().with(told), || migrator.run())
        });
        work();
        run.join().unwrap()
    })
}

/// The run was lost, says what it was at, and what to do.
#[track_caller]
fn is_lost(ended: Ended, why: &str) {
    let error = ended.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CommitUnknown, "{error}");
    let text = error.to_string();
    for part in [
        "`0003_note` of the tenant `acme`",
        why,
        "help: run it again",
    ] {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

#[track_caller]
fn goes_on(database: &TestDb, holder: &mut Client) {
    release(holder);
    open(&database.config()).migrator(waiting()).run().unwrap();
    check_whole(&mut database.connect(), &waiting());
}

#[test]
fn a_run_over_a_server_that_is_stopped_ends_and_the_next_goes_on() {
    let server = Server::builder().start().unwrap();
    let database = server.database().unwrap();
    let mut holder = begun(&database);
    let mut stopped = None;
    let mut since = Instant::now();
    let ended = beside(&database.config(), &Told::default(), || {
        session(&mut holder);
        stopped = Some(Stopped::server(&mut holder));
        since = Instant::now();
    });
    assert!(since.elapsed() < LONG, "{:?}", since.elapsed());
    is_lost(ended, "does not answer others either");
    drop(stopped);
    goes_on(&database, &mut holder);
}

#[test]
fn so_does_one_over_a_network_that_swallows_everything() {
    let database = TestDb::new();
    let mut holder = begun(&database);
    let mut left = 0;
    for proxy in [Proxy::before(&database), Proxy::local_before(&database)] {
        let ended = beside(&proxy.config_of(&database), &Told::default(), || {
            left = session(&mut holder);
            proxy.silence(true);
        });
        is_lost(ended, "does not answer others either");
        // The server has not noticed, and would let it go on.
        let end = format!("SELECT pg_catalog.pg_terminate_backend({left}, 60000)::text");
        assert_eq!(texts(&mut holder, &end), ["true"]);
    }
    goes_on(&database, &mut holder);
}

#[test]
fn so_does_one_whose_answer_is_lost_while_others_get_theirs() {
    let database = TestDb::new();
    let mut holder = begun(&database);
    let proxy = Proxy::before(&database);
    let ended = beside(&proxy.config_of(&database), &Told::default(), || {
        session(&mut holder);
        proxy.silence(true);
        release(&mut holder);
        until("the answer is lost", || proxy.has_lost("ALTER TABLE\0"));
        proxy.silence(false);
    });
    is_lost(ended, "the network has lost it");
    goes_on(&database, &mut holder);
}

#[test]
fn a_statement_that_takes_long_is_waited_for_though_nobody_can_be_asked() {
    let server = Server::builder()
        .setting("max_connections", "12")
        .setting("superuser_reserved_connections", "0");
    let server = server.start().unwrap();
    let database = server.database().unwrap();
    let mut holder = begun(&database);
    let told = Told::default();
    let ended = beside(&database.config(), &told, || {
        session(&mut holder);
        let at_work = "says that it is at work";
        until("the session is looked for", || told.has(at_work, 1));
        assert!(told.has("active, waiting for Lock relation", 1));
        let mut others = Vec::new();
        // The place of whoever looks for the session becomes free, too.
        until("nobody can be asked", || {
            others.extend(database.config().connect(postgres::NoTls));
            told.has("whether it is at work is not known", 2)
        });
        assert!(told.has("too many clients", 1));
        drop(others);
        until("the session is looked for again", || told.has(at_work, 2));
        release(&mut holder);
    });
    assert_eq!(ended.unwrap().migrated, 1);
    check_whole(&mut database.connect(), &waiting());
}

#[test]
fn a_session_that_is_stopped_alone_looks_as_one_at_work_and_is_waited_for() {
    let server = Server::builder().start().unwrap();
    let database = server.database().unwrap();
    let mut holder = begun(&database);
    let told = Told::default();
    let ended = beside(&database.config(), &told, || {
        let stopped = Stopped::session(session(&mut holder));
        release(&mut holder);
        // More often than a server that answers nobody is asked.
        until("it is looked for again and again", || {
            told.has("says that it is at work", 4)
        });
        drop(stopped);
    });
    assert_eq!(ended.unwrap().migrated, 1);
    check_whole(&mut database.connect(), &waiting());
}
