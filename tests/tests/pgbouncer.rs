//! Many tenants behind PgBouncer: in transaction mode any statement can reach any server connection.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::collections::BTreeSet;
use std::thread;

use postgres::NoTls;
use tenantry::SchemaName;
use tenantry::migrate::{Chain, Migrator};
use tenantry::prelude::*;
use tenantry::scope::{Options, PreparedStatements};
use tenantry::testing::TestDb;
use tenantry_tests::bouncer::Bouncer;
use tenantry_tests::programs::is_not_installed;
use tenantry_tests::wait::until;

/// A note that says whose it is.
#[tenant_model]
#[derive(Debug)]
struct Note {
    #[field(key)]
    id: i64,
    owner: String,
}

const TENANTS: usize = 1_000;
const CLIENTS: usize = 4;

fn key(number: usize) -> TenantKey {
    TenantKey::new(format!("tenant-{number}")).unwrap()
}

fn chain() -> Chain {
    tenantry_tests::chain_of(&[Note::DEF])
}

#[test]
fn a_thousand_tenants_behind_a_transaction_pooler_read_only_their_own_rows() {
    let database = TestDb::new();
    let Some(bouncer) = Bouncer::start(&database) else {
        is_not_installed("PgBouncer");
        return;
    };
    let direct = Database::connect(database.url()).unwrap();
    direct.migrator(chain()).run().unwrap();
    for number in 0..TENANTS {
        direct.tenants().create(&key(number)).unwrap();
    }

    let mut options = Options::default();
    options.max_connections = 2;
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let pooled = Database::connect_with(&bouncer.config(), NoTls, options.clone()).unwrap();
            thread::spawn(move || write_and_read(&pooled, client))
        })
        .collect();
    for client in clients {
        client.join().unwrap();
    }
}

/// Every client writes to each tenant and reads what is there so far; a stride keeps the clients at different tenants.
fn write_and_read(pooled: &Database, client: usize) {
    for step in 0..TENANTS {
        let number = (step * 37 + client * 251) % TENANTS;
        let key = key(number);
        let mut scope = pooled.tenant(&key).unwrap();
        scope
            .transaction(|tx| {
                Note::insert(NewNote::new(key.as_str())).execute(tx)?;
                let owners: BTreeSet<String> = Note::query()
                    .all(tx)?
                    .into_iter()
                    .map(|note| note.into_inner().owner)
                    .collect();
                assert_eq!(owners, BTreeSet::from([key.as_str().to_owned()]));
                Ok::<_, tenantry::Error>(())
            })
            .unwrap();
        let note = Note::query()
            .order_by(Note::ID.asc())
            .first(&mut scope)
            .unwrap()
            .unwrap();
        assert_eq!(note.owner, key.as_str());
    }
}

