//! Migrations that fail, metadata tables that are wrong, and answers that are lost.

use postgres::NoTls;
use tenantry::ErrorKind;
use tenantry_tests::fleet::{
    CUSTOMERS, Folder, INVOICES, PLANS, chain, check_whole, create, migrator, shop, shop_db, texts,
    watched,
};
use tenantry_tests::lossy::Lossy;

use crate::common::{EMAILS, NO_CODES, run, versions, young_shop};

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
