//! A file that is changed while a statement of it is half-way in its batches.

use tenantry::ErrorKind;
use tenantry::migrate::Chain;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{app, chain, check_whole, migrator, texts};

use crate::common::{MANY, NOTES, at_first_batch, half_way, with_notes};

const BATCH: &str = "-- tenantry: batch notes by id, size 5000\n";

fn marked(mark: &str) -> String {
    format!("{BATCH}UPDATE \"{{tenant}}\".notes SET text = text || '{mark}' WHERE \"{{batch}}\";\n")
}

fn with(sql: &str) -> Chain {
    chain(&[NOTES, ("0002_marks", &[("tenant.up.sql", sql)])])
}

/// Nothing but the end of a row's text tells which statements were done for it.
const MARKS: &str = "SELECT mark || ' ' || count(*) FROM (SELECT trim(leading 'x' from text) AS mark FROM many.notes) AS n GROUP BY mark ORDER BY mark";

#[test]
fn only_the_statement_that_is_half_way_can_change() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("many", MANY)]);
    let url = db.url().to_owned();
    let both = marked("a") + &marked("b");
    let (run, _) = at_first_batch(migrator(with(&both)), move || {
        app(&url).rollout().abort().unwrap();
    });
    run.on(&mut db.connect()).attempt().unwrap();
    assert_eq!(half_way(&mut client), ["1 5000"]);

    let at_once = "UPDATE \"{tenant}\".notes SET text = text || 'a';\n".to_owned() + &marked("b");
    for sql in [
        // Rows would be done again,
        "DELETE FROM \"{tenant}\".notes WHERE id = 7;\n".to_owned() + &both,
        at_once,
        // or the first of them never.
        marked("b"),
        marked("c"),
        marked("b") + &marked("a"),
        both.clone() + "SELECT 1;\n",
    ] {
        let error = migrator(with(&sql)).on(&mut client).run().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Diverged, "{sql}: {error}");
        let told = error.to_string();
        assert!(
            told.contains(
                "`0002_marks/tenant.up.sql`: a statement of it is half-way in its batches"
            ) && told.contains("\nhelp: "),
            "{told}"
        );
        let status = migrator(with(&sql)).on(&mut client).status().unwrap();
        assert_eq!(status.conflicts.len(), 1, "{:?}", status.conflicts);
        assert_eq!(half_way(&mut client), ["1 5000"]);
    }

    let mended = with(&("-- Mended.\n".to_owned() + &marked("c") + &marked("b")));
    migrator(mended.clone()).on(&mut client).run().unwrap();
    assert_eq!(texts(&mut client, MARKS), ["ab 5000", "cb 95000"]);
    check_whole(&mut client, &mended);
}
