//! Rolling back.

use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use postgres::Client;
use tenantry::ErrorKind;
use tenantry::migrate::{Chain, Report};
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{
    CUSTOMERS, Fleet, Folder, INVOICES, PLANS, chain, create, key, ledger, migrate, migrator, shop,
    shop_db, tables, texts, watched,
};
use tenantry_tests::wait::until_by;

/// Takes a shared column away after the tenants have got a table.
const NO_CODES: Folder<'static> = (
    "0004_no_codes",
    &[
        (
            "shared.up.sql",
            "ALTER TABLE \"{shared}\".plans DROP COLUMN code;",
        ),
        (
            "shared.down.sql",
            "ALTER TABLE \"{shared}\".plans ADD COLUMN code text;",
        ),
        (
            "tenant.up.sql",
            "ALTER TABLE \"{tenant}\".invoices ADD COLUMN notes text;",
        ),
        (
            "tenant.down.sql",
            "ALTER TABLE \"{tenant}\".invoices DROP COLUMN notes;",
        ),
    ],
);

fn full() -> Chain {
    chain(&[PLANS, CUSTOMERS, INVOICES, NO_CODES])
}

fn full_fleet() -> (Fleet, Client) {
    let db = shop_db();
    let mut client = db.connect();
    create(&mut client, "a");
    create(&mut client, "b");
    migrate(&mut client, full());
    (db, client)
}

fn versions(client: &mut Client) -> Vec<String> {
    texts(
        client,
        "SELECT key || ' ' || version FROM tenantry.tenant UNION ALL SELECT 'shared ' || shared_version FROM tenantry.meta \
         UNION ALL SELECT 'new ' || tenant_version FROM tenantry.meta ORDER BY 1",
    )
}

#[test]
fn everything_after_a_migration_is_undone_and_can_be_done_again() {
    let (_db, mut client) = full_fleet();
    assert_eq!(versions(&mut client), ["a 4", "b 4", "new 4", "shared 4"]);
    // A chain is not needed for it: an application from before can do it.
    let (migrator, seen) = watched(migrator(chain(&[PLANS])));
    migrator
        .on(&mut client)
        .rollback(Some("0002_customers"))
        .unwrap();
    let tenants = seen.take();
    assert_eq!(tenants.len(), 4);
    assert_eq!(tenants[0].migrations, ["0004_no_codes"]);
    assert_eq!(tenants[2].migrations, ["0003_invoices"]);
    assert_eq!(versions(&mut client), ["a 2", "b 2", "new 2", "shared 1"]);
    assert_eq!(tables(&mut client, "a"), ["customers"]);
    assert_eq!(
        ledger(&mut client),
        ["0 0001_plans", "1 0002_customers", "2 0002_customers"]
    );
    let c = create(&mut client, "c");
    assert_eq!(c.version(), 2);

    migrate(&mut client, full());
    assert_eq!(
        versions(&mut client),
        ["a 4", "b 4", "c 4", "new 4", "shared 4"]
    );
}

#[test]
fn everything_can_be_undone() {
    let (_db, mut client) = full_fleet();
    migrator(full()).on(&mut client).rollback(None).unwrap();
    assert_eq!(versions(&mut client), ["a 0", "b 0", "new 0", "shared 0"]);
    assert_eq!(tables(&mut client, "shared"), Vec::<String>::new());
    assert_eq!(tables(&mut client, "b"), Vec::<String>::new());
    assert_eq!(ledger(&mut client), Vec::<String>::new());
    let report = migrator(full()).on(&mut client).rollback(None).unwrap();
    assert!(report.migrated == 0 && report.shared.is_empty());
}

