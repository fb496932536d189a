//! Running a chain over the shared schema and the fleet.

use std::sync::{Arc, Mutex};
use std::thread;

use postgres::{Client, NoTls};
use tenantry::migrate::{Chain, Report, Step};
use tenantry::tenant::{self, NewTenant};
use tenantry::testing::{Server, TestDb};
use tenantry::{Error, ErrorKind, SchemaName};
use tenantry_tests::fleet::{
    CUSTOMERS, Folder, INVOICES, PLANS, chain, check_whole, create, key, ledger, migrate, migrator,
    schemas, shop, shop_db, tables, texts, watched,
};
use tenantry_tests::lossy::Lossy;

/// Adds a column to a tenant table; it fails where the table is not empty.
const EMAILS: Folder<'static> = (
    "0004_emails",
    &[
        (
            "tenant.up.sql",
            "-- every customer has one\nALTER TABLE \"{tenant}\".customers ADD COLUMN email text NOT NULL;\n",
        ),
        (
            "tenant.down.sql",
            "ALTER TABLE \"{tenant}\".customers DROP COLUMN email;",
        ),
    ],
);

/// Takes away a shared column.
const NO_CODES: Folder<'static> = (
    "0005_no_codes",
    &[
        (
            "shared.up.sql",
            "ALTER TABLE \"{shared}\".plans DROP COLUMN code;",
        ),
        (
            "shared.down.sql",
            "ALTER TABLE \"{shared}\".plans ADD COLUMN code text;",
        ),
    ],
);

/// A database with the shop's first two migrations and these tenants.
fn young_shop(names: &[&str]) -> (TestDb, Client) {
    let db = TestDb::new();
    let mut client = db.connect();
    migrate(&mut client, chain(&[PLANS, CUSTOMERS]));
    for name in names {
        create(&mut client, name);
    }
    (db, client)
}

fn versions(client: &mut Client) -> Vec<String> {
    texts(
        client,
        "SELECT key || ' ' || version FROM tenantry.tenant ORDER BY id",
    )
}

#[test]
fn books_that_contradict_themselves_fail_the_schema_and_end_the_run() {
    let (_db, mut client) = young_shop(&["a", "b"]);
    client
        .batch_execute(
            "INSERT INTO tenantry.ledger (tenant_id, migration, checksum) \
             SELECT id, '0003_invoices', '' FROM tenantry.tenant WHERE key = 'a'",
        )
        .unwrap();
    let error = migrator(shop())
        .on(&mut client)
        .run()
        .unwrap_err()
        .to_string();
    assert!(error.contains("the registry says version 2"), "{error}");
    assert!(error.contains("`0003_invoices` (tenant `a`)"), "{error}");
    assert_eq!(versions(&mut client), ["a 2", "b 3"]);

    client
        .batch_execute(
            "DELETE FROM tenantry.ledger WHERE checksum = ''; \
             INSERT INTO tenantry.ledger (tenant_id, migration, checksum) VALUES (0, '0004_codes', '')",
        )
        .unwrap();
    let codes: Folder<'static> = (
        "0004_codes",
        &[(
            "shared.up.sql",
            "CREATE TABLE \"{shared}\".codes (id bigint);",
        )],
    );
    let longer = chain(&[PLANS, CUSTOMERS, INVOICES, codes]);
    let error = migrator(longer)
        .on(&mut client)
        .run()
        .unwrap_err()
        .to_string();
    assert!(error.contains("the registry says version 1"), "{error}");
    assert!(error.contains("`0004_codes`"), "{error}");
    assert_eq!(versions(&mut client), ["a 3", "b 3"]);
}

#[test]
fn the_first_run_makes_the_books_and_the_shared_schema() {
    let db = TestDb::new();
    let mut client = db.connect();
    let report = migrator(shop()).on(&mut client).run().unwrap();
    assert_eq!(report.shared.len(), 1);
    assert_eq!(schemas(&mut client), ["shared", "tenantry"]);
    assert_eq!(tables(&mut client, "shared"), ["plans"]);
    assert_eq!(ledger(&mut client), ["0 0001_plans"]);
}

