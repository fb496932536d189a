//! Costs of the triggers, and for whom they act.

use postgres::Client;
use tenantry_tests::chain_of_schema;
use tenantry_tests::fleet::{key, migrator};

use crate::application::{App, SCHEMA};

/// How often the transaction has read the registry by a scan of all of it, and by an index.
fn scans(client: &mut Client) -> (i64, i64) {
    let sql = "SELECT seq_scan, idx_scan FROM pg_catalog.pg_stat_xact_user_tables WHERE relid = 'tenantry.tenant'::regclass";
    let row = client.query_one(sql, &[]).unwrap();
    (row.get(0), row.get(1))
}

#[test]
fn a_change_of_a_row_does_not_scan_the_registry() {
    let app = App::new();
    app.db.tenants().create(app.account("acme")).unwrap();
    let mut client = app.database.connect();
    // The planner takes an index, however small the table is, if the condition has one.
    client
        .batch_execute("SET enable_seqscan = off; BEGIN; UPDATE shared.accounts SET plan = 'pro'; SET CONSTRAINTS ALL IMMEDIATE")
        .unwrap();
    assert_eq!(scans(&mut client), (0, 0));
    client
        .batch_execute("UPDATE shared.accounts SET key = key; SET CONSTRAINTS ALL IMMEDIATE")
        .unwrap();
    let (whole, by_index) = scans(&mut client);
    assert!(whole == 0 && by_index > 0, "{whole} {by_index}");
    client
        .batch_execute("COMMIT; BEGIN; DELETE FROM shared.accounts")
        .unwrap();
    let error = client
        .batch_execute("SET CONSTRAINTS ALL IMMEDIATE")
        .unwrap_err();
    assert_eq!(error.code().unwrap().code(), "TN011", "{error}");
}

#[test]
fn a_trigger_of_another_table_deletes_no_row() {
    let app = App::new();
    app.db.tenants().create(app.account("acme")).unwrap();
    let role = format!("guest_{}", app.database.name());
    let mut owner = app.database.connect();
    owner
        .batch_execute(&format!(
            "CREATE ROLE {role}; GRANT USAGE ON SCHEMA shared TO {role}"
        ))
        .unwrap();
    let mut guest = app.database.connect();
    let tables = "CREATE TEMPORARY TABLE mine (key text, state text); INSERT INTO mine VALUES ('acme', 'active')";
    let trigger = "CREATE TRIGGER tenantry_tenant_row_drop AFTER UPDATE ON mine FOR EACH ROW \
         EXECUTE FUNCTION shared.tenantry_tenant_row()";
    guest
        .batch_execute(&format!("SET ROLE {role}; {tables}"))
        .unwrap();
    let error = guest.batch_execute(trigger).unwrap_err();
    assert_eq!(error.code().unwrap().code(), "42501", "{error}");
    // Nor where somebody has granted the function.
    owner
        .batch_execute(&format!(
            "GRANT EXECUTE ON FUNCTION shared.tenantry_tenant_row() TO {role}"
        ))
        .unwrap();
    guest
        .batch_execute(&format!(
            "{trigger}; BEGIN; SET CONSTRAINTS ALL DEFERRED; UPDATE mine SET state = 'dropping'; COMMIT"
        ))
        .unwrap();
    assert_eq!(app.accounts(), ["acme"]);
    drop(guest);
    owner
        .batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"))
        .unwrap();
}

#[test]
fn no_row_is_made_for_a_tenant_that_is_being_dropped_or_a_standby() {
    let app = App::new();
    app.db.tenants().create(app.account("acme")).unwrap();
    app.db.tenants().create(app.account("globex")).unwrap();
    app.db.tenants().refill_standbys(1).unwrap();
    let mut client = app.database.connect();
    // A drop that was interrupted after its first step.
    client
        .batch_execute("UPDATE tenantry.tenant SET state = 'dropping' WHERE key = 'acme'")
        .unwrap();
    for (state, sql) in [
        (
            "dropping",
            "INSERT INTO shared.accounts (key, owner) SELECT key, 1 FROM tenantry.tenant WHERE state = 'dropping'",
        ),
        (
            "standby",
            "INSERT INTO shared.accounts (key, owner) SELECT key, 1 FROM tenantry.tenant WHERE state = 'standby'",
        ),
        ("renamed", "UPDATE shared.accounts SET key = 'acme'"),
    ] {
        let error = client.batch_execute(sql).expect_err(state);
        let error = error.as_db_error().unwrap();
        assert_eq!(error.code().code(), "TN011", "{state}: {error}");
        assert!(error.message().contains("help: "), "{state}: {error}");
    }
    app.db.tenants().drop(key("acme")).unwrap();
    assert_eq!(app.accounts(), ["globex"]);
}

#[test]
fn a_row_that_comes_while_its_tenant_is_dropped_keeps_neither() {
    let app = App::new();
    app.db.tenants().create(app.account("acme")).unwrap();
    let (mut dropping, mut inserting) = (app.database.connect(), app.database.connect());
    dropping
        .batch_execute("BEGIN; UPDATE tenantry.tenant SET state = 'dropping' WHERE key = 'acme'")
        .unwrap();
    let pid: i32 = inserting
        .query_one("SELECT pg_catalog.pg_backend_pid()", &[])
        .unwrap()
        .get(0);
    let refused = std::thread::spawn(move || {
        inserting.batch_execute("INSERT INTO shared.accounts (key, owner) VALUES ('acme', 1)")
    });
    // It waits for the row that the drop deletes, or for the tenant.
    let mut looking = app.database.connect();
    let waits = "SELECT pg_catalog.cardinality(pg_catalog.pg_blocking_pids($1)) > 0";
    while !looking.query_one(waits, &[&pid]).unwrap().get::<_, bool>(0) {
        std::thread::yield_now();
    }
    dropping.batch_execute("COMMIT").unwrap();
    let error = refused.join().unwrap().unwrap_err();
    assert_eq!(error.code().unwrap().code(), "TN011", "{error}");
    app.db.tenants().drop(key("acme")).unwrap();
    assert_eq!(app.accounts(), [""; 0]);
}

#[test]
fn drift_tells_of_triggers_that_are_gone_or_disabled() {
    let app = App::new();
    let mut client = app.database.connect();
    client
        .batch_execute(
            "DROP TRIGGER tenantry_tenant_row ON tenantry.tenant; \
             ALTER TABLE tenantry.tenant DISABLE TRIGGER tenantry_tenant_row_drop; \
             ALTER TABLE shared.accounts DISABLE TRIGGER tenantry_tenant_row",
        )
        .unwrap();
    let drift = migrator(chain_of_schema(&SCHEMA))
        .on(&mut client)
        .drift()
        .unwrap();
    assert_eq!(
        drift.found[0].changes,
        [
            "change trigger `accounts.tenantry_tenant_row`",
            "trigger `tenantry_tenant_row_drop` on `tenantry.tenant` is disabled",
            "trigger `tenantry_tenant_row` on `tenantry.tenant` is missing",
        ]
    );
}
