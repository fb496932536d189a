//! Commands of the application's own, and completions.

use std::process::Command;

use super::app::App;

fn app() -> App {
    let mut app = App::with_tenants(&["acme", "globex", "initech"]);
    app.manage(&["tenants", "tag", "globex", "+beta"])
        .succeeds();
    app.release("own");
    app
}

#[test]
fn a_command_is_run_for_the_tenants_that_are_selected() {
    let app = app();
    let greeted = |args: &[&str]| {
        let run = app.manage(&[&["greet"][..], args].concat()).succeeds();
        let mut lines: Vec<String> = run.out.lines().map(str::to_owned).collect();
        let last = lines.pop().unwrap();
        assert_eq!(
            last,
            format!(
                "done for {} tenant{}",
                lines.len(),
                if lines.len() == 1 { "" } else { "s" }
            )
        );
        lines
    };
    assert_eq!(
        greeted(&["hello", "dear"]),
        ["hello dear acme", "hello dear globex", "hello dear initech"]
    );
    assert_eq!(greeted(&["hello", "--tag", "beta"]), ["hello globex"]);
    assert_eq!(
        greeted(&["--exclude", "acme", "--match", "*e*", "hello"]),
        ["hello globex", "hello initech"]
    );
    assert_eq!(
        greeted(&["--tenant", "acme", "--", "--loud"]),
        ["HELLO acme"]
    );
    let mut all = greeted(&["--workers", "8", "hello"]);
    all.sort();
    assert_eq!(all, ["hello acme", "hello globex", "hello initech"]);
}

#[test]
fn a_tenant_that_fails_keeps_the_others_from_nothing() {
    let app = app();
    let run = app.manage(&["greet", "refuse"]).fails();
    assert_eq!(
        run.out,
        "refuse globex\nrefuse initech\ndone for 2 tenants, failed for 1 tenant\n"
    );
    assert_eq!(run.err, "error: acme: nobody is at home\n");
    // Errors of tenantry name the tenant, and no value.
    let run = app
        .manage(&["greet", "--tenant", "globex", "twice"])
        .fails();
    assert!(
        run.err.contains("(tenant `globex`, ") || run.err.contains("globex: "),
        "{run:?}"
    );
    assert!(!run.err.contains("=(globex)"), "{run:?}");
}

#[test]
fn tenants_that_can_t_be_opened_are_left_out_and_none_is_no_success_by_mistake() {
    let app = app();
    app.manage(&["tenants", "suspend", "acme"]).succeeds();
    let run = app.manage(&["greet", "hello"]).succeeds();
    assert!(
        run.out
            .starts_with("left out 1 tenant that can't be opened\n"),
        "{run:?}"
    );
    assert!(!run.out.contains("hello acme"), "{run:?}");
    app.manage(&["greet", "--tag", "gold"])
        .fails()
        .complains("no tenant is selected");
    app.manage(&["greet", "--tenant", "nobody"])
        .fails()
        .complains("nobody");
}

#[test]
fn a_command_is_run_once_with_the_database() {
    let app = app();
    app.manage(&["plan", "free", "pro"]).succeeds();
    let count = "SELECT count(*) FROM shared.plans";
    let count: i64 = app.db.connect().query_one(count, &[]).unwrap().get(0);
    assert_eq!(count, 2);
    let run = app.manage(&["plan", "free"]).fails();
    assert!(
        run.err.contains("plans_code_key") && !run.err.contains("(free)"),
        "{run:?}"
    );
}

#[test]
fn own_commands_are_in_the_help_and_their_mistakes_are_told() {
    let mut app = app();
    let help = app.manage(&["--help"]).succeeds().out;
    for words in ["greet", "Greet each tenant", "plan", "completions"] {
        assert!(help.contains(words), "{help}");
    }
    let help = app.manage(&["greet", "--help"]).succeeds().out;
    assert!(
        help.contains("--exclude-tag") && help.contains("[WORDS]..."),
        "{help}"
    );
    let code = |args: &[&str]| app.command().args(args).output().unwrap().status.code();
    assert_eq!(code(&["gret"]), Some(2));
    assert_eq!(code(&["greet", "--loud"]), Some(2));
    assert_eq!(code(&["greet", "--workers", "0"]), Some(2));
    let mut without = app.command();
    let without = without
        .env_remove("DATABASE_URL")
        .args(["plan", "x"])
        .output()
        .unwrap();
    assert!(
        String::from_utf8(without.stderr)
            .unwrap()
            .contains("no database is given")
    );
    app.release("taken");
    app.manage(&["status"])
        .fails()
        .complains("the command `migrate` can't be added");
}

#[test]
fn a_shell_completes_commands_and_flags() {
    let app = app();
    for (shell, words) in [
        ("zsh", "#compdef manage"),
        ("fish", "complete -c manage"),
        ("bash", "_manage"),
    ] {
        let script = app.manage(&["completions", shell]).succeeds().out;
        assert!(script.contains(words), "{script}");
        assert!(script.contains("greet"), "{script}");
    }
    assert_eq!(
        app.command()
            .args(["completions", "basic"])
            .output()
            .unwrap()
            .status
            .code(),
        Some(2)
    );
    let script = app.manage(&["completions", "bash"]).succeeds().out;
    let completed = |words: &str| {
        let count = words.split(' ').count() - 1;
        let last = words.split(' ').next_back().unwrap();
        let asked = format!(
            "{script}\nCOMP_WORDS=({words}); COMP_CWORD={count}; _manage manage '{last}' x; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        let output = Command::new("bash")
            .args(["--norc", "-c", &asked])
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(completed("manage gre"), "greet\n");
    assert_eq!(completed("manage greet --exclude-t"), "--exclude-tag\n");
}
