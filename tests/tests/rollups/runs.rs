//! Rows that a run makes, and those that it leaves as they are.

use std::time::Duration;

use tenantry::across::Why;
use tenantry::prelude::*;
use tenantry::tenant::TenantState;
use tenantry_tests::fleet::key;

use super::application::{App, Sale, numbers, sell, sizes, turnover};

const FIRST: [&str; 5] = [
    "acme DE 1 3",
    "acme FR 2 2",
    "globex it's \"odd\" \\ 1 1",
    "o.brien-sons FR 1 1",
    "o.brien-sons IT 1 2",
];

#[test]
fn only_tenants_that_have_changed_are_computed() {
    let app = App::new();
    for tenants in [100, 1] {
        app.sql("DELETE FROM shared.turnovers");
        let mut fleet = app.fleet().tenants_per_statement(tenants);
        let done = turnover().run(&mut fleet).unwrap().whole().unwrap();
        assert_eq!((numbers(&done), done.rows()), ((3, 1), 5));
        assert_eq!(app.turnover(), FIRST);
        let done = turnover().run(&mut fleet).unwrap().whole().unwrap();
        assert_eq!((numbers(&done), done.rows()), ((0, 4), 0));
        let done = turnover().run_all(&mut fleet).unwrap().whole().unwrap();
        assert_eq!((numbers(&done), done.rows()), ((4, 0), 5));
        assert_eq!(app.turnover(), FIRST);
    }
    let mut acme = app.tenant("acme");
    Sale::update_where(Sale::COUNTRY.eq("DE"))
        .set(Sale::COUNTRY, "FR")
        .execute(&mut acme)
        .unwrap();
    sell(&mut app.tenant("initech"), "FR", i64::MAX);
    let done = turnover().run(&mut app.fleet()).unwrap().whole().unwrap();
    assert_eq!((numbers(&done), done.rows()), ((2, 2), 2));
    assert_eq!(
        app.turnover()[..2],
        ["acme FR 3 3", FIRST[2]].map(str::to_owned)
    );
    assert!(
        app.turnover()
            .contains(&format!("initech FR 1 {}", i64::MAX))
    );
}

#[test]
fn a_change_that_began_before_the_rows_were_made_is_found_by_the_overlap() {
    let app = App::new();
    let mut writer = app.database.connect();
    let insert =
        "BEGIN; INSERT INTO acme.sales (country, cents, updated_at) VALUES ('NL', 1, now())";
    writer.batch_execute(insert).unwrap();
    let _ = turnover().run(&mut app.fleet()).unwrap();
    writer.batch_execute("COMMIT").unwrap();
    let done = turnover().run(&mut app.fleet()).unwrap();
    assert_eq!(numbers(&done), (0, 4));
    let wide = turnover().overlap(Duration::from_mins(5));
    assert_eq!(numbers(&wide.run(&mut app.fleet()).unwrap()), (3, 1));
    assert!(app.turnover().contains(&"acme NL 1 1".to_owned()));
}

#[test]
fn rows_that_are_removed_are_missed_where_none_is_left_or_all_are_computed() {
    let app = App::new();
    let _ = turnover().run(&mut app.fleet()).unwrap();
    app.sql("DELETE FROM acme.sales");
    let italian = Sale::delete_where(Sale::COUNTRY.eq("IT"));
    italian.execute(&mut app.tenant("o.brien-sons")).unwrap();
    assert_eq!(numbers(&turnover().run(&mut app.fleet()).unwrap()), (1, 3));
    assert_eq!(app.turnover(), FIRST[2..]);
    assert_eq!(numbers(&turnover().run(&mut app.fleet()).unwrap()), (0, 4));
    assert_eq!(
        numbers(&turnover().run_all(&mut app.fleet()).unwrap()),
        (4, 0)
    );
    assert_eq!(app.turnover(), FIRST[2..4]);
}

