//! Accounts that sell, and what they have sold.

use std::time::Duration;

use tenantry::across::{Fleet, RolledUp, Rollup, SeesAllTenants};
use tenantry::prelude::*;
use tenantry::query::count;
use tenantry::testing::TestDb;
use tenantry_tests::chain_of_schema;
use tenantry_tests::fleet::{key, migrate};

/// A customer, whose data is in a schema of its own.
#[shared_model(tenant)]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Account {
    #[field(key, given)]
    pub(crate) key: TenantKey,
}

/// Something that an account has sold.
#[tenant_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sale {
    #[field(key)]
    pub(crate) id: i64,
    pub(crate) country: String,
    pub(crate) cents: i64,
    #[field(auto_now)]
    pub(crate) updated_at: Timestamp,
}

/// The sales of an account in a country.
#[shared_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Turnover {
    #[field(key)]
    pub(crate) tenant: TenantKey,
    #[field(key)]
    pub(crate) country: String,
    pub(crate) sales: i64,
    pub(crate) greatest: Option<i64>,
    #[field(auto_now)]
    pub(crate) as_of: Timestamp,
}

/// How much an account has sold. Nothing but the roll-up keeps it from being there twice.
#[shared_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Size {
    #[field(key)]
    pub(crate) id: i64,
    #[field(on_delete = "cascade")]
    pub(crate) account: Fk<Account>,
    pub(crate) sales: i64,
    pub(crate) made_at: Timestamp,
}

tenantry::schema! {
    pub(crate) static SCHEMA = [Account, Sale, Turnover, Size];
}

/// Somebody of the provider's.
pub(crate) struct Staff;

impl SeesAllTenants for Staff {}

/// The sales of the countries.
pub(crate) fn turnover() -> Rollup<Turnover, Sale> {
    let countries = Sale::query()
        .group_by(Sale::COUNTRY)
        .select((count(), Sale::CENTS.max()));
    let row = |tenant: &TenantKey, (country, (sales, greatest)): (String, (i64, Option<i64>))| {
        NewTurnover::new(tenant, country, sales).greatest(greatest)
    };
    Rollup::new(Turnover::TENANT, countries, row)
        .changed_by(Sale::UPDATED_AT, Turnover::AS_OF)
        .overlap(Duration::ZERO)
}

/// The number of the sales.
pub(crate) fn sizes() -> Rollup<Size, Sale> {
    Rollup::new(
        Size::ACCOUNT,
        Sale::query().select(count()),
        |tenant, sales| NewSize::new(tenant, sales, Timestamp::UNIX_EPOCH),
    )
}

/// Tenants and the countries that they have sold something in.
pub(crate) const SALES: [(&str, &[&str]); 4] = [
    ("acme", &["FR", "FR", "DE"]),
    ("globex", &["it's \"odd\" \\"]),
    ("initech", &[]),
    ("o.brien-sons", &["FR", "IT"]),
];

/// The application's database.
pub(crate) struct App {
    // Closed before the database is dropped.
    pub(crate) db: Database,
    pub(crate) database: TestDb,
}

impl App {
    /// A database with tenants that have sold something.
    pub(crate) fn new() -> Self {
        let database = TestDb::from_template("rollups", |url| {
            let mut client = postgres::Client::connect(url, postgres::NoTls).unwrap();
            migrate(&mut client, chain_of_schema(&SCHEMA));
        });
        let db = Database::connect(database.url()).unwrap();
        for (name, countries) in SALES {
            db.tenants().create(NewAccount::new(key(name))).unwrap();
            let mut tenant = db.tenant(&key(name)).unwrap();
            for (country, cents) in countries.iter().zip(1..) {
                sell(&mut tenant, country, cents);
            }
        }
        Self { db, database }
    }

    pub(crate) fn fleet(&self) -> Fleet {
        self.db.across(&Staff).unwrap()
    }

    pub(crate) fn tenant(&self, name: &str) -> TenantScope {
        self.db.tenant_now(&key(name)).unwrap()
    }

    /// The turnover, as texts.
    pub(crate) fn turnover(&self) -> Vec<String> {
        let rows = Turnover::query()
            .order_by(Turnover::TENANT.asc())
            .order_by(Turnover::COUNTRY.asc())
            .all(&mut self.db.shared().unwrap())
            .unwrap();
        let text = |row: &Stored<Turnover>| {
            let greatest = row.greatest.unwrap_or_default();
            format!("{} {} {} {greatest}", row.tenant, row.country, row.sales)
        };
        rows.iter().map(text).collect()
    }

    /// The sizes, as texts.
    pub(crate) fn sizes(&self) -> Vec<String> {
        let rows = Size::query()
            .order_by(Size::ACCOUNT.asc())
            .all(&mut self.db.shared().unwrap())
            .unwrap();
        let text = |row: &Stored<Size>| format!("{} {}", row.account.key(), row.sales);
        rows.iter().map(text).collect()
    }

    /// Runs SQL in the shared schema.
    pub(crate) fn sql(&self, sql: &str) {
        self.database.connect().batch_execute(sql).unwrap();
    }
}

pub(crate) fn sell(tenant: &mut TenantScope, country: &str, cents: i64) {
    Sale::insert(NewSale::new(country, cents))
        .execute(tenant)
        .unwrap();
}

/// The numbers of tenants that were done, and that were not because nothing has changed.
pub(crate) fn numbers(done: &RolledUp) -> (usize, usize) {
    (done.tenants(), done.unchanged())
}
