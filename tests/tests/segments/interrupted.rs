//! Statements outside of a transaction that were interrupted, and what is left of them.

use std::thread;
use std::thread::ScopedJoinHandle;

use postgres::Client;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{migrate, migrator, texts};
use tenantry_tests::wait::until_by;

use crate::common::{described, invalid, steps, young};

/// The server's process that waits in a statement.
fn waiting<T>(client: &mut Client, run: &ScopedJoinHandle<'_, T>, word: &str) -> String {
    let sql = format!(
        "SELECT pid::text FROM pg_catalog.pg_stat_activity WHERE datname = current_database() \
         AND query LIKE '%{word}%' AND wait_event_type = 'Lock' AND pid <> pg_catalog.pg_backend_pid()"
    );
    let mut pid = None;
    until_by(run, "it waits for another transaction", || {
        pid = texts(client, &sql).pop();
        pid.is_some()
    });
    pid.expect("it was found")
}

/// Runs a migration that waits for a transaction of somebody else, and ends its statement or its connection there.
fn interrupted(db: &TestDb, sql: &str, others: &str, ended: &str, word: &str) {
    let mut client = db.connect();
    let mut other = db.connect();
    let mut tx = other.transaction().unwrap();
    tx.batch_execute(others).unwrap();
    thread::scope(|scope| {
        let run = scope.spawn(|| {
            migrator(described("", sql))
                .on(&mut db.connect())
                .attempt()
                .is_ok_and(|report| report.failed.is_empty())
        });
        let pid = waiting(&mut client, &run, word);
        texts(&mut client, &format!("SELECT {ended}({pid})::text"));
        assert!(!run.join().unwrap(), "{ended} has ended nothing");
    });
    tx.rollback().unwrap();
}

const ENDS: [&str; 2] = [
    "pg_catalog.pg_cancel_backend",
    "pg_catalog.pg_terminate_backend",
];

#[test]
fn a_partition_whose_detachment_was_interrupted_is_detached_by_the_next_run() {
    let detach = "ALTER TABLE \"{tenant}\".parts DETACH PARTITION \"{tenant}\".p1 CONCURRENTLY;";
    for begins in ["", "SELECT 1;\n"] {
        for ended in ENDS {
            let db = TestDb::new();
            let mut client = young(&db, &["a", "b"]);
            for tenant in ["a", "b"] {
                let sql = format!(
                    "CREATE TABLE {tenant}.parts (n int) PARTITION BY LIST (n); \
                     CREATE TABLE {tenant}.p1 PARTITION OF {tenant}.parts FOR VALUES IN (1)"
                );
                client.batch_execute(&sql).unwrap();
            }
            let sql = format!("{begins}{detach}");
            interrupted(&db, &sql, "SELECT FROM a.parts", ended, "DETACH");
            let pending = "SELECT inhrelid::regclass::text FROM pg_catalog.pg_inherits WHERE inhdetachpending";
            assert_eq!(texts(&mut client, pending), ["a.p1"]);
            migrate(&mut client, described("", &sql));
            assert_eq!(steps(&mut client), ["a 4.0", "b 4.0"], "{begins}{ended}");
            let attached = "SELECT inhrelid::regclass::text FROM pg_catalog.pg_inherits";
            assert_eq!(texts(&mut client, attached), Vec::<String>::new());
        }
    }
}

/// The server has done it, and the note was lost.
#[test]
fn a_partition_that_is_detached_is_not_detached_again() {
    let db = TestDb::new();
    let mut client = young(&db, &["a"]);
    client
        .batch_execute(
            "CREATE TABLE a.parts (n int) PARTITION BY LIST (n); \
             CREATE TABLE a.p1 PARTITION OF a.parts FOR VALUES IN (1)",
        )
        .unwrap();
    let detach = "ALTER TABLE \"{tenant}\".parts DETACH PARTITION \"{tenant}\".p1 CONCURRENTLY;";
    interrupted(&db, detach, "SELECT FROM a.parts", ENDS[1], "DETACH");
    client
        .batch_execute("ALTER TABLE a.parts DETACH PARTITION a.p1 FINALIZE")
        .unwrap();
    assert_eq!(steps(&mut client), ["a 3.1"]);
    migrate(&mut client, described("", detach));
    assert_eq!(steps(&mut client), ["a 4.0"]);
}

#[test]
fn indexes_that_an_interrupted_reindex_leaves_are_dropped() {
    let what = [
        "INDEX CONCURRENTLY \"{tenant}\".customers_pkey",
        "TABLE CONCURRENTLY \"{tenant}\".customers",
        "SCHEMA CONCURRENTLY \"{tenant}\"",
    ];
    for (what, ended) in what.into_iter().zip([ENDS[0], ENDS[1], ENDS[1]]) {
        let db = TestDb::new();
        let mut client = young(&db, &["a"]);
        let sql = format!("REINDEX {what};");
        let write = "INSERT INTO a.customers VALUES (1, 'Ann', NULL)";
        for _ in 0..2 {
            // The second one waits to drop what the first has left.
            interrupted(&db, &sql, write, ended, "INDEX");
        }
        migrate(&mut client, described("", &sql));
        assert_eq!(steps(&mut client), ["a 4.0"], "{sql}");
        assert_eq!(invalid(&mut client), Vec::<String>::new(), "{sql}");
    }
}

