//! Standbys: schemas in advance, and who gets them.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::collections::HashSet;
use std::thread;
use std::time::{Duration, Instant};

use postgres::Client;
use tenantry::migrate::Chain;
use tenantry::prelude::*;
use tenantry::tenant::{self, NewTenant, Tenant, TenantFilter, TenantState};
use tenantry::testing::TestDb;
use tenantry::{ErrorKind, SchemaName};
use tenantry_tests::fleet::{
    CUSTOMERS, Folder, INVOICES, PLANS, chain, check_whole, create, key, migrate, shop, texts,
};

const ROUTINE: Folder<'static> = (
    "0004_routine",
    &[(
        "tenant.up.sql",
        "CREATE FUNCTION \"{tenant}\".number_of_customers() RETURNS bigint LANGUAGE plpgsql AS\n\
         $$ BEGIN RETURN (SELECT count(*) FROM \"{tenant}\".customers); END $$;\n\
         CREATE FUNCTION \"{tenant}\".told() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;\n\
         CREATE TRIGGER told BEFORE INSERT ON \"{tenant}\".customers FOR EACH ROW\n\
         EXECUTE FUNCTION \"{tenant}\".told('\"{tenant}\".customers');\n",
    )],
);

fn ready(chain: Chain, count: usize) -> (TestDb, Database, Client) {
    let database = TestDb::new();
    let db = Database::connect(database.url()).unwrap();
    let mut client = database.connect();
    migrate(&mut client, chain);
    assert_eq!(db.tenants().refill_standbys(count).unwrap(), count);
    (database, db, client)
}

/// Every name in the catalogue and in the text of routines, triggers and comments that looks like that of a standby.
fn leftovers(client: &mut Client) -> Vec<String> {
    texts(
        client,
        "SELECT nspname::text FROM pg_catalog.pg_namespace WHERE nspname LIKE '%standby%' \
         UNION ALL SELECT prosrc FROM pg_catalog.pg_proc WHERE prosrc LIKE '%_standby\"%' \
         UNION ALL SELECT pg_catalog.pg_get_triggerdef(oid) FROM pg_catalog.pg_trigger \
         WHERE pg_catalog.pg_get_triggerdef(oid) LIKE '%_standby%'",
    )
}

#[test]
fn a_standby_becomes_the_next_tenant_and_is_like_any_other() {
    let (_database, db, mut client) = ready(shop(), 2);
    let made = texts(
        &mut client,
        "SELECT id::text FROM tenantry.tenant ORDER BY id",
    );
    let acme = db.tenants().create(&key("acme")).unwrap();
    let other = db.tenants().create(&key("Other.Example")).unwrap();
    let mut claimed = [acme.id().to_string(), other.id().to_string()];
    claimed.sort();
    assert_eq!(claimed, made[..]);
    assert_eq!(acme, db.tenants().get(&key("acme")).unwrap());
    assert_eq!(acme.schema().as_str(), "acme");
    assert_eq!(
        other.schema().as_str(),
        format!("t{}_other_example", other.id())
    );
    assert_eq!(acme.state(), TenantState::Active);
    // None is left: the next is made as if there had never been any.
    create(&mut client, "third");
    check_whole(&mut client, &shop());
    assert_eq!(leftovers(&mut client), Vec::<String>::new());
    let mut scope = db.tenant(&key("acme")).unwrap();
    assert_eq!(
        scope
            .client()
            .query("SELECT * FROM acme.customers", &[])
            .unwrap()
            .len(),
        0
    );
    let standbys = db.tenants().standbys().unwrap();
    assert_eq!((standbys.ready, standbys.unready), (0, 0));
}

