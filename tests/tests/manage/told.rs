//! Messages tell no values of rows and no passwords, but which tenant or folder was meant.

use std::fs;

use super::app::{App, Run};

/// A customer's address, which no message may have in it.
const SECRET: &str = "ann@secret.example";

/// An application with a tenant that has a customer, and a second migration with this SQL.
fn with_migration(sql: &str) -> App {
    let app = App::with_tenants(&["acme"]);
    let mut client = app.db.connect();
    client
        .batch_execute(&format!(
            "INSERT INTO shared.plans (code, ledger_id) VALUES ('pro', 1); \
             INSERT INTO acme.customers (email, plan) SELECT '{SECRET}', id FROM shared.plans; \
             INSERT INTO acme.customers (email, plan) SELECT '{SECRET}2', id FROM shared.plans"
        ))
        .unwrap();
    app.manage(&["makemigrations", "--empty", "--name", "second"])
        .succeeds();
    app.write("0002_second/tenant.up.sql", sql);
    app
}

/// Everything that can be read of a failure afterwards.
fn all_reports(app: &App) -> Vec<String> {
    let page = app.path("../fleet.html");
    app.manage(&["status", "--html", page.to_str().unwrap()]);
    let mut all = vec![fs::read_to_string(page).unwrap()];
    for args in [
        &["status"][..],
        &["status", "--json", "--all"],
        &["check"],
        &["check", "--json"],
        &["tenants", "show", "acme"],
        &["tenants", "list", "--json"],
        &["rollout", "status", "--json"],
    ] {
        let run = app.manage(args);
        all.extend([run.out, run.err]);
    }
    let sql = "SELECT coalesce(string_agg(t::text, ' '), '') FROM tenantry.tenant AS t";
    let row = app.db.connect().query_one(sql, &[]).unwrap();
    all.push(row.get(0));
    all
}

/// Looks at all that is told of a migration that fails.
fn assert_tells(sql: &str, told: &str) {
    let app = with_migration(sql);
    let plain = app.manage(&["migrate"]).fails();
    assert!(plain.err.contains(told), "`{told}`: {plain:#?}");
    let told_how = "note: `--verbose` shows it in full";
    assert!(plain.err.contains(told_how), "{sql}: {plain:#?}");
    let json = app.manage(&["migrate", "--json"]).fails();
    for text in [&plain.out, &plain.err, &json.out, &json.err] {
        assert!(!text.contains("secret.example"), "{sql}: {text}");
        assert!(!text.contains("4711)"), "{sql}: {text}");
    }
    for text in all_reports(&app) {
        assert!(!text.contains("secret.example"), "{sql}: {text}");
    }
    let verbose = app.manage(&["migrate", "--verbose"]).fails();
    assert!(verbose.err.contains("in full: "), "{sql}: {verbose:#?}");
    assert!(!verbose.err.contains(told_how), "{sql}: {verbose:#?}");
    let json = app.manage(&["migrate", "--verbose", "--json"]).fails();
    assert!(json.out.contains("in full: "), "{sql}: {json:#?}");
    let values = ["ann", "4711", "null"];
    assert!(
        values.iter().any(|value| verbose.err.contains(value)),
        "{sql}: {verbose:#?}"
    );
}

