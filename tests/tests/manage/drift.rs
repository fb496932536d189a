//! Schemas that somebody has changed by hand, told in groups and mended.

use super::app::App;

#[test]
fn tenants_that_differ_in_the_same_way_are_told_together() {
    let app = App::with_tenants(&["acme", "globex", "select"]);
    let mut client = app.db.connect();
    for schema in ["acme", "\"select\""] {
        let index = format!("CREATE INDEX by_plan ON {schema}.customers (plan, email)");
        client.batch_execute(&index).unwrap();
    }
    client
        .batch_execute("ALTER TABLE globex.customers ADD COLUMN \"Note\" text")
        .unwrap();
    let run = app.manage(&["check"]).fails();
    let group = "2 tenants, `acme`, `select`, are not what their migrations make";
    assert!(run.out.contains(group), "{}", run.out);
    assert_eq!(run.out.matches("by_plan").count(), 1, "{}", run.out);
    let one = "tenant `globex` is not what its migrations make";
    assert!(run.out.contains(one), "{}", run.out);
    assert!(
        run.out.contains("`check --repair globex` prints SQL"),
        "{}",
        run.out
    );
}

#[test]
fn sql_is_printed_that_undoes_what_was_done() {
    let app = App::with_tenants(&["acme", "select"]);
    let mut client = app.db.connect();
    client
        .batch_execute(
            "ALTER TABLE \"select\".customers ADD COLUMN \"Note\" text, ALTER COLUMN email DROP NOT NULL; \
             DROP INDEX \"select\".customers_plan_idx; \
             CREATE TABLE shared.extra (id bigint PRIMARY KEY); \
             CREATE TABLE acme.extra (id bigint PRIMARY KEY, plan bigint REFERENCES shared.plans)",
        )
        .unwrap();
    app.manage(&["check"]).fails();
    let run = app
        .manage(&[
            "check",
            "--repair",
            "select",
            "--repair",
            "acme",
            "--repair-shared",
        ])
        .succeeds();
    // Nothing was changed by that.
    app.manage(&["check"]).fails();
    client.batch_execute(&run.out).unwrap();
    let run = app.manage(&["check"]).succeeds();
    assert!(
        run.out
            .contains("what is there is what the migrations make"),
        "{}",
        run.out
    );
    let run = app.manage(&["check", "--repair", "acme"]).succeeds();
    assert!(run.out.contains("nothing to undo"), "{}", run.out);
}

#[test]
fn what_no_statement_undoes_is_listed_and_a_missing_tenant_told() {
    let app = App::with_tenants(&["acme"]);
    let mut client = app.db.connect();
    client
        .batch_execute("CREATE FUNCTION acme.one() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
        .unwrap();
    let run = app.manage(&["check", "--repair", "acme"]).fails();
    assert!(
        run.out.contains("-- to be undone by hand: create function"),
        "{}",
        run.out
    );
    let run = app.manage(&["check", "--repair", "nobody"]).fails();
    assert!(run.err.contains("no such tenant"), "{}", run.err);
}
