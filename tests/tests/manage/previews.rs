//! Commands that only look: files, catalogue, rows and sequences are the same afterwards.

use super::app::App;

const PREVIEWS: [&[&str]; 19] = [
    &["makemigrations", "--dry-run"],
    &["makemigrations", "--check"],
    &["makemigrations", "--empty", "--name", "x", "--dry-run"],
    &["migrate", "--dry-run"],
    &["migrate", "--dry-run", "--json"],
    &["migrate", "--dry-run", "--match", "*", "--order", "size"],
    &["migrate", "--dry-run", "--first", "1"],
    &["rollout", "status"],
    &["rollback", "--steps", "1", "--dry-run"],
    &["rollback", "--to", "zero", "--dry-run", "--json"],
    &["status"],
    &["status", "--json"],
    &["status", "--all"],
    &["sqlmigrate", "1"],
    &["sqlmigrate", "1", "--tenant", "acme"],
    &["sqlmigrate", "1", "--down"],
    &["check"],
    &["tenants", "list"],
    &["tenants", "show", "acme"],
];

#[track_caller]
fn assert_nothing_changes(app: &App) {
    let before = app.picture();
    for preview in PREVIEWS {
        let run = app.manage(preview);
        assert!(!run.err.contains("panicked"), "{run:?}");
        assert_eq!(
            app.picture(),
            before,
            "{preview:?} changed something: {run:?}"
        );
    }
}

#[test]
fn a_picture_shows_what_other_commands_change() {
    let mut app = App::with_tenants(&["acme"]);
    app.release("second");
    for args in [
        &["tenants", "suspend", "acme"][..],
        &["makemigrations"],
        &["migrate"],
        &["rollback", "--steps", "1", "--yes"],
    ] {
        let before = app.picture();
        app.manage(args).succeeds();
        assert_ne!(app.picture(), before, "{args:?}");
    }
}

#[test]
fn previews_change_nothing_before_the_first_migration() {
    assert_nothing_changes(&App::new());
}

#[test]
fn previews_change_nothing_in_a_database_that_was_never_migrated() {
    let app = App::new();
    app.manage(&["makemigrations"]).succeeds();
    assert_nothing_changes(&app);
}

#[test]
fn previews_change_nothing_when_all_is_done() {
    assert_nothing_changes(&App::with_tenants(&["acme", "globex"]));
}

#[test]
fn previews_change_nothing_when_there_is_something_to_do() {
    let mut app = App::with_tenants(&["acme", "globex"]);
    app.release("second");
    assert_nothing_changes(&app);
    app.manage(&["makemigrations"]).succeeds();
    assert_nothing_changes(&app);
}

#[test]
fn a_dry_run_tells_what_the_run_then_does() {
    let mut app = App::with_tenants(&["acme", "globex"]);
    app.release("second");
    app.manage(&["makemigrations", "--name", "regions"])
        .succeeds();

    app.manage(&["migrate", "--dry-run"])
        .succeeds()
        .says("  shared schema: 0002_regions\n  2 tenants (acme, globex): 0002_regions\n");
    let plan = app.json(&["migrate", "--dry-run", "--json"]);
    assert_eq!(plan["steps"][0]["migration"], "0002_regions");
    let tenants = &plan["steps"][1]["groups"][0]["tenants"];
    assert_eq!(*tenants, serde_json::json!(["acme", "globex"]));

    let run = app.manage(&["migrate", "--json"]).succeeds();
    let told: Vec<serde_json::Value> = run
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |event: &str| -> Vec<_> { told.iter().filter(|it| it["event"] == event).collect() };
    assert_eq!(of("shared")[0]["migration"], "0002_regions");
    for key in ["acme", "globex"] {
        let tenants = of("tenant");
        let tenant = tenants.iter().find(|tenant| tenant["key"] == key).unwrap();
        assert_eq!(tenant["migrations"], serde_json::json!(["0002_regions"]));
        assert!(tenant["error"].is_null());
    }
    app.manage(&["migrate", "--dry-run"])
        .succeeds()
        .says("nothing to migrate up to");
}

#[test]
fn a_look_up_that_finds_what_other_tenants_have_is_told_by_check() {
    let app = App::with_tenants(&["acme"]);
    app.manage(&["makemigrations", "--empty", "--name", "more"])
        .succeeds();
    let add = |condition: &str| {
        format!(
            "DO $$ BEGIN\n    IF NOT EXISTS (SELECT FROM pg_constraint WHERE {condition}) THEN\n        \
             ALTER TABLE \"{{tenant}}\".customers ADD CONSTRAINT named CHECK (true);\n    END IF;\nEND $$;\n"
        )
    };
    app.write("0002_more/tenant.up.sql", &add("conname = 'named'"));
    app.manage(&["check"]).says("note   ").says(
        "0002_more/tenant.up.sql:2`: `conname = 'named'` finds what has this name at any table",
    );
    let table = "conname = 'named' AND conrelid = '\"{tenant}\".customers'::regclass";
    app.write("0002_more/tenant.up.sql", &add(table));
    let run = app.manage(&["check"]);
    assert!(!run.out.contains("at any table"), "{run:?}");
    app.write(
        "0002_more/shared.up.sql",
        "DO $$ BEGIN PERFORM FROM pg_class WHERE relname = 'plans'; END $$;\n",
    );
    app.manage(&["check"])
        .says("0002_more/shared.up.sql:1`: `relname = 'plans'` finds")
        .says("`relnamespace = '\"{shared}\"'::regnamespace`");
}

#[test]
fn sql_that_holds_others_up_is_told_by_check_unless_a_reason_is_given() {
    let app = App::with_tenants(&["acme"]);
    app.manage(&["makemigrations", "--empty", "--name", "more"])
        .succeeds();
    let add = |comment: &str| {
        let sql = "ALTER TABLE \"{tenant}\".customers ADD CONSTRAINT named CHECK (true);";
        app.write(
            "0002_more/tenant.up.sql",
            &format!("SELECT 1;\n{comment}\n{sql}\n"),
        );
        app.write("0002_more/shared.up.sql", "SELECT 1;\n");
    };
    add("");
    app.manage(&["check"])
        .succeeds()
        .says("note   ")
        .says("0002_more/tenant.up.sql:3`: validated-at-once: all rows are looked at")
        .says("help: write `ADD CONSTRAINT … NOT VALID`");
    add("-- tenantry: allow(validated-at-once) a few rows a tenant");
    let run = app.manage(&["check"]).succeeds();
    run.says("0002_more/tenant.up.sql:2`: validated-at-once is allowed: a few rows a tenant");
    for (comment, told) in [
        (
            "-- tenantry: allow(validated-at-once)",
            "is allowed without a reason",
        ),
        (
            "-- tenantry: allow(validated) few",
            "there is no rule `validated`",
        ),
        (
            "-- tenantry: allow(table-rewrite) few",
            "is allowed for a statement that keeps to it",
        ),
    ] {
        add(comment);
        app.manage(&["check"]).fails().says(told);
    }
    app.manage(&["check", "--json"])
        .fails()
        .says("\"ok\": false");
}
