//! Databases for tests, and the templates they are copied from.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use postgres::{Client, NoTls};
use tenantry::testing::{Server, TestDb};

use super::databases;

#[test]
fn each_test_database_is_empty_and_apart() {
    let (first, second) = (TestDb::new(), TestDb::new());
    first
        .connect()
        .batch_execute("CREATE TABLE public.t (id int)")
        .unwrap();
    let count = |db: &TestDb| -> i64 {
        let sql = "SELECT count(*) FROM pg_catalog.pg_class WHERE relname = 't'";
        db.connect().query_one(sql, &[]).unwrap().get(0)
    };
    assert_eq!((count(&first), count(&second)), (1, 0));
}

#[test]
fn the_url_of_a_test_database_leads_to_it() {
    let db = TestDb::new();
    let mut client = Client::connect(db.url(), NoTls).unwrap();
    let row = client
        .query_one("SELECT current_database()::text", &[])
        .unwrap();
    assert_eq!(row.get::<_, &str>(0), db.name());
}

#[test]
fn a_test_database_is_made_and_dropped_inside_an_async_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let name = runtime.block_on(async {
        let db = TestDb::from_template("async", |_| ());
        db.name().to_owned()
    });
    assert!(!databases(tenantry::testing::server()).contains(&name));
}

#[test]
fn a_dropped_test_database_is_gone_even_while_somebody_is_connected() {
    let server = Server::builder().start().unwrap();
    let db = server.database().unwrap();
    let name = db.name().to_owned();
    let _session = db.connect();
    assert!(databases(&server).contains(&name));
    drop(db);
    assert!(!databases(&server).contains(&name));
}

#[test]
fn a_test_database_is_dropped_when_its_test_panics() {
    let server = Server::builder().start().unwrap();
    let db = server.database().unwrap();
    let name = db.name().to_owned();
    let test = thread::spawn(move || {
        let _db = db;
        panic!("a failing test");
    });
    assert!(test.join().is_err());
    assert!(!databases(&server).contains(&name));
}

#[test]
fn a_template_is_prepared_once_however_many_threads_want_it() {
    let server = Server::builder().start().unwrap();
    let prepared = AtomicU32::new(0);
    let copy = || {
        server.database_from("counted", |url| {
            prepared.fetch_add(1, Ordering::Relaxed);
            let mut client = Client::connect(url, NoTls).unwrap();
            let sql = "CREATE TABLE public.t (id int); INSERT INTO public.t VALUES (7)";
            client.batch_execute(sql).unwrap();
        })
    };
    let copies: Vec<TestDb> = thread::scope(|scope| {
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(copy)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap().unwrap())
            .collect()
    });
    assert_eq!(prepared.load(Ordering::Relaxed), 1);
    let names: BTreeSet<&str> = copies.iter().map(TestDb::name).collect();
    assert_eq!(names.len(), 16);
    for db in &copies {
        let changed = db
            .connect()
            .execute("UPDATE public.t SET id = 8 WHERE id = 7", &[])
            .unwrap();
        assert_eq!(changed, 1, "each copy has the prepared row to itself");
    }
}

#[test]
fn a_template_can_be_copied_although_its_preparation_left_a_session() {
    let server = Server::builder().start().unwrap();
    let mut left = None;
    let copy = server.database_from("busy", |url| {
        left = Some(Client::connect(url, NoTls).unwrap());
    });
    copy.unwrap();
    assert!(
        left.unwrap().batch_execute("SELECT 1").is_err(),
        "the session was ended"
    );
}

#[test]
fn a_template_whose_preparation_panics_is_prepared_anew() {
    let server = Server::builder().start().unwrap();
    let before = databases(&server);
    let failed = thread::scope(|scope| {
        let test = || server.database_from("fragile", |_| panic!("half way"));
        scope.spawn(test).join().is_err()
    });
    assert!(failed);
    assert_eq!(
        databases(&server),
        before,
        "the half-prepared database is dropped"
    );
    let db = server.database_from("fragile", |url| {
        let mut client = Client::connect(url, NoTls).unwrap();
        client
            .batch_execute("CREATE TABLE public.t (id int)")
            .unwrap();
    });
    db.unwrap()
        .connect()
        .batch_execute("SELECT id FROM public.t")
        .unwrap();
}
