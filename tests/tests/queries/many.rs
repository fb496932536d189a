//! Inserts of many rows.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry_tests::Shop;
use tenantry_tests::shop::{Customer, NewCustomer, Payment, Plan};
use tenantry_tests::tables::shared_table;

use super::{customer, names};

/// All that a column can be, with lists.
#[shared_model]
#[derive(Debug, PartialEq)]
struct Sample {
    #[field(key)]
    id: i64,
    ratio: f64,
    tags: Vec<String>,
    marks: Option<Vec<Option<i32>>>,
    #[field(max_length = 3)]
    code: Option<String>,
    #[field(default = 7)]
    weight: i32,
}

/// Something of which all is left to the database.
#[shared_model]
#[derive(Debug)]
struct Ticket {
    #[field(key)]
    id: i64,
    #[field(auto_now_add)]
    at: Timestamp,
}

fn pro(scope: &mut TenantScope) -> Stored<Plan> {
    let plan = Plan::query().filter(Plan::CODE.eq("pro"));
    plan.one(scope).unwrap()
}

fn numbered(count: usize, plan: &Stored<Plan>) -> impl Iterator<Item = NewCustomer> + Send {
    let plan = plan.key();
    (0..count).map(move |n| NewCustomer::new(format!("{n}"), format!("{n}@x.example"), plan))
}

#[test]
fn rows_come_back_in_the_order_in_which_they_were_given() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let plan = pro(&mut acme);
    let none = Customer::insert_many(numbered(0, &plan)).returning(&mut acme);
    assert!(none.unwrap().is_empty());
    // Every third gives what the others leave to the database.
    let rows = numbered(2_500, &plan)
        .enumerate()
        .map(|(n, row)| match n % 3 {
            0 => row.payment(Payment::BankTransfer).note("x"),
            _ => row,
        });
    let rows = Customer::insert_many(rows).returning(&mut acme).unwrap();
    assert_eq!(rows.len(), 2_500);
    for (n, row) in rows.iter().enumerate() {
        assert_eq!(row.name, n.to_string());
        let expected = if n % 3 == 0 {
            (Payment::BankTransfer, Some("x"))
        } else {
            (Payment::Card, None)
        };
        assert_eq!((row.payment, row.note.as_deref()), expected);
    }
    // What came back is stored, and can be saved.
    let mut last = rows.into_iter().next_back().unwrap();
    last.name = "last".to_owned();
    last.save(&mut acme).unwrap();
    assert_eq!(Customer::find(&last).one(&mut acme).unwrap().name, "last");
}

#[test]
fn identities_are_in_the_order_of_the_rows() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let plan = pro(&mut acme);
    let rows = Customer::insert_many(numbered(20_000, &plan)).returning(&mut acme);
    for (n, row) in (1..).zip(&rows.unwrap()) {
        assert_eq!((row.id.0, row.name.clone()), (n, (n - 1).to_string()));
    }
}

#[test]
fn more_rows_than_a_statement_holds_are_there_or_none_of_them() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let plan = pro(&mut acme);
    let count = Customer::insert_many(numbered(40_000, &plan)).execute(&mut acme);
    assert_eq!(count.unwrap(), 40_000);
    let of = |key: &str| shop.tenant(key);
    for at in [0, 20_000, 39_999] {
        let mut globex = of("globex");
        customer(&mut globex, &at.to_string());
        let rows = numbered(40_000, &plan);
        let error = Customer::insert_many(rows)
            .execute(&mut globex)
            .unwrap_err();
        assert!(error.is_unique(), "{error}");
        assert_eq!(Customer::query().count(&mut globex).unwrap(), 1);
        Customer::delete_where(Customer::everything())
            .execute(&mut globex)
            .unwrap();
    }
    // In a transaction only its own work is undone.
    let mut globex = of("globex");
    globex
        .transaction(|tx| {
            customer(tx, "39999");
            let rows = numbered(40_000, &plan);
            let error = Customer::insert_many(rows).execute(tx).unwrap_err();
            assert!(error.is_unique(), "{error}");
            customer(tx, "Ann");
            Ok(())
        })
        .unwrap();
    let all = Customer::query()
        .order_by(Customer::ID.asc())
        .all(&mut globex);
    assert_eq!(names(all.unwrap()), ["39999", "Ann"]);
}

