//! Names that there are not, and those that may be meant.

use super::app::App;

#[test]
fn a_mistyped_key_gets_a_suggestion() {
    let app = App::with_tenants(&["acme", "globex", "initech"]);
    app.manage(&["tenants", "suspend", "initech"]).succeeds();
    for args in [
        &["tenants", "show", "acm"][..],
        &["tenants", "suspend", "acmee"],
        &["tenants", "drop", "amce", "--yes"],
        &["tenants", "rename", "akme", "x"],
        &["tenants", "tag", "ame", "+beta"],
        &["migrate", "--tenant", "acmé1".trim_end_matches("é1")],
        &["tenants", "list", "--tenant", "acmr"],
    ] {
        app.manage(args).fails().complains("did you mean `acme`?");
    }
    app.manage(&["tenants", "show", "ACME"])
        .fails()
        .complains("there is `acme`")
        .complains("help: write `acme`");
    app.manage(&["tenants", "show", "Initech"])
        .fails()
        .complains("there is `initech`, which is suspended");
    let run = app.manage(&["tenants", "show", "umbrella"]).fails();
    run.complains("help: create it first");
    for args in [
        &["tenants", "suspend", "umbrella"][..],
        &["tenants", "resume", "umbrella"],
        &["tenants", "tag", "umbrella", "+beta"],
        &["tenants", "rename", "umbrella", "x"],
        &["tenants", "drop", "umbrella", "--yes"],
    ] {
        app.manage(args)
            .fails()
            .complains("help: `tenants list` shows all keys");
    }
    app.manage(&["tenants", "drop", "globex", "--yes"])
        .succeeds();
    app.manage(&["tenants", "show", "globex"])
        .fails()
        .complains("was dropped");
    // What an application is asked for by its visitors is told to them: it names no other tenant.
    let db = tenantry::Database::connect(app.db.url()).unwrap();
    let open = |key| {
        let key = tenantry::TenantKey::new(key).unwrap();
        db.tenant(&key).unwrap_err().to_string()
    };
    assert!(open("ACME").contains("there is `acme`"), "{}", open("ACME"));
    assert!(!open("acmee").contains("`acme`"), "{}", open("acmee"));
    let key = tenantry::TenantKey::new("acmee").unwrap();
    let error = db.tenants().get(&key).unwrap_err().to_string();
    assert!(error.contains("did you mean `acme`?"), "{error}");
}

#[test]
fn a_mistyped_migration_gets_a_suggestion_in_every_command() {
    let app = App::with_tenants(&["acme"]);
    for (name, folder) in [("notes", "0002_notes"), ("invoices", "0003_invoices")] {
        app.manage(&["makemigrations", "--empty", "--name", name])
            .succeeds();
        app.write(&format!("{folder}/tenant.up.sql"), "SELECT 1;");
        app.write(&format!("{folder}/tenant.down.sql"), "SELECT 1;");
    }
    app.manage(&["migrate"]).succeeds();
    for args in [
        &["sqlmigrate", "0002_note"][..],
        &["sqlmigrate", "notes"],
        &["migrate", "--to", "2_notes"],
        &["migrate", "--to", "0003_notse", "--dry-run"],
        &["rollback", "--to", "0002-notes", "--yes"],
        &["rollback", "--to", "NOTES", "--dry-run"],
        &["tenants", "list", "--at", "0002_nots"],
        &["migrate", "--exclude-at", "..0002_notez"],
    ] {
        app.manage(args)
            .fails()
            .complains("did you mean `0002_notes`?");
    }
    app.manage(&["rollback", "--to", "zeor", "--yes"])
        .fails()
        .complains("did you mean `zero`?");
    let db = tenantry::Database::connect(app.db.url()).unwrap();
    let chain = tenantry::migrate::Chain::open(app.path("")).unwrap();
    let error = db
        .migrator(chain)
        .rollback(Some("0001_initail"))
        .unwrap_err();
    assert!(
        error.to_string().contains("did you mean `0001_initial`?"),
        "{error}"
    );
}

#[test]
fn all_that_is_mistyped_is_told_at_once() {
    let app = App::with_tenants(&["acme", "globex"]);
    app.manage(&[
        "tenants",
        "list",
        "--tenant",
        "acm",
        "--exclude",
        "globx",
        "--at",
        "0001_initail",
        "--exclude-at",
        "payments",
    ])
    .fails()
    .complains("there are no such tenants: `acm`, `globx`")
    .complains("no such migrations to select tenants by: `0001_initail`, `payments`")
    .complains("did you mean `acme` or `globex`?")
    .complains("did you mean `0001_initial`?");
}