#[test]
fn a_tenant_that_was_migrated_equals_a_new_one() {
    let (_db, mut client) = young_shop(&["acme"]);
    let (migrator, seen) = watched(migrator(shop()));
    migrator.on(&mut client).run().unwrap();
    assert_eq!(seen.lines(), ["acme: 0003_invoices"]);
    create(&mut client, "bolt");
    assert_eq!(versions(&mut client), ["acme 3", "bolt 3"]);
    assert_eq!(tables(&mut client, "acme"), ["customers", "invoices"]);
    check_whole(&mut client, &shop());
}

#[test]
fn the_ledger_of_a_schema_has_only_what_was_done_to_it() {
    let (_db, mut client) = young_shop(&["acme"]);
    migrate(
        &mut client,
        chain(&[PLANS, CUSTOMERS, INVOICES, EMAILS, NO_CODES]),
    );
    create(&mut client, "bolt");
    assert_eq!(
        ledger(&mut client),
        [
            "0 0001_plans",
            "0 0005_no_codes",
            "1 0002_customers",
            "1 0003_invoices",
            "1 0004_emails",
            "2 0002_customers",
            "2 0003_invoices",
            "2 0004_emails",
        ]
    );
}

#[test]
fn a_tenant_that_fails_stops_nobody_but_the_next_barrier() {
    let (_db, mut client) = young_shop(&["a", "b", "c"]);
    client
        .batch_execute("INSERT INTO b.customers VALUES (1, 'Ann', NULL)")
        .unwrap();
    let chain = chain(&[PLANS, CUSTOMERS, INVOICES, EMAILS, NO_CODES]);
    let (watching, seen) = watched(migrator(chain.clone()));
    let report = watching.on(&mut client).attempt().unwrap();
    assert_eq!(
        seen.lines(),
        [
            "a: 0003_invoices 0004_emails",
            "b: 0003_invoices failed",
            "c: 0003_invoices 0004_emails",
        ]
    );
    let failure = report.failed[0].error.as_ref().unwrap();
    assert_eq!(failure.sqlstate.as_deref(), Some("23502"));
    assert!(
        failure
            .message
            .starts_with("migration `0004_emails` failed at `0004_emails/tenant.up.sql`, line 2,"),
        "{failure:?}"
    );
    assert_eq!(report.blocked.as_ref().unwrap().migration, "0005_no_codes");
    assert_eq!(versions(&mut client), ["a 4", "b 3", "c 4"]);
    let noted = texts(
        &mut client,
        "SELECT last_error FROM tenantry.tenant WHERE key = 'b'",
    );
    assert_eq!(noted[0], failure.message);
    let shared = "SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'shared' ORDER BY 1";
    assert_eq!(texts(&mut client, shared), ["code", "id"]);

    // Who comes now is made like those who are not behind a barrier that was not crossed.
    create(&mut client, "d");

    let error = migrator(chain.clone()).on(&mut client).run().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Migration);
    assert!(
        error
            .to_string()
            .starts_with("1 tenant could not be migrated: migration `0004_emails`"),
        "{error}"
    );

    client.batch_execute("DELETE FROM b.customers").unwrap();
    let (watching, seen) = watched(migrator(chain.clone()));
    watching.on(&mut client).run().unwrap();
    let lines = seen.lines();
    assert_eq!(lines.last().unwrap(), "b: 0004_emails");
    assert!(lines.iter().all(|line| !line.starts_with("a:")));
    assert_eq!(versions(&mut client), ["a 4", "b 4", "c 4", "d 4"]);
    assert_eq!(texts(&mut client, shared), ["id"]);
    let status = migrator(chain).on(&mut client).status().unwrap();
    assert!(status.is_up_to_date());
    assert_eq!(status.failed.count, 0);
}

