//! Metadata tables of which somebody has dropped or emptied a part: one error that says what is gone, and no circle of advice.

use super::app::App;

/// Commands that read or write the metadata tables, and whether they can do without some tables.
const COMMANDS: &[(&[&str], bool)] = &[
    (&["migrate"], true),
    (&["migrate", "--dry-run"], false),
    (&["status"], false),
    (&["check"], false),
    (&["rollback", "--steps", "1", "--yes"], false),
    (&["rollout", "pause"], true),
    (&["standby", "--count", "0"], true),
    (&["tenants", "list", "--at", "1"], true),
    (&["tenants", "show", "acme"], true),
    (&["tenants", "create", "acme"], true),
    (&["tenants", "tag", "acme", "+a"], true),
    (&["tenants", "drop", "nobody", "--yes"], true),
];

/// Runs all commands over metadata tables that lack something.
fn all_tell(app: &App, lacking: &str) {
    for (args, may_do_without) in COMMANDS {
        let run = app.manage(args);
        let told = format!("{}{}", run.out, run.err);
        let says = told.contains(
            "the metadata tables of this database are damaged: the schema `tenantry` lacks ",
        ) && told.contains(lacking)
            && told.contains("bring the whole schema `tenantry` back from a copy");
        assert!(says || *may_do_without, "{lacking} {args:?}: {told}");
        if says {
            run.fails();
        }
        for wrong in [
            "migrate the database first",
            "no bookkeeping schema",
            "never migrated",
            "does not exist",
            "null value",
            "panicked",
            "rename that schema",
        ] {
            assert!(!told.contains(wrong), "{lacking} {args:?}: {told}");
        }
    }
}

#[test]
fn a_part_of_the_books_that_is_gone_is_named_by_whatever_needs_it() {
    let app = App::with_tenants(&["acme"]);
    let mut client = app.db.connect();
    let tables: Vec<String> = client
        .query(
            "SELECT tablename::text FROM pg_catalog.pg_tables WHERE schemaname = 'tenantry' ORDER BY 1",
            &[],
        )
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert!(tables.len() > 8, "{tables:?}");
    for table in tables {
        let moved = |from: &str, to: &str| format!("ALTER TABLE tenantry.{from} RENAME TO {to}");
        client.batch_execute(&moved(&table, "gone")).unwrap();
        all_tell(&app, &format!("the table `{table}`"));
        client.batch_execute(&moved("gone", &table)).unwrap();
    }
    for (table, column) in [
        ("meta", "relation"),
        ("tenant", "failed_to"),
        ("migration", "phase"),
    ] {
        let moved = |from: &str, to: &str| {
            format!("ALTER TABLE tenantry.{table} RENAME COLUMN {from} TO {to}")
        };
        client.batch_execute(&moved(column, "gone")).unwrap();
        all_tell(&app, &format!("the column `{column}` of `{table}`"));
        client.batch_execute(&moved("gone", column)).unwrap();
    }
    client
        .batch_execute("CREATE TABLE public.kept AS TABLE tenantry.meta; TRUNCATE tenantry.meta")
        .unwrap();
    all_tell(&app, "the row of `meta`");
    client
        .batch_execute(
            "INSERT INTO tenantry.meta SELECT * FROM public.kept; TRUNCATE tenantry.rollout",
        )
        .unwrap();
    // Without its row nobody was ever told anything.
    client
        .batch_execute(
            "CREATE TABLE public.ledger AS TABLE tenantry.ledger; TRUNCATE tenantry.ledger",
        )
        .unwrap();
    for args in [
        &["migrate"][..],
        &["migrate", "--dry-run"],
        &["migrate", "--try"],
        &["status"],
        &["status", "--json"],
        &["check"],
        &["rollback", "--steps", "1", "--yes"],
    ] {
        let run = app.manage(args).fails();
        let told = format!("{}{}", run.out, run.err);
        assert!(
            told.contains("the schema `tenantry` lacks the rows of `ledger`"),
            "{args:?}: {told}"
        );
    }
    client
        .batch_execute("INSERT INTO tenantry.ledger SELECT * FROM public.ledger")
        .unwrap();
    app.manage(&["check"]).succeeds();
    app.manage(&["rollout", "status"]).succeeds();
    app.manage(&["rollout", "pause"]).succeeds();
    app.manage(&["rollout", "status"]).succeeds().says("paused");
    app.manage(&["rollout", "abort"])
        .succeeds()
        .says("nothing migrates or rolls back just now");
    app.manage(&["migrate"]).succeeds();
}

