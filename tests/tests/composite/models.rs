//! Users who are members of tenants' teams, and readings that devices take in slots of a day.

use tenantry::model::ModelDef;
use tenantry::prelude::*;
use tenantry::testing::TestDb;
use tenantry_tests::chain_of;

#[derive(Column, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Member,
    Owner,
}

#[shared_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct User {
    #[field(key)]
    pub(crate) id: i64,
    pub(crate) email: String,
}

#[tenant_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Team {
    #[field(key)]
    pub(crate) id: i64,
    pub(crate) name: String,
}

/// Its name and a column of the key need quoting.
#[tenant_model(table = "group")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Membership {
    #[field(key, column = "user", inverse = "memberships")]
    pub(crate) user: Fk<User>,
    pub(crate) role: Role,
    #[field(key, on_delete = "cascade", inverse = "memberships")]
    pub(crate) team: Fk<Team>,
    pub(crate) note: Option<String>,
}

/// A key of three columns, one of them with a default, and rows that are counted.
#[tenant_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reading {
    #[field(key, max_length = 20)]
    pub(crate) device: String,
    #[field(key)]
    pub(crate) day: Date,
    #[field(key, default = 0)]
    pub(crate) slot: i16,
    pub(crate) value: i64,
    #[field(version)]
    pub(crate) version: i32,
}

/// All columns are references to shared rows.
#[tenant_model]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Follow {
    #[field(key)]
    pub(crate) who: Fk<User>,
    #[field(key, constraint = false)]
    pub(crate) whom: Fk<User>,
    #[field(auto_now)]
    pub(crate) at: Timestamp,
}

pub(crate) const MODELS: [&ModelDef; 5] = [
    User::DEF,
    Team::DEF,
    Membership::DEF,
    Reading::DEF,
    Follow::DEF,
];

/// A database with two tenants.
pub(crate) struct World {
    pub(crate) db: Database,
    pub(crate) database: TestDb,
}

impl World {
    pub(crate) fn new() -> Self {
        let database = TestDb::new();
        let db = Database::connect(database.url()).unwrap();
        db.migrator(chain_of(&MODELS)).run().unwrap();
        for tenant in ["acme", "globex"] {
            db.tenants().create(&key(tenant)).unwrap();
        }
        Self { db, database }
    }

    pub(crate) fn tenant(&self, tenant: &str) -> TenantScope {
        self.db.tenant(&key(tenant)).unwrap()
    }

    pub(crate) fn user(&self, email: &str) -> Stored<User> {
        let mut shared = self.db.shared().unwrap();
        User::insert(NewUser::new(email))
            .returning(&mut shared)
            .unwrap()
    }
}

pub(crate) fn key(tenant: &str) -> TenantKey {
    TenantKey::new(tenant).unwrap()
}

pub(crate) fn team(scope: &mut TenantScope, name: &str) -> Stored<Team> {
    Team::insert(NewTeam::new(name)).returning(scope).unwrap()
}

/// The reading of a device in a slot of a day of May.
pub(crate) fn reading(device: &str, day: i8, slot: i16, value: i64) -> NewReading {
    NewReading::new(device, may(day), value).slot(slot)
}

pub(crate) fn may(day: i8) -> Date {
    jiff::civil::date(2026, 5, day)
}