#[test]
fn moments_without_end_are_later_or_earlier_than_all() {
    let app = App::new();
    app.sql("UPDATE acme.sales SET updated_at = 'infinity'; UPDATE globex.sales SET updated_at = '-infinity'");
    assert_eq!(numbers(&turnover().run(&mut app.fleet()).unwrap()), (3, 1));
    assert_eq!(numbers(&turnover().run(&mut app.fleet()).unwrap()), (1, 3));
}

#[test]
fn rows_of_dropped_tenants_go_and_those_of_suspended_ones_stay() {
    let app = App::new();
    let _ = turnover().run(&mut app.fleet()).unwrap();
    app.db.tenants().drop(&key("acme")).unwrap();
    app.db.tenants().suspend(&key("globex")).unwrap();
    let done = turnover().run(&mut app.fleet()).unwrap().whole().unwrap();
    assert_eq!(
        (done.gone(), done.suspended()),
        (&[key("acme")][..], &[key("globex")][..])
    );
    assert_eq!(app.turnover(), FIRST[2..]);
    // Who asks for a tenant is told that it has no part.
    let mut one = app.fleet().keys([&key("globex"), &key("nobody")]);
    let done = turnover().run_all(&mut one).unwrap();
    let why: Vec<_> = done
        .left_out()
        .iter()
        .map(|it| (it.tenant().as_str(), it.why()))
        .collect();
    assert_eq!(
        why,
        [
            ("nobody", Why::Gone),
            ("globex", Why::State(TenantState::Suspended))
        ]
    );
    assert!(done.whole().unwrap_err().is_unknown_tenant());
    app.db.tenants().resume(&key("globex")).unwrap();
    let done = turnover().run(&mut app.fleet()).unwrap().whole().unwrap();
    assert_eq!((numbers(&done), done.gone()), ((1, 2), &[][..]));
}

#[test]
fn a_key_that_another_tenant_has_by_now_brings_no_rows_of_the_former() {
    let app = App::new();
    let _ = turnover().run(&mut app.fleet()).unwrap();
    let _ = sizes().run(&mut app.fleet()).unwrap();
    let tenants = app.db.tenants();
    for (old, new) in [("acme", "x"), ("globex", "acme"), ("x", "globex")] {
        tenants.rename(&key(old), &key(new)).unwrap();
    }
    // The reference follows by itself.
    assert_eq!(
        app.sizes(),
        ["acme 1", "globex 3", "initech 0", "o.brien-sons 2"]
    );
    assert_eq!(numbers(&turnover().run(&mut app.fleet()).unwrap()), (2, 2));
    let mut rows: Vec<String> = app.turnover();
    rows.truncate(3);
    assert_eq!(
        rows,
        ["acme it's \"odd\" \\ 1 1", "globex DE 1 3", "globex FR 2 2"]
    );
    tenants.drop(&key("acme")).unwrap();
    assert_eq!(app.sizes(), ["globex 3", "initech 0", "o.brien-sons 2"]);
    tenants
        .create(super::application::NewAccount::new(key("acme")))
        .unwrap();
    assert_eq!(numbers(&turnover().run(&mut app.fleet()).unwrap()), (1, 3));
    assert_eq!(app.turnover()[0], "globex DE 1 3");
}

#[test]
fn without_a_moment_all_are_computed_each_time_and_replaced() {
    let app = App::new();
    for _ in 0..3 {
        let done = sizes().run(&mut app.fleet()).unwrap().whole().unwrap();
        assert_eq!((numbers(&done), done.rows()), ((4, 0), 4));
        assert_eq!(
            app.sizes(),
            ["acme 3", "globex 1", "initech 0", "o.brien-sons 2"]
        );
    }
    sell(&mut app.tenant("acme"), "FR", 1);
    sell(&mut app.tenant("globex"), "FR", 1);
    let mut some = app.fleet().keys([&key("acme")]);
    assert_eq!(numbers(&sizes().run(&mut some).unwrap()), (1, 0));
    assert_eq!(app.sizes()[..2], ["acme 4", "globex 1"].map(str::to_owned));
}
