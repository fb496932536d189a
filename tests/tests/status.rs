//! Where the fleet is, as `status` tells it.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::time::{Duration, SystemTime};

use postgres::Client;
use tenantry::migrate::{Chain, Sample, Status, TenantStatus};
use tenantry::tenant::TenantState;
use tenantry::testing::Server;
use tenantry_tests::fleet::{
    CUSTOMERS, Fleet, Folder, INVOICES, PLANS, chain, create, enter_versions, key, migrate,
    migrator, shop, shop_db,
};

/// Fails for tenants that have a customer.
const STRICT: Folder<'static> = (
    "0004_strict",
    &[(
        "tenant.up.sql",
        "ALTER TABLE \"{tenant}\".customers ALTER COLUMN plan SET NOT NULL;",
    )],
);

fn stricter() -> Chain {
    chain(&[PLANS, CUSTOMERS, INVOICES, STRICT])
}

fn status(client: &mut Client, chain: Chain) -> Status {
    migrator(chain).on(client).status().unwrap()
}

fn keys(sample: &Sample) -> Vec<&str> {
    sample.first.iter().map(|it| it.key.as_str()).collect()
}

/// The tenants `a`, `b` and `c`, of which `b` fails for the last migration.
fn with_a_failure() -> (Fleet, Client) {
    let db = shop_db();
    let mut client = db.connect();
    for name in ["a", "b", "c"] {
        create(&mut client, name);
    }
    client
        .batch_execute("INSERT INTO b.customers VALUES (1, 'x', NULL)")
        .unwrap();
    assert_eq!(
        migrator(stricter())
            .on(&mut client)
            .attempt()
            .unwrap()
            .failed
            .len(),
        1
    );
    (db, client)
}

#[test]
fn a_status_counts_versions_and_tells_who_is_behind_and_since_when() {
    let (_db, mut client) = with_a_failure();
    let now = status(&mut client, stricter());
    let versions: Vec<_> = now
        .versions
        .iter()
        .map(|at| (at.migration.as_deref(), at.tenants, at.failed))
        .collect();
    assert_eq!(
        versions,
        [(Some("0004_strict"), 2, 0), (Some("0003_invoices"), 1, 1)]
    );
    assert_eq!(now.versions[0].behind_since, None);
    assert_eq!(now.versions[1].pending, ["0004_strict"]);
    let since = now.versions[1].behind_since.unwrap();
    assert!(now.forecast.unwrap() > Duration::ZERO);
    assert!(since < SystemTime::now() && since > SystemTime::now() - Duration::from_mins(1));
    assert_eq!((now.behind.count, keys(&now.behind)), (1, vec!["b"]));
    assert_eq!((now.failed.count, keys(&now.failed)), (1, vec!["b"]));
    let failed = &now.failed.first[0];
    assert!(failed.error.as_ref().unwrap().contains("0004_strict"));
    assert!(failed.failed_at.unwrap() >= since);
    assert!(!now.is_up_to_date());

    let tenants = migrator(stricter()).on(&mut client).tenants().unwrap();
    let shown: Vec<_> = tenants
        .iter()
        .map(|it| (it.key.as_str(), it.position, it.error.is_some()))
        .collect();
    assert_eq!(shown, [("a", 4, false), ("b", 3, true), ("c", 4, false)]);
}

#[test]
fn an_error_is_forgotten_once_the_tenant_is_there_by_whatever_way() {
    let failures = |client: &mut Client, chain: Chain| status(client, chain).failed.count;
    let (db, mut client) = with_a_failure();
    assert_eq!(failures(&mut client, stricter()), 1);
    assert!(db.tenants().get(&key("b")).unwrap().last_error().is_some());
    // By hand, as an operator would who has repaired the table and corrects the metadata tables.
    client
        .batch_execute("UPDATE tenantry.tenant SET version = 4 WHERE key = 'b'")
        .unwrap();
    assert_eq!(failures(&mut client, stricter()), 0);
    assert_eq!(db.tenants().get(&key("b")).unwrap().last_error(), None);

    // By another chain, in which what failed is not there any more.
    let db = shop_db();
    let mut client = db.connect();
    create(&mut client, "b");
    client
        .batch_execute("INSERT INTO b.customers VALUES (1, 'x', NULL)")
        .unwrap();
    migrator(stricter()).on(&mut client).attempt().unwrap();
    assert_eq!(failures(&mut client, stricter()), 1);
    assert_eq!(failures(&mut client, shop()), 0);
}

