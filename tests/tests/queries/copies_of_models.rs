//! `COPY` of rows of models of all kinds, and into tables that are no longer as the model says.

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry::testing::TestDb;
use tenantry_tests::shop::{Customer, NewCustomer, Payment, Plan};
use tenantry_tests::tables::shared_table;
use tenantry_tests::{Shop, chain_of};

#[expect(clippy::trivially_copy_pass_by_ref, reason = "checks take references")]
fn is_even(number: &i32) -> Result<(), &'static str> {
    if number % 2 == 0 {
        Ok(())
    } else {
        Err("not even")
    }
}

/// A key of two columns, numbers without a sign, a computed column, and a check of the application's.
#[shared_model(table = "order")]
#[derive(Debug, PartialEq)]
struct Line {
    #[field(key)]
    order: u32,
    #[field(key, column = "select")]
    number: u16,
    #[field(check_with = is_even)]
    items: i32,
    #[field(generated = "items * 2")]
    twice: i32,
    #[field(soft_delete)]
    deleted_at: Option<Timestamp>,
}

#[shared_model]
#[derive(Debug)]
struct Device {
    #[field(key)]
    id: i64,
}

/// Something of a device, to which no constraint holds it.
#[tenant_model]
#[derive(Debug)]
struct Event {
    #[field(key)]
    id: i64,
    #[field(constraint = false)]
    device: Fk<Device>,
}

#[shared_model]
#[derive(Debug, PartialEq)]
struct Reading {
    #[field(key)]
    id: i64,
    value: i64,
    #[field(max_length = 20)]
    place: Option<String>,
    words: Vec<String>,
}

fn readings() -> [NewReading; 2] {
    [5, -7].map(|value| NewReading::new(value, vec!["a".to_owned()]).place("here"))
}

fn change(database: &TestDb, sql: &str) {
    database.connect().batch_execute(sql).unwrap();
}

#[test]
fn keys_of_two_columns_and_numbers_without_a_sign_are_stored() {
    let (_database, mut scope) = shared_table::<Line>();
    let ends = [(0, 0, 0), (u32::MAX, u16::MAX, 8), (u32::MAX, 0, -2)];
    let rows = ends.map(|(order, number, items)| NewLine::new(order, number, items));
    assert_eq!(Line::copy_in(rows).execute(&mut scope).unwrap(), 3);
    for (order, number, items) in ends {
        let line = Line::find((order, number)).one(&mut scope).unwrap();
        assert_eq!((line.items, line.twice), (items, items * 2));
        assert_eq!(line.deleted_at, None);
    }
    // A row that is deleted softly is still there for its key.
    let line = Line::find((0, 0)).one(&mut scope).unwrap();
    line.delete(&mut scope).unwrap();
    let again = [NewLine::new(1, 1, 0), NewLine::new(0, 0, 0)];
    let error = Line::copy_in(again).execute(&mut scope).unwrap_err();
    assert!(error.is_unique(), "{error}");
    let text = error.to_string();
    assert!(text.starts_with("row 2 of those given: "), "{text}");
}

#[test]
fn a_check_of_the_application_refuses_a_row_as_elsewhere() {
    let (_database, mut scope) = shared_table::<Line>();
    let rows = || [NewLine::new(1, 1, 2), NewLine::new(1, 2, 3)];
    let other = Line::insert_many(rows()).execute(&mut scope).unwrap_err();
    let error = Line::copy_in(rows()).execute(&mut scope).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    assert_eq!(
        error.to_string(),
        other.to_string().replace("insert", "copy_in")
    );
    assert_eq!(error.violations().len(), 1);
    assert_eq!(Line::query().count(&mut scope).unwrap(), 0);
}

#[test]
fn a_reference_without_a_constraint_is_refused_and_says_what_to_use() {
    let database = TestDb::new();
    let db = Database::connect(database.url()).unwrap();
    let chain = chain_of(&[Device::DEF, Event::DEF]);
    db.migrator(chain).run().unwrap();
    let acme = TenantKey::new("acme").unwrap();
    db.tenants().create(&acme).unwrap();
    let mut scope = db.tenant(&acme).unwrap();
    let device = Device::insert(NewDevice::new()).returning(&mut db.shared().unwrap());
    let device = device.unwrap();
    let rows = || [NewEvent::new(&device)];
    let error = Event::copy_in(rows()).execute(&mut scope).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    let text = error.to_string();
    assert!(text.contains("field `device`"), "{text}");
    assert!(
        text.ends_with("help: use `insert_many`, which looks for it"),
        "{text}"
    );
    assert_eq!(Event::query().count(&mut scope).unwrap(), 0);
    Event::insert_many(rows()).execute(&mut scope).unwrap();
}

