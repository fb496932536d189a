//! Embedded structs that may not be there, and those within others: their rows.

use tenantry::exec::blocking;
use tenantry::prelude::*;
use tenantry::testing::TestDb;
use tenantry::{ErrorKind, tokio as tasks};
use tenantry_tests::chain_of;

use crate::nested_parts::geo::{NewPlace, Place};
use crate::nested_parts::{Address, Contact, NewAddress, NewContact};

#[tenant_model]
#[derive(Debug)]
pub(crate) struct Region {
    #[field(key)]
    pub(crate) id: i64,
    pub(crate) name: String,
}

#[tenant_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Customer {
    #[field(key)]
    pub(crate) id: i64,
    #[field(unique)]
    pub(crate) name: String,
    #[field(embed)]
    pub(crate) home: Address,
    #[field(embed)]
    pub(crate) billing: Option<Address>,
    #[field(embed, prefix = "")]
    pub(crate) contact: Option<Contact>,
}

pub(crate) fn shop() -> (TestDb, Database, TenantScope) {
    let database = TestDb::new();
    let db = Database::connect(database.url()).unwrap();
    let models = [Region::DEF, Customer::DEF];
    db.migrator(chain_of(&models)).run().unwrap();
    let key = TenantKey::new("acme").unwrap();
    db.tenants().create(&key).unwrap();
    let mut scope = db.tenant(&key).unwrap();
    let region = NewRegion::new("Mittelland");
    Region::insert(region).execute(&mut scope).unwrap();
    (database, db, scope)
}

pub(crate) fn bern() -> Place {
    Place {
        latitude: 46.9,
        longitude: 7.4,
        note: None,
    }
}

pub(crate) fn address(city: &str) -> Address {
    Address {
        street: "Kramgasse".to_owned(),
        city: city.to_owned(),
        country: "DE".to_owned(),
        floor: Some(3),
        region: None,
        place: Some(bern()),
    }
}

fn new(name: &str) -> NewCustomer {
    NewCustomer::new(name, NewAddress::new("Kramgasse", "Bern"))
}

fn nulls(acme: &mut TenantScope, prefix: &str) -> Vec<String> {
    let row = acme.sql(tenantry::sql!("SELECT to_jsonb(c) FROM {Customer} c"));
    let row: Vec<Json<serde_json::Value>> = row.rows().unwrap();
    let columns = row[0].0.as_object().unwrap().clone();
    let null = columns.into_iter().filter(|(_, value)| value.is_null());
    let mut names: Vec<_> = null.map(|(name, _)| name).collect();
    names.retain(|name| name.starts_with(prefix));
    names
}

#[test]
fn the_columns_can_be_null_and_have_joined_prefixes() {
    let shown = Customer::DEF.columns.iter().map(|def| {
        let null = if def.nullable { "?" } else { "" };
        format!("{}{null}", def.name)
    });
    assert_eq!(
        shown.collect::<Vec<_>>().join(" "),
        "id name home_street home_city home_country home_floor? home_region? home_place_latitude? home_place_longitude? home_place_note? \
         billing_street? billing_city? billing_country? billing_floor? billing_region? billing_place_latitude? billing_place_longitude? \
         billing_place_note? email? at_street? at_city? at_country? at_floor? at_region? at_place_latitude? at_place_longitude? \
         at_place_note? rank? is_active?"
    );
    let def = |name: &str| {
        Customer::DEF
            .columns
            .iter()
            .find(|def| def.name == name)
            .unwrap()
    };
    assert_eq!(def("home_country").default_sql(), Some("'CH'"));
    assert_eq!(def("billing_country").default_sql(), None);
    assert_eq!(def("billing_city").check, Some("length(billing_city) > 1"));
    assert_eq!(
        def("billing_country").check,
        Some(
            "num_nonnulls(\"billing_street\", \"billing_city\", \"billing_country\", \"billing_floor\", \"billing_region\", \
             \"billing_place_latitude\", \"billing_place_longitude\", \"billing_place_note\") = 0 OR \
             (billing_country IS NOT NULL AND billing_country = upper(billing_country))"
        )
    );
    let city: Column<Customer, Option<String>> = Customer::BILLING_CITY;
    let floor: Column<Customer, Option<i32>> = Customer::BILLING_FLOOR;
    let place: Column<Customer, Option<f64>> = Customer::AT_PLACE_LATITUDE;
    assert_eq!(
        (city.name(), floor.name(), place.name()),
        ("billing_city", "billing_floor", "at_place_latitude")
    );
}