#[test]
fn what_was_rolled_back_can_be_edited() {
    let (_db, mut client) = full_fleet();
    let edited: Folder<'_> = (
        "0004_notes",
        &[(
            "tenant.up.sql",
            "ALTER TABLE \"{tenant}\".invoices ADD COLUMN notes varchar(9);",
        )],
    );
    let edited = chain(&[PLANS, CUSTOMERS, INVOICES, edited]);
    let error = migrator(edited.clone()).on(&mut client).run().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Diverged);
    migrator(full())
        .on(&mut client)
        .rollback(Some("3"))
        .unwrap();
    migrate(&mut client, edited);
    assert_eq!(versions(&mut client), ["a 4", "b 4", "new 4", "shared 1"]);
}

#[test]
fn nothing_is_begun_that_has_no_end() {
    let db = TestDb::new();
    let mut client = db.connect();
    let up_only: Folder<'_> = ("0002_customers", &CUSTOMERS.1[..1]);
    let chain = chain(&[PLANS, up_only, INVOICES]);
    migrate(&mut client, chain.clone());
    create(&mut client, "a");
    let error = migrator(chain.clone())
        .on(&mut client)
        .rollback(None)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Migration);
    assert!(
        error.to_string().contains("`0002_customers`")
            && error.to_string().contains("tenant.down.sql"),
        "{error}"
    );
    assert_eq!(versions(&mut client), ["a 3", "new 3", "shared 1"]);
    migrator(chain.clone())
        .on(&mut client)
        .rollback(Some("0002_customers"))
        .unwrap();
    assert_eq!(versions(&mut client), ["a 2", "new 2", "shared 1"]);
    let error = migrator(chain)
        .on(&mut client)
        .rollback(Some("0009_x"))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Chain);
}

#[test]
fn a_tenant_that_can_not_go_back_stops_the_shared_schema_only() {
    let (_db, mut client) = full_fleet();
    client
        .batch_execute("CREATE VIEW shared.spy AS SELECT notes FROM a.invoices")
        .unwrap();
    let report = migrator(full())
        .on(&mut client)
        .attempt_rollback(Some("0003_invoices"))
        .unwrap();
    assert!(!report.is_success());
    assert_eq!(report.blocked.unwrap().migration, "0004_no_codes");
    let failure = report.failed[0].error.as_ref().unwrap();
    assert!(
        failure
            .message
            .contains("`0004_no_codes/tenant.down.sql`, line 1"),
        "{failure:?}"
    );
    assert_eq!(versions(&mut client), ["a 4", "b 3", "new 3", "shared 4"]);
    client.batch_execute("DROP VIEW shared.spy").unwrap();
    migrator(full())
        .on(&mut client)
        .rollback(Some("0003_invoices"))
        .unwrap();
    assert_eq!(versions(&mut client), ["a 3", "b 3", "new 3", "shared 1"]);
}

#[test]
fn some_tenants_can_go_back_alone() {
    let (_db, mut client) = full_fleet();
    migrator(full())
        .only([key("b")])
        .on(&mut client)
        .rollback(Some("0003_invoices"))
        .unwrap();
    assert_eq!(versions(&mut client), ["a 4", "b 3", "new 4", "shared 4"]);
    migrate(&mut client, full());
    assert_eq!(versions(&mut client), ["a 4", "b 4", "new 4", "shared 4"]);
}

#[test]
fn an_older_application_does_not_take_back_what_new_tenants_are_made_of() {
    let (name, parts) = NO_CODES;
    let newer = chain(&[PLANS, CUSTOMERS, INVOICES, (name, &parts[2..])]);
    let db = shop_db();
    let mut client = db.connect();
    create(&mut client, "a");
    create(&mut client, "b");
    migrate(&mut client, newer.clone());
    migrator(newer)
        .only([key("b")])
        .on(&mut client)
        .rollback(Some("0002_customers"))
        .unwrap();
    assert_eq!(versions(&mut client), ["a 4", "b 2", "new 4", "shared 1"]);
    migrate(&mut client, shop());
    assert_eq!(versions(&mut client), ["a 4", "b 3", "new 4", "shared 1"]);
}

