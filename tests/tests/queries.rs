//! Queries and rows, over two tenants of the shop.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use tenantry::prelude::*;
use tenantry::{Error, ErrorKind};
use tenantry_tests::Shop;
use tenantry_tests::shop::{
    Customer, CustomerId, Invoice, NewCustomer, NewInvoice, NewPlan, Payment, Plan,
};

/// A customer, their plan, and who brought them.
type JoinedCustomer = (Stored<Customer>, Stored<Plan>, Option<Stored<Customer>>);

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn customer(scope: &mut TenantScope, name: &str) -> Stored<Customer> {
    let plan = Plan::query()
        .filter(Plan::CODE.eq("pro"))
        .one(scope)
        .unwrap();
    let email = format!("{}@x.example", name.to_lowercase());
    Customer::insert(NewCustomer::new(name, email, &plan))
        .returning(scope)
        .unwrap()
}

fn invoice(
    scope: &mut TenantScope,
    customer: &Stored<Customer>,
    number: i32,
    day: &str,
) -> Stored<Invoice> {
    let total = Decimal::new(i64::from(number) * 100, 2);
    Invoice::insert(NewInvoice::new(customer, number, total, date(day)))
        .returning(scope)
        .unwrap()
}

fn names(rows: Vec<Stored<Customer>>) -> Vec<String> {
    rows.into_iter().map(|row| row.into_inner().name).collect()
}

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
fn conditions_combine_as_in_sql() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    for name in ["Ann", "Bob", "Cid_", "Cidx"] {
        customer(&mut acme, name);
    }
    let mut select = |condition| {
        names(
            Customer::query()
                .filter(condition)
                .order_by(Customer::NAME.asc())
                .all(&mut acme)
                .unwrap(),
        )
    };
    assert_eq!(
        select(Customer::NAME.eq("Ann") | Customer::NAME.eq("Bob")),
        ["Ann", "Bob"]
    );
    assert_eq!(
        select(!Customer::NAME.eq("Ann") & Customer::NAME.lt("Cid")),
        ["Bob"]
    );
    assert_eq!(
        select(Customer::NAME.starts_with("Cid_")),
        ["Cid_"],
        "`_` is taken literally"
    );
    assert_eq!(
        select(Customer::NAME.like("Cid_")),
        ["Cid_", "Cidx"],
        "`_` stands for any character"
    );
    assert_eq!(select(Customer::NAME.ilike("ANN")), ["Ann"]);
    assert_eq!(select(Customer::EMAIL.contains("ob@")), ["Bob"]);
    assert_eq!(
        select(Customer::NAME.is_in(["Ann", "Cidx", "Zoe"])),
        ["Ann", "Cidx"]
    );
    assert_eq!(
        select(Customer::NAME.is_not_in(["Ann", "Cidx"])),
        ["Bob", "Cid_"]
    );
    assert_eq!(
        select(Customer::NAME.is_in(Vec::<String>::new())),
        [""; 0],
        "nothing is one of none"
    );
    assert_eq!(select(Customer::NAME.between("B", "Cid_")), ["Bob", "Cid_"]);
    assert_eq!(select(Customer::NOTE.is_not_null()), [""; 0]);
    assert_eq!(
        select(Customer::NOTE.eq(None) & Customer::NAME.gt("Cid_")),
        ["Cidx"]
    );
    assert_eq!(select(Customer::PAYMENT.eq(Payment::BankTransfer)), [""; 0]);
    assert_eq!(select(Customer::ID.is_in([CustomerId(2)])), ["Bob"]);
    assert_eq!(
        select(Customer::NAME.ge("Bob") & Customer::NAME.le("Bob")),
        ["Bob"]
    );
    assert_eq!(
        select(Customer::NAME.ne_column(Customer::EMAIL) & Customer::NAME.eq("Ann")),
        ["Ann"]
    );
}

#[test]
fn order_limit_and_offset_make_pages() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    for name in ["Ann", "Bob", "Cid", "Dan"] {
        customer(&mut acme, name);
    }
    let query = Customer::query().order_by(Customer::NAME.desc());
    assert_eq!(
        names(query.clone().limit(2).all(&mut acme).unwrap()),
        ["Dan", "Cid"]
    );
    assert_eq!(
        names(query.clone().limit(2).offset(2).all(&mut acme).unwrap()),
        ["Bob", "Ann"]
    );
    assert_eq!(query.clone().first(&mut acme).unwrap().unwrap().name, "Dan");
    assert_eq!(
        query.clone().one(&mut acme).unwrap_err().kind(),
        ErrorKind::SeveralRows
    );
    assert_eq!(query.clone().limit(1).one(&mut acme).unwrap().name, "Dan");
    assert_eq!(query.clone().count(&mut acme).unwrap(), 4);
    assert!(query.exists(&mut acme).unwrap());
    let by_note = Customer::query()
        .order_by(Customer::NOTE.asc().nulls_first())
        .order_by(Customer::ID.asc());
    assert_eq!(names(by_note.limit(1).all(&mut acme).unwrap()), ["Ann"]);
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
fn a_changed_key_is_saved_where_the_row_was() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let mut ann = customer(&mut acme, "Ann");
    let bob = customer(&mut acme, "Bob");
    ann.id = CustomerId(9);
    ann.save(&mut acme).unwrap();
    assert_eq!(
        Customer::find(CustomerId(9)).one(&mut acme).unwrap().name,
        "Ann"
    );
    assert_eq!(Customer::find(bob.id).one(&mut acme).unwrap().name, "Bob");
    assert!(!Customer::find(CustomerId(1)).exists(&mut acme).unwrap());
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

