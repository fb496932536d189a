//! `standby` on the command line.

use std::fs;

use super::app::App;

#[test]
fn standbys_are_made_claimed_and_dropped() {
    let app = App::with_tenants(&["acme"]);
    app.manage(&["standby"])
        .succeeds()
        .says("0 standbys ready\n")
        .says("`[standby]` and `count = 10`");
    app.manage(&["standby", "--count", "3"])
        .succeeds()
        .says("made 3 standbys\n3 standbys ready\n");
    app.manage(&["standby", "--count", "3"])
        .succeeds()
        .says("3 standbys ready\n");
    app.manage(&["tenants", "create", "globex"]).succeeds();
    fs::write(app.path("../tenantry.toml"), "[standby]\ncount = 9\n").unwrap();
    let whole = app.json(&["standby", "--json"]);
    assert_eq!((&whole["made"], &whole["ready"]), (&7.into(), &9.into()));
    app.manage(&["standby", "--count", "4"])
        .succeeds()
        .says("dropped 5 standbys\n4 standbys ready\n");
    let listed = app.json(&["tenants", "list", "--json"]);
    assert_eq!(listed.as_array().unwrap().len(), 2);
    app.manage(&["standby", "--count", "0"])
        .succeeds()
        .says("dropped 4 standbys\n0 standbys ready\n");
}

#[test]
fn a_count_that_is_none_is_refused() {
    let app = App::with_tenants(&[]);
    app.manage(&["standby", "--count", "many"])
        .complains("many");
    for count in ["-1", "10001", "99999999999999999999", ""] {
        app.manage(&["standby", &format!("--count={count}")])
            .refused_as_usage();
    }
    fs::write(app.path("../tenantry.toml"), "[standby]\ncount = 5000000\n").unwrap();
    app.manage(&["standby"])
        .fails()
        .complains("5000000 standbys are too many")
        .complains("`tenantry.toml`");
    fs::write(app.path("../tenantry.toml"), "[standby]\ncount = -1\n").unwrap();
    app.manage(&["standby"]).fails().complains("tenantry.toml");
}
