//! Rows that are found, or inserted where there is none.

use std::thread;

use tenantry::prelude::*;
use tenantry::query::FoundOrInserted::{self, Found, Inserted};
use tenantry::{Error, ErrorKind};
use tenantry_tests::Shop;
use tenantry_tests::hear::sent;
use tenantry_tests::shop::{Customer, NewCustomer, Plan};
use tenantry_tests::tables::shared_tables;
use tenantry_tests::wait::{Meeting, until_by};

use super::customer;

/// Something that has several things that are unique, of which some can be null.
#[shared_model(
    unique(shelf, place),
    unique(name = "folded", "lower(name)"),
    unique(name = "open", code, filter = "NOT done")
)]
#[derive(Debug, Clone, PartialEq)]
struct Thing {
    #[field(key)]
    id: i64,
    name: String,
    shelf: Option<String>,
    place: i32,
    code: Option<String>,
    #[field(default = false)]
    done: bool,
    #[field(unique, default = sql("gen_random_uuid()"))]
    token: Uuid,
    #[field(unique, generated = "upper(name)")]
    title: String,
}

type Outcome = Result<FoundOrInserted<Stored<Customer>>, Error>;

fn named(scope: &mut TenantScope, name: &str) -> Outcome {
    let pro = Plan::query().filter(Plan::CODE.eq("pro")).one(scope)?;
    let new = NewCustomer::new(name, "ann@x.example", &pro);
    Customer::insert(new)
        .on_conflict(Customer::EMAIL)
        .get_or_insert(scope)
}

#[test]
fn a_row_is_inserted_once_and_found_as_it_is() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let mut globex = shop.tenant("globex");
    let (first, statements) = sent(|| named(&mut acme, "Ann").unwrap());
    let Inserted(first) = first else {
        panic!("{first:?}");
    };
    assert_eq!(statements.len(), 3, "{statements:#?}");
    let (again, statements) = sent(|| named(&mut acme, "Anna").unwrap());
    assert_eq!(again, Found(first.clone()));
    assert_eq!(statements.len(), 2, "{statements:#?}");
    // Another tenant has rows of its own.
    assert!(named(&mut globex, "Ann").unwrap().is_new());
    // It is a row like others.
    let mut row = again.into_row();
    row.note = Some("x".to_owned());
    row.save(&mut acme).unwrap();
    acme.transaction(|tx| {
        Customer::delete_where(Customer::everything()).execute(tx)?;
        let Inserted(_) = named(tx, "Ann")? else {
            panic!("it is gone");
        };
        assert!(!named(tx, "Ann")?.is_new());
        Err::<(), _>(Error::from(TenantKey::new("").unwrap_err()))
    })
    .unwrap_err();
    assert_eq!(named(&mut acme, "Ann").unwrap().into_row().id, first.id);
}

#[test]
fn of_many_at_once_one_inserts_the_row_and_all_have_it() {
    let shop = Shop::new();
    let mut scopes: Vec<_> = (0..8).map(|_| shop.tenant("acme")).collect();
    for _ in 0..5 {
        let meeting = Meeting::new(scopes.len());
        let rows: Vec<_> = thread::scope(|threads| {
            let started = scopes.iter_mut().map(|scope| {
                threads.spawn(|| {
                    meeting.wait();
                    scope.transaction(|tx| named(tx, "Ann")).unwrap()
                })
            });
            let started: Vec<_> = started.collect();
            started.into_iter().map(|it| it.join().unwrap()).collect()
        });
        assert_eq!(rows.iter().filter(|row| row.is_new()).count(), 1);
        let mut ids: Vec<_> = rows.into_iter().map(|row| row.into_row().id.0).collect();
        ids.dedup();
        assert_eq!(ids.len(), 1);
        let all = Customer::delete_where(Customer::everything());
        all.execute(&mut scopes[0]).unwrap();
    }
}

