//! Values that checks of the application refuse.

#![allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "a check is lent the value, whatever its type"
)]

use std::fmt::Debug;

use tenantry::exec::blocking;
use tenantry::model::{Named, NewRow};
use tenantry::prelude::*;
use tenantry::{ErrorKind, Violation};
use tenantry_tests::tables::shared_tables;

fn is_email(email: &str) -> Result<(), String> {
    if email.contains('@') {
        Ok(())
    } else {
        Err(format!("`{email}` has no @"))
    }
}

fn is_age(age: &i32) -> Result<(), &'static str> {
    if (0..150).contains(age) {
        Ok(())
    } else {
        Err("from 0 to 149")
    }
}

mod rules {
    pub(super) fn is_short(tags: &[String]) -> Result<(), &'static str> {
        if tags.len() < 3 {
            Ok(())
        } else {
            Err("two at most")
        }
    }
}

/// A number that is checked wherever it goes.
#[derive(Column, Debug, Clone, PartialEq)]
#[column(check_with = is_even)]
struct Even(i64);

fn is_even(number: &i64) -> Result<(), &'static str> {
    if number % 2 == 0 {
        Ok(())
    } else {
        Err("not even")
    }
}

#[shared_model]
#[derive(Debug)]
struct Member {
    #[field(key)]
    id: i64,
    #[field(check_with = is_email, unique)]
    email: String,
    #[field(check_with = is_age)]
    age: Option<i32>,
    #[field(check_with = rules::is_short, default = "{}")]
    tags: Vec<String>,
    even: Option<Even>,
    evens: Vec<Even>,
    #[field(check_with = is_older)]
    sponsor: Option<Fk<Member>>,
}

fn is_older(sponsor: &Fk<Member>) -> Result<(), &'static str> {
    if *sponsor.key() < 100 {
        Ok(())
    } else {
        Err("too young to sponsor")
    }
}

#[shared_model]
#[derive(Debug)]
struct Room {
    #[field(key, given, check_with = is_even_room)]
    number: Even,
}

fn is_even_room(number: &Even) -> Result<(), &'static str> {
    if number.0 > 0 { Ok(()) } else { Err("from 2") }
}

fn told(violations: &[Violation]) -> Vec<(&str, &str)> {
    violations
        .iter()
        .map(|it| (it.field, it.message.as_str()))
        .collect()
}

/// Checks that an error names the fields and no value.
fn refused<T: Debug>(outcome: tenantry::Result<T>, fields: &[(&str, &str)]) {
    let error = outcome.unwrap_err();
    assert!(
        error.is_invalid() && error.kind() == ErrorKind::Invalid,
        "{error}"
    );
    assert_eq!(told(error.violations()), fields);
    let text = format!("{error} {error:?}");
    for (field, message) in fields {
        assert!(
            text.contains(&format!("`{field}`")) && !text.contains(message),
            "{text}"
        );
    }
    assert!(!error.to_string().contains("  "), "{error}");
    assert!(text.contains("help: ") && error.model().is_some(), "{text}");
}

fn good(email: &str) -> NewMember {
    NewMember::new(email, Vec::<Even>::new())
}

fn bad() -> NewMember {
    let tags: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
    NewMember::new("nobody", vec![Even(2), Even(3)])
        .age(150)
        .tags(tags)
        .even(Even(1))
        .sponsor(100)
}

/// The same row, of named fields.
fn bad_by_name() -> Named<Member> {
    new!(Member {
        sponsor: 100,
        even: Even(1),
        tags: ["a", "b", "c"].map(str::to_owned).to_vec(),
        age: 150,
        evens: vec![Even(2), Even(3)],
        email: "nobody",
    })
}

const BAD: [(&str, &str); 6] = [
    ("email", "`nobody` has no @"),
    ("age", "from 0 to 149"),
    ("tags", "two at most"),
    ("even", "not even"),
    ("evens", "not even"),
    ("sponsor", "too young to sponsor"),
];

#[test]
fn all_that_is_refused_in_a_new_row_is_told_at_once() {
    let (_database, mut scope) = shared_tables(&[Member::DEF]);
    refused(Member::insert(bad()).returning(&mut scope), &BAD);
    refused(Member::insert(bad()).execute(&mut scope), &BAD);
    let upsert = Member::insert(bad())
        .on_conflict(Member::EMAIL)
        .update(Member::AGE);
    refused(upsert.returning(&mut scope), &BAD);
    let many = Member::insert_many([good("a@x"), bad(), good("b@x")]).execute(&mut scope);
    let error = many.unwrap_err();
    assert!(
        error.to_string().starts_with("row 2 of those given: "),
        "{error}"
    );
    refused::<()>(Err(error), &BAD);
    assert_eq!(Member::query().count(&mut scope).unwrap(), 0);
    // What is set again is checked again.
    let mended = bad().age(1).tags(Vec::new()).even(None).sponsor(None);
    let error = Member::insert(mended).execute(&mut scope);
    refused(error, &[BAD[0], BAD[4]]);
    let good = good("ann@x").age(149).even(Even(4));
    let ann = Member::insert(good).returning(&mut scope).unwrap();
    assert_eq!((ann.age, &ann.even), (Some(149), &Some(Even(4))));
    assert!(bad().into_values().is_err());
    let error = Member::insert(bad()).execute(&mut scope).unwrap_err();
    let json = serde_json::to_value(error.violations()).unwrap();
    assert_eq!(json[1]["field"], "age");
    assert_eq!(json[1]["message"], "from 0 to 149");
}

