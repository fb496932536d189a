//! Which connection a tenant gets, and how connections are renewed before they go.

use std::collections::HashMap;
use std::time::Duration;

use postgres::NoTls;
use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry::sql;
use tenantry_tests::Shop;
use tenantry_tests::shop::Customer;
use tenantry_tests::wait::until;

use super::limited;

/// Reads a table of a tenant, and gives the number of the server's process.
fn pid(scope: &mut TenantScope) -> i32 {
    let sql = sql!("SELECT pg_backend_pid() FROM {Customer} RIGHT JOIN (SELECT 1) AS one ON true");
    scope.sql(sql).row().unwrap()
}

fn key(number: usize) -> TenantKey {
    TenantKey::new(format!("t{number}")).unwrap()
}

fn world(tenants: usize, change: impl FnOnce(&mut Options)) -> (Shop, Database) {
    let shop = Shop::new();
    for number in 0..tenants {
        shop.tenant(&format!("t{number}"));
    }
    let db = limited(&shop, |options| {
        options.wait = Duration::from_mins(2);
        change(options);
    });
    (shop, db)
}

/// Whether the server has done with its processes.
fn are_gone(shop: &Shop, pids: &[i32]) -> bool {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY ($1)";
    let row = shop.database().connect().query_one(sql, &[&pids]).unwrap();
    row.get::<_, i64>(0) == 0
}

#[test]
fn a_tenant_gets_the_connection_that_has_served_it() {
    let (_shop, db) = world(6, |options| options.max_connections = 3);
    // Each connection serves two tenants.
    let mut of = HashMap::new();
    for first in [0, 3] {
        let mut scopes: Vec<_> = (first..first + 3)
            .map(|number| (number, db.tenant(&key(number)).unwrap()))
            .collect();
        for (number, scope) in &mut scopes {
            of.insert(*number, pid(scope));
        }
    }
    for number in [5, 0, 3, 1, 4, 2, 2, 4, 0, 5, 1, 3] {
        assert_eq!(pid(&mut db.tenant(&key(number)).unwrap()), of[&number]);
        // Also where the registry is asked.
        assert_eq!(pid(&mut db.tenant_now(&key(number)).unwrap()), of[&number]);
    }
    // Whoever is there first has it; nobody waits for one of its own while another is idle.
    let _held = db.tenant(&key(0)).unwrap();
    assert_ne!(pid(&mut db.tenant(&key(0)).unwrap()), of[&0]);
    assert_eq!(db.pool_status().waits, 0);
}

#[test]
fn a_connection_is_renewed_before_it_holds_too_much_and_no_scope_waits() {
    let (shop, db) = world(16, |options| {
        options.max_connections = 1;
        // A tenant with one table counts as two: the seventh makes it due, the eighth would be its last.
        options.max_tables_per_connection = 16;
    });
    let mut pids = Vec::new();
    for renewed in 1..=3 {
        for number in 0..7 {
            assert_eq!(db.pool_status().renewed, renewed - 1);
            pids.push(pid(&mut db.tenant(&key(number)).unwrap()));
            // The same tables again hold nothing more.
            assert_eq!(pid(&mut db.tenant(&key(0)).unwrap()), pids[pids.len() - 1]);
            if number == 6 {
                break;
            }
        }
        until("another is there", || db.pool_status().renewed == renewed);
    }
    pids.dedup();
    assert_eq!(pids.len(), 3);
    let status = db.pool_status();
    assert_eq!((status.opened, status.renewed, status.waits), (4, 3, 0));
    until("the old ones are gone", || {
        db.pool_status().open == 1 && are_gone(&shop, &pids)
    });
}

#[test]
fn a_connection_goes_on_while_there_can_be_no_successor_and_ends_when_it_is_full() {
    // A successor that is being tried when connections are allowed again may come before the old one is full.
    let mut renewed = (0..10).map(|_| renewed_when_it_is_full());
    assert!(renewed.any(|renewed| renewed == 0));
}

/// How many successors there were when the connection was full.
fn renewed_when_it_is_full() -> u64 {
    let (shop, db) = world(9, |options| {
        options.max_connections = 1;
        options.max_tables_per_connection = 16;
    });
    let mut config = shop.database().config();
    let name = config.get_dbname().unwrap().to_owned();
    let mut other = config.dbname("postgres").connect(NoTls).unwrap();
    let mut allow = |is_allowed: bool| {
        let sql = format!("ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS {is_allowed}");
        other.batch_execute(&sql).unwrap();
    };
    let serve = |number| pid(&mut db.tenant(&key(number)).unwrap());
    let first = serve(0);
    allow(false);
    for number in [1, 2, 3, 4, 5, 6, 3, 7] {
        assert_eq!(serve(number), first);
    }
    allow(true);
    assert_ne!(serve(8), first, "it was full");
    db.pool_status().renewed
}

#[test]
fn an_old_connection_is_renewed_while_it_is_idle() {
    let (_shop, db) = world(1, |options| {
        options.max_connections = 1;
        options.max_lifetime = Some(Duration::from_secs(4));
    });
    let first = pid(&mut db.tenant(&key(0)).unwrap());
    until("another is there", || {
        let status = db.pool_status();
        // On a machine that is too slow for that it is closed and opened anew.
        status.renewed > 0 || status.open == 0
    });
    assert_ne!(pid(&mut db.tenant(&key(0)).unwrap()), first);
    assert!(db.pool_status().open <= 2);
}
