//! `each`: SQL in every tenant.

use serde_json::{Value, json};

use super::app::App;

const COUNT: &str = "SELECT count(*) AS n FROM \"{tenant}\".customers";

/// The tenants `acme`, `b.c` and `globex`, with one, none and two customers.
fn app() -> App {
    let app = App::with_tenants(&["acme", "b.c", "globex"]);
    let plan = "INSERT INTO shared.plans (id, code, ledger_id) VALUES (1, 'pro', 1)";
    app.db.connect().batch_execute(plan).unwrap();
    let insert = "INSERT INTO \"{tenant}\".customers (email, plan) VALUES ('Ann', 1)";
    app.manage(&[
        "each", "--write", "--sql", insert, "--tenant", "acme", "--tenant", "globex",
    ])
    .succeeds();
    let insert = insert.replace("Ann", "Bob");
    let run = app.manage(&["each", "--write", "--sql", &insert, "--tenant", "globex"]);
    assert_eq!(run.succeeds().out, "TENANT  ROWS\nglobex  1\n");
    app
}

/// The lines of JSON, by tenant.
fn lines(app: &App, args: &[&str]) -> Vec<Value> {
    let run = app.manage(&[&["each", "--json"], args].concat());
    let mut lines: Vec<Value> = run
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    lines.sort_by_key(|line| line["tenant"].to_string());
    lines
}

#[test]
fn a_query_is_run_in_every_tenant_and_printed_with_it() {
    let app = app();
    for workers in ["1", "2", "9"] {
        let run = app
            .manage(&["each", "--sql", COUNT, "--parallel", workers])
            .succeeds();
        assert_eq!(run.out, "TENANT  n\nacme    1\nb.c     0\nglobex  2\n");
    }
    let run = app.manage(&[
        "each", "--sql", COUNT, "--match", "*c*", "--order", "key", "--first", "1",
    ]);
    assert_eq!(run.succeeds().out, "TENANT  n\nacme    1\n");
    let sql = "SELECT email, nullif(email, 'Bob') AS other FROM \"{tenant}\".customers ORDER BY email; SELECT 1 AS one";
    let found = lines(&app, &["--sql", sql, "--tenant", "globex"]);
    let names = json!({ "columns": ["email", "other"], "rows": [["Ann", "Ann"], ["Bob", null]] });
    let one = json!({ "columns": ["one"], "rows": [["1"]] });
    assert_eq!(
        found,
        [json!({ "tenant": "globex", "results": [names, one] })]
    );
}

#[test]
fn sql_in_a_file_is_run_and_a_suspended_tenant_is_asked_too() {
    let app = app();
    app.manage(&["tenants", "suspend", "globex"]).succeeds();
    let file = app.path("../count.sql");
    std::fs::write(&file, format!("-- How many?\n{COUNT};\n")).unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(lines(&app, &["--file", file]).len(), 3);
    assert_eq!(lines(&app, &["--file", file, "--state", "active"]).len(), 2);
    app.manage(&["each", "--file", "nowhere.sql"])
        .fails()
        .complains("nowhere.sql");
}

#[test]
fn a_value_is_one_line_and_tells_the_terminal_nothing() {
    let app = App::with_tenants(&["acme"]);
    let sql = r"SELECT E'a\nb\x1b[2J\u009b\\' AS value";
    let run = app.manage(&["each", "--sql", sql]).succeeds();
    assert_eq!(run.out, "TENANT  value\nacme    a\\nb\\u{1b}[2J\\u{9b}\\\n");
    let found = lines(&app, &["--sql", sql]);
    let rows = &found[0]["results"][0]["rows"];
    assert_eq!(rows, &json!([["a\nb\u{1b}[2J\u{9b}\\"]]));
}

#[test]
fn sql_that_is_refused_is_not_called_a_migration() {
    let app = App::with_tenants(&["acme"]);
    for (sql, told) in [
        ("SELECT 1; COMMIT", "take it out"),
        ("SET lock_timeout = 0", "write `SET LOCAL`"),
        ("COPY \"{tenant}\".customers TO STDOUT", "write `SELECT`"),
        ("COPY \"{tenant}\".customers FROM STDIN", "write `INSERT`"),
    ] {
        let run = app.manage(&["each", "--sql", sql]).fails().complains(told);
        assert!(!run.err.contains("migration"), "{run:?}");
    }
}

#[test]
fn nothing_is_written_unless_that_is_said() {
    let app = app();
    let before = app.picture();
    for sql in [
        "DELETE FROM \"{tenant}\".customers",
        "SET TRANSACTION READ WRITE; DELETE FROM \"{tenant}\".customers",
        "COMMIT; DELETE FROM \"{tenant}\".customers",
        "SET LOCAL transaction_read_only = off; DELETE FROM \"{tenant}\".customers",
        "DO $$ BEGIN COMMIT; DELETE FROM \"{tenant}\".customers; END $$",
        "SELECT set_config('transaction_read_only', 'off', true); DELETE FROM \"{tenant}\".customers",
        "DROP TABLE \"{tenant}\".customers",
    ] {
        app.manage(&["each", "--sql", sql]).fails();
        assert_eq!(app.picture(), before, "{sql}");
    }
}

