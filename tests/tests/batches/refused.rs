//! Batches that are refused, with the file and the line.

use tenantry::ErrorKind;
use tenantry::migrate::Chain;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{chain, check_whole, create, ensure_role, migrator, texts};

use crate::common::{MANY, NOTES, half_way, lengths, with_notes};

fn refused(files: &[(&str, &str)]) -> String {
    let manifest = ("0001_a/migration.toml", "format = 1\nid = \"0001_a\"\n");
    let all: Vec<(&str, &str)> = [manifest]
        .into_iter()
        .chain(files.iter().copied())
        .collect();
    let error = Chain::from_files(&all).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Chain);
    assert!(error.to_string().contains("\nhelp: "), "{error}");
    error.to_string()
}

#[test]
fn the_chain_is_refused_with_the_file_and_the_line() {
    let comment = "-- tenantry: batch a by id\n";
    let sql = format!("SELECT 1;\n{comment}UPDATE \"{{tenant}}\".a SET b = 1");
    let error = refused(&[("0001_a/tenant.up.sql", &sql)]);
    assert!(error.contains("0001_a/tenant.up.sql:3`: the statement is to be done in batches of `a`, and has no place"), "{error}");

    let up = ("0001_a/shared.up.sql", "SELECT 1");
    let sql = "UPDATE \"{shared}\".a SET b = 1 WHERE\n\"{batch}\"";
    let error = refused(&[up, ("0001_a/shared.down.sql", sql)]);
    assert!(
        error.contains("0001_a/shared.down.sql:2`: nothing says of which rows"),
        "{error}"
    );

    let sql = format!(
        "SET LOCAL app.user = 'x';\n{comment}UPDATE \"{{tenant}}\".a SET b = 1 WHERE \"{{batch}}\""
    );
    let error = refused(&[("0001_a/tenant.up.sql", &sql)]);
    assert!(
        error.contains("tenant.up.sql:1`: a setting for the transaction does not last"),
        "{error}"
    );

    let sql = format!(
        "{comment}DO $$ BEGIN UPDATE \"{{tenant}}\".a SET b = 1 WHERE \"{{batch}}\"; END $$"
    );
    let error = refused(&[("0001_a/tenant.up.sql", &sql)]);
    assert!(
        error.contains(
            "tenant.up.sql:2`: the rows of a routine or a string are not done in batches"
        ),
        "{error}"
    );

    let sql = format!("{comment}UPDATE \"{{tenant}}\".a SET b = 1 WHERE \"{{batch}}\"");
    let error = refused(&[
        ("0001_a/tenant.up.sql", "SELECT 1"),
        ("baseline/seed.sql", &sql),
    ]);
    assert!(
        error.contains("baseline/seed.sql:2`: only a migration can be done in batches"),
        "{error}"
    );
}

#[test]
fn a_table_without_the_key_is_refused_and_left_as_it_was() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("many", MANY)]);
    for (comment, why) in [
        (
            "-- tenantry: batch notes by text",
            "`text` is no key of the table `notes`",
        ),
        (
            "-- tenantry: batch notes by (id, text)",
            "`id`, `text` is no key",
        ),
        ("-- tenantry: batch notes by nr", "has no column `nr`"),
    ] {
        let sql = format!("{comment}\nDELETE FROM \"{{tenant}}\".notes WHERE \"{{batch}}\"");
        let wrong = chain(&[NOTES, ("0002_wrong", &[("tenant.up.sql", sql.as_str())])]);
        let report = migrator(wrong).on(&mut client).attempt().unwrap();
        let failure = report.failed[0].error.as_ref().unwrap();
        assert!(
            failure.message.contains(why)
                && failure
                    .message
                    .contains("`0002_wrong/tenant.up.sql`, line 2")
                && failure.message.contains("\nhelp: "),
            "{failure:?}"
        );
        // As if it had not begun, so it can be edited.
        assert_eq!(half_way(&mut client), Vec::<String>::new());
        let steps = "SELECT version || '.' || step FROM tenantry.tenant";
        assert_eq!(texts(&mut client, steps), ["1.0"]);
    }
    migrator(lengths()).on(&mut client).run().unwrap();
    check_whole(&mut client, &lengths());
}

#[test]
fn a_wrong_key_is_refused_for_small_and_new_tenants_too() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("one", 1)]);
    for key in ["nr", "text", "(id, text)"] {
        let sql = format!(
            "-- tenantry: batch notes by {key}\nDELETE FROM \"{{tenant}}\".notes WHERE \"{{batch}}\""
        );
        let wrong = chain(&[NOTES, ("0002_wrong", &[("tenant.up.sql", sql.as_str())])]);
        let report = migrator(wrong.clone()).on(&mut client).attempt().unwrap();
        let failure = report.failed[0].error.as_ref().unwrap();
        assert_eq!(failure.sqlstate.as_deref(), Some("42P10"));
        assert!(
            failure
                .message
                .contains("`0002_wrong/tenant.up.sql`, line 2")
                && failure.message.contains("batches take a primary key")
                && failure.message.contains("\nhelp: "),
            "{failure:?}"
        );
        let tried = migrator(wrong).on(&mut client).try_new_tenant().unwrap();
        let failure = tried.error.unwrap();
        assert_eq!(failure.sqlstate.as_deref(), Some("42P10"), "{failure:?}");
    }
    create(&mut client, "new");
}

