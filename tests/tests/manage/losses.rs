//! Values that a migration takes away: asked about where it is written, and again where it is applied first.

use tenantry::testing::TestDb;

use super::app::App;

const LOST: [&str; 3] = ["customers.notes", "customers.region", "regions"];

/// An application whose next migration takes values away.
fn losing(tenants: &[&str]) -> App {
    let mut app = App::with_tenants(tenants);
    app.release("second");
    app.manage(&["makemigrations"]).succeeds();
    app.manage(&["migrate"]).succeeds();
    app.release("first");
    app.manage(&with_losses(&["makemigrations"], &LOST))
        .succeeds();
    app
}

fn with_losses<'a>(command: &[&'a str], lost: &[&'a str]) -> Vec<&'a str> {
    let flags = lost.iter().flat_map(|name| ["--accept-loss", name]);
    command.iter().copied().chain(flags).collect()
}

#[test]
fn who_applies_it_first_says_that_values_may_go() {
    let app = losing(&["acme", "select"]);
    // The step that makes ready for it takes nothing away.
    app.manage(&["migrate", "--phase", "expand"]).succeeds();
    let before = app.picture();
    for args in [&["migrate"][..], &["migrate", "--json"]] {
        let run = app.manage(args).fails();
        for name in LOST {
            let flag = format!("--accept-loss \"{name}\"");
            assert!(run.err.contains(&flag), "{run:?}");
        }
        assert!(run.err.contains("drop column `notes`"), "{run:?}");
    }
    // The flags that are left are the ones to add.
    let run = app
        .manage(&with_losses(&["migrate"], &["customers.notes", "regions"]))
        .fails()
        .complains("--accept-loss \"customers.region\"");
    assert!(!run.err.contains("\"regions\""), "{run:?}");
    // Nobody is asked where nothing is changed.
    app.manage(&["migrate", "--dry-run"]).succeeds();
    let tried = app.manage(&["migrate", "--try"]);
    assert!(!tried.err.contains("--accept-loss"), "{tried:?}");
    assert_eq!(app.picture(), before);

    let one = with_losses(&["migrate", "--tenant", "acme"], &LOST);
    app.manage(&one).succeeds();
    assert!(
        !app.columns("acme", "customers")
            .contains(&"notes".to_owned())
    );
    assert!(
        app.columns("select", "customers")
            .contains(&"notes".to_owned())
    );
    // Others only go after it, as what is lost in them was said; the shared table is lost now.
    app.manage(&["migrate"])
        .fails()
        .complains("add --accept-loss \"regions\", or");
    app.manage(&with_losses(&["migrate"], &["regions"]))
        .succeeds();
    assert!(
        !app.columns("select", "customers")
            .contains(&"notes".to_owned())
    );
    app.manage(&["migrate"])
        .succeeds()
        .says("nothing to migrate");
}

#[test]
fn a_database_that_has_nothing_to_lose_is_migrated_without_a_question() {
    let mut app = losing(&[]);
    app.db = TestDb::new();
    app.manage(&["migrate"]).succeeds();
    // Without tenants, values are lost in the shared schema.
    let app = losing(&[]);
    app.manage(&["migrate"])
        .fails()
        .complains("--accept-loss \"regions\"");
    app.manage(&["migrate", "--yes"]).succeeds();
}
