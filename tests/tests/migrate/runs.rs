//! Runs: the order of their work, and other migrators and sign-ups beside them.

use std::sync::{Arc, Mutex};
use std::thread;

use tenantry::ErrorKind;
use tenantry::migrate::Step;
use tenantry::testing::{Server, TestDb};
use tenantry_tests::fleet::{
    CUSTOMERS, Folder, INVOICES, PLANS, app, chain, check_whole, create, key, ledger, migrate,
    migrator, schemas, shop, tables, texts, watched,
};

use crate::common::{EMAILS, NO_CODES, versions, young_shop};

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
    // One query, in a transaction that limits how long it waits.
    assert_eq!(few, 4);
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
    let (db, mut client) = young_shop(&["a", "b", "c"]);
    app(db.url()).tenants().suspend(key("b")).unwrap();
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