/// Another version of the application may have changed it meanwhile. As many bytes are taken for a value of whatever type.
#[test]
fn no_value_is_taken_for_one_of_another_type() {
    let (database, mut scope) = shared_table::<Reading>();
    for ty in ["double precision", "timestamptz", "integer", "numeric"] {
        change(
            &database,
            &format!("ALTER TABLE shared.readings DROP value, ADD value {ty}"),
        );
        let error = Reading::copy_in(readings())
            .execute(&mut scope)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{ty}: {error}");
        let text = error.to_string();
        assert!(
            text.contains("field `value`") && text.contains("bigint"),
            "{text}"
        );
        assert!(
            text.contains("help: use `insert_many`, which converts"),
            "{text}"
        );
        let count = "SELECT count(*) FROM shared.readings";
        let count: i64 = database.connect().query_one(count, &[]).unwrap().get(0);
        assert_eq!(count, 0, "{ty}");
        if ty != "timestamptz" {
            let many = Reading::insert_many(readings()).execute(&mut scope);
            assert_eq!(many.unwrap(), 2, "{ty}");
            change(&database, "DELETE FROM shared.readings");
        }
    }
}

#[test]
fn domains_and_other_types_of_text_take_values_as_they_are() {
    let (database, mut scope) = shared_table::<Reading>();
    change(
        &database,
        "CREATE DOMAIN shared.small AS bigint CHECK (VALUE < 100); \
         CREATE DOMAIN shared.tiny AS shared.small CHECK (VALUE < 50); \
         ALTER TABLE shared.readings ALTER value TYPE shared.tiny, ALTER place TYPE text",
    );
    assert_eq!(Reading::copy_in(readings()).execute(&mut scope).unwrap(), 2);
    let stored = Reading::query().order_by(Reading::ID.asc()).all(&mut scope);
    let values: Vec<_> = stored
        .unwrap()
        .iter()
        .map(|row| (row.value, row.place.clone()))
        .collect();
    let here = Some("here".to_owned());
    assert_eq!(values, [(5, here.clone()), (-7, here)]);
    let rows = [NewReading::new(1, vec![]), NewReading::new(60, vec![])];
    let error = Reading::copy_in(rows).execute(&mut scope).unwrap_err();
    assert!(
        error.to_string().starts_with("row 2 of those given: "),
        "{error}"
    );
    change(
        &database,
        "ALTER TABLE shared.readings ALTER words TYPE varchar(9)[]",
    );
    let error = Reading::copy_in(readings())
        .execute(&mut scope)
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("field `words`") && text.contains("text[]"),
        "{text}"
    );
}

/// A field that may be null and was not set is sent as null, so the role needs rights on it too.
#[test]
fn a_role_may_fill_the_columns_that_it_has_rights_on() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let plan = Plan::query().filter(Plan::CODE.eq("pro"));
    let plan = plan.one(&mut acme).unwrap().key();
    let schema = acme.schema().quoted();
    let role = format!("filler_{}", shop.database().name());
    change(
        shop.database(),
        &format!(
            "CREATE ROLE {role}; GRANT USAGE ON SCHEMA {schema}, shared TO {role}; \
             GRANT INSERT (name, email, plan, referred_by, note) ON {schema}.customers TO {role}"
        ),
    );
    let set_role = format!("SET ROLE {role}");
    acme.client().batch_execute(&set_role).unwrap();
    let row = |n: i32| NewCustomer::new("x", format!("{n}@x.example"), plan);
    let outcome = Customer::copy_in([row(1), row(2)]).execute(&mut acme);
    let many = Customer::insert_many([row(3), row(4)]).execute(&mut acme);
    let noted = Customer::copy_in([row(5).payment(Payment::Card)]).execute(&mut acme);
    acme.client().batch_execute("RESET ROLE").unwrap();
    change(
        shop.database(),
        &format!("DROP OWNED BY {role}; DROP ROLE {role}"),
    );
    assert_eq!((outcome.unwrap(), many.unwrap()), (2, 2));
    assert_eq!(noted.unwrap_err().kind(), ErrorKind::Permission);
}
