//! Nothing that raw SQL does to a session reaches the next scope.

use postgres::Client;
use postgres::fallible_iterator::FallibleIterator;
use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry_tests::Shop;
use tenantry_tests::shop::Plan;

use super::{backend, limited};

/// Reads all that a session can be told from a new one by.
fn state(client: &mut Client) -> Vec<Vec<String>> {
    let looks = [
        "SELECT current_user::text || session_user::text || current_setting('role')",
        // Each transaction has its own, whatever is told of the last one's.
        "SELECT name || '=' || setting FROM pg_catalog.pg_settings WHERE source = 'session' \
         AND name NOT IN ('transaction_isolation', 'transaction_read_only', 'transaction_deferrable') ORDER BY 1",
        "SELECT coalesce(current_setting('app.x', true), '')",
        "SELECT relname::text FROM pg_catalog.pg_class WHERE relpersistence = 't' AND relkind = 'r'",
        "SELECT objid::text FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
        "SELECT pg_listening_channels()::text",
        "SELECT name FROM pg_catalog.pg_prepared_statements",
        "SELECT name FROM pg_catalog.pg_cursors",
    ];
    looks
        .into_iter()
        .map(|look| {
            let rows = client.query_typed(look, &[]).unwrap();
            rows.iter().map(|row| row.get(0)).collect()
        })
        .collect()
}

fn one(shop: &Shop) -> Database {
    limited(shop, |options: &mut Options| options.max_connections = 1)
}

fn new_state(shop: &Shop) -> Vec<Vec<String>> {
    state(one(shop).shared().unwrap().client())
}

#[test]
fn what_was_done_through_the_drivers_connection_is_gone_with_the_scope() {
    let shop = Shop::new();
    let role = format!("role_{}", shop.database().name());
    let mut outside = shop.database().connect();
    outside
        .batch_execute(&format!("CREATE ROLE {role}"))
        .unwrap();
    let expected = new_state(&shop);
    let db = one(&shop);
    for left in [
        "CREATE TEMP TABLE t (a int)",
        "SELECT pg_advisory_lock(1)",
        "SELECT pg_advisory_lock_shared(7)",
        "LISTEN a",
        "PREPARE p AS SELECT 1",
        "SET app.x = '1'",
        "SET search_path = pg_catalog",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
        &format!("SET ROLE {role}"),
        &format!("SET SESSION AUTHORIZATION {role}"),
        &format!("SET SESSION AUTHORIZATION {role}; SET ROLE {role}"),
        &format!("DO $$ BEGIN PERFORM set_config('role', '{role}', false); END $$"),
        "BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT 1; COMMIT",
        "BEGIN; CREATE TEMP TABLE t (a int); SELECT pg_advisory_lock(2)",
        "BEGIN; SET LOCAL app.x = '2'; SAVEPOINT s",
    ] {
        let mut scope = db.shared().unwrap();
        let pid = backend(&mut scope);
        scope.client().batch_execute(left).unwrap();
        assert_ne!(
            state(scope.client()),
            expected,
            "{left} leaves nothing, so it shows nothing"
        );
        drop(scope);
        let mut next = db.shared().unwrap();
        assert_eq!(state(next.client()), expected, "{left}");
        assert_eq!(backend(&mut next), pid, "the connection is kept");
    }
    let mut scope = db.shared().unwrap();
    let failed = scope
        .client()
        .batch_execute("BEGIN; LISTEN a; SELECT 1 / 0");
    assert!(failed.is_err());
    drop(scope);
    assert_eq!(state(db.shared().unwrap().client()), expected);
    drop(db);
    outside.batch_execute(&format!("DROP ROLE {role}")).unwrap();
}

