//! Tenants that are created beside each other, beside a migrator, and with rows of the application's own.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use postgres::{Client, Config, NoTls};
use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry::tenant::NewTenant;
use tenantry::testing::TestDb;
use tenantry::{Error, ErrorKind};
use tenantry_tests::again::make_again;
use tenantry_tests::fleet::{
    CUSTOMERS, PLANS, chain, check_whole, create, key, migrate, migrator, shop, shop_db, texts,
};
use tenantry_tests::wait::{sooner_once, until};

/// The class of the locks that creations take.
const SLOTS: &str = "classid = 1952804353";

fn with(database: &TestDb, change: impl FnOnce(&mut Options)) -> Database {
    let config: Config = database.url().parse().unwrap();
    let mut options = Options::default();
    change(&mut options);
    Database::connect_with(&config, NoTls, options).unwrap()
}

/// How many sessions hold, or wait for, a lock of this database.
fn locks(client: &mut Client, condition: &str) -> i64 {
    let sql = format!(
        "SELECT count(*) FROM pg_catalog.pg_locks WHERE {condition} AND database = \
         (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())"
    );
    client.query_one(&sql, &[]).unwrap().get(0)
}

fn wait_until(client: &mut Client, condition: &str) {
    until(condition, || locks(client, condition) > 0);
}

#[test]
fn a_migrator_that_waits_for_a_creation_and_one_that_comes_after_it_do_not_wait_for_each_other() {
    let database = TestDb::new();
    let mut client = database.connect();
    migrate(&mut client, chain(&[PLANS, CUSTOMERS]));
    let db = with(&database, |_| {});
    thread::scope(|scope| {
        let (db, database) = (&db, &database);
        let (end, ended) = channel::<()>();
        scope.spawn(move || {
            let made = db.tenants().create_with(&key("first"), |_| {
                // It ends also when the test fails, which drops the other side.
                let _ = ended.recv();
                Ok::<_, Error>(())
            });
            made.unwrap();
        });
        wait_until(&mut client, &format!("{SLOTS} AND granted"));
        // It stays in the queue: between two attempts the second would come before it.
        let patient = migrator(shop()).lock_timeout(Duration::from_mins(2));
        scope.spawn(move || patient.on(&mut database.connect()).run().unwrap());
        let waits = "relation = 'tenantry.ledger'::regclass AND NOT granted";
        wait_until(&mut client, waits);
        let second = scope.spawn(move || create(&mut database.connect(), "second"));
        wait_until(
            &mut client,
            "relation = 'tenantry.ledger'::regclass AND NOT granted AND mode = 'RowExclusiveLock'",
        );
        // The server looks for those who wait for each other when they have waited for a second.
        wait_until(
            &mut client,
            "relation = 'tenantry.ledger'::regclass AND mode = 'ShareRowExclusiveLock' \
             AND waitstart < clock_timestamp() - interval '1200 ms'",
        );
        end.send(()).unwrap();
        second.join().unwrap();
    });
    assert_eq!(
        texts(&mut client, "SELECT version::text FROM tenantry.tenant"),
        ["3", "3"]
    );
    check_whole(&mut client, &shop());
}

#[test]
fn one_connection_is_enough_to_create_a_tenant_with_rows() {
    let database = shop_db();
    let db = with(&database, |options| {
        options.max_connections = 1;
        options.wait = Duration::from_millis(200);
    });
    let (tenant, number) = db
        .tenants()
        .create_with(&key("acme"), |tx| {
            let sql = format!("INSERT INTO {}.customers VALUES (1, 'Ann')", tx.schema());
            Ok::<_, Error>(tx.client().execute(&sql, &[])?)
        })
        .unwrap();
    assert_eq!((tenant.key().as_str(), number), ("acme", 1));
}

#[test]
fn as_many_are_created_at_a_time_as_the_options_or_the_new_tenant_say() {
    let database = shop_db();
    let mut client = database.connect();
    let db = with(&database, |options| options.max_creations = 1);
    for (names, at_once, in_slots) in [(["a", "b"], None, 1), (["c", "d"], Some(1000), 2)] {
        let gate = Mutex::new(());
        thread::scope(|scope| {
            let shut = gate.lock().unwrap();
            for name in names {
                let new = NewTenant::new(&key(name));
                let new = at_once.map_or(new.clone(), |number| new.at_once(number));
                let (db, gate) = (&db, &gate);
                scope.spawn(move || {
                    let made = db.tenants().create_with(new, |_| {
                        // It opens when the test fails, too.
                        drop(gate.lock().ok());
                        Ok::<_, Error>(())
                    });
                    made.unwrap();
                });
            }
            until("both have a slot or wait for one", || {
                locks(&mut client, SLOTS) == 2
            });
            let granted = locks(&mut client, &format!("{SLOTS} AND granted"));
            drop(shut);
            assert_eq!(granted, in_slots);
        });
    }
    check_whole(&mut client, &shop());
}

#[test]
fn a_keeper_is_told_of_tenants_that_were_created_with_rows() {
    let database = shop_db();
    let db = with(&database, |_| {});
    let wait_for_one = || {
        until("a standby is ready", || {
            db.tenants().standbys().unwrap().ready == 1
        });
    };
    let keeper = db.tenants().keep_standbys(1);
    wait_for_one();
    let mut names = ["a", "b", "c", "d", "e"].map(key).into_iter();
    // It looks by itself five seconds after it has looked last.
    sooner_once(Duration::from_secs(4), || {
        let name = names.next().unwrap();
        let made = db.tenants().create_with(&name, |_| Ok::<_, Error>(()));
        made.unwrap();
        wait_for_one();
    });
    drop(keeper);
}

