//! Moves that are interrupted, shared by two runs, or met by others.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tenantry::prelude::*;
use tenantry_tests::fleet::{create, key, migrator};
use tenantry_tests::wait::until;

use crate::collected::{AFTER, before, collect, with_rows};
use crate::given::Given;

const MOVED: &str = "SELECT tenant || ' ' || count(*) FROM shared.notes GROUP BY tenant ORDER BY 1";

fn whole() -> [String; 3] {
    ["acme 2", "globex 2", "select 2"].map(str::to_owned)
}

/// Has the rows of one tenant be waited for once they are on their way.
fn hold_up(given: &mut Given) {
    given.run(
        "CREATE FUNCTION shared.hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             PERFORM pg_advisory_xact_lock(4711); RETURN new; END $$;
         CREATE TRIGGER hold BEFORE INSERT ON shared.notes FOR EACH ROW WHEN (new.tenant = 'globex') \
             EXECUTE FUNCTION shared.hold();
         SELECT pg_advisory_lock(4711)",
    );
}

fn let_go(given: &mut Given) {
    given.run("SELECT pg_advisory_unlock(4711); DROP FUNCTION shared.hold() CASCADE");
}

/// The sessions that wait for it, and not those of a test beside.
const WAITING: &str = "SELECT pid::text FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted \
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// The tables are made, and nobody's rows are moved yet.
fn begun() -> Given {
    let mut given = with_rows();
    given.write(&AFTER, &collect());
    let chain = given.chain();
    let only = tenantry::migrate::Selection::all().keys([key("acme")]);
    let one = migrator(chain).select(only);
    one.on(&mut given.client).run().unwrap();
    assert_eq!(given.finds(MOVED), ["acme 2"]);
    given
}

#[test]
fn a_run_that_is_killed_leaves_all_of_a_tenant_or_nothing_and_the_next_goes_on() {
    let mut given = begun();
    hold_up(&mut given);
    let mut other = given.connect();
    let chain = given.chain();
    thread::scope(|scope| {
        let run = scope.spawn(|| {
            migrator(chain)
                .lock_timeout(std::time::Duration::from_mins(1))
                .on(&mut other)
                .run()
        });
        until("the rows of one are on their way", || {
            !given.finds(WAITING).is_empty()
        });
        for pid in given.finds(WAITING) {
            given.run(&format!("SELECT pg_terminate_backend({pid})"));
        }
        run.join().unwrap().unwrap_err();
    });
    let_go(&mut given);
    assert!(!given.finds(MOVED).contains(&"globex 2".to_owned()));
    assert_eq!(
        before::Note::query()
            .count(&mut given.tenant("globex"))
            .unwrap(),
        2
    );
    before::Note::insert(before::NewNote::new("kept", "still written to"))
        .execute(&mut given.tenant("globex"))
        .unwrap();
    given.migrate();
    assert_eq!(given.finds(MOVED), ["acme 2", "globex 3", "select 2"]);
}

#[test]
fn two_runs_move_everybodys_rows_once() {
    let mut given = begun();
    let chain = given.chain();
    thread::scope(|scope| {
        for _ in 0..2 {
            let (mut client, chain) = (given.connect(), chain.clone());
            scope.spawn(move || migrator(chain).on(&mut client).run().unwrap());
        }
    });
    assert_eq!(given.finds(MOVED), whole());
}

#[test]
fn no_write_is_lost_that_goes_on_meanwhile() {
    let mut given = begun();
    let (mut client, is_over) = (given.connect(), AtomicBool::new(false));
    let written = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut written = 0;
            while !is_over.load(Ordering::Relaxed) {
                let sql = format!(
                    "INSERT INTO globex.notes (code, text) VALUES ('{written}', 'more {written}')"
                );
                match client.batch_execute(&sql) {
                    Ok(()) => written += 1,
                    Err(error) => {
                        let refused = error.as_db_error().unwrap();
                        assert_eq!(refused.code().code(), "TN010", "{refused}");
                        break;
                    }
                }
            }
            written
        });
        given.migrate();
        is_over.store(true, Ordering::Relaxed);
        writer.join().unwrap()
    });
    assert_eq!(
        given.finds("SELECT count(*)::text FROM shared.notes WHERE tenant = 'globex'"),
        [(written + 2).to_string()]
    );
}

