//! `tenants`: the registry on the command line.

use super::app::App;

#[test]
fn a_tenant_is_created_listed_shown_suspended_resumed_renamed_and_dropped() {
    let app = App::with_tenants(&[]);
    app.manage(&["tenants", "list"])
        .succeeds()
        .says("there are no tenants yet");
    app.manage(&["tenants", "create", "acme"])
        .succeeds()
        .says("created the tenant `acme` in the schema `acme`");
    app.manage(&["tenants", "create", "Globex.example", "--schema", "globex"])
        .succeeds()
        .says("in the schema `globex`");
    let listed = app.manage(&["tenants", "list"]).succeeds();
    let lines: Vec<&str> = listed.out.lines().collect();
    assert!(
        lines[0].starts_with("KEY             SCHEMA  STATE   VERSION  CREATED"),
        "{listed:?}"
    );
    assert!(
        lines[1].starts_with("Globex.example  globex  active  1        20"),
        "{listed:?}"
    );
    assert!(
        lines[2].starts_with("acme            acme    active  1        20"),
        "{listed:?}"
    );

    app.manage(&["tenants", "suspend", "acme"]).succeeds();
    app.manage(&["tenants", "show", "acme"])
        .succeeds()
        .says("state    suspended");
    let active = app
        .manage(&["tenants", "list", "--state", "active"])
        .succeeds();
    assert!(!active.out.contains("acme"));
    app.manage(&["tenants", "resume", "acme"]).succeeds();
    app.manage(&["tenants", "rename", "acme", "acme-inc"])
        .succeeds()
        .says("its schema is still `acme`");
    app.manage(&["tenants", "show", "acme-inc"])
        .succeeds()
        .says("schema   acme");

    app.manage(&["tenants", "drop", "acme-inc", "--yes"])
        .succeeds()
        .says("dropped the tenant `acme-inc`");
    assert_eq!(app.tables("acme"), Vec::<String>::new());
    app.manage(&["tenants", "list", "--state", "suspended"])
        .succeeds()
        .says("there are no such tenants");
}

#[test]
fn nothing_is_dropped_without_a_terminal_or_yes() {
    let app = App::with_tenants(&["acme"]);
    let before = app.picture();
    app.manage(&["tenants", "drop", "acme"])
        .fails()
        .complains("error: not confirmed: this drops the tenant `acme`")
        .complains("add `--yes`");
    assert_eq!(app.picture(), before);
}

#[test]
fn an_unknown_tenant_is_an_error_of_every_command() {
    let app = App::with_tenants(&["acme"]);
    let before = app.picture();
    for args in [
        &["tenants", "show", "nobody"][..],
        &["tenants", "suspend", "nobody"],
        &["tenants", "resume", "nobody"],
        &["tenants", "rename", "nobody", "somebody"],
        &["tenants", "drop", "nobody", "--yes"],
        &["migrate", "--tenant", "nobody"],
        &["migrate", "--tenant", "nobody", "--dry-run"],
        &["sqlmigrate", "1", "--tenant", "nobody"],
    ] {
        app.manage(args)
            .fails()
            .complains("error: ")
            .complains("`nobody`")
            .complains("help: ");
    }
    assert_eq!(app.picture(), before);
}

#[test]
fn a_key_or_schema_that_is_taken_is_refused() {
    let app = App::with_tenants(&["acme"]);
    let before = app.json(&["tenants", "list", "--json"]);
    app.manage(&["tenants", "create", "acme"])
        .fails()
        .complains("acme");
    app.manage(&["tenants", "create", "ACME"])
        .fails()
        .complains("case")
        .complains("`acme`");
    app.manage(&["tenants", "create", "other", "--schema", "acme"])
        .fails()
        .complains("`acme`")
        .complains("--schema");
    app.manage(&["tenants", "create", "other", "--schema", "shared"])
        .fails()
        .complains("shared");
    assert_eq!(app.json(&["tenants", "list", "--json"]), before);
}

#[test]
fn lists_and_tenants_are_json_for_programs() {
    let app = App::with_tenants(&["acme", "globex"]);
    app.manage(&["tenants", "suspend", "globex"]).succeeds();
    let tenants = app.json(&["tenants", "list", "--json"]);
    assert_eq!(tenants.as_array().unwrap().len(), 2);
    assert_eq!(tenants[0]["key"], "acme");
    assert_eq!(tenants[0]["schema"], "acme");
    assert_eq!(tenants[0]["state"], "active");
    assert_eq!(tenants[0]["version"], 1);
    let globex = app.json(&["tenants", "show", "globex", "--json"]);
    assert_eq!(globex, tenants[1]);
    assert_eq!(globex["state"], "suspended");
    let none = app.json(&["tenants", "list", "--state", "dropping", "--json"]);
    assert_eq!(none, serde_json::json!([]));
}
