//! A reference gives up its constraint, and gets it back.

use super::app::App;

/// Whether the customers of a tenant have their foreign key, and whether it holds for all rows.
fn constraint(app: &App, schema: &str) -> Option<bool> {
    let sql = "SELECT convalidated FROM pg_constraint \
               WHERE contype = 'f' AND connamespace = to_regnamespace($1)::oid";
    let row = app.db.connect().query_opt(sql, &[&schema]).unwrap();
    row.map(|row| row.get(0))
}

#[test]
fn the_constraint_goes_in_all_tenants_and_comes_back_where_all_rows_have_theirs() {
    let mut app = App::with_tenants(&["acme", "globex"]);
    assert_eq!(constraint(&app, "acme"), Some(true));
    app.release("unchecked");
    app.manage(&["makemigrations"]).succeeds();
    app.manage(&["makemigrations", "--check"]).succeeds();
    app.manage(&["migrate"]).succeeds();
    app.manage(&["tenants", "create", "late"]).succeeds();
    for schema in ["acme", "globex", "late"] {
        assert_eq!(constraint(&app, schema), None, "{schema}");
    }
    let run = app.manage(&["check"]).succeeds();
    assert!(
        run.out
            .contains("no constraint checks `Customer.plan`; `check --references`"),
        "{}",
        run.out
    );
    let run = app.manage(&["check", "--references"]).succeeds();
    let all = "each row that `Customer.plan` references is there, in 3 tenants";
    assert!(run.out.contains(all), "{}", run.out);

    let mut client = app.db.connect();
    client
        .batch_execute("INSERT INTO globex.customers (email, plan) VALUES ('a@x.example', 7), ('b@x.example', 8)")
        .unwrap();
    let run = app.manage(&["check", "--references"]).fails();
    let found = "`Customer.plan` references rows of `Plan` that are not there: 2 rows of `globex`";
    assert!(run.out.contains(found), "{}", run.out);

    app.release("first");
    app.manage(&["makemigrations"]).succeeds();
    let run = app.manage(&["migrate"]).fails();
    let told = format!("{}{}", run.out, run.err);
    assert!(
        told.contains("globex") && told.contains("customers_plan_fkey"),
        "{told}"
    );
    assert_eq!(constraint(&app, "acme"), Some(true));
    client
        .batch_execute("DELETE FROM globex.customers")
        .unwrap();
    app.manage(&["migrate"]).succeeds();
    for schema in ["acme", "globex", "late"] {
        assert_eq!(constraint(&app, schema), Some(true), "{schema}");
    }
    app.manage(&["check"]).succeeds();
}

#[test]
fn tables_that_are_locked_or_changed_by_hand_are_told() {
    let mut app = App::with_tenants(&["acme"]);
    app.release("unchecked");
    app.manage(&["makemigrations"]).succeeds();
    app.manage(&["migrate"]).succeeds();
    let mut client = app.db.connect();
    let mut lock = client.transaction().unwrap();
    lock.batch_execute("LOCK acme.customers").unwrap();
    let run = app.manage(&["check", "--references"]).fails();
    run.says("`Customer.plan` could not be looked through: canceling statement due to lock timeout; session ")
        .says(" has had the table `acme.customers` locked for ");
    lock.batch_execute("ALTER TABLE acme.customers RENAME COLUMN plan TO other")
        .unwrap();
    lock.commit().unwrap();
    // That is drift, and nobody to look through.
    let run = app.manage(&["check", "--references"]).fails();
    assert!(run.out.contains("is there, in 0 tenants"), "{}", run.out);
}
