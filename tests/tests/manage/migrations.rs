//! Writing, printing and checking migrations.

use std::fs;

use tenantry_tests::fleet::texts;

use super::app::{App, Run};

#[test]
fn a_check_for_changes_writes_nothing_and_exits_with_1_if_there_are_any() {
    let mut app = App::new();
    app.manage(&["makemigrations", "--check"])
        .fails()
        .says("create shared table `plans`");
    assert!(!app.path("").exists());
    app.manage(&["makemigrations"]).succeeds();
    app.manage(&["makemigrations", "--check"]).succeeds();
    app.release("second");
    app.manage(&["makemigrations", "--check"])
        .fails()
        .says("create shared table `regions`");
    assert_eq!(app.migrations().len(), 1);
}

#[test]
fn a_dry_run_prints_the_sql_that_would_be_written() {
    let app = App::new();
    app.manage(&["makemigrations", "--dry-run"])
        .succeeds()
        .says("0001_initial/shared.up.sql")
        .says("CREATE TABLE \"{shared}\".\"plans\"")
        .says("CREATE TABLE \"{tenant}\".\"customers\"");
    assert!(!app.path("").exists());
}

#[test]
fn migrations_are_written_without_a_database() {
    let app = App::new();
    let mut command = app.command();
    command.env_remove("DATABASE_URL").arg("makemigrations");
    let run = Run::of(&mut command).succeeds();
    for file in [
        "shared.up.sql",
        "shared.down.sql",
        "tenant.up.sql",
        "tenant.down.sql",
        "migration.toml",
    ] {
        assert!(run.out.contains(file), "{run:?}");
        assert!(app.path("0001_initial").join(file).is_file(), "{file}");
    }
    assert!(app.path("state.json").is_file());
}

#[test]
fn what_loses_data_is_marked() {
    let mut app = App::new();
    app.release("second");
    app.manage(&["makemigrations"]).succeeds();
    app.release("first");
    let accepted = ["customers.notes", "customers.region", "regions"];
    let run = app.manage(&["makemigrations"]).fails();
    for name in accepted {
        assert!(
            run.err.contains(&format!("--accept-loss \"{name}\"")),
            "{run:?}"
        );
    }
    app.manage(&["makemigrations", "--check"])
        .fails()
        .says("--accept-loss \"regions\"");
    assert_eq!(app.migrations().len(), 1);
    let mut args = vec!["makemigrations"];
    args.extend(accepted.iter().flat_map(|name| ["--accept-loss", name]));
    app.manage(&args)
        .succeeds()
        .says("drop column `notes` from tenant table `customers` (loses data)");
}

#[test]
fn a_name_that_has_changed_is_asked_about_and_told_by_flags() {
    let mut app = App::with_tenants(&["acme"]);
    let mut client = app.db.connect();
    client
        .batch_execute(
            "INSERT INTO shared.plans (code, ledger_id) VALUES ('pro', 1); \
             INSERT INTO acme.customers (email, plan) VALUES ('ann@x.example', 1)",
        )
        .unwrap();
    app.release("renamed");
    // Not even told what would be done, since nobody knows.
    for args in [&["makemigrations"][..], &["makemigrations", "--check"]] {
        let run = app.manage(args).fails();
        let told = format!("{}{}", run.out, run.err);
        assert!(told.contains("--rename \"customers=members\""), "{run:?}");
        assert!(told.contains("--accept-loss \"customers\""), "{run:?}");
        assert!(!told.contains("drop tenant table"), "{run:?}");
    }
    let table = ["makemigrations", "--rename", "customers=members"];
    app.manage(&table)
        .fails()
        .complains("--rename \"members.email=login\"");
    let mut both = table.to_vec();
    both.extend(["--rename", "members.email=login"]);
    app.manage(&both).succeeds().says("rename column `email`");
    app.manage(&["makemigrations", "--check"]).succeeds();
    app.manage(&["migrate"]).succeeds();
    let kept = texts(&mut client, "SELECT login FROM acme.members");
    assert_eq!(kept, ["ann@x.example"]);
    app.manage(&["check"]).succeeds();
}

