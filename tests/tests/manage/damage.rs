//! Books of which somebody has dropped or emptied a part: one error that says what is gone, and no circle of advice.

use super::app::App;

/// Commands that read or write the books, and whether they can do without some tables.
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

/// Runs all commands over books that lack something.
fn all_tell(app: &App, lacking: &str) {
    for (args, may_do_without) in COMMANDS {
        let run = app.manage(args);
        let told = format!("{}{}", run.out, run.err);
        let says = told
            .contains("the books of this database are damaged: the schema `tenantry` lacks ")
            && told.contains(lacking)
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
    app.manage(&["rollout", "abort"]).succeeds();
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
fn books_that_are_made_anew_give_no_number_that_a_schema_has() {
    let app = App::with_tenants(&["acme"]);
    let mut client = app.db.connect();
    client
        .batch_execute("DROP SCHEMA tenantry CASCADE; DROP TABLE shared.plans CASCADE")
        .unwrap();
    app.manage(&["migrate"]).succeeds();
    app.manage(&["tenants", "create", "globex"]).succeeds();
    let row = client
        .query_one("SELECT id FROM tenantry.tenant", &[])
        .unwrap();
    assert!(row.get::<_, i64>(0) > 1_000_000);
    app.manage(&["check"])
        .fails()
        .says("the schema `acme` was made for a tenant that the registry does not have");
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
