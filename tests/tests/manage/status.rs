//! `status` and `check`, when something is not as it should be.

use super::app::App;

#[test]
fn a_schema_that_is_gone_is_wrong() {
    let app = App::with_tenants(&["acme", "globex"]);
    app.manage(&["check"]).succeeds();
    app.db
        .connect()
        .batch_execute("DROP SCHEMA globex CASCADE")
        .unwrap();
    app.manage(&["status"])
        .succeeds()
        .says("tenant `globex` has no schema `globex`")
        .says("help: ");
    app.manage(&["check"])
        .fails()
        .says("wrong  tenant `globex` has no schema `globex`");
    let status = app.json(&["status", "--json"]);
    assert_eq!(status["missing"]["first"][0]["key"], "globex");
}

#[test]
fn who_has_not_asked_for_a_comparison_is_told_that_there_was_none() {
    let said =
        "the schemas were not compared with what the migrations make; `status --drift` does it";
    let app = App::with_tenants(&["acme"]);
    app.db
        .connect()
        .batch_execute("ALTER TABLE acme.customers ADD COLUMN extra int")
        .unwrap();
    app.manage(&["status"]).succeeds().says(said);
    app.manage(&["status", "--all"]).succeeds().says(said);
    let json = app.json(&["status", "--json"]);
    assert_eq!(json.get("drift"), Some(&serde_json::Value::Null));
    app.manage(&["status", "--html", "page.html"]).succeeds();
    let page = std::fs::read_to_string(app.path("../page.html")).unwrap();
    assert!(page.contains("Not compared with what the migrations make"));
    let status = app.manage(&["status", "--drift"]).succeeds();
    assert!(!status.out.contains(said), "{status:?}");
    assert!(status.out.contains("2 schemas compared"), "{status:?}");
    app.manage(&["status", "--drift", "--html", "page.html"])
        .succeeds();
    let page = std::fs::read_to_string(app.path("../page.html")).unwrap();
    assert!(!page.contains("Not compared with what the migrations make"));
}

#[test]
fn where_nothing_was_made_there_is_nothing_to_compare() {
    let app = App::new();
    app.manage(&["makemigrations"]).succeeds();
    for words in [&["status"][..], &["status", "--drift"]] {
        let status = app.manage(words).succeeds();
        assert!(!status.out.contains("compared"), "{status:?}");
    }
}

#[test]
fn every_tenant_is_shown_only_if_all_are_asked_for() {
    let mut app = App::with_tenants(&["acme", "globex"]);
    app.release("second");
    app.manage(&["makemigrations", "--name", "regions"])
        .succeeds();
    app.manage(&["migrate", "--tenant", "acme"]).succeeds();
    let status = app.manage(&["status"]).succeeds();
    assert!(!status.out.contains("acme  "), "{status:?}");
    app.manage(&["status", "--all"])
        .succeeds()
        .says("acme    active  0002_regions\n")
        .says("globex  active  0001_initial  behind");
    let status = app.json(&["status", "--json"]);
    assert!(status["tenants"].is_null());
    let status = app.json(&["status", "--json", "--all"]);
    assert_eq!(status["tenants"][1]["key"], "globex");
}

#[test]
fn a_long_list_is_cut_and_says_how_many_more_there_are() {
    let app = App::with_tenants(&[]);
    app.db
        .connect()
        .batch_execute(
            "INSERT INTO tenantry.tenant (key, schema_name, state, version) \
             SELECT 't' || i, 't' || i, 'active', 0 FROM pg_catalog.generate_series(1, 25) AS i",
        )
        .unwrap();
    app.manage(&["status"])
        .succeeds()
        .says("25 tenants before the first migration")
        .says("tenant `t20` lacks 0001_initial\n… and 5 more; `--all` shows every tenant\n");
}
