//! Help of the commands.

use super::app::{App, Run};

#[test]
fn the_help_lists_the_commands() {
    let app = App::new();
    let help = app.manage(&["--help"]).succeeds().out;
    insta::assert_snapshot!(help);
}

#[test]
fn every_command_has_a_help() {
    let app = App::new();
    for command in [
        "makemigrations",
        "merge",
        "squash",
        "inspect",
        "adopt",
        "migrate",
        "rollback",
        "status",
        "sqlmigrate",
        "check",
        "each",
        "rollup",
        "tenants",
    ] {
        app.manage(&[command, "--help"])
            .succeeds()
            .says(&format!("Usage: manage {command}"));
    }
}

#[test]
fn the_help_never_shows_the_address_of_the_database() {
    let app = App::new();
    let mut command = app.command();
    command
        .env("DATABASE_URL", "postgres://app:secret@localhost/app")
        .args(["migrate", "--help"]);
    let run = Run::of(&mut command).succeeds();
    assert!(!run.out.contains("secret"), "{run:?}");
}

#[test]
fn a_wrong_command_line_exits_with_2_and_says_why() {
    let app = App::new();
    for (args, why) in [
        (&[][..], "Usage: manage"),
        (&["migrat"], "migrate"),
        (&["migrate", "--too", "x"], "--to"),
        (&["rollback"], "--to <ID>"),
        (&["rollback", "--steps", "0"], "1.."),
        (
            &["rollback", "--steps", "1", "--to", "x"],
            "cannot be used with",
        ),
        (&["makemigrations", "--empty"], "--name"),
        (&["tenants", "create"], "<KEY>"),
        (&["tenants", "create", "o'brien"], "tenant key"),
        (
            &["tenants", "create", "x", "--schema", "pg_x"],
            "schema name",
        ),
        (&["tenants", "list", "--state", "asleep"], "suspended"),
        (&["status", "--shared-schema", "public"], "schema name"),
    ] {
        app.manage(args).refused_as_usage().complains(why);
    }
}
