//! References of tenants' rows to shared ones that are no constraint of the database.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod defaults;
mod deletes;
mod locks;
mod many;
mod meanwhile;
mod order;
mod writes;

use postgres::Client;
use tenantry::prelude::*;
use tenantry::testing::TestDb;
use tenantry_tests::chain_of;
use tenantry_tests::fleet::{app, key};

/// A family of plans.
#[shared_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Family {
    #[field(key, given)]
    pub name: String,
}

/// A plan that customers can subscribe to.
#[shared_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    #[field(key)]
    pub id: i64,
    #[field(unique)]
    pub code: String,
    #[field(on_delete = "cascade")]
    pub family: Option<Fk<Family>>,
    #[field(version)]
    pub version: i64,
    /// Its column is called as one of those that an insert of many rows makes of its values.
    #[field(column = "c1", default = 7)]
    pub rank: i64,
}

/// A country, by its code.
#[shared_model(table = "table")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Country {
    #[field(key, given, max_length = 2, column = "select")]
    pub code: String,
}

/// Somebody who pays.
#[tenant_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Customer {
    #[field(key)]
    pub id: i64,
    #[field(unique)]
    pub name: String,
    #[field(constraint = false, inverse = "customers")]
    pub plan: Fk<Plan>,
    #[field(constraint = false, on_delete = "set_null")]
    pub next_plan: Option<Fk<Plan>>,
    #[field(constraint = false, on_delete = "set_default", default = "de")]
    pub country: Fk<Country>,
}

/// A feature that a tenant has beside its plan.
#[tenant_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Feature {
    #[field(key)]
    pub id: i64,
    #[field(constraint = false, on_delete = "cascade")]
    pub plan: Fk<Plan>,
}

/// Somebody who may use a feature.
#[tenant_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seat {
    #[field(key)]
    pub id: i64,
    #[field(on_delete = "cascade")]
    pub feature: Fk<Feature>,
}

pub(crate) const MODELS: [&tenantry::model::ModelDef; 6] = [
    Family::DEF,
    Plan::DEF,
    Country::DEF,
    Customer::DEF,
    Feature::DEF,
    Seat::DEF,
];

/// An application with the tenants `acme` and `select`, the plans 1 to 3, and two countries.
pub(crate) struct Given {
    // Closed before the database is dropped.
    pub(crate) db: Database,
    pub(crate) database: TestDb,
}

impl Given {
    pub(crate) fn new() -> Self {
        let database = TestDb::from_template("references", |url| {
            let db = app(url);
            db.migrator(chain_of(&MODELS)).run().unwrap();
            let mut shared = db.shared().unwrap();
            let plans = (1..=3).map(|id| NewPlan::new(format!("plan {id}")).id(id));
            Plan::insert_many(plans).execute(&mut shared).unwrap();
            let countries = ["de", "fr"].map(NewCountry::new);
            Country::insert_many(countries)
                .execute(&mut shared)
                .unwrap();
            for name in ["acme", "select"] {
                db.tenants().create(&key(name)).unwrap();
            }
        });
        let db = app(database.url());
        Self { db, database }
    }

    pub(crate) fn tenant(&self, name: &str) -> TenantScope {
        self.db.tenant_now(key(name)).unwrap()
    }

    pub(crate) fn plan(&self, id: i64) -> Stored<Plan> {
        let plan = Plan::query().filter(Plan::ID.eq(id));
        plan.one(&mut self.shared()).unwrap()
    }

    pub(crate) fn plans(&self) -> Vec<i64> {
        let plans = Plan::query().order_by(Plan::ID.asc());
        let plans = plans.all(&mut self.shared()).unwrap();
        plans.iter().map(|plan| plan.id).collect()
    }

    pub(crate) fn shared(&self) -> SharedScope {
        self.db.shared().unwrap()
    }
}

/// The schema of a tenant.
pub(crate) fn schema_of(client: &mut Client, tenant: &str) -> String {
    let sql = "SELECT schema_name FROM tenantry.tenant WHERE key = $1";
    client.query_one(sql, &[&tenant]).unwrap().get(0)
}
