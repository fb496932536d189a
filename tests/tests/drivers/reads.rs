//! Queries that read.

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry::query::expr::{Over, row_number};
use tenantry::query::{Orders, count};
use tenantry_tests::shop::{Customer, Invoice, NewPlan, Payment, Plan};

use super::{TenantScope, World, now};
use crate::{names, new_customer, new_invoice};

/// Ann and Bob of the plan `pro`, Cem of `free`, whom Ann brought; Ann has invoices 1 to 3, and Bob has number 4.
fn filled(world: &World) -> TenantScope {
    let mut acme = world.tenant("acme");
    let plan = |code: &str| Plan::query().filter(Plan::CODE.eq(code));
    let pro = now(plan("pro").one(&mut acme)).unwrap();
    let free = now(plan("free").one(&mut acme)).unwrap();
    let ann = now(Customer::insert(new_customer("Ann", &pro)).returning(&mut acme)).unwrap();
    let bob = now(Customer::insert(new_customer("Bob", &pro)).returning(&mut acme)).unwrap();
    let cem = new_customer("Cem", &free)
        .referred_by(ann.key())
        .note("late");
    now(Customer::insert(cem).execute(&mut acme)).unwrap();
    let months = ["2026-01-31", "2026-02-28", "2026-03-31"];
    let ours = (1..)
        .zip(months)
        .map(|(number, day)| new_invoice(&ann, number, day));
    now(Invoice::insert_many(ours).execute(&mut acme)).unwrap();
    now(Invoice::insert(new_invoice(&bob, 4, "2026-02-01")).execute(&mut acme)).unwrap();
    acme
}

#[test]
fn rows_by_condition_order_and_key() {
    let world = World::new();
    let mut acme = filled(&world);
    let all = Customer::query().order_by(Customer::NAME.desc());
    let rows = now(all.clone().all(&mut acme)).unwrap();
    assert_eq!(names(&rows), ["Cem", "Bob", "Ann"]);
    let middle = now(all.clone().offset(1).limit(1).all(&mut acme)).unwrap();
    assert_eq!(names(&middle), ["Bob"]);
    let key = rows[2].id;
    assert_eq!(now(Customer::find(key).one(&mut acme)).unwrap(), rows[2]);
    assert!(now(Customer::find(key).exists(&mut acme)).unwrap());
    let none = Customer::query().filter(Customer::NAME.eq("Eve"));
    assert_eq!(now(none.clone().first(&mut acme)).unwrap(), None);
    assert!(!now(none.clone().exists(&mut acme)).unwrap());
    assert!(now(none.one(&mut acme)).unwrap_err().is_not_found());
    let several = now(all.clone().one(&mut acme)).unwrap_err();
    assert_eq!(several.kind(), ErrorKind::SeveralRows);
    let listed = Customer::NAME.is_in(["Ann", "Cem", "Eve"]) & Customer::NOTE.is_not_null();
    assert_eq!(now(all.clone().filter(listed).count(&mut acme)).unwrap(), 1);
    let nobody = Customer::NAME.is_in([""; 0]);
    assert_eq!(now(all.filter(nobody).count(&mut acme)).unwrap(), 0);
}

#[test]
fn rows_across_relations_and_placements() {
    let world = World::new();
    let mut acme = filled(&world);
    let pro = Customer::query().filter(Customer::PLAN.on(Plan::CODE.eq("pro")));
    let brought = Customer::query().filter(Customer::REFERRALS.any(Customer::NAME.eq("Cem")));
    assert_eq!(now(pro.count(&mut acme)).unwrap(), 2);
    let ann = now(brought.one(&mut acme)).unwrap();
    assert_eq!(ann.name, "Ann");
    let joined = Customer::query()
        .join(Customer::PLAN)
        .join(Customer::REFERRED_BY)
        .order_by(Customer::NAME.asc());
    let joined = now(joined.all(&mut acme)).unwrap();
    let (cem, plan, by) = &joined[2];
    assert_eq!(
        (cem.name.as_str(), plan.code.as_str(), by.as_ref()),
        ("Cem", "free", Some(&ann))
    );
    assert_eq!(joined[0].2, None);
    assert_eq!(now(cem.follow(Customer::PLAN, &mut acme)).unwrap(), *plan);
    let late = ann
        .related(Customer::INVOICES)
        .filter(Invoice::NUMBER.gt(1))
        .order_by(Invoice::NUMBER.asc());
    let late = now(late.all(&mut acme)).unwrap();
    assert_eq!(late.iter().map(|it| it.number).collect::<Vec<_>>(), [2, 3]);
    let loading = Customer::query()
        .order_by(Customer::NAME.asc())
        .with(Customer::INVOICES.order_by(Invoice::NUMBER.desc()).limit(2));
    let loaded = now(loading.all(&mut acme)).unwrap();
    let numbers = |of: &[Stored<Invoice>]| of.iter().map(|it| it.number).collect::<Vec<_>>();
    let loaded: Vec<_> = loaded.iter().map(|(_, of)| numbers(of)).collect();
    assert_eq!(loaded, [vec![3, 2], vec![4], vec![]]);
}