#[test]
fn what_raw_sql_leaves_is_gone_with_the_scope_and_not_before() {
    let shop = Shop::new();
    let expected = new_state(&shop);
    let db = one(&shop);
    let set = sql!("SELECT set_config('app.x', $1, false)");
    let lock = sql!("SELECT pg_advisory_lock(3)::text");
    for inside in [false, true] {
        let mut scope = db.shared().unwrap();
        let pid = {
            let pid = sql!("SELECT pg_catalog.pg_backend_pid()");
            scope.sql(pid).row::<i32>().unwrap()
        };
        let work = |scope: &mut SharedScope| -> tenantry::Result<()> {
            scope.sql(set).bind("1").row::<String>()?;
            scope.sql(lock).row::<String>()?;
            let seen = sql!("SELECT current_setting('app.x')");
            assert_eq!(
                scope.sql(seen).row::<String>()?,
                "1",
                "it stays as long as the scope"
            );
            Ok(())
        };
        if inside {
            scope.transaction(|tx| tx.transaction(work)).unwrap();
        } else {
            work(&mut scope).unwrap();
        }
        drop(scope);
        let mut next = db.shared().unwrap();
        assert_eq!(backend(&mut next), pid);
        assert_eq!(state(next.client()), expected);
    }
}

/// PostgreSQL reserves few of its words: most can be called as functions.
#[test]
fn functions_called_as_words_of_the_grammar_leave_nothing() {
    let shop = Shop::new();
    let mut outside = shop.database().connect();
    for name in [
        "key", "filter", "by", "\"like\"", "\"join\"", "double", "conflict", "code",
    ] {
        let make = format!(
            "CREATE FUNCTION public.{name}(int) RETURNS text LANGUAGE sql AS $$ SELECT set_config('app.x', 'left', false) $$"
        );
        outside.batch_execute(&make).unwrap();
    }
    let expected = new_state(&shop);
    let db = one(&shop);
    for statement in [
        sql!("SELECT key(1)"),
        sql!("SELECT filter(1)"),
        sql!("SELECT DISTINCT by(1)"),
        sql!("SELECT like(1)"),
        sql!("SELECT join(1)"),
        sql!("SELECT double(1)"),
        sql!("SELECT b.n FROM (SELECT '1') AS a JOIN (SELECT '2') AS b (n) ON conflict(1) <> ''"),
        sql!("SELECT {Plan.code}(1) FROM {Plan} UNION SELECT {Plan.code}(2)"),
    ] {
        let mut scope = db.shared().unwrap();
        // What goes through the driver's own connection is reset anyway.
        let pid = sql!("SELECT pg_catalog.pg_backend_pid()");
        let pid = scope.sql(pid).row::<i32>().unwrap();
        scope.sql(statement).row::<String>().unwrap();
        drop(scope);
        let mut next = db.shared().unwrap();
        assert_eq!(state(next.client()), expected, "{statement:?}");
        assert_eq!(backend(&mut next), pid);
    }
}

#[test]
fn what_is_known_to_leave_nothing_costs_nothing() {
    let shop = Shop::new();
    let db = one(&shop);
    let mut scope = db.shared().unwrap();
    let read = sql!("SELECT count(*) FROM {Plan} WHERE lower({Plan.code}) = $1");
    scope.sql(read).bind("pro").row::<i64>().unwrap();
    let write = sql!("UPDATE {Plan} SET {Plan.code} = upper({Plan.code}) WHERE {Plan.id} = $1");
    scope.sql(write).bind(-1_i64).execute().unwrap();
    Plan::query().count(&mut scope).unwrap();
    let pid = scope
        .sql(sql!("SELECT pg_backend_pid()"))
        .row::<i32>()
        .unwrap();
    drop(scope);
    let last = "SELECT query FROM pg_catalog.pg_stat_activity WHERE pid = $1";
    let mut outside = shop.database().connect();
    let last: String = outside.query_one(last, &[&pid]).unwrap().get(0);
    assert_eq!(
        last, "SELECT pg_backend_pid()",
        "something was sent after it"
    );
}

#[test]
fn a_connection_that_can_not_be_reset_is_closed() {
    let shop = Shop::new();
    let db = one(&shop);
    let mut scope = db.shared().unwrap();
    let pid = backend(&mut scope);
    shop.database()
        .connect()
        .execute("SELECT pg_catalog.pg_terminate_backend($1)", &[&pid])
        .unwrap();
    drop(scope);
    let mut next = db.shared().unwrap();
    assert_ne!(backend(&mut next), pid);
}