#[test]
fn an_expression_and_a_type_that_settings_change_are_no_key() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("many", MANY), ("one", 1)]);
    let columns = "ALTER TABLE \"{tenant}\".notes ADD COLUMN list int[], ADD COLUMN length float8;\n\
                   UPDATE \"{tenant}\".notes SET list = ARRAY[id], length = id / 3.0;\n\
                   ALTER TABLE \"{tenant}\".notes ALTER COLUMN list SET NOT NULL, ALTER COLUMN length SET NOT NULL;\n\
                   CREATE UNIQUE INDEX notes_list ON \"{tenant}\".notes (list);\n\
                   CREATE UNIQUE INDEX notes_length ON \"{tenant}\".notes (length);\n\
                   CREATE UNIQUE INDEX notes_lower ON \"{tenant}\".notes (id, lower(text));";
    let columns = ("0002_columns", &[("tenant.up.sql", columns)][..]);
    migrator(chain(&[NOTES, columns]))
        .on(&mut client)
        .run()
        .unwrap();
    for key in ["list", "length", "(id, text)"] {
        let sql = format!(
            "-- tenantry: batch notes by {key}, size 5000\nDELETE FROM \"{{tenant}}\".notes WHERE \"{{batch}}\""
        );
        let wrong = ("0003_wrong", &[("tenant.up.sql", sql.as_str())][..]);
        let report = migrator(chain(&[NOTES, columns, wrong]))
            .on(&mut client)
            .attempt()
            .unwrap();
        assert_eq!(report.failed.len(), 2, "{key}");
        for failed in &report.failed {
            let message = &failed.error.as_ref().unwrap().message;
            assert!(
                message.contains(" key")
                    && message.contains("\nhelp: name the columns of its primary key"),
                "{message}"
            );
        }
        let rows = "SELECT count(*)::text FROM many.notes";
        assert_eq!(texts(&mut client, rows), [MANY.to_string()], "{key}");
    }
}

#[test]
fn a_batch_that_fails_keeps_those_before_it_and_the_rest_can_be_mended() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("many", MANY)]);
    client
        .batch_execute("UPDATE many.notes SET text = 'no number' WHERE id = 23000")
        .unwrap();
    let up = |cast: &str| {
        format!(
            "ALTER TABLE \"{{tenant}}\".notes ADD COLUMN length int;\n\
             -- tenantry: batch notes by id, size 5000\n\
             UPDATE \"{{tenant}}\".notes SET length = COALESCE(length, 0) + {cast} WHERE \"{{batch}}\""
        )
    };
    let strict = up("length(replace(text, 'x', '1')::numeric::text)");
    let strict = chain(&[
        NOTES,
        ("0002_lengths", &[("tenant.up.sql", strict.as_str())]),
    ]);
    let report = migrator(strict).on(&mut client).attempt().unwrap();
    let failure = report.failed[0].error.as_ref().unwrap();
    assert_eq!(failure.sqlstate.as_deref(), Some("22P02"));
    assert!(
        failure
            .message
            .contains("`0002_lengths/tenant.up.sql`, line 3"),
        "{failure:?}"
    );
    assert!(!failure.message.contains("no number"), "{failure:?}");
    assert_eq!(half_way(&mut client), ["1 20000"]);

    let mended = up("100");
    let mended = chain(&[
        NOTES,
        ("0002_lengths", &[("tenant.up.sql", mended.as_str())]),
    ]);
    migrator(mended.clone()).on(&mut client).run().unwrap();
    let found = "SELECT count(*) FILTER (WHERE length <> 100)::text FROM many.notes";
    assert_eq!(texts(&mut client, found), ["0"]);
    check_whole(&mut client, &mended);
}

#[test]
fn a_role_without_the_right_to_the_rows_is_told_so_at_the_statement() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("many", MANY)]);
    ensure_role(&mut client, "batches_nobody");
    let sql = "-- tenantry: batch notes by id\n\
               WITH r AS (SELECT set_config('role', 'batches_nobody', false)) UPDATE \"{tenant}\".notes SET text = 'y' \
               FROM r WHERE \"{batch}\"";
    let own = chain(&[NOTES, ("0002_own", &[("tenant.up.sql", sql)])]);
    // What the statement leaves in the session is gone before the note is written.
    migrator(own.clone()).on(&mut client).run().unwrap();
    check_whole(&mut client, &own);
    let found = "SELECT count(*)::text FROM many.notes WHERE text = 'y'";
    assert_eq!(texts(&mut client, found), [MANY.to_string()]);
    client
        .batch_execute(
            "CREATE TABLE many.secret (id int PRIMARY KEY); REVOKE ALL ON many.secret FROM batches_nobody; \
             CREATE FUNCTION many.count_secret() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM many.secret'; \
             GRANT USAGE ON SCHEMA many TO batches_nobody; \
             ALTER FUNCTION many.count_secret() SECURITY DEFINER; ALTER FUNCTION many.count_secret() OWNER TO batches_nobody",
        )
        .unwrap();
    let sql = "-- tenantry: batch notes by id\n\
               UPDATE \"{tenant}\".notes SET text = \"{tenant}\".count_secret()::text WHERE \"{batch}\"";
    let other = chain(&[
        NOTES,
        (
            "0002_own",
            &[("tenant.up.sql", own.migrations()[1].tenant().unwrap().up())],
        ),
        ("0003_secret", &[("tenant.up.sql", sql)]),
    ]);
    let report = migrator(other).on(&mut client).attempt().unwrap();
    let failure = report.failed[0].error.as_ref().unwrap();
    assert_eq!(failure.sqlstate.as_deref(), Some("42501"));
    assert!(
        failure
            .message
            .contains("`0003_secret/tenant.up.sql`, line 2"),
        "{failure:?}"
    );
    assert_eq!(half_way(&mut client), Vec::<String>::new());
}
