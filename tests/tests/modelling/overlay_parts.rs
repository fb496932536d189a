//! Products of a catalogue that all tenants share, products of a tenant in their place, and the list of both.

use tenantry::prelude::*;
use tenantry::testing::TestDb;
use tenantry_tests::chain_of;

/// A label of a product.
#[derive(Column, Debug, Clone, Copy, PartialEq)]
pub(crate) enum Label {
    Plain,
    Organic,
}

/// Fields of all products.
#[derive(Embedded, Debug, Clone, PartialEq)]
pub(crate) struct Offer {
    #[field(max_length = 80, column = "order")]
    pub(crate) name: String,
    #[field(index)]
    pub(crate) cents: i64,
    #[field(default = "plain")]
    pub(crate) label: Label,
    pub(crate) note: Option<String>,
    pub(crate) category: Option<Fk<Category>>,
}

/// A category, the same for all tenants.
#[shared_model]
#[derive(Debug)]
pub(crate) struct Category {
    #[field(key, given)]
    pub(crate) code: String,
}

/// A product of the provider's.
#[shared_model(table = "catalog")]
#[derive(Debug)]
pub(crate) struct CatalogProduct {
    #[field(key)]
    pub(crate) id: i64,
    #[field(unique, max_length = 20)]
    pub(crate) sku: String,
    #[field(embed, prefix = "")]
    pub(crate) offer: Offer,
    #[field(default = 0)]
    pub(crate) rank: i32,
    #[field(soft_delete)]
    pub(crate) deleted_at: Option<Timestamp>,
}

/// A product of a tenant's, whose columns have other names.
#[tenant_model(index(sku, filter = "gone_at IS NOT NULL"))]
#[derive(Debug)]
pub(crate) struct Product {
    #[field(key)]
    pub(crate) id: i64,
    #[field(unique, column = "select")]
    pub(crate) sku: String,
    pub(crate) rank: Option<i32>,
    #[field(embed, prefix = "")]
    pub(crate) offer: Offer,
    #[field(default = 0)]
    pub(crate) stock: i32,
    #[field(soft_delete, column = "gone_at")]
    pub(crate) deleted_at: Option<Timestamp>,
}

/// A product as the tenant sees it.
#[tenant_overlay(own = Product, shared = CatalogProduct)]
#[derive(Debug)]
pub(crate) struct Offered {
    #[field(embed, prefix = "")]
    pub(crate) offer: Offer,
    #[field(key)]
    pub(crate) sku: String,
    #[field(own)]
    pub(crate) is_own: bool,
    pub(crate) rank: Option<i32>,
}

/// The same where a deleted product is offered no more.
#[tenant_overlay(own = Product, shared = CatalogProduct, deleted_hides)]
#[derive(Debug)]
pub(crate) struct Remaining {
    #[field(key)]
    pub(crate) sku: String,
    #[field(column = "what")]
    pub(crate) name: String,
    #[field(inverse = "remaining")]
    pub(crate) category: Option<Fk<Category>>,
}

/// A tax of a kind, of which a tenant may pay another rate.
#[shared_model(unique(kind, country))]
pub(crate) struct Tax {
    #[field(key)]
    pub(crate) id: i64,
    pub(crate) country: String,
    pub(crate) kind: Label,
    pub(crate) percent: i16,
}

/// The rate of a tenant.
#[tenant_model]
pub(crate) struct OwnTax {
    #[field(key)]
    pub(crate) country: String,
    #[field(key)]
    pub(crate) kind: Label,
    pub(crate) percent: i16,
}

/// The rate that a tenant pays.
#[tenant_overlay(own = OwnTax, shared = Tax)]
#[derive(Debug)]
pub(crate) struct PaidTax {
    #[field(key)]
    pub(crate) country: String,
    #[field(key)]
    pub(crate) kind: Label,
    pub(crate) percent: i16,
}

/// A database with tenants, `select` among them, and a catalogue of a, b and c.
pub(crate) struct Shop {
    pub(crate) db: Database,
    pub(crate) database: TestDb,
}

impl Shop {
    pub(crate) fn new() -> Self {
        let database = TestDb::new();
        let db = Database::connect(database.url()).unwrap();
        let models = [
            Category::DEF,
            CatalogProduct::DEF,
            Product::DEF,
            Tax::DEF,
            OwnTax::DEF,
        ];
        db.migrator(chain_of(&models)).run().unwrap();
        let mut shared = db.shared().unwrap();
        let fruit = Category::insert(NewCategory::new("fruit"));
        let fruit = fruit.returning(&mut shared).unwrap();
        let rows = [("a", 300, 1), ("b", 200, 2), ("c", 100, 3)].map(|(sku, cents, rank)| {
            let offer = NewOffer::new(format!("Shared {sku}"), cents).category(&fruit);
            NewCatalogProduct::new(sku, offer).rank(rank)
        });
        CatalogProduct::insert_many(rows)
            .execute(&mut shared)
            .unwrap();
        let taxes = [("CH", 8), ("DE", 19)].map(|(country, percent)| {
            [Label::Plain, Label::Organic].map(|kind| NewTax::new(country, kind, percent))
        });
        Tax::insert_many(taxes.into_iter().flatten())
            .execute(&mut shared)
            .unwrap();
        for key in ["acme", "select"] {
            db.tenants().create(&TenantKey::new(key).unwrap()).unwrap();
        }
        Self { db, database }
    }

    pub(crate) fn open(&self, key: &str) -> TenantScope {
        self.db.tenant(&TenantKey::new(key).unwrap()).unwrap()
    }
}

/// Gives a tenant a product.
pub(crate) fn own(scope: &mut TenantScope, sku: &str, cents: i64) -> Stored<Product> {
    let new = NewProduct::new(sku, NewOffer::new(format!("Own {sku}"), cents));
    Product::insert(new).returning(scope).unwrap()
}

/// The keys of a list, with a mark at those of the tenant's own rows.
pub(crate) fn skus(rows: &[Stored<Offered>]) -> Vec<String> {
    let mark = |row: &Stored<Offered>| if row.is_own { "!" } else { "" };
    let skus = rows.iter().map(|row| format!("{}{}", row.sku, mark(row)));
    skus.collect()
}