#[test]
fn a_tenant_that_fails_is_told_and_hides_no_other() {
    let app = app();
    let sql = "SELECT 6 / count(*) AS share FROM \"{tenant}\".customers";
    let run = app.manage(&["each", "--sql", sql]).fails();
    assert_eq!(run.out, "TENANT  share\nacme    6\nglobex  3\n");
    assert!(
        run.err.contains("`b.c`") && run.err.contains("it failed for 1 of 3 tenants"),
        "{run:?}"
    );
    let found = lines(&app, &["--sql", sql]);
    assert!(
        found[1]["error"].is_string() && found[1]["results"].is_null(),
        "{found:?}"
    );
    assert!(found[2]["error"].is_null(), "{found:?}");
    // Of a change that fails half-way nothing is left, and the others have it.
    let sql = "UPDATE \"{tenant}\".customers SET email = 'Eve' || id; SELECT 1 / (count(*) - 1) FROM \"{tenant}\".customers";
    app.manage(&["each", "--write", "--sql", sql]).fails();
    let names = "SELECT string_agg(email, ' ') AS names FROM \"{tenant}\".customers";
    let run = app.manage(&["each", "--sql", names]).succeeds();
    assert_eq!(
        run.out,
        "TENANT  names\nacme    Ann\nb.c\nglobex  Eve1 Eve2\n"
    );
}

#[test]
fn nothing_stays_in_the_session_for_the_next_tenant() {
    let app = app();
    let sql =
        "SELECT current_setting('app.seen', true) AS seen, set_config('app.seen', 'x', false)";
    let run = app
        .manage(&["each", "--parallel", "1", "--sql", sql])
        .succeeds();
    let found = "TENANT  seen  set_config\nacme          x\nb.c           x\nglobex        x\n";
    assert_eq!(run.out, found);
}

#[test]
fn a_locked_table_is_waited_for_as_long_as_is_said() {
    let app = app();
    let mut holder = app.db.connect();
    let mut held = holder.transaction().unwrap();
    held.batch_execute("LOCK TABLE acme.customers IN ACCESS EXCLUSIVE MODE")
        .unwrap();
    let run = app
        .manage(&["each", "--sql", COUNT, "--lock-timeout", "50ms"])
        .fails();
    assert_eq!(run.out, "TENANT  n\nb.c     0\nglobex  2\n");
    held.rollback().unwrap();
}

#[test]
fn what_is_mistyped_is_told_before_anything_is_run() {
    let app = app();
    let told = |args: &[&str], what: &str| {
        let run = app.manage(&[&["each"], args].concat()).fails();
        assert!(run.err.contains(what), "{run:?}");
        assert_eq!(run.out, "", "{run:?}");
    };
    told(&["--sql", "SELECT FROM \"{tennant}\".customers"], "tennant");
    told(&["--sql", "SELECT 'a"], "close it");
    told(&["--sql", "SET search_path = acme"], "search_path");
    told(&["--sql", " -- nothing\n"], "no statement");
    told(
        &["--sql", "SELECT 1", "--tag", "betta"],
        "no tenant is selected",
    );
    told(&["--sql", "SELECT 1", "--tenant", "acm"], "acme");
    let run = app.manage(&["each"]);
    assert!(run.err.contains("--sql"), "{run:?}");
    let empty = App::with_tenants(&[]);
    empty
        .manage(&["each", "--sql", COUNT])
        .succeeds()
        .says("there are no tenants");
}

#[test]
fn neither_locks_nor_prepared_statements_stay_for_the_next_tenant() {
    let app = app();
    let sql = "SELECT count(*) AS held FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid(); \
        SELECT pg_advisory_lock(7); PREPARE mine AS SELECT 1";
    let found = lines(&app, &["--parallel", "1", "--sql", sql]);
    assert_eq!(found.len(), 3);
    for line in found {
        assert_eq!(line["results"][0]["rows"], json!([["0"]]), "{line}");
    }
}

#[test]
fn the_shared_schema_is_that_of_the_database() {
    let app = App::new();
    app.manage(&["makemigrations"]).succeeds();
    app.manage(&["migrate", "--shared-schema", "common"])
        .succeeds();
    app.manage(&["tenants", "create", "acme"]).succeeds();
    let mut client = app.db.connect();
    client
        .batch_execute(
            "INSERT INTO common.plans (code, ledger_id) VALUES ('pro', 1); \
             CREATE SCHEMA shared; CREATE TABLE shared.plans (code text)",
        )
        .unwrap();
    // Also where somebody else has a schema of the usual name.
    app.manage(&["each", "--sql", "SELECT code FROM \"{shared}\".plans"])
        .succeeds()
        .says("pro");
    app.manage(&["adopt", "--at", "1", "--shared", "--sql"])
        .fails()
        .complains("common");
}