#[test]
fn a_database_that_was_never_migrated_has_nothing_to_roll_back() {
    let db = TestDb::new();
    let error = migrator(shop())
        .on(&mut db.connect())
        .rollback(None)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotMigrated);
}

/// A run, one way or the other.
type Run<'a> = &'a (dyn Fn(&mut Client) -> tenantry::Result<Report> + Sync);

#[test]
fn nobody_rolls_back_while_somebody_migrates_and_the_other_way_round() {
    let notes: Folder<'_> = (
        "0004_notes",
        &[
            (
                "tenant.up.sql",
                "ALTER TABLE \"{tenant}\".invoices ADD COLUMN notes text",
            ),
            (
                "tenant.down.sql",
                "ALTER TABLE \"{tenant}\".invoices DROP COLUMN notes",
            ),
        ],
    );
    let longer = chain(&[PLANS, CUSTOMERS, INVOICES, notes]);
    let db = shop_db();
    let mut client = db.connect();
    create(&mut client, "a");
    create(&mut client, "b");
    let up = |client: &mut Client| {
        migrator(longer.clone())
            .lock_timeout(Duration::ZERO)
            .on(client)
            .run()
    };
    let down = |client: &mut Client| {
        let migrator = migrator(longer.clone()).lock_timeout(Duration::ZERO);
        migrator.on(client).rollback(Some("0003_invoices"))
    };
    let ways: [(Run<'_>, Run<'_>, &str); 2] = [
        (&up, &down, "a migration is under way"),
        (&down, &up, "a rollback is under way"),
    ];
    for (first, second, says) in ways {
        let mut other = db.connect();
        let mut holder = other.transaction().unwrap();
        holder
            .batch_execute("LOCK TABLE b.invoices IN ACCESS SHARE MODE")
            .unwrap();
        thread::scope(|scope| {
            let run = scope.spawn(|| first(&mut db.connect()));
            wait_for_a_lock(&mut client, &run);
            let error = second(&mut client).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Migration, "{error}");
            assert!(error.to_string().contains(says), "{error}");
            assert!(
                !error.to_string().contains("correct the version"),
                "{error}"
            );
            holder.commit().unwrap();
            assert!(run.join().unwrap().unwrap().is_success());
        });
    }
    assert_eq!(versions(&mut client), ["a 3", "b 3", "new 3", "shared 1"]);

    // Whoever was killed is not waited for.
    let mut other = db.connect();
    let mut holder = other.transaction().unwrap();
    holder
        .batch_execute("LOCK TABLE b.invoices IN ACCESS SHARE MODE")
        .unwrap();
    thread::scope(|scope| {
        let run = scope.spawn(|| up(&mut db.connect()));
        let pid = wait_for_a_lock(&mut client, &run);
        let end = format!("SELECT pg_catalog.pg_terminate_backend({pid}, 60000)::text");
        assert_eq!(texts(&mut client, &end), ["true"]);
        run.join().unwrap().unwrap_err();
    });
    holder.commit().unwrap();
    down(&mut client).unwrap();
    assert_eq!(versions(&mut client), ["a 3", "b 3", "new 3", "shared 1"]);
}

/// Waits until a run waits for a lock. Tells its session.
fn wait_for_a_lock<T>(client: &mut Client, run: &ScopedJoinHandle<'_, T>) -> String {
    let waiting = "SELECT pid::text FROM pg_catalog.pg_stat_activity WHERE datname = current_database() \
                   AND wait_event_type = 'Lock' AND query LIKE '%TABLE%'";
    let mut pid = None;
    until_by(run, "it waits for a lock", || {
        pid = texts(client, waiting).pop();
        pid.is_some()
    });
    pid.unwrap_or_default()
}

