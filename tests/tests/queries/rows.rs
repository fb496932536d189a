//! Inserting, finding, saving and deleting rows.

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry_tests::Shop;
use tenantry_tests::shop::{Customer, CustomerId, Invoice, NewCustomer, Payment};

use super::{customer, invoice};

#[test]
fn an_inserted_row_comes_back_with_what_the_database_filled_in() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let ann = customer(&mut acme, "Ann");
    assert_eq!(ann.id, CustomerId(1));
    assert_eq!(ann.payment, Payment::Card);
    assert_eq!(ann.note, None);
    assert_eq!(ann.created_at, ann.updated_at);
    let plan = ann.plan;
    let bob = NewCustomer::new("Bob", "bob@x.example", plan)
        .id(CustomerId(70))
        .payment(Payment::BankTransfer)
        .note("late");
    let bob = Customer::insert(bob).returning(&mut acme).unwrap();
    assert_eq!(
        (bob.id, bob.payment, bob.note.as_deref()),
        (CustomerId(70), Payment::BankTransfer, Some("late"))
    );
    assert_eq!(Customer::find(bob.id).one(&mut acme).unwrap(), bob);
    assert_eq!(
        Customer::find(&bob).optional(&mut acme).unwrap().unwrap(),
        bob
    );
    assert!(!Customer::find(CustomerId(3)).exists(&mut acme).unwrap());
    assert!(
        Customer::find(CustomerId(3))
            .one(&mut acme)
            .unwrap_err()
            .is_not_found()
    );
}

#[test]
fn save_writes_the_changed_columns_only() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let mut mine = customer(&mut acme, "Ann");
    let mut theirs = Customer::find(mine.id).one(&mut acme).unwrap();
    theirs.note = Some("kept".to_owned());
    theirs.save(&mut acme).unwrap();
    mine.name = "Anna".to_owned();
    mine.save(&mut acme).unwrap();
    assert_eq!(
        (mine.name.as_str(), mine.note.as_deref()),
        ("Anna", Some("kept")),
        "the saved row is as stored"
    );
    assert!(mine.updated_at > mine.created_at);
    let before = mine.updated_at;
    mine.save(&mut acme).unwrap();
    mine.reload(&mut acme).unwrap();
    assert_eq!(mine.updated_at, before, "without a change nothing is sent");
}

#[test]
fn a_row_keeps_its_key_whatever_is_assigned() {
    let shop = Shop::new();
    let (mut acme, mut globex) = (shop.tenant("acme"), shop.tenant("globex"));
    let mut ann = customer(&mut acme, "Ann");
    let bob = customer(&mut acme, "Bob");
    invoice(&mut acme, &ann, 1, "2026-01-31");
    customer(&mut globex, "Cid");
    let theirs = customer(&mut globex, "Dan");
    assert_eq!(theirs.id, bob.id, "the keys alone don't tell the two apart");
    let key = ann.key();
    *ann = theirs.into_inner();
    assert_eq!(ann.key(), key);
    let bills = ann.related(Customer::INVOICES).count(&mut acme).unwrap();
    assert_eq!(bills, 1);
    assert_eq!(Customer::find(&ann).one(&mut acme).unwrap().name, "Ann");
    let error = ann.save(&mut acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    let text = error.to_string();
    assert!(
        text.contains("`id`") && text.contains("update_where"),
        "{text}"
    );
    ann.reload(&mut acme).unwrap();
    assert_eq!(ann.name, "Ann");
    // A key is changed on purpose only.
    let of_ann = Customer::update_where(
        Customer::ID.eq(ann.id) & !Customer::INVOICES.any(Invoice::everything()),
    );
    assert_eq!(
        of_ann
            .set(Customer::ID, CustomerId(9))
            .execute(&mut acme)
            .unwrap(),
        0
    );
    let of_bob = Customer::update_where(Customer::ID.eq(bob.id));
    of_bob
        .set(Customer::ID, CustomerId(9))
        .execute(&mut acme)
        .unwrap();
    let moved = Customer::find(CustomerId(9)).one(&mut acme).unwrap();
    assert_eq!(moved.name, "Bob");
}

#[test]
fn a_version_tells_that_a_row_is_stale() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let ann = customer(&mut acme, "Ann");
    let mut mine = invoice(&mut acme, &ann, 1, "2026-01-31");
    let mut theirs = Invoice::find(mine.id).one(&mut acme).unwrap();
    theirs.paid = true;
    theirs.save(&mut acme).unwrap();
    assert_eq!(theirs.version, 2);
    mine.cancelled = true;
    let error = mine.save(&mut acme).unwrap_err();
    assert!(error.is_stale(), "{error}");
    mine.reload(&mut acme).unwrap();
    mine.cancelled = true;
    mine.save(&mut acme).unwrap();
    assert_eq!((mine.paid, mine.cancelled, mine.version), (true, true, 3));
}

