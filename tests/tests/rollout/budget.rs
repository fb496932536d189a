//! How many tenants of a group may fail.

use tenantry::migrate::Budget;
use tenantry_tests::fleet::check_whole;

use crate::common::{breaks, fleet, grouped, longer, versions};

#[test]
fn a_group_that_says_nothing_of_failures_stops_the_rollout_at_the_first() {
    let (_db, mut client) = fleet();
    breaks(&mut client, "a");
    let groups = "[[rollout]]
         name = 'canary'
         match = { tags = ['canary'] }";
    let (migrator, log) = grouped(groups);
    let report = migrator.on(&mut client).attempt().unwrap();
    let why = report.stopped.as_deref().unwrap();
    assert!(why.contains("group `canary`"), "{why}");
    assert!(!log.take().contains("rest"));
    // A run that says how many may fail says it for the group too.
    let (migrator, log) = grouped(groups);
    migrator.max_failures(3).on(&mut client).attempt().unwrap();
    assert!(log.take().contains("rest"));
}

#[test]
fn a_group_that_fails_more_often_than_it_may_stops_the_rollout() {
    let (_db, mut client) = fleet();
    breaks(&mut client, "a");
    let (migrator, log) = grouped(
        "[[rollout]]
         name = 'canary'
         match = { tags = ['canary'] }
         max_failures = 0",
    );
    let report = migrator.on(&mut client).attempt().unwrap();
    let why = report.stopped.as_deref().unwrap();
    assert_eq!(
        why,
        "1 tenant has failed, and the limit is 0 in the group `canary`"
    );
    assert!(!report.is_success());
    assert_eq!(log.take(), "canary 2, a failed");
    assert_eq!(versions(&mut client), "a3 b3 c3 d3 e3 f3");

    client.batch_execute("DELETE FROM a.customers").unwrap();
    migrator.on(&mut client).run().unwrap();
    check_whole(&mut client, &longer());
}

#[test]
fn a_budget_can_be_a_share_of_the_group() {
    let (_db, mut client) = fleet();
    breaks(&mut client, "a");
    let config = |most: &str| {
        format!(
            "[[rollout]]
             name = 'canary'
             match = {{ tags = ['canary'] }}
             max_failures = '{most}'"
        )
    };
    let (migrator, log) = grouped(&config("49%"));
    let report = migrator.on(&mut client).attempt().unwrap();
    assert!(report.stopped.is_some());
    assert_eq!(log.take(), "canary 2, a failed");
    // The others follow a group that keeps within its budget, up to the barrier.
    let (migrator, log) = grouped(&config("50%"));
    let report = migrator.on(&mut client).attempt().unwrap();
    assert_eq!((report.stopped, report.failed.len()), (None, 1));
    assert_eq!(log.take(), "canary 2, a failed, d, rest 4, b, c, e, f");
    assert_eq!(versions(&mut client), "a3 b4 c4 d4 e4 f4");
    // The budget of the whole run counts all groups together.
    let report = migrator
        .max_failures(Budget::Percent(1.0))
        .on(&mut client)
        .attempt();
    assert!(report.unwrap().stopped.is_some());
}
