//! Functions that are called for each row once.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tenantry::migrate::{Event, Functions, KeyBatch};
use tenantry::prelude::*;
use tenantry::scope::InMigration;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{app, chain, check_whole, create, key, migrate, migrator, texts};
use tenantry_tests::wait::{until, until_by};

use crate::common::{Lent, Note, fill_slugs, half_way, slugs, slugs_by, slugs_of, with_notes};

#[test]
fn each_row_is_done_once_in_batches_that_are_told() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("few", 3), ("many", 250), ("none", 0)]);
    let told = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&told);
    let run = migrator(slugs()).observe(move |event| {
        if let Event::Batch { tenant, rows, .. } = event {
            let tenant = tenant.as_ref().map(ToString::to_string);
            kept.lock()
                .unwrap()
                .push((tenant.unwrap_or_default(), *rows));
        }
    });
    assert_eq!(run.on(&mut client).run().unwrap().migrated, 3);
    assert_eq!(slugs_of(&mut client, "few"), "3 0 1");
    assert_eq!(slugs_of(&mut client, "many"), "250 0 3");
    assert_eq!(slugs_of(&mut client, "none"), "0 0 0");
    let told = told.lock().unwrap();
    assert_eq!(told.last().unwrap(), &("none".to_owned(), 0));
    assert!(told.contains(&("many".to_owned(), 250)), "{told:?}");
    check_whole(&mut client, &slugs());
}

#[test]
fn the_scope_is_that_of_the_tenant() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("one", 1), ("two", 1)]);
    let chain = slugs_by(|acme, batch| {
        assert_eq!(acme.key().as_str(), acme.schema().as_str());
        fill_slugs(acme, batch)
    });
    let report = migrator(chain).on(&mut client).run().unwrap();
    assert_eq!(report.migrated, 2);
}

#[test]
fn a_transaction_of_the_function_is_a_savepoint() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("one", 5)]);
    let chain = slugs_by(|acme, batch| {
        let gone = acme.transaction(|tx| {
            tx.sql(sql!("DELETE FROM {Note}")).execute()?;
            Err::<(), _>(tx.sql(sql!("SELECT 1 / 0")).row::<i32>().unwrap_err())
        });
        assert!(gone.is_err());
        let mut left = acme.begin()?;
        left.sql(sql!("DELETE FROM {Note}")).execute()?;
        std::mem::forget(left);
        batch.keys::<i64>().map(drop)
    });
    // What was left open is rolled back, so that all rows are there, and none has a slug.
    let error = migrator(chain).on(&mut client).run().unwrap_err();
    assert!(error.to_string().contains("null"), "{error}");
    assert_eq!(slugs_of(&mut client, "one").split(' ').next(), Some("5"));
}

#[test]
fn a_shared_function_reads_and_writes_the_shared_schema() {
    #[shared_model(table = "plans")]
    struct Plan {
        #[field(key, given)]
        region: String,
        code: String,
        name: Option<String>,
    }
    fn name_plans(
        shared: &mut SharedScope<InMigration<'_>>,
        batch: &KeyBatch,
    ) -> tenantry::Result<()> {
        for (region, number) in batch.keys::<(String, i32)>()? {
            let sql = sql!(
                "UPDATE {Plan} SET {Plan.name} = {Plan.name} || $1 WHERE {Plan.region} = $2 AND {Plan.code} = $3"
            );
            let done = shared
                .sql(sql)
                .bind("!")
                .bind(region)
                .bind(number.to_string());
            assert_eq!(done.execute()?, 1);
        }
        Ok(())
    }
    let db = TestDb::new();
    let mut client = db.connect();
    let chain = chain(&[
        (
            "0001_plans",
            &[(
                "shared.up.sql",
                "CREATE TABLE \"{shared}\".plans (region text, \"No\" int, code text NOT NULL, name text, PRIMARY KEY (region, \"No\"));\n\
                 INSERT INTO \"{shared}\".plans SELECT r, n, n::text, r || n FROM unnest(ARRAY['eu', 'u''s']) AS r, generate_series(1, 4) AS n",
            )],
        ),
        (
            "0002_names",
            &[(
                "shared.up.sql",
                "-- tenantry: batch plans by (region, \"No\"), size 3\nCALL \"{rust}\".name_plans(\"{shared}\".plans);",
            )],
        ),
    ]);
    let chain = chain.functions(Functions::new().shared("name_plans", name_plans));
    migrate(&mut client, chain);
    let sql = "SELECT count(*) || ' ' || count(DISTINCT xmin::text) FROM shared.plans WHERE name = region || \"No\" || '!'";
    assert_eq!(texts(&mut client, sql), ["8 3"]);
}

