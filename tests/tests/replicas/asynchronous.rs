//! Scopes of tasks that only read: by the same rules, and futures that are dropped.

use std::pin::pin;

use tenantry::exec::blocking;
use tenantry::query::Csv;
use tenantry::tokio::{self as tasks, ReadScope};
use tokio::runtime::Runtime;
use tokio::time::timeout;

use super::*;

/// A world, and its database for tasks.
struct Tasks {
    // Dropped before the runtime that it belongs to.
    db: tasks::Database,
    runtime: Runtime,
    world: World,
}

impl Tasks {
    fn new(staleness: Duration) -> Self {
        Self::of(World::new(staleness))
    }

    fn of(world: World) -> Self {
        let runtime = Runtime::new().unwrap();
        let (config, options) = (world.database.config(), world.options.clone());
        let db = runtime.block_on(tasks::Database::connect_with(&config, NoTls, options));
        Self {
            db: db.unwrap(),
            runtime,
            world,
        }
    }

    fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    async fn read(&self) -> ReadScope {
        self.db.read_tenant(&key("acme")).await.unwrap()
    }

    /// Waits until a scope reads from the replica, as it does when the primary has told how far it is.
    fn replicated(&self) -> ReadScope {
        let mut found = None;
        until("the replica is read from", || {
            self.run(async {
                let mut scope = self.read().await;
                Note::query().count(&mut scope).await.unwrap();
                let is = scope.is_of_replica();
                found = is.then_some(scope);
                is
            })
        });
        found.unwrap()
    }

    fn count(&self, scope: &mut ReadScope) -> i64 {
        self.run(Note::query().count(scope)).unwrap()
    }
}

/// SQL that sleeps on a replica, and not on the primary.
macro_rules! sleeps {
    () => {
        sql!("SELECT count(*) FROM {Note} WHERE pg_sleep(CASE WHEN pg_is_in_recovery() THEN 600 ELSE 0 END) IS NOT NULL")
    };
}

#[test]
fn whatever_reads_asks_the_replica() {
    let tasks = Tasks::new(LONG);
    let mut scope = tasks.replicated();
    tasks.run(async {
        let here = scope.sql(sql!("SELECT pg_is_in_recovery()"));
        assert!(here.row::<bool>().await.unwrap());
        let note = Note::query().one(&mut scope).await.unwrap();
        assert_eq!((note.text.as_str(), scope.key().as_str()), ("one", "acme"));
        let mut streamed = Vec::new();
        let mut notes = Note::query().stream(&mut scope);
        while let Some(note) = notes.next().await {
            streamed.push(note.unwrap().text.clone());
        }
        drop(notes);
        assert_eq!(streamed, ["one"]);
        let mut bytes = Vec::new();
        let copied = Note::query().copy_out(Csv::new());
        assert_eq!(copied.write_to(&mut scope, &mut bytes).await.unwrap(), 1);
        assert!(scope.is_of_replica());
        // It is saved where it can be.
        let mut acme = tasks.db.tenant(&key("acme")).await.unwrap();
        let mut note = note;
        note.text = "two".to_owned();
        note.save(&mut acme).await.unwrap();
        let mut after = acme.read_after(tasks.db.written().await.unwrap());
        assert_eq!(Note::query().one(&mut after).await.unwrap().text, "two");
        // What SQL leaves in the session is there for the rest of the scope, and not the next one's.
        let set = sql!("SELECT set_config('app.user', 'ann', false)");
        scope.sql(set).execute().await.unwrap();
        let get = sql!("SELECT COALESCE(current_setting('app.user', true), '')");
        assert_eq!(scope.sql(get).row::<String>().await.unwrap(), "ann");
        assert!(scope.is_of_replica());
    });
    drop(scope);
    // Each keeps its connection, as another may be to a server that is further behind.
    let scopes = [tasks.replicated(), tasks.replicated()];
    assert!(tasks.world.on_replica("notes") >= 2);
    drop(scopes);
    let mut next = tasks.replicated();
    let get = sql!("SELECT COALESCE(current_setting('app.user', true), '')");
    assert_eq!(tasks.run(next.sql(get).row::<String>()).unwrap(), "");
}

