//! Rows in so many tenants that no transaction can change them all.

use std::thread;

use postgres::Client;
use tenantry::prelude::*;
use tenantry::testing::TestDb;
use tenantry::{Error, ErrorKind};
use tenantry_tests::chain_of;
use tenantry_tests::fleet::{app, key};
use tenantry_tests::wait::until_by;

use crate::meanwhile::waiting;
use crate::{Feature, MODELS, NewFeature, NewPlan, Plan};

/// A price of a plan, by a reference with a constraint.
#[shared_model]
struct Price {
    #[field(key)]
    id: i64,
    plan: Fk<Plan>,
}

/// 70 tenants, each with a feature of the plan 2.
struct Many {
    // Closed before the database is dropped.
    db: Database,
    database: TestDb,
    keys: Vec<String>,
}

impl Many {
    fn new() -> Self {
        let keys: Vec<String> = (0..70).map(|i| format!("t{i:02}")).collect();
        let database = TestDb::from_template("references of many", |url| {
            let db = app(url);
            let models = [&MODELS[..], &[Price::DEF]].concat();
            db.migrator(chain_of(&models)).run().unwrap();
            let mut shared = db.shared().unwrap();
            let plans = (1..=3).map(|id| NewPlan::new(format!("plan {id}")).id(id));
            Plan::insert_many(plans).execute(&mut shared).unwrap();
            for name in &keys {
                let create = db.tenants().create_with(&key(name), |tenant| {
                    Feature::insert(NewFeature::new(2)).execute(tenant)
                });
                create.unwrap();
            }
        });
        let db = app(database.url());
        Self { db, database, keys }
    }

    fn shared(&self) -> SharedScope {
        self.db.shared().unwrap()
    }

    fn plan(&self) -> Stored<Plan> {
        let plan = Plan::query().filter(Plan::ID.eq(2));
        plan.one(&mut self.shared()).unwrap()
    }

    /// In how many tenants the feature is there.
    fn features(&self) -> usize {
        let has = |name: &&String| {
            let mut tenant = self.db.tenant_now(key(name)).unwrap();
            Feature::query().count(&mut tenant).unwrap() == 1
        };
        self.keys.iter().filter(has).count()
    }

    fn schema(client: &mut Client, name: &str) -> String {
        let sql = "SELECT schema_name FROM tenantry.tenant WHERE key = $1";
        client.query_one(sql, &[&name]).unwrap().get(0)
    }

    /// Has something happen to the plan between the first tenants that a delete changes and the next, and gives its error.
    fn interrupted(&self, sql: &str, delete: impl FnOnce() -> Error + Send) -> Error {
        let mut watcher = self.database.connect();
        let schema = Self::schema(&mut watcher, "t00");
        let (mut holder, mut changer) = (self.database.connect(), self.database.connect());
        let mut held = holder.transaction().unwrap();
        let lock = format!("SELECT FROM \"{schema}\".features FOR UPDATE");
        held.batch_execute(&lock).unwrap();
        thread::scope(|threads| {
            let deletion = threads.spawn(delete);
            until_by(&deletion, "the delete waits for a feature", || {
                waiting(&mut watcher) == 1
            });
            let change = threads.spawn(move || changer.batch_execute(sql).unwrap());
            until_by(&change, "the change waits for the delete", || {
                waiting(&mut watcher) == 2
            });
            held.rollback().unwrap();
            change.join().unwrap();
            deletion.join().unwrap()
        })
    }

    /// Has that happen, and gives its error and in how many tenants the feature is left. The server gives the plan to whoever asks first
    /// once it is free, which may be the delete again: then it goes on to its end before the change, and all is tried again.
    fn changed_between(
        sql: &str,
        delete: impl Fn(&Self, Stored<Plan>) -> Error + Sync,
    ) -> (Self, Error, usize) {
        for _ in 0..20 {
            let given = Self::new();
            let read = given.plan();
            let error = given.interrupted(sql, || delete(&given, read));
            assert!(error.is_stale(), "{error}");
            let left = given.features();
            assert!(left < 70, "{left}");
            if left > 0 {
                return (given, error, left);
            }
        }
        panic!("the change never came before the end of the delete");
    }
}

#[test]
fn they_are_changed_in_transactions_of_their_own() {
    let given = Many::new();
    let inside = given
        .shared()
        .transaction(|shared| given.plan().delete(shared));
    let error = inside.unwrap_err();
    assert!(
        error.to_string().contains("outside of a transaction"),
        "{error}"
    );
    assert_eq!(given.features(), 70);
    given.plan().delete(&mut given.shared()).unwrap();
    assert_eq!(given.features(), 0);
    assert_eq!(Plan::query().count(&mut given.shared()).unwrap(), 2);
}

#[test]
fn what_else_keeps_the_row_is_found_before_any_of_them_is_changed() {
    let given = Many::new();
    let mut shared = given.shared();
    Price::insert(NewPrice::new(2))
        .execute(&mut shared)
        .unwrap();
    let error = given.plan().delete(&mut shared).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignKey, "{error}");
    assert!(!error.to_string().contains("already"), "{error}");
    assert_eq!(given.features(), 70);
    Price::delete_where(Price::everything())
        .execute(&mut shared)
        .unwrap();
    given.plan().delete(&mut shared).unwrap();
    assert_eq!(given.features(), 0);
}

#[test]
fn a_row_that_is_not_meant_any_more_keeps_the_rest() {
    let sql = "UPDATE shared.plans SET c1 = 8 WHERE id = 2";
    let (given, error, left) = Many::changed_between(sql, |given, _| {
        let meant = Plan::delete_where(Plan::RANK.eq(7) & Plan::ID.eq(2));
        meant.execute(&mut given.shared()).unwrap_err()
    });
    let told = format!("{} tables of tenants", 70 - left);
    assert!(error.to_string().contains(&told), "{error}");
    let plans = Plan::query().count(&mut given.shared()).unwrap();
    assert_eq!(plans, 3);
}

#[test]
fn a_row_that_has_another_version_by_then_keeps_the_rest() {
    let sql = "UPDATE shared.plans SET version = version + 1 WHERE id = 2";
    let (given, _, _) = Many::changed_between(sql, |given, read| {
        read.delete(&mut given.shared()).unwrap_err()
    });
    given.plan().delete(&mut given.shared()).unwrap();
    assert_eq!(given.features(), 0);
}

#[test]
fn a_failure_says_how_many_have_been_changed() {
    let given = Many::new();
    let mut client = given.database.connect();
    let schema = Many::schema(&mut client, "t69");
    let mut held = client.transaction().unwrap();
    let lock = format!("SELECT FROM \"{schema}\".features FOR UPDATE");
    held.batch_execute(&lock).unwrap();
    let error = given.plan().delete(&mut given.shared()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LockTimeout, "{error}");
    assert_eq!(error.tenant().map(TenantKey::as_str), Some("t69"));
    let told = format!("{} tables of tenants", 70 - given.features());
    assert!(error.to_string().contains(&told), "{error}");
    held.rollback().unwrap();
    given.plan().delete(&mut given.shared()).unwrap();
    assert_eq!(given.features(), 0);
}