#[test]
fn what_takes_away_is_applied_by_a_run_of_its_phase() {
    let mut app = App::with_tenants(&["acme", "select"]);
    app.release("second");
    app.manage(&["makemigrations"]).succeeds();
    app.manage(&["migrate", "--phase", "expand"]).succeeds();
    app.release("first");
    let accepted = ["customers.notes", "customers.region", "regions"];
    let mut args = vec!["makemigrations"];
    args.extend(accepted.iter().flat_map(|name| ["--accept-loss", name]));
    app.manage(&args).succeeds().says(" (contract):");
    let last = app.migrations().pop().unwrap();
    let waits = "waits for `migrate --phase contract`";
    for args in [
        &["migrate", "--phase", "expand"][..],
        &["migrate", "--phase", "expand", "--dry-run"],
        &["migrate", "--phase", "expand", "--tenant", "acme"],
    ] {
        app.manage(args).succeeds().says(waits);
    }
    let json = app
        .manage(&["migrate", "--phase", "expand", "--json"])
        .succeeds();
    assert!(
        json.out.contains("\"waits_for\":{\"phase\":\"contract\"}"),
        "{json:?}"
    );
    let mut client = app.db.connect();
    let columns =
        "SELECT count(*)::text FROM information_schema.columns WHERE column_name = 'notes'";
    assert_eq!(texts(&mut client, columns), ["2"]);
    // As a process that runs a version from before has announced itself.
    let running = "INSERT INTO tenantry.application (id, name, migration, position, gone_after) \
                   VALUES ('x', 'web 1.0', '0002_x', 2, '1 hour')";
    client.batch_execute(running).unwrap();
    let needed = "1 instance of `web 1.0`, up to `0002_x`";
    app.manage(&["migrate", "--phase", "contract"])
        .fails()
        .says(needed);
    app.manage(&["migrate"]).succeeds().says(needed);
    assert_eq!(texts(&mut client, columns), ["2"]);
    client
        .batch_execute("DELETE FROM tenantry.application")
        .unwrap();
    app.manage(&["migrate", "--phase", "contract", "--yes"])
        .succeeds();
    assert_eq!(texts(&mut client, columns), ["0"]);
    app.manage(&["status"]).succeeds().says(&last);
    app.manage(&["migrate", "--phase", "later"])
        .refused_as_usage()
        .complains("there is no phase `later`");
}

#[test]
fn a_name_that_is_none_is_refused() {
    let app = App::new();
    for name in ["", "With Spaces", "../up", "a/b", "ü"] {
        app.manage(&["makemigrations", "--name", name])
            .fails()
            .complains("error: ")
            .complains("[a-z0-9_]");
    }
    assert!(!app.path("").exists());
}

#[test]
fn a_migration_that_was_edited_after_it_was_applied_is_refused() {
    let app = App::with_tenants(&["acme"]);
    let file = "0001_initial/tenant.up.sql";
    let text = fs::read_to_string(app.path(file)).unwrap();
    app.write(file, &format!("{text}-- edited\n"));
    app.manage(&["migrate"])
        .fails()
        .complains("0001_initial/tenant.up.sql")
        .complains("-- edited")
        .complains("help: ");
    app.manage(&["status"]).succeeds().says("conflict: ");
    app.manage(&["check"]).fails().says("wrong  ");
    let status = app.json(&["status", "--json"]);
    assert_eq!(status["conflicts"].as_array().unwrap().len(), 1);
}

#[test]
fn a_gap_in_the_chain_is_found() {
    let app = App::with_tenants(&[]);
    fs::rename(app.path("0001_initial"), app.path("0002_initial")).unwrap();
    app.manage(&["migrate"]).fails().complains("0002_initial");
    app.manage(&["check"]).fails().says("0002_initial");
}

#[test]
fn models_that_do_not_fit_together_are_all_named() {
    let mut app = App::new();
    app.release("torn");
    for args in [&["makemigrations"][..], &["status"]] {
        app.manage(args)
            .fails()
            .complains("table `plans`")
            .complains("table `customers`");
    }
    app.manage(&["check"])
        .fails()
        .says("table `plans`")
        .says("table `customers`");
    assert!(!app.path("").exists());
}

#[test]
fn a_check_lists_what_is_declared_to_be_no_reference() {
    let app = App::with_tenants(&["acme"]);
    app.manage(&["check"])
        .succeeds()
        .says("note   `Plan.ledger_id` is declared to be no reference");
    let checked = app.json(&["check", "--json"]);
    assert_eq!(checked["ok"], true);
    let findings = checked["findings"].as_array().unwrap();
    let levels: Vec<&str> = findings
        .iter()
        .map(|finding| finding["level"].as_str().unwrap())
        .collect();
    assert_eq!(levels, ["ok", "ok", "ok", "ok", "ok", "ok", "note"]);
}