/// An error that nobody has caused by coming in between is told as it is, and not tried again and again.
#[test]
fn a_null_that_the_books_refuse_is_no_migration_that_came_in_between() {
    let database = shop_db();
    let mut client = database.connect();
    client
        .batch_execute(
            "ALTER TABLE tenantry.ledger ADD COLUMN noted text NOT NULL DEFAULT ''; \
             ALTER TABLE tenantry.ledger ALTER COLUMN noted DROP DEFAULT",
        )
        .unwrap();
    let db = with(&database, |_| {});
    let alone = db.tenants().create(&key("acme")).unwrap_err();
    let work = |_: &mut TenantScope| Ok::<_, Error>(());
    let in_transaction = db.tenants().create_with(&key("acme"), work).unwrap_err();
    assert_eq!(alone.kind(), ErrorKind::NotNull, "{alone}");
    for error in [alone, in_transaction] {
        assert_ne!(error.kind(), ErrorKind::Serialization, "{error}");
        assert!(error.to_string().contains("\"noted\""), "{error}");
    }
}

#[test]
fn a_claim_tells_the_error_of_a_trigger_and_keeps_the_standby() {
    let database = shop_db();
    let mut client = database.connect();
    database.tenants().refill_standbys(1).unwrap();
    client
        .batch_execute(
            "CREATE FUNCTION public.fails() RETURNS event_trigger LANGUAGE plpgsql AS \
             $$ BEGIN PERFORM 1 / 0; END $$; \
             CREATE EVENT TRIGGER fails ON ddl_command_end WHEN TAG IN ('ALTER SCHEMA') EXECUTE FUNCTION public.fails()",
        )
        .unwrap();
    let db = with(&database, |_| {});
    let error = db.tenants().create(&key("acme")).unwrap_err();
    assert!(error.to_string().contains("division by zero"), "{error}");
    client.batch_execute("DROP EVENT TRIGGER fails").unwrap();
    let acme = db.tenants().create(&key("acme")).unwrap();
    assert_eq!(db.tenants().standbys().unwrap().ready, 0, "{acme:?}");
}

#[test]
fn books_without_their_function_are_damaged_and_all_roles_may_be_refused() {
    let database = TestDb::new();
    let mut client = database.connect();
    client
        .batch_execute("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")
        .unwrap();
    migrate(&mut client, shop());
    let may = "SELECT pg_catalog.has_function_privilege('pg_monitor', 'tenantry.refuse(text)', 'EXECUTE')";
    assert!(client.query_one(may, &[]).unwrap().get::<_, bool>(0));
    let db = with(&database, |_| {});
    db.tenants().refill_standbys(1).unwrap();
    client
        .batch_execute("DROP FUNCTION tenantry.refuse")
        .unwrap();
    for error in [
        db.tenants().create(&key("acme")).unwrap_err(),
        db.tenants().refill_standbys(2).unwrap_err(),
        db.tenants().drop(&key("acme")).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::DamagedMetadata, "{error}");
        assert!(error.to_string().contains("`refuse`"), "{error}");
    }
}

#[test]
fn a_tenant_is_whole_although_others_baselines_are_seen_while_its_own_is_asked_for() {
    let fleet = || {
        let database = TestDb::new();
        migrate(&mut database.connect(), chain(&[PLANS, CUSTOMERS]));
        database
    };
    let database = fleet();
    let others: Vec<_> = (0..9).map(|_| fleet()).collect();
    // From here on this process knows the baseline, and does not have it sent again.
    create(&mut database.connect(), "first");
    let mut holder = database.connect();
    let mut watcher = database.connect();
    holder
        .batch_execute("BEGIN; LOCK TABLE tenantry.baseline")
        .unwrap();
    thread::scope(|scope| {
        let second = scope.spawn(|| create(&mut database.connect(), "second"));
        wait_until(
            &mut watcher,
            "relation = 'tenantry.baseline'::regclass AND NOT granted",
        );
        for other in &others {
            create(&mut other.connect(), "other");
        }
        holder.batch_execute("COMMIT").unwrap();
        second.join().unwrap();
    });
    check_whole(&mut watcher, &chain(&[PLANS, CUSTOMERS]));
}

#[test]
fn a_baseline_that_is_known_is_made_for_the_shared_schema_of_each_copy() {
    let original = TestDb::new();
    migrate(&mut original.connect(), chain(&[PLANS, CUSTOMERS]));
    // From here on this process knows the baseline.
    create(&mut original.connect(), "first");
    let copy = TestDb::new();
    make_again(&copy, Some(&original));
    let mut client = copy.connect();
    client
        .batch_execute(
            "ALTER SCHEMA shared RENAME TO common; UPDATE tenantry.meta SET shared_schema = 'common'; \
             CREATE SCHEMA shared; CREATE TABLE shared.plans (id bigint PRIMARY KEY)",
        )
        .unwrap();
    let second = create(&mut client, "second");
    let plans = "SELECT confrelid::regclass::text FROM pg_constraint WHERE contype = 'f' \
        AND connamespace::regnamespace::text = 'second'";
    assert_eq!(second.schema().as_str(), "second");
    assert_eq!(texts(&mut client, plans), ["common.plans"]);
}
