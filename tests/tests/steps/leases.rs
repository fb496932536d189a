//! Who makes a tenant step by step: nobody takes it over as long as they live, and anybody does afterwards.

use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use postgres::Client;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{app, chain, create, key, migrate, schemas, texts};
use tenantry_tests::wait::until;

use super::{gate, gated, of, provisioning, with};

const WAITING: &str = "SELECT k.pid::text FROM pg_catalog.pg_locks AS k WHERE NOT k.granted \
     AND k.relation = 'public.gate'::pg_catalog.regclass \
     AND k.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())";

/// The sessions that wait at the gate, of which there has to be one.
fn wait_at_gate(client: &mut Client) {
    until("somebody waits at the gate", || {
        !texts(client, WAITING).is_empty()
    });
}

#[test]
fn a_statement_outside_of_transactions_keeps_the_key_as_long_as_its_session_lives_and_no_longer() {
    let database = TestDb::new();
    let mut client = database.connect();
    let mut gate = gate(&database);
    let mut folders = gated();
    folders[2] = (
        "0003_c",
        &[
            (
                "migration.toml",
                "format = 1\nid = \"0003_c\"\ntransaction = false\n",
            ),
            (
                "tenant.up.sql",
                "INSERT INTO \"{tenant}\".t SELECT 'sent' FROM public.gate",
            ),
        ],
    );
    migrate(&mut client, chain(&folders));
    let mut shut = gate.transaction().unwrap();
    shut.batch_execute("LOCK TABLE public.gate").unwrap();
    let mut worker = Command::new(env!("CARGO_BIN_EXE_fleet_worker"))
        .args(["create", database.url(), "acme", "1"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_at_gate(&mut client);
    worker.kill().unwrap();
    worker.wait().unwrap();

    // The server goes on with the statement, and does not know yet that nobody waits for it.
    let name = provisioning(&mut client).remove(0);
    let hasty = with(&database, Duration::from_millis(300));
    let error = hasty.tenants().create(&key(&name)).unwrap_err();
    assert!(error.to_string().contains("just being created"), "{error}");
    app(database.url()).tenants().refill_standbys(0).unwrap();
    assert_eq!(provisioning(&mut client), [name.as_str()]);

    drop(shut);
    let made = create(&mut client, &name);
    let rows = of(
        &mut client,
        made.schema().as_str(),
        "SELECT m::text FROM $.t",
    );
    assert_eq!(rows, ["sent"]);
    assert_eq!(provisioning(&mut client), Vec::<String>::new());
    assert_eq!(
        schemas(&mut client),
        [made.schema().as_str(), "shared", "tenantry"]
    );
}

#[test]
fn a_step_that_is_tried_again_keeps_the_tenant() {
    let database = TestDb::new();
    let mut client = database.connect();
    let mut gate = gate(&database);
    migrate(&mut client, chain(&gated()));
    let db = with(&database, Duration::from_mins(1));
    thread::scope(|scope| {
        let mut shut = gate.transaction().unwrap();
        shut.batch_execute("LOCK TABLE public.gate").unwrap();
        let making = scope.spawn(|| db.tenants().create(&key("acme")));
        wait_at_gate(&mut client);
        // As it is when it has waited for long.
        client
            .batch_execute("UPDATE tenantry.provisioning SET lease = clock_timestamp()")
            .unwrap();
        until("the lease is renewed while the step waits", || {
            let lease = "SELECT key FROM tenantry.provisioning WHERE lease > clock_timestamp()";
            texts(&mut client, lease) == ["acme"]
        });
        app(database.url()).tenants().refill_standbys(0).unwrap();
        drop(shut);
        making.join().unwrap().unwrap();
    });
    assert_eq!(provisioning(&mut client), Vec::<String>::new());
}
