//! Rows, references and connections after something was undone, or done behind tenantry's back.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use tenantry::prelude::*;
use tenantry::{Error, ErrorKind};
use tenantry_tests::Shop;
use tenantry_tests::shop::{Customer, Invoice, NewCustomer, NewInvoice, Plan};

fn customer(scope: &mut TenantScope, name: &str) -> Stored<Customer> {
    let new = NewCustomer::new(name, format!("{name}@x.example"), 1);
    Customer::insert(new).returning(scope).unwrap()
}

fn invoice(scope: &mut TenantScope, customer: &Stored<Customer>) -> Stored<Invoice> {
    let day: Date = "2026-01-31".parse().unwrap();
    let new = NewInvoice::new(customer, 1, Decimal::ONE, day);
    Invoice::insert(new).returning(scope).unwrap()
}

/// Runs in a transaction that is rolled back.
fn undone(scope: &mut TenantScope, work: impl FnOnce(&mut TenantScope) -> Result<(), Error>) {
    let outcome: Result<(), Option<Error>> = scope.transaction_with_error(|tx| {
        work(tx).unwrap();
        Err(None)
    });
    assert!(outcome.unwrap_err().is_none());
}

#[test]
fn a_save_that_was_rolled_back_is_made_again_by_the_next() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let mut ann = customer(&mut acme, "Ann");
    for _ in 0..2 {
        undone(&mut acme, |tx| {
            ann.name = "Anna".to_owned();
            ann.save(tx)?;
            ann.note = Some("twice in one transaction".to_owned());
            ann.save(tx)
        });
    }
    acme.transaction(|tx| {
        ann.name = "Anna".to_owned();
        ann.save(tx)
    })
    .unwrap();
    let stored = Customer::find(ann.id).one(&mut acme).unwrap();
    assert_eq!(stored.name, "Anna");
    assert_eq!(stored.note.as_deref(), Some("twice in one transaction"));
}

#[test]
fn a_rollback_undoes_no_save_of_a_transaction_that_was_committed_before() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let mut ann = customer(&mut acme, "Ann");
    acme.transaction(|tx| {
        ann.name = "Anna".to_owned();
        ann.save(tx)
    })
    .unwrap();
    undone(&mut acme, |tx| Customer::query().count(tx).map(drop));
    // Somebody else's change of that column stays.
    Customer::update_where(Customer::NAME.eq("Anna"))
        .set(Customer::NAME, "Annette")
        .execute(&mut acme)
        .unwrap();
    ann.note = Some("later".to_owned());
    ann.save(&mut acme).unwrap();
    let stored = Customer::find(ann.id).one(&mut acme).unwrap();
    assert_eq!(stored.name, "Annette");
    // What it was before the committed save is written when it is set again.
    let mut bob = customer(&mut acme, "Bob");
    acme.transaction(|tx| {
        bob.name = "Bert".to_owned();
        bob.save(tx)
    })
    .unwrap();
    undone(&mut acme, |tx| Customer::query().count(tx).map(drop));
    bob.name = "Bob".to_owned();
    bob.save(&mut acme).unwrap();
    let stored = Customer::find(bob.id).one(&mut acme).unwrap();
    assert_eq!(stored.name, "Bob");
}

#[test]
fn a_value_from_before_a_save_whose_fate_is_not_known_is_written_when_it_is_set_again() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let mut ann = customer(&mut acme, "Ann");
    acme.transaction(|tx| {
        ann.name = "Anna".to_owned();
        ann.save(tx)?;
        // A part that is undone leaves it open whether the save was.
        undone(tx, |tx| Customer::query().count(tx).map(drop));
        Ok(())
    })
    .unwrap();
    ann.name = "Ann".to_owned();
    ann.save(&mut acme).unwrap();
    let stored = Customer::find(ann.id).one(&mut acme).unwrap();
    assert_eq!(stored.name, "Ann");
}

