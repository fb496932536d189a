//! Errors from outside of the database: its address, its server, the folder.

use super::app::{App, Run};

const COMMANDS: [&[&str]; 6] = [
    &["migrate"],
    &["migrate", "--dry-run"],
    &["rollback", "--steps", "1", "--yes"],
    &["status"],
    &["tenants", "list"],
    &["tenants", "create", "acme"],
];

fn at(app: &App, url: &str, args: &[&str]) -> Run {
    Run::of(app.command().env("DATABASE_URL", url).args(args))
}

#[test]
fn an_unreachable_server_is_named_without_the_password() {
    let app = App::new();
    app.manage(&["makemigrations"]).succeeds();
    for args in COMMANDS {
        let url = "postgres://app:secret@127.0.0.1:1/shop";
        let run = at(&app, url, args)
            .fails()
            .complains("error: can't connect to `127.0.0.1:1/shop`");
        assert!(!run.err.contains("secret"), "{run:?}");
        assert_eq!(run.out, "");
    }
}

#[test]
fn an_address_that_is_none_is_explained_without_the_password() {
    let app = App::new();
    app.manage(&["makemigrations"]).succeeds();
    for url in [
        "nonsense",
        "postgres://app:secret@localhost:port/shop",
        "postgres://app:secret@",
    ] {
        let run = at(&app, url, &["migrate"]).fails().complains("error: ");
        assert!(!run.err.contains("secret"), "{run:?}");
    }
}

#[test]
fn without_an_address_the_help_says_how_to_give_one() {
    let app = App::new();
    app.manage(&["makemigrations"]).succeeds();
    for args in COMMANDS {
        let run = Run::of(app.command().env_remove("DATABASE_URL").args(args));
        run.fails()
            .complains("error: no database is given")
            .complains("help: set `DATABASE_URL`");
        at(&app, "", args).fails().complains("no database is given");
    }
}

#[test]
fn a_database_that_was_never_migrated_is_no_surprise() {
    let app = App::new();
    app.manage(&["makemigrations"]).succeeds();
    app.manage(&["tenants", "list"])
        .fails()
        .complains("help: migrate the database first");
    app.manage(&["tenants", "create", "acme"])
        .fails()
        .complains("help: migrate the database first");
    app.manage(&["rollback", "--steps", "1", "--yes"]).fails();
    app.manage(&["status"])
        .succeeds()
        .says("the database was never migrated");
}

#[test]
fn a_missing_folder_is_an_error_where_migrations_are_needed() {
    let app = App::new();
    for args in [
        &["migrate"][..],
        &["sqlmigrate", "1"],
        &["rollback", "--steps", "1", "--yes"],
    ] {
        app.manage(args)
            .fails()
            .complains("`migrations`: there is no such folder");
    }
    app.manage(&["status"])
        .succeeds()
        .says("there are no migrations yet");
}

#[test]
fn the_migrations_can_be_in_another_folder() {
    let app = App::new();
    app.manage(&["makemigrations", "--migrations", "db/chain"])
        .succeeds()
        .says("db/chain/0001_initial");
    app.manage(&["--migrations", "db/chain", "migrate"])
        .succeeds();
    assert_eq!(app.tables("shared"), ["plans"]);
}

#[test]
fn the_shared_schema_can_have_another_name() {
    let app = App::new();
    app.manage(&["makemigrations"]).succeeds();
    app.manage(&["migrate", "--shared-schema", "common"])
        .succeeds();
    assert_eq!(app.tables("common"), ["plans"]);
    app.manage(&["migrate"])
        .fails()
        .complains("the database was set up with the shared schema `common`");
    app.manage(&["tenants", "create", "acme", "--shared-schema", "common"])
        .succeeds();
    let run = app.manage(&["sqlmigrate", "1", "--tenant", "acme"]);
    run.succeeds().says("CREATE TABLE \"common\".\"plans\"");
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_can_not_be_printed_is_an_error_and_the_work_is_done() {
    let app = App::new();
    app.manage(&["makemigrations"]).succeeds();
    let full = std::fs::File::create("/dev/full").unwrap();
    let status = app
        .command()
        .arg("migrate")
        .stdout(full)
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(1));
    assert_eq!(app.tables("shared"), ["plans"]);
}

