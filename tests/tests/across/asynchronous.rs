//! Rows of many tenants in asynchronous programs.

use std::time::Duration;

use postgres::{Client, NoTls};
use tenantry::across::Why;
use tenantry::exec::blocking;
use tenantry::prelude::*;
use tenantry::query::count;
use tenantry::tokio::{Database, Fleet, Options};
use tenantry_tests::Shop;
use tenantry_tests::shop::{Customer, Invoice};
use tokio::time::{sleep, timeout};

use super::{STATEMENTS, Staff, key, shop};

async fn connect(shop: &Shop, connections: usize) -> Database {
    let mut options = Options::default();
    options.max_connections = connections;
    let config = shop.database().config();
    Database::connect_with(&config, NoTls, options)
        .await
        .unwrap()
}

fn fleet(db: &Database, tenants: usize) -> Fleet {
    db.across(&Staff).tenants_per_statement(tenants)
}

#[tokio::test]
async fn a_task_asks_as_a_thread_does() {
    let shop = blocking(shop);
    let db = connect(&shop, 1).await;
    for tenants in STATEMENTS {
        let mut fleet = fleet(&db, tenants);
        let query = Invoice::query().select((count(), Invoice::TOTAL.avg()));
        let row = query.across(&mut fleet).await.unwrap().whole().unwrap();
        assert_eq!(row, [(10, Some(Decimal::from(12)))]);
        let query = Invoice::query().order_by(Invoice::TOTAL.desc()).limit(2);
        let work = tokio::spawn(async move {
            let rows = query.across(&mut fleet).await.unwrap().whole().unwrap();
            (fleet, rows)
        });
        let (mut fleet, rows) = work.await.unwrap();
        let keys: Vec<_> = rows.iter().map(|(tenant, _)| tenant.as_str()).collect();
        assert_eq!(keys, ["umbrella", "acme"]);
        let rows = Customer::query()
            .select(count())
            .by_tenant(&mut fleet)
            .await;
        assert_eq!(rows.unwrap().whole().unwrap()[2], (key("initech"), 0));
        let mut told = 0;
        let answer = Invoice::query().for_each_tenant(&mut fleet, |_, _| {
            told += 1;
            Ok(())
        });
        assert_eq!((answer.await.unwrap().tenants(), told), (5, 10));
        // Between statements the fleet keeps no connection: there is but one.
        let mut acme = db.tenant(&key("acme")).await.unwrap();
        assert_eq!(Invoice::query().count(&mut acme).await.unwrap(), 3);
    }
}

#[tokio::test]
async fn a_future_that_is_dropped_leaves_nothing_open() {
    let shop = blocking(shop);
    let db = connect(&shop, 1).await;
    let mut holder = blocking(|| Client::connect(shop.database().url(), NoTls)).unwrap();
    let lock = "BEGIN; LOCK TABLE globex.invoices IN ACCESS EXCLUSIVE MODE";
    blocking(|| holder.batch_execute(lock)).unwrap();
    let mut fleet = fleet(&db, 2).lock_timeout(Duration::from_mins(10));
    let query = Invoice::query().select(count());
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    {
        let mut asked = std::pin::pin!(query.clone().across(&mut fleet));
        loop {
            assert!(timeout(Duration::from_millis(5), &mut asked).await.is_err());
            let waiting: i64 = blocking(|| holder.query_one(waits, &[]).unwrap().get(0));
            if waiting > 0 {
                break;
            }
        }
    }
    let mut short = super::asynchronous::fleet(&db, 2).lock_timeout(Duration::from_millis(50));
    let answer = query.clone().across(&mut short).await.unwrap();
    assert_eq!(
        (answer.rows(), answer.left_out()[0].why()),
        (&[8][..], Why::Locked)
    );
    blocking(|| holder.batch_execute("ROLLBACK")).unwrap();
    blocking(|| drop(holder));
    let answer = query.across(&mut fleet).await.unwrap();
    assert_eq!(answer.whole().unwrap(), [10]);
    while db.pool_status().open != db.pool_status().idle {
        sleep(Duration::from_millis(5)).await;
    }
}
