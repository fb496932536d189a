//! Prepared statements that connections keep: when they are made and forgotten, and what becomes of those that are no longer
//! what they were.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use postgres::NoTls;
use tenantry::exec::blocking;
use tenantry::prelude::*;
use tenantry::scope::{Options, PreparedStatements};
use tenantry::testing::TestDb;
use tenantry::{ErrorKind, sql};
use tenantry_tests::chain_of;

/// A note that says whose it is.
#[tenant_model]
#[derive(Debug)]
struct Note {
    #[field(key)]
    id: i64,
    owner: String,
}

/// A statement that this session has prepared, as a view tells it.
#[shared_model]
#[derive(Debug)]
struct Kept {
    #[field(key)]
    id: i64,
    statement: String,
}

fn key(number: usize) -> TenantKey {
    TenantKey::new(format!("t{number}")).unwrap()
}

/// A database with so many tenants, each with one note, with number 1, of its own.
fn world(tenants: usize) -> TestDb {
    let database = TestDb::new();
    let db = Database::connect(database.url()).unwrap();
    db.migrator(chain_of(&[Note::DEF])).run().unwrap();
    for number in 0..tenants {
        let key = key(number);
        db.tenants().create(&key).unwrap();
        let note = Note::insert(NewNote::new(key.as_str()));
        note.execute(&mut db.tenant(&key).unwrap()).unwrap();
    }
    let view = format!(
        "CREATE VIEW shared.{} AS SELECT 1::bigint AS id, statement FROM pg_catalog.pg_prepared_statements",
        Kept::TABLE
    );
    database.connect().batch_execute(&view).unwrap();
    database
}

fn options(per_connection: usize) -> Options {
    let mut options = Options::default();
    options.max_connections = 1;
    options.prepared_statements = PreparedStatements::Cached { per_connection };
    options
}

fn cached(database: &TestDb, per_connection: usize) -> Database {
    Database::connect_with(&database.config(), NoTls, options(per_connection)).unwrap()
}

/// The statements about notes that the connection keeps.
fn kept(db: &Database) -> Vec<String> {
    let all = Kept::query().all(&mut db.shared().unwrap()).unwrap();
    let all = all.into_iter().map(|kept| kept.into_inner().statement);
    all.filter(|sql| sql.contains("notes")).collect()
}

fn owner(db: &Database, number: usize) -> String {
    let mut scope = db.tenant(&key(number)).unwrap();
    Note::find(1).one(&mut scope).unwrap().into_inner().owner
}

#[test]
fn a_statement_is_prepared_at_its_second_use_for_a_tenant_and_makes_way_for_others() {
    let database = world(3);
    let db = cached(&database, 3);
    assert_eq!(owner(&db, 0), "t0");
    assert_eq!(kept(&db), [""; 0]);
    assert_eq!(owner(&db, 0), "t0");
    let one = kept(&db);
    assert!(one.len() == 1 && one[0].contains("\"t0\""), "{one:?}");
    for _ in 0..3 {
        for number in [1, 2] {
            assert_eq!(owner(&db, number), format!("t{number}"));
        }
    }
    // With the statement that looks there are as many as there may be.
    let others = kept(&db);
    assert!(others.len() == 2 && !others.contains(&one[0]), "{others:?}");
}

#[test]
fn many_tenants_over_one_connection_read_and_write_only_their_own_rows() {
    let database = world(12);
    let db = cached(&database, 8);
    for step in 0..120 {
        // Some tenants come often, and all now and then.
        let number = if step % 3 == 0 {
            step * 7 % 12
        } else {
            step % 3
        };
        let mut scope = db.tenant(&key(number)).unwrap();
        let mut note = Note::find(1).one(&mut scope).unwrap();
        let own = key(number);
        assert!(note.owner.starts_with(own.as_str()), "{note:?} of {own}");
        note.owner = format!("{own} {step}");
        note.save(&mut scope).unwrap();
        scope
            .transaction(|tx| Note::insert(NewNote::new("other")).execute(tx))
            .unwrap();
    }
    assert!(kept(&db).len() <= 8);
}

/// Changes the type of a column that is read.
fn change(database: &TestDb, length: u32) {
    let sql = format!("ALTER TABLE t0.notes ALTER COLUMN owner TYPE varchar({length})");
    database.connect().batch_execute(&sql).unwrap();
}

fn prepare(db: &Database) {
    for _ in 0..3 {
        assert_eq!(owner(db, 0), "t0");
    }
    assert_eq!(kept(db).len(), 1);
}

fn is_told(error: &tenantry::Error) {
    assert_eq!(error.kind(), ErrorKind::Serialization, "{error}");
    assert!(error.is_retryable());
    assert_eq!(error.model(), Some("Note"));
    assert!(
        error
            .to_string()
            .contains("help: run the transaction again"),
        "{error}"
    );
}

