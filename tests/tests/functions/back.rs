//! Functions that are called when a migration is taken back, or tried.

use tenantry::testing::TestDb;
use tenantry_tests::fleet::{chain, check_whole, ledger, migrator, texts};

use crate::common::{NOTES, slugs, slugs_by, slugs_of, with_notes};

#[test]
fn a_rollback_calls_the_function_in_the_transaction_of_the_tenant() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("many", 250), ("one", 1)]);
    migrator(slugs()).on(&mut client).run().unwrap();
    let report = migrator(slugs())
        .on(&mut client)
        .rollback(Some("0001_notes"))
        .unwrap();
    assert_eq!(report.migrated, 2);
    let kept = "SELECT count(*) || ' ' || count(*) FILTER (WHERE text <> 'note ' || id || ' NOTE ' || id) FROM many.notes";
    assert_eq!(texts(&mut client, kept), ["250 0"]);
    check_whole(&mut client, &chain(&[NOTES]));
    migrator(slugs()).on(&mut client).run().unwrap();
    assert_eq!(slugs_of(&mut client, "many"), "250 0 3");
}

#[test]
fn a_trial_calls_the_function_and_nothing_of_it_stays() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("one", 250)]);
    let before = ledger(&mut client);
    let trial = migrator(slugs()).on(&mut client).try_out().unwrap();
    assert!(trial.is_success(), "{trial:?}");
    assert_eq!(trial.tenants[0].migrations, ["0002_slugs"]);
    assert_eq!(trial.tenants[0].untried, Vec::<String>::new());
    // It tells what a run would.
    let failing = slugs_by(|acme, batch| {
        assert_eq!(acme.key().as_str(), "one");
        assert!(!batch.keys::<i64>()?.contains(&250));
        crate::common::fill_slugs(acme, batch)
    });
    let trial = migrator(failing).on(&mut client).try_out().unwrap();
    let (_, failure) = trial.failures().next().unwrap();
    assert!(
        failure
            .message
            .contains("the function `fill_slugs` has panicked"),
        "{}",
        failure.message
    );
    assert_eq!(ledger(&mut client), before);
    let plan = migrator(slugs()).on(&mut client).dry_run().unwrap();
    assert!(
        plan.parts[0]
            .sql
            .contains("CALL \"{rust}\".fill_slugs(\"one\".notes)"),
        "{}",
        plan.parts[0].sql
    );
}
