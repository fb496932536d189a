//! An application from its first migration to a rollback.

use super::app::App;

#[test]
fn an_application_is_migrated_from_release_to_release() {
    let mut app = App::new();
    app.manage(&["makemigrations"])
        .succeeds()
        .says("create shared table `plans`")
        .says("create tenant table `customers`");
    assert_eq!(app.migrations(), ["0001_initial"]);

    app.manage(&["migrate"]).succeeds().says("0001_initial");
    assert_eq!(app.tables("shared"), ["plans"]);
    for key in ["acme", "globex"] {
        app.manage(&["tenants", "create", key]).succeeds().says(key);
        assert_eq!(app.tables(key), ["customers"]);
    }
    app.manage(&["makemigrations"]).succeeds().says("nothing");

    app.release("second");
    app.manage(&["makemigrations", "--name", "regions"])
        .succeeds()
        .says("add column `notes` to tenant table `customers`");
    assert_eq!(app.migrations(), ["0001_initial", "0002_regions"]);

    app.manage(&["status"])
        .succeeds()
        .says("0 of 2")
        .says("tenant `acme` lacks 0002_regions")
        .says("tenant `globex` lacks 0002_regions");
    app.manage(&["migrate"])
        .succeeds()
        .says("shared schema")
        .says("tenant acme")
        .says("tenant globex");
    for key in ["acme", "globex"] {
        let columns = ["email", "id", "notes", "plan", "region"];
        assert_eq!(app.columns(key, "customers"), columns);
    }
    app.manage(&["status"]).succeeds().says("2 of 2");
    app.manage(&["migrate"])
        .succeeds()
        .says("nothing to migrate up to");

    app.manage(&["rollback", "--to", "0001_initial", "--yes"])
        .succeeds()
        .says("0002_regions");
    assert_eq!(app.tables("shared"), ["plans"]);
    assert_eq!(app.columns("acme", "customers"), ["email", "id", "plan"]);
}

#[test]
fn one_tenant_can_go_first() {
    let mut app = App::with_tenants(&["acme", "globex"]);
    app.manage(&["makemigrations", "--empty", "--name", "by_hand"])
        .succeeds();
    app.write(
        "0002_by_hand/tenant.up.sql",
        "CREATE TABLE \"{tenant}\".extra (id bigint)",
    );
    app.release("first");
    app.manage(&["migrate", "--tenant", "acme"]).succeeds();
    assert_eq!(app.tables("acme"), ["customers", "extra"]);
    assert_eq!(app.tables("globex"), ["customers"]);
    app.manage(&["status"])
        .succeeds()
        .says("1 of 2")
        .says("tenant `globex` lacks 0002_by_hand");
    app.manage(&["migrate"]).succeeds();
    assert_eq!(app.tables("globex"), ["customers", "extra"]);
}

#[test]
fn a_tenant_that_fails_does_not_stop_the_others() {
    let app = App::with_tenants(&["acme", "broken", "globex"]);
    let mut client = app.db.connect();
    client
        .batch_execute("CREATE TABLE broken.extra (id bigint)")
        .unwrap();
    app.manage(&["makemigrations", "--empty", "--name", "by_hand"])
        .succeeds();
    app.write(
        "0002_by_hand/tenant.up.sql",
        "-- two\n-- lines\nCREATE TABLE \"{tenant}\".extra (id bigint)",
    );
    app.manage(&["migrate"])
        .fails()
        .says("tenant acme")
        .says("tenant broken  failed")
        .says("tenant globex")
        .complains("0002_by_hand/tenant.up.sql")
        .complains("line 3")
        .complains("tenant `broken`");
    assert_eq!(app.tables("acme"), ["customers", "extra"]);
    assert_eq!(app.tables("globex"), ["customers", "extra"]);
    app.manage(&["status"])
        .succeeds()
        .says("2 of 3")
        .says("tenant `broken` failed: ");
    app.manage(&["check"]).fails().says("tenant `broken`");

    client.batch_execute("DROP TABLE broken.extra").unwrap();
    let run = app.manage(&["migrate"]).succeeds();
    assert!(
        !run.out.contains("tenant acme"),
        "a rerun does what is left: {run:?}"
    );
    app.manage(&["status"]).succeeds().says("3 of 3");
}
