//! Structs whose fields are columns of several models: their rows, and what queries say of them.

use tenantry::across::SeesAllTenants;
use tenantry::exec::blocking;
use tenantry::model::{ColumnDef, IndexPart};
use tenantry::prelude::*;
use tenantry::testing::TestDb;
use tenantry::{ErrorKind, tokio as tasks};
use tenantry_tests::chain_of;

use crate::embedded_parts::parts::{Address, Code, Money, NewAddress};
use crate::embedded_parts::{Audit, NewAudit};

#[shared_model]
#[derive(Debug)]
pub(crate) struct Country {
    #[field(key, given)]
    pub(crate) code: String,
    #[field(embed, prefix = "")]
    pub(crate) audit: Audit,
}

#[tenant_model(unique(name, home_city), index(changed_by, "lower(home_street)"))]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Customer {
    #[field(key)]
    pub(crate) id: i64,
    #[field(embed)]
    pub(crate) home: Address,
    pub(crate) name: String,
    #[field(embed, prefix = "bill_")]
    pub(crate) billing: Address,
    #[field(embed, prefix = "")]
    pub(crate) audit: Audit,
    #[field(embed)]
    pub(crate) limit: Money,
    pub(crate) note: Option<String>,
}

/// With a struct of another crate.
#[tenant_model]
struct Order {
    #[field(key)]
    id: i64,
    #[field(embed)]
    price: fixture_bare::Amount,
}

/// Countries in a list: what a view has of it.
#[shared_view(
    sql = "SELECT code, made_at, changed_at, changed_by, version, deleted_at FROM {Country}"
)]
#[derive(Debug)]
struct Listed {
    #[field(key)]
    code: String,
    #[field(embed, prefix = "")]
    audit: Audit,
}

/// Somebody of the provider's.
struct Staff;

impl SeesAllTenants for Staff {}

#[derive(Row, Debug, PartialEq)]
struct Summary {
    name: String,
    city: String,
    code: Option<Code>,
}

fn shop() -> (TestDb, Database, [TenantScope; 2]) {
    let database = TestDb::new();
    let db = Database::connect(database.url()).unwrap();
    let models = [Country::DEF, Customer::DEF, Listed::DEF];
    db.migrator(chain_of(&models)).run().unwrap();
    let mut shared = db.shared().unwrap();
    for code in ["CH", "DE"] {
        let country = NewCountry::new(code).changed_by("import");
        Country::insert(country).execute(&mut shared).unwrap();
    }
    let scopes = ["acme", "select"].map(|key| {
        let key = TenantKey::new(key).unwrap();
        db.tenants().create(&key).unwrap();
        db.tenant(&key).unwrap()
    });
    (database, db, scopes)
}

fn at(street: &str) -> NewAddress {
    NewAddress::new(street)
}

fn new(name: &str) -> NewCustomer {
    NewCustomer::new(
        at("Kramgasse"),
        name,
        at("Postfach").city("Thun"),
        Money::new(50_00, "CHF"),
    )
}

fn refused_address() -> Address {
    Address {
        street: String::new(),
        r#type: None,
        city: "Bern".to_owned(),
        country: None,
        folded: String::new(),
        unit: None,
    }
}

fn column(name: &str) -> &'static ColumnDef {
    let mut columns = Customer::DEF.columns.iter();
    columns.find(|column| column.name == name).unwrap()
}

#[test]
fn the_fields_are_columns_with_all_that_is_said_of_them() {
    let names = Customer::DEF
        .columns
        .iter()
        .map(|column| (column.field, column.name));
    let names: Vec<_> = names.filter(|(field, name)| field != name).collect();
    assert_eq!(
        names,
        [("home_type", "home_order"), ("bill_type", "bill_order")]
    );
    assert_eq!(Customer::DEF.columns.len(), 22);
    assert_eq!(Customer::BILL_TYPE.name(), "bill_order");
    let code = column("bill_order");
    assert_eq!(code.check, Some("length(\"bill_order\") > 2"));
    assert_eq!(code.comment, Some("The code of the place, if it has one."));
    assert_eq!(code.embedded_in, Some("billing"));
    assert_eq!(column("made_at").embedded_in, Some("audit"));
    assert_eq!(column("limit_amount").check, Some("limit_amount >= 0"));
    assert_eq!(
        column("home_folded").source.generated_sql(),
        Some("lower(home_city) || coalesce(\"home_order\", '')")
    );
    assert_eq!(
        Customer::DEF.indexes[1].parts,
        [
            IndexPart::Column("changed_by"),
            IndexPart::Expression("lower(home_street)")
        ]
    );
    assert_eq!(column("home_country").references.unwrap().model, "Country");
}

