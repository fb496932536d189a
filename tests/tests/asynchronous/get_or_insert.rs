//! Rows that tasks get or insert.

use std::pin::pin;

use futures_util::FutureExt;
use futures_util::future::join_all;
use tenantry::prelude::*;
use tenantry::query::FoundOrInserted;
use tenantry_tests::shop::{Customer, NewCustomer};

use super::World;

async fn ann(scope: &mut tenantry::tokio::TenantScope) -> FoundOrInserted<Stored<Customer>> {
    let new = NewCustomer::new("Ann", "ann@x.example", 1);
    let conflict = Customer::insert(new).on_conflict(Customer::EMAIL);
    conflict.get_or_insert(scope).await.unwrap()
}

#[tokio::test]
async fn of_many_tasks_one_inserts_the_row_and_all_have_it() {
    let world = World::new().await;
    let got = join_all((0..6).map(|_| async {
        let mut acme = world.acme().await;
        ann(&mut acme).await
    }));
    let got = got.await;
    assert_eq!(got.iter().filter(|row| row.is_new()).count(), 1);
    let first = got[0].clone().into_row();
    assert!(got.into_iter().all(|row| row.into_row().id == first.id));
}

#[tokio::test]
async fn one_that_is_given_up_leaves_the_scope_as_it_was() {
    let world = World::new().await;
    let mut acme = world.acme().await;
    assert!(pin!(ann(&mut acme)).now_or_never().is_none());
    let row = ann(&mut acme).await.into_row();
    let outcome = acme.transaction(async |tx| {
        let new = NewCustomer::new("Ann", "ann@x.example", 1);
        let conflict = Customer::insert(new).on_conflict(Customer::EMAIL);
        assert_eq!(conflict.get_or_insert(tx).await?.into_row().id, row.id);
        Customer::query().count(tx).await
    });
    assert_eq!(outcome.await.unwrap(), 1);
}
