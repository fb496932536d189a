//! Rows of all tenants.

use std::collections::BTreeSet;

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry::tenant::{Match, Order, Selection};
use tenantry_tests::shop::{Customer, Invoice};

use super::{STATEMENTS, fleet, key, shop};

#[test]
fn an_order_with_a_limit_is_of_all_rows() {
    let shop = shop();
    for tenants in STATEMENTS {
        let mut fleet = fleet(&shop, tenants);
        let query = Invoice::query().order_by(Invoice::TOTAL.desc());
        let rows = query.clone().limit(4).across(&mut fleet).unwrap();
        let found: Vec<_> = rows
            .rows()
            .iter()
            .map(|(tenant, row)| (tenant.as_str(), row.total))
            .collect();
        let expected = [
            ("umbrella", 40),
            ("acme", 20),
            ("globex", 20),
            ("o.brien-sons", 12),
        ];
        assert_eq!(
            found,
            expected.map(|(key, total)| (key, Decimal::from(total)))
        );
        let rows = query.clone().offset(3).limit(2).across(&mut fleet).unwrap();
        let totals: Vec<_> = rows.rows().iter().map(|(_, row)| row.total).collect();
        assert_eq!(totals, [12, 9].map(Decimal::from));
        let rows = query.clone().offset(8).across(&mut fleet).unwrap();
        let totals: Vec<_> = rows.rows().iter().map(|(_, row)| row.total).collect();
        assert_eq!(totals, [3, 1].map(Decimal::from));
        let rows = query.offset(80).limit(2).across(&mut fleet).unwrap();
        assert!(rows.rows().is_empty());
        assert!(
            Invoice::query()
                .limit(0)
                .across(&mut fleet)
                .unwrap()
                .rows()
                .is_empty()
        );
        let rows = Invoice::query().limit(u64::MAX).across(&mut fleet).unwrap();
        assert_eq!(rows.rows().len(), 10);
    }
}

#[test]
fn nulls_stand_where_the_order_has_them() {
    let shop = shop();
    let mut acme = shop.tenant("acme");
    Customer::update_where(Customer::NAME.eq("Bob"))
        .set(Customer::NOTE, Some("b".to_owned()))
        .execute(&mut acme)
        .unwrap();
    drop(acme);
    for tenants in STATEMENTS {
        let mut fleet = fleet(&shop, tenants);
        let notes = Customer::query().select(Customer::NOTE);
        for (order, first) in [
            (Customer::NOTE.asc(), Some("b")),
            (Customer::NOTE.desc(), None),
            (Customer::NOTE.asc().nulls_first(), None),
            (Customer::NOTE.desc().nulls_last(), Some("b")),
        ] {
            let rows = notes.clone().order_by(order).limit(3).across(&mut fleet);
            let rows = rows.unwrap().into_rows();
            assert_eq!((rows.len(), rows[0].1.as_deref()), (3, first), "{tenants}");
        }
    }
}

#[test]
fn rows_without_an_order_are_those_of_one_tenant_after_another() {
    let shop = shop();
    for tenants in STATEMENTS {
        let mut fleet = fleet(&shop, tenants).selection(Selection::all().order(Order::Key));
        let rows = Invoice::query().across(&mut fleet).unwrap().into_rows();
        let keys: Vec<_> = rows.into_iter().map(|(tenant, _)| tenant).collect();
        assert!(keys.is_sorted(), "{keys:?}");
        let rows = Customer::query()
            .offset(1)
            .limit(3)
            .across(&mut fleet)
            .unwrap();
        let keys: Vec<_> = rows
            .rows()
            .iter()
            .map(|(tenant, _)| tenant.as_str())
            .collect();
        assert_eq!(keys, ["acme", "globex", "globex"]);
        // Nobody else was asked if there was no need.
        assert_eq!(
            rows.tenants(),
            if tenants == 1 { 2 } else { tenants.clamp(2, 5) }
        );
    }
}

#[test]
fn a_row_is_its_tenants() {
    let shop = shop();
    let mut fleet = fleet(&shop, 2);
    let rows = Customer::query()
        .join(Customer::PLAN)
        .order_by(Customer::EMAIL.asc())
        .across(&mut fleet)
        .unwrap();
    for (tenant, (mut customer, plan)) in rows.into_rows() {
        assert_eq!(plan.code, "pro");
        let mut own = shop.db().tenant(&tenant).unwrap();
        customer.note = Some(tenant.to_string());
        customer.save(&mut own).unwrap();
        let other = if tenant == key("acme") {
            "globex"
        } else {
            "acme"
        };
        let mut other = shop.tenant(other);
        customer.name.push('!');
        assert_eq!(
            customer.save(&mut other).unwrap_err().kind(),
            ErrorKind::ForeignRow
        );
    }
    let notes = Customer::query()
        .select(Customer::NOTE)
        .across(&mut fleet)
        .unwrap();
    for (tenant, note) in notes.into_rows() {
        assert_eq!(note, Some(tenant.to_string()));
    }
}

