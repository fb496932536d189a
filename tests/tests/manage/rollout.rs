//! `tenantry.toml`, rollout groups, and `rollout` on the command line.

use std::fs;

use tenantry_tests::wait::until;

use super::app::App;

/// Three tenants that lack the second migration, the first of them a canary.
fn app(config: &str) -> App {
    let mut app = App::with_tenants(&["acme", "globex", "initech"]);
    app.manage(&["tenants", "tag", "acme", "+canary"])
        .succeeds();
    app.release("second");
    app.manage(&["makemigrations", "--name", "more"]).succeeds();
    fs::write(app.path("../tenantry.toml"), config).unwrap();
    app
}

const GROUPS: &str = "
[migrate]
workers = 1
lock_timeout = \"5s\"
max_failures = \"50%\"

[[rollout]]
name = \"canary\"
match = { tags = [\"canary\"] }
health = \"SELECT count(*) = 1 FROM shared.plans\"
";

#[test]
fn the_groups_of_the_file_are_planned_and_migrated_in_order() {
    let app = app(GROUPS);
    app.manage(&["migrate", "--dry-run"]).succeeds().says(
        "  group `canary`: 1 tenant (acme): 0002_more\n  group `rest`: 2 tenants (globex, initech): 0002_more\n",
    );
    let plan = app.json(&["migrate", "--dry-run", "--json"]);
    assert_eq!(plan["steps"][1]["rollout"], "canary");
    assert_eq!(plan["steps"][2]["rollout"], "rest");
    assert!(plan["forecast_ms"].is_null());

    app.manage(&["migrate"])
        .fails()
        .complains("the run was stopped: the health check of the group `canary` failed")
        .complains("help: ");
    let at = |version: &str| {
        let listed = app.json(&["tenants", "list", "--json", "--at", version]);
        listed.as_array().unwrap().len()
    };
    assert_eq!((at("1"), at("2")), (2, 1));
    app.manage(&["rollout", "status"])
        .succeeds()
        .says("GROUP   TENANTS  BEHIND  FAILED  STATE\n")
        .says("canary  1        0       0       baking\n")
        .says("rest    2        2       0       waiting\n")
        .says("2 tenants behind");

    fs::write(
        app.path("../tenantry.toml"),
        GROUPS.replace("= 1 FROM", ">= 0 FROM"),
    )
    .unwrap();
    app.manage(&["migrate", "--dry-run"])
        .succeeds()
        .says("judged by earlier runs");
    app.manage(&["migrate"]).succeeds();
    assert_eq!((at("1"), at("2")), (0, 3));
    let status = app.json(&["rollout", "status", "--json"]);
    assert_eq!(status["is_paused"], false);
    assert_eq!(status["groups"][0]["state"], "done");
    assert_eq!(status["groups"][1]["name"], "rest");
}

#[test]
fn runs_are_paused_resumed_and_aborted() {
    let app = app("");
    app.manage(&["rollout", "pause"])
        .succeeds()
        .says("migrations are paused");
    app.manage(&["rollout", "status"])
        .succeeds()
        .says("migrations are paused");
    let mut run = app.command().arg("migrate").spawn().unwrap();
    // A run is aborted if it has taken its turn before.
    let mut client = app.db.connect();
    let turn = "SELECT FROM tenantry.turn WHERE direction = 'up'";
    until("the run has its turn", || {
        assert!(run.try_wait().unwrap().is_none(), "the run does not wait");
        !client.query(turn, &[]).unwrap().is_empty()
    });
    app.manage(&["rollout", "abort"]).succeeds();
    assert_eq!(run.wait().unwrap().code(), Some(1));
    let listed = app.json(&["tenants", "list", "--json", "--at", "1"]);
    assert_eq!(listed.as_array().unwrap().len(), 3);
    assert_eq!(
        app.json(&["rollout", "status", "--json"])["is_paused"],
        false
    );
    app.manage(&["rollout", "pause"]).succeeds();
    let mut run = app.command().arg("migrate").spawn().unwrap();
    app.manage(&["rollout", "resume"])
        .succeeds()
        .says("migrations go on");
    assert_eq!(run.wait().unwrap().code(), Some(0));
}

#[test]
fn a_file_that_is_wrong_is_refused_and_nothing_is_done() {
    let app = app("[migrate]\nworkerz = 2\n");
    let before = app.picture();
    for args in [
        &["migrate"][..],
        &["migrate", "--dry-run"],
        &["rollout", "status"],
    ] {
        app.manage(args)
            .fails()
            .complains("`tenantry.toml`, line 2: there is no field `workerz`")
            .complains("help: did you mean `workers`?");
    }
    app.manage(&["migrate", "--config", "other.toml"])
        .fails()
        .complains("can't read `other.toml`");
    assert_eq!(app.picture(), before);
    fs::write(app.path("../other.toml"), GROUPS).unwrap();
    app.manage(&["migrate", "--dry-run", "--config", "other.toml"])
        .succeeds()
        .says("group `canary`");
    // What is given on the command line is what counts.
    app.manage(&[
        "migrate",
        "--config",
        "other.toml",
        "--max-failures",
        "0",
        "--exclude-tag",
        "canary",
    ])
    .succeeds();
}

#[test]
fn a_database_that_was_never_migrated_has_nothing_to_pause() {
    let app = App::new();
    for command in ["pause", "resume", "abort"] {
        app.manage(&["rollout", command])
            .fails()
            .complains("migrate the database first");
    }
}
