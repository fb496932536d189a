//! Who gets a standby: many at once, and with others in the way.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::collections::HashSet;
use std::thread;

use tenantry::prelude::*;
use tenantry::tenant::{NewTenant, Tenant};
use tenantry::{ErrorKind, SchemaName};
use tenantry_tests::fleet::{
    CUSTOMERS, PLANS, app, be_strict, chain, check_whole, key, leftovers, migrate, ready, shop,
    texts,
};
use tenantry_tests::wait::{until, until_by};

#[test]
fn fifty_sign_ups_at_once_get_a_schema_each() {
    let (database, db, mut client) = ready(shop(), 20);
    let tenants: Vec<_> = thread::scope(|scope| {
        let sign_up = |number: usize| {
            let app = app(database.url());
            move || app.tenants().create(key(&format!("c{number}"))).unwrap()
        };
        let threads: Vec<_> = (0..50).map(|number| scope.spawn(sign_up(number))).collect();
        threads.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let schemas: HashSet<SchemaName> = tenants.iter().map(|it| it.schema().clone()).collect();
    let ids: HashSet<i64> = tenants.iter().map(Tenant::id).collect();
    assert_eq!((schemas.len(), ids.len()), (50, 50));
    assert_eq!(db.tenants().standbys().unwrap().ready, 0);
    check_whole(&mut client, &shop());
    assert_eq!(leftovers(&mut client), Vec::<String>::new());
}

#[test]
fn no_standby_is_claimed_from_damaged_metadata() {
    let (_database, db, mut client) = ready(shop(), 3);
    // From now on the process has standbys in mind.
    db.tenants().create(&key("first")).unwrap();
    for table in ["ledger", "migration", "meta", "tenant"] {
        client
            .batch_execute(&format!(
                "CREATE TABLE kept AS TABLE tenantry.{table}; TRUNCATE tenantry.{table}"
            ))
            .unwrap();
        for (number, with_work) in [(1, false), (2, true)] {
            let key = key(&format!("a{number}"));
            let error = if with_work {
                db.tenants().create_with(&key, |_| Ok(())).unwrap_err()
            } else {
                db.tenants().create(&key).unwrap_err()
            };
            assert_eq!(error.kind(), ErrorKind::DamagedMetadata, "{table}: {error}");
        }
        client
            .batch_execute(&format!(
                "TRUNCATE tenantry.{table}; INSERT INTO tenantry.{table} TABLE kept; DROP TABLE kept"
            ))
            .unwrap();
        db.tenants().create(&key(&format!("b_{table}"))).unwrap();
    }
    check_whole(&mut client, &shop());
}

#[test]
fn more_standbys_than_a_process_knows_of_at_a_time_are_all_claimed() {
    // A process looks up two hundred at a time, and more of them before it has given them all.
    const COUNT: usize = 260;
    let (_database, db, mut client) = ready(shop(), COUNT);
    thread::scope(|scope| {
        for thread in 0..4 {
            let db = &db;
            scope.spawn(move || {
                for number in 0..COUNT / 4 {
                    let key = key(&format!("a{thread}_{number}"));
                    db.tenants().create(&key).unwrap();
                }
            });
        }
    });
    assert_eq!(db.tenants().standbys().unwrap().ready, 0);
    let tenants = texts(&mut client, "SELECT id::text FROM tenantry.tenant");
    assert_eq!(tenants.len(), COUNT);
    check_whole(&mut client, &shop());
}

#[test]
fn what_a_process_knows_of_standbys_may_be_out_of_date() {
    let (database, db, mut client) = ready(chain(&[PLANS, CUSTOMERS]), 8);
    let other = Database::connect(database.url()).unwrap();
    // Both know all of them after the first.
    for number in 0..2 {
        db.tenants().create(&key(&format!("a{number}"))).unwrap();
        other.tenants().create(&key(&format!("b{number}"))).unwrap();
    }
    assert_eq!(db.tenants().standbys().unwrap().ready, 4);
    migrate(&mut client, shop());
    let tenant = db.tenants().create(&key("migrated")).unwrap();
    assert_eq!(tenant.version(), 3);
    assert_eq!(db.tenants().trim_standbys(1).unwrap(), 2);
    other.tenants().create(&key("c")).unwrap();
    assert_eq!(db.tenants().standbys().unwrap().ready, 0);
    db.tenants().create(&key("made")).unwrap();
    assert_eq!(db.tenants().refill_standbys(1).unwrap(), 1);
    for (process, name) in [(&db, "d"), (&other, "e")] {
        process.tenants().create(&key(name)).unwrap();
    }
    assert_eq!(db.tenants().standbys().unwrap().ready, 0);
    check_whole(&mut client, &shop());
}

#[test]
fn a_standby_that_the_books_have_lost_is_left_alone() {
    let (_database, db, mut client) = ready(shop(), 5);
    // Now all are known.
    db.tenants().create(&key("first")).unwrap();
    let lost = texts(
        &mut client,
        "WITH lost AS (DELETE FROM tenantry.tenant WHERE id IN (SELECT id FROM tenantry.tenant WHERE state = 'standby' LIMIT 3) \
         RETURNING id, schema_name), entries AS (DELETE FROM tenantry.ledger USING lost WHERE tenant_id = lost.id) \
         SELECT schema_name FROM lost ORDER BY 1",
    );
    db.tenants().create(&key("second")).unwrap();
    db.tenants()
        .create_with(&key("third"), |_| Ok::<_, tenantry::Error>(()))
        .unwrap();
    let orphans = "SELECT nspname::text FROM pg_catalog.pg_namespace WHERE nspname LIKE '%standby' ORDER BY 1";
    assert_eq!(texts(&mut client, orphans), lost);
    let made = "SELECT nspname::text FROM pg_catalog.pg_namespace WHERE nspname IN ('first', 'second', 'third') ORDER BY 1";
    assert_eq!(texts(&mut client, made), ["first", "second", "third"]);
    assert_eq!(db.tenants().standbys().unwrap().ready, 0);
}

#[test]
fn a_standby_that_somebody_else_is_about_to_have_is_not_waited_for() {
    let (_database, db, mut client) = ready(shop(), 2);
    let created = db.tenants().create_with(&key("slow"), |_| {
        // Neither of these waits for the transaction that is under way.
        let others = [
            db.tenants().create(&key("a"))?,
            db.tenants().create(&key("b"))?,
        ];
        assert_eq!(db.tenants().standbys()?.ready, 1);
        Ok::<_, tenantry::Error>(others)
    });
    let (slow, [a, b]) = created.unwrap();
    let schemas: HashSet<_> = [&slow, &a, &b].into_iter().map(Tenant::schema).collect();
    assert_eq!(schemas.len(), 3);
    assert_eq!(db.tenants().standbys().unwrap().ready, 0);
    check_whole(&mut client, &shop());
}

#[test]
fn a_standby_that_is_about_to_be_dropped_is_left_alone() {
    let (_database, db, mut client) = ready(shop(), 3);
    // After this one the others are known.
    db.tenants().create(&key("first")).unwrap();
    let drop = "UPDATE tenantry.tenant SET state = 'dropping' WHERE state = 'standby'";
    client.batch_execute(drop).unwrap();
    let schemas = "SELECT nspname::text FROM pg_catalog.pg_namespace WHERE nspname LIKE '%standby' ORDER BY 1";
    let before = texts(&mut client, schemas);
    assert_eq!(before.len(), 2);
    db.tenants().create(&key("second")).unwrap();
    db.tenants()
        .create_with(&key("third"), |_| Ok::<_, tenantry::Error>(()))
        .unwrap();
    assert_eq!(texts(&mut client, schemas), before);
}

#[test]
fn claims_are_right_where_transactions_are_strict() {
    for isolation in ["repeatable read", "serializable"] {
        let (database, db, mut client) = ready(shop(), 12);
        be_strict(&mut client, isolation);
        let processes = [(), ()].map(|()| Database::connect(database.url()).unwrap());
        thread::scope(|scope| {
            for number in 0..16 {
                let process = &processes[number % 2];
                scope.spawn(move || {
                    let key = key(&format!("c{number}"));
                    if number % 4 < 2 {
                        process.tenants().create(&key).unwrap();
                        return;
                    }
                    // What fails at the end is the application's to try again.
                    let create = || {
                        process
                            .tenants()
                            .create_with(&key, |_| Ok::<_, tenantry::Error>(()))
                    };
                    until("it is created", || match create() {
                        Ok(_) => true,
                        Err(error) => {
                            assert_eq!(error.kind(), ErrorKind::Serialization);
                            false
                        }
                    });
                });
            }
        });
        assert_eq!(db.tenants().standbys().unwrap().ready, 0);
        check_whole(&mut client, &shop());
    }
}

#[test]
fn a_name_that_is_retired_while_a_claim_waits_for_it_is_given_to_nobody() {
    for isolation in ["read committed", "repeatable read", "serializable"] {
        let (database, _, mut client) = ready(shop(), 3);
        be_strict(&mut client, isolation);
        let db = Database::connect(database.url()).unwrap();
        db.tenants().create(&key("first")).unwrap();
        let mut other = database.connect();
        client.batch_execute("INSERT INTO tenantry.tenant (key, schema_name, state) VALUES ('old', 'acme', 'active')").unwrap();
        let mut drop = client.transaction().unwrap();
        drop.batch_execute(
            "INSERT INTO tenantry.retired_schema (name) VALUES ('acme'); DELETE FROM tenantry.tenant WHERE key = 'old'",
        )
        .unwrap();
        let chosen = NewTenant::new(&key("x")).schema(SchemaName::new("acme").unwrap());
        let claimed = thread::scope(|scope| {
            // It waits for the transaction that takes the name away.
            let claim = scope.spawn(|| db.tenants().create(chosen));
            let waiting = "SELECT 1::text FROM pg_catalog.pg_stat_activity \
                 WHERE datname = pg_catalog.current_database() AND wait_event_type = 'Lock'";
            until_by(&claim, "it waits", || {
                !texts(&mut other, waiting).is_empty()
            });
            drop.commit().unwrap();
            claim.join().unwrap()
        });
        assert_eq!(claimed.unwrap_err().kind(), ErrorKind::Name);
        assert_eq!(db.tenants().standbys().unwrap().ready, 2);
    }
}

#[test]
fn one_key_at_once_is_one_tenant() {
    let (database, _db, mut client) = ready(shop(), 5);
    let outcomes: Vec<_> = thread::scope(|scope| {
        let sign_up = || app(database.url()).tenants().create(key("acme"));
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(sign_up)).collect();
        threads.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let made = outcomes.iter().filter(|it| it.is_ok()).count();
    assert_eq!(made, 1);
    assert!(
        outcomes
            .iter()
            .filter_map(|it| it.as_ref().err())
            .all(tenantry::Error::is_tenant_exists)
    );
    check_whole(&mut client, &shop());
}