#[test]
fn a_reader_that_has_read_enough_is_no_error() {
    let app = App::with_tenants(&[]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = app.command();
    command.args(["tenants", "create", "acme"]).stdout(writer);
    let run = Run::of(&mut command);
    run.succeeds();
    assert_eq!(app.tables("acme"), ["customers"]);
}

#[test]
fn a_shared_schema_that_is_named_has_to_be_that_of_the_database() {
    let app = App::with_tenants(&["acme"]);
    for args in [
        &["tenants", "create", "globex"][..],
        &["tenants", "list"],
        &["tenants", "drop", "acme", "--yes"],
        &["standby"],
        &["rollout", "pause"],
        &["status"],
        &["sqlmigrate", "1", "--tenant", "acme"],
    ] {
        let with = |name| [args, &["--shared-schema", name]].concat();
        app.manage(&with("common")).fails().complains(
            "the database was set up with the shared schema `shared`, not `common`\n\
             help: configure `shared` as the shared schema",
        );
    }
    app.manage(&["tenants", "list", "--shared-schema", "shared"])
        .succeeds()
        .says("acme");
}

/// Who holds a lock of the metadata tables keeps no command for ever.
#[test]
fn a_command_that_only_reads_waits_for_a_lock_as_long_as_the_address_says() {
    let app = App::with_tenants(&["acme"]);
    let mut holder = app.db.connect();
    holder
        .batch_execute("BEGIN; LOCK TABLE tenantry.tenant IN ACCESS EXCLUSIVE MODE")
        .unwrap();
    let url = app.db.url();
    let sign = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{sign}options=-c%20lock_timeout%3D50ms");
    for args in [
        &["tenants", "list"][..],
        &["tenants", "show", "acme"],
        &["tenants", "create", "globex"],
        &["status"],
        &["migrate", "--dry-run"],
    ] {
        at(&app, &url, args).fails().complains("lock");
    }
    let limit = "SELECT setting::bigint AS milliseconds, source FROM pg_catalog.pg_settings WHERE name = 'lock_timeout'";
    holder.batch_execute("ROLLBACK").unwrap();
    app.manage(&["makemigrations", "--empty", "--name", "look"])
        .succeeds();
    app.write(
        "0002_look/shared.up.sql",
        &format!("CREATE TABLE \"{{shared}}\".looked AS {limit};"),
    );
    std::fs::remove_file(app.path("0002_look/tenant.up.sql")).unwrap();
    at(&app, &url, &["migrate"]).succeeds();
    let row = holder
        .query_one("SELECT * FROM shared.looked", &[])
        .unwrap();
    let (limit, source): (i64, String) = (row.get(0), row.get(1));
    // What may wait for several tables waits shorter than the two seconds for one.
    assert!(
        (51..=2000).contains(&limit) && source == "session",
        "migrations have a limit of their own: {limit} of the {source}"
    );
}

#[test]
fn a_role_without_rights_is_told_what_to_do_and_finds_nothing_right_that_it_can_not_see() {
    let app = App::with_tenants(&["acme"]);
    let role = format!("weak_{}", app.db.name());
    let mut client = app.db.connect();
    client
        .batch_execute(&format!("CREATE ROLE {role}; GRANT {role} TO CURRENT_USER"))
        .unwrap();
    let url = app.db.url();
    let sign = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{sign}options=-c%20role%3D{role}");
    for args in [
        &["status"][..],
        &["migrate"],
        &["tenants", "list"],
        &["tenants", "create", "globex"],
        &["rollout", "pause"],
    ] {
        at(&app, &url, args)
            .fails()
            .complains("permission denied for schema tenantry")
            .complains("help: use the role that owns the schema `tenantry`");
    }
    client
        .batch_execute(&format!(
            "GRANT USAGE ON SCHEMA tenantry TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA tenantry TO {role}"
        ))
        .unwrap();
    let run = at(&app, &url, &["check"])
        .fails()
        .says("wrong  whether a tenant can be made could not be tried")
        .says("note   not compared: ");
    assert!(!run.out.contains("schemas compared"), "{run:?}");
    client
        .batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"))
        .unwrap();
}
