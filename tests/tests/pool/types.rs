//! Rows of types that the driver does not know.

use std::sync::mpsc;

use tenantry::sql;

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
