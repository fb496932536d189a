//! Migrations of several tables beside transactions that take them in another order: none of these is ended for a deadlock.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use postgres::{Client, NoTls};
use tenantry::migrate::{Chain, Migrator};
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{chain, create, ensure_role, migrate, migrator};
use tenantry_tests::wait::{Stop, until};

/// The tables that all have, and those that a test adds to.
const TABLES: [(&str, &str); 2] = [
    (
        "shared.up.sql",
        "CREATE TABLE \"{shared}\".plan (id bigint PRIMARY KEY); INSERT INTO \"{shared}\".plan VALUES (1);",
    ),
    (
        "tenant.up.sql",
        "CREATE TABLE \"{tenant}\".one (id bigint PRIMARY KEY); INSERT INTO \"{tenant}\".one VALUES (1); \
         CREATE TABLE \"{tenant}\".two (id bigint PRIMARY KEY); INSERT INTO \"{tenant}\".two VALUES (1);",
    ),
];

/// A chain of the tables and so many migrations, with `{n}` as their number.
fn changing(sql: &str, rounds: usize) -> Chain {
    let ids: Vec<String> = (2..rounds + 2)
        .map(|nth| format!("{nth:04}_next"))
        .collect();
    let texts: Vec<String> = (0..rounds)
        .map(|nth| sql.replace("{n}", &nth.to_string()))
        .collect();
    let files: Vec<[(&str, &str); 1]> = texts
        .iter()
        .map(|text| [("tenant.up.sql", text.as_str())])
        .collect();
    let mut folders = vec![("0001_tables", &TABLES[..])];
    folders.extend(
        ids.iter()
            .map(String::as_str)
            .zip(files.iter().map(|it| &it[..])),
    );
    chain(&folders)
}