#[test]
fn a_check_tells_why_new_tenants_are_made_by_replaying_the_migrations() {
    let app = App::with_tenants(&[]);
    fs::create_dir(app.path("0002_rows")).unwrap();
    app.write(
        "0002_rows/migration.toml",
        "format = 1\nid = \"0002_rows\"\n",
    );
    app.write(
        "0002_rows/tenant.up.sql",
        "CREATE TABLE \"{tenant}\".kinds (name text);\nINSERT INTO \"{tenant}\".kinds VALUES (gen_random_uuid()::text);\n",
    );
    app.manage(&["migrate"]).succeeds();
    app.manage(&["check"])
        .says("note   new tenants are made by replaying the migrations: ")
        .says("in migration `0002_rows` looks at the clock, at chance, at the session or at the catalogue");
}

#[test]
fn a_check_needs_no_database_and_finds_changes_without_a_migration() {
    let mut app = App::new();
    app.manage(&["makemigrations"]).succeeds();
    app.release("second");
    let mut command = app.command();
    command.env_remove("DATABASE_URL").arg("check");
    Run::of(&mut command)
        .fails()
        .says("create shared table `regions`");
}

#[test]
fn the_status_tells_of_changes_without_a_migration() {
    let mut app = App::with_tenants(&["acme"]);
    let status = app.json(&["status", "--json"]);
    assert_eq!(status["changes"], serde_json::json!([]));
    assert_eq!(status["is_up_to_date"], true);
    assert_eq!(status["migrations"][0]["tenant"]["applied"], 1);
    app.release("second");
    app.manage(&["status"])
        .succeeds()
        .says("the models have changes without a migration")
        .says("create shared table `regions`");
    let status = app.json(&["status", "--json"]);
    assert_eq!(status["changes"][0], "create shared table `regions`");
}

#[test]
fn the_sql_of_a_migration_has_slots_until_a_tenant_is_given() {
    let app = App::with_tenants(&["acme"]);
    let raw = app.manage(&["sqlmigrate", "0001_initial"]).succeeds().out;
    assert!(raw.contains("-- 0001_initial/shared.up.sql\n"), "{raw}");
    assert!(
        raw.contains("CREATE TABLE \"{tenant}\".\"customers\""),
        "{raw}"
    );
    let filled = app
        .manage(&["sqlmigrate", "1", "--tenant", "acme"])
        .succeeds()
        .out;
    assert!(!filled.contains('{'), "{filled}");
    assert!(
        filled.contains("CREATE TABLE \"acme\".\"customers\""),
        "{filled}"
    );
    assert!(
        filled.contains("CREATE TABLE \"shared\".\"plans\""),
        "{filled}"
    );
    let down = app.manage(&["sqlmigrate", "1", "--down"]).succeeds().out;
    let tenant = down.find("DROP TABLE \"{tenant}\".\"customers\"").unwrap();
    let shared = down.find("DROP TABLE \"{shared}\".\"plans\"").unwrap();
    assert!(tenant < shared, "{down}");
}

#[test]
fn a_migration_that_there_is_not_is_an_error() {
    let app = App::with_tenants(&["acme"]);
    for args in [
        &["sqlmigrate", "7"][..],
        &["migrate", "--to", "0007_x"],
        &["migrate", "--to", "7", "--dry-run"],
        &["rollback", "--to", "0007_x", "--yes"],
    ] {
        app.manage(args)
            .fails()
            .complains("there is no migration `")
            .complains("`0001_initial`");
    }
}

#[test]
fn a_rollback_asks_and_there_is_nobody_to_answer() {
    let app = App::with_tenants(&["acme"]);
    let before = app.picture();
    app.manage(&["rollback", "--steps", "1"])
        .fails()
        .complains("`acme`")
        .complains("add `--yes`");
    assert_eq!(app.picture(), before);
    app.manage(&["rollback", "--steps", "1", "--yes"])
        .succeeds();
    assert_eq!(app.tables("acme"), Vec::<String>::new());
    assert_eq!(app.tables("shared"), Vec::<String>::new());
    app.manage(&["migrate"]).succeeds();
    assert_eq!(app.tables("acme"), ["customers"]);
}

/// Has a second migration that fails in every tenant, written by hand.
fn broken_everywhere(app: &App) {
    app.manage(&["makemigrations", "--empty", "--name", "broken"])
        .succeeds();
    let sql = "ALTER TABLE \"{tenant}\".\"customers\" ADD COLUMN notes text NOT NULL;\n";
    app.write("0002_broken/tenant.up.sql", sql);
    app.write(
        "0002_broken/tenant.down.sql",
        "ALTER TABLE \"{tenant}\".\"customers\" DROP COLUMN notes;\n",
    );
    let mut client = app.db.connect();
    client
        .batch_execute(
            "INSERT INTO shared.plans VALUES (1, 'pro', 1); \
             INSERT INTO acme.customers VALUES (1, 'x', 1); INSERT INTO globex.customers VALUES (1, 'x', 1)",
        )
        .unwrap();
    app.manage(&["migrate"]).fails();
}