#[test]
fn a_key_of_one_tenants_row_is_refused_and_a_shared_one_is_not() {
    let shop = shop();
    let mut fleet = fleet(&shop, 100);
    let mut acme = shop.tenant("acme");
    let ann = Customer::query()
        .order_by(Customer::ID.asc())
        .first(&mut acme)
        .unwrap()
        .unwrap();
    let query = Invoice::query().filter(Invoice::CUSTOMER.eq(&ann));
    let error = query.across(&mut fleet).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignRow, "{error}");
    let error = ann
        .related(Customer::INVOICES)
        .across(&mut fleet)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignRow, "{error}");
    let pro = ann.follow(Customer::PLAN, &mut acme).unwrap();
    let query = Customer::query().filter(Customer::PLAN.eq(&pro));
    assert_eq!(query.across(&mut fleet).unwrap().rows().len(), 8);
    let customers = pro.related(tenantry_tests::shop::Plan::CUSTOMERS);
    assert_eq!(customers.across(&mut fleet).unwrap().rows().len(), 8);
}

#[test]
fn an_answer_of_each_tenant_has_its_own_order_and_limit() {
    let shop = shop();
    for tenants in STATEMENTS {
        let mut fleet = fleet(&shop, tenants);
        let query = Invoice::query().order_by(Invoice::TOTAL.desc()).limit(2);
        let rows = query.select(Invoice::TOTAL).by_tenant(&mut fleet).unwrap();
        let found: Vec<_> = rows.into_rows();
        let expected = [
            ("acme", 20),
            ("acme", 7),
            ("globex", 20),
            ("globex", 1),
            ("o.brien-sons", 12),
            ("o.brien-sons", 9),
            ("umbrella", 40),
        ];
        let expected = expected.map(|(tenant, total)| (key(tenant), Decimal::from(total)));
        assert_eq!(found, expected);
    }
}

#[test]
fn rows_are_told_one_by_one() {
    let shop = shop();
    for tenants in STATEMENTS {
        let mut fleet = fleet(&shop, tenants);
        let mut told = BTreeSet::new();
        let answer = Invoice::query().for_each_tenant(&mut fleet, |tenant, invoice| {
            assert!(told.insert((tenant.clone(), invoice.id)));
            Ok(())
        });
        let answer = answer.unwrap();
        assert_eq!(
            (told.len(), answer.tenants(), answer.left_out().len()),
            (10, 5, 0)
        );
        let mut calls = 0;
        let stopped = Invoice::query().for_each_tenant(&mut fleet, |_, invoice| {
            calls += 1;
            Invoice::find(invoice.id)
                .one(&mut shop.tenant("initech"))
                .map(drop)
        });
        assert_eq!(
            (stopped.unwrap_err().kind(), calls),
            (ErrorKind::NotFound, 1)
        );
        // The fleet can be used again.
        assert_eq!(
            Invoice::query().across(&mut fleet).unwrap().rows().len(),
            10
        );
    }
}

#[test]
fn tenants_are_selected_as_for_a_migration() {
    let shop = shop();
    let tenants = shop.db().tenants();
    for tenant in ["globex", "umbrella"] {
        tenants.tag(&key(tenant), &["beta"], &[]).unwrap();
    }
    let asked = |selection: Selection| {
        let mut fleet = fleet(&shop, 2).selection(selection);
        let rows = Customer::query().across(&mut fleet).unwrap().into_rows();
        rows.into_iter()
            .map(|(tenant, _)| tenant.to_string())
            .collect::<BTreeSet<_>>()
    };
    let beta = || Match::all().tag("beta").unwrap();
    let matching = asked(Selection::all().matching(beta()));
    assert_eq!(Vec::from_iter(matching), ["globex", "umbrella"]);
    assert_eq!(asked(Selection::all().except(beta())).len(), 2);
    let pattern = Match::all().pattern("*r*").unwrap();
    assert_eq!(
        Vec::from_iter(asked(Selection::all().matching(pattern))),
        ["o.brien-sons", "umbrella"]
    );
    let first = asked(Selection::all().order(Order::Key).first(1));
    assert_eq!(Vec::from_iter(first), ["acme"]);
    let unknown = Selection::all().keys([key("nobody")]);
    let error = Customer::query()
        .across(&mut fleet(&shop, 2).selection(unknown))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownTenant);
}

#[test]
fn an_order_of_distinct_rows_is_of_what_is_selected() {
    let shop = shop();
    let mut fleet = fleet(&shop, 2);
    let paid = Invoice::query().select(Invoice::PAID).distinct();
    let hidden = paid.clone().order_by(Invoice::TOTAL.asc());
    for error in [
        hidden.clone().across(&mut fleet).unwrap_err(),
        hidden.by_tenant(&mut fleet).unwrap_err(),
    ] {
        assert!(error.to_string().contains("help: select it too"), "{error}");
    }
    let shown = paid
        .order_by(Invoice::PAID.desc())
        .across(&mut fleet)
        .unwrap();
    let rows: Vec<bool> = shown.rows().iter().map(|(_, paid)| *paid).collect();
    assert!(rows.is_sorted_by(|a, b| a >= b), "{rows:?}");
}
