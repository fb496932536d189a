//! Runs of a phase, and migrations that take away only once everybody is there.

use tenantry::migrate::{Phase, Step, WaitsFor};
use tenantry_tests::fleet::{
    CUSTOMERS, Folder, INVOICES, PLANS, app, chain, create, key, migrator, texts, watched,
};

use crate::common::{full, versions, young_shop};

/// Takes away a column of both.
const NO_CODES: Folder<'static> = (
    "0004_no_codes",
    &[
        (
            "migration.toml",
            "format = 1\nid = \"0004_no_codes\"\nphase = \"contract\"\n",
        ),
        (
            "shared.up.sql",
            "ALTER TABLE \"{shared}\".plans DROP COLUMN code;",
        ),
        (
            "tenant.up.sql",
            "ALTER TABLE \"{tenant}\".customers DROP COLUMN plan;",
        ),
    ],
);

#[test]
fn a_run_of_a_phase_leaves_later_ones_alone() {
    let (_db, mut client) = young_shop(&["a", "b"]);
    let expand = migrator(full()).phase(Phase::Expand);
    let plan = expand.on(&mut client).dry_run().unwrap();
    assert_eq!(plan.parts.len(), 2);
    let blocked = plan.blocked.unwrap();
    assert_eq!(blocked.migration, "0005_no_names");
    assert_eq!(blocked.waits_for, WaitsFor::Phase(Phase::Contract));
    for _ in 0..2 {
        let report = expand.on(&mut client).run().unwrap();
        assert_eq!(report.blocked.as_ref(), Some(&blocked));
        assert_eq!(versions(&mut client), ["a 4", "b 4"]);
    }
    // Who comes meanwhile is made as the versions of the application expect.
    create(&mut client, "c");
    assert_eq!(versions(&mut client), ["a 4", "b 4", "c 4"]);
    let report = migrator(full())
        .phase(Phase::Contract)
        .on(&mut client)
        .run()
        .unwrap();
    assert_eq!(report.blocked, None);
    assert_eq!(versions(&mut client), ["a 5", "b 5", "c 5"]);
    // Nothing waits any more.
    assert_eq!(expand.on(&mut client).run().unwrap().blocked, None);
}

#[test]
fn a_tenant_that_a_run_comes_to_twice_counts_once() {
    let (_db, mut client) = young_shop(&["a", "b"]);
    let report = migrator(full()).on(&mut client).run().unwrap();
    assert_eq!(versions(&mut client), ["a 5", "b 5"]);
    assert_eq!(report.migrated, 2);
}

#[test]
fn one_that_was_begun_is_not_gone_on_with_by_a_run_of_an_earlier_phase() {
    let (_db, mut client) = young_shop(&["a", "b"]);
    let expand = migrator(full()).phase(Phase::Expand);
    expand.on(&mut client).run().unwrap();
    migrator(full())
        .only([key("a")])
        .on(&mut client)
        .run()
        .unwrap();
    assert_eq!(versions(&mut client), ["a 5", "b 4"]);
    let report = expand.on(&mut client).run().unwrap();
    assert_eq!(report.migrated, 0);
    assert_eq!(report.blocked.unwrap().migration, "0005_no_names");
    assert_eq!(versions(&mut client), ["a 5", "b 4"]);
    // Nor is one whose shared part is there.
    let both = chain(&[PLANS, CUSTOMERS, INVOICES, NO_CODES]);
    let (_db, mut client) = young_shop(&["a"]);
    client
        .batch_execute("CREATE VIEW a.used AS SELECT plan FROM a.customers")
        .unwrap();
    let failed = migrator(both.clone()).on(&mut client).attempt().unwrap();
    assert_eq!(failed.failed.len(), 1);
    let report = migrator(both)
        .phase(Phase::Expand)
        .on(&mut client)
        .run()
        .unwrap();
    assert_eq!(report.blocked.unwrap().migration, "0004_no_codes");
    assert_eq!(versions(&mut client), ["a 3"]);
}

