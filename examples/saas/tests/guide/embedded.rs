//! Code of the page about embedded structs.

#![allow(
    unreachable_pub,
    reason = "the page shows the models as an application has them"
)]

use tenantry::prelude::*;
use tenantry::query::count;
use tenantry::testing::TestDb;
use tenantry_tests::chain_of;

use crate::testing::key;

/// Fields of everything that somebody has made.
#[derive(Embedded, Debug, Clone)]
pub struct Made {
    #[field(auto_now_add)]
    pub made_at: Timestamp,
    #[field(max_length = 80)]
    pub made_by: String,
}

/// A project.
#[tenant_model]
pub struct Venture {
    #[field(key)]
    pub id: i64,
    #[field(max_length = 80)]
    pub title: String,
    #[field(embed, prefix = "")]
    pub made: Made,
}

/// A point on a map.
#[derive(Embedded, Debug, Clone, Copy, PartialEq)]
pub struct Point {
    #[field(check = "latitude BETWEEN -90 AND 90")]
    pub latitude: f64,
    pub longitude: f64,
}

/// An address for post.
#[derive(Embedded, Debug, Clone, PartialEq)]
pub struct Address {
    #[field(max_length = 80)]
    pub street: String,
    #[field(max_length = 80, index)]
    pub city: String,
    #[field(max_length = 2, default = "CH")]
    pub country: String,
    #[field(embed)]
    pub point: Option<Point>,
}

/// A client of a workspace.
#[tenant_model]
#[derive(Debug)]
pub struct Client {
    #[field(key)]
    pub id: i64,
    #[field(max_length = 80)]
    pub name: String,
    #[field(embed)]
    pub home: Address,
    #[field(embed)]
    pub billing: Option<Address>,
    #[field(embed, prefix = "")]
    pub made: Made,
}

/// A new client, whose invoices go to another address.
fn sign_up(acme: &mut TenantScope) -> tenantry::Result<Stored<Client>> {
    let home = NewAddress::new("Kramgasse 49", "Bern").point(NewPoint::new(46.9, 7.4));
    let client = NewClient::new("Ann", home, NewMade::new("import"))
        .billing(NewAddress::new("Postfach 1", "Thun").country("DE"));
    Client::insert(client).returning(acme)
}

/// Sends the invoices home again.
fn bill_home(acme: &mut TenantScope, client: &mut Stored<Client>) -> tenantry::Result<()> {
    client.billing = None;
    client.save(acme)
}

/// Head of a letter.
#[derive(Row, Debug)]
pub struct Letter {
    pub name: String,
    pub home: Address,
    pub billing: Option<Address>,
}

/// Letters to the clients of a city.
fn letters(acme: &mut TenantScope, city: &str) -> tenantry::Result<Vec<Letter>> {
    let in_city = Client::HOME_CITY.eq(city) & Client::BILLING.is_null();
    Client::query()
        .filter(in_city | Client::BILLING_CITY.eq(city))
        .order_by(Client::NAME.asc())
        .select(SelectLetter {
            name: Client::NAME,
            home: Client::HOME,
            billing: Client::BILLING,
        })
        .all(acme)
}

/// Has all who were at an address be at another.
fn moved(acme: &mut TenantScope, from: Address, to: Address) -> tenantry::Result<u64> {
    Client::update_where(Client::HOME.eq(from))
        .set(Client::HOME, to)
        .execute(acme)
}

#[test]
fn an_address_is_there_or_not() {
    let database = TestDb::new();
    let db = Database::connect(database.url()).unwrap();
    let chain = chain_of(&[Client::DEF, Venture::DEF]);
    db.migrator(chain).run().unwrap();
    db.tenants().create(&key("acme")).unwrap();
    let mut acme = db.tenant(&key("acme")).unwrap();
    let venture = NewVenture::new("Bridge", NewMade::new("ann"));
    let venture = Venture::insert(venture).returning(&mut acme).unwrap();
    assert_eq!(venture.made.made_by, "ann");
    let mut ann = sign_up(&mut acme).unwrap();
    assert_eq!((&*ann.home.country, ann.billing.is_some()), ("CH", true));
    assert_eq!(letters(&mut acme, "Thun").unwrap().len(), 1);
    assert_eq!(letters(&mut acme, "Bern").unwrap().len(), 0);
    bill_home(&mut acme, &mut ann).unwrap();
    let letter = letters(&mut acme, "Bern").unwrap().remove(0);
    assert_eq!((&*letter.name, &*letter.home.city), ("Ann", "Bern"));
    assert_eq!(letter.billing, None);
    let to = Address {
        city: "Chur".to_owned(),
        point: None,
        ..ann.home.clone()
    };
    assert_eq!(moved(&mut acme, ann.home.clone(), to.clone()).unwrap(), 1);
    let cities = Client::query().group_by(Client::HOME).select(count());
    assert_eq!(cities.all(&mut acme).unwrap(), [(to, 1)]);
}
