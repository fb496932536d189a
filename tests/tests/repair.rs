//! Migrations that failed half-way and are edited, so that they can go on.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use postgres::Client;
use tenantry::ErrorKind;
use tenantry::migrate::Chain;
use tenantry_tests::fleet::{
    CUSTOMERS, INVOICES, PLANS, chain, check_whole, create, migrator, shop_db, texts,
};

/// A migration of a column, an index, and something more.
fn ranked(column: &str, more: &str) -> Chain {
    let sql = format!(
        "ALTER TABLE \"{{tenant}}\".customers ADD COLUMN {column} int;\n\
         CREATE INDEX CONCURRENTLY customers_name ON \"{{tenant}}\".customers (name);\n{more}"
    );
    let files = [("tenant.up.sql", sql.as_str())];
    chain(&[PLANS, CUSTOMERS, INVOICES, ("0004_ranks", &files)])
}

fn steps(client: &mut Client) -> Vec<String> {
    let sql = "SELECT key || ' ' || version || '.' || step FROM tenantry.tenant ORDER BY id";
    texts(client, sql)
}

#[test]
fn what_is_not_done_yet_of_a_migration_that_is_done_nowhere_can_be_edited() {
    let db = shop_db();
    let mut client = db.connect();
    create(&mut client, "a");
    create(&mut client, "b");
    let broken = ranked("rank", "UPDATE \"{tenant}\".customers SET rnak = 1;");
    let fixed = ranked("rank", "UPDATE \"{tenant}\".customers SET rank = 1;");
    let report = migrator(broken.clone()).on(&mut client).attempt().unwrap();
    assert_eq!(report.failed.len(), 2);
    assert_eq!(steps(&mut client), ["a 3.3", "b 3.3"]);

    for (other, why) in [
        (ranked("place", "SELECT 1"), "what is done is another"),
        (ranked("rank", ""), "nothing is left to do"),
    ] {
        let error = migrator(other.clone()).on(&mut client).run().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Diverged, "{why}");
        assert_eq!(
            migrator(other)
                .on(&mut client)
                .status()
                .unwrap()
                .conflicts
                .len(),
            1
        );
    }
    let status = migrator(fixed.clone()).on(&mut client).status().unwrap();
    assert_eq!(status.conflicts, Vec::<String>::new());
    migrator(fixed.clone()).on(&mut client).run().unwrap();
    assert_eq!(steps(&mut client), ["a 4.0", "b 4.0"]);
    create(&mut client, "c");
    check_whole(&mut client, &fixed);
    let checksums = "SELECT DISTINCT l.checksum = g.tenant_checksum FROM tenantry.ledger AS l \
                     JOIN tenantry.migration AS g ON g.id = l.migration WHERE l.tenant_id > 0";
    let agree: Vec<bool> = client
        .query(checksums, &[])
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert_eq!(agree, [true]);
    let error = migrator(broken).on(&mut client).run().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Diverged);
}

#[test]
fn what_somebody_is_at_just_now_can_not_be_edited() {
    let db = shop_db();
    let mut client = db.connect();
    create(&mut client, "a");
    let broken = ranked("rank", "UPDATE \"{tenant}\".customers SET rnak = 1;");
    migrator(broken).on(&mut client).attempt().unwrap();
    let fixed = ranked("rank", "UPDATE \"{tenant}\".customers SET rank = 1;");
    let mut other = db.connect();
    let lock = "SELECT pg_catalog.pg_advisory_lock(((1952804352::bigint) << 32) + 1)";
    other.execute(lock, &[]).unwrap();
    let error = migrator(fixed.clone()).on(&mut client).run().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Diverged);
    drop(other);
    migrator(fixed.clone()).on(&mut db.connect()).run().unwrap();
    check_whole(&mut client, &fixed);
}

#[test]
fn the_shared_part_can_be_edited_half_way_too() {
    let db = shop_db();
    let mut client = db.connect();
    create(&mut client, "a");
    let prices = |statement: &str| {
        let sql = format!(
            "CREATE INDEX CONCURRENTLY plans_code ON \"{{shared}}\".plans (code);\n{statement}"
        );
        let files = [("shared.up.sql", sql.as_str())];
        chain(&[PLANS, CUSTOMERS, INVOICES, ("0004_prices", &files)])
    };
    let broken = prices("ALTER TABLE \"{shared}\".plnas ADD COLUMN price int;");
    let report = migrator(broken).on(&mut client).attempt().unwrap();
    assert!(report.shared[0].error.is_some());
    let fixed = prices("ALTER TABLE \"{shared}\".plans ADD COLUMN price int;");
    let report = migrator(fixed.clone()).on(&mut client).run().unwrap();
    assert_eq!(report.shared.len(), 1);
    check_whole(&mut client, &fixed);
}
