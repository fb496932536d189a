//! Rows know where they came from.

use tenantry::prelude::*;
use tenantry::{Error, ErrorKind};
use tenantry_tests::Shop;
use tenantry_tests::shop::{Customer, Invoice, Plan};

use crate::common::{backend, customer, customers, key, open};

/// Runs something that has to be refused in a scope, and shows that the server was sent nothing.
fn refused(shop: &Shop, scope: &mut TenantScope, work: impl FnOnce(&mut TenantScope) -> Error) {
    let pid = backend(scope);
    let error = work(scope);
    assert_eq!(error.kind(), ErrorKind::ForeignRow, "{error}");
    assert!(error.to_string().contains("`acme`"), "{error}");
    assert!(error.to_string().contains("`globex`"), "{error}");
    let last = "SELECT query FROM pg_catalog.pg_stat_activity WHERE pid = $1";
    let last: String = shop
        .database()
        .connect()
        .query_one(last, &[&pid])
        .unwrap()
        .get(0);
    assert_eq!(
        last, "SELECT pg_catalog.pg_backend_pid()",
        "a statement was sent"
    );
}

/// A tenant that was dropped, and one that has its key since, are not told by their names: the error says that they are two.
#[test]
fn a_row_of_a_former_tenant_is_told_from_those_of_the_one_that_has_its_key() {
    let shop = Shop::new();
    let mut ann = customer(&mut shop.tenant("acme"), "Ann");
    shop.db().tenants().drop(&key("acme")).unwrap();
    shop.db().tenants().create(&key("acme")).unwrap();
    let error = ann.save(&mut shop.tenant("acme")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignRow, "{error}");
    let told =
        "loaded from tenant `acme`, which was another one then, and is used in tenant `acme`";
    assert!(error.to_string().contains(told), "{error}");
}

/// A row that was loaded in one tenant is not saved, deleted, reloaded or followed in another, even where the other
/// has a row of the same key. It is an error, and the server is sent nothing.
#[test]
fn a_row_of_one_tenant_is_not_touched_in_another() {
    let shop = Shop::new();
    let (mut acme, mut globex) = (shop.tenant("acme"), shop.tenant("globex"));
    let mut ann = customer(&mut acme, "Ann");
    let zoe = customer(&mut globex, "Zoe");
    assert_eq!(ann.id, zoe.id, "the test needs rows of one key");

    refused(&shop, &mut globex, |scope| {
        let mut ann = ann.clone();
        ann.name = "Anna".to_owned();
        ann.save(scope).unwrap_err()
    });
    refused(&shop, &mut globex, |scope| {
        ann.clone().save(scope).unwrap_err()
    });
    refused(&shop, &mut globex, |scope| {
        ann.clone().delete(scope).unwrap_err()
    });
    refused(&shop, &mut globex, |scope| ann.reload(scope).unwrap_err());
    refused(&shop, &mut globex, |scope| {
        ann.follow(Customer::PLAN, scope).unwrap_err()
    });
    refused(&shop, &mut globex, |scope| {
        ann.follow(Customer::REFERRED_BY, scope).unwrap_err()
    });
    refused(&shop, &mut globex, |scope| {
        ann.related(Customer::INVOICES).all(scope).unwrap_err()
    });
    refused(&shop, &mut globex, |scope| {
        ann.related(Customer::INVOICES).count(scope).unwrap_err()
    });
    refused(&shop, &mut globex, |scope| {
        ann.related(Customer::INVOICES).exists(scope).unwrap_err()
    });
    refused(&shop, &mut globex, |scope| {
        let invoices = ann
            .related(Customer::INVOICES)
            .filter(Invoice::PAID.eq(true));
        invoices.join(Invoice::CUSTOMER).first(scope).unwrap_err()
    });
    assert_eq!(customers(&mut globex), ["Zoe"]);
    assert_eq!(customers(&mut acme), ["Ann"]);
}

