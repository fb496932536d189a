//! Many rows that a task changes at once.

use std::pin::pin;

use futures_util::FutureExt;
use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry_tests::shop::Customer;

use super::{World, add};

#[tokio::test]
async fn a_task_saves_many_rows_or_none() {
    let world = World::new().await;
    let mut acme = world.acme().await;
    let mut rows = Vec::new();
    for name in ["Ann", "Bob", "Cid"] {
        rows.push(add(&mut acme, name).await.unwrap());
    }
    for row in &mut rows {
        row.note = Some("new".to_owned());
    }
    // One that is given up changes nothing, or all.
    assert!(
        pin!(Customer::save_all(&mut rows, &mut acme))
            .now_or_never()
            .is_none()
    );
    let noted = Customer::query().filter(Customer::NOTE.eq("new"));
    assert!([0, 3].contains(&noted.clone().count(&mut acme).await.unwrap()));
    assert_eq!(Customer::save_all(&mut rows, &mut acme).await.unwrap(), 3);
    assert_eq!(noted.count(&mut acme).await.unwrap(), 3);
    let names = rows
        .iter()
        .zip(["A", "B", "C"])
        .map(|(row, name)| (row.key(), name));
    let changed = Customer::update_many(Customer::NAME, names);
    let changed = changed.returning(&mut acme).await.unwrap();
    assert_eq!(changed[2].name, "C");
    Customer::delete_where(Customer::NAME.eq("B"))
        .execute(&mut acme)
        .await
        .unwrap();
    let outcome = acme.transaction(async |tx| {
        let names = rows.iter().map(|row| (row.key(), "D"));
        let refused = Customer::update_many(Customer::NAME, names)
            .execute(tx)
            .await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::NotFound);
        for row in &mut rows {
            row.note = None;
        }
        let refused = Customer::save_all(&mut rows, tx).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::Stale);
        Customer::query()
            .filter(Customer::NAME.eq("D"))
            .count(tx)
            .await
    });
    assert_eq!(outcome.await.unwrap(), 0);
}
