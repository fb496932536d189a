//! Indexes that are built while others write.

use std::thread;

use tenantry::testing::{Server, TestDb};
use tenantry_tests::fleet::{
    CUSTOMERS, Folder, INVOICES, PLANS, chain, check_whole, create, migrate, migrator, shop, texts,
};

use crate::common::{described, fill_big, invalid, longer, steps, with_workers, young};

#[test]
fn an_index_that_is_built_concurrently_splits_a_migration() {
    let db = TestDb::new();
    let mut client = young(&db, &["a", "b", "c", "d"]);
    let report = with_workers(2, longer(), &db)
        .on(&mut client)
        .run()
        .unwrap();
    assert_eq!(report.migrated, 4);
    assert_eq!(steps(&mut client), ["a 4.0", "b 4.0", "c 4.0", "d 4.0"]);
    // A new tenant gets the same in its one transaction.
    create(&mut client, "e");
    check_whole(&mut client, &longer());
    let report = migrator(longer())
        .on(&mut client)
        .rollback(Some("0003"))
        .unwrap();
    assert_eq!(report.migrated, 5);
    check_whole(&mut client, &longer());
}

#[test]
fn indexes_are_built_concurrently_where_tables_are_big_and_plainly_where_they_are_small() {
    let server = Server::builder()
        .setting("log_statement", "ddl")
        .start()
        .unwrap();
    let db = server.database().unwrap();
    let mut client = db.connect();
    migrate(&mut client, shop());
    for tenant in ["small", "big", "tiny"] {
        create(&mut client, tenant);
    }
    fill_big(&mut client);
    let index: Folder<'_> = (
        "0004_index",
        &[(
            "tenant.up.sql",
            "CREATE INDEX customers_name ON \"{tenant}\".customers (name);",
        )],
    );
    let chain = chain(&[PLANS, CUSTOMERS, INVOICES, index]);
    let report = migrator(chain.clone()).on(&mut client).run().unwrap();
    assert_eq!(report.migrated, 3);
    let log = server.log().unwrap();
    assert!(log.contains("CREATE INDEX CONCURRENTLY customers_name ON \"big\".customers"));
    assert!(log.contains("CREATE INDEX customers_name ON \"small\".customers"));
    assert!(log.contains("CREATE INDEX customers_name ON \"tiny\".customers"));
    check_whole(&mut client, &chain);
}

#[test]
fn the_shared_schema_has_indexes_built_concurrently_too() {
    let db = TestDb::new();
    let mut client = young(&db, &["a"]);
    let codes: Folder<'_> = (
        "0004_codes",
        &[
            (
                "shared.up.sql",
                "CREATE UNIQUE INDEX CONCURRENTLY plans_code ON \"{shared}\".plans (code);\n\
                 ALTER TABLE \"{shared}\".plans ADD COLUMN price int;",
            ),
            (
                "tenant.up.sql",
                "ALTER TABLE \"{tenant}\".customers ADD COLUMN code text REFERENCES \"{shared}\".plans (code)",
            ),
        ],
    );
    let chain = chain(&[PLANS, CUSTOMERS, INVOICES, codes]);
    client
        .batch_execute("INSERT INTO shared.plans VALUES (1, 'pro'), (2, 'pro')")
        .unwrap();
    let report = migrator(chain.clone()).on(&mut client).attempt().unwrap();
    assert_eq!(
        report.shared[0].error.as_ref().unwrap().sqlstate.as_deref(),
        Some("23505")
    );
    assert_eq!(invalid(&mut client), Vec::<String>::new());
    client
        .batch_execute("DELETE FROM shared.plans WHERE id = 2")
        .unwrap();
    // Several migrators at once: one does it, the others wait for it.
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                with_workers(2, chain.clone(), &db)
                    .on(&mut db.connect())
                    .run()
                    .unwrap()
            });
        }
    });
    let report = migrator(chain.clone()).on(&mut client).run().unwrap();
    assert!(report.shared.is_empty());
    check_whole(&mut client, &chain);
}

