//! Calls of threads and tasks whose server is stopped in the middle: each ends in its time, and the pool gives nothing of them to others.

use std::fmt::Debug;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};
use tenantry::exec::blocking;
use tenantry::prelude::*;
use tenantry::query::{CopyFormat, Csv};
use tenantry::scope::Options;
use tenantry::testing::{Server, TestDb};
use tenantry::{Error, ErrorKind, sql};
use tenantry_tests::chain_of;
use tenantry_tests::fleet::texts;
use tenantry_tests::stopped::Stopped;
use tenantry_tests::wait::until;
use tokio::time::timeout;

use super::CONNECT;

/// A row of so many that no buffer of the system holds them.
#[shared_model]
#[derive(Debug)]
struct Line {
    #[field(key)]
    id: i64,
    text: String,
}

const ROWS: i64 = 100_000;

/// How long a statement may take.
const STATEMENT: Duration = Duration::from_secs(2);

/// Longer than any call takes that has such a limit, on a slow machine.
const ENDS: Duration = Duration::from_secs(30);

/// Stops the server at a moment of a call.
#[derive(Clone)]
struct Brake(Arc<Mutex<(Client, Option<Stopped>)>>);

impl Brake {
    /// Stops it, unless it is stopped.
    fn pull(&self) {
        blocking(|| {
            let (client, stopped) = &mut *self.0.lock().unwrap();
            if stopped.is_none() {
                *stopped = Some(Stopped::server(client));
            }
        });
    }

    fn release(&self) {
        self.0.lock().unwrap().1 = None;
    }

    fn texts(&self, sql: &str) -> Vec<String> {
        blocking(|| texts(&mut self.0.lock().unwrap().0, sql))
    }

    /// Stops it once somebody sleeps.
    fn pull_asleep(&self) {
        let asleep = "SELECT pid::text FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
        until("it sleeps", || !self.texts(asleep).is_empty());
        self.pull();
    }
}

/// Takes what is written, and stops the server at once.
struct Braking(Brake);

impl Write for Braking {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.pull();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A server of its own with many lines.
struct World {
    brake: Brake,
    database: TestDb,
    _server: Server,
}

impl World {
    fn new() -> Self {
        let server = Server::builder().start().unwrap();
        let database = server.database().unwrap();
        let db = super::open(&database.config());
        db.migrator(chain_of(&[Line::DEF])).run().unwrap();
        let fill = sql!(
            "INSERT INTO {Line} ({Line.text}) SELECT repeat('x', 100) FROM generate_series(1, $1) AS s(g)"
        );
        let mut shared = db.shared().unwrap();
        shared.sql(fill).bind(ROWS).execute().unwrap();
        Self {
            brake: Brake(Arc::new(Mutex::new((database.connect(), None)))),
            database,
            _server: server,
        }
    }