#[test]
fn a_row_has_none_where_all_is_null() {
    let (_database, _, mut acme) = shop();
    let ann = Customer::insert(new("Ann")).returning(&mut acme).unwrap();
    assert_eq!(
        (&ann.billing, &ann.contact, &ann.home.place),
        (&None, &None, &None)
    );
    assert_eq!(ann.home.country, "CH");
    assert_eq!(nulls(&mut acme, "billing_").len(), 8);
    assert_eq!(nulls(&mut acme, "at_").len(), 8);
    let found = Customer::find(&ann).one(&mut acme).unwrap();
    assert_eq!(*found, *ann);
}

#[test]
fn a_new_row_takes_the_struct_or_one_without_what_has_a_default() {
    let (_database, _, mut acme) = shop();
    let place = NewPlace::new(1.0, 2.0).note("here");
    let contact = NewContact::new(
        "ann@example.com",
        NewAddress::new("A", "Bern").region(1).place(place),
    );
    let ann = new("Ann").billing(address("Thun")).contact(contact);
    let ann = Customer::insert(ann).returning(&mut acme).unwrap();
    assert_eq!(ann.billing, Some(address("Thun")));
    let contact = ann.contact.clone().unwrap();
    assert_eq!((contact.rank, contact.is_active), (3, true));
    assert_eq!(
        (&*contact.address.country, contact.address.floor),
        ("CH", None)
    );
    let place = contact.address.place.unwrap();
    assert_eq!((place.latitude, place.note.as_deref()), (1.0, Some("here")));
    assert_eq!(*Customer::find(&ann).one(&mut acme).unwrap(), *ann);
    let copied = new("Bob")
        .billing(ann.billing.clone())
        .contact(None::<Contact>);
    let bob = Customer::insert(copied).returning(&mut acme).unwrap();
    assert_eq!((&bob.billing, &bob.contact), (&ann.billing, &None));
    let named = new!(Customer {
        name: "Cid",
        home: address("Chur"),
        billing: address("Thun"),
    });
    let cid = Customer::insert(named).returning(&mut acme).unwrap();
    assert_eq!((&cid.billing, &cid.contact), (&ann.billing, &None));
    let named = new!(Customer {
        name: "Dan",
        home: address("Chur"),
        billing: None,
        contact: Some(contact_of("dan")),
    });
    let dan = Customer::insert(named).returning(&mut acme).unwrap();
    assert_eq!((&dan.billing, dan.contact.is_some()), (&None, true));
    let twice = new("Eve").contact(contact_of("dan"));
    let error = Customer::insert(twice).execute(&mut acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unique, "{error}");
}

fn contact_of(name: &str) -> Contact {
    Contact {
        email: format!("{name}@example.com"),
        address: address("Bern"),
        rank: 7,
        is_active: false,
    }
}

#[test]
fn many_rows_are_inserted_and_copied_with_some_and_none() {
    let (_database, _, mut acme) = shop();
    let rows = |from: usize| {
        (from..from + 4).map(|n| {
            let row = new(&format!("Row {n}"));
            let contact = NewContact::new(format!("{n}@example.com"), NewAddress::new("A", "Bern"));
            match n % 4 {
                0 => row,
                1 => row.billing(address("Thun")),
                2 => row.contact(contact),
                _ => row.billing(NewAddress::new("B", "Chur")).contact(contact),
            }
        })
    };
    Customer::insert_many(rows(0)).execute(&mut acme).unwrap();
    Customer::copy_in(rows(4)).execute(&mut acme).unwrap();
    let all = Customer::query().order_by(Customer::NAME.asc());
    let all = all.all(&mut acme).unwrap();
    let shown = all.iter().map(|row| {
        let country = row.billing.as_ref().map_or("-", |billing| &billing.country);
        let rank = row.contact.as_ref().map(|contact| contact.rank);
        (country, rank)
    });
    let expected = [("-", None), ("DE", None), ("-", Some(3)), ("CH", Some(3))];
    assert_eq!(shown.collect::<Vec<_>>(), [expected, expected].concat());
    let again = new("Row 0").billing(address("Zug"));
    let met = Customer::insert(again)
        .on_conflict(Customer::NAME)
        .update(Customer::BILLING)
        .returning(&mut acme)
        .unwrap();
    assert_eq!(met.billing, Some(address("Zug")));
    let met = Customer::insert(new("Row 0"))
        .on_conflict(Customer::NAME)
        .update(Customer::BILLING)
        .returning(&mut acme)
        .unwrap();
    assert_eq!(met.billing, None);
    let met = Customer::insert(new("Row 0"))
        .on_conflict(Customer::NAME)
        .set(Customer::BILLING, address("Uri"))
        .returning(&mut acme)
        .unwrap();
    assert_eq!(met.billing, Some(address("Uri")));
}