#[test]
fn a_rollback_that_failed_is_shown_though_nothing_is_behind() {
    let db = shop_db();
    let mut client = db.connect();
    create(&mut client, "a");
    create(&mut client, "b");
    client.batch_execute("DROP TABLE b.invoices").unwrap();
    let migrator = migrator(shop());
    let report = migrator
        .on(&mut client)
        .attempt_rollback(Some("0002_customers"))
        .unwrap();
    assert_eq!(report.failed.len(), 1);
    let now = status(&mut client, shop());
    assert_eq!(keys(&now.failed), ["b"]);
    assert_eq!(keys(&now.behind), ["a"]);
}

#[test]
fn a_schema_that_was_dropped_or_renamed_behind_the_back_is_missing() {
    let db = shop_db();
    let mut client = db.connect();
    for name in ["a", "b", "c"] {
        create(&mut client, name);
    }
    assert_eq!(status(&mut client, shop()).missing.count, 0);
    client
        .batch_execute("DROP SCHEMA a CASCADE; ALTER SCHEMA c RENAME TO d")
        .unwrap();
    let now = status(&mut client, shop());
    assert_eq!((now.missing.count, keys(&now.missing)), (2, vec!["a", "c"]));
    let is_missing = |it: &TenantStatus| it.is_missing;
    let tenants = migrator(shop()).on(&mut client).tenants().unwrap();
    assert_eq!(
        tenants.iter().map(is_missing).collect::<Vec<_>>(),
        [true, false, true]
    );
}

#[test]
fn standbys_tenants_half_way_and_those_left_out_are_told_apart() {
    let db = shop_db();
    let mut client = db.connect();
    for name in ["a", "b", "c", "d"] {
        create(&mut client, name);
    }
    db.tenants().refill_standbys(2).unwrap();
    client
        .batch_execute(
            "UPDATE tenantry.tenant SET step = 2 WHERE key = 'b'; \
             UPDATE tenantry.tenant SET state = 'dropping' WHERE key = 'd'",
        )
        .unwrap();
    db.tenants().suspend(&key("c")).unwrap();
    let now = status(&mut client, stricter());
    assert_eq!((now.versions[0].tenants, now.versions[0].standbys), (3, 2));
    assert_eq!(now.tenants(), 3);
    assert_eq!((now.standbys.ready, now.standbys.unready), (2, 0));
    assert_eq!(keys(&now.half_way), ["b"]);
    assert_eq!(keys(&now.left_out), ["d"]);
    assert_eq!(keys(&now.behind), ["a", "b", "c"]);
    let states: Vec<_> = now.states.iter().map(|it| (it.state, it.tenants)).collect();
    assert_eq!(
        states,
        [
            (TenantState::Standby, 2),
            (TenantState::Active, 2),
            (TenantState::Suspended, 1),
            (TenantState::Dropping, 1)
        ]
    );
    assert_eq!(now.migrations[3].tenant.unwrap().pending, 3);

    client
        .batch_execute("UPDATE tenantry.tenant SET step = 0")
        .unwrap();
    migrate(&mut client, stricter());
    db.tenants().refill_standbys(3).unwrap();
    client
        .batch_execute("UPDATE tenantry.tenant SET version = 3 WHERE state = 'standby'")
        .unwrap();
    let now = status(&mut client, stricter());
    assert_eq!((now.behind.count, now.is_up_to_date()), (0, false));
}

#[test]
fn ten_thousand_tenants_take_as_many_statements_as_one_and_the_lists_are_short() {
    let server = Server::builder()
        .setting("log_statement", "all")
        .start()
        .unwrap();
    let look = |tenants: usize| {
        let db = server.database().unwrap();
        let mut client = db.connect();
        migrate(&mut client, shop());
        let error = "it failed ".repeat(20);
        client
            .execute(
                "INSERT INTO tenantry.tenant (key, schema_name, state, version, last_error, failed_to) \
                 SELECT 't' || i, 't' || i, 'active', 2 + i % 2, CASE WHEN i % 2 = 0 THEN $1 END, 3 \
                 FROM pg_catalog.generate_series(1, $2::bigint) AS i",
                &[&error, &i64::try_from(tenants).unwrap()],
            )
            .unwrap();
        enter_versions(&mut client);
        let before = server.log().unwrap().len();
        let now = status(&mut client, shop());
        let log = server.log().unwrap();
        let statements = log[before..]
            .lines()
            .filter(|line| line.contains("LOG:  execute") || line.contains("LOG:  statement"))
            .count();
        (now, statements)
    };
    let (_, few) = look(2);
    let (now, many) = look(10_000);
    assert_eq!(many, few);
    assert_eq!(now.tenants(), 10_000);
    for sample in [&now.behind, &now.failed] {
        assert_eq!((sample.count, sample.first.len()), (5_000, Sample::LISTED));
    }
    assert_eq!(keys(&now.behind)[..3], ["t2", "t4", "t6"]);
    assert_eq!(now.missing.count, 10_000);
    assert!(serde_json::to_string(&now).unwrap().len() < 50_000);
}
