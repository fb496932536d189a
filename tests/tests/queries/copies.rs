//! Rows that are stored by `COPY`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry_tests::Shop;
use tenantry_tests::shop::{Customer, Invoice, NewCustomer, NewInvoice, Payment, Plan};
use tenantry_tests::tables::shared_table;

use super::{customer, date};

/// A table and columns whose names are reserved or have digits.
#[shared_model(table = "order_7")]
#[derive(Debug, PartialEq)]
struct Odd {
    #[field(key)]
    id: i64,
    #[field(column = "select")]
    text: Option<String>,
    #[field(max_length = 3)]
    code: Option<String>,
    #[field(default = 7, check = "weight < 1000")]
    weight: i32,
    tags: Vec<String>,
    marks: Option<Vec<Option<i32>>>,
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

fn pro(scope: &mut TenantScope) -> Fk<Plan> {
    let plan = Plan::query().filter(Plan::CODE.eq("pro"));
    plan.one(scope).unwrap().key()
}

fn numbered(count: usize, plan: Fk<Plan>) -> impl Iterator<Item = NewCustomer> + Send {
    (0..count).map(move |n| NewCustomer::new(format!("{n}"), format!("{n}@x.example"), plan))
}

#[test]
fn rows_are_stored_with_what_they_leave_to_the_database() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let plan = pro(&mut acme);
    let none = Customer::copy_in(numbered(0, plan)).execute(&mut acme);
    assert_eq!(none.unwrap(), 0);
    // Every third gives what the others leave to the database.
    let rows = numbered(300, plan).enumerate().map(|(n, row)| match n % 3 {
        0 => row.payment(Payment::BankTransfer).note("x"),
        _ => row,
    });
    assert_eq!(Customer::copy_in(rows).execute(&mut acme).unwrap(), 300);
    let stored = Customer::query().order_by(Customer::ID.asc());
    for (n, row) in stored.all(&mut acme).unwrap().iter().enumerate() {
        assert_eq!(row.name, n.to_string());
        let expected = if n % 3 == 0 {
            (Payment::BankTransfer, Some("x"))
        } else {
            (Payment::Card, None)
        };
        assert_eq!((row.payment, row.note.as_deref()), expected);
        assert_eq!((row.id.0, row.plan), (i64::try_from(n).unwrap() + 1, plan));
    }
    assert_eq!(
        Customer::query().count(&mut shop.tenant("globex")).unwrap(),
        0
    );
}

#[test]
fn odd_values_come_back_as_they_were() {
    let (_database, mut scope) = shared_table::<Odd>();
    let texts = [
        Some(""),
        Some("\\."),
        Some("\\N"),
        Some("\t\n\r\u{8}"),
        Some("\\"),
        Some("a,\"b\""),
        None,
        Some("NULL"),
        Some("naïve \u{1f418}"),
        Some("\u{1}"),
    ];
    let rows = texts.map(|text| {
        let row = NewOdd::new(vec!["\\.".to_owned(), "{,}\"".to_owned()]);
        let row = row.marks(vec![None, Some(1)]).code("äöü");
        match text {
            Some(text) => row.text(text),
            None => row,
        }
    });
    assert_eq!(Odd::copy_in(rows).execute(&mut scope).unwrap(), 10);
    let stored = Odd::query()
        .order_by(Odd::ID.asc())
        .all(&mut scope)
        .unwrap();
    for (row, text) in stored.iter().zip(texts) {
        assert_eq!(row.text.as_deref(), text);
        assert_eq!((row.code.as_deref(), row.weight), (Some("äöü"), 7));
        assert_eq!(row.tags, ["\\.", "{,}\""]);
        assert_eq!(row.marks, Some(vec![None, Some(1)]));
    }
}

#[test]
fn a_row_that_is_refused_is_told_with_its_number_and_none_is_stored() {
    let (_database, mut scope) = shared_table::<Odd>();
    let good = |weight: i32| NewOdd::new(vec!["x".repeat(50)]).weight(weight);
    for at in [1, 2, 9_999, 20_000] {
        let rows = (1..=20_000).map(|n| good(if n == at { 1000 } else { n % 1000 }));
        let error = Odd::copy_in(rows).execute(&mut scope).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Check);
        assert!(
            error
                .to_string()
                .starts_with(&format!("row {at} of those given: ")),
            "{error}"
        );
        assert_eq!(
            (error.model(), error.operation()),
            (Some("Odd"), Some("copy_in"))
        );
        assert!(!error.to_string().contains("xxx"), "{error}");
        assert_eq!(Odd::query().count(&mut scope).unwrap(), 0);
    }
    // Behind others that leave other columns to the database.
    let rows = [good(1), good(2), NewOdd::new(vec![]), good(3), good(1000)];
    let error = Odd::copy_in(rows).execute(&mut scope).unwrap_err();
    assert!(
        error.to_string().starts_with("row 5 of those given: "),
        "{error}"
    );
    // One that can't be sent.
    let rows = (1..=9_999).map(good_or_nul).map(|row| row.weight(1));
    let error = Odd::copy_in(rows).execute(&mut scope).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Value);
    assert!(
        error.to_string().starts_with("row 9999 of those given: "),
        "{error}"
    );
    let long = Odd::copy_in([good(1), good(1).code("long")]).execute(&mut scope);
    assert!(
        long.unwrap_err()
            .to_string()
            .starts_with("row 2 of those given: ")
    );
    assert_eq!(Odd::query().count(&mut scope).unwrap(), 0);
    // The scope goes on.
    assert_eq!(Odd::copy_in([good(1)]).execute(&mut scope).unwrap(), 1);
}