#[test]
fn values_groups_windows_and_queries_within_queries() {
    let world = World::new();
    let mut acme = filled(&world);
    let groups = Invoice::query()
        .group_by(Invoice::CUSTOMER.to(Customer::NAME))
        .having(count().ge(1))
        .order_by_key(Orders::asc)
        .select((count(), Invoice::NUMBER.max(), Invoice::TOTAL.sum()));
    let groups = now(groups.all(&mut acme)).unwrap();
    let six = Some(Decimal::from(6));
    assert_eq!(groups[0], ("Ann".to_owned(), (3, Some(3), six)));
    assert_eq!(groups[1].1.0, 1);
    let of_none = Invoice::query().filter(Invoice::NUMBER.gt(100));
    let of_none = of_none.select((count(), Invoice::TOTAL.sum()));
    assert_eq!(now(of_none.one(&mut acme)).unwrap(), (0, None));
    let latest = Over::all()
        .partition_by(Invoice::CUSTOMER)
        .order_by(Invoice::NUMBER.desc());
    let ranked = Invoice::query()
        .order_by(Invoice::NUMBER.asc())
        .select((Invoice::NUMBER, row_number().over(latest)));
    let ranked = now(ranked.all(&mut acme)).unwrap();
    assert_eq!(ranked, [(1, 3), (2, 2), (3, 1), (4, 1)]);
    let owing = Invoice::query()
        .filter(Invoice::NUMBER.gt(3))
        .select(Invoice::CUSTOMER.to(Customer::NAME));
    let owing = Customer::query().filter(Customer::NAME.in_query(owing));
    let owing = owing.select((
        Customer::NAME,
        Customer::PAYMENT,
        Customer::NAME.concat("!"),
    ));
    let (name, payment, loud) = now(owing.one(&mut acme)).unwrap();
    assert_eq!((&*name, payment, &*loud), ("Bob", Payment::Card, "Bob!"));
    let most = Invoice::query().select(Invoice::NUMBER.max()).scalar();
    let last = Invoice::query().filter(Invoice::NUMBER.eq(most));
    assert_eq!(now(last.one(&mut acme)).unwrap().number, 4);
}

#[test]
fn rows_one_by_one_and_an_end_of_ones_own() {
    let world = World::new();
    let mut acme = filled(&world);
    let mut told = Vec::new();
    let each = Invoice::query()
        .join(Invoice::CUSTOMER)
        .order_by(Invoice::NUMBER.asc());
    let each = each.for_each(&mut acme, |(invoice, customer)| {
        told.push(format!("{} of {}", invoice.number, customer.name));
        Ok(())
    });
    assert_eq!(now(each).unwrap(), 4);
    assert_eq!(told, ["1 of Ann", "2 of Ann", "3 of Ann", "4 of Bob"]);
    let mut seen = 0;
    let ends = Invoice::query().for_each(&mut acme, |_| {
        seen += 1;
        Err(TenantKey::new("").unwrap_err().into())
    });
    assert_eq!(now(ends).unwrap_err().kind(), ErrorKind::Name);
    assert_eq!(seen, 1);
    assert_eq!(now(Invoice::query().count(&mut acme)).unwrap(), 4);
}

#[test]
fn statements_by_hand() {
    let world = World::new();
    let mut acme = filled(&world);
    let rows = sql!(
        "SELECT c.name, count(*) FROM {Customer} AS c JOIN {Invoice} AS i ON i.customer = c.id \
         WHERE i.number <> $1 GROUP BY 1 ORDER BY 1"
    );
    let rows = now(acme.sql(rows).bind(2).rows::<(String, i64)>()).unwrap();
    assert_eq!(rows, [("Ann".to_owned(), 2), ("Bob".to_owned(), 1)]);
    let whole = sql!("SELECT * FROM {Customer} WHERE {Customer.name} = $1");
    let ann = now(acme.sql(whole).bind("Ann").row::<Stored<Customer>>()).unwrap();
    let payments = Customer::query().filter(Customer::PAYMENT.eq(Payment::Card));
    assert!(now(payments.all(&mut acme)).unwrap().contains(&ann));
    let paid = sql!("UPDATE {Invoice} SET {Invoice.paid} = true WHERE {Invoice.number} < $1");
    assert_eq!(now(acme.sql(paid).bind(3).execute()).unwrap(), 2);
    let null = sql!("SELECT n FROM (VALUES (1), (NULL), (3)) AS v (n)");
    let tried = now(acme.sql(null).try_rows::<i32>()).unwrap();
    let tried: Vec<_> = tried.into_iter().map(Result::ok).collect();
    assert_eq!(tried, [Some(1), None, Some(3)]);
}

#[test]
fn another_tenant_and_the_shared_schema() {
    let world = World::new();
    let mut acme = filled(&world);
    let mut globex = world.tenant("globex");
    assert_eq!(now(Customer::query().count(&mut globex)).unwrap(), 0);
    let mut shared = world.shared();
    let gold = NewPlan::new("gold", Decimal::from(99));
    let gold = now(Plan::insert(gold).returning(&mut shared)).unwrap();
    let seen = now(Plan::find(gold.id).one(&mut globex)).unwrap();
    assert_eq!((&*seen.code, seen.monthly), ("gold", Decimal::from(99)));
    // Over the connection of the tenant's scope, too.
    let mut plan = seen;
    plan.code = "gilt".to_owned();
    now(plan.save(&mut acme.shared_mut())).unwrap();
    let codes = Plan::query().order_by(Plan::ID.asc()).select(Plan::CODE);
    assert_eq!(
        now(codes.all(&mut shared)).unwrap(),
        ["free", "pro", "gilt"]
    );
}