#[test]
fn rows_of_named_fields_are_checked_as_others_are() {
    let (_database, mut scope) = shared_tables(&[Member::DEF, Room::DEF]);
    refused(Member::insert(bad_by_name()).returning(&mut scope), &BAD);
    let upsert = Member::insert(bad_by_name())
        .on_conflict(Member::EMAIL)
        .update(Member::AGE);
    refused(upsert.execute(&mut scope), &BAD);
    let good = |age| {
        new!(Member {
            email: "ann@x",
            evens: Vec::<Even>::new(),
            age
        })
    };
    let many = Member::insert_many([good(None), bad_by_name()]).execute(&mut scope);
    refused(many, &BAD);
    // A key is checked too, and what there is not is not.
    let key = new!(Room { number: Even(0) });
    refused(
        Room::insert(key).execute(&mut scope),
        &[("number", "from 2")],
    );
    let old = Member::insert(good(Some(150))).execute(&mut scope);
    refused(old, &[BAD[1]]);
    let ann = Member::insert(good(None)).returning(&mut scope).unwrap();
    assert_eq!((&*ann.email, ann.age), ("ann@x", None));
}

#[test]
fn a_save_checks_what_has_changed() {
    let (_database, mut scope) = shared_tables(&[Member::DEF]);
    let mut ann = Member::insert(good("ann@x")).returning(&mut scope).unwrap();
    // A row from before the check was written.
    let raw = "UPDATE shared.members SET age = 200";
    scope.client().batch_execute(raw).unwrap();
    ann.reload(&mut scope).unwrap();
    assert_eq!(told(&ann.violations()), [("age", "from 0 to 149")]);
    ann.tags = vec!["a".to_owned()];
    ann.save(&mut scope).unwrap();
    ann.age = Some(-1);
    ann.email = "ann".to_owned();
    let fields = [("email", "`ann` has no @"), ("age", "from 0 to 149")];
    refused(ann.save(&mut scope), &fields);
    ann.age = None;
    ann.email = "anna@x".to_owned();
    ann.save(&mut scope).unwrap();
    ann.even = Some(Even(5));
    refused(ann.save(&mut scope), &[("even", "not even")]);
    ann.reload(&mut scope).unwrap();
    assert_eq!(
        (ann.email.as_str(), ann.age, &ann.even),
        ("anna@x", None, &None)
    );
}

#[test]
fn a_newtype_is_checked_where_it_is_read_too() {
    let (_database, mut scope) = shared_tables(&[Member::DEF, Room::DEF]);
    refused(
        Room::insert(NewRoom::new(Even(0))).execute(&mut scope),
        &[("number", "from 2")],
    );
    let room = Room::insert(NewRoom::new(Even(2)))
        .returning(&mut scope)
        .unwrap();
    assert_eq!(room.number, Even(2));
    let error = Room::find(Even(1)).optional(&mut scope).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
    let raw = "UPDATE shared.rooms SET number = 33";
    scope.client().batch_execute(raw).unwrap();
    let error = Room::query().one(&mut scope).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    let text = error.to_string();
    assert!(
        text.contains("`number`") && !text.contains("not even"),
        "{text}"
    );
    assert!(error.details().unwrap().contains("not even"), "{error}");
}

#[tokio::test]
async fn tasks_are_told_the_same() {
    let (database, scope) = blocking(|| shared_tables(&[Member::DEF]));
    blocking(|| drop(scope));
    let db = tenantry::tokio::Database::connect(database.url())
        .await
        .unwrap();
    let mut scope = db.shared();
    refused(Member::insert(bad()).returning(&mut scope).await, &BAD);
    let named = Member::insert(bad_by_name());
    refused(named.returning(&mut scope).await, &BAD);
    let mut ann = Member::insert(good("ann@x"))
        .returning(&mut scope)
        .await
        .unwrap();
    ann.age = Some(-1);
    refused(ann.save(&mut scope).await, &[("age", "from 0 to 149")]);
}
