//! An index counts as made if it is the one that is asked for.

use postgres::Client;
use tenantry::migrate::Chain;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{check_whole, create, migrator, texts};

use crate::common::{invalid, steps, with_index};

const TWO_STEPS: &str = "ALTER TABLE \"{tenant}\".customers ADD COLUMN parent bigint;\n\
     CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS customers_b ON \"{tenant}\".customers (parent);\n";

#[test]
fn an_index_that_is_not_the_one_asked_for_is_an_error_however_often_it_is_tried() {
    for there in [
        "CREATE INDEX customers_b ON a.customers (name)",
        "CREATE INDEX customers_b ON a.customers (parent)",
        "CREATE UNIQUE INDEX customers_b ON a.customers (parent DESC)",
        "CREATE UNIQUE INDEX customers_b ON a.customers (parent) INCLUDE (name)",
        "CREATE UNIQUE INDEX customers_b ON a.customers (parent) WHERE parent > 0",
        "CREATE UNIQUE INDEX customers_b ON a.customers (parent) WITH (fillfactor = 50)",
        "CREATE UNIQUE INDEX customers_b ON a.customers (parent) NULLS NOT DISTINCT",
        "CREATE UNIQUE INDEX customers_b ON a.invoices (id)",
        "CREATE TABLE a.customers_b (id int)",
        "CREATE VIEW a.customers_b AS SELECT 1 AS n",
    ] {
        let db = TestDb::new();
        let (mut client, chain) = with_index(&db, TWO_STEPS);
        // The first segment is done already, as it is after a crash.
        client
            .batch_execute(&format!(
                "ALTER TABLE a.customers ADD COLUMN parent bigint; {there}"
            ))
            .unwrap();
        half_way(&mut client, &chain);
        for run in 1..=2 {
            let report = migrator(chain.clone()).on(&mut client).attempt().unwrap();
            assert_eq!(report.failed.len(), 1, "{there}: run {run}");
            let failure = report.failed[0].error.as_ref().unwrap();
            let says = ["customers_b", "help: ", "line 2"];
            assert!(
                says.iter().all(|word| failure.message.contains(word)),
                "{failure:?}"
            );
            if there.contains("INDEX") {
                assert!(failure.message.contains("there: CREATE"), "{failure:?}");
                assert!(
                    failure
                        .message
                        .contains("asked: CREATE UNIQUE INDEX customers_b"),
                    "{failure:?}"
                );
            }
        }
        assert_eq!(steps(&mut client), ["a 3.2", "b 4.0"]);
        let drop = if there.contains("TABLE") {
            "DROP TABLE a.customers_b"
        } else if there.contains("VIEW") {
            "DROP VIEW a.customers_b"
        } else {
            "DROP INDEX a.customers_b"
        };
        client.batch_execute(drop).unwrap();
        assert_eq!(migrator(chain).on(&mut client).run().unwrap().migrated, 1);
        let definition = "SELECT indexdef FROM pg_catalog.pg_indexes WHERE indexname = 'customers_b' AND schemaname = 'a'";
        assert_eq!(
            texts(&mut client, definition),
            ["CREATE UNIQUE INDEX customers_b ON a.customers USING btree (parent)"]
        );
    }
}

