//! Plans that a task asks for.

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry_tests::shop::Customer;

use super::{World, add};

#[tokio::test]
async fn a_task_has_its_statements_explained() {
    let world = World::new().await;
    let mut acme = world.acme().await;
    add(&mut acme, "Ann").await.unwrap();
    let ann = || Customer::query().filter(Customer::NAME.eq("Ann"));
    let text = ann().explain().text(&mut acme).await.unwrap();
    assert!(text.contains("on customers"), "{text}");
    let plan = ann().explain_analyze().json(&mut acme).await.unwrap();
    assert_eq!(plan[0]["Plan"]["Actual Rows"].as_f64(), Some(1.0));
    let update = Customer::update_where(Customer::everything()).set(Customer::NOTE, "x");
    let refused = update.explain_analyze().text(&mut acme).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Configuration);
}
