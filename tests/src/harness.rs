//! A database with the shop's tables, plans and tenants, for a test of its own.

use tenantry::migrate::Chain;
use tenantry::model::{ModelDef, PlacementKind, Schema};
use tenantry::prelude::*;
use tenantry::structure::{State, diff, render};
use tenantry::testing::TestDb;

use crate::fleet::chain;
use crate::hear::be_interested;
use crate::shop::{NewPlan, Plan, SHOP};

/// The chain of one migration that makes the tables of these models.
///
/// # Panics
///
/// When the models don't fit together.
pub fn chain_of(models: &[&ModelDef]) -> Chain {
    let ops = diff(&State::default(), &State::from_models(models));
    let sql = |placement| {
        let ours = ops.iter().filter(|op| op.placement() == placement);
        ours.flat_map(render)
            .map(|statement| statement + ";\n")
            .collect::<String>()
    };
    let (shared, tenant) = (sql(PlacementKind::Shared), sql(PlacementKind::Tenant));
    let files = [
        ("shared.up.sql", shared.as_str()),
        ("tenant.up.sql", tenant.as_str()),
    ];
    let files: Vec<_> = files
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .collect();
    chain(&[("0001_initial", &files)])
}

/// The chain of one migration that makes the tables of a schema's models.
///
/// # Panics
///
/// When the models don't fit together.
pub fn chain_of_schema(schema: &Schema) -> Chain {
    chain_of(&schema.models().expect("the models fit together"))
}

/// The shop on a database of its own: migrated, with the plans `free` and `pro`, and without tenants.
#[derive(Debug)]
pub struct Shop {
    db: Database,
    database: TestDb,
}

impl Shop {
    /// Opens a new shop.
    ///
    /// # Panics
    ///
    /// When there is no server, or it refuses.
    #[expect(
        clippy::new_without_default,
        reason = "it takes a server, and is no plain value"
    )]
    pub fn new() -> Self {
        be_interested();
        let database = TestDb::from_template("shop", prepare);
        let db = Database::connect(database.url()).expect("the server is there");
        Self { db, database }
    }

    /// The shop's database, as applications use it.
    pub fn db(&self) -> &Database {
        &self.db
    }

    /// The shop's database, as tests look into it.
    pub fn database(&self) -> &TestDb {
        &self.database
    }

    /// Opens a tenant's scope; the first time it creates the tenant.
    ///
    /// # Panics
    ///
    /// When the key is not valid, or the server refuses.
    pub fn tenant(&self, key: &str) -> TenantScope {
        let key = TenantKey::new(key).expect("a valid key");
        match self.db.tenants().create(&key) {
            Err(error) if !error.is_tenant_exists() => panic!("{error}"),
            _ => self.db.tenant(&key).expect("the tenant was created"),
        }
    }
}

fn prepare(url: &str) {
    let db = Database::connect(url).expect("the server is there");
    db.migrator(chain_of_schema(&SHOP))
        .run()
        .expect("the shop's tables are valid");
    let mut shared = db.shared().expect("the server is there");
    for (code, monthly) in [("free", 0), ("pro", 49)] {
        let plan = NewPlan::new(code, Decimal::from(monthly));
        Plan::insert(plan)
            .execute(&mut shared)
            .expect("a valid plan");
    }
}
