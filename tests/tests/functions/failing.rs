//! Functions that fail, and what the next run makes of it.

use std::fmt;
use std::sync::Mutex;

use tenantry::ErrorKind;
use tenantry::migrate::{Functions, KeyBatch};
use tenantry::prelude::*;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{chain, check_whole, migrator, texts};

use crate::common::{
    Lent, NOTES, Note, SLUGS, fill_slugs, half_way, slugs, slugs_by, slugs_of, with_notes,
};

type Fail = dyn Fn(&mut Lent<'_>) -> tenantry::Result<()> + Send + Sync;

/// Fills the slugs of notes up to one, for which it does something else.
fn failing_at(
    id: i64,
    fail: impl Fn(&mut Lent<'_>) -> tenantry::Result<()> + Send + Sync + 'static,
) -> tenantry::migrate::Chain {
    slugs_by(move |acme, batch| {
        fill_slugs(acme, batch)?;
        if batch.keys::<i64>()?.contains(&id) {
            fail(acme)?;
        }
        Ok(())
    })
}

#[test]
fn a_tenant_fails_with_the_place_and_the_others_go_on_and_the_next_run_goes_on_with_the_batch() {
    let fails: [(Box<Fail>, &str); 3] = [
        (
            Box::new(|_| panic!("lost")),
            "the function `fill_slugs` has panicked, and nothing of its batch is done",
        ),
        (
            Box::new(|acme| acme.sql(sql!("SELECT 1 / 0")).row::<i32>().map(drop)),
            "division by zero",
        ),
        (
            // It keeps to itself that a statement has failed.
            Box::new(|acme| {
                assert!(acme.sql(sql!("SELECT 1 / 0")).row::<i32>().is_err());
                Ok(())
            }),
            "division by zero",
        ),
    ];
    for (fail, expected) in fails {
        let db = TestDb::new();
        let mut client = with_notes(&db, &[("many", 250), ("one", 1)]);
        let report = migrator(failing_at(150, fail))
            .on(&mut client)
            .attempt()
            .unwrap();
        assert_eq!(report.migrated, 1);
        let (tenant, failure) = report.failures().next().unwrap();
        assert_eq!(tenant.unwrap().as_str(), "many");
        let place = "migration `0002_slugs` failed at `0002_slugs/tenant.up.sql`, line 4, column 1, `CALL \"{rust}\".fill_slugs(";
        assert!(failure.message.contains(place), "{}", failure.message);
        assert!(failure.message.contains(expected), "{}", failure.message);
        assert_eq!(half_way(&mut client), ["1 100"]);
        migrator(slugs()).on(&mut client).run().unwrap();
        assert_eq!(slugs_of(&mut client, "many"), "250 0 3");
        check_whole(&mut client, &slugs());
    }
}

#[test]
fn an_error_of_the_applications_own_is_told_without_its_words_and_kept_with_them() {
    #[derive(Debug)]
    struct Taken;
    impl fmt::Display for Taken {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("secret@example.org is taken")
        }
    }
    impl std::error::Error for Taken {}
    let take = |_: &mut Lent<'_>, _: &KeyBatch| Err(Taken);
    let functions = Functions::new()
        .tenant("fill_slugs", take)
        .tenant("keep_slugs", fill_slugs);
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("one", 1)]);
    let chain = chain(&[NOTES, SLUGS]).functions(functions);
    let report = migrator(chain).on(&mut client).attempt().unwrap();
    let (_, failure) = report.failures().next().unwrap();
    assert!(
        failure
            .message
            .contains("the function `fill_slugs` has failed"),
        "{}",
        failure.message
    );
    assert!(!failure.message.contains("secret"), "{}", failure.message);
    assert_eq!(
        failure.details.as_deref(),
        Some("secret@example.org is taken")
    );
    let kept = texts(&mut client, "SELECT last_error FROM tenantry.tenant");
    assert!(!kept[0].contains("secret"), "{kept:?}");
}

