//! Nothing that is tried out stays, for the next tenant or anybody else.

use super::{BASE, chain, left, migrator, names, texts, young};

/// A session for several tenants is what trying out, and looking for what was done by hand, work in too.
#[test]
fn trying_out_leaves_nothing_to_the_next_tenant_and_the_next_migration() {
    let names = names(3);
    let (_db, mut client) = young(&names);
    let clean = "DO $$ BEGIN IF EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) \
                 OR EXISTS (SELECT FROM pg_prepared_statements WHERE from_sql) OR EXISTS (SELECT FROM pg_cursors WHERE is_holdable) \
                 OR current_setting('app.x', true) <> '' THEN RAISE EXCEPTION 'something is left'; END IF; END $$;";
    let leave = "PREPARE p AS SELECT 1; CREATE TEMP TABLE work (id int); SET LOCAL app.x = 'x'; \
                 DO $$ BEGIN PERFORM pg_advisory_lock(1), set_config('app.x', 'x', false); END $$; \
                 DECLARE c CURSOR WITH HOLD FOR SELECT 1;";
    let both = format!("{clean} {leave}");
    let texts = [("tenant.up.sql", both.as_str())];
    let leaving = chain(&[BASE, ("0002_one", &texts), ("0003_two", &texts)]);
    let trial = migrator(leaving.clone()).on(&mut client).try_out().unwrap();
    assert_eq!(trial.tenants.len(), names.len());
    for tried in &trial.tenants {
        assert_eq!(tried.migrations, ["0002_one", "0003_two"], "{tried:?}");
    }
    assert_eq!(left(&mut client), Vec::<String>::new());
    let fails = format!("{both} SELECT 1 / 0;");
    let failing = chain(&[BASE, ("0002_fails", &[("tenant.up.sql", fails.as_str())])]);
    let trial = migrator(failing).on(&mut client).try_out().unwrap();
    assert_eq!(trial.failures().count(), names.len());
    for (_, failure) in trial.failures() {
        assert!(failure.message.contains("division by zero"), "{failure:?}");
    }
    assert_eq!(left(&mut client), Vec::<String>::new());
    let migrator = migrator(leaving);
    migrator.on(&mut client).run().unwrap();
    assert!(
        migrator
            .on(&mut client)
            .try_new_tenant()
            .unwrap()
            .error
            .is_none()
    );
    let drift = migrator.on(&mut client).drift().unwrap();
    assert_eq!((drift.found, drift.uncompared), (Vec::new(), Vec::new()));
    assert_eq!(left(&mut client), Vec::<String>::new());
}

#[test]
fn trying_out_keeps_the_settings_that_the_session_was_given() {
    let names = names(2);
    let (_db, mut client) = young(&names);
    client.batch_execute("SET work_mem = '5MB'").unwrap();
    let sql = "DO $$ BEGIN IF current_setting('work_mem') <> '5MB' THEN RAISE EXCEPTION 'not as given'; END IF; END $$;";
    let files = [("tenant.up.sql", sql)];
    let two = chain(&[BASE, ("0002_one", &files), ("0003_two", &files)]);
    let trial = migrator(two).on(&mut client).try_out().unwrap();
    assert!(trial.is_success(), "{trial:?}");
    let now = "SELECT current_setting('work_mem')";
    assert_eq!(texts(&mut client, now), ["5MB"]);
}

/// A limit of time that ends a statement ends it again in the real run, so that is no reason to call it untried.
#[test]
fn a_migration_that_takes_too_long_fails_when_it_is_tried() {
    let (_db, mut client) = young(&names(1));
    let sql = "SET LOCAL statement_timeout = 10; SELECT pg_sleep(5);";
    let slow = chain(&[BASE, ("0002_slow", &[("tenant.up.sql", sql)])]);
    let trial = migrator(slow).on(&mut client).try_out().unwrap();
    assert_eq!(trial.failures().count(), 1, "{trial:?}");
}