#[test]
fn a_shared_table_is_there_before_the_tenants_that_reference_it() {
    let db = TestDb::new();
    let mut client = db.connect();
    let first: Folder<'_> = (
        "0001_notes",
        &[(
            "tenant.up.sql",
            "CREATE TABLE \"{tenant}\".notes (id bigint PRIMARY KEY)",
        )],
    );
    migrate(&mut client, chain(&[first]));
    create(&mut client, "acme");
    let tags: Folder<'_> = (
        "0002_tags",
        &[
            (
                "tenant.up.sql",
                "ALTER TABLE \"{tenant}\".notes ADD COLUMN tag bigint REFERENCES \"{shared}\".tags",
            ),
            (
                "shared.up.sql",
                "CREATE TABLE \"{shared}\".tags (id bigint PRIMARY KEY)",
            ),
        ],
    );
    migrate(&mut client, chain(&[first, tags]));
    assert_eq!(versions(&mut client), ["acme 2"]);
}

#[test]
fn an_up_to_date_fleet_costs_as_many_statements_as_one_tenant() {
    let server = Server::builder()
        .setting("log_statement", "all")
        .start()
        .unwrap();
    let statements = |tenants: usize| {
        let db = server.database().unwrap();
        let mut client = db.connect();
        migrate(&mut client, shop());
        for number in 0..tenants {
            create(&mut client, &format!("a{number}"));
        }
        let before = server.log().unwrap().len();
        let report = migrator(shop()).on(&mut client).run().unwrap();
        assert_eq!(report.migrated, 0);
        let log = server.log().unwrap();
        log[before..]
            .lines()
            .filter(|line| line.contains("LOG:  execute") || line.contains("LOG:  statement"))
            .count()
    };
    let few = statements(1);
    assert_eq!(few, 1);
    assert_eq!(statements(60), few);
}

#[test]
fn several_migrators_at_once_apply_nothing_twice() {
    let names: Vec<String> = (0..30).map(|number| format!("a{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (db, mut client) = young_shop(&names);
    let chain = chain(&[PLANS, CUSTOMERS, INVOICES, EMAILS, NO_CODES]);
    let reports = thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| migrator(chain.clone()).on(&mut db.connect()).run().unwrap()))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect::<Vec<_>>()
    });
    let done: usize = reports.iter().map(|report| report.migrated).sum();
    assert_eq!(done, names.len());
    let shared: usize = reports.iter().map(|report| report.shared.len()).sum();
    assert_eq!(shared, 1);
    assert!(
        migrator(chain)
            .on(&mut client)
            .status()
            .unwrap()
            .is_up_to_date()
    );
}

#[test]
fn migrators_that_find_an_empty_database_at_once_make_the_books_once() {
    let db = TestDb::new();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| migrator(shop()).on(&mut db.connect()).run().unwrap());
        }
    });
    assert_eq!(ledger(&mut db.connect()), ["0 0001_plans"]);
}