/// Rows that are written are noted in the same transaction: if the note can't be written, they are not there.
#[test]
fn rows_that_are_written_without_a_transaction_are_written_once() {
    let db = TestDb::new();
    let mut client = young(&db, &["a"]);
    client
        .batch_execute("INSERT INTO a.customers VALUES (1, 'Ann', NULL)")
        .unwrap();
    let sql = "UPDATE \"{tenant}\".customers SET name = name || '!';\nUPDATE \"{tenant}\".customers SET name = name || '?';";
    let chain = described("transaction = false", sql);
    // Whoever notes that the first statement is done loses the connection.
    client
        .batch_execute(
            "CREATE FUNCTION public.cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             PERFORM pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid()); RETURN NEW; END $$; \
             CREATE TRIGGER cut BEFORE UPDATE ON tenantry.tenant FOR EACH ROW WHEN (OLD.step = 1) \
             EXECUTE FUNCTION public.cut()",
        )
        .unwrap();
    migrator(chain.clone())
        .on(&mut db.connect())
        .run()
        .unwrap_err();
    client
        .batch_execute("DROP TRIGGER cut ON tenantry.tenant")
        .unwrap();
    assert_eq!(steps(&mut client), ["a 3.1"]);
    migrator(chain).on(&mut client).run().unwrap();
    assert_eq!(
        texts(&mut client, "SELECT name FROM a.customers"),
        ["Ann!?"]
    );
}

/// A server that takes the statement and not the note that it is done: as by `SQLSTATE`, which is raised if the condition holds.
fn refuse_notes(client: &mut Client, condition: &str, sqlstate: &str) {
    let sql = format!(
        "CREATE SEQUENCE public.tries; \
         CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF {condition} THEN RAISE EXCEPTION 'refused' USING ERRCODE = '{sqlstate}'; END IF; RETURN NEW; END $$; \
         CREATE TRIGGER refuse BEFORE UPDATE ON tenantry.tenant FOR EACH ROW \
         WHEN (OLD.step = 1 AND NEW.step <> 1 AND NEW.version + NEW.step > OLD.version) EXECUTE FUNCTION public.refuse()"
    );
    client.batch_execute(&sql).unwrap();
}

const ANN: &str = "DO $$ BEGIN INSERT INTO \"{tenant}\".customers VALUES (1, 'Ann', NULL); END $$;";

#[test]
fn a_statement_that_is_done_is_begun_though_it_can_not_be_noted() {
    for sql in [
        "DROP INDEX CONCURRENTLY \"{tenant}\".by_name;",
        "ALTER TABLE \"{tenant}\".parts DETACH PARTITION \"{tenant}\".p1 CONCURRENTLY;",
        "CREATE INDEX CONCURRENTLY ON \"{tenant}\".customers (upper(name));",
    ] {
        let db = TestDb::new();
        let mut client = young(&db, &["a"]);
        client
            .batch_execute(
                "CREATE INDEX by_name ON a.customers (name); \
                 CREATE TABLE a.parts (n int) PARTITION BY LIST (n); \
                 CREATE TABLE a.p1 PARTITION OF a.parts FOR VALUES IN (1)",
            )
            .unwrap();
        refuse_notes(&mut client, "true", "57014");
        let chain = described("", sql);
        let report = migrator(chain.clone()).on(&mut client).attempt().unwrap();
        let failure = report.failed[0].error.as_ref().unwrap();
        assert_eq!(failure.sqlstate.as_deref(), Some("57014"), "{failure:?}");
        assert!(failure.message.contains("is done, and"), "{failure:?}");
        assert_eq!(steps(&mut client), ["a 3.1"], "{sql}");
        client
            .batch_execute("DROP TRIGGER refuse ON tenantry.tenant")
            .unwrap();
        migrate(&mut client, chain);
        assert_eq!(steps(&mut client), ["a 4.0"], "{sql}");
        let upper = "SELECT indexrelid::regclass::text FROM pg_catalog.pg_index \
                     WHERE pg_catalog.pg_get_indexdef(indexrelid) LIKE '%upper(%'";
        let expected = usize::from(sql.starts_with("CREATE"));
        assert_eq!(texts(&mut client, upper).len(), expected, "{sql}");
    }
}

#[test]
fn a_block_that_is_done_is_not_done_again_by_itself() {
    for rest in ["", "SELECT 1;"] {
        let db = TestDb::new();
        let mut client = young(&db, &["a"]);
        refuse_notes(&mut client, "true", "57014");
        let chain = described("transaction = false", &format!("{ANN}\n{rest}"));
        let report = migrator(chain.clone()).on(&mut client).attempt().unwrap();
        let failure = report.failed[0].error.as_ref().unwrap();
        assert_eq!(steps(&mut client), ["a 3.1"]);
        // The help has the statement that notes it by hand.
        client
            .batch_execute("DROP TRIGGER refuse ON tenantry.tenant")
            .unwrap();
        let by_hand = failure.message.split('`').rev().nth(1).unwrap();
        client.batch_execute(by_hand).unwrap();
        migrate(&mut client, chain);
        assert_eq!(steps(&mut client), ["a 4.0"]);
        assert_eq!(texts(&mut client, "SELECT name FROM a.customers"), ["Ann"]);
    }
}

#[test]
fn a_note_that_fails_by_a_deadlock_is_written_again() {
    let db = TestDb::new();
    let mut client = young(&db, &["a"]);
    refuse_notes(
        &mut client,
        "pg_catalog.nextval('public.tries') = 1",
        "40P01",
    );
    migrate(&mut client, described("transaction = false", ANN));
    assert_eq!(steps(&mut client), ["a 4.0"]);
    assert_eq!(texts(&mut client, "SELECT name FROM a.customers"), ["Ann"]);
}
