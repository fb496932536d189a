//! Several migrations made one.

use super::app::App;

/// An application with three migrations, of which a tenant has all.
fn grown() -> App {
    let mut app = App::with_tenants(&["acme"]);
    app.release("second");
    app.manage(&["makemigrations", "--name", "regions"])
        .succeeds();
    app.manage(&["makemigrations", "--empty", "--name", "west"])
        .succeeds();
    app.write(
        "0003_west/tenant.up.sql",
        "CREATE TABLE \"{tenant}\".west (id bigint PRIMARY KEY);\nINSERT INTO \"{tenant}\".west VALUES (7);\n",
    );
    std::fs::remove_file(app.path("0003_west/shared.up.sql")).unwrap();
    app.manage(&["migrate"]).succeeds();
    app
}

#[test]
fn several_migrations_become_one() {
    let app = grown();
    let before = app.picture();
    app.manage(&["squash", "2", "3", "--dry-run"])
        .succeeds()
        .says("0003_squashed takes the place of 0002_regions, 0003_west, and gives the same")
        .says("-- 0003_squashed/tenant.up.sql")
        .says("INSERT INTO \"{tenant}\".west");
    assert!(app.picture() == before);
    app.manage(&[
        "squash",
        "0002_regions",
        "0003_west",
        "--name",
        "regions_and_west",
    ])
    .succeeds()
    .says("it can't be undone")
    .says("0003_regions_and_west/migration.toml");
    assert_eq!(app.migrations(), ["0001_initial", "0003_regions_and_west"]);
    app.manage(&["migrate", "--dry-run"])
        .succeeds()
        .says("nothing to migrate up to");
    app.manage(&["migrate"]).succeeds().says(
        "`0003_regions_and_west` has taken the place of others; whoever had all of these has it",
    );
    let again = app.manage(&["migrate"]).succeeds();
    assert!(!again.out.contains("taken the place"), "{again:?}");
    app.manage(&["status"])
        .succeeds()
        .says("0003_regions_and_west");
    // The models are what the chain leads to, and the next migration has the next number.
    app.manage(&["makemigrations", "--check"]).succeeds();
    app.manage(&["check"]).succeeds();
    app.manage(&["makemigrations", "--empty", "--name", "more"])
        .succeeds();
    assert_eq!(app.migrations().last().unwrap(), "0004_more");
    app.manage(&["tenants", "create", "globex"]).succeeds();
    assert_eq!(app.tables("globex"), app.tables("acme"));
}

#[test]
fn the_first_migrations_become_one_that_new_databases_begin_with() {
    let app = grown();
    app.manage(&["squash", "1", "3"]).succeeds();
    assert_eq!(app.migrations(), ["0003_squashed"]);
    app.manage(&["check"]).succeeds();
    app.manage(&["migrate"]).succeeds();
    app.manage(&["check"]).succeeds();
    let mut new = App::new();
    new.release("second");
    let folder = app.path("");
    let folder = folder.to_str().unwrap();
    new.manage(&["migrate", "--migrations", folder]).succeeds();
    new.manage(&["tenants", "create", "acme", "--migrations", folder])
        .succeeds();
    assert_eq!(new.tables("acme"), app.tables("acme"));
}

#[test]
fn what_can_not_be_one_is_said_before_anything_is_written() {
    let app = grown();
    let before = app.picture();
    app.manage(&["squash", "2", "2"])
        .fails()
        .complains("`0002_regions` alone is one migration already");
    app.manage(&["squash", "0002_region", "3"])
        .fails()
        .complains("did you mean `0002_regions`?");
    app.manage(&["squash", "2"])
        .refused_as_usage()
        .complains("<LAST>");
    assert!(app.picture() == before);
}

#[test]
fn what_is_allowed_for_a_table_that_is_new_by_then_is_said_no_more() {
    let app = grown();
    app.manage(&["makemigrations", "--empty", "--name", "numbers"])
        .succeeds();
    app.write(
        "0004_numbers/tenant.up.sql",
        "ALTER TABLE \"{tenant}\".west ADD COLUMN number int;\n\
         -- tenantry: allow(rows-under-lock) there is one row\n\
         UPDATE \"{tenant}\".west SET number = id;\n",
    );
    std::fs::remove_file(app.path("0004_numbers/shared.up.sql")).unwrap();
    app.manage(&["migrate"]).succeeds();
    app.manage(&["check"]).succeeds().says("there is one row");
    app.manage(&["squash", "3", "4"]).succeeds();
    let sql = std::fs::read_to_string(app.path("0004_squashed/tenant.up.sql")).unwrap();
    assert!(
        sql.contains("number int;\nUPDATE") && !sql.contains("allow("),
        "{sql}"
    );
    app.manage(&["check"]).succeeds();
}