#[test]
fn transactions_nest_as_savepoints() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    acme.transaction(|tx| {
        customer(tx, "Ann");
        let inner: Result<(), Error> = tx.transaction(|tx| {
            customer(tx, "Bob");
            Customer::insert(NewCustomer::new("Ann", "ann@x.example", 1)).execute(tx)
        });
        assert!(inner.unwrap_err().is_unique());
        customer(tx, "Cid");
        tx.transaction(|tx| {
            customer(tx, "Dan");
            Ok::<_, Error>(())
        })
    })
    .unwrap();
    let left = Customer::query()
        .order_by(Customer::NAME.asc())
        .all(&mut acme)
        .unwrap();
    assert_eq!(names(left), ["Ann", "Cid", "Dan"]);
}

#[test]
fn a_panic_rolls_back_and_the_scope_goes_on() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        acme.transaction(|tx| -> Result<(), Error> {
            customer(tx, "Ann");
            panic!("in the middle");
        })
    }));
    assert!(panic.is_err());
    assert_eq!(Customer::query().count(&mut acme).unwrap(), 0);
    acme.transaction(|tx| Ok::<_, Error>(customer(tx, "Bob")))
        .unwrap();
    assert_eq!(Customer::query().count(&mut acme).unwrap(), 1);
}

#[test]
fn a_swallowed_failure_can_not_commit() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let outcome = acme.transaction(|tx| {
        customer(tx, "Ann");
        let _ = Customer::insert(NewCustomer::new("Ann", "ann@x.example", 1)).execute(tx);
        Ok::<_, Error>(())
    });
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Aborted);
    assert_eq!(Customer::query().count(&mut acme).unwrap(), 0);
}

#[test]
fn shared_rows_are_written_only_on_purpose() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let outcome: Result<(), Error> = acme.transaction(|tx| {
        Plan::insert(NewPlan::new("team", Decimal::from(90))).execute(&mut tx.shared_mut())?;
        assert_eq!(Plan::query().filter(Plan::CODE.eq("team")).count(tx)?, 1);
        Plan::insert(NewPlan::new("team", Decimal::from(90))).execute(&mut tx.shared_mut())
    });
    assert!(outcome.unwrap_err().is_unique());
    assert_eq!(
        Plan::query().count(&mut acme).unwrap(),
        2,
        "it is the same transaction"
    );
}

#[test]
fn errors_name_model_constraint_and_tenant() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let ann = customer(&mut acme, "Ann");
    let new = |name: &str, email: &str| NewCustomer::new(name, email, ann.plan);
    let error = Customer::insert(new("Ann", "ann@x.example"))
        .execute(&mut acme)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unique);
    assert_eq!(
        (error.model(), error.operation()),
        (Some("Customer"), Some("insert"))
    );
    assert_eq!(error.constraint(), Some("customers_email_key"));
    assert_eq!(error.tenant().map(TenantKey::as_str), Some("acme"));
    let text = error.to_string();
    assert!(
        text.contains("acme") && text.contains("Customer") && text.contains("customers_email_key"),
        "{text}"
    );
    assert!(
        !text.contains("ann@x.example"),
        "values stay out of messages: {text}"
    );

    let error = Customer::insert(new(" ", "b@x.example"))
        .execute(&mut acme)
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.constraint()),
        (ErrorKind::Check, Some("customers_name_not_blank"))
    );
    let missing = NewCustomer::new("Bob", "b@x.example", 77);
    assert!(
        Customer::insert(missing)
            .execute(&mut acme)
            .unwrap_err()
            .is_foreign_key()
    );
    let long = "x".repeat(41);
    let plan = Plan::insert(NewPlan::new(long, Decimal::ONE));
    assert_eq!(
        plan.execute(&mut acme.shared_mut()).unwrap_err().kind(),
        ErrorKind::Value
    );
    let referenced = ann.follow(Customer::PLAN, &mut acme).unwrap();
    assert!(
        referenced
            .delete(&mut acme.shared_mut())
            .unwrap_err()
            .is_foreign_key()
    );
    let gone = Customer::update_where(Customer::everything()).set(Customer::NAME, "");
    assert_eq!(
        gone.execute(&mut acme).unwrap_err().kind(),
        ErrorKind::Check
    );
}