#[test]
fn refilling_twice_makes_no_more_and_two_at_once_do_not_overshoot() {
    let (database, db, mut client) = ready(shop(), 3);
    assert_eq!(db.tenants().refill_standbys(3).unwrap(), 0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| tenant::refill(&mut database.connect(), 10).unwrap());
        }
    });
    assert_eq!(db.tenants().standbys().unwrap().ready, 10);
    assert_eq!(tenant::trim(&mut client, 4).unwrap(), 6);
    assert_eq!(db.tenants().standbys().unwrap().ready, 4);
    assert_eq!(tenant::trim(&mut client, 0).unwrap(), 4);
    check_whole(&mut client, &shop());
}

#[test]
fn fifty_sign_ups_at_once_get_a_schema_each() {
    let (database, db, mut client) = ready(shop(), 20);
    let tenants: Vec<_> = thread::scope(|scope| {
        let sign_up = |number: usize| {
            let mut client = database.connect();
            move || {
                let key = key(&format!("c{number}"));
                tenant::create(&mut client, &NewTenant::new(&key)).unwrap()
            }
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
    assert_eq!(tenant::trim(&mut client, 1).unwrap(), 2);
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
         RETURNING schema_name) SELECT schema_name FROM lost ORDER BY 1",
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
        let sql = format!(
            "ALTER DATABASE \"{}\" SET default_transaction_isolation = '{isolation}'",
            texts(&mut client, "SELECT pg_catalog.current_database()::text")[0]
        );
        client.batch_execute(&sql).unwrap();
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
                    while let Err(error) = create() {
                        assert_eq!(error.kind(), ErrorKind::Serialization);
                    }
                });
            }
        });
        assert_eq!(db.tenants().standbys().unwrap().ready, 0);
        check_whole(&mut client, &shop());
    }
}

#[test]
fn a_name_that_is_retired_while_a_claim_waits_for_it_is_given_to_nobody() {
    let (database, db, mut client) = ready(shop(), 3);
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
        let deadline = Instant::now() + Duration::from_secs(20);
        while texts(&mut other, waiting).is_empty() {
            assert!(!claim.is_finished() && Instant::now() < deadline);
            thread::sleep(Duration::from_millis(5));
        }
        drop.commit().unwrap();
        claim.join().unwrap()
    });
    assert_eq!(claimed.unwrap_err().kind(), ErrorKind::Name);
    assert_eq!(db.tenants().standbys().unwrap().ready, 2);
}