#[test]
fn a_tenant_that_is_half_way_keeps_the_others_from_nothing() {
    let (_db, mut client) = full_fleet();
    client
        .batch_execute("UPDATE tenantry.tenant SET version = 3, step = 2 WHERE key = 'a'")
        .unwrap();
    let error = migrator(full())
        .on(&mut client)
        .rollback(Some("0003_invoices"))
        .unwrap_err();
    for says in ["tenant `a`", "`0004_no_codes`", "1 of its steps", "help: "] {
        assert!(error.to_string().contains(says), "{error}");
    }
    migrator(full())
        .only([key("b")])
        .on(&mut client)
        .rollback(Some("0003_invoices"))
        .unwrap();
    assert_eq!(versions(&mut client), ["a 3", "b 3", "new 4", "shared 4"]);
}

#[test]
fn books_by_which_something_applied_would_stay_are_refused() {
    for (damage, who) in [
        (
            "UPDATE tenantry.tenant SET version = 2 WHERE key = 'b'",
            "the tenant `b`",
        ),
        (
            "UPDATE tenantry.meta SET shared_version = 0",
            "the shared schema",
        ),
    ] {
        let (_db, mut client) = full_fleet();
        client.batch_execute(damage).unwrap();
        let before = versions(&mut client);
        let error = migrator(full())
            .on(&mut client)
            .rollback(Some("0001_plans"))
            .unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::DamagedMetadata,
            "{damage}: {error}"
        );
        assert!(error.to_string().contains(who), "{damage}: {error}");
        assert_eq!(versions(&mut client), before);
    }
}

#[test]
fn a_rollback_detaches_a_partition_in_its_transaction() {
    let parts: Folder<'_> = (
        "0004_parts",
        &[
            (
                "tenant.up.sql",
                "CREATE TABLE \"{tenant}\".parts (n int) PARTITION BY LIST (n);\n\
                 CREATE TABLE \"{tenant}\".p1 PARTITION OF \"{tenant}\".parts FOR VALUES IN (1);",
            ),
            (
                "tenant.down.sql",
                "ALTER TABLE \"{tenant}\".parts DETACH PARTITION \"{tenant}\".p1 CONCURRENTLY;\n\
                 DROP TABLE \"{tenant}\".parts; DROP TABLE \"{tenant}\".p1;",
            ),
        ],
    );
    let longer = chain(&[PLANS, CUSTOMERS, INVOICES, parts]);
    let db = shop_db();
    let mut client = db.connect();
    create(&mut client, "a");
    create(&mut client, "b");
    migrate(&mut client, longer.clone());
    let rollback = migrator(longer);
    let report = rollback.on(&mut client).rollback(Some("0003_invoices"));
    assert!(report.unwrap().is_success());
    assert_eq!(versions(&mut client), ["a 3", "b 3", "new 3", "shared 1"]);
}

#[test]
fn a_rollback_waits_and_takes_no_longer_than_its_migration_says() {
    let of = |limit: &str, down: &str| {
        let manifest = format!("format = 1\nid = \"0004_notes\"\n{limit}\n");
        let up = "CREATE TABLE \"{tenant}\".notes (id bigint)";
        let files = [
            ("migration.toml", manifest.as_str()),
            ("tenant.up.sql", up),
            ("tenant.down.sql", down),
        ];
        chain(&[PLANS, CUSTOMERS, INVOICES, ("0004_notes", &files)])
    };
    let db = shop_db();
    let mut client = db.connect();
    create(&mut client, "a");
    let slow = "SELECT pg_sleep(600); DROP TABLE \"{tenant}\".notes";
    let chain = of("statement_timeout = \"100ms\"", slow);
    migrate(&mut client, chain.clone());
    let down = |client: &mut Client, chain: Chain| {
        let migrator = migrator(chain).statement_timeout(Duration::from_mins(5));
        migrator.on(client).attempt_rollback(Some("0003_invoices"))
    };
    let report = down(&mut client, chain).unwrap();
    let failed = report.failed[0].error.as_ref().unwrap();
    assert_eq!(failed.sqlstate.as_deref(), Some("57014"), "{failed:?}");
    assert_eq!(versions(&mut client), ["a 4", "new 3", "shared 1"]);
}