#[test]
fn the_struct_may_be_of_another_crate() {
    let [_, cents, currency, some] = Order::DEF.columns else {
        panic!("{:?}", Order::DEF.columns);
    };
    assert_eq!(cents.name, "price_cents");
    assert_eq!(
        (currency.name, currency.default_sql()),
        ("price_currency", Some("'CHF'"))
    );
    assert_eq!(some.references.unwrap().model, "Plan");
    let database = TestDb::new();
    let db = Database::connect(database.url()).unwrap();
    let models = [fixture_bare::Plan::DEF, Order::DEF];
    db.migrator(chain_of(&models)).run().unwrap();
    let key = TenantKey::new("acme").unwrap();
    db.tenants().create(&key).unwrap();
    let mut acme = db.tenant(&key).unwrap();
    let order = NewOrder::new(fixture_bare::NewAmount::new(5));
    let mut order = Order::insert(order).returning(&mut acme).unwrap();
    order.price.cents += 1;
    order.save(&mut acme).unwrap();
    let cents = Order::query().filter(Order::PRICE_SOME.is_null());
    let cents = cents.select(Order::PRICE_CENTS).one(&mut acme).unwrap();
    assert_eq!((cents, order.id), (6, 1));
}

#[test]
fn rows_are_made_with_the_struct_or_without_what_the_database_fills_in() {
    let (_database, _, [mut acme, _]) = shop();
    let ann = Customer::insert(new("Ann")).returning(&mut acme).unwrap();
    assert_eq!((&*ann.home.street, &*ann.home.city), ("Kramgasse", "Bern"));
    assert_eq!((&*ann.billing.city, &*ann.billing.folded), ("Thun", "thun"));
    assert_eq!((ann.limit.cents(), ann.audit.version), (50_00, 1));
    let moved = Address {
        street: "Hauptstrasse".to_owned(),
        r#type: Some(Code("3011".to_owned())),
        city: "Basel".to_owned(),
        country: None,
        folded: String::new(),
        unit: None,
    };
    let whole = NewCustomer::new(moved.clone(), "Bob", moved.clone(), Money::new(1, "EUR"));
    let whole = whole
        .bill_country("DE")
        .audit(NewAudit::new().changed_by("bob"));
    let bob = Customer::insert(whole).returning(&mut acme).unwrap();
    assert_eq!(bob.home.folded, "basel3011");
    assert_eq!(
        bob.billing.country.as_ref().map(|fk| &**fk.key()),
        Some("DE")
    );
    assert_eq!(bob.audit.changed_by.as_deref(), Some("bob"));
    let found = Customer::find(&bob).one(&mut acme).unwrap();
    assert_eq!(*found, *bob);
    let cid = new!(Customer {
        name: "Cid",
        home: moved.clone(),
        billing: moved,
        limit: Money::new(3, "EUR"),
        note: "by name",
    });
    let cid = Customer::insert(cid).returning(&mut acme).unwrap();
    assert_eq!((&cid.billing, cid.limit.cents()), (&found.home, 3));
    let rows = (0..5).map(|n| new(&format!("Row {n}")));
    Customer::insert_many(rows).execute(&mut acme).unwrap();
    let rows = (5..9).map(|n| new(&format!("Row {n}")));
    assert_eq!(Customer::copy_in(rows).execute(&mut acme).unwrap(), 4);
    let count = Customer::query().filter(Customer::BILL_CITY.eq("Thun"));
    assert_eq!(count.count(&mut acme).unwrap(), 10);
    let met = Customer::insert(new("Ann").note("again"))
        .on_conflict((Customer::NAME, Customer::HOME_CITY))
        .update((Customer::NOTE, Customer::LIMIT_AMOUNT))
        .returning(&mut acme)
        .unwrap();
    assert_eq!((met.id, met.note.as_deref()), (ann.id, Some("again")));
}

