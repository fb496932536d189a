//! Migrations of the shared schema and the fleet.

use std::thread;

use postgres::{Client, NoTls};
use tenantry::ErrorKind;
use tenantry::migrate::{Chain, NewMigration, Report, TenantReport, make};
use tenantry::model::ModelDef;
use tenantry::prelude::*;
use tenantry::structure::{State, diff};
use tenantry::testing::{Server, TestDb};
use tenantry_tests::fleet::{
    CUSTOMERS, Fleet, Folder, INVOICES, PLANS, Seen, chain, create, ledger, migrate, migrator,
    tables, texts, watched,
};

use crate::crash::at_each_statement;

/// A table of the shared schema and, in the same migration, what references it in each tenant's.
const TAGS: Folder<'static> = (
    "0003_tags",
    &[
        (
            "shared.up.sql",
            "CREATE TABLE \"{shared}\".tags (id bigint PRIMARY KEY);",
        ),
        (
            "tenant.up.sql",
            "CREATE TABLE \"{tenant}\".tagged (tag bigint REFERENCES \"{shared}\".tags);\n\
             ALTER TABLE \"{tenant}\".customers ADD COLUMN email text NOT NULL;",
        ),
    ],
);

/// A further shared part, which waits for the tenants.
const COLOURS: Folder<'static> = (
    "0004_colours",
    &[(
        "shared.up.sql",
        "ALTER TABLE \"{shared}\".tags ADD COLUMN colour text;",
    )],
);

/// A database with the first two migrations of the shop and these tenants.
fn young(names: &[&str]) -> TestDb {
    let db = TestDb::new();
    fill(&mut db.connect(), names);
    db
}

fn fill(client: &mut Client, names: &[&str]) {
    migrate(client, chain(&[PLANS, CUSTOMERS]));
    for name in names {
        create(client, name);
    }
}

/// The ledger has of each schema only the migrations that have a part there, for tenants that were migrated and
/// for those that were created later alike.
#[test]
fn the_ledger_has_of_a_schema_only_what_was_done_there() {
    let db = young(&["acme"]);
    let mut client = db.connect();
    migrate(&mut client, chain(&[PLANS, CUSTOMERS, TAGS, COLOURS]));
    create(&mut client, "globex");
    let of = |tenant: &str, migrations: &[&str]| -> Vec<String> {
        migrations
            .iter()
            .map(|migration| format!("{tenant} {migration}"))
            .collect()
    };
    let expected = [
        of("0", &["0001_plans", "0003_tags", "0004_colours"]),
        of("1", &["0002_customers", "0003_tags"]),
        of("2", &["0002_customers", "0003_tags"]),
    ];
    assert_eq!(ledger(&mut client), expected.concat());
    for schema in ["acme", "globex"] {
        assert_eq!(tables(&mut client, schema), ["customers", "tagged"]);
    }
    assert_eq!(tables(&mut client, "shared"), ["plans", "tags"]);
}

/// A model as it was.
mod before {
    use super::*;

    /// Tenants have their own.
    #[tenant_model]
    pub(crate) struct Country {
        #[field(key)]
        pub id: i64,
        pub name: String,
    }
}

/// The model as it is now.
mod after {
    use super::*;

    /// All tenants have the same.
    #[shared_model]
    pub(crate) struct Country {
        #[field(key)]
        pub id: i64,
        pub name: String,
    }
}

/// A model that moves from the tenants to the shared schema, or the other way, is a change: its table is made
/// where it is now and dropped where it was, and the migration says that rows are lost. It is never "no changes".
#[test]
fn a_model_that_moves_is_a_change_that_says_what_it_loses() {
    let moves: [(&ModelDef, &ModelDef); 2] = [
        (before::Country::DEF, after::Country::DEF),
        (after::Country::DEF, before::Country::DEF),
    ];
    for (from, to) in moves {
        let from_state = State::from_models(&[from]);
        assert!(!diff(&from_state, &State::from_models(&[to])).is_empty());
        let dir = tempfile::TempDir::new().unwrap();
        let first = make(&[from], &Chain::default(), None).unwrap().unwrap();
        first.write(dir.path()).unwrap();
        let chain = Chain::open(dir.path()).unwrap();
        let made = make(&[to], &chain, None)
            .unwrap()
            .expect("the move is a change");
        let lost: Vec<_> = made
            .losses()
            .map(|op| (op.placement, op.table.as_str()))
            .collect();
        assert_eq!(lost, [(from.placement, "countries")]);
        let operations = made.migrations().iter().flat_map(NewMigration::operations);
        assert!(
            operations
                .into_iter()
                .any(|op| op.placement == to.placement)
        );
    }
}