/// A database with tenants, in which PostgreSQL looks for deadlocks after a time.
fn with_tenants(tenants: &[&str], looks_after: &str) -> (TestDb, Client) {
    let database = TestDb::new();
    let mut client = database.connect();
    let after = format!(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = ''{looks_after}''', \
         current_database()); END $$"
    );
    client.batch_execute(&after).unwrap();
    let mut client = database.connect();
    migrate(&mut client, changing("", 0));
    for tenant in tenants {
        create(&mut client, tenant);
    }
    (database, client)
}

/// Has a transaction for each of these lists of statements again and again, while some work is done. None is ended.
fn beside(database: &TestDb, transactions: &[&[&str]], work: impl FnOnce()) {
    let (is_over, done) = (AtomicBool::new(false), AtomicUsize::new(0));
    let ended = Mutex::new(Vec::new());
    thread::scope(|scope| {
        let _stop = Stop(&is_over);
        for (nth, transaction) in transactions.iter().enumerate() {
            let (is_over, done, ended) = (&is_over, &done, &ended);
            scope.spawn(move || {
                let mut client = database.connect();
                let mut pause = 7 + 3 * nth as u64;
                while !is_over.load(Ordering::Relaxed) {
                    if let Err(error) = carried_out(&mut client, transaction) {
                        ended
                            .lock()
                            .unwrap()
                            .push(format!("{transaction:?}: {error:?}"));
                    }
                    done.fetch_add(1, Ordering::Relaxed);
                    pause = (pause * 31 + 17) % 41;
                    thread::sleep(Duration::from_millis(pause));
                }
            });
        }
        until("they are at it", || done.load(Ordering::Relaxed) > 10);
        work();
    });
    let ended = ended.into_inner().unwrap();
    assert!(ended.is_empty(), "{} of {done:?}: {ended:#?}", ended.len());
}

fn carried_out(client: &mut Client, statements: &[&str]) -> Result<(), postgres::Error> {
    let mut tx = client.transaction()?;
    for statement in statements {
        tx.batch_execute(statement)?;
        thread::sleep(Duration::from_millis(5));
    }
    tx.commit()
}

/// Migrates round for round, beside transactions.
fn rounds(
    database: &TestDb,
    client: &mut Client,
    (sql, rounds): (&str, usize),
    transactions: &[&[&str]],
    how: impl Fn(Migrator) -> Migrator,
) {
    beside(database, transactions, || {
        for round in 1..=rounds {
            let migrator = how(migrator(changing(sql, round)).attempts(40));
            let report = migrator.on(client).run().unwrap();
            assert!(report.migrated > 0, "{report:?}");
        }
    });
}

const BOTH: &str = "ALTER TABLE \"{tenant}\".one ADD COLUMN n{n} int; ALTER TABLE \"{tenant}\".two ADD COLUMN n{n} int;";

/// Writers and readers, in both orders.
const IN_ACME: [&[&str]; 4] = [
    &["UPDATE acme.two SET id = id", "UPDATE acme.one SET id = id"],
    &["SELECT FROM acme.two", "SELECT FROM acme.one"],
    &[
        "SELECT FROM acme.two",
        "INSERT INTO acme.one SELECT max(id) + 1 FROM acme.one ON CONFLICT DO NOTHING",
    ],
    &["SELECT FROM acme.one", "SELECT FROM acme.two"],
];

#[test]
fn two_tables_are_changed_beside_those_who_take_them_the_other_way_round() {
    let (database, mut client) = with_tenants(&["acme"], "400ms");
    rounds(&database, &mut client, (BOTH, 20), &IN_ACME, |it| it);
}

#[test]
fn a_longer_lock_timeout_ends_nobody_either() {
    let (database, mut client) = with_tenants(&["acme"], "400ms");
    let long = |it: Migrator| it.lock_timeout(Duration::from_secs(10));
    rounds(&database, &mut client, (BOTH, 15), &IN_ACME, long);
}

#[test]
fn a_server_that_looks_soon_ends_nobody() {
    let (database, mut client) = with_tenants(&["acme"], "100ms");
    rounds(&database, &mut client, (BOTH, 15), &IN_ACME, |it| it);
}

#[test]
fn whoever_takes_a_table_all_the_time_the_other_way_round_is_not_in_the_way_for_good() {
    let (database, mut client) = with_tenants(&["acme"], "400ms");
    let busy: &[&str] = &[
        "UPDATE acme.two SET id = id; SELECT pg_sleep(0.03)",
        "UPDATE acme.one SET id = id",
    ];
    // One of these always has the second table.
    let transactions = [busy; 8];
    rounds(&database, &mut client, (BOTH, 3), &transactions, |it| it);
}

#[test]
fn a_foreign_key_to_a_shared_table_ends_nobody_who_writes_to_both() {
    let (database, mut client) = with_tenants(&["acme"], "400ms");
    let key = "ALTER TABLE \"{tenant}\".one ADD CONSTRAINT key_{n} FOREIGN KEY (id) REFERENCES \"{shared}\".plan;";
    let there: &[&str] = &[
        "UPDATE shared.plan SET id = id WHERE false; SELECT pg_sleep(0.03)",
        "UPDATE acme.one SET id = id WHERE false; SELECT pg_sleep(0.03)",
    ];
    let transactions = [
        there,
        there,
        there,
        &["SELECT FROM shared.plan", "SELECT FROM acme.one"],
    ];
    rounds(&database, &mut client, (key, 15), &transactions, |it| it);
}

#[test]
fn sql_by_hand_that_tells_no_tables_ends_nobody() {
    let (database, mut client) = with_tenants(&["acme"], "400ms");
    let by_hand = "DO $$ BEGIN \
        EXECUTE 'ALTER TABLE ' || '\"{tenant}\".one'::regclass || ' ADD n{n} int'; \
        EXECUTE 'ALTER TABLE ' || '\"{tenant}\".two'::regclass || ' ADD n{n} int'; END $$;";
    rounds(&database, &mut client, (by_hand, 15), &IN_ACME, |it| it);
}

#[test]
fn several_tenants_in_a_transaction_end_nobody_who_is_in_two_of_them() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let (database, mut client) = with_tenants(&names, "400ms");
    let add = "ALTER TABLE \"{tenant}\".one ADD n{n} int;";
    let transactions: [&[&str]; 3] = [
        &[
            "UPDATE h.one SET id = id WHERE false",
            "UPDATE b.one SET id = id WHERE false",
        ],
        &["SELECT FROM g.one", "SELECT FROM c.one"],
        &[
            "UPDATE b.one SET id = id WHERE false",
            "UPDATE h.one SET id = id WHERE false",
        ],
    ];
    rounds(&database, &mut client, (add, 15), &transactions, |it| it);
}

#[test]
fn a_role_that_may_not_say_when_deadlocks_are_looked_for_ends_nobody() {
    let (database, mut client) = with_tenants(&["acme"], "400ms");
    ensure_role(&mut client, "tenantry_tests_circles");
    client
        .batch_execute(
            "GRANT USAGE ON SCHEMA tenantry, shared TO tenantry_tests_circles; \
             GRANT ALL ON ALL TABLES IN SCHEMA tenantry TO tenantry_tests_circles; \
             GRANT ALL ON ALL SEQUENCES IN SCHEMA tenantry TO tenantry_tests_circles; \
             ALTER SCHEMA acme OWNER TO tenantry_tests_circles; ALTER TABLE acme.one OWNER TO tenantry_tests_circles; \
             ALTER TABLE acme.two OWNER TO tenantry_tests_circles",
        )
        .unwrap();
    let mut config = database.config();
    config.options("-c role=tenantry_tests_circles");
    let mut other = config.connect(NoTls).unwrap();
    assert!(other.batch_execute("SET deadlock_timeout = '1s'").is_err());
    rounds(&database, &mut other, (BOTH, 15), &IN_ACME, |it| it);
}