#[test]
fn a_save_writes_what_has_changed_and_checks_the_version() {
    let (_database, _, [mut acme, mut other]) = shop();
    let mut ann = Customer::insert(new("Ann")).returning(&mut acme).unwrap();
    let mut stale = Customer::find(&ann).one(&mut acme).unwrap();
    // What somebody else has written to other columns stays.
    let written = tenantry::sql!(
        "UPDATE {Customer} SET {Customer.home_street} = 'Elsewhere' WHERE {Customer.bill_city} = $1"
    );
    assert_eq!(acme.sql(written).bind("Thun").execute().unwrap(), 1);
    ann.billing.city = "Biel".to_owned();
    ann.limit = Money::new(7, "USD");
    ann.save(&mut acme).unwrap();
    assert_eq!((ann.audit.version, &*ann.billing.folded), (2, "biel"));
    assert!(ann.audit.changed_at > ann.audit.made_at);
    let found = Customer::find(&ann).one(&mut acme).unwrap();
    assert_eq!((&*found.home.street, found.limit.cents()), ("Elsewhere", 7));
    stale.note = Some("late".to_owned());
    let error = stale.save(&mut acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale, "{error}");
    ann.limit = Money::new(-1, "USD");
    let error = ann.save(&mut acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Check, "{error}");
    ann.reload(&mut acme).unwrap();
    ann.home.folded = "mine".to_owned();
    let error = ann.save(&mut acme).unwrap_err();
    assert!(error.to_string().contains("`home_folded`"), "{error}");
    ann.reload(&mut acme).unwrap();
    ann.home.country = Some(Fk::new("XX".to_owned()));
    let error = ann.save(&mut acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignKey, "{error}");
    assert_eq!(Customer::query().count(&mut other).unwrap(), 0);
}

#[test]
fn a_row_is_deleted_and_brought_back_by_the_structs_field() {
    let (_database, _, [mut acme, _]) = shop();
    let mut ann = Customer::insert(new("Ann")).returning(&mut acme).unwrap();
    ann.clone().delete(&mut acme).unwrap();
    assert_eq!(Customer::query().count(&mut acme).unwrap(), 0);
    ann = Customer::find(&ann).with_deleted().one(&mut acme).unwrap();
    assert!(ann.audit.is_deleted());
    ann.restore(&mut acme).unwrap();
    assert!(!ann.audit.is_deleted());
    assert_eq!(Customer::query().count(&mut acme).unwrap(), 1);
}

