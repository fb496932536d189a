//! Following foreign keys, and conditions and joins across them.

use tenantry::prelude::*;
use tenantry_tests::Shop;
use tenantry_tests::shop::{Customer, Invoice, NewCustomer, Plan};

use super::{customer, date, invoice, names};

/// A customer, their plan, and who brought them.
type JoinedCustomer = (Stored<Customer>, Stored<Plan>, Option<Stored<Customer>>);

#[test]
fn a_foreign_key_is_followed_both_ways() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let ann = customer(&mut acme, "Ann");
    let mut bob = customer(&mut acme, "Bob");
    assert_eq!(bob.follow(Customer::REFERRED_BY, &mut acme).unwrap(), None);
    bob.referred_by = Some(ann.key());
    bob.save(&mut acme).unwrap();
    assert_eq!(
        bob.follow(Customer::REFERRED_BY, &mut acme)
            .unwrap()
            .unwrap(),
        ann
    );
    assert_eq!(bob.follow(Customer::PLAN, &mut acme).unwrap().code, "pro");
    assert_eq!(
        names(ann.related(Customer::REFERRALS).all(&mut acme).unwrap()),
        ["Bob"]
    );
    invoice(&mut acme, &ann, 1, "2026-01-31");
    invoice(&mut acme, &ann, 2, "2026-02-28");
    let late = ann
        .related(Customer::INVOICES)
        .filter(Invoice::ISSUED_ON.gt(date("2026-02-01")));
    assert_eq!(late.one(&mut acme).unwrap().number, 2);
    assert_eq!(
        ann.related(Invoice::CUSTOMER.inverse())
            .count(&mut acme)
            .unwrap(),
        2
    );
    let pro = ann.follow(Customer::PLAN, &mut acme).unwrap();
    assert_eq!(pro.related(Plan::CUSTOMERS).count(&mut acme).unwrap(), 2);
}

#[test]
fn conditions_reach_across_relations_and_placements() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let ann = customer(&mut acme, "Ann");
    customer(&mut acme, "Bob");
    let free = Plan::query()
        .filter(Plan::CODE.eq("free"))
        .one(&mut acme)
        .unwrap();
    let cid = Customer::insert(NewCustomer::new("Cid", "cid@x.example", &free))
        .returning(&mut acme)
        .unwrap();
    invoice(&mut acme, &ann, 1, "2026-01-31");
    invoice(&mut acme, &cid, 1, "2026-02-28");

    let pro = Customer::PLAN.on(Plan::CODE.eq("pro"));
    let of_pro = Invoice::query()
        .filter(Invoice::CUSTOMER.on(pro.clone()))
        .all(&mut acme)
        .unwrap();
    assert_eq!(of_pro.len(), 1);
    assert_eq!(
        Invoice::query()
            .filter(!Invoice::CUSTOMER.on(pro.clone()))
            .count(&mut acme)
            .unwrap(),
        1
    );
    let without = Customer::query().filter(pro & !Customer::INVOICES.exists());
    assert_eq!(names(without.all(&mut acme).unwrap()), ["Bob"]);
    // A shared model, by its tenant's rows: the query needs a tenant scope then.
    let used = Plan::CUSTOMERS
        .any(Customer::INVOICES.any(Invoice::NUMBER.eq(1)) & Customer::NAME.eq("Cid"));
    assert_eq!(
        Plan::query().filter(used).one(&mut acme).unwrap().code,
        "free"
    );
    assert_eq!(
        Customer::query()
            .filter(Customer::REFERRED_BY.on(Customer::everything()))
            .count(&mut acme)
            .unwrap(),
        0
    );
}

#[test]
fn joins_load_related_rows_in_the_same_statement() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let ann = customer(&mut acme, "Ann");
    let mut bob = customer(&mut acme, "Bob");
    bob.referred_by = Some(ann.key());
    bob.save(&mut acme).unwrap();
    let rows: Vec<JoinedCustomer> = Customer::query()
        .join(Customer::PLAN)
        .join(Customer::REFERRED_BY)
        .order_by(Customer::REFERRED_BY.by(Customer::NAME.desc()))
        .all(&mut acme)
        .unwrap();
    let seen: Vec<_> = rows
        .iter()
        .map(|(customer, plan, by)| {
            (
                customer.name.as_str(),
                plan.code.as_str(),
                by.as_ref().map(|by| by.name.as_str()),
            )
        })
        .collect();
    assert_eq!(seen, [("Ann", "pro", None), ("Bob", "pro", Some("Ann"))]);
    invoice(&mut acme, &bob, 4, "2026-03-31");
    let by_plan = Invoice::query()
        .join(Invoice::CUSTOMER)
        .order_by(Invoice::CUSTOMER.by(Customer::PLAN.by(Plan::CODE.asc())));
    let (_, mut loaded) = by_plan.one(&mut acme).unwrap();
    loaded.note = Some("a joined row can be saved".to_owned());
    loaded.save(&mut acme).unwrap();
}