#[test]
fn who_has_written_reads_it_and_a_paused_replica_is_not_asked() {
    let tasks = Tasks::new(LONG);
    drop(tasks.replicated());
    tasks.world.pause(true);
    tasks.world.note("two");
    let written = tasks.run(tasks.db.written()).unwrap();
    let acme = tasks.run(tasks.db.tenant(&key("acme"))).unwrap();
    let mut after = acme.read_after(written);
    assert_eq!(tasks.count(&mut after), 2);
    assert!(!after.is_of_replica());
    // Whoever has not written sees the replica, within the bound.
    assert_eq!(tasks.count(&mut tasks.replicated()), 1);
    tasks.world.pause(false);
    until("the replica has it", || {
        let mut after = acme.read_after(written);
        assert_eq!(tasks.count(&mut after), 2);
        after.is_of_replica()
    });
}

#[test]
fn rows_are_never_older_than_the_bound_also_in_a_scope_that_stays_open() {
    let bound = Duration::from_millis(400);
    let tasks = Tasks::new(bound);
    let mut open = tasks.replicated();
    for _ in 0..3 {
        // An idle primary makes nobody old.
        std::thread::sleep(bound);
        drop(tasks.replicated());
    }
    tasks.world.pause(true);
    tasks.world.note("two");
    std::thread::sleep(bound);
    assert_eq!(tasks.count(&mut open), 2);
    for _ in 0..20 {
        let mut scope = tasks.run(tasks.read());
        assert_eq!(tasks.count(&mut scope), 2);
        assert!(!scope.is_of_replica());
    }
    tasks.world.pause(false);
    assert_eq!(tasks.count(&mut tasks.replicated()), 2);
    // It stays with the primary, so that nothing it has seen is gone again.
    assert_eq!(tasks.count(&mut open), 2);
    assert!(!open.is_of_replica());
}