#[test]
fn what_others_write_to_a_row_meanwhile_is_not_lost() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("one", 1)]);
    let (url, waits) = (db.url().to_owned(), Arc::new(Mutex::new(None)));
    let writer = Arc::clone(&waits);
    let looking = Mutex::new(db.connect());
    let chain = slugs_by(move |acme, batch| {
        let url = url.clone();
        let writing = thread::spawn(move || {
            let mut other = postgres::Client::connect(&url, postgres::NoTls).unwrap();
            other
                .batch_execute("UPDATE one.notes SET text = 'other', slug = 'OTHER'")
                .unwrap();
        });
        // It has come too late for this batch, and waits for it.
        let mut looking = looking.lock().unwrap();
        until("the other waits", || {
            let sql = "SELECT count(*)::text FROM pg_catalog.pg_stat_activity \
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
            texts(&mut looking, sql) != ["0"]
        });
        fill_slugs(acme, batch)?;
        *writer.lock().unwrap() = Some(writing);
        Ok(())
    });
    migrate(&mut client, chain);
    waits.lock().unwrap().take().unwrap().join().unwrap();
    assert_eq!(
        texts(&mut client, "SELECT text || slug FROM one.notes"),
        ["otherOTHER"]
    );
}

#[test]
fn rows_that_others_have_locked_are_waited_for() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("one", 250)]);
    let (holding, held) = channel();
    let holder = Mutex::new(Some(db.connect()));
    let chain = slugs_by(move |acme, batch| {
        if let Some(mut holder) = holder.lock().unwrap().take() {
            holder
                .batch_execute("BEGIN; UPDATE one.notes SET text = text WHERE id = 230")
                .unwrap();
            holding.send(holder).unwrap();
        }
        fill_slugs(acme, batch)
    });
    thread::scope(|scope| {
        let run = migrator(chain)
            .lock_timeout(Duration::from_millis(50))
            .attempts(1000);
        let mut own = db.connect();
        let running = scope.spawn(move || run.on(&mut own).run());
        let mut holder = held.recv().unwrap();
        until_by(&running, "two batches are done", || {
            half_way(&mut client) == ["1 200"]
        });
        holder.batch_execute("COMMIT").unwrap();
        assert_eq!(running.join().unwrap().unwrap().migrated, 1);
    });
    assert_eq!(slugs_of(&mut client, "one"), "250 0 3");
}

#[test]
fn functions_are_called_from_an_asynchronous_program() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("one", 150)]);
    let url = db.url().to_owned();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let db = tenantry::tokio::Database::connect(&url).await.unwrap();
        let report = db.blocking(|db| db.migrator(slugs()).run()).await.unwrap();
        assert_eq!(report.migrated, 1);
    });
    assert_eq!(slugs_of(&mut client, "one"), "150 0 2");
}

#[test]
fn a_pause_holds_functions_between_two_batches_and_a_suspended_tenant_is_left_alone() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("one", 250), ("other", 5)]);
    let database = app(db.url());
    database.tenants().suspend(key("other")).unwrap();
    let pausing = app(db.url());
    let chain = slugs_by(move |acme: &mut Lent<'_>, batch| {
        // The other tenant may be done late, and nobody would resume a pause that came then.
        if acme.key().as_str() == "one" && batch.keys::<i64>()?[0] == 1 {
            pausing.rollout().pause()?;
        }
        fill_slugs(acme, batch)
    });
    thread::scope(|scope| {
        let mut own = db.connect();
        let running = scope.spawn(move || migrator(chain).on(&mut own).run());
        until_by(&running, "it is held", || {
            half_way(&mut client) == ["1 100"]
        });
        database.rollout().resume().unwrap();
        assert_eq!(running.join().unwrap().unwrap().migrated, 2);
    });
    assert_eq!(slugs_of(&mut client, "one"), "250 0 3");
    create(&mut client, "late");
}