#[test]
fn one_key_at_once_is_one_tenant() {
    let (database, _db, mut client) = ready(shop(), 5);
    let outcomes: Vec<_> = thread::scope(|scope| {
        let sign_up = || tenant::create(&mut database.connect(), &NewTenant::new(&key("acme")));
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

#[test]
fn standbys_are_migrated_with_everyone_and_claimed_meanwhile() {
    let before = chain(&[PLANS, CUSTOMERS]);
    let (database, db, mut client) = ready(before, 12);
    for round in 0..3 {
        thread::scope(|scope| {
            scope.spawn(|| migrate(&mut database.connect(), shop()));
            for number in 0..3 {
                db.tenants()
                    .create(&key(&format!("r{round}_{number}")))
                    .unwrap();
            }
        });
        migrate(&mut client, shop());
        check_whole(&mut client, &shop());
        let versions = "SELECT DISTINCT version::text FROM tenantry.tenant";
        assert_eq!(texts(&mut client, versions), ["3"]);
        if round < 2 {
            tenantry_tests::fleet::migrator(shop())
                .rollback(&mut client, Some("0002"))
                .unwrap();
        }
    }
}

#[test]
fn routines_that_name_their_schema_are_right_after_the_claim() {
    let longer = chain(&[PLANS, CUSTOMERS, INVOICES, ROUTINE]);
    // A word of SQL needs quotes where a standby's name did not.
    let names = ["acme", "order"];
    let (_database, db, mut client) = ready(longer.clone(), names.len());
    for name in names {
        db.tenants().create(&key(name)).unwrap();
        let insert = format!("INSERT INTO \"{name}\".customers VALUES (1, 'Ann', NULL)");
        client.batch_execute(&insert).unwrap();
        let number = format!("SELECT \"{name}\".number_of_customers()::text");
        assert_eq!(texts(&mut client, &number), ["1"]);
    }
    assert_eq!(db.tenants().standbys().unwrap().ready, 0);
    create(&mut client, "globex");
    check_whole(&mut client, &longer);
    assert_eq!(leftovers(&mut client), Vec::<String>::new());
}

#[test]
fn what_would_not_be_right_after_a_renaming_is_not_claimed_and_the_reason_is_known() {
    let text: Folder<'_> = (
        "0004_text",
        &[(
            "tenant.up.sql",
            "ALTER TABLE \"{tenant}\".customers ADD COLUMN home text DEFAULT '\"{tenant}\".customers';",
        )],
    );
    let longer = chain(&[PLANS, CUSTOMERS, INVOICES, text]);
    let (_database, db, mut client) = ready(longer.clone(), 0);
    let standbys = db.tenants().standbys().unwrap();
    assert!(standbys.reason.unwrap().contains("`customers`"));
    assert_eq!(db.tenants().refill_standbys(3).unwrap(), 0);
    db.tenants().create(&key("acme")).unwrap();
    check_whole(&mut client, &longer);
}

#[test]
fn rows_that_name_their_schema_keep_standbys_from_being_made() {
    let home: Folder<'_> = (
        "0003_home",
        &[(
            "tenant.up.sql",
            "CREATE TABLE \"{tenant}\".home (place text);\n\
             INSERT INTO \"{tenant}\".home VALUES ('\"{tenant}\".customers');",
        )],
    );
    let (_database, db, mut client) = ready(chain(&[PLANS, CUSTOMERS, home]), 0);
    let reason = db.tenants().standbys().unwrap().reason.unwrap();
    assert!(reason.contains("rows of `home`"), "{reason}");
    assert_eq!(db.tenants().refill_standbys(1).unwrap(), 0);
    db.tenants().create(&key("acme")).unwrap();
    let place = "SELECT place FROM acme.home";
    assert_eq!(texts(&mut client, place), ["\"acme\".customers"]);
}

#[test]
fn standbys_are_no_tenants_to_anybody() {
    let (_database, db, mut client) = ready(shop(), 2);
    db.tenants().create(&key("acme")).unwrap();
    let keys = |filter: &TenantFilter| -> Vec<String> {
        let tenants = db.tenants().list(filter).unwrap();
        tenants.iter().map(|it| it.key().to_string()).collect()
    };
    assert_eq!(keys(&TenantFilter::all()), ["acme"]);
    let standby = keys(&TenantFilter::all().state(TenantState::Standby));
    assert_eq!(standby.len(), 1);
    let standby = key(&standby[0]);
    assert_eq!(
        db.tenant(&standby).unwrap_err().kind(),
        ErrorKind::TenantState
    );
    assert_eq!(
        db.tenants().suspend(&standby).unwrap_err().kind(),
        ErrorKind::TenantState
    );
    for taken in ["standby:1", "Standby:x"] {
        assert_eq!(
            db.tenants().create(&key(taken)).unwrap_err().kind(),
            ErrorKind::Name
        );
        let renamed = db.tenants().rename(&key("acme"), &key(taken));
        assert_eq!(renamed.unwrap_err().kind(), ErrorKind::Name);
    }
    let renamed = db.tenants().rename(&standby, &key("x"));
    assert_eq!(renamed.unwrap_err().kind(), ErrorKind::TenantState);
    check_whole(&mut client, &shop());
}

#[test]
fn names_that_a_tenant_can_not_have_are_refused_and_the_standby_stays() {
    let (_database, db, mut client) = ready(shop(), 1);
    client.batch_execute("CREATE SCHEMA taken").unwrap();
    for (new, kind) in [
        (NewTenant::new(&key("taken")), ErrorKind::SchemaExists),
        (NewTenant::new(&key("shared")), ErrorKind::Name),
        (
            NewTenant::new(&key("x")).schema(SchemaName::new("t9_x").unwrap()),
            ErrorKind::Name,
        ),
    ] {
        assert_eq!(db.tenants().create(new).unwrap_err().kind(), kind);
    }
    assert_eq!(db.tenants().standbys().unwrap().ready, 1);
}

#[test]
fn a_keeper_refills_what_was_claimed_until_it_is_dropped() {
    let (_database, db, _client) = ready(shop(), 0);
    let wait_for = |count: usize| {
        let deadline = Instant::now() + Duration::from_secs(20);
        while db.tenants().standbys().unwrap().ready != count {
            assert!(Instant::now() < deadline);
            thread::sleep(Duration::from_millis(5));
        }
    };
    let keeper = db.tenants().keep_standbys(2);
    wait_for(2);
    db.tenants().create(&key("a")).unwrap();
    wait_for(2);
    assert!(keeper.take_error().is_none());
    let start = Instant::now();
    drop(keeper);
    assert!(start.elapsed() < Duration::from_secs(3));
    db.tenants().create(&key("b")).unwrap();
    assert_eq!(db.tenants().standbys().unwrap().ready, 1);
}

#[test]
fn hooks_and_the_closure_share_the_transaction_of_a_claim_and_of_a_creation() {
    let (_database, db, mut client) = ready(shop(), 1);
    db.on_create(|tx| {
        let schema = tx.schema().to_string();
        let sql = format!("INSERT INTO {schema}.customers VALUES (1, 'hook', NULL)");
        tx.client().batch_execute(&sql)?;
        Ok(())
    });
    for (name, standbys) in [("a", 1), ("b", 0)] {
        let failed: Result<_, tenantry::Error> = db.tenants().create_with(&key(name), |tx| {
            let sql = format!("SELECT 1 FROM {}.nothing", tx.schema());
            tx.client().batch_execute(&sql)?;
            Ok(())
        });
        assert!(failed.is_err());
        assert!(
            db.tenants()
                .get(&key(name))
                .unwrap_err()
                .is_unknown_tenant()
        );
        assert_eq!(db.tenants().standbys().unwrap().ready, standbys);
        let (tenant, number) = db
            .tenants()
            .create_with(&key(name), |tx| {
                let sql = format!(
                    "INSERT INTO {}.customers VALUES (2, 'mine', NULL)",
                    tx.schema()
                );
                Ok::<_, tenantry::Error>(tx.client().execute(&sql, &[])?)
            })
            .unwrap();
        assert_eq!(number, 1);
        let names = format!("SELECT name FROM {}.customers ORDER BY id", tenant.schema());
        assert_eq!(texts(&mut client, &names), ["hook", "mine"]);
    }
    db.tenants().create(&key("c")).unwrap();
    assert_eq!(texts(&mut client, "SELECT name FROM c.customers"), ["hook"]);
    check_whole(&mut client, &shop());
}

#[test]
fn creations_wait_for_each_other_so_that_others_can_work() {
    let (database, db, mut client) = ready(shop(), 0);
    drop(db);
    // Whoever reads the registry sees who is in a slot: nobody creates without one.
    let busiest = thread::scope(|scope| {
        let threads: Vec<_> = (0..12)
            .map(|worker| {
                let mut client = database.connect();
                scope.spawn(move || {
                    for number in 0..4 {
                        create(&mut client, &format!("w{worker}_{number}"));
                    }
                })
            })
            .collect();
        let mut busiest = 0;
        while threads.iter().any(|thread| !thread.is_finished()) {
            let held = "SELECT count(*) FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND granted \
                        AND classid = 1952804353 AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())";
            let row = client.query_one(held, &[]).unwrap();
            busiest = busiest.max(row.get::<_, i64>(0));
        }
        busiest
    });
    assert!((1..=2).contains(&busiest), "{busiest}");
    check_whole(&mut client, &shop());
}
