//! Pages that a task asks for.

use std::pin::pin;

use futures_util::FutureExt;
use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry_tests::shop::{Customer, Invoice};

use super::{World, add};

fn names(rows: Vec<Stored<Customer>>) -> Vec<String> {
    rows.into_iter().map(|row| row.into_inner().name).collect()
}

#[tokio::test]
async fn a_task_goes_through_pages_both_ways() {
    let world = World::new().await;
    let mut acme = world.acme().await;
    for name in ["Ann", "Bob", "Cid", "Dee", "Eve"] {
        add(&mut acme, name).await.unwrap();
    }
    let query = Customer::query().order_by(Customer::NAME.desc());
    let first = query.clone().keyset(2).all(&mut acme).await.unwrap();
    let second = query.clone().keyset(2).after(&first.next);
    // A page that was given up leaves the scope as it was.
    assert!(pin!(second.clone().all(&mut acme)).now_or_never().is_none());
    let second = second.all(&mut acme).await.unwrap();
    let back = query.clone().keyset(2).before(&second.previous);
    let back = back.all(&mut acme).await.unwrap();
    assert_eq!(names(first.rows), ["Eve", "Dee"]);
    assert_eq!(names(second.rows), ["Cid", "Bob"]);
    assert_eq!(names(back.rows), ["Eve", "Dee"]);
    assert!(back.previous.is_none());
    let related = query.clone().with(Customer::INVOICES).keyset(4);
    let related = related.all(&mut acme).await.unwrap();
    assert!(related.rows.iter().all(|(_, invoices)| invoices.is_empty()));
    let other = Invoice::query().keyset(2).after(&first.next);
    assert_eq!(
        other.all(&mut acme).await.unwrap_err().kind(),
        ErrorKind::Page
    );
    let page = query.page(3, 2).all(&mut acme).await.unwrap();
    assert_eq!((page.total, page.pages()), (5, 3));
    assert_eq!(names(page.rows), ["Ann"]);
}
