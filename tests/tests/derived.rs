//! Finding out the baseline of chains that are more than one transaction: what it leaves when something comes in between.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::thread;

use postgres::Client;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{Folder, chain, create, migrate, migrator, schemas, texts};
use tenantry_tests::wait::until;

/// A chain whose last migration waits for whoever locks `public.gate`.
const GATED: [Folder<'static>; 3] = [
    (
        "0001_a",
        &[(
            "tenant.up.sql",
            "CREATE TYPE \"{tenant}\".mood AS ENUM ('new'); CREATE TABLE \"{tenant}\".t (m \"{tenant}\".mood)",
        )],
    ),
    (
        "0002_b",
        &[(
            "tenant.up.sql",
            "ALTER TYPE \"{tenant}\".mood ADD VALUE 'sent'",
        )],
    ),
    (
        "0003_c",
        &[(
            "tenant.up.sql",
            "INSERT INTO \"{tenant}\".t VALUES ('sent'); LOCK TABLE public.gate IN ACCESS SHARE MODE",
        )],
    ),
];

fn gated() -> (TestDb, Client) {
    let database = TestDb::new();
    let mut client = database.connect();
    client
        .batch_execute("CREATE TABLE public.gate (open bool)")
        .unwrap();
    (database, client)
}

/// The schemas, and what is being made.
fn left(client: &mut Client) -> (Vec<String>, Vec<String>) {
    let making =
        "SELECT schema_name FROM tenantry.provisioning UNION ALL SELECT key FROM tenantry.tenant";
    (schemas(client), texts(client, making))
}

fn is_made(client: &mut Client) -> Vec<String> {
    texts(
        client,
        "SELECT COALESCE(reason, 'made') FROM tenantry.baseline",
    )
}

/// The version that the baseline is of.
fn version(client: &mut Client) -> Vec<String> {
    texts(client, "SELECT version::text FROM tenantry.baseline")
}

fn nothing() -> (Vec<String>, Vec<String>) {
    (vec!["shared".to_owned(), "tenantry".to_owned()], Vec::new())
}

#[test]
fn a_lock_that_is_held_leaves_it_for_the_next_run_and_nothing_behind() {
    let (database, mut client) = gated();
    let mut gate = database.connect();
    let mut shut = gate.transaction().unwrap();
    shut.batch_execute("LOCK TABLE public.gate").unwrap();
    migrate(&mut client, chain(&GATED));
    assert_eq!(is_made(&mut client), Vec::<String>::new());
    assert_eq!(left(&mut client), nothing());
    shut.rollback().unwrap();
    migrate(&mut client, chain(&GATED));
    assert_eq!(is_made(&mut client), ["made"]);
    assert_eq!(left(&mut client), nothing());
    create(&mut client, "acme");
    assert_eq!(texts(&mut client, "SELECT m::text FROM acme.t"), ["sent"]);
}

#[test]
fn what_a_killed_run_leaves_of_it_the_next_one_clears_away() {
    let (database, mut client) = gated();
    migrate(&mut client, chain(&GATED[..2]));
    assert_eq!(version(&mut client), ["2"]);
    let mut gate = database.connect();
    let mut shut = gate.transaction().unwrap();
    shut.batch_execute("LOCK TABLE public.gate").unwrap();
    let mut killed = database.connect();
    let run = thread::spawn(move || migrator(chain(&GATED)).on(&mut killed).run());
    let kill = "SELECT pg_catalog.pg_terminate_backend(pid)::text FROM pg_catalog.pg_locks \
                WHERE NOT granted AND relation = 'public.gate'::pg_catalog.regclass \
                AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) \
                AND EXISTS (SELECT FROM tenantry.provisioning)";
    until("somebody waits at the gate", || {
        !texts(&mut client, kill).is_empty()
    });
    let ended = run.join().unwrap();
    assert!(ended.is_err());
    drop(shut);
    let (schemas, making) = left(&mut client);
    assert!(
        schemas
            .iter()
            .any(|name| name.starts_with("tenantry_scratch_")),
        "{schemas:?} {making:?} {ended:?}"
    );
    assert_eq!(making.len(), 1, "{making:?}");
    assert_eq!(version(&mut client), ["2"]);

    // Nobody is at it any more, since the session is gone.
    migrate(&mut client, chain(&GATED));
    assert_eq!(is_made(&mut client), ["made"]);
    assert_eq!(version(&mut client), ["3"]);
    assert_eq!(left(&mut client), nothing());
}

#[test]
fn nothing_is_committed_that_migrations_do_beyond_their_schema() {
    for beyond in [
        "INSERT INTO public.gate VALUES (true)",
        "SELECT lo_create(4711)",
        "COMMENT ON SCHEMA \"{tenant}\" IS 'ours'",
        "CREATE TABLE public.other ()",
        "CREATE TYPE public.other AS ENUM ()",
        "CREATE FUNCTION public.other() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ] {
        let (_database, mut client) = gated();
        let do_it = format!(
            "DO $do$ BEGIN RAISE DEBUG 'not known'; EXCEPTION WHEN OTHERS THEN NULL; END $do$; {beyond}"
        );
        let files = [("tenant.up.sql", do_it.as_str())];
        let beyond_it: Folder<'_> = ("0004_d", &files);
        let [a, b, c] = GATED;
        migrate(&mut client, chain(&[a, b, c, beyond_it]));
        let reason = is_made(&mut client).concat();
        assert!(reason.contains("of a tenant change "), "{beyond}: {reason}");
        assert_eq!(left(&mut client), nothing(), "{beyond}");
        let there = "SELECT 'row' FROM public.gate UNION ALL SELECT 'large' FROM pg_catalog.pg_largeobject_metadata \
                     UNION ALL SELECT classid::regclass::text FROM pg_catalog.pg_depend WHERE refobjid = 'public'::regnamespace";
        assert_eq!(texts(&mut client, there), ["pg_class"], "{beyond}");
    }
}
