//! Drops beside shared tables in parts: whoever reads these in whatever order goes on, and no part is in the way for good.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use postgres::{Client, NoTls};
use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{app, chain, create, ensure_role, migrate, schemas, tables, texts};
use tenantry_tests::wait::{until, until_by};

use crate::common::key;

const PARTS: &str = "CREATE TABLE \"{shared}\".parts (id bigint PRIMARY KEY) PARTITION BY HASH (id); \
     CREATE TABLE \"{shared}\".part_0 PARTITION OF \"{shared}\".parts FOR VALUES WITH (MODULUS 2, REMAINDER 0); \
     CREATE TABLE \"{shared}\".part_1 PARTITION OF \"{shared}\".parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);";
const USES: &str = "CREATE TABLE \"{tenant}\".uses (part bigint REFERENCES \"{shared}\".parts);";

/// A database with the tenant `acme`, which references a shared table in two parts.
fn in_parts() -> (TestDb, Client) {
    let database = TestDb::new();
    let mut client = database.connect();
    let chain = chain(&[
        ("0001_parts", &[("shared.up.sql", PARTS)]),
        ("0002_uses", &[("tenant.up.sql", USES)]),
    ]);
    migrate(&mut client, chain);
    create(&mut client, "acme");
    (database, client)
}

/// Since when transactions go on that wait for a table against everybody, and whether they have waited for so long.
fn waited(client: &mut Client, table: &str, long: &str) -> Vec<(String, bool)> {
    let sql = format!(
        "SELECT pg_catalog.concat_ws(' ', extract(epoch FROM a.xact_start), \
             pg_catalog.clock_timestamp() - l.waitstart > '{long}') \
         FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid \
         WHERE NOT l.granted AND l.mode = 'AccessExclusiveLock' AND l.relation = 'shared.{table}'::regclass \
         AND a.datname = pg_catalog.current_database()"
    );
    let rows = texts(client, &sql);
    let read = |row: &String| {
        let (since, is_long) = row.split_once(' ').unwrap();
        (since.to_owned(), is_long == "t")
    };
    rows.iter().map(read).collect()
}

