//! Output while a run goes on.

use std::process::Command;

use serde_json::Value;
use tenantry::{Database, TenantKey};

use super::app::{App, Run};

/// An application with many tenants, and a migration for them that is still to be applied.
fn with_fleet(tenants: usize) -> App {
    let app = App::with_tenants(&[]);
    let db = Database::connect(app.db.url()).unwrap();
    for number in 0..tenants {
        let key = TenantKey::new(format!("t{number}")).unwrap();
        db.tenants().create(&key).unwrap();
    }
    app.manage(&["makemigrations", "--empty", "--name", "by_hand"])
        .succeeds();
    app.write(
        "0002_by_hand/tenant.up.sql",
        "CREATE TABLE \"{tenant}\".extra (id bigint)",
    );
    app.write(
        "0002_by_hand/tenant.down.sql",
        "DROP TABLE \"{tenant}\".extra",
    );
    app
}

/// Has the migration fail for a tenant.
fn spoil(app: &App, tenant: usize) {
    let sql = format!("CREATE TABLE t{tenant}.extra (id bigint)");
    app.db.connect().batch_execute(&sql).unwrap();
}

fn events(run: &Run) -> Vec<Value> {
    let lines = run.out.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

#[test]
fn a_program_gets_a_line_for_each_event_and_the_report_last() {
    let app = with_fleet(30);
    spoil(&app, 7);
    let run = app.manage(&["migrate", "--json"]).fails();
    let all = events(&run);
    assert_eq!(all[0]["event"], "stage");
    assert_eq!(all[0]["tenants"], 30);
    let tenants: Vec<_> = all.iter().filter(|it| it["event"] == "tenant").collect();
    assert_eq!(tenants.len(), 30);
    let failed: Vec<_> = tenants.iter().filter(|it| !it["error"].is_null()).collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["key"], "t7");
    assert_eq!(failed[0]["error"]["sqlstate"], "42P07");
    let last = all.last().unwrap();
    assert_eq!(
        (&last["event"], &last["migrated"]),
        (&"finished".into(), &29.into())
    );
    assert_eq!(last["failed"][0]["key"], "t7");

    let run = app
        .manage(&["rollback", "--steps", "1", "--yes", "--json"])
        .succeeds();
    let undone = events(&run);
    assert_eq!(
        undone.iter().filter(|it| it["event"] == "tenant").count(),
        29
    );
    assert_eq!(undone.last().unwrap()["migrated"], 29);
}

#[test]
fn of_many_tenants_a_log_gets_a_line_every_tenth_of_the_way() {
    let app = with_fleet(60);
    spoil(&app, 7);
    let run = app
        .manage(&["migrate"])
        .fails()
        .says("60 tenants to migrate over ")
        .says("  60 of 60 tenants, 1 failed, ")
        .says("59 tenants migrated in ")
        .complains("error: migration `0002_by_hand` failed")
        .complains("(tenant `t7`)")
        .complains("1 schema failed\nhelp: what is done stays done");
    let lines = run
        .out
        .lines()
        .filter(|line| line.contains(" of 60 tenants"))
        .count();
    assert!((5..=11).contains(&lines), "{run:#?}");
    assert!(!run.out.contains("tenant t1 "), "{run:#?}");
    app.manage(&["rollback", "--steps", "1", "--yes"])
        .succeeds()
        .says("59 tenants to roll back over 1 connection")
        .says("59 tenants rolled back in ");
}

#[test]
fn when_everything_fails_only_the_first_failures_are_printed() {
    let app = with_fleet(25);
    for tenant in 0..25 {
        spoil(&app, tenant);
    }
    let run = app.manage(&["migrate"]).fails();
    assert_eq!(run.err.matches("(tenant `").count(), 20, "{run:#?}");
    run.complains("25 schemas failed, 5 more than are shown; `status --all` shows every tenant");
}

#[test]
fn a_terminal_shows_a_bar_that_counts_up() {
    let app = with_fleet(30);
    let Run { out, .. } = on_a_terminal(&app, "migrate");
    assert!(out.contains("30/30"), "{out}");
    assert!(out.contains('━'), "{out}");
    assert!(out.contains("30 tenants migrated in "), "{out}");
    assert!(!out.contains(" of 30 tenants"), "{out}");
    let Run { out, .. } = on_a_terminal(&app, "status --json");
    let status: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(status["is_up_to_date"], true);
}

/// Runs a command on a terminal of its own.
fn on_a_terminal(app: &App, args: &str) -> Run {
    let manage = app.command();
    let program = manage.get_program().to_str().unwrap();
    let mut script = Command::new("script");
    script
        .args([
            "--quiet",
            "--return",
            "--command",
            &format!("{program} {args}"),
            "/dev/null",
        ])
        .current_dir(manage.get_current_dir().unwrap())
        .env("TERM", "xterm")
        .env_remove("NO_COLOR");
    for (name, value) in manage.get_envs() {
        script.env(name, value.unwrap());
    }
    Run::of(&mut script).succeeds()
}