#[test]
fn tenants_that_are_created_during_a_run_end_at_the_new_version() {
    let names: Vec<String> = (0..20).map(|number| format!("a{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (db, mut client) = young_shop(&names);
    let chain = chain(&[PLANS, CUSTOMERS, INVOICES, EMAILS, NO_CODES]);
    thread::scope(|scope| {
        for creator in 0..3 {
            let db = &db;
            scope.spawn(move || {
                let mut client = db.connect();
                for number in 0..20 {
                    create(&mut client, &format!("b{creator}_{number}"));
                }
            });
        }
        scope.spawn(|| migrator(chain.clone()).on(&mut db.connect()).run().unwrap());
    });
    let behind = texts(
        &mut client,
        "SELECT key FROM tenantry.tenant WHERE version < 4",
    );
    assert_eq!(behind, Vec::<String>::new());
    assert_eq!(versions(&mut client).len(), 80);
    check_whole(&mut client, &chain);
    let lacking = "SELECT t.key FROM tenantry.tenant AS t WHERE NOT EXISTS (SELECT FROM information_schema.columns \
                   WHERE table_schema = t.schema_name AND table_name = 'customers' AND column_name = 'email')";
    assert_eq!(texts(&mut client, lacking), Vec::<String>::new());
}

#[test]
fn suspended_tenants_are_migrated_and_half_dropped_ones_are_left_out() {
    let (_db, mut client) = young_shop(&["a", "b", "c"]);
    tenant::suspend(&mut client, &key("b")).unwrap();
    client
        .batch_execute("UPDATE tenantry.tenant SET state = 'dropping' WHERE key = 'c'")
        .unwrap();
    let (migrator, seen) = watched(migrator(shop()));
    let report = migrator.on(&mut client).run().unwrap();
    assert_eq!(seen.lines(), ["a: 0003_invoices", "b: 0003_invoices"]);
    assert_eq!(report.left_out.len(), 1);
    assert_eq!(report.left_out[0].key, key("c"));
}

#[test]
fn a_run_can_stop_at_a_migration_and_take_some_tenants_only() {
    let (_db, mut client) = young_shop(&["a", "b"]);
    let chain = chain(&[PLANS, CUSTOMERS, INVOICES, EMAILS, NO_CODES]);
    migrator(chain.clone())
        .to("0003_invoices")
        .on(&mut client)
        .run()
        .unwrap();
    assert_eq!(versions(&mut client), ["a 3", "b 3"]);

    let report = migrator(chain.clone())
        .only([key("b")])
        .on(&mut client)
        .run()
        .unwrap();
    assert_eq!(versions(&mut client), ["a 3", "b 4"]);
    assert_eq!(report.blocked.unwrap().migration, "0005_no_codes");

    let error = migrator(chain.clone())
        .only([key("ghost")])
        .on(&mut client)
        .run()
        .unwrap_err();
    assert!(error.is_unknown_tenant());
    let error = migrator(chain.clone())
        .to("0009_x")
        .on(&mut client)
        .run()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Chain);
    let error = migrator(chain).to("2").on(&mut client).run().unwrap_err();
    assert!(error.to_string().contains("roll back"), "{error}");
}

#[test]
fn a_dry_run_tells_what_a_run_does_and_changes_nothing() {
    let db = TestDb::new();
    let mut client = db.connect();
    let plan = migrator(shop()).on(&mut client).dry_run().unwrap();
    assert!(plan.creates_bookkeeping);
    assert_eq!(schemas(&mut client), Vec::<String>::new());
    assert!(
        !migrator(shop())
            .on(&mut client)
            .status()
            .unwrap()
            .is_migrated
    );
    assert_eq!(schemas(&mut client), Vec::<String>::new());

    migrate(&mut client, chain(&[PLANS, CUSTOMERS]));
    create(&mut client, "acme");
    let dump = "SELECT string_agg(m::text, ' ') || (SELECT string_agg(t::text, ' ') FROM tenantry.tenant AS t) \
                || (SELECT edition FROM tenantry.meta) FROM tenantry.migration AS m";
    let before = texts(&mut client, dump);
    let chain = chain(&[PLANS, CUSTOMERS, INVOICES, EMAILS, NO_CODES]);
    let plan = migrator(chain.clone()).on(&mut client).dry_run().unwrap();
    let status = migrator(chain.clone()).on(&mut client).status().unwrap();
    assert_eq!(texts(&mut client, dump), before);
    assert_eq!(status.behind.count, 1);
    assert_eq!(status.versions[0].pending, ["0003_invoices", "0004_emails"]);
    let Step::Tenants { groups, .. } = &plan.steps[0] else {
        panic!("{plan:?}")
    };
    assert_eq!(groups[0].migrations, ["0003_invoices", "0004_emails"]);
    assert_eq!(groups[0].tenants, [key("acme")]);
    assert!(matches!(&plan.steps[1], Step::Shared { migration } if migration == "0005_no_codes"));
    migrate(&mut client, chain.clone());
    assert!(
        migrator(chain)
            .on(&mut client)
            .dry_run()
            .unwrap()
            .is_empty()
    );
}

fn edited(
    folder: Folder<'static>,
    file: &str,
    sql: &'static str,
) -> (&'static str, Vec<(&'static str, &'static str)>) {
    let texts = folder
        .1
        .iter()
        .map(|(name, text)| (*name, if *name == file { sql } else { *text }));
    (folder.0, texts.collect())
}

fn run(client: &mut Client, chain: Chain) -> Result<Report, Error> {
    migrator(chain).on(client).run()
}

#[test]
fn a_migration_that_is_applied_nowhere_can_be_edited() {
    let (_db, mut client) = young_shop(&["acme"]);
    client
        .batch_execute("INSERT INTO acme.customers VALUES (1, 'Ann', NULL)")
        .unwrap();
    let before = chain(&[PLANS, CUSTOMERS, INVOICES, EMAILS]);
    run(&mut client, before).unwrap_err();
    let (id, texts) = edited(
        EMAILS,
        "tenant.up.sql",
        "ALTER TABLE \"{tenant}\".customers ADD COLUMN email text",
    );
    run(
        &mut client,
        chain(&[PLANS, CUSTOMERS, INVOICES, (id, &texts)]),
    )
    .unwrap();
    assert_eq!(versions(&mut client), ["acme 4"]);
}

#[test]
fn a_migration_that_is_applied_can_not() {
    let (_db, mut client) = young_shop(&["acme"]);
    for file in ["tenant.up.sql", "tenant.down.sql"] {
        let (id, texts) = edited(CUSTOMERS, file, "-- nothing\nSELECT 1");
        let error = run(&mut client, chain(&[PLANS, (id, &texts)])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Diverged);
        let text = error.to_string();
        assert!(
            text.starts_with(&format!(
                "`0002_customers/{file}`: the migration `0002_customers` is applied"
            )),
            "{text}"
        );
        assert!(
            text.contains("line 1 was") && text.contains("help: undo the change"),
            "{text}"
        );
    }
    let status = {
        let (id, texts) = edited(CUSTOMERS, "tenant.up.sql", "SELECT 1");
        migrator(chain(&[PLANS, (id, &texts)]))
            .on(&mut client)
            .status()
            .unwrap()
    };
    assert_eq!(status.conflicts.len(), 1, "{status:?}");
    let other: Folder<'_> = ("0002_orders", CUSTOMERS.1);
    let error = run(&mut client, chain(&[PLANS, other])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Diverged);
    assert!(
        error.to_string().contains("`0002_customers` applied"),
        "{error}"
    );
}

#[test]
fn an_application_from_before_the_last_migration_goes_on() {
    let (_db, mut client) = young_shop(&["acme"]);
    migrate(&mut client, shop());
    let report = run(&mut client, chain(&[PLANS, CUSTOMERS])).unwrap();
    assert_eq!(report.ahead, ["0003_invoices"]);
    assert_eq!(report.migrated, 0);
    create(&mut client, "bolt");
    assert_eq!(versions(&mut client), ["acme 3", "bolt 3"]);
}

#[test]
fn another_shared_schema_than_before_is_refused() {
    let (_db, mut client) = young_shop(&[]);
    let other = SchemaName::new("common").unwrap();
    let error = tenantry::migrate::Migrator::new(shop(), other)
        .on(&mut client)
        .run()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("`shared`"), "{error}");
}

