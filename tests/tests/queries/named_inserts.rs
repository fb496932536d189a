//! Rows to insert that are made of named fields, with `new!`.

use tenantry::prelude::*;
use tenantry::{ErrorKind, new};
use tenantry_tests::Shop;
use tenantry_tests::shop::{Customer, CustomerId, NewCustomer, Payment, Plan};

use super::stock::{Kind, store};

#[test]
fn a_row_is_made_of_fields_in_any_order_and_of_what_is_left_to_the_database() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let plan = Plan::query()
        .filter(Plan::CODE.eq("pro"))
        .one(&mut acme)
        .unwrap();
    let email = "ann@x.example".to_owned();
    let ann = Customer::insert(new!(Customer {
        plan: &plan,
        email,
        name: "Ann",
    }));
    let ann = ann.returning(&mut acme).unwrap();
    assert_eq!((&*ann.name, &*ann.email), ("Ann", "ann@x.example"));
    assert_eq!(
        (ann.payment, &ann.note, &ann.referred_by),
        (Payment::Card, &None, &None)
    );
    // All that there is: a key that the database would fill in, an option, and what has a default.
    let bob = Customer::insert(new!(Customer {
        id: CustomerId(77),
        name: "Bob",
        email: format!("{}@x.example", "bob"),
        plan: plan.key(),
        referred_by: &ann,
        payment: Payment::BankTransfer,
        note: if ann.note.is_none() {
            Some("first")
        } else {
            None
        }
        .map(String::from),
        created_at: ann.created_at,
    }));
    let bob = bob.returning(&mut acme).unwrap();
    assert_eq!(
        (bob.id, bob.payment, bob.note.as_deref()),
        (CustomerId(77), Payment::BankTransfer, Some("first"))
    );
    assert_eq!(
        bob.follow(Customer::REFERRED_BY, &mut acme)
            .unwrap()
            .unwrap()
            .name,
        "Ann"
    );
}

#[test]
fn named_rows_are_inserted_wherever_others_are() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let pro = Plan::query()
        .filter(Plan::CODE.eq("pro"))
        .one(&mut acme)
        .unwrap();
    let names = ["Ann", "Bob", "Cid"];
    let rows = names.map(|name| {
        new!(Customer {
            name,
            email: format!("{name}@x.example"),
            plan: &pro
        })
    });
    let rows = Customer::insert_many(rows).returning(&mut acme).unwrap();
    assert_eq!(rows.iter().map(|row| &*row.name).collect::<Vec<_>>(), names);
    let again = new!(Customer {
        name: "Annie",
        email: "Ann@x.example",
        plan: &pro
    });
    let changed = Customer::insert(again)
        .on_conflict(Customer::EMAIL)
        .update(Customer::NAME)
        .returning(&mut acme)
        .unwrap();
    assert_eq!((changed.id, &*changed.name), (rows[0].id, "Annie"));
    // The same row as by position, so the same statement is sent.
    let by_field = new!(Customer {
        plan: &pro,
        name: "Dan",
        email: "d@x.example"
    });
    let by_position = NewCustomer::new("Dan", "d@x.example", &pro);
    let values = |row: Result<Vec<_>, _>| row.unwrap();
    assert_eq!(
        values(tenantry::model::NewRow::into_values(by_field)),
        values(tenantry::model::NewRow::into_values(by_position)),
    );
}

#[test]
fn a_value_that_cannot_be_sent_is_told_with_its_field_and_a_row_of_another_tenant_is_refused() {
    let shop = Shop::new();
    let (mut acme, mut globex) = (shop.tenant("acme"), shop.tenant("globex"));
    let pro = Plan::query()
        .filter(Plan::CODE.eq("pro"))
        .one(&mut acme)
        .unwrap();
    let ann = new!(Customer {
        name: "Ann",
        email: "a@x.example",
        plan: &pro
    });
    assert_eq!(format!("{ann:?}"), r#"Named { model: "Customer", .. }"#);
    let ann = Customer::insert(ann).returning(&mut acme).unwrap();
    let other = new!(Customer {
        name: "Bob",
        email: "b@x.example",
        plan: &pro,
        referred_by: &ann
    });
    let error = Customer::insert(other).execute(&mut globex).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignRow);
    let nul = new!(Customer {
        name: "secret\0",
        email: "c@x.example",
        plan: &pro
    });
    let error = Customer::insert(nul).execute(&mut acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Value);
    let told = error.to_string();
    assert!(
        told.contains("`name`") && !told.contains("secret"),
        "{told}"
    );
}

#[test]
fn fields_are_columns_by_any_path_and_name() {
    #[shared_model(table = "odd")]
    #[derive(Debug)]
    struct Odd {
        #[field(key, given)]
        r#type: String,
        #[field(column = "ordnung", default = 3)]
        order: i32,
        r#in: Option<Vec<i32>>,
    }
    let (_database, mut scope) = tenantry_tests::tables::shared_table::<Odd>();
    let many = Some(1).map(|one| vec![one, 2]);
    let odd = new!(Odd {
        r#type: "a",
        r#in: many
    });
    let odd = Odd::insert(odd).returning(&mut scope).unwrap();
    assert_eq!(
        (&*odd.r#type, odd.order, &odd.r#in),
        ("a", 3, &Some(vec![1, 2]))
    );
    let store = store();
    let tool = new!(Kind {
        name: "gift",
        tags: ["soft".to_owned()].as_slice()
    });
    let tool = Kind::insert(tool).returning(&mut store.shared()).unwrap();
    assert_eq!(tool.tags, ["soft"]);
}
