//! Selecting tenants: every way to name them, to leave them out, to order them, and to take the first few.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::fs;

use postgres::Client;
use tenantry::migrate::{Chain, Selection, Step};
use tenantry::tenant::{Match, NewTenant, Order, TenantFilter, TenantState, Versions};
use tenantry::{Error, ErrorKind};
use tenantry_tests::fleet::{
    CUSTOMERS, Fleet, Folder, INVOICES, PLANS, chain, key, migrator, shop_db, texts, watched,
};
use tenantry_tests::wait::until;

const NOTES: Folder<'static> = (
    "0004_notes",
    &[
        (
            "tenant.up.sql",
            "ALTER TABLE \"{tenant}\".customers ADD COLUMN note text;",
        ),
        (
            "tenant.down.sql",
            "ALTER TABLE \"{tenant}\".customers DROP COLUMN note;",
        ),
    ],
);

fn longer() -> Chain {
    chain(&[PLANS, CUSTOMERS, INVOICES, NOTES])
}

/// Tenants that lack the last migration, the oldest first: `eu-b`, `us-a`, `eu-a`, `us_c`.
fn fleet() -> (Fleet, Client) {
    let db = shop_db();
    let client = db.connect();
    for (name, tags) in [
        ("eu-b", &["beta", "eu"][..]),
        ("us-a", &["beta"]),
        ("eu-a", &["eu", "old"]),
        ("us_c", &[]),
    ] {
        let new = tags
            .iter()
            .fold(NewTenant::new(&key(name)), |new, &tag| new.tag(tag));
        db.tenants().create(new).unwrap();
    }
    (db, client)
}

/// Who would be migrated, in the order of the plan.
fn planned(client: &mut Client, selection: Selection) -> Vec<String> {
    let plan = migrator(longer()).select(selection).on(client).dry_run();
    let mut keys = Vec::new();
    for step in plan.unwrap().steps {
        if let Step::Tenants { groups, .. } = step {
            let tenants = groups.iter().flat_map(|group| &group.tenants);
            keys.extend(tenants.map(ToString::to_string));
        }
    }
    keys
}

/// Who is migrated, in the order in which that happens.
fn migrated(client: &mut Client, selection: Selection) -> Vec<String> {
    let (migrator, seen) = watched(migrator(longer()).select(selection));
    migrator.on(client).attempt().unwrap();
    seen.take().iter().map(|it| it.key.to_string()).collect()
}

fn refused(client: &mut Client, selection: Selection) -> Error {
    let migrator = migrator(longer()).select(selection);
    let planned = migrator.on(client).dry_run().unwrap_err();
    let tried = migrator.on(client).attempt().unwrap_err();
    assert_eq!(planned.to_string(), tried.to_string());
    let versions = "SELECT DISTINCT version::text FROM tenantry.tenant";
    assert_eq!(texts(client, versions), ["3"]);
    tried
}

fn only(only: Match) -> Selection {
    Selection::all().matching(only)
}

fn all() -> Match {
    Match::all()
}

#[test]
fn tenants_are_selected_by_key_pattern_state_tag_and_version() {
    let (db, mut client) = fleet();
    db.tenants().suspend(&key("us-a")).unwrap();
    migrator(longer())
        .only([key("eu-b")])
        .on(&mut client)
        .attempt()
        .unwrap();
    let cases = [
        (all().key(&key("us-a")).key(&key("eu-a")), "us-a eu-a"),
        (all().pattern("us*").unwrap(), "us-a us_c"),
        (all().pattern("us_*").unwrap(), "us_c"),
        (all().pattern("??-a").unwrap(), "us-a eu-a"),
        (
            all().pattern("us_*").unwrap().key(&key("eu-a")),
            "eu-a us_c",
        ),
        (all().state(TenantState::Suspended), "us-a"),
        (all().tag("beta").unwrap().tag("old").unwrap(), "us-a eu-a"),
        (
            all().tag("beta").unwrap().state(TenantState::Suspended),
            "us-a",
        ),
        (
            all().version(Versions::at("0003_invoices")),
            "us-a eu-a us_c",
        ),
        (all().version(Versions::up_to("3")), "us-a eu-a us_c"),
        (all().version("4..".parse().unwrap()), ""),
        (
            all()
                .version(Versions::at("4"))
                .version("..3".parse().unwrap()),
            "us-a eu-a us_c",
        ),
    ];
    for (what, expected) in cases {
        let found = planned(&mut client, only(what.clone()));
        assert_eq!(found.join(" "), expected, "{what:?}");
    }
}

