//! New tenants of chains that one transaction can't do: they equal the fleet's, and are there whole or not at all.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]
#![allow(
    clippy::too_many_lines,
    reason = "chains are long, and what a tenant goes through in order is one test"
)]

#[macro_use]
mod chains;
mod leases;

use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use postgres::{Client, NoTls};
use tenantry::migrate::Chain;
use tenantry::prelude::*;
use tenantry::tenant::{TenantFilter, TenantState};
use tenantry::testing::TestDb;
use tenantry::{Error, ErrorKind};
use tenantry_tests::bouncer::Bouncer;
use tenantry_tests::fleet::{
    Folder, app, chain, check_whole, create, key, migrate, migrator, schemas, texts,
};
use tenantry_tests::wait::until;

use self::chains::chains;

fn of(client: &mut Client, schema: &str, query: &str) -> Vec<String> {
    texts(client, &query.replace('$', schema))
}

/// A database that a chain is applied to, with a tenant that was there before.
fn migrated(folders: &[Folder<'_>]) -> (TestDb, Client, Chain) {
    let database = TestDb::new();
    let mut client = database.connect();
    migrate(&mut client, chain(&folders[..1]));
    create(&mut client, "old");
    for number in 2..=folders.len() {
        migrate(&mut database.connect(), chain(&folders[..number]));
    }
    (database, client, chain(folders))
}

/// Why there is no baseline, or there are no standbys.
fn unfit(client: &mut Client) -> Vec<String> {
    texts(
        client,
        "SELECT reason FROM tenantry.baseline WHERE reason IS NOT NULL \
         UNION ALL SELECT standby_reason FROM tenantry.meta WHERE standby_reason IS NOT NULL",
    )
}

fn provisioning(client: &mut Client) -> Vec<String> {
    texts(client, "SELECT key FROM tenantry.provisioning")
}

fn nothing_stays(client: &mut Client) {
    for (what, sql) in [
        (
            "a lock",
            "SELECT locktype FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'",
        ),
        (
            "a statement",
            "SELECT name FROM pg_prepared_statements WHERE from_sql",
        ),
        ("a channel", "SELECT pg_listening_channels()"),
        (
            "a temporary table",
            "SELECT relname::text FROM pg_class WHERE relnamespace = pg_my_temp_schema()",
        ),
        (
            "a setting",
            "SELECT current_setting('app.y', true) WHERE current_setting('app.y', true) <> ''",
        ),
    ] {
        assert_eq!(texts(client, sql), Vec::<String>::new(), "{what} stays");
    }
}

#[test]
fn a_new_tenant_equals_the_fleet_whatever_its_migrations_need_a_transaction_for() {
    for (name, folders, query) in chains() {
        let (database, mut client, chain) = migrated(&folders);
        let expected = of(&mut client, "old", query);
        assert!(!expected.is_empty(), "{name}");
        // What found it out has left nothing.
        let unfit = unfit(&mut client).concat();
        if name == "settings" {
            assert!(unfit.contains("at the session"), "{unfit}");
        } else {
            assert_eq!(unfit, "", "{name}");
        }
        assert_eq!(schemas(&mut client), ["old", "shared", "tenantry"]);
        for new in ["new", "next"] {
            create(&mut client, new);
            assert_eq!(of(&mut client, new, query), expected, "{name}");
            nothing_stays(&mut client);
        }
        let db = Database::connect(database.url()).unwrap();
        let (_, rows) = db
            .tenants()
            .create_with(&key("filled"), |tx| {
                let query = query.replace('$', tx.schema().as_str());
                Ok::<_, Error>(tx.client().query(&query, &[])?.len())
            })
            .unwrap();
        assert_eq!(rows, expected.len(), "{name}");
        assert_eq!(of(&mut client, "filled", query), expected, "{name}");
        check_whole(&mut client, &chain);
        assert_eq!(provisioning(&mut client), Vec::<String>::new());
    }
}

#[test]
fn through_a_pooler_steps_go_to_any_session() {
    for (name, folders, query) in chains() {
        let (database, mut client, chain) = migrated(&folders);
        let expected = of(&mut client, "old", query);
        let Some(bouncer) = Bouncer::start(&database) else {
            return tenantry_tests::programs::is_not_installed("PgBouncer");
        };
        thread::scope(|scope| {
            for thread in 0..4 {
                let mut client = bouncer.config().connect(NoTls).unwrap();
                scope.spawn(move || {
                    for number in 0..2 {
                        create(&mut client, &format!("p{thread}_{number}"));
                    }
                });
            }
        });
        for schema in texts(&mut client, "SELECT schema_name FROM tenantry.tenant") {
            assert_eq!(
                of(&mut client, &schema, query),
                expected,
                "{name}: {schema}"
            );
        }
        check_whole(&mut client, &chain);
    }
}

/// The chain of an enum whose last migration waits for whoever locks `public.gate`.
fn gated() -> Vec<Folder<'static>> {
    vec![
        part!(
            "0001_a",
            "CREATE TYPE \"{tenant}\".mood AS ENUM ('new'); CREATE TABLE \"{tenant}\".t (m \"{tenant}\".mood)"
        ),
        part!("0002_b", "ALTER TYPE \"{tenant}\".mood ADD VALUE 'sent'"),
        part!(
            "0003_c",
            "INSERT INTO \"{tenant}\".t SELECT 'sent' FROM public.gate"
        ),
    ]
}