#[test]
fn no_message_tells_a_value_of_a_row_unless_it_is_asked_for() {
    for (sql, told) in [
        (
            r#"ALTER TABLE "{tenant}".customers ALTER COLUMN email TYPE integer USING email::integer"#,
            "invalid input syntax for type integer: …",
        ),
        (
            r#"SELECT email::jsonb FROM "{tenant}".customers"#,
            "invalid input syntax for type json",
        ),
        (
            r#"SELECT email::date FROM "{tenant}".customers"#,
            "invalid input syntax for type date: …",
        ),
        (
            r#"ALTER TABLE "{tenant}".customers ADD CHECK (length(email) > 3);
               UPDATE "{tenant}".customers SET email = left(email, 3)"#,
            "check constraint",
        ),
        (
            r#"UPDATE "{tenant}".customers SET plan = 4711"#,
            "violates foreign key constraint",
        ),
        (
            r#"UPDATE "{tenant}".customers SET email = (SELECT min(email) FROM "{tenant}".customers)"#,
            "violates unique constraint",
        ),
        (
            r#"UPDATE "{tenant}".customers SET plan = NULL"#,
            "violates not-null constraint",
        ),
        (
            r#"CREATE VIEW "{tenant}".short AS SELECT * FROM "{tenant}".customers WHERE length(email) < 3 WITH CHECK OPTION;
               INSERT INTO "{tenant}".short (email, plan) SELECT email || 'x', plan FROM "{tenant}".customers"#,
            "violates check option",
        ),
        (
            r#"DO $$ BEGIN RAISE EXCEPTION 'bad address %', (SELECT min(email) FROM "{tenant}".customers); END $$"#,
            "an exception was raised",
        ),
        (
            r#"DO $$ BEGIN RAISE unique_violation USING MESSAGE = (SELECT min(email) FROM "{tenant}".customers),
               HINT = (SELECT min(email) FROM "{tenant}".customers); END $$"#,
            "a constraint is violated",
        ),
        (
            r#"DO $$ BEGIN ASSERT false, (SELECT min(email) FROM "{tenant}".customers); END $$"#,
            "an assertion",
        ),
        (
            r#"DO $$ BEGIN EXECUTE format('SELECT %I', (SELECT min(email) FROM "{tenant}".customers)); END $$"#,
            "column … does not exist",
        ),
        (
            r#"SELECT set_config('work_mem', email, true) FROM "{tenant}".customers"#,
            "invalid value for parameter …",
        ),
    ] {
        assert_tells(sql, told);
    }
}

#[test]
fn no_message_tells_a_value_that_was_taken_for_a_name() {
    for (sql, told) in [
        (
            r#"SELECT email::regclass FROM "{tenant}".customers"#,
            "… does not exist",
        ),
        (
            r#"DO $$ BEGIN PERFORM nextval((SELECT min(email) FROM "{tenant}".customers)); END $$"#,
            "… does not exist",
        ),
        (
            r#"SELECT quote_ident(email)::regrole FROM "{tenant}".customers"#,
            "role … does not exist",
        ),
        (
            r#"SELECT to_tsquery(email || ' & &') FROM "{tenant}".customers"#,
            "syntax error in tsquery: …",
        ),
        (
            r#"SELECT repeat(email, 3000)::tsquery FROM "{tenant}".customers"#,
            "word is too long in tsquery: …",
        ),
        (
            r#"SELECT query_to_xml('"' || email || '"', true, true, '') FROM "{tenant}".customers"#,
            "syntax error at or near …",
        ),
    ] {
        assert_tells(sql, told);
    }
}