#[test]
fn what_a_newer_version_of_the_books_says_is_not_guessed() {
    let (_db, mut client) = young_shop(&[]);
    client
        .batch_execute("UPDATE tenantry.meta SET format = 99")
        .unwrap();
    let run = run(&mut client, shop()).unwrap_err();
    let create = tenant::create(&mut client, &NewTenant::new(&key("acme"))).unwrap_err();
    for error in [run, create] {
        assert_eq!(error.kind(), ErrorKind::NewerFormat, "{error}");
    }
}

#[test]
fn a_statement_that_can_not_run_in_a_transaction_fails_with_the_words_of_the_server() {
    let (_db, mut client) = young_shop(&["acme"]);
    let system: Folder<'_> = (
        "0003_system",
        &[(
            "tenant.up.sql",
            "SELECT 1;\nALTER SYSTEM SET work_mem = '4MB'",
        )],
    );
    let error = run(&mut client, chain(&[PLANS, CUSTOMERS, system])).unwrap_err();
    assert!(
        error.to_string().contains("line 2") && error.to_string().contains("ALTER SYSTEM cannot"),
        "{error}"
    );
    assert_eq!(versions(&mut client), ["acme 2"]);
}

#[test]
fn a_shared_part_that_fails_stops_the_run() {
    let (_db, mut client) = young_shop(&["acme"]);
    let broken: Folder<'_> = (
        "0003_broken",
        &[("shared.up.sql", "SELECT 1;\nSELECT broken")],
    );
    let after: Folder<'_> = ("0004_invoices", INVOICES.1);
    let chain = chain(&[PLANS, CUSTOMERS, broken, after]);
    let report = migrator(chain).on(&mut client).attempt().unwrap();
    assert!(!report.is_success());
    let failure = report.shared[0].error.as_ref().unwrap();
    assert!(
        failure
            .message
            .contains("`0003_broken/shared.up.sql`, line 2, column 8"),
        "{failure:?}"
    );
    assert_eq!(versions(&mut client), ["acme 2"]);
}