#[test]
fn what_a_migration_elsewhere_changes_is_prepared_anew() {
    let database = world(1);
    let db = cached(&database, 8);
    prepare(&db);
    change(&database, 100);
    assert_eq!(owner(&db, 0), "t0");
    prepare(&db);
    let table = "ALTER TABLE t0.notes RENAME TO former; \
                 CREATE TABLE t0.notes (LIKE t0.former INCLUDING ALL); \
                 INSERT INTO t0.notes (owner) VALUES ('new'); DROP TABLE t0.former";
    database.connect().batch_execute(table).unwrap();
    assert_eq!(owner(&db, 0), "new");

    // A transaction has to be run again, and is the whole or nothing.
    let mut scope = db.tenant(&key(0)).unwrap();
    let find = |tx: &mut TenantScope| Note::find(1).one(tx).map(|note| note.into_inner().owner);
    let mut round = |changes: bool| {
        scope.transaction(|tx| {
            find(tx)?;
            Note::insert(NewNote::new("other")).execute(tx)?;
            find(tx)?;
            if changes {
                return Ok(());
            }
            find(tx).map(drop)
        })
    };
    round(false).unwrap();
    round(false).unwrap();
    change(&database, 200);
    is_told(&round(false).unwrap_err());
    round(true).unwrap();
    assert_eq!(Note::query().count(&mut scope).unwrap(), 4);
}

#[test]
fn what_the_session_forgets_is_prepared_anew() {
    let database = world(1);
    let db = cached(&database, 8);
    for forget in ["DISCARD ALL", "DEALLOCATE ALL", "PREPARE s1 AS SELECT 1"] {
        prepare(&db);
        let mut scope = db.tenant(&key(0)).unwrap();
        scope.client().batch_execute(forget).unwrap();
        for _ in 0..3 {
            let found = scope.transaction(|tx| Note::find(1).one(tx));
            assert_eq!(found.unwrap().owner, "t0", "{forget}");
        }
        drop(scope);
        prepare(&db);
        let mut scope = db.tenant(&key(0)).unwrap();
        scope.client().batch_execute(forget).unwrap();
        drop(scope);
    }
    prepare(&db);
    let seen = sql!("SELECT set_config('app.x', '1', false)");
    db.tenant(&key(0))
        .unwrap()
        .sql(seen)
        .row::<String>()
        .unwrap();
    prepare(&db);

    // A trigger does it behind the back of whoever inserts.
    let trigger = "CREATE FUNCTION t0.forget() RETURNS trigger LANGUAGE plpgsql AS \
                   $$BEGIN EXECUTE 'DEALLOCATE ALL'; RETURN NEW; END$$; \
                   CREATE TRIGGER forget BEFORE INSERT ON t0.notes FOR EACH ROW EXECUTE FUNCTION t0.forget()";
    database.connect().batch_execute(trigger).unwrap();
    let mut scope = db.tenant(&key(0)).unwrap();
    Note::insert(NewNote::new("other"))
        .execute(&mut scope)
        .unwrap();
    assert_eq!(Note::find(1).one(&mut scope).unwrap().owner, "t0");
    drop(scope);
    prepare(&db);
    let error = db.tenant(&key(0)).unwrap().transaction(|tx| {
        Note::insert(NewNote::new("undone")).execute(tx)?;
        Note::find(1).one(tx).map(drop)
    });
    is_told(&error.unwrap_err());
    let mut scope = db.tenant(&key(0)).unwrap();
    assert_eq!(Note::query().count(&mut scope).unwrap(), 2);
}

#[tokio::test]
async fn tasks_prepare_statements_too() {
    let database = blocking(|| world(2));
    let config = database.config();
    let db = tenantry::tokio::Database::connect_with(&config, NoTls, options(8));
    let db = db.await.unwrap();
    let kept = async || {
        let mut scope = db.shared();
        let all = Kept::query().all(&mut scope).await.unwrap();
        all.iter()
            .filter(|kept| kept.statement.contains("notes"))
            .count()
    };
    let prepare = async || {
        for number in [0, 1, 0, 1, 0, 1] {
            let mut scope = db.tenant(&key(number)).await.unwrap();
            let note = Note::find(1).one(&mut scope).await.unwrap();
            assert_eq!(note.owner, key(number).as_str());
        }
        assert_eq!(kept().await, 2);
    };
    prepare().await;
    blocking(|| change(&database, 100));
    prepare().await;
    blocking(|| change(&database, 200));
    let mut scope = db.tenant(&key(0)).await.unwrap();
    let mut read = async || {
        let found = scope.transaction(async |tx| Note::find(1).one(tx).await);
        found.await
    };
    is_told(&read().await.unwrap_err());
    assert_eq!(read().await.unwrap().owner, "t0");
    let leave = sql!("SELECT set_config('app.x', '1', false)");
    prepare().await;
    scope.sql(leave).row::<String>().await.unwrap();
    for _ in 0..3 {
        let mut read = async || {
            let found = scope.transaction(async |tx| Note::find(1).one(tx).await);
            found.await
        };
        assert_eq!(read().await.unwrap().owner, "t0");
    }
    drop(scope);
    prepare().await;
    // A future that is dropped takes its session along, and so what it has prepared.
    let mut scope = db.tenant(&key(0)).await.unwrap();
    let mut insert = Box::pin(Note::insert(NewNote::new("perhaps")).execute(&mut scope));
    std::future::poll_fn(|task| {
        let _ = insert.as_mut().poll(task);
        std::task::Poll::Ready(())
    })
    .await;
    drop(insert);
    drop(scope);
    prepare().await;
    drop(db);
    blocking(|| drop(database));
}
