//! Selecting tenants on the command line, and their tags.

use std::fs;

use super::app::App;

/// Three tenants that lack the second migration, the first two in beta.
fn app() -> App {
    let mut app = App::with_tenants(&["acme", "globex"]);
    app.manage(&["tenants", "create", "initech", "--tag", "old"])
        .succeeds();
    app.manage(&["tenants", "tag", "acme", "+beta", "+eu"])
        .succeeds()
        .says("the tenant `acme` has the tags `beta`, `eu`");
    app.manage(&["tenants", "tag", "globex", "+beta"])
        .succeeds();
    app.release("second");
    app.manage(&["makemigrations", "--name", "more"]).succeeds();
    // The shared part comes first, which everybody has to be ready for.
    app.manage(&["migrate", "--to", "1"]).succeeds();
    app
}

/// The keys that a dry run names, in its order.
fn planned(app: &App, flags: &[&str]) -> Vec<String> {
    let args = [&["migrate", "--dry-run", "--json"][..], flags].concat();
    let plan = app.json(&args);
    let steps = plan["steps"].as_array().unwrap();
    let groups = steps.iter().filter_map(|step| step["groups"].as_array());
    let tenants = groups
        .flatten()
        .flat_map(|it| it["tenants"].as_array().unwrap());
    tenants
        .map(|key| key.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_flag_selects_or_leaves_out() {
    let app = app();
    app.manage(&["tenants", "suspend", "globex"]).succeeds();
    let file = app.path("../keys.txt");
    fs::write(&file, "globex\n").unwrap();
    let file = file.to_str().unwrap();
    for (flags, expected) in [
        (
            &["--tenant", "acme", "--tenant", "initech"][..],
            "acme initech",
        ),
        (&["--match", "*e*"], "acme globex initech"),
        (&["--match", "*e"], "acme"),
        (&["--state", "suspended"], "globex"),
        (&["--tag", "beta"], "acme globex"),
        (&["--tag", "eu", "--tag", "old"], "acme initech"),
        (&["--at", "1"], "acme globex initech"),
        (&["--at", "0001_initial..", "--tag", "old"], "initech"),
        (&["--at", "0"], ""),
        (&["--from-file", file], "globex"),
        (&["--smaller-than", "1GB"], "acme globex initech"),
        (
            &["--larger-than", "1GB", "--tenant", "acme", "--at", "..1"],
            "",
        ),
        (&["--exclude", "acme"], "globex initech"),
        (&["--exclude", "*x", "--exclude", "a*"], "initech"),
        (&["--exclude-state", "suspended"], "acme initech"),
        (&["--exclude-tag", "beta"], "initech"),
        (&["--exclude-at", "..1"], ""),
        (&["--exclude-file", file], "acme initech"),
        (&["--order", "key", "--first", "2"], "acme globex"),
    ] {
        if flags[0] == "--larger-than" {
            app.manage(&[&["migrate", "--dry-run"][..], flags].concat())
                .fails()
                .complains("no tenant is selected");
            continue;
        }
        assert_eq!(planned(&app, flags).join(" "), expected, "{flags:?}");
    }
}

#[test]
fn the_selected_tenants_are_migrated_and_the_others_stay() {
    let app = app();
    app.manage(&["migrate", "--tag", "beta", "--workers", "2"])
        .succeeds();
    let list = |flags: &[&str]| {
        let listed = app.json(&[&["tenants", "list", "--json"][..], flags].concat());
        let keys = listed.as_array().unwrap().iter();
        let keys: Vec<String> = keys
            .map(|it| it["key"].as_str().unwrap().to_owned())
            .collect();
        keys.join(" ")
    };
    assert_eq!(list(&["--at", "2"]), "acme globex");
    assert_eq!(list(&["--at", "..1"]), "initech");
    assert_eq!(
        list(&["--exclude-tag", "eu", "--match", "*"]),
        "globex initech"
    );
    app.manage(&["migrate"]).succeeds();
    assert_eq!(list(&["--exclude-at", "2"]), "");
}

#[test]
fn what_selects_nobody_is_an_error_and_nothing_is_done() {
    let app = app();
    let before = app.picture();
    for (flags, complaint) in [
        (&["--tenant", "nobody"][..], "`nobody`"),
        (&["--exclude", "nobody"], "`nobody`"),
        (&["--match", "zz*"], "no tenant is selected"),
        (&["--tag", "none"], "no tenant is selected"),
        (&["--exclude-tag", "none"], "no tenant has the tag `none`"),
        (
            &["--match", "*", "--match", "zz?*"],
            "no tenant has a key like `zz?*`",
        ),
        (
            &["--exclude", "z*", "--exclude-tag", "none"],
            "no tenant has the tag `none`; no tenant has a key like `z*`",
        ),
        (&["--at", "0009_none"], "`0009_none`"),
        (&["--from-file", "none.txt"], "`none.txt`"),
    ] {
        app.manage(&[&["migrate"][..], flags].concat())
            .fails()
            .complains(complaint)
            .complains("help: ");
    }
    for flags in [
        &["--match", "[a]"][..],
        &["--match", ""],
        &["--state", "sleeping"],
        &["--tag", "a b"],
        &["--at", "<3"],
        &["--order", "colour"],
        &["--first", "0"],
        &["--workers", "0"],
        &["--lock-timeout", "5"],
        &["--smaller-than", "5 tons"],
    ] {
        app.manage(&[&["migrate"][..], flags].concat())
            .refused_as_usage();
    }
    assert_eq!(app.picture(), before);
}

#[test]
fn tags_are_given_taken_and_shown() {
    let app = app();
    app.manage(&["tenants", "tag", "acme", "+new", "-eu", "-beta"])
        .succeeds()
        .says("has the tags `new`");
    app.manage(&["tenants", "show", "acme"])
        .succeeds()
        .says("tags     new");
    app.manage(&["tenants", "list", "--tag", "new"])
        .succeeds()
        .says("TAGS")
        .says("new");
    app.manage(&["tenants", "tag", "acme", "-new"])
        .succeeds()
        .says("has no tags");
    for change in ["new", "--new", "+a b", "+"] {
        app.manage(&["tenants", "tag", "acme", change])
            .refused_as_usage()
            .complains("help: ");
    }
    for args in [
        &["tenants", "create", "umbrella", "--tag", "a b"][..],
        &["tenants", "list", "--tag", "a b"],
        &["migrate", "--exclude-tag", "+a"],
    ] {
        app.manage(args).refused_as_usage().complains("help: ");
    }
    for args in [
        &["tenants", "create", "umbrella", "--schema", "a b"][..],
        &["tenants", "create", "a b"],
    ] {
        app.manage(args).refused_as_usage();
    }
}

#[test]
fn a_version_that_there_is_not_is_said_to_be_none() {
    let app = app();
    for args in [
        &["tenants", "list", "--at", "9"][..],
        &["migrate", "--at", "9.."],
        &["migrate", "--dry-run", "--exclude-at", "9..12"],
    ] {
        app.manage(args)
            .fails()
            .complains("no such migrations to select tenants by: `9`")
            .complains("`status` shows those that it has");
    }
    app.manage(&["tenants", "list", "--at", "..9"])
        .succeeds()
        .says("initech");
    app.manage(&["migrate"]).succeeds();
    app.manage(&["migrate", "--at", "0"])
        .succeeds()
        .says("none of the tenants that are selected is at such a version");
    app.manage(&["migrate", "--tag", "old", "--at", "1"])
        .succeeds()
        .says("none of the tenants that are selected is at such a version");
}