/// With several migrators at once, no tenant's part runs before the shared part that it needs, and no shared part
/// before the tenants' parts that it comes after.
#[test]
fn migrators_at_once_do_shared_parts_first_and_wait_for_tenants() {
    let names: Vec<String> = (0..12).map(|number| format!("a{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let db = young(&names);
    let chain = chain(&[PLANS, CUSTOMERS, TAGS, COLOURS]);
    let reports: Vec<Report> = thread::scope(|scope| {
        let run = || migrator(chain.clone()).on(&mut db.connect()).run().unwrap();
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(reports.iter().all(Report::is_success));
    let order = "SELECT migration || ' ' || (tenant_id = 0) FROM tenantry.ledger \
                 WHERE migration IN ('0003_tags', '0004_colours') \
                 GROUP BY migration, tenant_id = 0 ORDER BY min(applied_at), max(applied_at)";
    assert_eq!(
        texts(&mut db.connect(), order),
        ["0003_tags true", "0003_tags false", "0004_colours true"]
    );
    let done: usize = reports.iter().map(|report| report.migrated).sum();
    assert_eq!(done, names.len());
}

/// Tenants that can't be migrated hold up no other tenant, but they hold up the shared part that comes after; the
/// run fails, its report says of each what happened, and the next run touches only those.
///
/// That `manage migrate` then exits with 1 is in `tests/manage`.
#[test]
fn a_broken_tenant_holds_up_no_other_tenant() {
    let db = young(&["a", "b", "c", "d"]);
    let mut client = db.connect();
    for broken in ["b", "d"] {
        let row = format!("INSERT INTO {broken}.customers VALUES (1, 'Ann', NULL)");
        client.batch_execute(&row).unwrap();
    }
    let chain = chain(&[PLANS, CUSTOMERS, TAGS, COLOURS]);
    let (watching, seen) = watched(migrator(chain.clone()));
    let report = watching.on(&mut client).attempt().unwrap();
    assert_eq!(outcomes(&seen), ["a true", "b false", "c true", "d false"]);
    assert_eq!(
        report
            .failures()
            .filter(|(tenant, _)| tenant.is_some())
            .count(),
        2
    );
    assert_eq!(report.blocked.as_ref().unwrap().migration, "0004_colours");

    let error = watching.on(&mut client).run().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Migration);
    assert_eq!(outcomes(&seen), ["b false", "d false"]);
    assert!(
        error
            .to_string()
            .starts_with("2 tenants could not be migrated"),
        "{error}"
    );

    client.batch_execute("DELETE FROM b.customers").unwrap();
    watching.on(&mut client).attempt().unwrap();
    assert_eq!(outcomes(&seen), ["b true", "d false"]);
    client.batch_execute("DELETE FROM d.customers").unwrap();
    let report = watching.on(&mut client).run().unwrap();
    assert_eq!(outcomes(&seen), ["d true"]);
    assert_eq!(report.shared.len(), 1);
    assert!(
        migrator(chain)
            .on(&mut client)
            .status()
            .unwrap()
            .is_up_to_date()
    );
}

/// Who something was done to since the last look, and whether it went well.
fn outcomes(seen: &Seen) -> Vec<String> {
    let mut tenants = seen.take();
    tenants.sort_by(|one, other| one.key.cmp(&other.key));
    let line = |tenant: &TenantReport| format!("{} {}", tenant.key, tenant.error.is_none());
    tenants.iter().map(line).collect()
}

/// For runs that are cut off: whatever statement the session is lost at, what is done stays done and is not done
/// again, and the next run goes on. `tests/killed.rs` kills the process instead, at random moments.
#[test]
fn a_run_that_is_cut_off_at_any_statement_is_finished_by_the_next() {
    let chain = chain(&[PLANS, CUSTOMERS, TAGS, COLOURS]);
    let fleet = || {
        Fleet::of(TestDb::from_template("young_fleet", |url| {
            fill(
                &mut Client::connect(url, NoTls).unwrap(),
                &["acme", "globex"],
            );
        }))
    };
    let run = |client: &mut Client| migrator(chain.clone()).on(client).run();
    let cut_off = at_each_statement(
        fleet,
        |db| run(&mut db.connect()).map(drop),
        |_, client| {
            let behind = migrator(chain.clone())
                .on(client)
                .status()
                .unwrap()
                .behind
                .count;
            let report = run(client).unwrap();
            assert_eq!(report.migrated, behind);
            assert!(
                migrator(chain.clone())
                    .on(client)
                    .status()
                    .unwrap()
                    .is_up_to_date()
            );
            for name in ["acme", "globex"] {
                assert_eq!(tables(client, name), ["customers", "tagged"]);
            }
        },
    );
    assert_eq!(
        cut_off, 6,
        "two shared parts of one statement, and two tenants with two"
    );
}

/// A fleet that is up to date costs a run, a dry run and a status as many statements however many tenants there
/// are.
#[test]
fn an_up_to_date_fleet_costs_the_same_however_many_tenants_there_are() {
    let server = Server::builder()
        .setting("log_statement", "all")
        .start()
        .unwrap();
    let log = || server.log().expect("a throw-away server's log can be read");
    let count = |tenants: usize| {
        let db = server.database().unwrap();
        let mut client = db.connect();
        let chain = chain(&[PLANS, CUSTOMERS, INVOICES]);
        migrate(&mut client, chain.clone());
        for number in 0..tenants {
            create(&mut client, &format!("a{number}"));
        }
        let mut seen = log().len();
        let mut cost = || {
            let all = log();
            let new = all[seen..].to_owned();
            seen = all.len();
            let ours = new.lines().filter(|line| line.contains(db.name()));
            ours.filter(|line| line.contains("LOG:  execute") || line.contains("LOG:  statement"))
                .count()
        };
        let report = migrator(chain.clone()).on(&mut client).run().unwrap();
        assert_eq!(report.migrated, 0);
        let run = cost();
        assert!(
            migrator(chain.clone())
                .on(&mut client)
                .dry_run()
                .unwrap()
                .is_empty()
        );
        let dry_run = cost();
        assert!(
            migrator(chain)
                .on(&mut client)
                .status()
                .unwrap()
                .is_up_to_date()
        );
        [run, dry_run, cost()]
    };
    let few = count(3);
    for (what, statements) in ["a run", "a dry run", "a status"].into_iter().zip(few) {
        assert!(
            (1..=6).contains(&statements),
            "{what} costs {statements} statements"
        );
    }
    assert_eq!(count(60), few);
}