#[test]
fn a_save_that_was_made_again_as_its_fate_was_not_known_is_settled() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let mut ann = customer(&mut acme, "Ann");
    let mut bill = invoice(&mut acme, &ann);
    undone(&mut acme, |tx| {
        ann.name = "Anna".to_owned();
        ann.save(tx)?;
        bill.paid = true;
        bill.save(tx)?;
        // Whether it was committed there is not seen.
        tx.client().batch_execute("SELECT 1")?;
        Ok(())
    });
    acme.transaction(|tx| {
        ann.save(tx)?;
        bill.save(tx)
    })
    .unwrap();
    assert_eq!((bill.paid, bill.version), (true, 2));
    // Somebody else's change of that column stays.
    Customer::update_where(Customer::NAME.eq("Anna"))
        .set(Customer::NAME, "Annette")
        .execute(&mut acme)
        .unwrap();
    ann.note = Some("later".to_owned());
    ann.save(&mut acme).unwrap();
    let stored = Customer::find(ann.id).one(&mut acme).unwrap();
    assert_eq!(
        (stored.name.as_str(), stored.note.as_deref()),
        ("Annette", Some("later"))
    );
    // The same where the second save is undone, and the third is kept.
    for _ in 0..2 {
        undone(&mut acme, |tx| {
            bill.number = 2;
            bill.save(tx)?;
            tx.client().batch_execute("SELECT 1")?;
            Ok(())
        });
    }
    undone(&mut acme, |tx| bill.save(tx));
    acme.transaction(|tx| bill.save(tx)).unwrap();
    assert_eq!((bill.number, bill.version), (2, 3));
    paid_by_others(&shop, &bill);
    bill.number = 3;
    assert!(bill.save(&mut acme).unwrap_err().is_stale());
}

#[test]
fn a_version_is_not_stale_because_of_a_rollback() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let ann = customer(&mut acme, "Ann");
    let mut bill = invoice(&mut acme, &ann);
    acme.transaction(|tx| {
        bill.number = 2;
        bill.save(tx)
    })
    .unwrap();
    undone(&mut acme, |tx| {
        bill.paid = true;
        bill.save(tx)
    });
    bill.save(&mut acme).unwrap();
    assert_eq!((bill.number, bill.paid, bill.version), (2, true, 3));
    acme.transaction(|tx| {
        // Only the part that is a savepoint of its own is undone here.
        bill.cancelled = true;
        bill.save(tx)?;
        undone(tx, |tx| {
            ann.related(Customer::INVOICES).count(tx).map(|_| ())
        });
        bill.number = 3;
        bill.save(tx)
    })
    .unwrap();
    let stored = Invoice::find(&bill).one(&mut acme).unwrap();
    assert_eq!((stored.number, stored.cancelled), (3, true));
    assert_eq!(stored, bill);
}

/// Commits a change of an invoice as somebody else.
fn paid_by_others(shop: &Shop, bill: &Stored<Invoice>) {
    let mut others = shop.tenant("acme");
    let mut theirs = Invoice::find(bill.id).one(&mut others).unwrap();
    theirs.paid = !theirs.paid;
    theirs.save(&mut others).unwrap();
}

#[test]
fn a_version_that_was_rolled_back_is_not_taken_for_that_of_somebody_else() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let ann = customer(&mut acme, "Ann");
    // A whole transaction, by its closure and by its guard.
    let mut bill = invoice(&mut acme, &ann);
    undone(&mut acme, |tx| {
        bill.number = 2;
        bill.save(tx)
    });
    paid_by_others(&shop, &bill);
    let error = bill.save(&mut acme).unwrap_err();
    assert!(error.is_stale(), "{error}");
    bill.reload(&mut acme).unwrap();
    let mut tx = acme.begin().unwrap();
    bill.number = 3;
    bill.save(&mut tx).unwrap();
    drop(tx);
    paid_by_others(&shop, &bill);
    let error = bill.save(&mut acme).unwrap_err();
    assert!(error.is_stale(), "{error}");
    bill.reload(&mut acme).unwrap();
    // A savepoint: its end lets others change the row.
    acme.transaction(|tx| {
        undone(tx, |tx| {
            bill.number = 4;
            bill.save(tx)
        });
        paid_by_others(&shop, &bill);
        let error = bill.save(tx).unwrap_err();
        assert!(error.is_stale(), "{error}");
        Ok(())
    })
    .unwrap();
    let stored = Invoice::find(&bill).one(&mut acme).unwrap();
    assert_eq!((stored.number, stored.paid), (1, true));
}

