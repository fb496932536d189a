//! Rows of types that the driver does not know.

use std::sync::mpsc;

use tenantry::sql;
use tenantry_tests::proxy::Proxy;

use super::*;

/// Adds columns of such types to the table of plans.
fn with_types(shop: &Shop) {
    let mut client = shop.database().connect();
    client
        .batch_execute(
            "CREATE TYPE shared.mood AS ENUM ('fine', 'bad'); CREATE DOMAIN shared.state AS shared.mood; \
             CREATE TYPE shared.pair AS (a shared.mood, b int); \
             ALTER TABLE shared.plans ADD mood shared.mood DEFAULT 'fine', ADD state shared.state DEFAULT 'bad', \
             ADD moods shared.mood[] DEFAULT '{fine}', ADD pair shared.pair DEFAULT ('fine', 1)",
        )
        .unwrap();
}

/// Does something that must end, whatever it is that ends it.
pub(crate) fn ends<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || drop(tell.send(work())));
    told.recv_timeout(Duration::from_mins(1)).expect("it hangs")
}

#[test]
fn many_rows_of_types_that_the_driver_does_not_know_come_or_are_refused() {
    let shop = Shop::new();
    with_types(&shop);
    let db = limited(&shop, |options| options.max_connections = 1);
    let count = ends(move || {
        let mut shared = db.shared().unwrap();
        let unfit = [sql!(
            "SELECT mood FROM {Plan} CROSS JOIN generate_series(1, 20000)"
        )];
        for sql in unfit {
            let error = shared.sql(sql).rows::<String>().unwrap_err();
            assert!(error.to_string().contains("::text"), "{error}");
        }
        let state = sql!("SELECT state FROM {Plan} CROSS JOIN generate_series(1, 20000)");
        assert!(shared.sql(state).rows::<String>().is_err());
        let moods = sql!("SELECT moods FROM {Plan} CROSS JOIN generate_series(1, 20000)");
        assert!(shared.sql(moods).for_each(|_: String| Ok(())).is_err());
        let pair = sql!("SELECT pair FROM {Plan} CROSS JOIN generate_series(1, 20000)");
        let row = sql!("SELECT p FROM {Plan} AS p CROSS JOIN generate_series(1, 20000)");
        shared
            .transaction(|tx| {
                assert!(
                    tx.sql(pair)
                        .try_rows::<String>()?
                        .iter()
                        .all(Result::is_err)
                );
                assert!(tx.sql(row).rows::<String>().is_err());
                Plan::query().count(tx)
            })
            .unwrap()
    });
    assert_eq!(count, 2);
}

#[test]
fn many_rows_that_a_write_over_an_idle_connection_gives_come_or_are_refused() {
    let shop = Shop::new();
    with_types(&shop);
    let db = limited(&shop, |options| options.max_connections = 1);
    drop(db.shared().unwrap());
    let error = ends(move || {
        let insert = sql!(
            "INSERT INTO {Plan} (code, monthly) SELECT 'p' || n, 1 FROM generate_series(1, 20000) AS n RETURNING mood"
        );
        let mut shared = db.shared().unwrap();
        shared.sql(insert).rows::<String>().unwrap_err()
    });
    assert!(error.to_string().contains("::text"), "{error}");
}

/// Has a column get such a type between two statements over a connection.
fn becomes_unknown(shop: &Shop, db: Database) {
    let change = |sql: &str| shop.database().connect().batch_execute(sql).unwrap();
    change("ALTER TABLE shared.plans ADD mood text DEFAULT 'fine'");
    let moods = move || {
        let sql = sql!("SELECT mood FROM {Plan} CROSS JOIN generate_series(1, 20000)");
        let mut shared = db.shared().unwrap();
        // The first thing over an idle connection would be done again over another.
        assert_eq!(Plan::query().count(&mut shared).unwrap(), 2);
        shared.sql(sql).rows::<String>()
    };
    assert_eq!(moods().unwrap().len(), 40_000);
    change(
        "CREATE TYPE shared.mood AS ENUM ('fine'); ALTER TABLE shared.plans ALTER mood DROP DEFAULT, \
         ALTER mood TYPE shared.mood USING mood::shared.mood",
    );
    let (lost, refused) = ends(move || (moods().unwrap_err(), moods().unwrap_err()));
    assert_eq!(lost.kind(), ErrorKind::Connection, "{lost}");
    assert!(refused.to_string().contains("::text"), "{refused}");
}

fn soon(options: &mut Options) {
    options.statement_timeout = Some(Duration::from_secs(3));
}

#[test]
fn a_column_that_gets_such_a_type_meanwhile_keeps_nobody_waiting_for_ever() {
    let shop = Shop::new();
    let proxy = Proxy::start(&shop);
    becomes_unknown(&shop, proxy.database(&shop, soon).unwrap());
}

#[test]
fn nor_does_it_over_a_socket_of_the_machine() {
    let shop = Shop::new();
    becomes_unknown(&shop, limited(&shop, soon));
}
