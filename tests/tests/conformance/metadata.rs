//! The metadata tables say what is so, also after they were restored from a copy.

use std::collections::BTreeSet;
use std::time::Duration;

use postgres::{Client, NoTls};
use tenantry::testing::TestDb;
use tenantry::{Database, ErrorKind};
use tenantry_tests::dump::dump_of;
use tenantry_tests::fleet::{
    CUSTOMERS, Folder, PLANS, app, chain, check_whole, create, key, migrate, migrator, texts,
};

/// Brings the metadata tables back to a copy of them, as a user does who has only the schema `tenantry` in the copy.
fn restore(client: &mut Client, copy: &str) {
    let sql: Vec<&str> = copy
        .lines()
        .filter(|line| !line.starts_with('\\'))
        .collect();
    client
        .batch_execute("DROP SCHEMA tenantry CASCADE")
        .unwrap();
    client.batch_execute(&sql.join("\n")).unwrap();
    client.batch_execute("RESET ALL").unwrap();
}

fn numbers(client: &mut Client) -> Vec<i64> {
    let rows = client.query_typed("SELECT id FROM tenantry.tenant ORDER BY id", &[]);
    rows.unwrap().iter().map(|row| row.get(0)).collect()
}

#[test]
fn restored_books_give_no_number_twice() {
    let database = TestDb::new();
    let mut client = database.connect();
    let chain = chain(&[PLANS, CUSTOMERS]);
    migrate(&mut client, chain.clone());
    create(&mut client, "before");
    let Some(copy) = dump_of(&mut client, database.url(), &["--schema", "tenantry"]) else {
        return;
    };
    create(&mut client, "kept");
    create(&mut client, "dropped");
    let given = numbers(&mut client);
    app(database.url()).tenants().drop(key("dropped")).unwrap();

    restore(&mut client, &copy);
    assert_eq!(numbers(&mut client), given[..1]);
    for name in ["one", "two"] {
        create(&mut client, name);
    }
    let now = numbers(&mut client);
    assert_eq!(now[0], given[0]);
    assert!(now[1..].iter().all(|id| !given.contains(id)), "{now:?}");
    // After the gap they go on one by one.
    assert!(now[2] - now[1] < 100, "{now:?}");

    // Whose schema is there, and not in the metadata tables, is not made anew.
    let kept = app(database.url())
        .tenants()
        .create(key("kept"))
        .unwrap_err();
    assert!(kept.to_string().contains("`kept`"), "{kept}");
    client.batch_execute("DROP SCHEMA kept CASCADE").unwrap();
    check_whole(&mut client, &chain);

    // A second copy of what was restored is one too.
    let copy = dump_of(&mut client, database.url(), &["--schema", "tenantry"]).unwrap();
    create(&mut client, "three");
    let given = numbers(&mut client);
    client.batch_execute("DROP SCHEMA three CASCADE").unwrap();
    restore(&mut client, &copy);
    create(&mut client, "four");
    let last = texts(
        &mut client,
        "SELECT id::text FROM tenantry.tenant WHERE key = 'four'",
    );
    assert!(!given.contains(&last[0].parse().unwrap()), "{last:?}");
}

/// Rows are put back here, as by `pg_restore --data-only`: the tables are the same, and so are their numbers.
#[test]
fn rows_that_are_put_back_into_the_same_tables_give_no_number_of_a_schema_twice() {
    let database = TestDb::new();
    let mut client = database.connect();
    migrate(&mut client, chain(&[PLANS, CUSTOMERS]));
    create(&mut client, "before");
    let names = ["kept", "other", "last"];
    for name in names {
        create(&mut client, name);
    }
    let given = numbers(&mut client);
    // A schema of somebody else's does not hide those of tenants.
    client.batch_execute("CREATE SCHEMA zoo").unwrap();
    client
        .batch_execute(&format!(
            "DELETE FROM tenantry.ledger WHERE tenant_id > {first}; DELETE FROM tenantry.tenant WHERE id > {first};
             SELECT setval('tenantry.tenant_id_seq', {first})",
            first = given[0]
        ))
        .unwrap();
    for name in ["one", "two"] {
        create(&mut client, name);
    }
    let now = numbers(&mut client);
    assert_eq!(now[0], given[0]);
    assert!(now[1..].iter().all(|id| *id > given[3]), "{now:?}");
    assert!(now[2] - now[1] < 100, "{now:?}");
}