#[test]
fn tenants_are_left_out_in_the_same_ways() {
    let (db, mut client) = fleet();
    db.tenants().suspend(&key("us-a")).unwrap();
    let cases = [
        (all().key(&key("us-a")), "eu-b eu-a us_c"),
        (all().pattern("eu-*").unwrap(), "us-a us_c"),
        (all().state(TenantState::Suspended), "eu-b eu-a us_c"),
        (all().tag("eu").unwrap(), "us-a us_c"),
        (all().version(Versions::up_to("3")), ""),
        (all().version(Versions::up_to("2")), "eu-b us-a eu-a us_c"),
    ];
    for (what, expected) in cases {
        let found = planned(&mut client, Selection::all().except(what.clone()));
        assert_eq!(found.join(" "), expected, "{what:?}");
    }
    let both = only(all().tag("eu").unwrap())
        .except(all().tag("old").unwrap())
        .except(all().key(&key("us_c")));
    assert_eq!(planned(&mut client, both), ["eu-b"]);
}

#[test]
fn tenants_are_selected_by_the_size_of_their_data() {
    let (_db, mut client) = fleet();
    client
        .batch_execute(
            "INSERT INTO \"t2_us_a\".customers SELECT n, repeat('x', 100) FROM pg_catalog.generate_series(1, 3000) AS n; \
             INSERT INTO \"t3_eu_a\".customers SELECT n, repeat('x', 100) FROM pg_catalog.generate_series(1, 9000) AS n; \
             ANALYZE \"t2_us_a\".customers; ANALYZE \"t3_eu_a\".customers",
        )
        .unwrap();
    let found = planned(&mut client, only(all().smaller_than(200_000)));
    assert_eq!(found, ["eu-b", "us_c"]);
    let found = planned(&mut client, only(all().larger_than(900_000)));
    assert_eq!(found, ["eu-a"]);
    let by_size = Selection::all().order(Order::Size);
    assert_eq!(
        planned(&mut client, by_size.clone()),
        ["eu-b", "us_c", "us-a", "eu-a"]
    );
    assert_eq!(
        migrated(&mut client, by_size),
        ["eu-b", "us_c", "us-a", "eu-a"]
    );
}

#[test]
fn tenants_are_taken_in_order() {
    let (_db, mut client) = fleet();
    let ordered = |order| Selection::all().order(order);
    let by_age = planned(&mut client, ordered(Order::Age));
    assert_eq!(by_age, ["eu-b", "us-a", "eu-a", "us_c"]);
    let mut random = planned(&mut client, ordered(Order::Random));
    random.sort();
    assert_eq!(random, ["eu-a", "eu-b", "us-a", "us_c"]);
    assert_eq!(
        migrated(&mut client, ordered(Order::Key)),
        ["eu-a", "eu-b", "us-a", "us_c"]
    );
}

#[test]
fn the_first_few_are_those_that_there_is_something_to_do_for() {
    let (_db, mut client) = fleet();
    let two = Selection::all().order(Order::Key).first(2);
    assert_eq!(planned(&mut client, two.clone()), ["eu-a", "eu-b"]);
    assert_eq!(migrated(&mut client, two.clone()), ["eu-a", "eu-b"]);
    assert_eq!(planned(&mut client, two.clone()), ["us-a", "us_c"]);
    assert_eq!(migrated(&mut client, two.clone()), ["us-a", "us_c"]);
    assert_eq!(migrated(&mut client, two.clone()), [""; 0]);

    let (back, seen) = watched(migrator(longer()).select(two));
    back.on(&mut client).attempt_rollback(Some("0003")).unwrap();
    assert_eq!(seen.take().len(), 2);
    let back = "SELECT key FROM tenantry.tenant WHERE version = 3 ORDER BY 1";
    assert_eq!(texts(&mut client, back), ["eu-a", "eu-b"]);
}

/// Those who are selected by their version go all the way, though their version changes as they do.
#[test]
fn a_selection_by_version_holds_for_the_whole_run() {
    let (_db, mut client) = fleet();
    let barrier: Folder<'_> = ("0005_barrier", &[("shared.up.sql", "SELECT 1;")]);
    let after: Folder<'_> = ("0006_after", &[("tenant.up.sql", "SELECT 1;")]);
    let longest = chain(&[PLANS, CUSTOMERS, INVOICES, NOTES, barrier, after]);
    let at_3 = only(all().version(Versions::at("3")));
    let report = migrator(longest)
        .select(at_3)
        .on(&mut client)
        .attempt()
        .unwrap();
    assert!(report.is_success(), "{report:?}");
    let versions = "SELECT DISTINCT version::text FROM tenantry.tenant";
    assert_eq!(texts(&mut client, versions), ["6"]);
}