fn gate(database: &TestDb) -> Client {
    let mut client = database.connect();
    client
        .batch_execute(
            "CREATE TABLE public.gate (open bool); INSERT INTO public.gate VALUES (true)",
        )
        .unwrap();
    client
}

fn with(database: &TestDb, lock_wait: Duration) -> Database {
    let mut options = tenantry::scope::Options::default();
    options.lock_timeout = Duration::from_millis(200);
    options.lock_wait = lock_wait;
    Database::connect_with(&database.config(), NoTls, options).unwrap()
}

#[test]
fn until_its_last_step_a_tenant_is_not_there_and_a_refused_one_leaves_nothing() {
    let database = TestDb::new();
    let mut client = database.connect();
    let mut gate = gate(&database);
    migrate(&mut client, chain(&gated()));
    let db = with(&database, Duration::from_mins(1));
    thread::scope(|scope| {
        let mut shut = gate.transaction().unwrap();
        shut.batch_execute("LOCK TABLE public.gate").unwrap();
        let making = scope.spawn(|| db.tenants().create(&key("acme")));
        let at_gate = "SELECT key FROM tenantry.provisioning WHERE version = 2";
        until("the steps are taken", || {
            !texts(&mut client, at_gate).is_empty()
        });
        assert!(schemas(&mut client).contains(&"acme".to_owned()));
        let acme = key("acme");
        let unknown = |error: Error| assert!(error.is_unknown_tenant(), "{error}");
        unknown(db.tenants().get(&acme).unwrap_err());
        unknown(db.tenant(&acme).unwrap_err());
        unknown(db.tenants().suspend(&acme).unwrap_err());
        unknown(db.tenants().rename(&acme, &key("other")).unwrap_err());
        unknown(db.tenants().drop(&acme).unwrap_err());
        assert!(db.tenants().list(&TenantFilter::all()).unwrap().is_empty());
        let status = migrator(chain(&gated())).on(&mut client).status().unwrap();
        assert!(status.is_up_to_date());
        let report = migrator(chain(&gated())).on(&mut client).run().unwrap();
        assert_eq!((report.left_out.len(), report.migrated), (0, 0));
        drop(shut);
        assert_eq!(making.join().unwrap().unwrap().state(), TenantState::Active);
    });
    assert_eq!(of(&mut client, "acme", "SELECT m::text FROM $.t"), ["sent"]);

    // A lock that is not to be had in time, a migration that fails, and a closure that does.
    let hasty = with(&database, Duration::from_millis(300));
    let mut shut = gate.transaction().unwrap();
    shut.batch_execute("LOCK TABLE public.gate").unwrap();
    let error = hasty.tenants().create(&key("late")).unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
    drop(shut);
    let failed = db.tenants().create_with(&key("none"), |tx| {
        tx.client().batch_execute("SELECT 1 / 0")?;
        Ok::<_, Error>(())
    });
    assert_eq!(failed.unwrap_err().sqlstate(), Some("22012"));
    gate.batch_execute("DROP TABLE public.gate").unwrap();
    let error = db.tenants().create(&key("worse")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Migration);
    assert!(
        error.to_string().contains("`0003_c/tenant.up.sql`, line 1"),
        "{error}"
    );
    assert_eq!(error.tenant(), Some(&key("worse")));
    assert_eq!(schemas(&mut client), ["acme", "shared", "tenantry"]);
    assert_eq!(provisioning(&mut client), Vec::<String>::new());
    assert_eq!(
        texts(&mut client, "SELECT key FROM tenantry.tenant"),
        ["acme"]
    );
}