    /// Has the server go on after a call, which has to have ended in time with an error that says what to do, and looks at what is left.
    #[track_caller]
    fn goes_on<T: Debug>(&self, what: &str, outcome: Result<T, Error>, since: Instant) {
        assert!(since.elapsed() < ENDS, "{what}: {:?}", since.elapsed());
        let error = outcome.unwrap_err();
        let kinds = [ErrorKind::Connection, ErrorKind::CommitUnknown];
        assert!(
            kinds.contains(&error.kind()),
            "{what}: {:?} {error}",
            error.kind()
        );
        assert!(error.to_string().contains("\nhelp: "), "{what}: {error}");
        self.brake.release();
        let busy = "SELECT pid::text FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
             AND state <> 'idle' AND backend_type = 'client backend'";
        let left = format!("no session is left at it: {what}");
        until(&left, || self.brake.texts(busy).is_empty());
        let count = |text: &str| {
            let sql = format!("SELECT count(*)::text FROM shared.lines WHERE text = '{text}'");
            self.brake.texts(&sql)
        };
        assert_eq!(count("half"), ["0"], "{what}");
        // A commit that was sent may have been done, and then as a whole.
        let whole = count("whole");
        let is_unknown = error.kind() == ErrorKind::CommitUnknown;
        assert!(whole == ["0"] || is_unknown, "{what}: {whole:?}");
    }
}

fn copied(brake: &Brake) -> impl Iterator<Item = NewLine> + Send + use<> {
    let brake = brake.clone();
    (0..20_000).map(move |number| {
        if number == 9_000 {
            brake.pull();
        }
        NewLine::new("half")
    })
}

/// Makes a call, in the middle of which it stops the server.
type Call = fn(&mut SharedScope, &Brake) -> Result<(), Error>;

#[test]
fn calls_of_threads_end_and_leave_nothing_behind() {
    let world = World::new();
    let mut options = Options::default();
    options.connect_timeout = CONNECT;
    options.statement_timeout = Some(STATEMENT);
    options.max_connections = 2;
    let db = Database::connect_with(&world.database.config(), NoTls, options).unwrap();
    let brake = &world.brake;
    let calls: [(&str, Call); 6] = [
        ("for_each", |scope, brake| {
            let stop = |_| {
                brake.pull();
                Ok(())
            };
            Line::query().for_each(scope, stop).map(drop)
        }),
        ("copy_out", |scope, brake| {
            let copy = Line::query().copy_out(Csv::new());
            copy.write_to(scope, Braking(brake.clone())).map(drop)
        }),
        ("copy_in", |scope, brake| {
            Line::copy_in(copied(brake)).execute(scope).map(drop)
        }),
        ("a statement", |scope, brake| {
            std::thread::scope(|threads| {
                threads.spawn(|| brake.pull_asleep());
                scope.sql(sql!("SELECT pg_sleep(600)")).execute().map(drop)
            })
        }),
        ("a transaction", |scope, brake| {
            scope.transaction(|tx| {
                Line::insert(NewLine::new("half")).execute(tx)?;
                brake.pull();
                Line::insert(NewLine::new("half")).execute(tx).map(drop)
            })
        }),
        ("a commit", |scope, brake| {
            scope.transaction(|tx| {
                Line::insert(NewLine::new("whole")).execute(tx)?;
                brake.pull();
                Ok(())
            })
        }),
    ];
    for (what, call) in calls {
        let mut scope = db.shared().unwrap();
        let since = Instant::now();
        let outcome = call(&mut scope, brake);
        drop(scope);
        world.goes_on(what, outcome, since);
        // Each of the two connections answers what it is asked.
        let mut scopes = [db.shared().unwrap(), db.shared().unwrap()];
        for (number, scope) in (0..).zip(&mut scopes) {
            let asked = scope.sql(sql!("SELECT $1::bigint")).bind(number);
            assert_eq!(asked.row::<i64>().unwrap(), number, "{what}");
            let lines = Line::query().filter(Line::TEXT.ne("whole"));
            assert_eq!(lines.count(scope).unwrap(), ROWS, "{what}");
        }
    }
}

#[test]
fn calls_of_tasks_end_and_leave_nothing_behind() {
    let world = World::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(calls_of_tasks(&world));
}

async fn calls_of_tasks(world: &World) {
    let mut options = Options::default();
    options.connect_timeout = CONNECT;
    options.statement_timeout = Some(STATEMENT);
    options.max_connections = 2;
    let config = world.database.config();
    let db = tenantry::tokio::Database::connect_with(&config, NoTls, options);
    let db = db.await.unwrap();
    let brake = &world.brake;
    for what in [
        "stream",
        "copy_out",
        "copy_in",
        "a statement",
        "a transaction",
        "a commit",
    ] {
        let mut scope = db.shared();
        let since = Instant::now();
        let call = async {
            match what {
                "stream" => streamed(Line::query().stream(&mut scope), brake).await,
                "copy_out" => {
                    let copy = Line::query().copy_out(CopyFormat::Text);
                    streamed(copy.stream(&mut scope), brake).await
                }
                "copy_in" => {
                    let copy = Line::copy_in(copied(brake));
                    copy.execute(&mut scope).await.map(drop)
                }
                "a statement" => {
                    let stop = brake.clone();
                    let stopping = tokio::task::spawn_blocking(move || stop.pull_asleep());
                    let slept = scope.sql(sql!("SELECT pg_sleep(600)")).execute().await;
                    stopping.await.unwrap();
                    slept.map(drop)
                }
                "a transaction" => {
                    let outcome = scope.transaction(async |tx| {
                        Line::insert(NewLine::new("half")).execute(tx).await?;
                        brake.pull();
                        Line::insert(NewLine::new("half"))
                            .execute(tx)
                            .await
                            .map(drop)
                    });
                    outcome.await
                }
                _ => {
                    let outcome = scope.transaction(async |tx| {
                        Line::insert(NewLine::new("whole")).execute(tx).await?;
                        brake.pull();
                        Ok(())
                    });
                    outcome.await
                }
            }
        };
        let outcome = timeout(ENDS, call).await;
        let outcome = outcome.unwrap_or_else(|_| panic!("{what} waits for ever"));
        drop(scope);
        world.goes_on(what, outcome, since);
        let mut scopes = [db.shared(), db.shared()];
        for (number, scope) in (0..).zip(&mut scopes) {
            let asked = scope.sql(sql!("SELECT $1::bigint")).bind(number);
            assert_eq!(asked.row::<i64>().await.unwrap(), number, "{what}");
            let lines = Line::query().filter(Line::TEXT.ne("whole"));
            assert_eq!(lines.count(scope).await.unwrap(), ROWS, "{what}");
        }
    }
}

/// Takes all of a stream, while the server is stopped after the first.
async fn streamed<T>(
    stream: impl futures_util::Stream<Item = Result<T, Error>>,
    brake: &Brake,
) -> Result<(), Error> {
    let mut stream = std::pin::pin!(stream);
    while let Some(next) = futures_util::StreamExt::next(&mut stream).await {
        drop(next?);
        brake.pull();
    }
    Ok(())
}
