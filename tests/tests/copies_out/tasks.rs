//! Rows that a task copies out.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use tenantry::ErrorKind;
use tenantry::exec::blocking;
use tenantry::prelude::*;
use tenantry::query::{CopyFormat, Csv};
use tenantry::testing::TestDb;
use tenantry::tokio::{Database, Options, SharedScope};
use tenantry_tests::tables::shared_table;
use tokio::time::sleep;

use super::{Line, NewLine, lines, many};

async fn connected(database: &TestDb) -> (Database, SharedScope) {
    let mut options = Options::default();
    options.max_connections = 1;
    let config = database.config();
    let db = Database::connect_with(&config, postgres::NoTls, options);
    let db = db.await.unwrap();
    let scope = db.shared();
    (db, scope)
}

/// A table with so many lines.
async fn filled(rows: i64) -> (TestDb, Database, SharedScope) {
    let database = blocking(|| {
        let (database, mut scope) = shared_table::<Line>();
        many(&mut scope, rows);
        database
    });
    let (db, scope) = connected(&database).await;
    (database, db, scope)
}

/// Waits until so many sessions of the database are as the condition says.
async fn until(database: &TestDb, condition: &str, wanted: i64) {
    let count = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND {condition}"
    );
    let since = Instant::now();
    loop {
        let found: i64 = blocking(|| {
            let row = database.connect().query_one(&count, &[]);
            row.unwrap().get(0)
        });
        if found == wanted {
            return;
        }
        assert!(
            since.elapsed() < Duration::from_mins(1),
            "{found}: {condition}"
        );
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_stream_has_the_bytes_that_a_writer_gets() {
    let (database, mut scope) = blocking(lines);
    let formats = || [Csv::new().into(), CopyFormat::Text, CopyFormat::Binary];
    let wanted: Vec<Vec<u8>> = blocking(|| {
        let written = formats().map(|format: CopyFormat| {
            let mut bytes = Vec::new();
            let lines = Line::query().filter(Line::NUMBER.eq(1));
            let copied = lines.order_by(Line::ID.asc()).copy_out(format);
            copied.write_to(&mut scope, &mut bytes).unwrap();
            bytes
        });
        drop(scope);
        written.to_vec()
    });
    let (_db, mut scope) = connected(&database).await;
    for (format, wanted) in formats().into_iter().zip(wanted) {
        let query = || {
            let lines = Line::query().filter(Line::NUMBER.eq(1));
            lines.order_by(Line::ID.asc()).copy_out(format.clone())
        };
        let mut stream = query().stream(&mut scope);
        let mut bytes = Vec::new();
        assert_eq!(stream.rows(), None);
        while let Some(data) = stream.next().await {
            bytes.extend(data.unwrap());
        }
        assert_eq!(stream.rows(), Some(8));
        assert_eq!(bytes, wanted);
        drop(stream);
        let mut bytes = Vec::new();
        let copied = query().write_to(&mut scope, &mut bytes).await;
        assert_eq!((copied.unwrap(), bytes), (8, wanted));
    }
    // A header without rows, and an error.
    let none = Line::query().filter(Line::NUMBER.eq(7));
    let stream = none.copy_out(Csv::new()).stream(&mut scope);
    let pieces: Vec<Vec<u8>> = stream.try_collect().await.unwrap();
    assert_eq!(pieces, [b"id,select,a_b,gone_at\n"]);
    let copied = Line::query().copy_out(Csv::new().delimiter('"'));
    let mut stream = copied.stream(&mut scope);
    let error = stream.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn the_server_waits_for_whoever_takes_the_data() {
    let (database, _db, mut scope) = filled(200_000).await;
    let mut stream = Line::query().copy_out(CopyFormat::Text).stream(&mut scope);
    let first = stream.next().await.unwrap().unwrap();
    until(&database, "wait_event = 'ClientWrite'", 1).await;
    let (mut bytes, mut most) = (first.len(), first.len());
    while let Some(data) = stream.next().await {
        let length = data.unwrap().len();
        bytes += length;
        most = most.max(length);
    }
    assert_eq!(stream.rows(), Some(200_000));
    assert!(bytes > 200_000 * 100 && most < 70_000, "{bytes} {most}");
}

#[tokio::test]
async fn a_copy_that_is_dropped_at_any_await_leaves_the_scope_and_its_transaction_whole() {
    let (database, _db, mut scope) = filled(50_000).await;
    for times in 0..12 {
        let copy = Line::query().copy_out(CopyFormat::Binary);
        let mut tx = scope.begin().await.unwrap();
        Line::insert(NewLine::new(-1))
            .execute(&mut tx)
            .await
            .unwrap();
        {
            let mut copying = pin!(copy.write_to(&mut tx, std::io::sink()));
            for _ in 0..times {
                let mut task = Context::from_waker(Waker::noop());
                if let Poll::Ready(done) = copying.as_mut().poll(&mut task) {
                    assert_eq!(done.unwrap(), 50_000);
                    break;
                }
                sleep(Duration::from_millis(2)).await;
            }
        }
        let mine = Line::query().filter(Line::NUMBER.eq(-1));
        assert_eq!(mine.count(&mut tx).await.unwrap(), 1, "{times}");
        tx.rollback().await.unwrap();
        let mut stream = Line::query().copy_out(CopyFormat::Text).stream(&mut scope);
        for _ in 0..times {
            assert!(stream.next().await.unwrap().is_ok());
        }
        drop(stream);
        let all = Line::query().count(&mut scope).await;
        assert_eq!(all.unwrap(), 50_000, "{times}");
        let style = sql!("SELECT current_setting('bytea_output')");
        let zone = scope.sql(style).row::<String>().await.unwrap();
        assert_eq!(zone, "hex");
        until(&database, "(state <> 'idle' OR xact_start IS NOT NULL)", 0).await;
    }
}

#[tokio::test]
async fn a_connection_that_is_lost_is_told_and_another_takes_its_place() {
    let (database, db, mut scope) = filled(200_000).await;
    let mut stream = Line::query().copy_out(CopyFormat::Text).stream(&mut scope);
    assert!(stream.next().await.unwrap().is_ok());
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    blocking(|| database.connect().batch_execute(end)).unwrap();
    let error = loop {
        match stream.next().await.unwrap() {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
    assert_eq!((stream.next().await.is_none(), stream.rows()), (true, None));
    drop(stream);
    drop(scope);
    let mut scope = db.shared();
    let all = Line::query().count(&mut scope).await;
    assert_eq!(all.unwrap(), 200_000);
}