#[test]
fn reports_and_status_can_be_read_by_programs() {
    let (_db, mut client) = young_shop(&["acme"]);
    let events = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&events);
    let migrator = migrator(shop()).observe(move |event| {
        let event = serde_json::to_value(event).unwrap();
        kept.lock().unwrap().push(event);
    });
    let report = migrator.on(&mut client).run().unwrap();
    let status = migrator.on(&mut client).status().unwrap();
    let report = serde_json::to_value(&report).unwrap();
    assert_eq!(report["migrated"], 1);
    let events = events.lock().unwrap();
    let tenant = events.iter().find(|event| event["event"] == "tenant");
    assert_eq!(tenant.unwrap()["key"], "acme");
    assert!(tenant.unwrap()["duration_ms"].is_number());
    assert_eq!(events.last().unwrap()["event"], "finished");
    let status = serde_json::to_value(&status).unwrap();
    assert_eq!(status["migrations"][1]["tenant"]["applied"], 1);
    assert_eq!(status["states"][0]["state"], "active");
}

#[test]
fn an_answer_that_is_lost_is_unknown_and_the_next_run_finds_out() {
    for (marker, what) in [
        ("ADD COLUMN notes", "`0004_notes` of the tenant `a`"),
        ("ADD COLUMN price", "the shared part of `0005_price`"),
    ] {
        let db = shop_db();
        let mut client = db.connect();
        create(&mut client, "a");
        let longer = chain(&[
            PLANS,
            CUSTOMERS,
            INVOICES,
            (
                "0004_notes",
                &[(
                    "tenant.up.sql",
                    "ALTER TABLE \"{tenant}\".customers ADD COLUMN notes text",
                )],
            ),
            (
                "0005_price",
                &[(
                    "shared.up.sql",
                    "ALTER TABLE \"{shared}\".plans ADD COLUMN price int",
                )],
            ),
        ]);
        let lossy = Lossy::on_the_way_to(&db, marker);
        // The chain is recorded already: that request has the text, too.
        migrator(longer.clone())
            .to("3")
            .on(&mut client)
            .run()
            .unwrap();
        let mut far = lossy.config().connect(NoTls).unwrap();
        let error = migrator(longer.clone()).on(&mut far).run().unwrap_err();
        assert!(lossy.has_lost());
        assert_eq!(error.kind(), ErrorKind::CommitUnknown, "{error}");
        assert!(error.to_string().contains(what), "{error}");
        assert!(error.to_string().contains("help: "), "{error}");
        migrator(longer.clone()).on(&mut client).run().unwrap();
        check_whole(&mut client, &longer);
    }
}

#[test]
fn sql_that_is_recorded_is_not_changed_behind_its_checksum() {
    let db = shop_db();
    let mut client = db.connect();
    for change in [
        "SET tenant_up = tenant_up || '; SELECT 1' WHERE tenant_up IS NOT NULL",
        "SET tenant_down = 'SELECT 1' WHERE tenant_up IS NOT NULL",
        "SET shared_up = 'SELECT 1' WHERE shared_up IS NOT NULL",
        "SET is_transaction = false",
        "SET tenant_checksum = 'x' WHERE tenant_up IS NOT NULL",
    ] {
        let error = client
            .batch_execute(&format!("UPDATE tenantry.migration {change}"))
            .unwrap_err();
        let constraint = error.as_db_error().and_then(|error| error.constraint());
        assert!(
            constraint.is_some_and(|name| name.ends_with("_checksum_fits")),
            "{change}: {error:?}"
        );
    }
}