#[test]
fn a_replica_that_goes_away_costs_nothing_but_its_help() {
    let mut tasks = Tasks::new(LONG);
    let mut open = tasks.replicated();
    let mut left = tasks.replicated();
    let set = sql!("SELECT set_config('app.user', 'ann', false)");
    tasks.run(left.sql(set).execute()).unwrap();
    tasks.world.replica.stop();
    assert_eq!(tasks.count(&mut open), 1);
    assert!(!open.is_of_replica());
    // What SQL has left there is not there any more, and that is said.
    let mut errors = Vec::new();
    for _ in 0..2 {
        let error = tasks.run(Note::query().count(&mut left)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
        errors.push(error.to_string());
    }
    assert!(
        errors[1].contains("session of this scope is gone"),
        "{errors:?}"
    );
    tasks.world.replica.start();
    drop(tasks.replicated());
    assert_eq!(tasks.count(&mut open), 1);
    assert!(!open.is_of_replica());
}

#[test]
fn a_tenant_that_the_replica_has_not_yet_is_read_from_the_primary_and_one_that_is_gone_from_none() {
    let tasks = Tasks::new(LONG);
    drop(tasks.replicated());
    tasks.world.pause(true);
    let tenants = tasks.db.tenants();
    tasks.run(tenants.create(&key("globex"))).unwrap();
    let mut globex = tasks.run(tasks.db.read_tenant(&key("globex"))).unwrap();
    assert_eq!(tasks.count(&mut globex), 0);
    assert!(!globex.is_of_replica());
    tasks.run(tenants.suspend(&key("acme"))).unwrap();
    let error = tasks.run(tasks.db.read_tenant(&key("acme"))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TenantState);
    tasks.world.pause(false);
}

#[test]
fn what_writes_is_refused_by_the_primary_as_by_the_replica() {
    let tasks = Tasks::new(LONG);
    let world = &tasks.world;
    let schema = world.db.tenant(&key("acme")).unwrap().schema().quoted();
    let mut client = world.database.connect();
    let sql = format!(
        "CREATE FUNCTION public.adds() RETURNS bigint LANGUAGE sql AS \
         'INSERT INTO {schema}.notes (text) VALUES (''more'') RETURNING id'"
    );
    client.batch_execute(&sql).unwrap();
    world.replica.catches_up(&world.database);
    let on_replica = tasks.replicated();
    world.pause(true);
    world.note("two");
    let acme = tasks.run(tasks.db.tenant(&key("acme"))).unwrap();
    let written = tasks.run(tasks.db.written()).unwrap();
    // Some have read before, and some have not.
    let (mut read, unread) = (acme.read_after(written), acme.read_after(written));
    assert_eq!(tasks.count(&mut read), 2);
    for mut scope in [on_replica, read, unread] {
        tasks.run(async {
            for _ in 0..2 {
                let adds = sql!(unchecked "SELECT public.adds()");
                let error = scope.sql(adds).row::<i64>().await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
                assert_eq!(error.tenant().unwrap().as_str(), "acme");
                // Nor after SQL that would have it be allowed.
                let allow =
                    sql!("SELECT set_config('default_transaction_read_only', 'off', false)");
                scope.sql(allow).execute().await.unwrap();
            }
            let is_of_replica = scope.is_of_replica();
            let set = sql!("SELECT set_config('app.user', 'ann', false)");
            scope.sql(set).execute().await.unwrap();
            let get = sql!("SELECT current_setting('app.user')");
            assert_eq!(scope.sql(get).row::<String>().await.unwrap(), "ann");
            assert_eq!(scope.is_of_replica(), is_of_replica);
        });
    }
    world.pause(false);
    // Others write over the same connections.
    let mut acme = acme;
    tasks.run(async {
        for _ in 0..5 {
            let note = Note::insert(NewNote::new("three"));
            note.execute(&mut acme).await.unwrap();
        }
        assert_eq!(Note::query().count(&mut acme).await.unwrap(), 7);
    });
}

#[test]
fn a_statement_that_recovery_cancels_is_answered_by_the_primary() {
    let tasks = Tasks::new(LONG);
    let world = &tasks.world;
    let mut scope = tasks.replicated();
    std::thread::scope(|threads| {
        let slow = threads.spawn(|| {
            let rows = tasks.run(scope.sql(sleeps!()).row::<i64>());
            (rows.unwrap(), scope.is_of_replica())
        });
        until("it sleeps on the replica", || {
            world.on_replica("THEN 600") > 0
        });
        let mut client = world.database.connect();
        let schema = world.db.tenant(&key("acme")).unwrap().schema().quoted();
        let alter =
            format!("SET synchronous_commit = on; ALTER TABLE {schema}.notes ADD COLUMN more text");
        client.batch_execute(&alter).unwrap();
        assert_eq!(slow.join().unwrap(), (1, false));
    });
}

#[test]
fn a_future_that_is_dropped_leaves_nothing_on_the_replica_and_the_scope_goes_on() {
    let tasks = Tasks::new(LONG);
    let mut scope = tasks.replicated();
    let mut client = tasks.world.database.connect();
    let schema = tasks
        .world
        .db
        .tenant(&key("acme"))
        .unwrap()
        .schema()
        .quoted();
    let lock = format!("BEGIN; LOCK TABLE {schema}.notes IN ACCESS EXCLUSIVE MODE");
    client.batch_execute(&lock).unwrap();
    tasks.world.replica.catches_up(&tasks.world.database);
    tasks.run(async {
        let mut slow = pin!(Note::query().count(&mut scope));
        while blocking(|| tasks.world.waiting_on_replica()) == 0 {
            let waited = timeout(Duration::from_millis(20), &mut slow).await;
            assert!(waited.is_err(), "it waits");
        }
    });
    until("it is cancelled", || tasks.world.waiting_on_replica() == 0);
    client.batch_execute("ROLLBACK").unwrap();
    assert_eq!(tasks.count(&mut scope), 1);
    assert!(!scope.is_of_replica());
    // Futures that are dropped at whatever moment of finding a connection.
    for micros in (0..40).map(|n| n * 100) {
        let mut scope = tasks.run(tasks.read());
        drop(tasks.run(async {
            let count = Note::query().count(&mut scope);
            timeout(Duration::from_micros(micros), count).await
        }));
        assert_eq!(tasks.count(&mut scope), 1);
    }
    let status = tasks.db.pool_status();
    assert!(status.open <= 10, "{status:?}");
    drop((scope, client));
    drop(tasks.replicated());
    tasks.run(tasks.db.close(Duration::from_secs(30))).unwrap();
    until("nobody is there any more", || {
        tasks.world.on_replica("") == 0
    });
}

#[test]
fn many_tasks_read_while_connections_to_the_replica_are_ended() {
    let tasks = Tasks::new(LONG);
    drop(tasks.replicated());
    let world = &tasks.world;
    let readers: Vec<_> = (0..20)
        .map(|_| {
            let db = tasks.db.clone();
            tasks.runtime.spawn(async move {
                let mut of_replica = 0;
                for _ in 0..100 {
                    let mut scope = db.read_tenant(&key("acme")).await.unwrap();
                    for _ in 0..3 {
                        assert_eq!(Note::query().count(&mut scope).await.unwrap(), 1);
                    }
                    of_replica += usize::from(scope.is_of_replica());
                }
                of_replica
            })
        })
        .collect();
    let mut looks = world.replica.connect(&world.database);
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE pid <> pg_backend_pid() AND datname = current_database()";
    while !readers.iter().all(tokio::task::JoinHandle::is_finished) {
        looks.batch_execute(end).unwrap();
        std::thread::sleep(Duration::from_millis(20));
    }
    let of_replica: usize = readers
        .into_iter()
        .map(|reader| tasks.run(reader).unwrap())
        .sum();
    assert!(of_replica > 0);
    drop(tasks.replicated());
}

#[test]
fn nobody_waits_for_a_replica_that_was_silent() {
    let server = Server::builder().start().unwrap();
    let database = server.database().unwrap();
    let silent = Silent::new();
    let mut options = Options::default();
    let address = format!("postgres://postgres@{}/postgres", silent.address);
    options.replicas = vec![address.parse().unwrap()];
    let db = Database::connect_with(&database.config(), NoTls, options.clone()).unwrap();
    db.migrator(chain_of(&[Note::DEF])).run().unwrap();
    db.tenants().create(&key("acme")).unwrap();
    drop(db);
    let runtime = Runtime::new().unwrap();
    let db = runtime.block_on(tasks::Database::connect_with(
        &database.config(),
        NoTls,
        options,
    ));
    let db = db.unwrap();
    let read = || {
        runtime.block_on(async {
            let mut scope = db.read_tenant(&key("acme")).await.unwrap();
            assert_eq!(Note::query().count(&mut scope).await.unwrap(), 0);
            assert!(!scope.is_of_replica());
        });
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
    drop(db);
}

#[test]
fn work_that_blocks_reads_from_the_replica_too() {
    let tasks = Tasks::new(LONG);
    until("the replica is read from", || {
        let read = tasks.db.blocking(|db| {
            let mut scope = db.read_tenant(&key("acme"))?;
            assert_eq!(Note::query().count(&mut scope)?, 1);
            Ok(scope.is_of_replica())
        });
        tasks.run(read).unwrap()
    });
    tasks.run(tasks.db.close(Duration::from_secs(30))).unwrap();
    until("nobody is there any more", || {
        tasks.world.on_replica("") == 0
    });
}
