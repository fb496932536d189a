//! Scopes that only read, from a real replica that follows, falls behind, is away, or lacks what they ask for.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod asynchronous;

use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use postgres::NoTls;
use tenantry::prelude::*;
use tenantry::scope::{Options, ReadScope, Written};
use tenantry::testing::{Server, TestDb};
use tenantry::{ErrorKind, sql};
use tenantry_tests::chain_of;
use tenantry_tests::replica::Replica;
use tenantry_tests::stopped::Stopped;
use tenantry_tests::wait::until;

/// A note of a tenant.
#[tenant_model]
#[derive(Debug)]
pub(crate) struct Note {
    #[field(key)]
    pub(crate) id: i64,
    pub(crate) text: String,
}

struct World {
    replica: Replica,
    db: Database,
    options: Options,
    database: TestDb,
    _server: Server,
}

fn key(name: &str) -> TenantKey {
    TenantKey::new(name).unwrap()
}

impl World {
    fn new(staleness: Duration) -> Self {
        Self::with(staleness, |_| {})
    }

    fn with(staleness: Duration, change: impl FnOnce(&mut Options)) -> Self {
        let server = Server::builder().start().unwrap();
        let database = server.database().unwrap();
        let replica = Replica::of(&server);
        let mut options = Options::default();
        options.replicas = vec![replica.config(database.name())];
        options.replica_staleness = staleness;
        change(&mut options);
        let db = Database::connect_with(&database.config(), NoTls, options.clone()).unwrap();
        db.migrator(chain_of(&[Note::DEF])).run().unwrap();
        db.tenants().create(&key("acme")).unwrap();
        let world = Self {
            replica,
            db,
            options,
            database,
            _server: server,
        };
        world.note("one");
        world.replica.catches_up(&world.database);
        world
    }

    fn note(&self, text: &str) {
        let mut acme = self.db.tenant(&key("acme")).unwrap();
        Note::insert(NewNote::new(text)).execute(&mut acme).unwrap();
    }

    fn read(&self) -> ReadScope {
        self.db.read_tenant(&key("acme")).unwrap()
    }

    /// Waits until a scope reads from the replica, as it does when the primary has told how far it is.
    fn replicated(&self) -> ReadScope {
        let mut found = None;
        until("the replica is read from", || {
            let mut scope = self.read();
            Note::query().count(&mut scope).unwrap();
            let is = scope.is_of_replica();
            found = is.then_some(scope);
            is
        });
        found.unwrap()
    }

    /// How many sessions on the replica do something that has this in its words.
    fn on_replica(&self, words: &str) -> i64 {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database() \
                   AND backend_type = 'client backend' AND query LIKE '%' || $1 || '%'";
        let mut looks = self.replica.connect(&self.database);
        looks.query_one(sql, &[&words]).unwrap().get(0)
    }

    /// How many sessions on the replica wait for a lock.
    fn waiting_on_replica(&self) -> i64 {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND backend_type = 'client backend'";
        let mut looks = self.replica.connect(&self.database);
        looks.query_one(sql, &[]).unwrap().get(0)
    }

    fn pause(&self, is_paused: bool) {
        let word = if is_paused { "pause" } else { "resume" };
        let sql = format!("SELECT pg_wal_replay_{word}()");
        self.replica
            .connect(&self.database)
            .batch_execute(&sql)
            .unwrap();
    }
}

const LONG: Duration = Duration::from_mins(30);

#[test]
fn a_scope_that_reads_asks_the_replica_and_rows_know_their_place() {
    let world = World::new(LONG);
    let mut scope = world.replicated();
    let here: bool = scope.sql(sql!("SELECT pg_is_in_recovery()")).row().unwrap();
    assert!(here);
    let mut note = Note::query().one(&mut scope).unwrap();
    assert_eq!((note.text.as_str(), scope.key().as_str()), ("one", "acme"));
    // It is saved where it can be.
    note.text = "two".to_owned();
    let mut acme = world.db.tenant(&key("acme")).unwrap();
    note.save(&mut acme).unwrap();
    assert!(acme.read_after(world.db.written().unwrap()).key() == acme.key());
    // What SQL leaves in the session is not the next one's.
    scope
        .sql(sql!("SELECT set_config('app.user', 'ann', false)"))
        .execute()
        .unwrap();
    assert!(scope.is_of_replica());
    drop(scope);
    let mut next = world.replicated();
    let get = sql!("SELECT COALESCE(current_setting('app.user', true), '')");
    assert_eq!(next.sql(get).row::<String>().unwrap(), "");
}

#[test]
fn a_session_in_which_sql_has_left_something_is_not_gone_unnoticed() {
    let bound = Duration::from_millis(400);
    let world = World::new(bound);
    let mut scope = world.replicated();
    let set = sql!("SELECT set_config('app.user', 'ann', false)");
    scope.sql(set).execute().unwrap();
    world.pause(true);
    world.note("two");
    std::thread::sleep(bound * 2);
    for _ in 0..2 {
        let error = Note::query().count(&mut scope).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
        assert!(
            error.to_string().contains("session of this scope is gone"),
            "{error}"
        );
    }
    assert_eq!(Note::query().count(&mut world.read()).unwrap(), 2);
    world.pause(false);
}