#[test]
fn numbers_after_a_seed_are_known_to_no_later_scope() {
    let shop = Shop::new();
    let db = one(&shop);
    let [first, second] = [(); 2].map(|()| {
        let mut scope = db.shared().unwrap();
        scope.client().batch_execute("SELECT setseed(0.5)").unwrap();
        drop(scope);
        let mut next = db.shared().unwrap();
        let row = next.client().query_typed_one("SELECT random()", &[]);
        row.unwrap().get::<_, f64>(0)
    });
    assert!((first - second).abs() > f64::EPSILON, "{first} twice");
}

/// The driver keeps what it was notified of, and goes on using what it has prepared to look up types.
#[test]
fn the_driver_has_forgotten_what_was_told_and_not_what_it_needs() {
    let shop = Shop::new();
    let types =
        "CREATE TYPE public.one AS ENUM ('a'); CREATE TYPE public.other AS (a public.one, b int)";
    shop.database().connect().batch_execute(types).unwrap();
    let db = one(&shop);
    let mut pids = Vec::new();
    for look in [
        "SELECT NULL::public.one",
        "SELECT NULL::public.other",
        "SELECT NULL::public.one[]",
    ] {
        let mut scope = db.shared().unwrap();
        pids.push(backend(&mut scope));
        let rows = scope.client().query(look, &[]);
        assert_eq!(
            rows.unwrap_or_else(|error| panic!("{look}: {error:?}"))
                .len(),
            1
        );
        let heard = scope.client().notifications().iter().count().unwrap();
        assert_eq!(heard, 0, "{look}");
        let tell = "LISTEN news; NOTIFY news, 'secret'";
        scope.client().batch_execute(tell).unwrap();
    }
    pids.dedup();
    assert_eq!(pids.len(), 1, "the connection is kept");
}

#[test]
fn a_view_that_does_more_than_change_rows_is_not_known() {
    let shop = Shop::new();
    let expected = new_state(&shop);
    let db = one(&shop);
    let set = sql!(unchecked "UPDATE pg_catalog.pg_settings SET setting = '7777' WHERE name = 'work_mem'");
    db.shared().unwrap().sql(set).execute().unwrap();
    assert_eq!(state(db.shared().unwrap().client()), expected);
}

/// Event triggers run with SQL of tenantry's own, over the connection that a scope gets next.
#[test]
fn what_an_event_trigger_leaves_is_gone_after_a_tenant_was_made_claimed_or_dropped() {
    let shop = Shop::new();
    let mut outside = shop.database().connect();
    outside
        .batch_execute(
            "CREATE FUNCTION public.sly() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN \
                 PERFORM set_config('app.x', 'left', false); \
                 PERFORM set_config('search_path', 'pg_catalog', false); \
                 PERFORM pg_advisory_lock(4711); \
                 EXECUTE 'LISTEN news'; \
             END $$; \
             CREATE EVENT TRIGGER sly ON ddl_command_start EXECUTE FUNCTION public.sly()",
        )
        .unwrap();
    let expected = new_state(&shop);
    let db = one(&shop);
    let key = |name: &str| TenantKey::new(name).unwrap();
    let work = |what: &str, work: &dyn Fn() -> tenantry::Result<()>| {
        let pid = backend(&mut db.shared().unwrap());
        work().unwrap();
        let mut next = db.shared().unwrap();
        assert_eq!(state(next.client()), expected, "{what}");
        assert_eq!(backend(&mut next), pid, "{what}: the connection is kept");
    };
    let tenants = db.tenants();
    work("create", &|| tenants.create(&key("acme")).map(drop));
    work("create_with", &|| {
        tenants.create_with(&key("globex"), |_| Ok(())).map(drop)
    });
    work("failed", &|| {
        let error = tenants.create(&key("acme")).unwrap_err();
        assert!(error.is_tenant_exists());
        Ok(())
    });
    work("drop", &|| tenants.drop(&key("acme")));
    tenants.refill_standbys(2).unwrap();
    work("claim", &|| tenants.create(&key("initech")).map(drop));
    work("claim_with", &|| {
        tenants.create_with(&key("umbrella"), |_| Ok(())).map(drop)
    });
    assert_eq!(tenants.standbys().unwrap().ready, 0, "both were claimed");
}
