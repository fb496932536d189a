//! Tenants of any size end with the same rows, and a big one gets them batch by batch.

use tenantry::migrate::Chain;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{app, chain, check_whole, create, migrator, texts};

use crate::common::{
    LENGTHS, MANY, NOTES, at_first_batch, half_way, lengths, lengths_of, with_notes,
};

#[test]
fn a_big_table_is_done_in_batches_and_a_small_one_with_the_rest() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("none", 0), ("one", 1), ("many", MANY)]);
    let (run, told) = at_first_batch(migrator(lengths()), || {});
    let report = run.on(&mut client).run().unwrap();
    assert_eq!(report.migrated, 3);
    assert_eq!(lengths_of(&mut client, "none"), (0, 0, 0));
    assert_eq!(lengths_of(&mut client, "one"), (1, 0, 1));
    assert_eq!(lengths_of(&mut client, "many"), (i64::from(MANY), 0, 20));
    let told = told.lock().unwrap();
    assert_eq!(
        told.first().unwrap(),
        "many 0002_lengths notes 5000 of 100000"
    );
    assert_eq!(
        told.last().unwrap(),
        "many 0002_lengths notes 100000 of 100000"
    );
    assert_eq!(half_way(&mut client), Vec::<String>::new());
    create(&mut client, "new");
    check_whole(&mut client, &lengths());
}

#[test]
fn rows_that_come_and_go_meanwhile_are_no_trouble() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("many", MANY)]);
    let mut other = db.connect();
    let (run, _) = at_first_batch(migrator(lengths()), move || {
        // Some are gone that would end a batch, and there are more behind the last.
        other
            .batch_execute(
                "DELETE FROM many.notes WHERE id BETWEEN 9990 AND 15010 OR id > 99000; \
                 INSERT INTO many.notes SELECT n, repeat('y', 100) FROM generate_series(200001, 207000) AS n",
            )
            .unwrap();
    });
    run.on(&mut client).run().unwrap();
    let rows = i64::from(MANY) - 5021 - 1000 + 7000;
    let (all, wrong, _) = lengths_of(&mut client, "many");
    assert_eq!((all, wrong), (rows, 0));
}

#[test]
fn a_shared_table_is_done_in_batches_too() {
    let plans = (
        "0001_plans",
        &[(
            "shared.up.sql",
            "CREATE TABLE \"{shared}\".notes (id bigint PRIMARY KEY, text text NOT NULL)",
        )][..],
    );
    let up: Vec<(&str, String)> = LENGTHS.1[..1]
        .iter()
        .map(|(_, sql)| ("shared.up.sql", sql.replace("{tenant}", "{shared}")))
        .collect();
    let up: Vec<(&str, &str)> = up.iter().map(|(name, sql)| (*name, sql.as_str())).collect();
    let db = TestDb::new();
    let mut client = db.connect();
    migrator(chain(&[plans])).on(&mut client).run().unwrap();
    client
        .batch_execute(
            "INSERT INTO shared.notes SELECT n, repeat('x', 100) FROM generate_series(1, 100000) AS n; ANALYZE shared.notes",
        )
        .unwrap();
    let url = db.url().to_owned();
    let all = chain(&[plans, ("0002_lengths", &up)]);
    let (run, told) = at_first_batch(migrator(all.clone()), move || {
        app(&url).rollout().abort().unwrap();
    });
    let report = run.on(&mut client).attempt().unwrap();
    assert_eq!(report.stopped.as_deref(), Some("it was aborted"));
    assert_eq!(half_way(&mut client), ["0 5000"]);
    migrator(all).on(&mut client).run().unwrap();
    assert_eq!(lengths_of(&mut client, "shared"), (i64::from(MANY), 0, 20));
    assert_eq!(
        told.lock().unwrap()[0],
        "shared 0002_lengths notes 5000 of 100000"
    );
}

#[test]
fn two_statements_after_each_other_begin_with_their_first_rows() {
    let twice = (
        "0003_twice",
        &[(
            "tenant.up.sql",
            "ALTER TABLE \"{tenant}\".notes ADD COLUMN a int, ADD COLUMN b int;\n\
             -- tenantry: batch notes by id, size 30000\n\
             UPDATE \"{tenant}\".notes SET a = id WHERE \"{batch}\";\n\
             -- tenantry: batch notes by id, size 40000\n\
             UPDATE \"{tenant}\".notes SET b = a + 1 WHERE \"{batch}\";",
        )][..],
    );
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("few", 3), ("many", MANY)]);
    let all: Chain = chain(&[NOTES, LENGTHS, twice]);
    migrator(all.clone()).on(&mut client).run().unwrap();
    for schema in ["few", "many"] {
        let wrong = format!(
            "SELECT count(*)::text FROM {schema}.notes WHERE (a, b) IS DISTINCT FROM (id, id + 1)"
        );
        assert_eq!(texts(&mut client, &wrong), ["0"]);
    }
    check_whole(&mut client, &all);
}

#[test]
fn two_migrators_share_the_work_and_do_no_row_twice() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("a", MANY), ("b", MANY), ("c", 5)]);
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| migrator(lengths()).on(&mut db.connect()).run()))
            .collect();
        let migrated: usize = runs
            .into_iter()
            .map(|run| run.join().unwrap().unwrap().migrated)
            .sum();
        assert_eq!(migrated, 3);
    });
    for schema in ["a", "b", "c"] {
        assert_eq!(lengths_of(&mut client, schema).1, 0);
    }
    check_whole(&mut client, &lengths());
}
