//! Metadata tables of which somebody has changed a column by hand: what is written to them next finds out, or what looks at all does.

use std::fs;

use super::app::App;

/// An application with two migrations for tenants, three tenants, and two standbys.
fn app() -> App {
    let app = App::with_tenants(&["acme", "globex", "initech"]);
    app.manage(&["makemigrations", "--empty", "--name", "more"])
        .succeeds();
    app.write(
        "0002_more/tenant.up.sql",
        "ALTER TABLE \"{tenant}\".\"customers\" ADD COLUMN notes text;\n",
    );
    app.write(
        "0002_more/tenant.down.sql",
        "ALTER TABLE \"{tenant}\".\"customers\" DROP COLUMN notes;\n",
    );
    app.manage(&["migrate"]).succeeds();
    app.manage(&["standby", "--count", "2"]).succeeds();
    app
}

/// Changes, and what the metadata tables lack then.
const CHANGES: &[(&str, &str)] = &[
    (
        "UPDATE tenantry.migration SET tenant_up = NULL, tenant_down = NULL, tenant_checksum = NULL WHERE position = 2",
        "rows of `migration` as they were recorded",
    ),
    (
        "UPDATE tenantry.migration SET shared_up = NULL, shared_down = NULL, shared_checksum = NULL WHERE position = 1",
        "rows of `migration` as they were recorded",
    ),
    (
        "UPDATE tenantry.migration SET id = '0002_others' WHERE position = 2",
        "rows of `migration` as they were recorded",
    ),
    (
        "UPDATE tenantry.migration SET beyond_tables = NOT beyond_tables WHERE position = 2",
        "rows of `migration` as they were recorded",
    ),
    (
        "UPDATE tenantry.meta SET tenant_version = 9",
        "rows of `migration` as they were recorded",
    ),
    (
        "UPDATE tenantry.meta SET shared_version = 0",
        "a version of the shared schema that `ledger` agrees with",
    ),
    (
        "UPDATE tenantry.tenant SET version = 1 WHERE key = 'acme'",
        "a version of the tenant `acme` that `ledger` agrees with",
    ),
    (
        "UPDATE tenantry.tenant SET step = 1 WHERE key = 'acme'",
        "a version of the tenant `acme` that `ledger` agrees with",
    ),
];

#[test]
fn a_column_that_was_changed_by_hand_is_seen_by_what_writes_next() {
    let app = app();
    let mut client = app.db.connect();
    let tables = ["meta", "migration", "tenant", "ledger"];
    for (change, lacking) in CHANGES {
        client.batch_execute("CREATE SCHEMA kept").unwrap();
        for table in tables {
            let keep = format!("CREATE TABLE kept.{table} AS TABLE tenantry.{table}");
            client.batch_execute(&keep).unwrap();
        }
        client.batch_execute(change).unwrap();
        let before = app.rows(&tables);
        // Who migrates says more of a version, and does not begin with it.
        if !lacking.starts_with("a version") {
            app.manage(&["migrate"]).fails().complains(lacking);
        }
        for args in [
            &["tenants", "create", "hooli"][..],
            &["tenants", "suspend", "acme"],
            &["standby", "--count", "4"],
        ] {
            let run = app.manage(args).fails();
            assert!(
                run.err
                    .contains("the metadata tables of this database are damaged")
                    && run.err.contains(&format!("lacks {lacking}")),
                "{change} {args:?}: {run:?}"
            );
            assert_eq!(app.rows(&tables), before, "{change} {args:?}");
        }
        for table in tables {
            let back = format!(
                "TRUNCATE tenantry.{table}; INSERT INTO tenantry.{table} SELECT * FROM kept.{table}"
            );
            client.batch_execute(&back).unwrap();
        }
        client.batch_execute("DROP SCHEMA kept CASCADE").unwrap();
    }
    app.manage(&["check"]).succeeds();
}