#[test]
fn whoever_migrates_through_a_transaction_pooler_is_refused_before_anything_is_done() {
    let database = TestDb::new();
    let Some(bouncer) = Bouncer::start(&database) else {
        is_not_installed("PgBouncer");
        return;
    };
    let through = || {
        let config = bouncer.config();
        let connect = move || Ok(config.connect(NoTls)?);
        Migrator::new(chain(), SchemaName::new("shared").unwrap())
            .connect_by(connect)
            .workers(2)
    };
    let metadata = "SELECT pg_catalog.to_regclass('tenantry.meta')::text";
    let mut direct = database.connect();
    let refused = |error: tenantry::Error| {
        assert_eq!(error.kind(), tenantry::ErrorKind::Configuration, "{error}");
        let text = error.to_string();
        assert!(text.contains("pooler") && text.contains("help: "), "{text}");
    };
    for _ in 0..5 {
        let mut client = bouncer.config().connect(NoTls).unwrap();
        refused(through().on(&mut client).run().unwrap_err());
    }
    let row = direct.query_one(metadata, &[]).unwrap();
    assert_eq!(row.get::<_, Option<String>>(0), None);

    // Also when it is only the workers that come through it, and when there is something to roll back.
    refused(through().on(&mut direct).run().unwrap_err());
    let plain = Migrator::new(chain(), SchemaName::new("shared").unwrap());
    plain.on(&mut direct).run().unwrap();
    let pooled = Database::connect_with(&bouncer.config(), NoTls, Options::default()).unwrap();
    refused(
        pooled
            .migrator(chain())
            .workers(1)
            .rollback(None)
            .unwrap_err(),
    );
    let version = "SELECT tenant_version FROM tenantry.meta";
    assert_eq!(direct.query_one(version, &[]).unwrap().get::<_, i32>(0), 1);
    // The server has other databases, whose tests hold locks meanwhile.
    let locks = "SELECT count(*) FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_database AS d ON d.oid = l.database \
                 WHERE l.locktype = 'advisory' AND d.datname = pg_catalog.current_database()";
    assert_eq!(direct.query_one(locks, &[]).unwrap().get::<_, i64>(0), 0);
    // Where there is nothing to do nothing can go wrong.
    let mut client = bouncer.config().connect(NoTls).unwrap();
    assert_eq!(through().on(&mut client).run().unwrap().migrated, 0);
}

#[test]
fn a_lock_that_was_left_behind_is_found_out() {
    let database = TestDb::new();
    let mut client = database.connect();
    let plain = |chain| Migrator::new(chain, SchemaName::new("shared").unwrap());
    plain(chain()).on(&mut client).run().unwrap();
    Database::connect(database.url())
        .unwrap()
        .tenants()
        .create(key(1))
        .unwrap();
    let mut left = database.connect();
    // The lock of whoever works in segments, as a session of a pooler keeps it.
    left.batch_execute("SELECT pg_catalog.pg_advisory_lock(x'74656e0000000000'::bigint + 1)")
        .unwrap();
    let (mut files, index) = (
        Vec::new(),
        "CREATE INDEX CONCURRENTLY i ON \"{tenant}\".notes (owner)",
    );
    let first = chain();
    for migration in first.migrations() {
        files.push((
            "0001_initial/migration.toml",
            "format = 1\nid = \"0001_initial\"\n",
        ));
        files.push((
            "0001_initial/tenant.up.sql",
            migration.tenant().unwrap().up(),
        ));
    }
    files.push((
        "0002_index/migration.toml",
        "format = 1\nid = \"0002_index\"\n",
    ));
    files.push(("0002_index/tenant.up.sql", index));
    let longer = Chain::from_files(&files).unwrap();
    let report = plain(longer.clone()).on(&mut client).attempt().unwrap();
    let failure = report.failed[0].error.as_ref().unwrap();
    assert!(
        failure.message.contains("pg_terminate_backend("),
        "{failure:?}"
    );
    drop(left);
    assert_eq!(plain(longer).on(&mut client).run().unwrap().migrated, 1);
}

/// A database at the chain, with one tenant.
fn young() -> (TestDb, TenantKey) {
    let database = TestDb::new();
    let direct = Database::connect(database.url()).unwrap();
    direct.migrator(chain()).run().unwrap();
    direct.tenants().create(&key(1)).unwrap();
    (database, key(1))
}

fn through(bouncer: &Bouncer) -> Database {
    let mut options = Options::default();
    options.max_connections = 2;
    Database::connect_with(&bouncer.config(), NoTls, options).unwrap()
}