#[test]
fn a_save_goes_from_none_to_some_and_back() {
    let (_database, _, mut acme) = shop();
    let mut ann = Customer::insert(new("Ann")).returning(&mut acme).unwrap();
    ann.billing = Some(address("Thun"));
    ann.home.place = Some(bern());
    ann.save(&mut acme).unwrap();
    let found = Customer::find(&ann).one(&mut acme).unwrap();
    assert_eq!(*found, *ann);
    ann.billing.as_mut().unwrap().place = None;
    ann.billing.as_mut().unwrap().city = "Zug".to_owned();
    ann.save(&mut acme).unwrap();
    assert_eq!(
        nulls(&mut acme, "billing_place"),
        [
            "billing_place_latitude",
            "billing_place_longitude",
            "billing_place_note"
        ]
    );
    ann.billing = None;
    ann.home.place = None;
    ann.save(&mut acme).unwrap();
    assert_eq!(nulls(&mut acme, "billing_").len(), 8);
    assert_eq!(*Customer::find(&ann).one(&mut acme).unwrap(), *ann);
    // What is wrong inside is told by the name in the model.
    let mut far = bern();
    far.latitude = 400.0;
    ann.billing = Some(Address {
        place: Some(far),
        ..address("Thun")
    });
    let error = ann.save(&mut acme).unwrap_err();
    let fields: Vec<_> = error
        .violations()
        .iter()
        .map(|refused| refused.field)
        .collect();
    assert_eq!(fields, ["billing_place_latitude"], "{error}");
    ann.billing = Some(address("X"));
    assert_eq!(ann.save(&mut acme).unwrap_err().kind(), ErrorKind::Check);
    ann.billing = Some(Address {
        country: "ch".to_owned(),
        ..address("Thun")
    });
    assert_eq!(ann.save(&mut acme).unwrap_err().kind(), ErrorKind::Check);
    ann.billing = Some(Address {
        region: Some(Fk::new(99)),
        ..address("Thun")
    });
    assert_eq!(
        ann.save(&mut acme).unwrap_err().kind(),
        ErrorKind::ForeignKey
    );
}

#[test]
fn a_row_with_a_part_of_a_struct_is_an_error_that_names_it() {
    let (_database, _, mut acme) = shop();
    let ann = Customer::insert(new("Ann").billing(address("Thun")))
        .returning(&mut acme)
        .unwrap();
    let key = Customer::ID.eq(ann.id);
    Customer::update_where(key.clone())
        .set(Customer::BILLING_CITY, None)
        .execute(&mut acme)
        .unwrap();
    let error = Customer::find(&ann).one(&mut acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    let text = error.to_string();
    for part in [
        "model `Customer`, row with key 1",
        "`Option<Address>`",
        "column `billing_city`",
        "help:",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let error = Customer::query()
        .select(Customer::BILLING)
        .one(&mut acme)
        .unwrap_err();
    assert!(error.to_string().contains("`billing_city`"), "{error}");
    Customer::update_where(key)
        .set(Customer::BILLING, None)
        .execute(&mut acme)
        .unwrap();
    assert_eq!(Customer::find(&ann).one(&mut acme).unwrap().billing, None);
}

#[tokio::test]
async fn tasks_read_and_write_it_the_same() {
    let (database, rest) = blocking(|| {
        let (database, db, scope) = shop();
        (database, (db, scope))
    });
    blocking(|| drop(rest));
    let db = tasks::Database::connect(database.url()).await.unwrap();
    let mut acme = db.tenant(&TenantKey::new("acme").unwrap()).await.unwrap();
    let row = new("Ann").billing(address("Thun"));
    let mut ann = Customer::insert(row).returning(&mut acme).await.unwrap();
    ann.billing = None;
    ann.save(&mut acme).await.unwrap();
    let none = Customer::query().filter(Customer::BILLING.is_null());
    assert_eq!(*none.one(&mut acme).await.unwrap(), *ann);
}
