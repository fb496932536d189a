//! A migration in batches of rows, as the commands show and run it.

use std::fs;

use tenantry_tests::fleet::texts;
use tenantry_tests::wait::until;

use crate::app::App;

const ENDINGS: &str = "-- tenantry: batch customers by id, size 500\n\
    UPDATE \"{tenant}\".customers AS c SET email = email || '.x' WHERE c.\"{batch}\";\n";

/// An application with many customers in the tenant `acme`, and a migration that changes each.
fn with_customers() -> App {
    let app = App::with_tenants(&["acme", "globex"]);
    let insert = "INSERT INTO shared.plans (id, code, ledger_id) VALUES (1, 'a', 1); \
         INSERT INTO acme.customers (email, plan) SELECT n || repeat('y', 150), 1 FROM generate_series(1, 50000) AS n; \
         INSERT INTO globex.customers (email, plan) VALUES ('one', 1); ANALYZE acme.customers";
    app.db.connect().batch_execute(insert).unwrap();
    fs::create_dir(app.path("0002_endings")).unwrap();
    let manifest = "format = 1\nid = \"0002_endings\"\nphase = \"backfill\"\n";
    app.write("0002_endings/migration.toml", manifest);
    app.write("0002_endings/tenant.up.sql", ENDINGS);
    app.write(
        "0002_endings/tenant.down.sql",
        &ENDINGS.replace("email || '.x'", "replace(email, '.x', '')"),
    );
    app
}

#[test]
fn the_commands_show_a_statement_in_batches() {
    let app = with_customers();
    let raw = app.manage(&["sqlmigrate", "2"]).succeeds().out;
    assert!(raw.contains(ENDINGS), "{raw}");
    // By hand it is done at once.
    let filled = app
        .manage(&["sqlmigrate", "2", "--tenant", "acme"])
        .succeeds()
        .out;
    assert!(
        filled.contains(
            "UPDATE \"acme\".customers AS c SET email = email || '.x' WHERE (c.\"id\" IS NOT NULL);"
        ),
        "{filled}"
    );
    app.manage(&["migrate", "--dry-run"])
        .succeeds()
        .says("-- tenantry: batch customers by id, size 500")
        .says("WHERE c.\"{batch}\"");
    app.manage(&["migrate", "--try"])
        .succeeds()
        .says("it looks at all rows of tables that are big");
    app.manage(&["check"]).succeeds();
    app.manage(&["migrate", "--phase", "expand"])
        .succeeds()
        .says("`0002_endings` waits for `migrate --phase backfill`");
    app.write(
        "0002_endings/tenant.up.sql",
        &ENDINGS.replace("c.\"{batch}\"", "true"),
    );
    app.manage(&["check"]).fails().says(
        "0002_endings/tenant.up.sql:2`: the statement is to be done in batches of `customers`",
    );
    app.manage(&["migrate"])
        .fails()
        .complains("has no place for the condition of a batch");
}

#[test]
fn a_migrator_that_is_killed_leaves_what_the_next_one_goes_on_with() {
    let app = with_customers();
    let mut client = app.db.connect();
    let mut killed = app
        .command()
        .args(["migrate", "--phase", "backfill", "--batch-pause", "20ms"])
        .spawn()
        .unwrap();
    let rows = "SELECT batch ->> 'rows' FROM tenantry.ledger WHERE (batch ->> 'rows')::int > 2000";
    until("some batches are done", || {
        !texts(&mut client, rows).is_empty()
    });
    killed.kill().unwrap();
    killed.wait().unwrap();
    app.manage(&["status"])
        .succeeds()
        .says("tenant `acme` is half-way through the migration after version 1: ")
        .says(" of about 50000 rows of `customers` are done; `migrate` goes on there");
    app.manage(&["migrate", "--batch-pause", "1ms"])
        .succeeds()
        .says("tenant acme  50000 of about 50000 rows of `customers` are done");
    let wrong = "SELECT count(*)::text FROM acme.customers WHERE email NOT LIKE '%y.x'";
    assert_eq!(texts(&mut client, wrong), ["0"]);
    assert_eq!(
        texts(&mut client, "SELECT email FROM globex.customers"),
        ["one.x"]
    );
    app.manage(&["rollback", "--steps", "1", "--yes"])
        .succeeds();
    let wrong = "SELECT count(*)::text FROM acme.customers WHERE email LIKE '%.x'";
    assert_eq!(texts(&mut client, wrong), ["0"]);
}
