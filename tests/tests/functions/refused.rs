//! Functions that are not there, and calls that are none, before any SQL is sent.

use tenantry::ErrorKind;
use tenantry::migrate::{Chain, Functions, KeyBatch};
use tenantry::prelude::*;
use tenantry::scope::InMigration;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{chain, migrator, schemas};

use crate::common::{NOTES, SLUGS, fill_slugs, slugs, with_notes};

fn count(shared: &mut SharedScope<InMigration<'_>>, batch: &KeyBatch) -> tenantry::Result<()> {
    let counted = i64::try_from(batch.len()).unwrap_or(i64::MAX);
    shared
        .sql(sql!("SELECT $1::bigint"))
        .bind(counted)
        .row::<i64>()
        .map(drop)
}

#[test]
fn a_chain_whose_function_is_not_given_is_refused_before_any_sql() {
    let db = TestDb::new();
    let mut client = db.connect();
    let before = schemas(&mut client);
    for (functions, expected) in [
        (
            Functions::new(),
            "`0002_slugs/tenant.up.sql:4`: no function `fill_slugs` is given to the chain\nhelp: give it: `Chain::functions(",
        ),
        (
            Functions::new().tenant("fill_slug", fill_slugs),
            "no function `fill_slugs` is given to the chain\nhelp: did you mean `fill_slug`?",
        ),
        (
            Functions::new().shared("fill_slugs", count),
            "the function `fill_slugs` is for the shared schema, and is called for a tenant one\nhelp: add it with `Functions::tenant`",
        ),
        (
            Functions::new().tenant("fill_slugs", fill_slugs),
            "`0002_slugs/tenant.down.sql:2`: no function `keep_slugs`",
        ),
        (
            Functions::new()
                .tenant("a", fill_slugs)
                .tenant("a", fill_slugs),
            "two functions are given to the chain as `a`\nhelp: ",
        ),
    ] {
        let migrator = migrator(chain(&[NOTES, SLUGS]).functions(functions));
        let errors = [
            migrator.on(&mut client).run().map(drop).unwrap_err(),
            migrator.on(&mut client).dry_run().map(drop).unwrap_err(),
            migrator.on(&mut client).try_out().map(drop).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Chain);
            assert!(error.to_string().contains(expected), "{error}");
        }
        assert_eq!(schemas(&mut client), before);
    }
}

#[test]
fn a_rollback_without_the_function_is_refused_before_anything_is_undone() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("one", 3)]);
    migrator(slugs()).on(&mut client).run().unwrap();
    // The files are gone, as in an older version: what is recorded calls it.
    let older = migrator(chain(&[NOTES]));
    let error = older
        .on(&mut client)
        .rollback(Some("0001_notes"))
        .unwrap_err();
    let expected = "`0002_slugs/tenant.down.sql:2`: no function `keep_slugs`";
    assert!(error.to_string().contains(expected), "{error}");
    assert_eq!(error.kind(), ErrorKind::Chain);
}

#[test]
fn what_is_no_call_is_refused_with_the_file_and_the_line() {
    let comment = "-- tenantry: batch a by id\n";
    for (sql, expected) in [
        (
            "CALL \"{rust}\".f(\"{tenant}\".a)",
            "tenant.up.sql:1`: nothing says of which rows the batches are",
        ),
        (
            &*format!("{comment}CALL \"{{rust}}\".f()"),
            "tenant.up.sql:2`: this is no call of a function\nhelp: write it as",
        ),
        (
            &*format!("{comment}SELECT \"{{rust}}\".f(\"{{tenant}}\".a)"),
            "tenant.up.sql:2`: this is no call of a function",
        ),
        (
            &*format!("{comment}CALL \"{{rust}}\".f(\"{{tenant}}\".a, 1)"),
            "tenant.up.sql:2`: this is no call of a function",
        ),
        (
            &*format!("{comment}CALL \"{{rust}}\".f(\"{{tenant}}\".b)"),
            "the statement does not name the table `a`",
        ),
        (
            &*format!("{comment}CALL \"{{rust}}\".f(\"{{shared}}\".a)"),
            "the statement does not name the table `a`",
        ),
        (
            "DO $$ BEGIN CALL \"{rust}\".f(\"{tenant}\".a); END $$",
            "tenant.up.sql:1`: ",
        ),
        (
            &*format!("SET LOCAL app.x = '1';\n{comment}CALL \"{{rust}}\".f(\"{{tenant}}\".a)"),
            "a setting for the transaction does not last",
        ),
    ] {
        let files = [
            ("0001_a/migration.toml", "format = 1\nid = \"0001_a\"\n"),
            ("0001_a/tenant.up.sql", sql),
        ];
        let error = Chain::from_files(&files).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Chain);
        assert!(error.to_string().contains(expected), "{sql}: {error}");
    }
    let files = [
        ("0001_a/migration.toml", "format = 1\nid = \"0001_a\"\n"),
        ("0001_a/tenant.up.sql", "SELECT 1"),
        ("baseline/seed.sql", "CALL \"{rust}\".f(\"{tenant}\".a)"),
    ];
    let error = Chain::from_files(&files).unwrap_err().to_string();
    assert!(
        error.contains("seed.sql:1`: only a migration can be done in batches or by functions"),
        "{error}"
    );
}
