//! Rows as serde's values, with types of other crates in them.

use serde::{Deserialize, Serialize};
use tenantry::model::Model;
use tenantry::prelude::*;
use tenantry::testing::TestDb;
use tenantry::{Json, chrono, time};
use tenantry_tests::chain_of;

#[tenant_model]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Order {
    #[field(key)]
    id: i64,
    number: Uuid,
    #[field(precision = 12, scale = 2)]
    total: Decimal,
    ordered_at: Timestamp,
    delivered_on: Option<Date>,
    packed_at: chrono::DateTime<chrono::Utc>,
    paid_at: time::OffsetDateTime,
    lines: Json<Vec<String>>,
    #[field(on_delete = "set_null")]
    replaces: Option<Fk<Order>>,
}

#[test]
fn a_row_that_was_sent_and_came_back_is_saved_where_it_was_loaded() {
    let database = TestDb::new();
    let db = Database::connect(database.url()).unwrap();
    db.migrator(chain_of(&[Order::DEF])).run().unwrap();
    let [mut acme, mut beta] = ["acme", "beta"].map(|key| {
        let key = TenantKey::new(key).unwrap();
        db.tenants().create(&key).unwrap();
        db.tenant(&key).unwrap()
    });
    let new = || {
        NewOrder::new(
            Uuid::from_u128(7),
            "1234567890.10".parse::<Decimal>().unwrap(),
            "2026-11-28T10:00:00.123456Z".parse::<Timestamp>().unwrap(),
            chrono::DateTime::UNIX_EPOCH,
            time::OffsetDateTime::UNIX_EPOCH,
            Json(vec!["ü".to_owned()]),
        )
    };
    let first = Order::insert(new()).returning(&mut acme).unwrap();
    let second = Order::insert(new().replaces(&first)).returning(&mut acme);
    let mut stored = second.unwrap();

    let sent = serde_json::to_string(&stored).unwrap();
    let plain = serde_json::to_string(&*stored).unwrap();
    assert_eq!(sent, plain, "a stored row is told as what it holds");
    let fields: serde_json::Value = serde_json::from_str(&sent).unwrap();
    assert_eq!(fields["total"], "1234567890.10");
    assert_eq!(fields["number"], "00000000-0000-0000-0000-000000000007");
    assert_eq!(fields["ordered_at"], "2026-11-28T10:00:00.123456Z");
    assert_eq!(fields["lines"], serde_json::json!(["ü"]));
    assert_eq!(fields["replaces"], 1);

    let back: Order = serde_json::from_str(&sent).unwrap();
    assert_eq!(back, *stored);
    *stored = back;
    stored.delivered_on = Some("2026-11-29".parse().unwrap());
    stored.save(&mut acme).unwrap();
    let read = Order::find(2).one(&mut acme).unwrap();
    assert_eq!(read, stored);
    let foreign = stored.save(&mut beta).unwrap_err();
    assert!(foreign.is_foreign_row(), "{foreign}");
}