#[test]
fn keys_are_read_from_a_file() {
    let (_db, mut client) = fleet();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys");
    fs::write(&file, "# the first\nus-a\n\n  eu-a  # and this\n").unwrap();
    let found = planned(&mut client, only(all().file(&file).unwrap()));
    assert_eq!(found, ["us-a", "eu-a"]);
    let found = planned(
        &mut client,
        Selection::all().except(all().file(&file).unwrap()),
    );
    assert_eq!(found, ["eu-b", "us_c"]);

    fs::write(&file, "us-a\nnot a key\n").unwrap();
    let error = all().file(&file).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Name);
    assert!(error.to_string().contains("keys`, line 2"), "{error}");
    let error = all().file(folder.path().join("none")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    // A file that happens to be empty does not mean everybody.
    fs::write(&file, "# nobody\n").unwrap();
    let error = refused(&mut client, only(all().file(&file).unwrap()));
    assert!(
        error.to_string().contains("no tenant is selected"),
        "{error}"
    );
}

#[test]
fn what_nobody_can_be_selected_by_is_an_error_and_nothing_is_done() {
    let (_db, mut client) = fleet();
    let unknown = all().key(&key("nobody")).key(&key("us-a"));
    for selection in [only(unknown.clone()), Selection::all().except(unknown)] {
        let error = refused(&mut client, selection);
        assert_eq!(error.kind(), ErrorKind::UnknownTenant);
        assert!(error.to_string().contains("`nobody`"), "{error}");
    }
    for nobody in [
        all().pattern("zz*").unwrap(),
        all().tag("none").unwrap(),
        all().state(TenantState::Suspended),
        all().keys([]),
    ] {
        let error = refused(&mut client, only(nobody));
        assert_eq!(error.kind(), ErrorKind::UnknownTenant);
        assert!(
            error.to_string().contains("no tenant is selected"),
            "{error}"
        );
    }
    let error = refused(&mut client, Selection::all().except(all()));
    assert!(
        error.to_string().contains("no tenant is selected"),
        "{error}"
    );
    let error = refused(&mut client, only(all().version(Versions::at("0009_x"))));
    assert!(error.to_string().contains("`0009_x`"), "{error}");
}

#[test]
fn a_list_takes_the_same_conditions() {
    let (db, _) = fleet();
    let listed = |filter: TenantFilter| -> Vec<String> {
        let tenants = db.tenants().list(&filter).unwrap();
        tenants.iter().map(|it| it.key().to_string()).collect()
    };
    let beta = all().tag("beta").unwrap();
    let filter = TenantFilter::all().matching(beta.clone());
    assert_eq!(listed(filter), ["eu-b", "us-a"]);
    let filter = TenantFilter::all()
        .matching(beta)
        .except(all().pattern("eu*").unwrap());
    assert_eq!(listed(filter.clone()), ["us-a"]);
    assert_eq!(
        listed(filter.state(TenantState::Suspended).limit(1)),
        [""; 0]
    );
    let small = TenantFilter::all().matching(all().smaller_than(1 << 30));
    assert_eq!(listed(small.after(&key("eu-b"))), ["us-a", "us_c"]);
}

#[test]
fn tags_are_given_and_taken_away() {
    let (db, _) = fleet();
    let acme = db.tenants().get(&key("eu-b")).unwrap();
    assert_eq!(acme.tags(), ["beta", "eu"]);
    let tagged = db
        .tenants()
        .tag(&key("eu-b"), &["pro", "beta"], &["eu", "never"]);
    assert_eq!(tagged.unwrap().tags(), ["beta", "pro"]);
    let error = db.tenants().tag(&key("nobody"), &["x"], &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownTenant);
    let error = db.tenants().tag(&key("eu-b"), &["a b"], &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Name);
    let new = NewTenant::new(&key("other")).tag("'; DROP");
    let error = db.tenants().create(new).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Name);
    let twice = NewTenant::new(&key("other")).tag("x").tag("x");
    assert_eq!(db.tenants().create(twice).unwrap().tags(), ["x"]);
}

/// However the tenants are selected, who is behind is one query.
#[test]
fn a_selection_costs_no_statement_for_each_tenant() {
    let (db, mut client) = fleet();
    let selection = only(all().tag("beta").unwrap()).order(Order::Size);
    let once = |client: &mut Client| {
        let before = statements(client);
        let plan = migrator(longer())
            .select(selection.clone())
            .on(client)
            .dry_run();
        assert!(!plan.unwrap().is_empty());
        statements(client) - before
    };
    // What the server does of itself meanwhile, to analyse tables, is counted too.
    let few = (0..5).map(|_| once(&mut client)).min().unwrap();
    for number in 0..20 {
        let new = NewTenant::new(&key(&format!("b{number}"))).tag("beta");
        db.tenants().create(new).unwrap();
    }
    until("it costs as little as before", || once(&mut client) <= few);
}

/// How many transactions the database has seen; a statement on its own is one.
fn statements(client: &mut Client) -> i64 {
    client
        .batch_execute("SELECT pg_catalog.pg_stat_force_next_flush()")
        .unwrap();
    let row = client.query_one(
        "SELECT xact_commit FROM pg_catalog.pg_stat_database WHERE datname = pg_catalog.current_database()",
        &[],
    );
    row.unwrap().get(0)
}