#[test]
fn a_session_that_is_lost_in_a_function_does_no_row_twice() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("many", 450)]);
    let mut other = db.connect();
    for id in [50, 250, 450] {
        let ending = Mutex::new(db.connect());
        let chain = failing_at(id, move |acme| {
            let sql = sql!("SELECT pg_catalog.pg_backend_pid()");
            let pid: i32 = acme.sql(sql).row()?;
            let sql = "SELECT pg_catalog.pg_terminate_backend($1, 5000)";
            ending.lock().unwrap().query_one(sql, &[&pid]).unwrap();
            acme.sql(sql!("SELECT {Note.id} FROM {Note} LIMIT 1"))
                .row::<i64>()
                .map(drop)
        });
        let error = migrator(chain).on(&mut client).run().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
        client = db.connect();
    }
    assert_eq!(half_way(&mut other), ["1 400"]);
    migrator(slugs()).on(&mut client).run().unwrap();
    assert_eq!(slugs_of(&mut client, "many"), "450 0 5");
    check_whole(&mut client, &slugs());
}

#[test]
fn what_a_function_leaves_in_the_session_reaches_nobody() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("one", 150), ("two", 1)]);
    let chain = slugs_by(|acme, batch| {
        let sql = sql!("SELECT coalesce(current_setting('app.seen', true), '')");
        assert_eq!(acme.sql(sql).row::<String>()?, "");
        acme.sql(sql!("SELECT set_config('app.seen', 'yes', false)"))
            .row::<String>()?;
        fill_slugs(acme, batch)
    });
    migrator(chain).on(&mut client).run().unwrap();
    assert_eq!(
        texts(&mut client, "SELECT current_setting('app.seen', true)"),
        [""]
    );
}

/// Adds a note for each, whose key is so much greater.
fn adding(by: i64) -> tenantry::migrate::Chain {
    slugs_by(move |acme, batch| {
        fill_slugs(acme, batch)?;
        acme.transaction(|tx| {
            for id in batch.keys::<i64>()? {
                let sql = sql!("INSERT INTO {Note} VALUES ($1, 'more', 'MORE')");
                tx.sql(sql).bind(id + by).execute()?;
            }
            Ok(())
        })
    })
}

#[test]
fn rows_that_a_function_adds_behind_the_last_are_refused_and_those_before_the_batch_are_not() {
    let expected = "the function `fill_slugs` has put rows behind the last one of `notes`, for which it would be called too, and so on for ever";
    for rows in [250, 50] {
        let db = TestDb::new();
        let mut client = with_notes(&db, &[("one", rows)]);
        let endless = || migrator(adding(1000));
        let trial = endless().on(&mut client).try_out().unwrap();
        let (_, failure) = trial.failures().next().unwrap();
        assert!(failure.message.contains(expected), "{}", failure.message);
        let report = endless().on(&mut client).attempt().unwrap();
        let (_, failure) = report.failures().next().unwrap();
        assert!(failure.message.contains(expected), "{}", failure.message);
        let left = texts(&mut client, "SELECT count(*)::text FROM one.notes");
        assert_eq!(left, [rows.to_string()]);
        migrator(adding(-1000)).on(&mut client).run().unwrap();
        let all = slugs_of(&mut client, "one");
        assert!(all.starts_with(&format!("{} 0 ", 2 * rows)), "{all}");
    }
}

#[test]
fn rows_that_others_add_behind_the_last_are_met() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("one", 150)]);
    let other = Mutex::new(db.connect());
    let chain = slugs_by(move |acme, batch| {
        let last = batch.keys::<i64>()?.into_iter().max().unwrap_or_default();
        if last < 300 {
            let sql = "INSERT INTO one.notes VALUES ($1, 'other')";
            other
                .lock()
                .unwrap()
                .execute(sql, &[&(last + 200)])
                .unwrap();
        }
        fill_slugs(acme, batch)
    });
    migrator(chain).on(&mut client).run().unwrap();
    assert_eq!(slugs_of(&mut client, "one"), "151 0 2");
}