#[test]
fn who_has_written_reads_it_and_a_paused_replica_is_not_asked() {
    let world = World::new(LONG);
    drop(world.replicated());
    world.pause(true);
    world.note("two");
    let token = world.db.written().unwrap().to_string();
    let written: Written = token.parse().unwrap();
    let acme = world.db.tenant(&key("acme")).unwrap();
    let mut after = acme.read_after(written);
    assert_eq!(Note::query().count(&mut after).unwrap(), 2);
    assert!(!after.is_of_replica());
    // Whoever has not written sees the replica, within the bound.
    let mut old = world.replicated();
    assert_eq!(Note::query().count(&mut old).unwrap(), 1);
    world.pause(false);
    until("the replica has it", || {
        let mut after = acme.read_after(written);
        assert_eq!(Note::query().count(&mut after).unwrap(), 2);
        after.is_of_replica()
    });
}

#[test]
fn rows_are_never_older_than_the_bound_and_an_idle_primary_makes_none_old() {
    let bound = Duration::from_millis(400);
    let world = World::new(bound);
    // Nothing is written for several times the bound, and the replica is read from all the same.
    for _ in 0..3 {
        std::thread::sleep(bound);
        drop(world.replicated());
    }
    world.pause(true);
    world.note("two");
    std::thread::sleep(bound);
    for _ in 0..20 {
        let mut scope = world.read();
        assert_eq!(Note::query().count(&mut scope).unwrap(), 2);
        assert!(!scope.is_of_replica());
    }
    world.pause(false);
    assert_eq!(Note::query().count(&mut world.replicated()).unwrap(), 2);
}

#[test]
fn a_replica_that_is_away_costs_nothing_but_its_help() {
    let mut world = World::new(LONG);
    let mut open = world.replicated();
    world.replica.stop();
    assert_eq!(Note::query().count(&mut open).unwrap(), 1);
    assert!(!open.is_of_replica());
    // It stays there, so that nothing it has seen is gone again.
    world.replica.start();
    drop(world.replicated());
    assert_eq!(Note::query().count(&mut open).unwrap(), 1);
    assert!(!open.is_of_replica());
}

#[test]
fn a_tenant_that_the_replica_has_not_yet_is_read_from_the_primary_and_one_that_is_gone_from_none() {
    let world = World::new(LONG);
    drop(world.replicated());
    world.pause(true);
    world.db.tenants().create(&key("globex")).unwrap();
    let mut globex = world.db.read_tenant(&key("globex")).unwrap();
    assert_eq!(Note::query().count(&mut globex).unwrap(), 0);
    assert!(!globex.is_of_replica());
    world.db.tenants().suspend(&key("acme")).unwrap();
    let error = world.db.read_tenant(&key("acme")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TenantState);
    world.db.tenants().resume(&key("acme")).unwrap();
    world.db.tenants().drop(&key("acme")).unwrap();
    let error = world.db.read_tenant(&key("acme")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownTenant);
    world.pause(false);
}

#[test]
fn what_writes_is_refused_by_the_primary_as_by_the_replica() {
    let world = World::new(LONG);
    let mut client = world.database.connect();
    let schema = world.db.tenant(&key("acme")).unwrap().schema().quoted();
    client
        .batch_execute(&format!(
            "CREATE FUNCTION public.adds() RETURNS bigint LANGUAGE sql AS \
             'INSERT INTO {schema}.notes (text) VALUES (''more'') RETURNING id'"
        ))
        .unwrap();
    world.replica.catches_up(&world.database);
    let on_replica = world.replicated();
    let written = world.db.written().unwrap();
    world.pause(true);
    world.note("two");
    let acme = world.db.tenant(&key("acme")).unwrap();
    let mut on_primary = acme.read_after(world.db.written().unwrap());
    assert_eq!(Note::query().count(&mut on_primary).unwrap(), 2);
    assert!(written.to_string() != "0/0" && !on_primary.is_of_replica());
    for mut scope in [on_replica, on_primary] {
        let is_of_replica = scope.is_of_replica();
        let adds = sql!(unchecked "SELECT public.adds()");
        let error = scope.sql(adds).row::<i64>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
        assert_eq!(error.tenant().unwrap().as_str(), "acme");
        // The scope goes on where it was, and what SQL leaves is there for the rest of it.
        let set = sql!("SELECT set_config('app.user', 'ann', false)");
        scope.sql(set).execute().unwrap();
        let get = sql!("SELECT current_setting('app.user')");
        assert_eq!(scope.sql(get).row::<String>().unwrap(), "ann");
        assert_eq!(scope.is_of_replica(), is_of_replica);
    }
    world.pause(false);
    let mut acme = acme;
    assert_eq!(Note::query().count(&mut acme).unwrap(), 2);
}

/// A server that takes connections, and says nothing.
struct Silent {
    address: SocketAddr,
    taken: Arc<Mutex<Vec<TcpStream>>>,
}