fn good_or_nul(n: i32) -> NewOdd {
    NewOdd::new(vec![]).text(if n == 9_999 { "a\0b" } else { "ab" })
}

#[test]
fn in_a_transaction_only_its_own_work_is_undone() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let plan = pro(&mut acme);
    acme.transaction(|tx| {
        customer(tx, "39");
        let rows = numbered(40, plan);
        let error = Customer::copy_in(rows).execute(tx).unwrap_err();
        assert!(error.is_unique(), "{error}");
        assert_eq!(error.constraint(), Some("customers_email_key"));
        assert!(
            error.to_string().starts_with("row 40 of those given: "),
            "{error}"
        );
        assert_eq!(Customer::query().count(tx)?, 1);
        assert_eq!(Customer::copy_in(numbered(39, plan)).execute(tx)?, 39);
        Ok(())
    })
    .unwrap();
    assert_eq!(Customer::query().count(&mut acme).unwrap(), 40);
    // A foreign key is checked behind all rows.
    let row = NewInvoice::new(
        Fk::new(tenantry_tests::shop::CustomerId(999)),
        1,
        Decimal::ONE,
        date("2026-01-31"),
    );
    let error = Invoice::copy_in([row]).execute(&mut acme).unwrap_err();
    assert!(error.is_foreign_key(), "{error}");
}

#[test]
fn rows_of_another_tenant_are_referenced_by_none() {
    let shop = Shop::new();
    let (mut acme, mut globex) = (shop.tenant("acme"), shop.tenant("globex"));
    let (ann, other) = (customer(&mut acme, "Ann"), customer(&mut globex, "Ann"));
    let invoice = |customer: &Stored<Customer>, number| {
        NewInvoice::new(customer, number, Decimal::ONE, date("2026-01-31"))
    };
    let rows = [invoice(&ann, 1), invoice(&other, 2)];
    let error = Invoice::copy_in(rows).execute(&mut acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignRow);
    assert_eq!(Invoice::query().count(&mut acme).unwrap(), 0);
    assert_eq!(
        Invoice::copy_in([invoice(&ann, 1)])
            .execute(&mut acme)
            .unwrap(),
        1
    );
}

#[test]
fn rows_that_leave_all_to_the_database_are_stored_too() {
    let (_database, mut scope) = shared_table::<Ticket>();
    let rows = (0..2_500).map(|n| match n {
        1_200 => NewTicket::new().id(9_000),
        _ => NewTicket::new(),
    });
    assert_eq!(Ticket::copy_in(rows).execute(&mut scope).unwrap(), 2_500);
    assert_eq!(Ticket::query().count(&mut scope).unwrap(), 2_500);
    Ticket::find(9_000_i64).one(&mut scope).unwrap();
}

#[test]
fn an_iterator_that_panics_or_uses_another_scope_leaves_this_one_whole() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let plan = pro(&mut acme);
    let rows = numbered(5_000, plan).enumerate().map(|(n, row)| {
        assert!(n < 4_000, "enough");
        row
    });
    let copy = || Customer::copy_in(rows).execute(&mut acme);
    assert!(catch_unwind(AssertUnwindSafe(copy)).is_err());
    assert_eq!(Customer::query().count(&mut acme).unwrap(), 0);
    let mut globex = shop.tenant("globex");
    Customer::copy_in(numbered(1_000, plan))
        .execute(&mut globex)
        .unwrap();
    // From one tenant to another, as they come.
    let theirs = Customer::query()
        .order_by(Customer::ID.asc())
        .all(&mut globex)
        .unwrap();
    let rows = theirs.into_iter().map(|row| {
        Customer::query().count(&mut globex).unwrap();
        NewCustomer::new(&row.name, &row.email, row.plan)
    });
    assert_eq!(Customer::copy_in(rows).execute(&mut acme).unwrap(), 1_000);
}