#[test]
fn what_takes_away_waits_until_every_active_tenant_is_there() {
    let (db, mut client) = young_shop(&["a", "b", "c"]);
    // Every customer is to have an e-mail address, which fails for those who are there.
    client
        .batch_execute("INSERT INTO b.customers (id, name) VALUES (1, 'x')")
        .unwrap();
    let (watching, seen) = watched(migrator(full()));
    let report = watching.on(&mut client).attempt().unwrap();
    assert_eq!(
        seen.lines(),
        [
            "a: 0003_invoices 0004_emails",
            "b: 0003_invoices failed",
            "c: 0003_invoices 0004_emails",
        ]
    );
    let blocked = report.blocked.unwrap();
    assert_eq!(blocked.migration, "0005_no_names");
    assert_eq!(blocked.waits_for, WaitsFor::ActiveTenants);
    assert_eq!(versions(&mut client), ["a 4", "b 3", "c 4"]);
    // Nor do some get it alone.
    let some = migrator(full()).only([key("a")]);
    let plan = some.on(&mut client).dry_run().unwrap();
    assert_eq!(
        (plan.steps.len(), plan.blocked.as_ref()),
        (0, Some(&blocked))
    );
    let report = some.on(&mut client).run().unwrap();
    assert_eq!((report.migrated, report.blocked), (0, Some(blocked)));
    // Nobody works with one that is suspended.
    app(db.url()).tenants().suspend(key("b")).unwrap();
    let report = some.on(&mut client).run().unwrap();
    assert_eq!((report.migrated, report.blocked), (1, None));
    let rest = migrator(full()).on(&mut client).attempt().unwrap();
    assert_eq!(rest.failed.len(), 1, "the suspended one");
    assert_eq!(versions(&mut client), ["a 5", "b 3", "c 5"]);
    client.batch_execute("DELETE FROM b.customers").unwrap();
    migrator(full()).on(&mut client).run().unwrap();
    assert_eq!(versions(&mut client), ["a 5", "b 5", "c 5"]);
}

#[test]
fn a_plan_shows_what_takes_away_as_a_step_of_its_own() {
    let (_db, mut client) = young_shop(&["a", "b"]);
    let plan = migrator(full()).on(&mut client).dry_run().unwrap();
    let shown: Vec<String> = plan
        .steps
        .iter()
        .flat_map(Step::groups)
        .map(|group| group.migrations.join(" "))
        .collect();
    assert_eq!(shown, ["0003_invoices 0004_emails", "0005_no_names"]);
    // Without tenants there is nobody to wait for.
    let (_db, mut client) = young_shop(&[]);
    migrator(full()).on(&mut client).run().unwrap();
    create(&mut client, "a");
    assert_eq!(versions(&mut client), ["a 5"]);
}

#[test]
fn rows_are_brought_along_between_what_adds_and_what_takes_away() {
    let manifest =
        |id: &str, phase: &str| format!("format = 1\nid = \"{id}\"\nphase = \"{phase}\"\n");
    let phased = [
        (
            "0003_add",
            "expand",
            "ALTER TABLE \"{tenant}\".customers ADD COLUMN short text",
        ),
        (
            "0004_fill",
            "backfill",
            "-- tenantry: batch customers by id\n\
             UPDATE \"{tenant}\".customers SET short = left(name, 1) WHERE short IS NULL AND \"{batch}\"",
        ),
        (
            "0005_later",
            "expand",
            "ALTER TABLE \"{tenant}\".customers ADD COLUMN later text",
        ),
        (
            "0006_drop",
            "contract",
            "ALTER TABLE \"{tenant}\".customers DROP COLUMN later",
        ),
    ];
    let manifests = phased.map(|(id, phase, _)| manifest(id, phase));
    let files: Vec<[(&str, &str); 2]> = phased
        .iter()
        .zip(&manifests)
        .map(|((.., sql), manifest)| {
            [
                ("migration.toml", manifest.as_str()),
                ("tenant.up.sql", *sql),
            ]
        })
        .collect();
    let mut folders = vec![PLANS, CUSTOMERS];
    folders.extend(
        phased
            .iter()
            .zip(&files)
            .map(|((id, ..), files)| (*id, &files[..])),
    );
    let all = chain(&folders);
    let (_db, mut client) = young_shop(&["a", "b"]);
    client
        .batch_execute("INSERT INTO a.customers (id, name) VALUES (1, 'Ann')")
        .unwrap();
    let expand = migrator(all.clone()).phase(Phase::Expand);
    let blocked = expand.on(&mut client).run().unwrap().blocked.unwrap();
    assert_eq!(
        (blocked.migration.as_str(), blocked.waits_for),
        ("0004_fill", WaitsFor::Phase(Phase::Backfill))
    );
    assert_eq!(versions(&mut client), ["a 3", "b 3"]);
    // A tenant that lacks its rows keeps what takes away waiting.
    let backfill = || migrator(all.clone()).phase(Phase::Backfill);
    backfill().only([key("b")]).on(&mut client).run().unwrap();
    let report = migrator(all.clone())
        .only([key("b")])
        .on(&mut client)
        .run()
        .unwrap();
    assert_eq!(report.blocked.unwrap().waits_for, WaitsFor::ActiveTenants);
    let blocked = backfill().on(&mut client).run().unwrap().blocked.unwrap();
    assert_eq!(
        (blocked.migration.as_str(), blocked.waits_for),
        ("0006_drop", WaitsFor::Phase(Phase::Contract))
    );
    assert_eq!(versions(&mut client), ["a 5", "b 5"]);
    assert_eq!(texts(&mut client, "SELECT short FROM a.customers"), ["A"]);
    migrator(all).on(&mut client).run().unwrap();
    assert_eq!(versions(&mut client), ["a 6", "b 6"]);
}
