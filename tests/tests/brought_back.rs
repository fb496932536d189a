//! A whole server that is brought back to an earlier time gives no number to a tenant that another one has had.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::collections::BTreeMap;

use postgres::Client;
use tenantry::Database;
use tenantry_tests::fleet::{CUSTOMERS, PLANS, app, chain, check_whole, key, texts};
use tenantry_tests::physical::{Copy, Origin};
use tenantry_tests::wait::until;

/// The numbers of all tenants that were ever created.
#[derive(Default)]
struct Given(BTreeMap<i64, String>);

impl Given {
    /// Creates tenants, some of which get standbys, and drops the last of them.
    fn sign_up(&mut self, app: &Database, names: &[&str]) {
        for name in names {
            let id = app.tenants().create(key(name)).unwrap().id();
            let other = self.0.insert(id, (*name).to_owned());
            assert_eq!(other, None, "{name} has its number, {id}");
        }
        app.tenants().drop(key(names[names.len() - 1])).unwrap();
    }
}

fn timeline(client: &mut Client) -> String {
    let sql = "SELECT timeline_id::text FROM pg_control_checkpoint()";
    texts(client, sql).remove(0)
}

fn prepare(app: &Database) {
    app.migrator(chain(&[PLANS, CUSTOMERS])).run().unwrap();
    app.tenants().refill_standbys(3).unwrap();
}

#[test]
fn a_base_backup_that_is_brought_to_an_earlier_time_gives_no_number_twice() {
    let origin = Origin::start();
    let database = origin.database();
    let mut client = database.connect();
    let app = app(database.url());
    prepare(&app);
    let mut given = Given::default();
    given.sign_up(&app, &["a", "b"]);
    let backup = origin.back_up("backup");
    given.sign_up(&app, &["kept", "dropped"]);
    app.tenants().refill_standbys(3).unwrap();
    client
        .batch_execute("SELECT pg_create_restore_point('before')")
        .unwrap();
    // Of these the first get standbys that are there at that point, too.
    given.sign_up(&app, &["one", "two", "three", "four", "five"]);
    client.batch_execute("SELECT pg_switch_wal()").unwrap();

    backup.start(Some("recovery.signal"), &origin.recovery_to("before"));
    let mut copy = backup.connect(database.name());
    until("the copy takes writes", || {
        texts(&mut copy, "SELECT pg_is_in_recovery()::text") == ["false"]
    });
    let there = texts(
        &mut copy,
        "SELECT key FROM tenantry.tenant WHERE state = 'active' ORDER BY key",
    );
    assert_eq!(there, ["a", "kept"]);
    let of_copy = backup.app(database.name());
    assert_eq!(of_copy.tenants().standbys().unwrap().ready, 3);
    given.sign_up(&of_copy, &["one", "two", "six", "seven", "eight"]);
    drop(of_copy);
    check_whole(&mut copy, &chain(&[PLANS, CUSTOMERS]));
    drop(copy);

    // A snapshot is on the same timeline, and comes back as from an ordinary end.
    backup.stop();
    backup.keep();
    let again = |number: usize, given: &mut Given| {
        backup.start(None, &[]);
        let mut copy = backup.connect(database.name());
        let names = [0, 1, 2, 3].map(|n| format!("x{number}{n}"));
        let app = backup.app(database.name());
        given.sign_up(&app, &names.each_ref().map(String::as_str));
        app.tenants().refill_standbys(2).unwrap();
        given.sign_up(&app, &[&format!("y{number}"), &format!("z{number}")]);
        drop(app);
        check_whole(&mut copy, &chain(&[PLANS, CUSTOMERS]));
        let timeline = timeline(&mut copy);
        drop(copy);
        backup.stop();
        timeline
    };
    let first = again(1, &mut given);
    backup.bring_back();
    assert_eq!(again(2, &mut given), first);
}

#[test]
fn a_standby_server_that_is_promoted_gives_no_number_twice() {
    let origin = Origin::start();
    let database = origin.database();
    let mut client = database.connect();
    let app = app(database.url());
    prepare(&app);
    let mut given = Given::default();
    let standby = origin.back_up("standby");
    given.sign_up(&app, &["a", "b"]);
    app.tenants().refill_standbys(2).unwrap();
    standby.start(Some("standby.signal"), &origin.following());
    let mut copy = standby.connect(database.name());
    let end = texts(&mut client, "SELECT pg_current_wal_flush_lsn()::text").remove(0);
    until("the standby server has all", || {
        let sql = format!("SELECT (pg_last_wal_replay_lsn() >= '{end}')::text");
        texts(&mut copy, &sql) == ["true"]
    });
    // Then it is cut off, and lacks what comes after that.
    Copy::cut_off(&mut copy);
    given.sign_up(&app, &["lost", "gone", "dropped"]);

    copy.batch_execute("SELECT pg_promote(true, 120)").unwrap();
    let there = texts(
        &mut copy,
        "SELECT key FROM tenantry.tenant WHERE state = 'active'",
    );
    assert_eq!(there, ["a"]);
    given.sign_up(
        &standby.app(database.name()),
        &["one", "two", "three", "four"],
    );
    check_whole(&mut copy, &chain(&[PLANS, CUSTOMERS]));
}