#[test]
fn a_backend_that_is_killed_meanwhile_stores_nothing() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let plan = pro(&mut acme);
    let pid: i32 = acme.sql(sql!("SELECT pg_backend_pid()")).row().unwrap();
    let mut other = shop.database().connect();
    let rows = numbered(200_000, plan).enumerate().map(|(n, row)| {
        if n == 100_000 {
            other
                .execute("SELECT pg_terminate_backend($1)", &[&pid])
                .unwrap();
        }
        row
    });
    let error = Customer::copy_in(rows).execute(&mut acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
    assert_eq!(
        Customer::query().count(&mut shop.tenant("acme")).unwrap(),
        0
    );
}

#[test]
fn a_copy_can_be_cancelled() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let plan = pro(&mut acme);
    let token = acme.cancel_token().unwrap();
    let rows = numbered(200_000, plan).enumerate().map(|(n, row)| {
        if n == 50_000 {
            token.cancel().unwrap();
        }
        row
    });
    let error = Customer::copy_in(rows).execute(&mut acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
    assert_eq!(
        Customer::query().count(&mut shop.tenant("acme")).unwrap(),
        0
    );
}

#[test]
fn a_tenant_that_is_gone_or_only_reads_is_told() {
    let shop = Shop::new();
    let (mut acme, mut globex) = (shop.tenant("acme"), shop.tenant("globex"));
    let plan = pro(&mut acme);
    shop.db()
        .tenants()
        .drop(&TenantKey::new("globex").unwrap())
        .unwrap();
    let error = Customer::copy_in(numbered(1, plan))
        .execute(&mut globex)
        .unwrap_err();
    assert_eq!(error.tenant().unwrap().as_str(), "globex");
    assert!(
        matches!(
            error.kind(),
            ErrorKind::MissingTable | ErrorKind::MissingSchema
        ),
        "{error:?}"
    );
    let error = acme
        .build_transaction()
        .read_only()
        .run(|tx| Customer::copy_in(numbered(1, plan)).execute(tx))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly);
}

/// PostgreSQL refuses it before the data, which the driver does not take well: its answers would be those to other statements.
#[test]
fn a_copy_that_is_refused_at_once_leaves_no_connection_that_mixes_up_answers() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let plan = pro(&mut acme);
    let schema = acme.schema().quoted();
    // A type of texts that has no binary format.
    let sql = format!(
        "CREATE TYPE public.unread; \
         CREATE FUNCTION public.unread_in(cstring) RETURNS public.unread LANGUAGE internal IMMUTABLE STRICT AS 'textin'; \
         CREATE FUNCTION public.unread_out(public.unread) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout'; \
         CREATE TYPE public.unread (INPUT = public.unread_in, OUTPUT = public.unread_out, LIKE = text); \
         CREATE CAST (text AS public.unread) WITHOUT FUNCTION; \
         ALTER TABLE {schema}.customers ALTER note TYPE public.unread USING NULL"
    );
    shop.database().connect().batch_execute(&sql).unwrap();
    for _ in 0..20 {
        let mut scope = shop.tenant("acme");
        let rows = numbered(2, plan).map(|row| row.note("x"));
        let error = Customer::copy_in(rows).execute(&mut scope).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
        let told = "no binary input function available for type unread";
        assert!(error.to_string().starts_with(told), "{error}");
        for n in 0..5 {
            let Ok(told) = scope.sql(sql!("SELECT $1::int")).bind(n).row::<i32>() else {
                break;
            };
            assert_eq!(told, n);
        }
    }
    let mut scope = shop.tenant("acme");
    assert_eq!(Customer::query().count(&mut scope).unwrap(), 0);
}

#[test]
fn missing_rights_and_policies_for_rows_are_told_before_anything_is_sent() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let plan = pro(&mut acme);
    let (schema, role) = (
        acme.schema().quoted(),
        format!("copier_{}", shop.database().name()),
    );
    let mut admin = shop.database().connect();
    let mut run = |sql: &str| admin.batch_execute(sql).unwrap();
    let copy = || {
        let mut acme = shop.tenant("acme");
        let set_role = format!("SET ROLE {role}");
        acme.client().batch_execute(&set_role).unwrap();
        Customer::copy_in(numbered(2, plan)).execute(&mut acme)
    };
    run(&format!(
        "CREATE ROLE {role}; GRANT USAGE ON SCHEMA {schema}, shared TO {role}"
    ));
    let error = copy().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Permission, "{error}");
    run(&format!("GRANT INSERT ON {schema}.customers TO {role}"));
    assert_eq!(copy().unwrap(), 2);
    run(&format!(
        "ALTER TABLE {schema}.customers ENABLE ROW LEVEL SECURITY"
    ));
    let error = copy().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    let help = "\nhelp: use `insert_many`";
    assert!(error.to_string().ends_with(help), "{error}");
    run(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    assert_eq!(Customer::query().count(&mut acme).unwrap(), 2);
}
