//! The answer to a commit is lost: that is told as it is, and to ask again does the right thing.

use postgres::NoTls;
use tenantry::exec::blocking;
use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry::tenant::{NewTenant, TenantFilter};
use tenantry::testing::TestDb;
use tenantry::{Error, ErrorKind, sql};
use tenantry_tests::Shop;
use tenantry_tests::fleet::{check_whole, key, schemas, shop, shop_db};
use tenantry_tests::lossy::Lossy;
use tenantry_tests::shop::{NewPlan, Plan};

/// Does something over a network that loses the answer to the request with this text, and returns what is told then.
#[track_caller]
fn lost<T: std::fmt::Debug>(
    database: &TestDb,
    marker: &str,
    work: impl FnOnce(&Database) -> Result<T, Error>,
) -> Error {
    let lossy = Lossy::on_the_way_to(database, marker);
    let db = Database::connect_with(&lossy.config(), NoTls, Options::default()).unwrap();
    let error = work(&db).unwrap_err();
    assert!(lossy.has_lost(), "nothing had `{marker}`: {error}");
    assert_eq!(error.kind(), ErrorKind::CommitUnknown, "{error}");
    error
}

#[test]
fn a_sign_up_whose_answer_is_lost_is_unknown_and_can_be_asked_again() {
    let database = shop_db();
    let db = Database::connect(database.url()).unwrap();
    let tenants = db.tenants();
    for (name, standbys) in [("made", 0), ("claimed", 1)] {
        tenants.refill_standbys(standbys).unwrap();
        let new = || NewTenant::new(&key(name)).token("sign-up 1");
        let error = lost(&database, "'active'", |db| db.tenants().create(new()));
        assert!(error.to_string().contains("NewTenant::token"), "{error}");
        assert_eq!(error.tenant(), Some(&key(name)));
        let tenant = tenants.create(new()).unwrap();
        assert_eq!(tenants.get(&key(name)).unwrap(), tenant);
        assert_eq!(tenants.create_or_get(&key(name)).unwrap(), tenant);
        let other = NewTenant::new(&key(name)).token("sign-up 2");
        assert!(tenants.create(other).unwrap_err().is_tenant_exists());
    }
    let closure = NewTenant::new(&key("rows"));
    let error = lost(&database, "COMMIT", |db| {
        db.tenants().create_with(closure.clone(), |_| Ok(()))
    });
    assert!(error.to_string().contains("help: "), "{error}");
    let tenant = tenants.create_or_get(closure).unwrap();
    assert_eq!(tenants.get(&key("rows")).unwrap(), tenant);
    assert_eq!(tenants.list(&TenantFilter::all()).unwrap().len(), 3);
    check_whole(&mut database.connect(), &shop());
}

#[test]
fn a_change_of_a_tenant_whose_answer_is_lost_is_unknown_and_can_be_asked_again() {
    let database = shop_db();
    let db = Database::connect(database.url()).unwrap();
    let (acme, new) = (key("acme"), key("new"));
    db.tenants().create(&acme).unwrap();
    lost(&database, "COMMIT", |db| db.tenants().suspend(&acme));
    db.tenants().suspend(&acme).unwrap();
    assert!(db.tenant(&acme).unwrap_err().is_tenant_state());
    lost(&database, "COMMIT", |db| db.tenants().resume(&acme));
    db.tenants().resume(&acme).unwrap();
    assert!(db.tenant(&acme).is_ok());
    lost(&database, "COMMIT", |db| db.tenants().rename(&acme, &new));
    // It took effect, as the registry says.
    assert!(db.tenants().get(&acme).unwrap_err().is_unknown_tenant());
    assert!(db.tenant(&new).is_ok());
    let before = schemas(&mut database.connect());
    assert!(before.contains(&"acme".to_owned()), "{before:?}");
    lost(&database, "COMMIT", |db| db.tenants().drop(&new));
    db.tenants().drop(&new).unwrap();
    assert_eq!(schemas(&mut database.connect()), ["shared", "tenantry"]);
    check_whole(&mut database.connect(), &shop());
}

#[test]
fn a_write_outside_of_a_transaction_whose_answer_is_lost_is_unknown() {
    let shop = Shop::new();
    let plan = NewPlan::new("lost", Decimal::ONE);
    let marker = "INSERT INTO \"shared\".\"plans\"";
    lost(shop.database(), marker, |db| {
        Plan::insert(plan).execute(&mut db.shared()?)
    });
    let found = Plan::query().filter(Plan::CODE.eq("lost"));
    let count = found.count(&mut shop.db().shared().unwrap()).unwrap();
    assert_eq!(count, 1, "the server has done it");
}

/// A write of which the driver learns first what its rows are.
macro_rules! described {
    () => {
        sql!(
            "INSERT INTO {Plan} (code, monthly) VALUES ('described', 1) /* described */ RETURNING {Plan.code}"
        )
    };
}

/// Checks the error of that, and that nothing was written.
#[track_caller]
fn has_no_effect(shop: &Shop, lossy: &Lossy, error: &Error) {
    assert!(lossy.has_lost(), "{error}");
    assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
    assert!(error.is_retryable());
    let found = Plan::query().filter(Plan::CODE.eq("described"));
    let count = found.count(&mut shop.db().shared().unwrap()).unwrap();
    assert_eq!(count, 0, "nothing was sent but what describes it");
}

#[test]
fn a_write_that_was_only_described_is_not_said_to_be_unknown() {
    let shop = Shop::new();
    let lossy = Lossy::on_the_way_to(shop.database(), "/* described */");
    let db = Database::connect_with(&lossy.config(), NoTls, Options::default()).unwrap();
    let add = || db.shared().unwrap().sql(described!()).row::<String>();
    has_no_effect(&shop, &lossy, &add().unwrap_err());
    assert_eq!(add().unwrap(), "described");
}

#[tokio::test]
async fn nor_is_it_to_a_task() {
    let shop = blocking(Shop::new);
    let lossy = Lossy::on_the_way_to(shop.database(), "/* described */");
    let (config, options) = (lossy.config(), Options::default());
    let db = tenantry::tokio::Database::connect_with(&config, NoTls, options).await;
    let mut shared = db.unwrap().shared();
    let error = shared.sql(described!()).row::<String>().await.unwrap_err();
    blocking(|| has_no_effect(&shop, &lossy, &error));
    let code = shared.sql(described!()).row::<String>().await;
    assert_eq!(code.unwrap(), "described");
    blocking(|| drop(shop));
}