#[test]
fn a_rollback_of_what_failed_everywhere_says_why_there_is_nothing_to_undo() {
    let app = App::with_tenants(&["acme", "globex"]);
    broken_everywhere(&app);
    let tables = app.tables("acme");
    for folder_is_there in [true, false] {
        if !folder_is_there {
            fs::remove_dir_all(app.path("0002_broken")).unwrap();
        }
        app.manage(&["rollback", "--steps", "1", "--yes"])
            .fails()
            .complains("`0002_broken` failed for 2 tenants and is applied to none")
            .complains("--to zero");
        app.manage(&["rollback", "--to", "0001_initial", "--yes"])
            .succeeds()
            .says("nothing to roll back: `0002_broken` failed for 2 tenants");
        assert_eq!(app.tables("acme"), tables);
    }
    app.manage(&["rollback", "--to", "zero", "--yes"])
        .succeeds();
    app.manage(&["rollback", "--to", "zero", "--yes"])
        .succeeds()
        .says("nothing to roll back: no migration is applied");
    app.manage(&["rollback", "--steps", "1", "--yes"])
        .fails()
        .complains("no migration is applied");
}

#[test]
fn a_rollback_needs_no_folder() {
    let app = App::with_tenants(&["acme"]);
    fs::remove_dir_all(app.path("0001_initial")).unwrap();
    app.manage(&["rollback", "--steps", "1", "--yes"])
        .succeeds()
        .says("1 tenant rolled back");
    assert_eq!(app.tables("acme"), Vec::<String>::new());
}

#[test]
fn whoever_has_failed_is_told_alike_by_all_commands() {
    let app = App::with_tenants(&["acme", "globex", "initech"]);
    broken_everywhere(&app);
    let failed = || {
        let status = app.json(&["status", "--json"]);
        let all = app.json(&["status", "--all", "--json"]);
        let rollout = app.json(&["rollout", "status", "--json"]);
        let list = app.json(&["tenants", "list", "--json"]);
        app.manage(&["status", "--html", "page.html"]).succeeds();
        let page = fs::read_to_string(app.path("../page.html")).unwrap();
        let with = |list: &serde_json::Value, field: &str| {
            let tenants = list.as_array().unwrap().iter();
            tenants.filter(|it| !it[field].is_null()).count()
        };
        let shown = ["acme", "globex", "initech"].map(|key| {
            let json = app.json(&["tenants", "show", key, "--json"]);
            let text = app.manage(&["tenants", "show", key]).succeeds();
            assert_eq!(text.out.contains("failed"), !json["last_error"].is_null());
            usize::from(!json["last_error"].is_null())
        });
        let count = |it: &serde_json::Value| usize::try_from(it.as_u64().unwrap()).unwrap();
        let counts = [
            count(&status["failed"]["count"]),
            count(&rollout["groups"][0]["failed"]),
            shown.iter().sum(),
            with(&all["tenants"], "error"),
            with(&list, "last_error"),
            page.matches("\"error\":").count(),
        ];
        assert!(counts.iter().all(|it| *it == counts[0]), "{counts:?}");
        counts[0]
    };
    assert_eq!(failed(), 2);
    // What is gone from the chain is lacking no more.
    let text = fs::read_to_string(app.path("0002_broken/migration.toml")).unwrap();
    let kept = fs::read_to_string(app.path("0002_broken/tenant.up.sql")).unwrap();
    app.db
        .connect()
        .batch_execute("DELETE FROM tenantry.ledger WHERE migration = '0002_broken'; UPDATE tenantry.tenant SET version = 1")
        .unwrap();
    fs::remove_dir_all(app.path("0002_broken")).unwrap();
    assert_eq!(failed(), 0);
    fs::create_dir(app.path("0002_broken")).unwrap();
    app.write("0002_broken/migration.toml", &text);
    app.write("0002_broken/tenant.up.sql", &kept);
    assert_eq!(failed(), 2);
    app.db
        .connect()
        .batch_execute(
            "DELETE FROM acme.customers; ALTER TABLE initech.customers DROP COLUMN notes",
        )
        .unwrap();
    app.manage(&["migrate"]).fails();
    assert_eq!(failed(), 1);
}
