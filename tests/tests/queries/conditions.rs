//! Conditions, orders, pages, and what an error says.

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry_tests::Shop;
use tenantry_tests::shop::{Customer, CustomerId, NewCustomer, NewPlan, Payment, Plan};

use super::{customer, names};

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
    assert_eq!(select(Customer::EMAIL.icontains("OB@")), ["Bob"]);
    assert_eq!(select(Customer::NAME.istarts_with("CID_")), ["Cid_"]);
    assert_eq!(select(Customer::NAME.iends_with("ID_")), ["Cid_"]);
    assert_eq!(
        select(Customer::NAME.icontains("%")),
        [""; 0],
        "`%` is taken literally in any case"
    );
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
        select(Customer::NAME.ne(Customer::EMAIL) & Customer::NAME.eq("Ann")),
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