#[test]
fn what_somebody_changed_of_one_tenant_among_many_is_told_by_what_looks_at_all() {
    let app = app();
    let mut client = app.db.connect();
    for (change, back, told) in [
        (
            "UPDATE tenantry.tenant SET version = 1 WHERE key = 'globex'",
            "UPDATE tenantry.tenant SET version = 2 WHERE key = 'globex'",
            "the tenant `globex` is at version 1 by the registry, and the ledger has what comes after it: `0002_more`",
        ),
        (
            "DELETE FROM tenantry.ledger WHERE migration = '0002_more' \
             AND tenant_id = (SELECT id FROM tenantry.tenant WHERE key = 'globex')",
            "INSERT INTO tenantry.ledger (migration, tenant_id, checksum) SELECT migration, \
             (SELECT id FROM tenantry.tenant WHERE key = 'globex'), checksum FROM tenantry.ledger \
             WHERE migration = '0002_more' AND tenant_id = (SELECT id FROM tenantry.tenant WHERE key = 'acme')",
            "the tenant `globex` is at version 2 by the registry, and the ledger lacks `0002_more`",
        ),
        (
            "UPDATE tenantry.tenant SET step = 1 WHERE key = 'globex'",
            "UPDATE tenantry.tenant SET step = 0 WHERE key = 'globex'",
            "the tenant `globex` is at version 2 by the registry, and half-way through the next migration, of which the ledger has nothing",
        ),
        (
            "UPDATE tenantry.tenant SET state = 'standby' WHERE key = 'globex'",
            "UPDATE tenantry.tenant SET state = 'active' WHERE key = 'globex'",
            "the tenant `globex` is in the state of a standby, and is none by its key",
        ),
    ] {
        client.batch_execute(change).unwrap();
        app.manage(&["check"]).fails().says(told);
        app.manage(&["status"]).succeeds().says(&format!(
            "the metadata tables contradict themselves: {told}"
        ));
        let status = app.json(&["status", "--json"]);
        assert!(status["contradictions"][0].as_str().unwrap().contains(told));
        // Nothing is taken back by such metadata tables, and the advice does not lead in a circle.
        if !change.contains("state") {
            app.manage(&["rollback", "--steps", "1", "--yes"])
                .fails()
                .complains(told);
        }
        client.batch_execute(back).unwrap();
        app.manage(&["check"]).succeeds();
    }
}

#[test]
fn a_tenant_in_the_state_of_a_standby_is_neither_claimed_nor_dropped() {
    let app = app();
    app.manage(&["standby", "--count", "0"]).succeeds();
    let mut client = app.db.connect();
    client
        .batch_execute("UPDATE tenantry.tenant SET state = 'standby' WHERE key = 'globex'")
        .unwrap();
    app.manage(&["tenants", "create", "hooli"]).succeeds();
    app.manage(&["standby", "--count", "1"]).succeeds();
    app.manage(&["standby", "--count", "0"]).succeeds();
    app.manage(&["tenants", "create", "pied"]).succeeds();
    client
        .batch_execute("UPDATE tenantry.tenant SET state = 'active' WHERE key = 'globex'")
        .unwrap();
    assert!(app.tables("globex").contains(&"customers".to_owned()));
    app.manage(&["check"]).succeeds();
}

#[test]
fn a_standby_whose_schema_is_gone_does_not_count() {
    let app = app();
    let mut client = app.db.connect();
    let row = client
        .query_one(
            "SELECT schema_name FROM tenantry.tenant WHERE state = 'standby' LIMIT 1",
            &[],
        )
        .unwrap();
    let gone: String = row.get(0);
    client
        .batch_execute(&format!("DROP SCHEMA {gone} CASCADE"))
        .unwrap();
    let status = app.json(&["status", "--json"]);
    assert_eq!(status["standbys"]["ready"], 1);
    app.manage(&["standby", "--count", "2"]).succeeds();
    let status = app.json(&["status", "--json"]);
    assert_eq!(status["standbys"]["ready"], 2);
    app.manage(&["check"]).succeeds();
}

