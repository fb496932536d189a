//! A store with items, for queries that compute.

use tenantry::Database;
use tenantry::model::Placement;
use tenantry::prelude::*;
use tenantry::query::Condition;
use tenantry::query::expr::{Plain, Within};
use tenantry::testing::TestDb;
use tenantry_tests::chain_of;

#[shared_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Kind {
    #[field(key)]
    pub id: i64,
    pub name: String,
    pub tags: Vec<String>,
}

#[tenant_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    #[field(key)]
    pub id: i64,
    pub name: String,
    pub note: Option<String>,
    pub count: i32,
    pub reserved: Option<i32>,
    pub sold: i64,
    pub price: Decimal,
    pub weight: f64,
    #[field(default = true)]
    pub active: bool,
    #[field(default = false)]
    pub special: bool,
    pub kind: Fk<Kind>,
    #[field(inverse = "parts")]
    pub part_of: Option<Fk<Item>>,
    pub since: Date,
    pub seen: Timestamp,
}

/// A store's database, with one tenant and some items.
pub(crate) struct Store {
    _database: TestDb,
    db: Database,
    pub(crate) acme: TenantScope,
}

pub(crate) fn store() -> Store {
    let database = TestDb::new();
    let db = Database::connect(database.url()).unwrap();
    let chain = chain_of(&[Kind::DEF, Item::DEF]);
    db.migrator(chain).run().unwrap();
    let mut shared = db.shared().unwrap();
    for (name, tags) in [("tool", ["hard", "sharp"]), ("toy", ["soft", "hard"])] {
        Kind::insert(NewKind::new(name, tags.map(String::from).to_vec()))
            .execute(&mut shared)
            .unwrap();
    }
    let key = TenantKey::new("acme").unwrap();
    db.tenants().create(&key).unwrap();
    let mut acme = db.tenant(&key).unwrap();
    let item = |name: &str, count: i32, price: &str, kind: i64, day: &str| {
        let seen: Timestamp = format!("{day}T23:30:15Z").parse().unwrap();
        let price: Decimal = price.parse().unwrap();
        let weight = f64::from(count) / 4.0;
        let since: Date = day.parse().unwrap();
        NewItem::new(name, count, 10, price, weight, kind, since, seen)
    };
    let saw = item("Saw", 3, "12.50", 1, "2026-01-31").note("sharp");
    let saw = Item::insert(saw).returning(&mut acme).unwrap();
    for new in [
        item("Blade", 7, "2.25", 1, "2026-02-01")
            .part_of(&saw)
            .reserved(9),
        item("Ball", 0, "1.00", 2, "2026-02-14").active(false),
        item("Bear", 5, "30.00", 2, "2025-12-31")
            .reserved(1)
            .note(" Soft "),
    ] {
        Item::insert(new).execute(&mut acme).unwrap();
    }
    Store {
        _database: database,
        db,
        acme,
    }
}

impl Store {
    pub(crate) fn database(&self) -> &Database {
        &self.db
    }

    pub(crate) fn shared(&self) -> SharedScope {
        self.db.shared().unwrap()
    }

    /// Another tenant's scope.
    pub(crate) fn tenant(&self, key: &str) -> TenantScope {
        let key = TenantKey::new(key).unwrap();
        self.db.tenants().create(&key).unwrap();
        self.db.tenant(&key).unwrap()
    }
}

/// The names of the items that meet a condition.
pub(crate) fn named<P: Placement, K: Within<Plain>>(
    scope: &mut TenantScope,
    condition: impl Condition<Item, Reach = P, Kind = K>,
) -> Vec<String> {
    let items = Item::query().filter(condition).order_by(Item::ID.asc());
    let items = items.all(scope).unwrap();
    let names = items.into_iter().map(|item| item.into_inner().name);
    names.collect()
}
