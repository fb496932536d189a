//! Failures for a tenant, and for all of them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tenantry::ErrorKind;
use tenantry::across::{RolledUp, Rollup, Why};
use tenantry::prelude::*;
use tenantry::query::count;
use tenantry::tenant::TenantState;

use super::application::{
    App, NewSize, NewTurnover, Sale, Size, Turnover, numbers, sell, sizes, turnover,
};

fn left_out(done: &RolledUp) -> Vec<(&str, Why)> {
    let each = done.left_out().iter();
    each.map(|it| (it.tenant().as_str(), it.why())).collect()
}

#[test]
fn a_tenant_that_fails_keeps_its_rows_and_the_others_are_done() {
    let app = App::new();
    let _ = turnover().run(&mut app.fleet()).unwrap();
    app.sql("ALTER TABLE shared.turnovers ADD CHECK (sales < 3)");
    sell(&mut app.tenant("acme"), "FR", 1);
    sell(&mut app.tenant("o.brien-sons"), "IT", 1);
    let done = turnover().run(&mut app.fleet()).unwrap();
    assert_eq!(
        (numbers(&done), left_out(&done)),
        ((1, 2), vec![("acme", Why::Failed)])
    );
    let error = done.left_out()[0].error().unwrap();
    assert!(
        error.is_check() && error.tenant().unwrap().as_str() == "acme",
        "{error}"
    );
    let rows = app.turnover();
    assert_eq!(
        (&*rows[1], &*rows[4]),
        ("acme FR 2 2", "o.brien-sons IT 2 2")
    );
    // What failed is tried again, and the others are not.
    app.sql("DELETE FROM acme.sales WHERE id = 1");
    let done = turnover().run(&mut app.fleet()).unwrap().whole().unwrap();
    assert_eq!(numbers(&done), (1, 3));
}

#[test]
fn a_locked_tenant_is_left_out() {
    let app = App::new();
    let mut holder = app.database.connect();
    holder
        .batch_execute("BEGIN; LOCK TABLE acme.sales IN ACCESS EXCLUSIVE MODE")
        .unwrap();
    let fleet = || app.fleet().lock_timeout(Duration::from_millis(50));
    let done = turnover().run(&mut fleet()).unwrap();
    assert_eq!(left_out(&done), [("acme", Why::Locked)]);
    let done = sizes().run(&mut fleet()).unwrap();
    assert_eq!(
        (numbers(&done), left_out(&done)),
        ((3, 0), vec![("acme", Why::Locked)])
    );
    assert_eq!(app.sizes(), ["globex 1", "initech 0", "o.brien-sons 2"]);
    // A lock on a row that is to be replaced, or removed.
    holder
        .batch_execute(
            "ROLLBACK; BEGIN; SELECT FROM shared.sizes WHERE account = 'globex' FOR UPDATE",
        )
        .unwrap();
    let done = sizes().run(&mut fleet()).unwrap();
    assert_eq!(
        (numbers(&done), left_out(&done)),
        ((3, 0), vec![("globex", Why::Locked)])
    );
    holder.batch_execute("ROLLBACK").unwrap();
    let _ = turnover().run(&mut fleet()).unwrap().whole().unwrap();
    app.db
        .tenants()
        .drop(&tenantry_tests::fleet::key("acme"))
        .unwrap();
    holder
        .batch_execute("BEGIN; SELECT FROM shared.turnovers WHERE tenant = 'acme' FOR UPDATE")
        .unwrap();
    let done = turnover().run(&mut fleet()).unwrap();
    assert_eq!(
        (numbers(&done), left_out(&done)),
        ((0, 3), vec![("acme", Why::Locked)])
    );
    assert!(done.gone().is_empty());
}

#[test]
fn what_is_wrong_for_all_is_one_error() {
    let app = App::new();
    app.sql("ALTER TABLE shared.sizes RENAME TO elsewhere");
    let error = sizes().run(&mut app.fleet()).unwrap_err();
    assert!(error.is_missing_table(), "{error}");
    app.sql("ALTER TABLE shared.elsewhere RENAME TO sizes; ALTER TABLE shared.sizes ADD CHECK (sales < 0)");
    let error = sizes().run(&mut app.fleet()).unwrap_err();
    assert!(error.is_check(), "{error}");
}

#[test]
fn a_row_for_another_tenant_is_refused() {
    let app = App::new();
    let wrong = Rollup::new(Size::ACCOUNT, Sale::query().select(count()), |_, sales| {
        NewSize::new(
            tenantry_tests::fleet::key("globex"),
            sales,
            Timestamp::UNIX_EPOCH,
        )
    });
    let error = wrong.run(&mut app.fleet()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("field `account`"), "{error}");
    assert!(error.to_string().contains("help: "), "{error}");
    assert_eq!(app.sizes(), Vec::<String>::new());
}

#[test]
fn a_moment_that_the_database_does_not_fill_in_is_refused() {
    let app = App::new();
    let wrong = sizes().changed_by(Sale::UPDATED_AT, Size::MADE_AT);
    let error = wrong.run(&mut app.fleet()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("`made_at`"), "{error}");
    // It does not count where all are computed, and is wrong all the same.
    assert!(wrong.run_all(&mut app.fleet()).is_err());
}