#[test]
fn an_index_that_may_be_there_already_has_to_be_the_one_asked_for_in_a_transaction_too() {
    const SQL: &str = "ALTER TABLE \"{tenant}\".customers ADD COLUMN parent bigint;\n  \
         CREATE UNIQUE INDEX IF NOT EXISTS \"By \"\"b\" ON \"{tenant}\".customers (lower(name), parent) WHERE parent > 0;\n\
         CREATE TABLE \"{tenant}\".n (id int)";
    for (there, drop) in [
        (
            "CREATE UNIQUE INDEX \"By \"\"b\" ON a.customers (lower(name))",
            "INDEX",
        ),
        (
            "CREATE INDEX \"By \"\"b\" ON a.customers (lower(name), id) WHERE id > 0",
            "INDEX",
        ),
        (
            "CREATE UNIQUE INDEX \"By \"\"b\" ON a.invoices (id)",
            "INDEX",
        ),
        ("CREATE TABLE a.\"By \"\"b\" (id int)", "TABLE"),
    ] {
        let db = TestDb::new();
        let (mut client, chain) = with_index(&db, SQL);
        client.batch_execute(there).unwrap();
        for run in 1..=2 {
            let report = migrator(chain.clone()).on(&mut client).attempt().unwrap();
            assert_eq!(report.failed.len(), 1, "{there}: run {run}");
            let message = &report.failed[0].error.as_ref().unwrap().message;
            for word in [
                "By \"\"b",
                "help: ",
                "line 2, column 3, `CREATE UNIQUE INDEX IF",
            ] {
                assert!(message.contains(word), "{word} is not in {message}");
            }
            assert!(!message.contains("tenantry_"), "{message}");
        }
        assert_eq!(steps(&mut client), ["a 3.0", "b 4.0"]);
        client
            .batch_execute(&format!("DROP {drop} a.\"By \"\"b\""))
            .unwrap();
        assert_eq!(
            migrator(chain.clone())
                .on(&mut client)
                .run()
                .unwrap()
                .migrated,
            1
        );
        create(&mut client, "c");
        let definitions = "SELECT count(DISTINCT replace(indexdef, ' ' || schemaname || '.', ' t.')) || ' of ' || count(*) \
             FROM pg_catalog.pg_indexes WHERE indexname = 'By \"b'";
        assert_eq!(texts(&mut client, definitions), ["1 of 3"]);
        check_whole(&mut client, &chain);
    }
    // The one that is asked for is done, in whatever words; and so is what the same migration drops and makes anew.
    let db = TestDb::new();
    let (mut client, chain) = with_index(
        &db,
        "CREATE INDEX IF NOT EXISTS i ON \"{tenant}\".customers USING btree (id ASC); DROP INDEX \"{tenant}\".j;\n\
         CREATE INDEX IF NOT EXISTS j ON \"{tenant}\".customers (name)",
    );
    client
        .batch_execute(
            "CREATE INDEX i ON a.customers (id); CREATE INDEX j ON a.customers (id); CREATE INDEX j ON b.customers (id)",
        )
        .unwrap();
    assert_eq!(migrator(chain).on(&mut client).run().unwrap().migrated, 2);
    let made = "SELECT indexdef FROM pg_catalog.pg_indexes WHERE indexname = 'j' ORDER BY 1";
    assert_eq!(
        texts(&mut client, made),
        ["a", "b"].map(|it| format!("CREATE INDEX j ON {it}.customers USING btree (name)"))
    );
}

/// Has the tenant `a` go on with the second segment of the last migration, as after a crash.
fn half_way(client: &mut Client, chain: &Chain) {
    // The run records the chain, and fails for `a` at its first segment, which is there already.
    migrator(chain.clone()).on(client).attempt().unwrap();
    client
        .batch_execute(
            "UPDATE tenantry.tenant SET step = 2 WHERE key = 'a'; \
             INSERT INTO tenantry.ledger (migration, tenant_id, checksum) \
             SELECT migration, 1, checksum FROM tenantry.ledger WHERE migration = '0004_index' AND tenant_id = 2",
        )
        .unwrap();
}

#[test]
fn an_index_that_is_there_as_it_is_asked_for_is_done() {
    // Written in another way, with a function and a type of the tenant, and on a table whose name needs quotes.
    const SQL: &str = "CREATE TABLE \"{tenant}\".\"Odd \"\"t\" (a text COLLATE \"C\", b int, c int);\n\
        CREATE FUNCTION \"{tenant}\".f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';\n\
        CREATE INDEX CONCURRENTLY \"Odd i\" ON ONLY \"{tenant}\".\"Odd \"\"t\" ( lower(a) text_pattern_ops desc, (b+1), \"{tenant}\".f(c) )\n\
          INCLUDE(b) WITH ( fillfactor=70 ) WHERE \"{tenant}\".f(b)>0 AND a in ('x','y; z');\n\
        CREATE INDEX CONCURRENTLY ON \"{tenant}\".\"Odd \"\"t\" (b);\n";
    let db = TestDb::new();
    let (mut client, chain) = with_index(&db, SQL);
    migrator(chain.clone()).on(&mut client).run().unwrap();
    let count = "SELECT count(*)::text FROM pg_catalog.pg_indexes WHERE schemaname = 'a' AND tablename LIKE 'Odd%'";
    assert_eq!(texts(&mut client, count), ["2"]);
    // As after a crash between each statement and the note that it is done. An index without a name is made once more
    // unless it had begun.
    let mut resumed = |step: i32, broken: &str| {
        client
            .batch_execute(&format!(
                "UPDATE pg_catalog.pg_index SET indisvalid = false WHERE indexrelid::regclass::text LIKE '{broken}'; \
                 UPDATE tenantry.tenant SET version = 3, step = {step} WHERE key = 'a'"
            ))
            .unwrap();
        assert_eq!(
            migrator(chain.clone())
                .on(&mut client)
                .run()
                .unwrap()
                .migrated,
            1
        );
        assert_eq!(steps(&mut client), ["a 4.0", "b 4.0"]);
        assert_eq!(invalid(&mut client), Vec::<String>::new());
        texts(&mut client, count)
    };
    assert_eq!(resumed(3, ""), ["2"]);
    assert_eq!(resumed(2, ""), ["3"]);
    assert_eq!(resumed(2, "a.%Odd i%"), ["4"]);
    assert_eq!(resumed(3, "a.%_b_idx%"), ["2"]);
}