#[test]
fn whoever_meets_a_row_that_is_not_committed_waits_for_what_becomes_of_it() {
    let shop = Shop::new();
    let (mut one, mut other) = (shop.tenant("acme"), shop.tenant("acme"));
    let mut watch = shop.database().connect();
    let mut waits = || -> bool {
        let sql = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')";
        watch.query_one(sql, &[]).unwrap().get(0)
    };
    for is_kept in [false, true] {
        let (outcome, id) = thread::scope(|threads| {
            let mut waiting = None;
            let mut id = None;
            let kept = one.transaction(|tx| {
                id = Some(named(tx, "Ann")?.into_row().id);
                let thread = threads.spawn(|| named(&mut other, "Bob"));
                until_by(&thread, "it waits for the row", &mut waits);
                waiting = Some(thread);
                if is_kept {
                    Ok(())
                } else {
                    Err(Error::from(TenantKey::new("").unwrap_err()))
                }
            });
            assert_eq!(kept.is_ok(), is_kept);
            (waiting.unwrap().join().unwrap(), id)
        });
        let outcome = outcome.unwrap();
        assert_eq!(outcome.is_new(), !is_kept);
        assert_eq!(Some(outcome.into_row().id) == id, is_kept);
        let all = Customer::delete_where(Customer::everything());
        all.execute(&mut one).unwrap();
    }
}

#[test]
fn a_transaction_that_can_not_see_the_row_is_to_be_run_again() {
    let shop = Shop::new();
    let (mut one, mut other) = (shop.tenant("acme"), shop.tenant("acme"));
    let mut attempts = 0;
    let outcome = one
        .build_transaction()
        .repeatable_read()
        .retrying(2)
        .run(|tx| {
            attempts += 1;
            Customer::query().count(tx)?;
            if attempts == 1 {
                customer(&mut other, "Ann");
            }
            named(tx, "Ann")
        });
    assert!(!outcome.unwrap().is_new());
    assert_eq!(attempts, 2);
}

#[test]
fn it_is_found_by_what_is_unique_and_by_nothing_else() {
    let (_database, mut scope) = shared_tables(&[Thing::DEF]);
    let new =
        |name: &str, shelf: Option<&str>| NewThing::new(name, 1).shelf(shelf.map(String::from));
    let by_place = |thing| Thing::insert(thing).on_conflict((Thing::PLACE, Thing::SHELF));
    let first = by_place(new("'a\"", Some("x")))
        .get_or_insert(&mut scope)
        .unwrap();
    assert!(first.is_new());
    let again = by_place(new("b", Some("x")))
        .get_or_insert(&mut scope)
        .unwrap();
    assert_eq!(again.into_row(), first.into_row());
    // A null is like no other.
    for name in ["c", "d"] {
        assert!(
            by_place(new(name, None))
                .get_or_insert(&mut scope)
                .unwrap()
                .is_new()
        );
    }
    // What is in the way of it by another rule is an error, as of any insert.
    let error = by_place(new("C", Some("y")))
        .get_or_insert(&mut scope)
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.operation()),
        (ErrorKind::Unique, Some("get_or_insert"))
    );
    let mut refused = |conflict: tenantry::query::Conflict<tenantry::query::Insert<Thing>>,
                       words: &str| {
        let error = conflict.get_or_insert(&mut scope).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(
            error.to_string().contains(words) && error.to_string().contains("help: "),
            "{error}"
        );
    };
    let insert = || Thing::insert(new("e", None));
    refused(insert().on_conflict(Thing::PLACE), "no unique constraint");
    refused(
        insert().on_conflict(Thing::TOKEN),
        "leaves `token` to the database",
    );
    refused(
        insert().on_conflict(Thing::ID),
        "leaves `id` to the database",
    );
    // Nobody can give it a value, so that is no advice.
    refused(insert().on_conflict(Thing::TITLE), "look for it by a query");
    refused(insert().on_conflict_with("folded"), "`lower(name)`");
    refused(insert().on_conflict(Thing::CODE), "`code` where");
}

#[test]
fn a_row_that_is_kept_from_being_there_is_an_error_and_no_endless_loop() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let mut client = shop.database().connect();
    client
        .batch_execute(
            "CREATE FUNCTION acme.never() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
             CREATE TRIGGER never BEFORE INSERT ON acme.customers FOR EACH ROW EXECUTE FUNCTION acme.never()",
        )
        .unwrap();
    let error = named(&mut acme, "Ann").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Serialization);
    assert!(error.to_string().contains("trigger"), "{error}");
}