/// For rows that came in other ways: a joined row, a followed row, and a row that was saved know their tenant too.
#[test]
fn however_a_row_was_had_it_knows_its_tenant() {
    let shop = Shop::new();
    let (mut acme, mut globex) = (shop.tenant("acme"), shop.tenant("globex"));
    let mut ann = customer(&mut acme, "Ann");
    let mut bob = customer(&mut acme, "Bob");
    customer(&mut globex, "Zoe");
    bob.referred_by = Some(ann.key());
    bob.save(&mut acme).unwrap();
    ann.reload(&mut acme).unwrap();
    let followed = bob
        .follow(Customer::REFERRED_BY, &mut acme)
        .unwrap()
        .unwrap();
    let joined = Customer::query()
        .join(Customer::REFERRED_BY)
        .all(&mut acme)
        .unwrap();
    let joined = joined.into_iter().find_map(|(_, by)| by).unwrap();
    let found = Customer::find(ann.id).one(&mut acme).unwrap();
    let related = ann.related(Customer::REFERRALS).one(&mut acme).unwrap();
    for row in [ann, bob, followed, joined, found, related] {
        refused(&shop, &mut globex, |scope| row.delete(scope).unwrap_err());
    }
}

/// The other way round: shared rows are the same rows in every scope, so they may go from one to another.
#[test]
fn a_shared_row_can_be_used_wherever_it_was_loaded() {
    let shop = Shop::new();
    let (mut acme, mut globex) = (shop.tenant("acme"), shop.tenant("globex"));
    customer(&mut acme, "Ann");
    let mut pro = customer(&mut globex, "Zoe")
        .follow(Customer::PLAN, &mut globex)
        .unwrap();
    assert_eq!(
        pro.related(Plan::CUSTOMERS).one(&mut acme).unwrap().name,
        "Ann"
    );
    assert_eq!(
        pro.related(Plan::CUSTOMERS).one(&mut globex).unwrap().name,
        "Zoe"
    );
    pro.monthly = Decimal::ONE;
    pro.save(&mut acme.shared_mut()).unwrap();
    pro.reload(&mut shop.db().shared().unwrap()).unwrap();
    assert_eq!(pro.monthly, Decimal::ONE);
}

/// Over time: a tenant that is dropped and created again under its old key is another tenant, and a tenant that is
/// given another key is the same.
#[test]
fn a_row_belongs_to_the_tenant_and_not_to_its_name() {
    let shop = Shop::new();
    let mut ann = customer(&mut shop.tenant("acme"), "Ann");
    shop.db()
        .tenants()
        .rename(&key("acme"), &key("acme.example"))
        .unwrap();
    ann.name = "Anna".to_owned();
    ann.save(&mut open(shop.db(), "acme.example")).unwrap();

    shop.db().tenants().drop(&key("acme.example")).unwrap();
    let mut again = shop.tenant("acme");
    let eve = customer(&mut again, "Eve");
    assert_eq!(ann.id, eve.id, "the test needs rows of one key");
    ann.name = "Ann".to_owned();
    assert!(ann.save(&mut again).unwrap_err().is_foreign_row());
    assert!(ann.delete(&mut again).unwrap_err().is_foreign_row());
    assert_eq!(customers(&mut again), ["Eve"]);
}

/// Over servers: tenants of one key in two databases are two tenants.
#[test]
fn a_row_of_one_database_is_not_touched_in_another() {
    let (here, there) = (Shop::new(), Shop::new());
    let ann = customer(&mut here.tenant("acme"), "Ann");
    let mut other = there.tenant("acme");
    customer(&mut other, "Zoe");
    let error = ann.delete(&mut other).unwrap_err();
    assert!(error.is_foreign_row(), "{error}");
    for shop in [&here, &there] {
        assert!(
            error.to_string().contains(shop.database().name()),
            "{error}"
        );
    }
    let plan = Plan::query()
        .first(&mut here.db().shared().unwrap())
        .unwrap()
        .unwrap();
    let error = plan.delete(&mut there.db().shared().unwrap()).unwrap_err();
    assert!(error.is_foreign_row(), "{error}");
    assert_eq!(customers(&mut other), ["Zoe"]);
}