impl Silent {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let silent = Self {
            address: listener.local_addr().unwrap(),
            taken: Arc::default(),
        };
        let taken = Arc::clone(&silent.taken);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                stream.set_nonblocking(true).unwrap();
                taken.lock().unwrap().push(stream);
            }
        });
        silent
    }

    /// How many have connected, and how many of them still wait.
    fn waiting(&self) -> (usize, usize) {
        let mut taken = self.taken.lock().unwrap();
        let waits = |stream: &mut TcpStream| loop {
            match stream.read(&mut [0; 512]) {
                Ok(0) => return false,
                Ok(_) => {}
                Err(error) => return error.kind() == std::io::ErrorKind::WouldBlock,
            }
        };
        let waiting = taken.iter_mut().filter_map(|it| waits(it).then_some(()));
        (waiting.count(), taken.len())
    }
}

#[test]
fn nobody_waits_for_a_replica_that_was_silent() {
    let server = Server::builder().start().unwrap();
    let database = server.database().unwrap();
    let silent = Silent::new();
    let mut options = Options::default();
    options.replicas = vec![
        format!("postgres://postgres@{}/postgres", silent.address)
            .parse()
            .unwrap(),
    ];
    let db = Database::connect_with(&database.config(), NoTls, options).unwrap();
    db.migrator(chain_of(&[Note::DEF])).run().unwrap();
    db.tenants().create(&key("acme")).unwrap();
    let read = || {
        let mut scope = db.read_tenant(&key("acme")).unwrap();
        assert_eq!(Note::query().count(&mut scope).unwrap(), 0);
        assert!(!scope.is_of_replica());
    };
    let mut last = 0;
    until("it is asked in vain", || {
        read();
        let (waiting, asked) = silent.waiting();
        last = asked;
        waiting == 0 && asked > 0
    });
    for _ in 0..2 {
        // Somebody asks it again, and meanwhile others read.
        until("it is asked while others read", || {
            read();
            let before = silent.waiting();
            read();
            let (waiting, asked) = before;
            let is_asked = waiting == 1 && asked > last && silent.waiting() == before;
            if is_asked {
                last = asked;
            }
            is_asked
        });
    }
}

#[test]
fn a_statement_that_recovery_cancels_is_answered_by_the_primary() {
    let world = World::new(LONG);
    let mut scope = world.replicated();
    std::thread::scope(|threads| {
        let slow = threads.spawn(|| {
            let sql = sql!("SELECT count(*) FROM {Note} WHERE pg_sleep(CASE WHEN pg_is_in_recovery() THEN 600 ELSE 0 END) IS NOT NULL");
            (scope.sql(sql).row::<i64>().unwrap(), scope.is_of_replica())
        });
        let mut looks = world.replica.connect(&world.database);
        until("it sleeps on the replica", || {
            let sql = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
            looks.query_one(sql, &[]).unwrap().get::<_, i64>(0) > 0
        });
        let mut client = world.database.connect();
        let schema = world.db.tenant(&key("acme")).unwrap().schema().quoted();
        client
            .batch_execute(&format!(
                "SET synchronous_commit = on; ALTER TABLE {schema}.notes ADD COLUMN more text"
            ))
            .unwrap();
        assert_eq!(slow.join().unwrap(), (1, false));
    });
}

#[test]
fn a_replica_that_is_stopped_in_the_middle_of_a_statement_holds_up_nobody_for_long() {
    let world = World::with(LONG, |options| {
        options.statement_timeout = Some(Duration::from_secs(2));
        options.connect_timeout = Duration::from_secs(1);
    });
    let mut scope = world.replicated();
    let mut looks = world.replica.connect(&world.database);
    let sleeps = sql!(
        "SELECT count(*) FROM {Note} WHERE pg_sleep(CASE WHEN pg_is_in_recovery() THEN 600 ELSE 0 END) IS NOT NULL"
    );
    let (outcome, stopped) = std::thread::scope(|threads| {
        let slow = threads.spawn(|| scope.sql(sleeps).row::<i64>());
        until("it sleeps on the replica", || {
            let sql = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
            looks.query_one(sql, &[]).unwrap().get::<_, i64>(0) > 0
        });
        let stopped = Stopped::server(&mut looks);
        let since = Instant::now();
        let outcome = slow.join().unwrap();
        assert!(
            since.elapsed() < Duration::from_secs(30),
            "{:?}",
            since.elapsed()
        );
        (outcome, stopped)
    });
    match outcome {
        Ok(rows) => assert_eq!((rows, scope.is_of_replica()), (1, false)),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
            assert!(error.to_string().contains("\nhelp: "), "{error}");
        }
    }
    drop(scope);
    // Whoever reads meanwhile reads from the primary.
    let mut scope = world.read();
    assert_eq!(Note::query().count(&mut scope).unwrap(), 1);
    assert!(!scope.is_of_replica());
    drop((scope, stopped));
    until("the replica is read from again", || {
        let mut scope = world.read();
        assert_eq!(Note::query().count(&mut scope).unwrap(), 1);
        scope.is_of_replica()
    });
}