#[test]
fn a_version_of_new_tenants_that_was_lowered_is_told_and_brought_back_by_migrate() {
    let app = app();
    let mut client = app.db.connect();
    client
        .batch_execute("UPDATE tenantry.meta SET tenant_version = 1")
        .unwrap();
    let told = "new tenants are made at version 1, and every tenant is beyond it";
    app.manage(&["check"]).succeeds().says(told);
    app.manage(&["status"]).succeeds().says(told);
    let status = app.json(&["status", "--json"]);
    assert_eq!(status["is_up_to_date"], false);
    app.manage(&["tenants", "create", "hooli"]).succeeds();
    app.manage(&["migrate"]).succeeds();
    let status = app.json(&["status", "--json"]);
    assert_eq!(status["is_up_to_date"], true);
    assert!(
        app.columns("hooli", "customers")
            .contains(&"notes".to_owned())
    );
    app.manage(&["check"]).succeeds();
}

#[test]
fn a_standby_whose_version_somebody_changed_is_no_tenants_and_gives_way_to_another() {
    let app = app();
    let mut client = app.db.connect();
    app.manage(&["makemigrations", "--empty", "--name", "last"])
        .succeeds();
    app.write(
        "0003_last/tenant.up.sql",
        "ALTER TABLE \"{tenant}\".\"customers\" ADD COLUMN last text;\n",
    );
    let standby = "(SELECT min(id) FROM tenantry.tenant WHERE state = 'standby')";
    let set = |client: &mut postgres::Client, version: i32| {
        let sql = format!("UPDATE tenantry.tenant SET version = {version} WHERE id = {standby}");
        client.batch_execute(&sql).unwrap();
    };
    for (number, changed) in [3, 9, 1].into_iter().enumerate() {
        // With the run it would be passed over.
        set(&mut client, changed);
        let key = format!("hooli{number}");
        app.manage(&["tenants", "create", &key]).succeeds();
        let told = format!("is at version {changed} by the registry");
        app.manage(&["check"]).fails().says(&told);
        app.manage(&["standby", "--count", "2"]).succeeds();
        app.manage(&["check"]).succeeds();
    }
    app.manage(&["migrate"]).succeeds();
    app.manage(&["check"]).succeeds();
    for key in ["acme", "hooli0", "hooli1", "hooli2"] {
        assert!(app.columns(key, "customers").contains(&"last".to_owned()));
    }
}

#[test]
fn the_schema_of_a_tenant_that_the_registry_lacks_is_told_as_such() {
    let app = app();
    let mut client = app.db.connect();
    client
        .batch_execute(
            "DELETE FROM tenantry.ledger WHERE tenant_id = (SELECT id FROM tenantry.tenant WHERE key = 'globex'); \
             DELETE FROM tenantry.tenant WHERE key = 'globex'; CREATE SCHEMA other",
        )
        .unwrap();
    app.manage(&["tenants", "create", "globex"])
        .fails()
        .complains("which was made for a tenant that the registry does not have any more")
        .complains("help: bring the tenant's rows");
    let run = app.manage(&["tenants", "create", "other"]).fails();
    assert!(!run.err.contains("registry"), "{run:?}");
}

#[test]
fn rights_rows_and_baseline_can_not_be_changed_behind_their_checksums() {
    let app = app();
    fs::create_dir_all(app.path("baseline")).unwrap();
    app.write(
        "baseline/seed.sql",
        "INSERT INTO \"{tenant}\".customers (name, email) VALUES ('Ann', 'a@b.c');\n",
    );
    app.manage(&["migrate"]).succeeds();
    let mut client = app.db.connect();
    for change in [
        "UPDATE tenantry.provision SET seed = 'SELECT 1'",
        "UPDATE tenantry.provision SET seed = NULL",
        "UPDATE tenantry.provision SET grants = 'SELECT 1'",
        "UPDATE tenantry.provision SET for_standbys = NOT for_standbys",
        "UPDATE tenantry.baseline SET sql = sql || ' SELECT 1'",
    ] {
        let refused = client.batch_execute(change).unwrap_err();
        let text = refused.as_db_error().unwrap().message().to_owned();
        assert!(text.contains("_checksum_fits"), "{change}: {text}");
    }
}