/// Leaves a tenant as a process does that is killed between two steps, whose lease may be over.
fn crashed(client: &mut Client, name: &str, is_over: bool) {
    let sql = format!(
        "WITH d AS (SELECT nextval('tenantry.tenant_id_seq') AS id), p AS (INSERT INTO tenantry.provisioning \
         (id, key, schema_name, version, lease) SELECT id, '{name}', '{name}', 2, clock_timestamp() + '{}' FROM d) \
         SELECT 'tenantry: tenant ' || id FROM d",
        if is_over { "-1 s" } else { "4 s" }
    );
    let mark = &texts(client, &sql)[0];
    client
        .batch_execute(&format!(
            "CREATE SCHEMA {name}; COMMENT ON SCHEMA {name} IS '{mark}'; CREATE TABLE {name}.t (half int)"
        ))
        .unwrap();
}

#[test]
fn what_a_killed_process_leaves_is_cleared_away_by_whoever_comes_across_it() {
    let database = TestDb::new();
    let mut client = database.connect();
    let _gate = gate(&database);
    migrate(&mut client, chain(&gated()));
    let left = |client: &mut Client| (schemas(client), provisioning(client));
    let none = (vec!["shared".to_owned(), "tenantry".to_owned()], Vec::new());

    crashed(&mut client, "acme", true);
    migrate(&mut client, chain(&gated()));
    assert_eq!(left(&mut client), none);
    crashed(&mut client, "acme", true);
    app(database.url()).tenants().refill_standbys(0).unwrap();
    assert_eq!(left(&mut client), none);

    // The next creation of the key takes it over, at once or when the lease is over, and whatever the case of the key.
    for (is_over, name) in [(true, "acme"), (false, "globex"), (true, "Initech")] {
        crashed(&mut client, &name.to_lowercase(), is_over);
        let tenant = create(&mut client, name);
        assert_eq!(
            of(
                &mut client,
                tenant.schema().as_str(),
                "SELECT m::text FROM $.t"
            ),
            ["sent"]
        );
    }
    check_whole(&mut client, &chain(&gated()));
    assert_eq!(provisioning(&mut client), Vec::<String>::new());

    // A schema that somebody else has put there meanwhile is not touched.
    crashed(&mut client, "umbrella", true);
    client
        .batch_execute("DROP SCHEMA umbrella CASCADE; CREATE SCHEMA umbrella; CREATE TABLE umbrella.precious ()")
        .unwrap();
    let error = app(database.url())
        .tenants()
        .create(key("umbrella"))
        .unwrap_err();
    assert!(error.is_schema_exists(), "{error}");
    assert_eq!(
        texts(
            &mut client,
            "SELECT tablename::text FROM pg_tables WHERE schemaname = 'umbrella'"
        ),
        ["precious"]
    );
}

