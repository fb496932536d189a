//! A server that has no room for more locks: who needs some waits until others give theirs back.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use postgres::{Client, NoTls};
use tenantry::migrate::Event;
use tenantry::scope::Options;
use tenantry::tenant;
use tenantry::testing::Server;
use tenantry::{Database, ErrorKind};
use tenantry_tests::fleet::{
    CUSTOMERS, Folder, PLANS, chain, create, key, migrate, migrator, schemas, texts,
};
use tenantry_tests::hear::{be_interested, hear};
use tenantry_tests::wait::until_by;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

fn server() -> Server {
    be_interested();
    Server::builder()
        .setting("max_locks_per_transaction", "10")
        .setting("max_connections", "20")
        .start()
        .unwrap()
}

/// Takes locks until the server has no room for another, and gives so many back.
fn crowd(client: &mut Client, spare: i32) {
    let error = client
        .batch_execute("SELECT pg_advisory_lock(n) FROM generate_series(1, 1000000) AS n")
        .unwrap_err();
    assert_eq!(error.code().unwrap().code(), "53200");
    let given_back = format!("SELECT pg_advisory_unlock(n) FROM generate_series(1, {spare}) AS n");
    client.batch_execute(&given_back).unwrap();
}

fn disperse(client: &mut Client) {
    client
        .batch_execute("SELECT pg_advisory_unlock_all()")
        .unwrap();
}

/// Hears that something is tried again.
struct TriedAgain(Arc<AtomicBool>);

impl<S: Subscriber> Layer<S> for TriedAgain {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "tenantry::bookkeeping::waits" {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

/// Has something done that does not find the room before others make it.
fn waits<T: Send>(crowd: &mut Client, what: &str, work: impl FnOnce() -> T + Send) -> T {
    let again = Arc::new(AtomicBool::new(false));
    let subscriber = tracing_subscriber::registry().with(TriedAgain(Arc::clone(&again)));
    thread::scope(|scope| {
        let thread = scope.spawn(|| hear(subscriber, work));
        until_by(&thread, what, || again.load(Ordering::Relaxed));
        disperse(crowd);
        thread.join().unwrap()
    })
}

#[test]
fn a_drop_goes_on_when_others_give_locks_back_wherever_it_lacked_some() {
    let server = server();
    let db = server.database().unwrap();
    let mut client = db.connect();
    let mut others = db.connect();
    migrate(&mut client, chain(&[PLANS, CUSTOMERS]));
    let indexes: Vec<String> = (0..40)
        .map(|number| format!("CREATE INDEX ON acme.wide (id, ({number} + id));"))
        .collect();
    // Its own tables need more of them than the steps before: so each step lacks some with another number to spare.
    for spare in [0, 2, 8, 24] {
        let id = create(&mut client, "acme").id();
        let schema = texts(&mut client, "SELECT schema_name FROM tenantry.tenant").remove(0);
        let wide = format!("CREATE TABLE acme.wide (id int);{}", indexes.concat());
        client
            .batch_execute(&wide.replace("acme.", &format!("{schema}.")))
            .unwrap();
        // To connect takes locks, too.
        let mut dropping = db.connect();
        crowd(&mut others, spare);
        waits(&mut others, "the drop is tried again", || {
            tenant::drop(&mut dropping, &key("acme")).unwrap_or_else(|error| panic!("{error}"));
        });
        assert_eq!(schemas(&mut client), ["shared", "tenantry"], "{id}");
    }
}

#[test]
fn a_creation_waits_for_room_and_says_what_it_lacks_when_none_comes() {
    let server = server();
    let database = server.database().unwrap();
    let mut client = database.connect();
    let mut others = database.connect();
    migrate(&mut client, chain(&[PLANS, CUSTOMERS]));
    crowd(&mut others, 4);
    let mut options = Options::default();
    options.lock_wait = Duration::from_millis(1);
    let hasty = Database::connect_with(&database.config(), NoTls, options).unwrap();
    let error = hasty.tenants().create(&key("acme")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Resources, "{error}");
    let text = error.to_string();
    for part in [
        "`acme`",
        "tried once",
        "\nhelp: ",
        "max_locks_per_transaction",
    ] {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
    let acme = key("acme");
    let db = Database::connect(database.url()).unwrap();
    waits(&mut others, "the creation is tried again", || {
        let made = db.tenants().create(&acme);
        made.unwrap_or_else(|error| panic!("{error}"));
    });
}

#[test]
fn a_migration_of_one_schema_waits_for_room() {
    let server = server();
    let db = server.database().unwrap();
    let mut client = db.connect();
    let mut others = db.connect();
    let wide = |schema: &str| {
        let table = |number| format!("CREATE TABLE \"{{{schema}}}\".wide{number} (id int);\n");
        (0..200).map(table).collect::<String>()
    };
    let (shared, tenant) = (wide("shared"), wide("tenant"));
    let folders: [Folder<'_>; 3] = [
        PLANS,
        ("0002_shared", &[("shared.up.sql", shared.as_str())]),
        ("0003_tenant", &[("tenant.up.sql", tenant.as_str())]),
    ];
    migrate(&mut client, chain(&folders[..1]));
    create(&mut client, "acme");
    for upto in [2, 3] {
        // The metadata tables have room.
        crowd(&mut others, 100);
        let lacked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&lacked);
        let migrator = migrator(chain(&folders[..upto])).observe(move |event| {
            if let Event::Retry { why, .. } = event {
                seen.lock().unwrap().extend(why.sqlstate.clone());
            }
        });
        let mut migrating = db.connect();
        thread::scope(|scope| {
            let run = scope.spawn(|| migrator.on(&mut migrating).run());
            until_by(&run, "the migration is tried again", || {
                !lacked.lock().unwrap().is_empty()
            });
            disperse(&mut others);
            run.join().unwrap().unwrap();
        });
        assert_eq!(lacked.lock().unwrap()[0], "53200");
    }
}