/// A copy of a database on the same server, whose tables have the same numbers, takes the place of the database.
#[test]
fn a_copy_in_the_place_of_its_database_gives_no_number_twice() {
    let database = TestDb::new();
    let mut client = database.connect();
    let chain = chain(&[PLANS, CUSTOMERS]);
    migrate(&mut client, chain.clone());
    app(database.url()).tenants().refill_standbys(2).unwrap();
    drop(client);
    let name = database.name();
    let by = |sql: &str| {
        let mut config = database.config();
        let mut client = config.dbname("postgres").connect(NoTls).unwrap();
        let clear = format!(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{name}'"
        );
        client.batch_execute(&clear).unwrap();
        client.batch_execute(sql).unwrap();
    };
    let mut given = Vec::new();
    // The second time the same copy comes back.
    by(&format!("CREATE DATABASE {name}_copy TEMPLATE {name}"));
    for _ in 0..3 {
        let mut client = database.connect();
        for name in ["claimed", "too", "made", "last"] {
            given.push(create(&mut client, name).id());
        }
        check_whole(&mut client, &chain);
        drop(client);
        by(&format!("DROP DATABASE {name}"));
        by(&format!("CREATE DATABASE {name} TEMPLATE {name}_copy"));
    }
    by(&format!("DROP DATABASE {name}_copy"));
    let different: BTreeSet<i64> = given.iter().copied().collect();
    assert_eq!(different.len(), given.len(), "{given:?}");
}

#[test]
fn copies_of_a_template_are_new_databases() {
    let template = || {
        TestDb::from_template("books_of_a_template", |url| {
            let mut client = Client::connect(url, NoTls).unwrap();
            migrate(&mut client, chain(&[PLANS, CUSTOMERS]));
            app(url).tenants().refill_standbys(1).unwrap();
        })
    };
    for _ in 0..2 {
        let database = template();
        let mut client = database.connect();
        let ids = ["a", "b"].map(|name| create(&mut client, name).id());
        assert!(ids[0] < ids[1] && ids[1] < 100, "{ids:?}");
    }
}

/// Whether metadata tables of the first format were restored is not known, so they are taken for restored.
#[test]
fn older_books_are_brought_up_to_the_format() {
    let database = TestDb::new();
    let mut client = database.connect();
    let chain = chain(&[PLANS, CUSTOMERS]);
    migrate(&mut client, chain.clone());
    let first = create(&mut client, "first").id();
    app(database.url()).tenants().refill_standbys(1).unwrap();
    let given = numbers(&mut client);
    client
        .batch_execute(
            "ALTER TABLE tenantry.meta DROP COLUMN server_start, DROP COLUMN database, DROP COLUMN numbers_after;
             ALTER TABLE tenantry.provisioning DROP COLUMN pid, DROP COLUMN session_start;
             DROP TABLE tenantry.application;
             ALTER TABLE tenantry.ledger DROP COLUMN batch;
             UPDATE tenantry.meta SET format = 1",
        )
        .unwrap();
    let db = Database::connect(database.url()).unwrap();
    let refused = db.tenants().create(&key("early")).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotMigrated);
    assert!(
        refused.to_string().contains("has format 1") && refused.to_string().contains("`migrate`"),
        "{refused}"
    );
    // So it is for whoever comes first.
    let alone = app(database.url()).tenants().create(key("early")).map(drop);
    let standbys = db.tenants().refill_standbys(3).map(drop);
    for outcome in [alone, standbys] {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), refused.kind());
        let told = error.to_string();
        assert!(
            told.contains("has format 1") && told.contains("`migrate`"),
            "{told}"
        );
    }
    assert!(db.tenant(&key("first")).is_ok(), "rows are served on");
    for _ in 0..2 {
        migrate(&mut client, chain.clone());
    }
    let standby = create(&mut client, "second");
    assert!(!given.contains(&standby.id()), "{}", standby.id());
    let rows = "SELECT count(*)::text FROM tenantry.tenant WHERE state <> 'active'";
    assert_eq!(texts(&mut client, rows), ["0"], "the standby was claimed");
    create(&mut client, "third");
    assert_eq!(numbers(&mut client)[0], first);
    check_whole(&mut client, &chain);
}