#[test]
fn updates_and_deletes_by_query_give_the_number_of_rows() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let ann = customer(&mut acme, "Ann");
    for number in 1..=3 {
        invoice(&mut acme, &ann, number, "2026-01-31");
    }
    let update = Invoice::update_where(Invoice::NUMBER.gt(1)).set(Invoice::PAID, true);
    assert_eq!(update.execute(&mut acme).unwrap(), 2);
    let paid = Invoice::query()
        .filter(Invoice::PAID.eq(true))
        .order_by(Invoice::ID.asc())
        .all(&mut acme)
        .unwrap();
    assert_eq!(
        paid.iter()
            .map(|row| (row.number, row.version))
            .collect::<Vec<_>>(),
        [(2, 2), (3, 2)]
    );
    assert_eq!(
        Invoice::delete_where(Invoice::PAID.eq(false))
            .execute(&mut acme)
            .unwrap(),
        1
    );
    assert_eq!(
        Invoice::delete_where(Invoice::everything())
            .execute(&mut acme)
            .unwrap(),
        2
    );
    let error = Invoice::update_where(Invoice::everything())
        .execute(&mut acme)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

#[test]
fn updates_and_deletes_by_query_give_their_rows() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let ann = customer(&mut acme, "Ann");
    for number in 1..=3 {
        invoice(&mut acme, &ann, number, "2026-01-31");
    }
    let late = Invoice::NUMBER.gt(1) & Invoice::CUSTOMER.on(Customer::NAME.eq("Ann"));
    let update = Invoice::update_where(late.clone()).set(Invoice::CANCELLED, true);
    let mut rows = update.returning(&mut acme).unwrap();
    rows.sort_by_key(|row| row.number);
    let told = rows
        .iter()
        .map(|row| (row.number, row.cancelled, row.version));
    assert_eq!(told.collect::<Vec<_>>(), [(2, true, 2), (3, true, 2)]);
    // They are as stored: a save has nothing to write, and the version is that of the update.
    rows[0].paid = true;
    rows[0].save(&mut acme).unwrap();
    let mut gone = Invoice::delete_where(late).returning(&mut acme).unwrap();
    gone.sort_by_key(|row| row.number);
    assert_eq!((gone.len(), gone[0].paid, gone[1].paid), (2, true, false));
    gone[1].paid = true;
    assert!(gone[1].save(&mut acme).unwrap_err().is_stale());
    assert_eq!(Invoice::query().count(&mut acme).unwrap(), 1);
}

#[test]
fn a_deleted_row_is_gone_and_says_so() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let ann = customer(&mut acme, "Ann");
    let mut again = Customer::find(ann.id).one(&mut acme).unwrap();
    let twice = again.clone();
    ann.delete(&mut acme).unwrap();
    assert!(twice.delete(&mut acme).unwrap_err().is_stale());
    again.name = "Anna".to_owned();
    assert!(again.save(&mut acme).unwrap_err().is_stale());
    assert!(again.reload(&mut acme).unwrap_err().is_stale());
}

#[test]
fn an_insert_that_gives_no_row_needs_no_right_to_read() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let plan = customer(&mut acme, "Ann").plan;
    let role = format!("writer_{}", shop.database().name());
    let mut direct = shop.database().connect();
    let rights = format!(
        "CREATE ROLE {role}; GRANT USAGE ON SCHEMA acme TO {role}; GRANT INSERT ON acme.customers TO {role}"
    );
    direct.batch_execute(&rights).unwrap();
    let become_role = format!("SET ROLE {role}");
    acme.client().batch_execute(&become_role).unwrap();
    let new = |name: &str| NewCustomer::new(name, format!("{name}@x.example"), plan);
    let inserted = Customer::insert(new("bob")).execute(&mut acme);
    let numbered = Customer::insert(new("eve").id(CustomerId(70))).execute(&mut acme);
    let given = Customer::insert(new("joe")).returning(&mut acme);
    drop(acme);
    let gone = format!("DROP OWNED BY {role}; DROP ROLE {role}");
    direct.batch_execute(&gone).unwrap();
    inserted.unwrap();
    numbered.unwrap();
    assert_eq!(given.unwrap_err().kind(), ErrorKind::Permission);
    assert_eq!(
        Customer::query().count(&mut shop.tenant("acme")).unwrap(),
        3
    );
}
