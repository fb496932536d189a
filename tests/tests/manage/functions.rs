//! A migration that calls a function of the application, as the commands show and run it.

use std::fs;

use tenantry_tests::fleet::texts;

use crate::app::App;

const SHOUT: &str = "-- tenantry: batch customers by id, size 2\n\
    CALL \"{rust}\".shout(\"{tenant}\".customers);\n";

const EMAILS: &str = "SELECT string_agg(email, ' ' ORDER BY id) FROM acme.customers";

/// An application with customers in the tenant `acme`, and a migration that calls a function for each.
fn with_customers() -> App {
    let app = App::with_tenants(&["acme"]);
    let insert = "INSERT INTO shared.plans (id, code, ledger_id) VALUES (1, 'a', 1); \
         INSERT INTO acme.customers (email, plan) VALUES ('a@x', 1), ('b@x', 1), ('secret', 1)";
    app.db.connect().batch_execute(insert).unwrap();
    fs::create_dir(app.path("0002_shout")).unwrap();
    let manifest = "format = 1\nid = \"0002_shout\"\nphase = \"backfill\"\n";
    app.write("0002_shout/migration.toml", manifest);
    app.write("0002_shout/tenant.up.sql", SHOUT);
    app.write("0002_shout/tenant.down.sql", "SELECT 1");
    app
}

#[test]
fn the_commands_call_the_functions_that_they_are_given() {
    let mut app = with_customers();
    let mut client = app.db.connect();
    for args in [
        &["migrate"][..],
        &["migrate", "--dry-run"],
        &["migrate", "--try"],
    ] {
        let run = app.manage(args).fails();
        let expected = "0002_shout/tenant.up.sql:2`: no function `shout` is given to the chain";
        assert!(run.err.contains(expected), "{args:?}: {run:#?}");
        assert!(
            run.err.contains("`Manage::functions`"),
            "{args:?}: {run:#?}"
        );
    }
    app.release("functions");
    app.manage(&["check"]);
    let tried = app.manage(&["migrate", "--try"]).fails();
    assert!(
        tried.err.contains("the function `shout` has failed"),
        "{tried:#?}"
    );
    assert!(!tried.err.contains("secret"), "{tried:#?}");
    assert_eq!(texts(&mut client, EMAILS), ["a@x b@x secret"]);
    let plain = app.manage(&["migrate"]).fails();
    assert!(
        plain.err.contains("note: `--verbose` shows it in full"),
        "{plain:#?}"
    );
    assert!(!plain.err.contains("secret"), "{plain:#?}");
    assert_eq!(texts(&mut client, EMAILS), ["A@X B@X secret"]);
    let verbose = app.manage(&["migrate", "--verbose"]).fails();
    let words = "in full: `secret` is no address";
    assert!(verbose.err.contains(words), "{verbose:#?}");
    client
        .batch_execute("UPDATE acme.customers SET email = 'c@x' WHERE email = 'secret'")
        .unwrap();
    app.manage(&["migrate"]).succeeds();
    assert_eq!(texts(&mut client, EMAILS), ["A@X B@X C@X"]);
    app.manage(&["check"]).succeeds();
}