#[test]
fn a_schema_that_is_called_like_the_books_and_is_none_is_refused_as_before() {
    let app = App::new();
    app.manage(&["makemigrations"]).succeeds();
    let mut client = app.db.connect();
    client
        .batch_execute("CREATE SCHEMA tenantry; CREATE TABLE tenantry.tenant (id int)")
        .unwrap();
    app.manage(&["migrate"])
        .fails()
        .complains("has other tables in it")
        .complains("help: rename that schema");
    client.batch_execute("DROP TABLE tenantry.tenant").unwrap();
    app.manage(&["migrate"]).succeeds();
}

#[test]
fn books_that_are_gone_are_not_made_anew_beside_schemas_of_tenants() {
    let app = App::with_tenants(&["acme"]);
    let mut client = app.db.connect();
    client
        .batch_execute("DROP SCHEMA tenantry CASCADE; DROP TABLE shared.plans CASCADE")
        .unwrap();
    for args in [
        &["migrate"][..],
        &["migrate", "--dry-run"],
        &["migrate", "--try"],
        &["status"],
        &["check"],
        &["rollback", "--steps", "1", "--yes"],
        &["tenants", "create", "globex"],
        &["tenants", "list"],
        &["tenants", "drop", "acme", "--yes"],
        &["standby", "--count", "1"],
    ] {
        let run = app.manage(args).fails();
        let told = format!("{}{}", run.out, run.err);
        assert!(
            told.contains("the metadata tables of this database are gone")
                && told.contains("`acme`"),
            "{args:?}: {told}"
        );
        assert!(!told.contains("never migrated"), "{args:?}: {told}");
    }
    // Whoever wants to begin anew does what is advised.
    client
        .batch_execute("COMMENT ON SCHEMA acme IS NULL")
        .unwrap();
    app.manage(&["migrate"]).succeeds();
    app.manage(&["tenants", "create", "globex"]).succeeds();
    app.manage(&["check"]).succeeds();
}

/// Damages that somebody may do to the metadata tables, and what these lack then.
const DAMAGES: &[(&str, &str)] = &[
    ("TRUNCATE tenantry.meta", "the row of `meta`"),
    ("TRUNCATE tenantry.migration", "rows of `migration`"),
    (
        "DELETE FROM tenantry.migration WHERE position = 1",
        "rows of `migration`",
    ),
    ("TRUNCATE tenantry.ledger", "the rows of `ledger`"),
    (
        "DELETE FROM tenantry.ledger WHERE tenant_id = 0",
        "rows of `ledger`",
    ),
    (
        "DELETE FROM tenantry.ledger WHERE tenant_id > 0",
        "rows of `ledger`",
    ),
    (
        "DELETE FROM tenantry.ledger WHERE migration = '0002_more'",
        "rows of `ledger`",
    ),
    ("TRUNCATE tenantry.tenant", "the rows of `tenant`"),
    (
        "TRUNCATE tenantry.tenant; DELETE FROM tenantry.ledger WHERE tenant_id > 0",
        "the rows of `tenant`",
    ),
    (
        "UPDATE tenantry.tenant SET version = 7 WHERE key = 'acme'",
        "rows of `ledger`",
    ),
];

/// Commands that write to the metadata tables.
const WRITING: &[&[&str]] = &[
    &["migrate"],
    &["rollback", "--steps", "1", "--yes"],
    &["rollback", "--to", "zero", "--yes"],
    &["standby", "--count", "4"],
    &["standby", "--count", "0"],
    &["tenants", "create", "initech"],
    &["tenants", "rename", "acme", "emca"],
    &["tenants", "suspend", "acme"],
    &["tenants", "resume", "acme"],
    &["tenants", "tag", "acme", "+a"],
    &["tenants", "drop", "acme", "--yes"],
];

/// Commands that only read them, and those that stop what writes.
const HARMLESS: &[&[&str]] = &[
    &["tenants", "list"],
    &["tenants", "show", "globex"],
    &["rollout", "pause"],
    &["rollout", "status"],
    &["rollout", "resume"],
];