#[test]
fn a_retry_finds_what_others_changed_meanwhile() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let ann = customer(&mut acme, "Ann");
    let mut bill = invoice(&mut acme, &ann);
    let mut runs = 0;
    let retrying = acme.build_transaction().repeatable_read().retrying(5);
    let outcome = retrying.run(|tx| {
        runs += 1;
        if runs > 1 {
            paid_by_others(&shop, &bill);
        }
        bill.number = 2;
        bill.save(tx)?;
        if runs == 1 {
            // The snapshot is older than this change, so that the next statement is in conflict with it.
            let mut others = shop.tenant("acme");
            let rename = Customer::update_where(Customer::everything());
            rename.set(Customer::NAME, "Anna").execute(&mut others)?;
            let all = Customer::update_where(Customer::everything());
            all.set(Customer::NOTE, "mine".to_owned()).execute(tx)?;
        }
        Ok(())
    });
    let error = outcome.unwrap_err();
    assert!(error.is_stale(), "{error}");
    assert_eq!(runs, 2);
    let stored = Invoice::find(&bill).one(&mut acme).unwrap();
    assert_eq!((stored.number, stored.paid), (1, true));
}

#[test]
fn saves_in_a_transaction_and_in_its_savepoints_are_told_apart() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let ann = customer(&mut acme, "Ann");
    let mut bill = invoice(&mut acme, &ann);
    undone(&mut acme, |tx| {
        bill.number = 2;
        bill.save(tx)?;
        for number in [3, 4] {
            undone(tx, |tx| {
                bill.number = number;
                bill.save(tx)
            });
            // What the savepoint has undone is not there; what was saved before is.
            assert_eq!(Invoice::find(&bill).one(tx)?.number, number - 1);
            bill.save(tx)?;
            assert_eq!(Invoice::find(&bill).one(tx)?.number, number);
        }
        tx.transaction(|tx| {
            bill.paid = true;
            bill.save(tx)
        })?;
        bill.cancelled = true;
        bill.save(tx)
    });
    assert_eq!(Invoice::find(&bill).one(&mut acme).unwrap().version, 1);
    bill.save(&mut acme).unwrap();
    let stored = Invoice::find(&bill).one(&mut acme).unwrap();
    assert_eq!(stored, bill);
    assert_eq!((stored.number, stored.paid, stored.version), (4, true, 2));
}

#[test]
fn a_row_that_is_loaded_anew_in_the_transaction_is_saved_again_after_a_rollback() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let mut ann = customer(&mut acme, "Ann");
    undone(&mut acme, |tx| {
        ann.name = "Anna".to_owned();
        ann.save(tx)?;
        ann.reload(tx)
    });
    assert_eq!(ann.name, "Anna");
    ann.save(&mut acme).unwrap();
    let stored = Customer::find(ann.id).one(&mut acme).unwrap();
    assert_eq!(stored.name, "Anna");
    // Loaded after the rollback, it has nothing left to be written.
    undone(&mut acme, |tx| {
        ann.name = "Annabel".to_owned();
        ann.save(tx)
    });
    ann.reload(&mut acme).unwrap();
    assert_eq!(ann.name, "Anna");
    let before = ann.updated_at;
    ann.save(&mut acme).unwrap();
    ann.reload(&mut acme).unwrap();
    assert_eq!(ann.updated_at, before);
}

