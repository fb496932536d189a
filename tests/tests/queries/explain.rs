//! Plans of queries, updates and deletes.

use tenantry::prelude::*;
use tenantry::query::count;
use tenantry::{Error, ErrorKind};
use tenantry_tests::Shop;
use tenantry_tests::shop::{Customer, Invoice};

use super::{customer, invoice};

fn undone<T>(_: T) -> Result<(), Error> {
    Err(Error::from(TenantKey::new("").unwrap_err()))
}

#[test]
fn a_plan_is_text_and_json_and_runs_nothing() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let ann = customer(&mut acme, "'Ann'");
    invoice(&mut acme, &ann, 1, "2026-03-01");
    let query = Customer::query()
        .filter(Customer::NAME.eq("'Ann'"))
        .limit(3);
    let text = query.clone().explain().text(&mut acme).unwrap();
    assert!(
        text.starts_with("Limit ") && text.lines().count() > 1,
        "{text}"
    );
    assert!(text.contains("on customers"), "{text}");
    let plan = query.clone().explain().json(&mut acme).unwrap();
    assert_eq!(plan[0]["Plan"]["Node Type"], "Limit");
    assert!(plan[0].get("Execution Time").is_none());
    let groups = Invoice::query().group_by(Invoice::PAID).select(count());
    assert!(
        groups
            .explain()
            .text(&mut acme)
            .unwrap()
            .contains("Aggregate")
    );
    let related = Customer::query().with(Customer::INVOICES).explain();
    assert!(related.text(&mut acme).unwrap().contains("customers"));
    let update = Invoice::update_where(Invoice::NUMBER.eq(1)).set(Invoice::PAID, true);
    let text = update.explain().text(&mut acme).unwrap();
    assert!(text.starts_with("Update on invoices"), "{text}");
    let delete = Invoice::delete_where(Invoice::everything()).explain();
    assert!(
        delete
            .text(&mut acme)
            .unwrap()
            .starts_with("Delete on invoices")
    );
    assert_eq!(
        Invoice::query()
            .filter(!Invoice::PAID)
            .count(&mut acme)
            .unwrap(),
        1
    );
    // A scope that only reads explains too.
    query.explain().text(&mut acme.read()).unwrap();
}

#[test]
fn what_a_statement_takes_is_told_by_running_it() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let ann = customer(&mut acme, "Ann");
    invoice(&mut acme, &ann, 1, "2026-03-01");
    let query = Customer::query().explain_analyze();
    let plan = query.json(&mut acme).unwrap();
    assert_eq!(plan[0]["Plan"]["Actual Rows"].as_f64(), Some(1.0));
    assert!(plan[0]["Execution Time"].is_number());
    let text = Customer::query().explain_analyze().text(&mut acme).unwrap();
    assert!(text.contains("actual time="), "{text}");
    // In a transaction that is undone, what was changed is undone.
    let update = || Invoice::update_where(Invoice::everything()).set(Invoice::PAID, true);
    let outcome = acme.transaction(|tx| {
        let text = update().explain_analyze().text(tx)?;
        assert!(text.contains("actual time="), "{text}");
        assert_eq!(Invoice::query().filter(Invoice::PAID).count(tx)?, 1);
        Customer::query().for_update().explain_analyze().json(tx)?;
        undone(())
    });
    outcome.unwrap_err();
    assert_eq!(
        Invoice::query()
            .filter(Invoice::PAID)
            .count(&mut acme)
            .unwrap(),
        0
    );
}

#[test]
fn a_change_is_not_run_where_nobody_could_undo_it() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let ann = customer(&mut acme, "Ann");
    invoice(&mut acme, &ann, 1, "2026-03-01");
    let update = Invoice::update_where(Invoice::everything()).set(Invoice::PAID, true);
    let delete = Invoice::delete_where(Invoice::everything());
    for outcome in [
        update.explain_analyze().text(&mut acme),
        delete.explain_analyze().text(&mut acme),
    ] {
        let error = outcome.unwrap_err();
        assert_eq!(
            (error.kind(), error.operation()),
            (ErrorKind::Configuration, Some("explain"))
        );
        assert!(error.to_string().contains("roll that back"), "{error}");
    }
    assert_eq!(
        Invoice::query()
            .filter(!Invoice::PAID)
            .count(&mut acme)
            .unwrap(),
        1
    );
    let lock = Customer::query().for_update().explain().text(&mut acme);
    assert_eq!(lock.unwrap_err().kind(), ErrorKind::Configuration);
}
