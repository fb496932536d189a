//! `rollup`: rows of shared models that are computed from those of the tenants.

use serde_json::{Value, json};

use super::app::App;

fn app() -> App {
    let mut app = App::new();
    app.release("rolled");
    app.manage(&["makemigrations"]).succeeds();
    app.manage(&["migrate"]).succeeds();
    for key in ["acme", "b.c", "globex"] {
        app.manage(&["tenants", "create", key]).succeeds();
    }
    let visit = "INSERT INTO \"{tenant}\".visits (seen_at) VALUES (now())";
    app.manage(&[
        "each", "--write", "--sql", visit, "--tenant", "acme", "--tenant", "globex",
    ])
    .succeeds();
    app
}

fn lines(app: &App, args: &[&str]) -> Vec<Value> {
    let run = app.manage(&[&["rollup", "--json"], args].concat());
    let lines = run.out.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn all_roll_ups_are_run_or_those_that_are_named() {
    let app = app();
    let run = app.manage(&["rollup"]).succeeds();
    let first = "headcount: 3 rows of 3 tenants, 0 unchanged\n";
    assert_eq!(
        run.out,
        format!("{first}traffic: 2 rows of 2 tenants, 1 unchanged\n")
    );
    let run = app.manage(&["rollup"]).succeeds();
    assert_eq!(
        run.out,
        format!("{first}traffic: 0 rows of 0 tenants, 3 unchanged\n")
    );
    let run = app.manage(&["rollup", "traffic", "--all"]).succeeds();
    assert_eq!(run.out, "traffic: 3 rows of 3 tenants, 0 unchanged\n");
    let run = app.manage(&["rollup", "headcount", "--match", "*c*"]);
    assert_eq!(
        run.succeeds().out,
        "headcount: 2 rows of 2 tenants, 0 unchanged\n"
    );
    let sql =
        "SELECT string_agg(tenant || ' ' || visits, ', ' ORDER BY tenant) FROM shared.traffics";
    let rows: String = app.db.connect().query_one(sql, &[]).unwrap().get(0);
    assert_eq!(rows, "acme 1, b.c 0, globex 1");
}

#[test]
fn who_is_gone_or_suspended_or_can_t_be_done_is_told() {
    let app = app();
    app.manage(&["rollup"]).succeeds();
    app.manage(&["tenants", "drop", "b.c", "--yes"]).succeeds();
    app.manage(&["tenants", "suspend", "globex"]).succeeds();
    let run = app.manage(&["rollup", "headcount"]).succeeds();
    assert_eq!(
        run.out,
        "headcount: 1 row of 1 tenant, 0 unchanged\n\
         headcount: removed the rows of `b.c`, which is gone\n\
         headcount: kept the rows of `globex`, which is suspended\n"
    );
    app.manage(&["rollup", "--tenant", "globex"])
        .fails()
        .complains("headcount: tenant `globex`: it is suspended");
    app.manage(&["rollup", "--tenant", "nobody"])
        .fails()
        .complains("nobody");
    app.manage(&["tenants", "resume", "globex"]).succeeds();
    let check = "ALTER TABLE shared.headcounts ADD CHECK (customers < 1); INSERT INTO shared.plans (code, ledger_id) VALUES ('p', 1); \
        INSERT INTO acme.customers (email, plan) SELECT 'a', id FROM shared.plans";
    app.db.connect().batch_execute(check).unwrap();
    let run = app.manage(&["rollup"]).fails();
    assert!(run.err.contains("headcount: tenant `acme`: "), "{run:?}");
    assert!(run.out.contains("headcount: 1 row of 1 tenant"), "{run:?}");
    // It keeps no other roll-up from anything.
    assert!(run.out.contains("traffic: "), "{run:?}");
    let lines = lines(&app, &[]);
    assert_eq!(lines[0]["left_out"][0]["tenant"], json!("acme"));
    assert!(lines[0]["left_out"][0]["error"].is_string(), "{lines:?}");
    assert_eq!(
        (&lines[0]["tenants"], &lines[1]["rollup"]),
        (&json!(1), &json!("traffic"))
    );
}

#[test]
fn a_name_that_is_none_is_told_and_so_is_an_application_without() {
    let mut app = app();
    app.manage(&["rollup", "trafic"])
        .fails()
        .complains("help: there are `headcount`, `traffic`");
    app.release("first");
    app.manage(&["rollup"]).fails().complains("Manage::rollup");
    app.release("rolled twice");
    app.manage(&["rollup"])
        .fails()
        .complains("two roll-ups have the name `traffic`");
}