/// Both would do something else the second time, and neither would fail.
const VISITS: Folder<'static> = (
    "0003_visits",
    &[
        (
            "tenant.up.sql",
            "ALTER TABLE \"{tenant}\".customers ADD COLUMN IF NOT EXISTS visits int NOT NULL DEFAULT 0;\n\
             UPDATE \"{tenant}\".customers SET visits = visits + 1;",
        ),
        (
            "tenant.down.sql",
            "ALTER TABLE \"{tenant}\".customers DROP COLUMN visits;",
        ),
    ],
);
const COUNTED: Folder<'static> = (
    "0004_counted",
    &[
        (
            "shared.up.sql",
            "ALTER TABLE \"{shared}\".plans ADD COLUMN IF NOT EXISTS counted int NOT NULL DEFAULT 0;\n\
             UPDATE \"{shared}\".plans SET counted = counted + 1;",
        ),
        (
            "shared.down.sql",
            "ALTER TABLE \"{shared}\".plans DROP COLUMN counted;",
        ),
    ],
);
const SOON: Duration = Duration::from_millis(100);
const LAST: Folder<'static> = (
    "0005_last",
    &[(
        "tenant.up.sql",
        "ALTER TABLE \"{tenant}\".customers ADD COLUMN last text;",
    )],
);

#[test]
fn nothing_is_done_again_by_books_that_are_older_than_what_is_there() {
    let database = TestDb::new();
    let mut client = database.connect();
    let chains = [2, 3, 4, 5].map(|end| chain(&[PLANS, CUSTOMERS, VISITS, COUNTED, LAST][..end]));
    migrate(&mut client, chains[0].clone());
    create(&mut client, "a");
    create(&mut client, "b");
    client
        .batch_execute(
            "INSERT INTO shared.plans (id, code) VALUES (1, 'x'); INSERT INTO a.customers (id, name) VALUES (1, 'Ann')",
        )
        .unwrap();
    let Some(mut copy) = dump_of(&mut client, database.url(), &["--schema", "tenantry"]) else {
        return;
    };
    for (chain, told) in chains[1..3].iter().zip(["`visits`", "`counted`"]) {
        migrate(&mut client, chain.clone());
        let newer = dump_of(&mut client, database.url(), &["--schema", "tenantry"]).unwrap();
        restore(&mut client, &copy);
        // They are not believed because nothing can be compared while somebody has a table.
        let mut holder = database.connect();
        let locked = "BEGIN; LOCK TABLE shared.plans IN ACCESS EXCLUSIVE MODE";
        holder.batch_execute(locked).unwrap();
        let run = migrator(chains[3].clone()).lock_timeout(SOON).attempts(1);
        let refused = run.on(&mut client).run().unwrap_err();
        let damaged = refused.kind() == ErrorKind::DamagedMetadata;
        assert!(damaged || refused.is_retryable(), "{refused}");
        holder.batch_execute("ROLLBACK").unwrap();
        let run = migrator(chains[3].clone()).on(&mut client).run();
        let rollback = migrator(chains[3].clone()).on(&mut client).rollback(None);
        for refused in [run.unwrap_err(), rollback.unwrap_err()] {
            assert_eq!(refused.kind(), ErrorKind::DamagedMetadata, "{refused}");
            let text = refused.to_string();
            assert!(
                text.contains(told) && text.contains("\nhelp: bring the whole database back"),
                "{text}"
            );
        }
        // Nor after a sign-up, which has seen to the numbers.
        create(&mut client, "c");
        app(database.url()).tenants().drop(key("c")).unwrap();
        let run = migrator(chains[3].clone()).on(&mut client).run();
        assert_eq!(run.unwrap_err().kind(), ErrorKind::DamagedMetadata);
        restore(&mut client, &newer);
        copy = newer;
    }
    let there =
        "SELECT visits::text FROM a.customers UNION ALL SELECT counted::text FROM shared.plans";
    assert_eq!(texts(&mut client, there), ["1", "1"]);
    // Metadata tables that say what is there are compared once, and gone on with. One tenant that was changed by hand is no reason.
    client
        .batch_execute("ALTER TABLE b.customers ADD COLUMN by_hand int")
        .unwrap();
    migrate(&mut client, chains[3].clone());
    assert_eq!(texts(&mut client, there), ["1", "1"]);
    client
        .batch_execute("ALTER TABLE b.customers DROP COLUMN by_hand")
        .unwrap();
    check_whole(&mut client, &chains[3]);
}