#[test]
fn a_reference_to_another_tenants_row_is_refused_as_a_value() {
    let shop = Shop::new();
    let (mut acme, mut globex) = (shop.tenant("acme"), shop.tenant("globex"));
    let ann = customer(&mut acme, "Ann");
    let mut bob = customer(&mut globex, "Bob");
    assert_eq!(ann.id, bob.id, "the keys alone don't tell the two apart");
    let bill = invoice(&mut acme, &ann);
    let day = bill.issued_on;

    let mut refused = Vec::new();
    refused.push(Customer::find(&ann).one(&mut globex).unwrap_err());
    refused.push(Customer::find(ann.key()).exists(&mut globex).unwrap_err());
    refused.push(Customer::find(bill.customer).one(&mut globex).unwrap_err());
    let new = NewInvoice::new(&ann, 1, Decimal::ONE, day);
    refused.push(Invoice::insert(new).execute(&mut globex).unwrap_err());
    let of_ann = Invoice::query().filter(Invoice::CUSTOMER.eq(&ann));
    refused.push(of_ann.all(&mut globex).unwrap_err());
    let of_both = Invoice::query().filter(Invoice::CUSTOMER.is_in([bob.key(), ann.key()]));
    refused.push(of_both.count(&mut globex).unwrap_err());
    let update = Customer::update_where(Customer::everything()).set(Customer::REFERRED_BY, &ann);
    refused.push(update.execute(&mut globex).unwrap_err());
    bob.referred_by = Some(ann.key());
    refused.push(bob.save(&mut globex).unwrap_err());
    let raw = sql!("SELECT {Customer.name} FROM {Customer} WHERE {Customer.id} = $1");
    refused.push(
        globex
            .sql(raw)
            .bind(ann.key())
            .rows::<String>()
            .unwrap_err(),
    );
    for error in refused {
        assert!(error.is_foreign_row(), "{error}");
        assert_eq!(error.tenant().map(TenantKey::as_str), Some("globex"));
    }

    // References to shared rows are good in every tenant, and a key that the application wrote down is its own affair.
    let plan = ann.follow(Customer::PLAN, &mut acme).unwrap();
    let of_plan = Customer::query().filter(Customer::PLAN.eq(&plan) & Customer::PLAN.eq(ann.plan));
    assert_eq!(of_plan.count(&mut globex).unwrap(), 1);
    assert!(Customer::find(ann.id).exists(&mut globex).unwrap());
    bob.referred_by = Some(bob.key());
    bob.save(&mut globex).unwrap();
    let mut same = shop.tenant("acme");
    assert!(
        Customer::find(&ann).exists(&mut same).unwrap(),
        "another scope of the tenant will do"
    );
}

#[test]
fn a_failure_on_the_drivers_own_connection_can_not_commit_either() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let outcome: Result<(), Error> = acme.transaction(|tx| {
        customer(tx, "Ann");
        assert!(tx.client().batch_execute("SELECT 1/0").is_err());
        Ok(())
    });
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Aborted);
    assert_eq!(Customer::query().count(&mut acme).unwrap(), 0);
    acme.transaction(|tx| {
        tx.client().batch_execute("SELECT 1")?;
        customer(tx, "Bob");
        Ok::<_, Error>(())
    })
    .unwrap();
    assert_eq!(Customer::query().count(&mut acme).unwrap(), 1);
}

#[test]
fn a_transaction_that_was_begun_behind_our_back_ends_with_the_scope() {
    let shop = Shop::new();
    let mut options = tenantry::scope::Options::default();
    options.max_connections = 1;
    let config = shop.database().config();
    let db = Database::connect_with(&config, postgres::NoTls, options).unwrap();
    let mut shared = db.shared().unwrap();
    shared.client().batch_execute("BEGIN").unwrap();
    Plan::delete_where(Plan::everything())
        .execute(&mut shared)
        .unwrap();
    drop(shared);
    assert_eq!(Plan::query().count(&mut db.shared().unwrap()).unwrap(), 2);
}