#[test]
fn an_index_on_a_partitioned_table_is_made_plainly_where_others_are_built_concurrently() {
    let db = TestDb::new();
    let mut client = db.connect();
    let events: Folder<'_> = (
        "0004_events",
        &[(
            "tenant.up.sql",
            "CREATE TABLE \"{tenant}\".events (at date NOT NULL, what text) PARTITION BY RANGE (at);\n\
             CREATE TABLE \"{tenant}\".events_all PARTITION OF \"{tenant}\".events DEFAULT;",
        )],
    );
    let before = chain(&[PLANS, CUSTOMERS, INVOICES, events]);
    migrate(&mut client, before);
    create(&mut client, "big");
    fill_big(&mut client);
    let index: Folder<'_> = (
        "0005_index",
        &[(
            "tenant.up.sql",
            "CREATE INDEX customers_name ON \"{tenant}\".customers (name);\n\
             CREATE INDEX events_what ON \"{tenant}\".events (what);",
        )],
    );
    let after = chain(&[PLANS, CUSTOMERS, INVOICES, events, index]);
    migrate(&mut client, after.clone());
    create(&mut client, "new");
    assert_eq!(invalid(&mut client), Vec::<String>::new());
    check_whole(&mut client, &after);
}

/// PostgreSQL cuts such a name off, and says so in a notice.
#[test]
fn names_that_are_too_long_are_those_that_the_server_makes_of_them() {
    let long = "\u{e4}".repeat(40);
    let sql = format!(
        "CREATE INDEX a{long} ON \"{{tenant}}\".{long} (a);\n\
         CREATE INDEX CONCURRENTLY b{long} ON \"{{tenant}}\".{long} (b);\n\
         CREATE INDEX CONCURRENTLY c{long} ON \"{{tenant}}\".{long} (c);\n\
         DROP INDEX CONCURRENTLY \"{{tenant}}\".c{long};\n"
    );
    let table = format!("CREATE TABLE \"{{tenant}}\".{long} (a int, b int, c int);");
    let files = [("tenant.up.sql", table.as_str())];
    let made = [PLANS, CUSTOMERS, INVOICES, ("0004_long", &files)];
    let files = [("tenant.up.sql", sql.as_str())];
    let both = chain(&[&made[..], &[("0005_indexes", &files)]].concat());
    let db = TestDb::new();
    let mut client = db.connect();
    migrate(&mut client, chain(&made));
    for tenant in ["big", "small"] {
        create(&mut client, tenant);
    }
    let fill = format!(
        "INSERT INTO big.{long} SELECT n, n, n FROM generate_series(1, 300000) AS n; ANALYZE"
    );
    client.batch_execute(&fill).unwrap();
    assert_eq!(
        migrator(both.clone())
            .on(&mut client)
            .run()
            .unwrap()
            .migrated,
        2
    );
    create(&mut client, "new");
    check_whole(&mut client, &both);
}

#[test]
fn an_index_on_a_big_table_that_is_renamed_before_holds_nobody_up() {
    let sql = "ALTER TABLE \"{tenant}\".customers RENAME TO people;\n\
               CREATE INDEX people_name ON \"{tenant}\".people (name);\n";
    let db = TestDb::new();
    let mut client = young(&db, &["big", "small"]);
    let fill = "CREATE TABLE shared.seen (schema text, how text); \
                CREATE FUNCTION shared.note() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN \
                INSERT INTO shared.seen SELECT schema_name, current_query() ~ 'INDEX CONCURRENTLY' \
                FROM pg_event_trigger_ddl_commands() WHERE command_tag = 'CREATE INDEX'; END $$; \
                CREATE EVENT TRIGGER seen ON ddl_command_end EXECUTE FUNCTION shared.note()";
    fill_big(&mut client);
    client.batch_execute(fill).unwrap();
    migrate(&mut client, described("", sql));
    let seen = "SELECT schema || ' ' || how FROM shared.seen ORDER BY 1";
    assert_eq!(texts(&mut client, seen), ["big true", "small false"]);
}