#[test]
fn damaged_books_are_not_written_to() {
    let app = App::with_tenants(&["acme", "globex"]);
    app.manage(&["makemigrations", "--empty", "--name", "more"])
        .succeeds();
    app.write(
        "0002_more/tenant.up.sql",
        "ALTER TABLE \"{tenant}\".\"customers\" ADD COLUMN notes text;\n",
    );
    app.manage(&["migrate"]).succeeds();
    app.manage(&["standby", "--count", "2"]).succeeds();
    let mut client = app.db.connect();
    let tables = ["meta", "migration", "tenant", "ledger"];
    for (damage, lacking) in DAMAGES {
        client.batch_execute("CREATE SCHEMA kept").unwrap();
        for table in tables {
            client
                .batch_execute(&format!(
                    "CREATE TABLE kept.{table} AS TABLE tenantry.{table}"
                ))
                .unwrap();
        }
        client.batch_execute(damage).unwrap();
        let before = app.rows(&tables);
        for args in WRITING {
            let run = app.manage(args).fails();
            assert!(
                run.err
                    .contains("the metadata tables of this database are damaged")
                    && run.err.contains(&format!("lacks {lacking}")),
                "{damage} {args:?}: {run:?}"
            );
            assert_eq!(app.rows(&tables), before, "{damage} {args:?}");
        }
        if lacking != &"the row of `meta`" && !lacking.contains("`tenant`") {
            for args in HARMLESS {
                app.manage(args).succeeds();
            }
        }
        app.manage(&["check"]).fails().says(lacking);
        app.manage(&["status"]).fails().complains(lacking);
        for table in tables {
            client
                .batch_execute(&format!(
                    "TRUNCATE tenantry.{table}; INSERT INTO tenantry.{table} SELECT * FROM kept.{table}"
                ))
                .unwrap();
        }
        client.batch_execute("DROP SCHEMA kept CASCADE").unwrap();
        app.manage(&["check"]).succeeds();
    }
    // What one tenant lacks is told where that tenant is changed, and where all are migrated.
    app.manage(&["tenants", "create", "initech"]).succeeds();
    client
        .batch_execute(
            "DELETE FROM tenantry.ledger WHERE migration = '0001_initial' \
             AND tenant_id = (SELECT id FROM tenantry.tenant WHERE key = 'globex')",
        )
        .unwrap();
    app.manage(&["tenants", "suspend", "globex"])
        .fails()
        .complains("lacks rows of `ledger`");
    app.manage(&["tenants", "suspend", "acme"]).succeeds();
    app.manage(&["migrate"]).fails().complains("`ledger`");
}

#[test]
fn a_sequence_that_was_set_back_gives_no_number_twice() {
    let app = App::with_tenants(&["acme", "globex"]);
    let mut client = app.db.connect();
    for (number, key) in [("1", "initech"), ("2", "hooli")] {
        client
            .batch_execute(&format!(
                "SELECT setval('tenantry.tenant_id_seq', {number}, false)"
            ))
            .unwrap();
        app.manage(&["tenants", "create", key]).succeeds();
    }
    client
        .batch_execute("SELECT setval('tenantry.tenant_id_seq', 1, false)")
        .unwrap();
    app.manage(&["standby", "--count", "1"]).succeeds();
    let numbers = client
        .query("SELECT id FROM tenantry.tenant ORDER BY id", &[])
        .unwrap();
    let numbers: Vec<i64> = numbers.iter().map(|row| row.get(0)).collect();
    assert_eq!(numbers.len(), 5);
    assert!(numbers[2] > 1_000_000, "{numbers:?}");
    app.manage(&["check"]).succeeds();
}

#[test]
fn a_recorded_chain_with_gaps_makes_no_tenants() {
    let app = App::with_tenants(&["acme"]);
    let mut client = app.db.connect();
    client.batch_execute("TRUNCATE tenantry.migration").unwrap();
    for args in [
        &["migrate"][..],
        &["status"],
        &["tenants", "create", "beta"],
        &["standby", "--count", "1"],
    ] {
        app.manage(args)
            .fails()
            .complains("the schema `tenantry` lacks rows of `migration`");
    }
}