#[test]
fn who_reads_parts_in_another_order_than_a_drop_locks_them_is_ended_by_nobody() {
    let (database, mut client) = in_parts();
    // Whoever waits for so long (of an attempt of 800 ms there is more than that left) looks whether it waits in a circle, and ends its own transaction if so.
    client
        .batch_execute(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = ''150ms''', \
             current_database()); END $$",
        )
        .unwrap();
    let mut options = Options::default();
    options.lock_timeout = Duration::from_secs(2);
    options.lock_wait = Duration::from_mins(1);
    let db = Database::connect_with(&database.config(), NoTls, options).unwrap();
    let mut reader = database.connect();
    let mut reading = reader.transaction().unwrap();
    reading.batch_execute("SELECT FROM shared.part_1").unwrap();
    thread::scope(|scope| {
        let dropped = scope.spawn(|| db.tenants().drop(&key("acme")));
        let mut attempts = BTreeSet::new();
        until(
            "the drop waits for longer than that, or gives up again and again",
            || {
                let waited = waited(&mut client, "part_1", "410ms");
                let is_long = waited.iter().any(|(_, is_long)| *is_long);
                attempts.extend(waited.into_iter().map(|(since, _)| since));
                is_long || attempts.len() > 8
            },
        );
        let read = reading.batch_execute("SELECT FROM shared.part_0");
        assert!(read.is_ok(), "{read:?}");
        reading.commit().unwrap();
        dropped.join().unwrap().unwrap();
    });
}

#[test]
fn a_drop_takes_its_keys_off_a_table_whose_parts_its_role_may_not_lock() {
    let (database, mut client) = in_parts();
    ensure_role(&mut client, "tenantry_tests_dropper");
    client
        .batch_execute(
            "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO tenantry_tests_dropper', current_database()); END $$; \
             GRANT USAGE ON SCHEMA tenantry, shared TO tenantry_tests_dropper; \
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tenantry TO tenantry_tests_dropper; \
             ALTER SCHEMA acme OWNER TO tenantry_tests_dropper; ALTER TABLE acme.uses OWNER TO tenantry_tests_dropper; \
             GRANT UPDATE ON shared.part_0 TO tenantry_tests_dropper",
        )
        .unwrap();
    let mut config = database.config();
    config.options("-c role=tenantry_tests_dropper");
    let other = Database::connect_with(&config, NoTls, Options::default()).unwrap();
    let dropped = other.tenants().drop(key("acme"));
    dropped.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(schemas(&mut client), ["shared", "tenantry"]);
    assert_eq!(tables(&mut client, "shared"), ["part_0", "part_1"]);
}

#[test]
fn tables_of_a_tenant_that_are_parts_of_shared_ones_are_dropped_and_their_siblings_stay() {
    let database = TestDb::new();
    let mut client = database.connect();
    let shared = "CREATE TABLE \"{shared}\".log (id bigint, tenant text) PARTITION BY LIST (tenant); \
         CREATE TABLE \"{shared}\".log_rest PARTITION OF \"{shared}\".log DEFAULT;";
    migrate(
        &mut client,
        chain(&[("0001_log", &[("shared.up.sql", shared)])]),
    );
    for name in ["acme", "globex"] {
        create(&mut client, name);
        let own = format!(
            "CREATE TABLE {name}.log PARTITION OF shared.log FOR VALUES IN ('{name}'); \
             INSERT INTO shared.log VALUES (1, '{name}')"
        );
        client.batch_execute(&own).unwrap();
    }
    client
        .batch_execute("INSERT INTO shared.log VALUES (2, 'nobody')")
        .unwrap();
    app(database.url())
        .tenants()
        .drop(key("acme"))
        .unwrap_or_else(|error| panic!("{error}"));
    let left = texts(&mut client, "SELECT tenant FROM shared.log ORDER BY 1");
    assert_eq!(left, ["globex", "nobody"]);
    assert_eq!(schemas(&mut client), ["globex", "shared", "tenantry"]);
}

#[test]
fn a_part_whose_detachment_was_interrupted_is_dropped_too() {
    let database = TestDb::new();
    let mut client = database.connect();
    let shared =
        "CREATE TABLE \"{shared}\".log (id bigint, tenant text) PARTITION BY LIST (tenant);";
    migrate(
        &mut client,
        chain(&[("0001_log", &[("shared.up.sql", shared)])]),
    );
    create(&mut client, "acme");
    client
        .batch_execute("CREATE TABLE acme.log PARTITION OF shared.log FOR VALUES IN ('acme')")
        .unwrap();
    let mut reader = database.connect();
    let mut reading = reader.transaction().unwrap();
    reading.batch_execute("SELECT FROM shared.log").unwrap();
    let mut detaching = database.connect();
    let token = detaching.cancel_token();
    thread::scope(|scope| {
        let detach = "ALTER TABLE shared.log DETACH PARTITION acme.log CONCURRENTLY";
        let detached = scope.spawn(move || detaching.batch_execute(detach));
        let pending = "SELECT FROM pg_inherits WHERE inhdetachpending";
        until("the part waits for its reader", || {
            !client.query(pending, &[]).unwrap().is_empty()
        });
        token.cancel_query(NoTls).unwrap();
        detached.join().unwrap().unwrap_err();
    });
    reading.commit().unwrap();
    app(database.url())
        .tenants()
        .drop(key("acme"))
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(schemas(&mut client), ["shared", "tenantry"]);
    assert_eq!(tables(&mut client, "shared"), [""; 0]);
}

#[test]
fn a_drop_ends_when_it_is_no_part_that_is_missing() {
    let (database, mut client) = in_parts();
    client
        .batch_execute(
            "CREATE FUNCTION public.looks() RETURNS event_trigger LANGUAGE plpgsql AS \
                 $$ BEGIN PERFORM FROM public.gone; END $$; \
             CREATE EVENT TRIGGER looks ON ddl_command_end WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION public.looks()",
        )
        .unwrap();
    let db = app(database.url());
    let error = db.tenants().drop(key("acme")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingTable, "{error}");
    client.batch_execute("DROP EVENT TRIGGER looks").unwrap();
    db.tenants()
        .drop(key("acme"))
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(schemas(&mut client), ["shared", "tenantry"]);
}

/// Runs SQL in a transaction, and commits it when a drop of `acme` waits for a table that it has locked. Returns what comes of the drop.
fn dropped_beside(
    database: &TestDb,
    client: &mut Client,
    (table, sql): (&str, &str),
) -> tenantry::Result<()> {
    let oid = format!("SELECT '{table}'::regclass::oid::text");
    let oid = texts(client, &oid).concat();
    let mut other = database.connect();
    let mut changing = other.transaction().unwrap();
    changing.batch_execute(sql).unwrap();
    let db = app(database.url());
    thread::scope(|scope| {
        let dropped = scope.spawn(|| db.tenants().drop(key("acme")));
        let waits = format!(
            "SELECT pid::text FROM pg_catalog.pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock' AND relation = {oid} \
             AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())"
        );
        until_by(&dropped, "the drop waits for the table", || {
            !texts(client, &waits).is_empty()
        });
        changing.commit().unwrap();
        dropped.join().unwrap()
    })
}

#[test]
fn what_somebody_takes_away_while_a_drop_waits_for_it_is_in_the_way_of_nobody() {
    for (table, sql) in [
        (
            "acme.uses",
            "ALTER TABLE acme.uses DROP CONSTRAINT uses_part_fkey",
        ),
        ("acme.uses", "DROP TABLE acme.uses"),
        ("acme.plain", "DROP TABLE acme.plain"),
        (
            "acme.own",
            "ALTER TABLE shared.log DETACH PARTITION acme.own",
        ),
        ("acme.own", "DROP TABLE acme.own"),
    ] {
        let (database, mut client) = in_parts();
        client
            .batch_execute(
                "CREATE TABLE acme.plain (id bigint); CREATE TABLE shared.log (id bigint) PARTITION BY LIST (id); \
                 CREATE TABLE acme.own PARTITION OF shared.log FOR VALUES IN (1)",
            )
            .unwrap();
        let dropped = dropped_beside(&database, &mut client, (table, sql));
        dropped.unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert_eq!(schemas(&mut client), ["shared", "tenantry"], "{sql}");
    }
}