#[test]
fn rows_that_panic_leave_nothing_and_the_scope_goes_on() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let plan = pro(&mut acme);
    let rows = || {
        numbered(50_000, &plan)
            .inspect(|_| ())
            .enumerate()
            .map(|(n, row)| {
                assert_ne!(n, 49_000, "no more");
                row
            })
    };
    let insert = |scope: &mut TenantScope| {
        let insert = Customer::insert_many(rows());
        catch_unwind(AssertUnwindSafe(|| insert.execute(scope))).is_err()
    };
    assert!(insert(&mut acme));
    assert_eq!(Customer::query().count(&mut acme).unwrap(), 0);
    acme.transaction(|tx| {
        customer(tx, "Ann");
        assert!(insert(tx));
        customer(tx, "Bob");
        Ok(())
    })
    .unwrap();
    assert_eq!(Customer::query().count(&mut acme).unwrap(), 2);
}

#[test]
fn rows_of_lists_and_odd_numbers_are_stored_as_they_are() {
    let (_database, mut scope) = shared_table::<Sample>();
    let rows = || {
        (0..3_000_i32).map(|n| {
            let tags: Vec<String> = (0..n % 4).map(|tag| format!("{tag}, {{\"'")).collect();
            let row = NewSample::new(if n % 5 == 0 { f64::NAN } else { f64::from(n) }, tags);
            let row = if n % 2 == 0 {
                row.marks(vec![None, Some(n)])
            } else {
                row
            };
            if n % 7 == 0 {
                row.weight(n).code("äöü")
            } else {
                row
            }
        })
    };
    let many = Sample::insert_many(rows()).returning(&mut scope).unwrap();
    assert_eq!(many.len(), 3_000);
    for (row, many) in rows().step_by(97).zip(many.into_iter().step_by(97)) {
        let mut one = Sample::insert(row)
            .returning(&mut scope)
            .unwrap()
            .into_inner();
        let many = many.into_inner();
        one.id = many.id;
        assert_eq!(format!("{one:?}"), format!("{many:?}"));
    }
}

#[test]
fn rows_that_give_nothing_are_inserted() {
    let (_database, mut scope) = shared_table::<Ticket>();
    let rows = || (0..3).map(|_| NewTicket::new());
    assert_eq!(Ticket::insert_many(rows()).execute(&mut scope).unwrap(), 3);
    let rows = Ticket::insert_many(rows()).returning(&mut scope).unwrap();
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    assert_eq!(ids, [4, 5, 6]);
}

#[test]
fn a_value_that_does_not_fit_is_told_with_its_row() {
    let (_database, mut scope) = shared_table::<Sample>();
    for (odd, kind) in [("abcd", ErrorKind::Value), ("a\0", ErrorKind::Value)] {
        let rows = ["a", "b", odd, "c"].map(|code| NewSample::new(1.0, Vec::new()).code(code));
        let error = Sample::insert_many(rows).execute(&mut scope).unwrap_err();
        assert_eq!(error.kind(), kind);
        let message = error.to_string();
        assert!(
            message.starts_with("row 3 of those given: the value for field `code`"),
            "{message}"
        );
        assert!(!message.contains(odd), "{message}");
    }
    assert_eq!(Sample::query().count(&mut scope).unwrap(), 0);
}

#[test]
fn references_to_another_tenants_rows_are_refused_wherever_they_stand() {
    let shop = Shop::new();
    let (mut acme, mut globex) = (shop.tenant("acme"), shop.tenant("globex"));
    let (ours, theirs) = (customer(&mut acme, "Ann"), customer(&mut globex, "Bob"));
    let plan = pro(&mut acme);
    for at in [0, 1, 30_000] {
        let rows = numbered(30_001, &plan)
            .enumerate()
            .map(|(n, row)| row.referred_by(if n == at { theirs.key() } else { ours.key() }));
        let error = Customer::insert_many(rows).execute(&mut acme).unwrap_err();
        assert!(error.is_foreign_row(), "{error}");
        assert_eq!(error.tenant().map(TenantKey::as_str), Some("acme"));
        assert_eq!(Customer::query().count(&mut acme).unwrap(), 1);
    }
}