#[test]
fn an_index_that_a_row_is_too_long_for_is_told() {
    let app = with_migration(
        r#"CREATE TABLE "{tenant}".notes AS SELECT string_agg(gen_random_uuid()::text, '') AS note FROM generate_series(1, 200);
           CREATE INDEX too_long ON "{tenant}".notes (note)"#,
    );
    let run = app.manage(&["migrate"]).fails();
    run.complains(r#"exceeds btree version 4 maximum 2704 for index "too_long""#);
}

#[test]
fn what_names_only_objects_is_told_with_its_details() {
    let app = with_migration(
        r#"CREATE VIEW "{tenant}".everybody AS SELECT * FROM "{tenant}".customers;
           ALTER TABLE "{tenant}".customers DROP COLUMN email"#,
    );
    let run = app.manage(&["migrate"]).fails();
    let run = run.complains("view acme.everybody depends on column email");
    assert!(!run.err.contains("note: "), "{run:#?}");
}

/// PostgreSQL does not point at these, so they are told because they are written in the migration.
#[test]
fn names_that_the_migration_has_are_told() {
    for (sql, told) in [
        (
            r#"ALTER TABLE "{tenant}"."not there" ADD COLUMN a int"#,
            r#"relation "acme.not there" does not exist"#,
        ),
        (
            r#"DROP INDEX "{tenant}".nothing"#,
            r#"index "nothing" does not exist"#,
        ),
        (
            r#"ALTER TABLE "{tenant}".customers DROP CONSTRAINT odd"#,
            r#"constraint "odd" of relation "customers" does not exist"#,
        ),
        (
            r#"ALTER TABLE "{tenant}".customers OWNER TO nobody_here"#,
            r#"role "nobody_here" does not exist"#,
        ),
        (
            r#"ALTER TABLE "{tenant}".customers ADD COLUMN email text"#,
            r#"column "email" of relation "customers" already exists"#,
        ),
        (
            r#"CREATE FUNCTION "{tenant}".f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM * FROM nowhere.at_all; END $$;
               SELECT "{tenant}".f()"#,
            r#"relation "nowhere.at_all" does not exist"#,
        ),
        (
            "CREATE EXTENSION not_installed",
            r#"extension "not_installed" is not available"#,
        ),
    ] {
        let app = with_migration(sql);
        let run = app.manage(&["migrate"]).fails();
        assert!(run.err.contains(told), "{sql}: {run:#?}");
    }
}

#[test]
fn a_creation_that_fails_tells_no_value() {
    let app = App::with_tenants(&[]);
    fs::create_dir(app.path("baseline")).unwrap();
    let sql = format!("INSERT INTO shared.plans (code, ledger_id) VALUES ('{SECRET}', 1)");
    app.db.connect().batch_execute(&sql).unwrap();
    for seed in [
        "SELECT code::integer FROM \"{shared}\".plans",
        "INSERT INTO \"{shared}\".plans (code, ledger_id) SELECT code, 2 FROM \"{shared}\".plans",
        "DO $$ BEGIN RAISE EXCEPTION '%', (SELECT min(code) FROM \"{shared}\".plans); END $$",
    ] {
        app.write("baseline/seed.sql", seed);
        app.manage(&["migrate"]).succeeds();
        let run = app.manage(&["tenants", "create", "acme"]).fails();
        assert!(run.err.contains("--verbose"), "{seed}: {run:#?}");
        assert!(!run.err.contains("secret.example"), "{seed}: {run:#?}");
        let verbose = ["tenants", "create", "acme", "--verbose"];
        let run = app.manage(&verbose).fails();
        assert!(run.err.contains("in full: "), "{seed}: {run:#?}");
        assert!(run.err.contains(SECRET), "{seed}: {run:#?}");
    }
}

#[test]
fn a_password_on_the_command_line_is_not_repeated() {
    let app = App::new();
    let url = "postgres://ann:ge@heim@localhost:1/app";
    for args in [
        &[url, "migrate"][..],
        &["migrate", url],
        &["status", "--htm", url],
        &["tenants", "create", url],
        &["tenants", "create", "a", "--schema", url],
        &["--database-url", url, "status"],
        &["status", "--database-ur", url],
        &[
            "--shared-schema=postgres://ann:geheim@localhost/app",
            "status",
        ],
    ] {
        let run = app.manage(args);
        assert!(!format!("{run:?}").contains("heim"), "{args:?}: {run:#?}");
        assert!(run.err.contains("error: "), "{run:#?}");
    }
    for url in [
        url,
        "postgres://ann:ge@heim/x@localhost:1/app",
        "host=localhost port=1 password=ge heim dbname=app",
        "postgres://ann@localhost:1/app&password=heim",
    ] {
        let run = Run::of(app.command().env("DATABASE_URL", url).arg("status")).fails();
        assert!(!run.err.contains("heim"), "{run:#?}");
    }
}

#[test]
fn an_address_of_version_6_is_in_brackets() {
    let app = App::new();
    let url = "postgres://ann@[::1]:1/app";
    Run::of(app.command().env("DATABASE_URL", url).arg("status"))
        .fails()
        .complains("can't connect to `[::1]:1/app`");
}

#[test]
fn the_folder_is_found_from_below_the_manifest() {
    let app = App::with_tenants(&["acme"]);
    let root = app.path("..");
    fs::write(root.join("Cargo.toml"), "").unwrap();
    fs::create_dir_all(root.join("src/bin")).unwrap();
    let mut command = app.command();
    command.current_dir(root.join("src/bin")).arg("status");
    Run::of(&mut command).succeeds().says("0001_initial");
    // So is the file of settings.
    fs::write(root.join("tenantry.toml"), "[migrate]\nworkers = 0\n").unwrap();
    let mut command = app.command();
    command.current_dir(root.join("src/bin")).arg("migrate");
    Run::of(&mut command).fails().complains("at least 1");
}

#[test]
fn from_a_wrong_folder_a_migrated_database_is_an_error() {
    let app = App::with_tenants(&["acme"]);
    let elsewhere = tempfile::tempdir().unwrap();
    for args in [
        &["status"][..],
        &["status", "--json"],
        &["status", "--all"],
        &["check"],
        &["migrate"],
        &["migrate", "--dry-run"],
        &["rollback", "--steps", "1", "--yes"],
        &["rollout", "status"],
    ] {
        let mut command = app.command();
        let run = Run::of(command.current_dir(elsewhere.path()).args(args)).fails();
        let all = format!("{}{}", run.out, run.err);
        let looked = elsewhere.path().join("migrations");
        assert!(all.contains(looked.to_str().unwrap()), "{run:#?}");
        assert!(all.contains("`--migrations`"), "{run:#?}");
        assert!(!all.contains("no migrations yet"), "{run:#?}");
    }
}

/// Another application's folder, or an empty one, is as wrong as none.
#[test]
fn a_folder_without_migrations_is_not_where_a_migrated_database_comes_from() {
    let app = App::with_tenants(&["acme"]);
    let empty = app.path("../empty");
    fs::create_dir(&empty).unwrap();
    for (folder, help) in [
        (empty, "name the folder that has them"),
        (app.path("0001_initial"), "this is a migration itself"),
    ] {
        let folder = folder.to_str().unwrap();
        for args in [
            &["status"][..],
            &["status", "--json"],
            &["check"],
            &["migrate"],
            &["migrate", "--dry-run"],
            &["migrate", "--try", "--json"],
        ] {
            let run = app
                .manage(&[&["--migrations", folder], args].concat())
                .fails();
            let all = format!("{}{}", run.out, run.err);
            assert!(
                all.contains("the database has 1 migration: 0001_initial"),
                "{run:#?}"
            );
            assert!(all.contains(help), "{run:#?}");
            for contradicts in [
                "no migrations yet",
                "is what the migrations say",
                "`migrate` applies them",
            ] {
                assert!(!all.contains(contradicts), "{run:#?}");
            }
        }
    }
}

#[test]
fn a_check_does_not_call_right_what_it_knows_nothing_of() {
    let app = App::new();
    let run = app.manage(&["check"]);
    assert!(!run.out.contains("`migrate` applies them"), "{run:#?}");
    app.manage(&["makemigrations"]).succeeds();
    let run = app
        .manage(&["check"])
        .succeeds()
        .says("`migrate` applies them");
    assert!(!run.out.contains("what is applied"), "{run:#?}");
    app.manage(&["migrate"]).succeeds();
    app.manage(&["check"]).succeeds().says("what is applied");
    let run = app.manage(&["migrate", "--dry-run"]).succeeds();
    assert!(!run.out.contains("it will take"), "{run:#?}");
    // What kills the connection in a trial does so in a creation.
    app.manage(&["makemigrations", "--empty", "--name", "kills"])
        .succeeds();
    let kill = "SELECT pg_terminate_backend(pg_backend_pid());";
    app.write("0002_kills/tenant.up.sql", kill);
    app.manage(&["check"]).fails().says("could not be tried");
}

/// The metadata tables are lost, and the tables of the shared schema are there.
#[test]
fn a_check_tries_the_shared_part_where_the_migration_would() {
    let app = App::with_tenants(&[]);
    let drop = "DROP SCHEMA tenantry CASCADE";
    app.db.connect().batch_execute(drop).unwrap();
    app.manage(&["check"]).fails().says("already exists");
}