#[test]
fn nothing_that_raw_sql_leaves_in_a_session_stays_behind_a_pooler_that_resets() {
    let resetting = [
        "pool_mode = session",
        "pool_mode = transaction\nserver_reset_query_always = 1",
    ];
    for lines in resetting {
        let (database, key) = young();
        let Some(bouncer) = Bouncer::start_with(&database, lines) else {
            is_not_installed("PgBouncer");
            return;
        };
        let db = through(&bouncer);
        let mut direct = database.connect();
        let set = sql!("SELECT set_config('app.x', $1, false)");
        let lock = sql!("SELECT pg_advisory_lock(3)::text");
        for round in 0..5 {
            let mut scope = db.tenant(&key).unwrap();
            scope
                .transaction(|tx| {
                    tx.sql(set).bind(round.to_string()).row::<String>()?;
                    tx.sql(lock).row::<String>()?;
                    tx.client()
                        .batch_execute("CREATE TEMP TABLE left_here ()")?;
                    Ok(())
                })
                .unwrap();
            drop(scope);
            // Two transactions at once take both of the sessions that the pooler has.
            let seen = sql!("SELECT coalesce(current_setting('app.x', true), '')");
            let (mut one, mut other) = (db.tenant(&key).unwrap(), db.tenant(&key).unwrap());
            let seen = one.transaction(|one| {
                let first = one.sql(seen).row::<String>()?;
                other.transaction(|other| Ok([first, other.sql(seen).row::<String>()?]))
            });
            assert_eq!(seen.unwrap(), ["", ""], "{lines}");
            drop((one, other));
            // The pooler resets a session after it has answered.
            let left = "SELECT (SELECT count(*) FROM pg_catalog.pg_class WHERE relname = 'left_here') \
                        + (SELECT count(*) FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_database AS d ON d.oid = l.database \
                        WHERE l.locktype = 'advisory' AND d.datname = pg_catalog.current_database())";
            until(lines, || {
                direct.query_one(left, &[]).unwrap().get::<_, i64>(0) == 0
            });
        }
    }
}

#[test]
fn a_statement_pooler_gives_rows_and_refuses_transactions() {
    let (database, key) = young();
    let Some(bouncer) = Bouncer::start_with(&database, "pool_mode = statement") else {
        is_not_installed("PgBouncer");
        return;
    };
    let db = through(&bouncer);
    let mut scope = db.tenant(&key).unwrap();
    Note::insert(NewNote::new("alone"))
        .execute(&mut scope)
        .unwrap();
    let error = scope
        .transaction(|tx| Note::insert(NewNote::new("inside")).execute(tx))
        .unwrap_err();
    // The pooler closes the connection, and nothing was done.
    assert_eq!(error.kind(), tenantry::ErrorKind::Connection, "{error}");
    drop(scope);
    let mut scope = db.tenant(&key).unwrap();
    let notes = Note::query().all(&mut scope).unwrap();
    let owners: Vec<_> = notes.iter().map(|note| note.owner.as_str()).collect();
    assert_eq!(owners, ["alone"]);
}

#[test]
fn prepared_statements_are_refused_behind_a_pooler_that_does_not_know_them() {
    let (database, key) = young();
    let mut options = Options::default();
    options.prepared_statements = PreparedStatements::Cached { per_connection: 9 };
    // Some take no settings at all, and some leave them out.
    let lines = [
        "pool_mode = transaction",
        "pool_mode = transaction\nignore_startup_parameters = options",
        "pool_mode = session\nignore_startup_parameters = options",
    ];
    for lines in lines {
        let Some(bouncer) = Bouncer::start_with(&database, lines) else {
            is_not_installed("PgBouncer");
            return;
        };
        let refused = Database::connect_with(&bouncer.config(), NoTls, options.clone());
        let error = refused.unwrap_err();
        assert_eq!(
            error.kind(),
            tenantry::ErrorKind::Configuration,
            "{lines}: {error}"
        );
        let text = error.to_string();
        assert!(text.contains("help: connect without it"), "{text}");
        // Others can still prepare their own over the pooler's sessions.
        through(&bouncer).tenant(&key).unwrap();
    }
    let direct = Database::connect_with(&database.config(), NoTls, options);
    let mut scope = direct.unwrap().tenant(&key).unwrap();
    assert_eq!(Note::query().count(&mut scope).unwrap(), 0);
}