#[test]
fn checks_refuse_values_by_the_names_in_the_model() {
    let (_database, _, [mut acme, _]) = shop();
    let fields = |error: &tenantry::Error| {
        let fields = error.violations().iter().map(|refused| refused.field);
        fields.collect::<Vec<_>>()
    };
    let refused = NewCustomer::new(at(""), "Ann", at("").unit("too long"), Money::new(0, "CHF"));
    let error = Customer::insert(refused).execute(&mut acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(fields(&error), ["home_street", "bill_street", "bill_unit"]);
    let named = new!(Customer {
        name: "Ann",
        home: refused_address(),
        billing: refused_address(),
        limit: Money::new(0, "CHF"),
    });
    let error = Customer::insert(named).execute(&mut acme).unwrap_err();
    assert_eq!(fields(&error), ["home_street", "bill_street"]);
    // What is given instead is not refused any more.
    let mended = NewCustomer::new(
        at("").unit("too long"),
        "Ann",
        at("A"),
        Money::new(0, "CHF"),
    );
    let error = Customer::insert(mended.home_unit("4b"))
        .execute(&mut acme)
        .unwrap_err();
    assert_eq!(fields(&error), ["home_street"]);
    let mut ann = Customer::insert(new("Ann")).returning(&mut acme).unwrap();
    ann.billing.street.clear();
    let error = ann.save(&mut acme).unwrap_err();
    assert_eq!(fields(&error), ["bill_street"]);
    let with_nul = NewCustomer::new(at("a\0b"), "Ann", at("A"), Money::new(0, "CHF"));
    let error = Customer::insert(with_nul).execute(&mut acme).unwrap_err();
    assert!(error.to_string().contains("`home_street`"), "{error}");
    let long = NewCustomer::new(at("A"), "Ann", at(&"x".repeat(41)), Money::new(0, "CHF"));
    let error = Customer::insert(long).execute(&mut acme).unwrap_err();
    assert!(error.to_string().contains("`bill_street`"), "{error}");
}

#[test]
fn queries_name_the_columns() {
    let (_database, db, [mut acme, mut other]) = shop();
    for (scope, names) in [(&mut acme, ["Ann", "Bob"]), (&mut other, ["Cid", "Dan"])] {
        Customer::insert_many(names.map(new))
            .execute(scope)
            .unwrap();
    }
    Customer::update_where(Customer::NAME.eq("Bob"))
        .set(Customer::HOME_CITY, "Zug")
        .set(Customer::HOME_COUNTRY, "CH")
        .set(Customer::HOME_TYPE, Code("6300".to_owned()))
        .execute(&mut acme)
        .unwrap();
    let in_order = Customer::query().order_by(Customer::HOME_CITY.desc());
    let cities: Vec<String> = in_order.select(Customer::HOME_CITY).all(&mut acme).unwrap();
    assert_eq!(cities, ["Zug", "Bern"]);
    let abroad = Customer::HOME_COUNTRY.on(Country::CHANGED_BY.eq("import"));
    let (bob, country) = Customer::query()
        .filter(abroad)
        .join(Customer::HOME_COUNTRY)
        .one(&mut acme)
        .unwrap();
    assert_eq!(
        (&*bob.name, country.map(|c| c.code.clone())),
        ("Bob", Some("CH".to_owned()))
    );
    let summary = SelectSummary {
        name: Customer::NAME,
        city: Customer::HOME_CITY,
        code: Customer::HOME_TYPE,
    };
    let found = Customer::query().filter(Customer::HOME_CITY.eq("Zug"));
    let expected = Summary {
        name: "Bob".to_owned(),
        city: "Zug".to_owned(),
        code: Some(Code("6300".to_owned())),
    };
    assert_eq!(found.select(summary).one(&mut acme).unwrap(), expected);
    let by_hand = tenantry::sql!("SELECT * FROM {Customer} WHERE {Customer.home_city} = $1");
    let rows: Vec<Stored<Customer>> = acme.sql(by_hand).bind("Zug").rows().unwrap();
    assert_eq!(
        rows[0].home.country.as_ref().map(|fk| &**fk.key()),
        Some("CH")
    );
    let mut fleet = db.across(&Staff).unwrap();
    let query = Customer::query().filter(Customer::HOME_CITY.eq("Bern"));
    let rows = query.across(&mut fleet).unwrap();
    assert_eq!(rows.rows().len(), 3);
    let mut shared = db.shared().unwrap();
    let listed = Listed::query().filter(Listed::CHANGED_BY.eq("import"));
    let listed = listed
        .order_by(Listed::CODE.asc())
        .all(&mut shared)
        .unwrap();
    assert_eq!((listed.len(), listed[0].audit.version), (2, 1));
    assert_eq!(listed[1].code, "DE");
}

#[tokio::test]
async fn tasks_read_and_write_the_struct_the_same() {
    let (database, rest) = blocking(|| {
        let (database, db, scopes) = shop();
        (database, (db, scopes))
    });
    blocking(|| drop(rest));
    let db = tasks::Database::connect(database.url()).await.unwrap();
    let mut acme = db.tenant(&TenantKey::new("acme").unwrap()).await.unwrap();
    let mut ann = Customer::insert(new("Ann"))
        .returning(&mut acme)
        .await
        .unwrap();
    ann.home.city = "Chur".to_owned();
    ann.save(&mut acme).await.unwrap();
    let found = Customer::query().filter(Customer::HOME_FOLDED.eq("chur"));
    assert_eq!(*found.one(&mut acme).await.unwrap(), *ann);
    let rows = Customer::copy_in([new("Bob")]).execute(&mut acme).await;
    assert_eq!(rows.unwrap(), 1);
}