#[test]
fn a_run_that_was_ended_is_continued_by_the_next() {
    let app = App::new();
    let url = app.database.url().to_owned();
    let (calls, made) = (
        AtomicUsize::new(0),
        Sale::query().group_by(Sale::COUNTRY).select(count()),
    );
    let killed = Rollup::new(Turnover::TENANT, made, move |tenant, (country, sales)| {
        if calls.fetch_add(1, Ordering::Relaxed) == 2 {
            let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
            let end = "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity \
                WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
            client.query_one(end, &[]).unwrap();
        }
        NewTurnover::new(tenant, country, sales)
    });
    let killed = killed
        .changed_by(Sale::UPDATED_AT, Turnover::AS_OF)
        .overlap(Duration::ZERO);
    let error = killed.run(&mut app.fleet()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
    assert_eq!(app.turnover().len(), 2);
    let done = turnover().run(&mut app.fleet()).unwrap().whole().unwrap();
    assert_eq!(numbers(&done), (2, 2));
    assert_eq!(app.turnover().len(), 5);
}

/// A roll-up that does something else once, while it makes the rows of the first tenant.
fn interrupted(
    url: &str,
    work: impl Fn(&Database) + Send + Sync + 'static,
) -> Rollup<Turnover, Sale> {
    let (calls, url) = (AtomicUsize::new(0), url.to_owned());
    let countries = Sale::query().group_by(Sale::COUNTRY).select(count());
    let rollup = Rollup::new(
        Turnover::TENANT,
        countries,
        move |tenant, (country, sales)| {
            if calls.fetch_add(1, Ordering::Relaxed) == 0 {
                work(&Database::connect(&url).unwrap());
            }
            NewTurnover::new(tenant, country, sales)
        },
    );
    rollup.changed_by(Sale::UPDATED_AT, Turnover::AS_OF)
}

#[test]
fn tenants_that_change_while_it_runs_leave_no_rows_under_keys_of_others() {
    let app = App::new();
    let key = tenantry_tests::fleet::key;
    let rollup = interrupted(app.database.url(), move |db| {
        let tenants = db.tenants();
        tenants.rename(&key("globex"), &key("x")).unwrap();
        tenants
            .rename(&key("o.brien-sons"), &key("globex"))
            .unwrap();
        tenants.suspend(&key("initech")).unwrap();
    });
    let done = rollup.run_all(&mut app.fleet()).unwrap();
    let (gone, suspended) = (Why::Gone, Why::State(TenantState::Suspended));
    assert_eq!(
        left_out(&done),
        [
            ("globex", gone),
            ("initech", suspended),
            ("o.brien-sons", gone)
        ]
    );
    assert_eq!(numbers(&done), (1, 0));
    assert_eq!(app.turnover(), ["acme DE 1 0", "acme FR 2 0"]);
    let done = turnover().run(&mut app.fleet()).unwrap().whole().unwrap();
    assert_eq!(numbers(&done), (2, 1));
    assert_eq!(
        app.turnover()[2..],
        ["globex FR 1 1", "globex IT 1 2", "x it's \"odd\" \\ 1 1"].map(str::to_owned)
    );
}

#[test]
fn the_tenant_that_is_renamed_while_its_rows_are_made_has_none_under_its_former_key() {
    let app = App::new();
    let key = tenantry_tests::fleet::key;
    let rollup = interrupted(app.database.url(), move |db| {
        db.tenants().rename(&key("acme"), &key("x")).unwrap();
    });
    let done = rollup.run(&mut app.fleet()).unwrap();
    assert_eq!(left_out(&done), [("acme", Why::Gone)]);
    assert_eq!(app.turnover()[0], "globex it's \"odd\" \\ 1 0");
    assert_eq!(numbers(&turnover().run(&mut app.fleet()).unwrap()), (1, 3));
}

#[test]
fn a_fleet_of_no_tenants_is_rolled_up_too() {
    let app = App::new();
    let _ = turnover().run(&mut app.fleet()).unwrap();
    for (name, _) in super::application::SALES {
        app.db
            .tenants()
            .drop(&tenantry_tests::fleet::key(name))
            .unwrap();
    }
    let done = turnover().run(&mut app.fleet()).unwrap().whole().unwrap();
    assert_eq!((numbers(&done), done.gone().len()), ((0, 0), 3));
    assert_eq!(app.turnover(), [""; 0]);
    let done = sizes().run(&mut app.fleet()).unwrap().whole().unwrap();
    assert_eq!((numbers(&done), done.gone().len()), ((0, 0), 0));
}

#[test]
fn a_role_without_rights_is_told() {
    let app = App::new();
    let role = format!("reader_{}", app.database.name());
    app.sql(&format!(
        "CREATE ROLE \"{role}\" LOGIN PASSWORD 'p'; GRANT USAGE ON SCHEMA tenantry, shared, acme, globex, initech TO \"{role}\"; \
         GRANT SELECT ON ALL TABLES IN SCHEMA tenantry, shared, acme, globex, initech TO \"{role}\"; \
         GRANT INSERT, DELETE ON shared.turnovers TO \"{role}\""
    ));
    let mut config = app.database.config();
    config.user(&role).password("p");
    let db = Database::connect_with(
        &config,
        postgres::NoTls,
        tenantry::scope::Options::default(),
    )
    .unwrap();
    let mut fleet = db.across(&super::application::Staff).unwrap();
    let done = turnover().run(&mut fleet).unwrap();
    assert_eq!(
        (numbers(&done), left_out(&done)),
        ((2, 1), vec![("o.brien-sons", Why::Refused)])
    );
    let error = sizes().run(&mut fleet).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Permission, "{error}");
    drop((fleet, db));
    app.sql(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\""));
}