#[test]
fn of_many_who_make_the_same_tenant_step_by_step_one_gets_it() {
    let database = TestDb::new();
    let mut client = database.connect();
    let _gate = gate(&database);
    migrate(&mut client, chain(&gated()));
    let outcomes: Vec<_> = thread::scope(|scope| {
        let sign_up = |_| {
            let app = app(database.url());
            scope.spawn(move || app.tenants().create(key("acme")))
        };
        let threads: Vec<_> = (0..8).map(sign_up).collect();
        threads.into_iter().map(|it| it.join().unwrap()).collect()
    });
    let made = outcomes.iter().filter(|it| it.is_ok()).count();
    assert_eq!(made, 1, "{outcomes:?}");
    for error in outcomes.into_iter().filter_map(Result::err) {
        assert!(error.is_tenant_exists(), "{error:?}");
    }
    check_whole(&mut client, &chain(&gated()));
}

#[test]
fn a_shared_part_does_not_meet_tenants_that_are_half_made() {
    let plans: Folder<'static> = (
        "0001_plans",
        &[
            (
                "shared.up.sql",
                "CREATE TABLE \"{shared}\".plans (id int PRIMARY KEY)",
            ),
            ("shared.down.sql", "DROP TABLE \"{shared}\".plans"),
        ],
    );
    let before = [
        plans,
        part!(
            "0002_a",
            "CREATE TYPE \"{tenant}\".mood AS ENUM ('new'); CREATE TABLE \"{tenant}\".t (m \"{tenant}\".mood, p int REFERENCES \"{shared}\".plans)"
        ),
        part!("0003_b", "ALTER TYPE \"{tenant}\".mood ADD VALUE 'sent'"),
        part!(
            "0004_c",
            "INSERT INTO \"{tenant}\".t SELECT 'sent' FROM public.gate"
        ),
    ];
    let drop_plans: Folder<'static> = (
        "0006_no_plans",
        &[
            ("shared.up.sql", "DROP TABLE \"{shared}\".plans"),
            (
                "shared.down.sql",
                "CREATE TABLE \"{shared}\".plans (id int PRIMARY KEY)",
            ),
        ],
    );
    let mut after = before.to_vec();
    after.push(part!("0005_d", "ALTER TABLE \"{tenant}\".t DROP COLUMN p"));
    let database = TestDb::new();
    let mut client = database.connect();
    let mut gate = gate(&database);
    migrate(&mut client, chain(&before));
    let db = with(&database, Duration::from_mins(1));
    thread::scope(|scope| {
        let mut shut = gate.transaction().unwrap();
        shut.batch_execute("LOCK TABLE public.gate").unwrap();
        let (told, tell) = channel();
        let db = &db;
        scope.spawn(move || {
            let made = db.tenants().create(&key("acme"));
            told.send(made).unwrap();
        });
        let at_gate = "SELECT key FROM tenantry.provisioning WHERE version = 3";
        until("the steps are taken", || {
            !texts(&mut client, at_gate).is_empty()
        });
        // It holds a key to the shared table that the migrator is to drop after the tenants' keys.
        migrate(&mut client, chain(&after));
        after.push(drop_plans);
        // Between two attempts of the creation the half-made tenant is free to be taken.
        until("the run takes the half-made tenant", || {
            migrator(chain(&after)).on(&mut client).run().is_ok()
        });
        drop(shut);
        let made = tell.recv_timeout(Duration::from_mins(2)).unwrap();
        // Replaying the chain against a shared schema that lacks what it once had fails for every new tenant alike.
        assert_eq!(made.unwrap_err().kind(), ErrorKind::Migration);
    });
    assert_eq!(provisioning(&mut client), Vec::<String>::new());
    assert_eq!(schemas(&mut client), ["shared", "tenantry"]);
}