#[test]
fn tenants_that_come_late_are_suspended_or_vanish_meanwhile_are_nothing_special() {
    let mut given = begun();
    // It comes while the fleet is half-way: at the version from before.
    create(&mut given.client, "late");
    given.run("INSERT INTO late.notes (code, text) VALUES ('late', 'late')");
    given.database().tenants().suspend(key("globex")).unwrap();
    given.database().tenants().drop(key("select")).unwrap();
    given.migrate();
    assert_eq!(given.finds(MOVED), ["acme 2", "globex 2", "late 1"]);
    assert_eq!(given.drift(), [""; 0]);
}

#[test]
fn a_lock_that_somebody_holds_is_waited_for_and_not_for_ever() {
    let mut given = begun();
    let mut holder = given.connect();
    holder
        .batch_execute("BEGIN; LOCK TABLE globex.notes IN ROW EXCLUSIVE MODE")
        .unwrap();
    let chain = given.chain();
    let patient = migrator(chain)
        .lock_timeout(std::time::Duration::from_millis(50))
        .attempts(2);
    let error = patient.on(&mut given.client).run().unwrap_err().to_string();
    assert!(error.contains("globex"), "{error}");
    assert_eq!(given.finds(MOVED), ["acme 2", "select 2"]);
    holder.batch_execute("COMMIT").unwrap();
    given.migrate();
    assert_eq!(given.finds(MOVED), whole());
}

#[test]
fn a_rollback_waits_for_what_is_being_written_and_takes_it_along() {
    let mut given = with_rows();
    given.write(&AFTER, &collect());
    given.migrate();
    let mut writer = given.connect();
    writer
        .batch_execute(
            "BEGIN; UPDATE shared.notes SET stars = 9 WHERE code = 'acme-b'; \
             INSERT INTO shared.notes (code, tenant, text) VALUES ('late', 'acme', 'late')",
        )
        .unwrap();
    let (mut other, chain) = (given.connect(), given.chain());
    thread::scope(|scope| {
        let run = scope.spawn(|| {
            migrator(chain)
                .lock_timeout(std::time::Duration::from_mins(1))
                .on(&mut other)
                .rollback(Some("1"))
        });
        until("the rollback waits", || {
            let waiting = "SELECT pid::text FROM pg_stat_activity \
                           WHERE datname = current_database() AND wait_event_type = 'Lock'";
            !given.finds(waiting).is_empty()
        });
        writer.batch_execute("COMMIT").unwrap();
        run.join().unwrap().unwrap();
    });
    assert_eq!(
        given.finds("SELECT concat_ws(' ', code, stars) FROM acme.notes ORDER BY 1"),
        ["acme-a 5", "acme-b 9", "late"]
    );
}

#[test]
fn rows_that_collide_with_those_of_a_tenant_that_is_moved_at_once_are_refused_by_their_keys() {
    let mut given = begun();
    given.run("UPDATE globex.notes SET text = 'the same' WHERE code = 'globex-b'");
    given.run("UPDATE \"select\".notes SET text = 'the same' WHERE code = 'select-b'");
    // It has looked for collisions by then, and found none.
    hold_up(&mut given);
    let (mut one, mut other) = (given.connect(), given.connect());
    let of = |name: &str| {
        let only = tenantry::migrate::Selection::all().keys([key(name)]);
        let patient = migrator(given.chain()).select(only);
        patient.lock_timeout(std::time::Duration::from_mins(1))
    };
    let (globex, select) = (of("globex"), of("select"));
    let error = thread::scope(|scope| {
        let run = scope.spawn(|| globex.on(&mut one).run());
        until("the rows of one are on their way", || {
            !given.finds(WAITING).is_empty()
        });
        select.on(&mut other).run().unwrap();
        let_go_of_rows(&mut given);
        run.join().unwrap().unwrap_err().to_string()
    });
    assert!(error.contains("have the same text"), "{error}");
    assert!(error.contains("their keys: globex-b"), "{error}");
    assert!(!error.contains("the same text of"), "{error}");
    assert_eq!(given.finds(MOVED), ["acme 2", "select 2"]);
    given.run("UPDATE globex.notes SET text = 'another' WHERE code = 'globex-b'");
    given.run("DROP FUNCTION shared.hold() CASCADE");
    given.migrate();
    assert_eq!(given.finds(MOVED), whole());
}

fn let_go_of_rows(given: &mut Given) {
    given.run("SELECT pg_advisory_unlock(4711)");
}
