//! Messages before a migration, and of schemas that somebody has changed by hand.

use super::app::App;

/// Writes a second migration by hand.
fn second(app: &App, sql: &str) {
    app.manage(&["makemigrations", "--empty", "--name", "more"])
        .succeeds();
    app.write("0002_more/tenant.up.sql", sql);
}

#[test]
fn a_chain_that_makes_no_tenant_is_found_out_where_there_is_none() {
    let app = App::with_tenants(&[]);
    second(
        &app,
        "ALTER TABLE \"{tenant}\".\"customers\" ADD COLUMN a int;\nALTER TABLE \"{tenant}\".\"nothing\" ADD COLUMN b int;\n",
    );
    let before = app.picture();
    for args in [&["check"][..], &["migrate", "--try"]] {
        let run = app.manage(args).fails();
        let told = format!("{}{}", run.out, run.err);
        assert!(
            told.contains("`0002_more/tenant.up.sql`, line 2"),
            "{run:?}"
        );
        assert_eq!(app.picture(), before, "{args:?}");
    }
    app.manage(&["migrate"])
        .fails()
        .complains("no tenant can be made by the migrations");
    // As before: at the version that works.
    app.manage(&["tenants", "create", "acme"])
        .succeeds()
        .says("at version 1");
    app.write(
        "0002_more/tenant.up.sql",
        "ALTER TABLE \"{tenant}\".\"customers\" ADD COLUMN a int;\n",
    );
    app.manage(&["check"])
        .succeeds()
        .says("a tenant can be made");
    app.manage(&["migrate"]).succeeds();
}

#[test]
fn a_check_tries_the_chain_before_the_database_was_ever_migrated() {
    let app = App::new();
    app.manage(&["makemigrations"]).succeeds();
    let before = app.picture();
    app.manage(&["check"])
        .succeeds()
        .says("a tenant can be made");
    second(&app, "SELECT 1 / 0, '\"{tenant}\"';\n");
    app.manage(&["check"])
        .fails()
        .says("0002_more/tenant.up.sql");
    assert_eq!(app.picture().1, before.1);
}

#[test]
fn what_somebody_did_by_hand_is_told_of_each_schema() {
    let app = App::with_tenants(&["acme", "globex", "initech"]);
    app.manage(&["check"])
        .succeeds()
        .says("4 schemas compared: what is there is what the migrations make");
    for (sql, undo, says) in [
        (
            "ALTER TABLE acme.customers ADD COLUMN extra int",
            "ALTER TABLE acme.customers DROP COLUMN extra",
            "add column `extra` to tenant table `customers`",
        ),
        (
            "ALTER TABLE acme.customers ALTER COLUMN email TYPE varchar(9)",
            "ALTER TABLE acme.customers ALTER COLUMN email TYPE text",
            "`email`",
        ),
        (
            "CREATE INDEX odd ON acme.customers (email)",
            "DROP INDEX acme.odd",
            "`odd`",
        ),
        (
            "ALTER TABLE acme.customers ADD CONSTRAINT odd CHECK (id > 0)",
            "ALTER TABLE acme.customers DROP CONSTRAINT odd",
            "`odd`",
        ),
        (
            "CREATE FUNCTION acme.odd() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "DROP FUNCTION acme.odd()",
            "create function `odd()`",
        ),
        (
            "ALTER TABLE acme.customers RENAME TO clients",
            "ALTER TABLE acme.clients RENAME TO customers",
            "create tenant table `clients`",
        ),
        (
            "ALTER TABLE acme.customers SET UNLOGGED",
            "ALTER TABLE acme.customers SET LOGGED",
            "customers",
        ),
    ] {
        let mut client = app.db.connect();
        client.batch_execute(sql).unwrap();
        app.manage(&["check"])
            .fails()
            .says("tenant `acme` is not what its migrations make")
            .says(says);
        let status = app.json(&["status", "--drift", "--json"]);
        let found = status["drift"]["found"].as_array().unwrap();
        assert_eq!(found.len(), 1, "{sql}: {found:?}");
        assert_eq!(found[0]["tenant"], "acme");
        assert!(found[0]["changes"].to_string().contains(says), "{found:?}");
        client.batch_execute(undo).unwrap();
        app.manage(&["check"]).succeeds();
    }
    let mut client = app.db.connect();
    client
        .batch_execute("ALTER TABLE shared.plans ADD COLUMN extra int")
        .unwrap();
    app.manage(&["status", "--drift"])
        .succeeds()
        .says("the shared schema is not what its migrations make")
        .says("`extra`");
    app.manage(&["status", "--drift", "--html", "page.html"])
        .succeeds();
    let page = std::fs::read_to_string(app.path("../page.html")).unwrap();
    assert!(page.contains("Changed by hand") && page.contains("`extra`"));
}

#[test]
fn a_dry_run_shows_the_sql_and_a_try_says_what_would_fail() {
    let app = App::with_tenants(&["acme", "globex"]);
    second(
        &app,
        "ALTER TABLE \"{tenant}\".\"customers\" ADD COLUMN notes text NOT NULL;\n",
    );
    app.manage(&["migrate", "--dry-run"])
        .succeeds()
        .says("-- 0002_more/tenant.up.sql, in the schema `acme`, and 1 more")
        .says("ALTER TABLE \"acme\".\"customers\" ADD COLUMN notes text NOT NULL;");
    let before = app.picture();
    app.manage(&["migrate", "--try"])
        .succeeds()
        .says("tenant `globex`: 0002_more would work");
    assert_eq!(app.picture(), before);
    app.db
        .connect()
        .batch_execute(
            "INSERT INTO shared.plans VALUES (1, 'pro', 1); INSERT INTO acme.customers VALUES (1, 'x', 1)",
        )
        .unwrap();
    let before = app.picture();
    app.manage(&["migrate", "--try"])
        .fails()
        .says("tenant `globex`: 0002_more would work")
        .says("tenant `acme`: nothing would work")
        .complains("`0002_more/tenant.up.sql`, line 1")
        .complains("1 schema would fail");
    let trial = app.manage(&["migrate", "--try", "--json"]).fails();
    assert!(trial.out.contains("\"sqlstate\""), "{trial:?}");
    assert_eq!(app.picture(), before);
    app.write(
        "0002_more/tenant.up.sql",
        "CREATE INDEX CONCURRENTLY i ON \"{tenant}\".\"customers\" (email);\n",
    );
    app.manage(&["migrate", "--try"])
        .succeeds()
        .says("not tried: what `0002_more` does outside of a transaction");
}

#[test]
fn a_chain_that_needs_several_transactions_is_tried_and_compared_like_any_other() {
    let app = App::with_tenants(&["acme"]);
    second(
        &app,
        "CREATE TYPE \"{tenant}\".mood AS ENUM ('new'); ALTER TABLE \"{tenant}\".\"customers\" ADD COLUMN mood \"{tenant}\".mood;\n",
    );
    for (name, sql) in [
        (
            "0003_label",
            "ALTER TYPE \"{tenant}\".mood ADD VALUE 'sent';\n",
        ),
        (
            "0004_used",
            "ALTER TABLE \"{tenant}\".\"customers\" ALTER COLUMN mood SET DEFAULT 'sent';\n",
        ),
    ] {
        app.manage(&["makemigrations", "--empty", "--name", &name[5..]])
            .succeeds();
        app.write(&format!("{name}/tenant.up.sql"), sql);
    }
    app.manage(&["migrate"]).succeeds();
    let run = app.manage(&["check"]).succeeds();
    assert!(!run.out.contains("not compared"), "{run:?}");
    let mut client = app.db.connect();
    client
        .batch_execute("ALTER TABLE acme.customers ALTER COLUMN mood DROP DEFAULT")
        .unwrap();
    app.manage(&["status", "--drift"])
        .says("tenant `acme` is not what its migrations make");
    client
        .batch_execute("ALTER TABLE acme.customers ALTER COLUMN mood SET DEFAULT 'sent'")
        .unwrap();
    // Without tenants, what a new one will be made of is tried.
    app.manage(&["tenants", "drop", "acme", "--yes"]).succeeds();
    app.manage(&["makemigrations", "--empty", "--name", "wrong"])
        .succeeds();
    app.write(
        "0005_wrong/tenant.up.sql",
        "SELECT 1 / 0, '\"{tenant}\"';\n",
    );
    for args in [&["check"][..], &["migrate", "--try"]] {
        let run = app.manage(args).fails();
        let told = format!("{}{}", run.out, run.err);
        assert!(
            told.contains("`0005_wrong/tenant.up.sql`") && told.contains("division by zero"),
            "{run:?}"
        );
    }
    app.write(
        "0005_wrong/tenant.up.sql",
        "SELECT pg_catalog.pg_sleep(600), '\"{tenant}\"';\n",
    );
    let run = app.manage(&["migrate", "--try", "--statement-timeout", "2s"]);
    let run = run.fails();
    assert!(
        run.err.contains("`0005_wrong/tenant.up.sql`") && run.err.contains("statement timeout"),
        "{run:?}"
    );
    app.write("0005_wrong/tenant.up.sql", "SELECT 1, '\"{tenant}\"';\n");
    let run = app.manage(&["migrate", "--try"]).succeeds();
    assert!(!run.out.contains("not tried"), "{run:?}");
    app.manage(&["migrate"]).succeeds();
    app.manage(&["tenants", "create", "globex"]).succeeds();
}

#[test]
fn books_that_contradict_themselves_are_found() {
    let app = App::with_tenants(&["acme", "globex"]);
    app.manage(&["standby", "--count", "1"]).succeeds();
    second(
        &app,
        "ALTER TABLE \"{tenant}\".\"customers\" ADD COLUMN a int;\n",
    );
    app.manage(&["migrate"]).succeeds();
    app.manage(&["check"]).succeeds();
    let mut client = app.db.connect();
    for (sql, says) in [
        (
            "UPDATE tenantry.tenant SET version = 5 WHERE key = 'acme'",
            "the tenant `acme` is at version 5 by the registry, which no recorded migration leads to",
        ),
        (
            "UPDATE tenantry.tenant SET version = 1 WHERE key = 'acme'",
            "the tenant `acme` is at version 1 by the registry, and the ledger has what comes after it: `0002_more`",
        ),
        (
            "DELETE FROM tenantry.ledger WHERE migration = '0001_initial' AND tenant_id > 0",
            "the tenant `globex` is at version 2 by the registry, and the ledger lacks `0001_initial`",
        ),
        (
            "DELETE FROM tenantry.ledger WHERE tenant_id = 0",
            "the shared schema is at version 1 by the registry, and the ledger lacks `0001_initial`",
        ),
        (
            "DELETE FROM tenantry.tenant WHERE key = 'globex'",
            "the schema `globex` was made for a tenant that the registry does not have",
        ),
    ] {
        let kept = "CREATE SCHEMA kept; CREATE TABLE kept.tenant AS TABLE tenantry.tenant; \
                    CREATE TABLE kept.ledger AS TABLE tenantry.ledger;";
        client.batch_execute(&format!("{kept} {sql}")).unwrap();
        app.manage(&["check"]).fails().says(says);
        let back = "TRUNCATE tenantry.tenant, tenantry.ledger; INSERT INTO tenantry.tenant SELECT * FROM kept.tenant; \
                    INSERT INTO tenantry.ledger SELECT * FROM kept.ledger; DROP SCHEMA kept CASCADE";
        client.batch_execute(back).unwrap();
        app.manage(&["check"]).succeeds();
    }
}

#[test]
fn a_migration_that_needs_a_transaction_inside_is_told_to_fail() {
    let app = App::with_tenants(&["acme"]);
    second(
        &app,
        "CREATE TYPE \"{tenant}\".mood AS ENUM ('new'); ALTER TABLE \"{tenant}\".\"customers\" ADD COLUMN mood \"{tenant}\".mood;\n",
    );
    app.manage(&["migrate"]).succeeds();
    app.manage(&["makemigrations", "--empty", "--name", "sent"])
        .succeeds();
    app.write(
        "0003_sent/tenant.up.sql",
        "ALTER TYPE \"{tenant}\".mood ADD VALUE 'sent'; ALTER TABLE \"{tenant}\".\"customers\" ALTER COLUMN mood SET DEFAULT 'sent';\n",
    );
    let run = app.manage(&["migrate", "--try"]).fails();
    assert!(!run.out.contains("not tried"), "{run:?}");
    assert!(run.err.contains("`0003_sent/tenant.up.sql`"), "{run:?}");
}

#[test]
fn a_new_tenant_is_tried_also_where_a_migration_is_no_transaction() {
    let app = App::with_tenants(&[]);
    second(
        &app,
        "CREATE INDEX CONCURRENTLY i ON \"{tenant}\".\"customers\" (email);\n",
    );
    app.manage(&["makemigrations", "--empty", "--name", "parts"])
        .succeeds();
    app.write(
        "0003_parts/migration.toml",
        "format = 1\nid = \"0003_parts\"\ntransaction = false\n",
    );
    app.write(
        "0003_parts/tenant.up.sql",
        "ALTER TABLE \"{tenant}\".\"customers\" ADD COLUMN a int;\n",
    );
    let run = app.manage(&["migrate", "--try"]).succeeds();
    assert!(!run.out.contains("not tried"), "{run:?}");
    assert!(run.out.contains("0003_parts would work"), "{run:?}");
    app.write(
        "0003_parts/tenant.up.sql",
        "SELECT 1 / 0, '\"{tenant}\"';\n",
    );
    app.manage(&["migrate", "--try"])
        .fails()
        .complains("`0003_parts/tenant.up.sql`");
}

#[test]
fn what_other_tenants_hold_until_they_are_migrated_is_no_failure_of_a_trial() {
    let app = App::with_tenants(&["acme", "globex"]);
    second(
        &app,
        "ALTER TABLE \"{tenant}\".\"customers\" DROP COLUMN plan;\n",
    );
    app.manage(&["makemigrations", "--empty", "--name", "planless"])
        .succeeds();
    app.write(
        "0003_planless/shared.up.sql",
        "DROP TABLE \"{shared}\".plans;\n",
    );
    let why = "`0003_planless` and what comes after it: it drops what other tenants depend on until they have `0002_more`";
    let run = app.manage(&["migrate", "--try"]).succeeds();
    for tenant in ["acme", "globex"] {
        assert!(
            run.out
                .contains(&format!("tenant `{tenant}`: 0002_more would work")),
            "{run:?}"
        );
    }
    assert_eq!(run.out.matches(why).count(), 2, "{run:?}");
    // A tenant that would hold it all the same fails, and so does one that others hold for good.
    app.write(
        "0002_more/tenant.up.sql",
        "ALTER TABLE \"{tenant}\".\"customers\" ADD COLUMN more text;\n",
    );
    let run = app.manage(&["migrate", "--try"]).fails();
    assert!(!run.out.contains("other tenants"), "{run:?}");
    app.write(
        "0002_more/tenant.up.sql",
        "ALTER TABLE \"{tenant}\".\"customers\" DROP COLUMN plan;\n",
    );
    app.manage(&["migrate", "--to", "2"]).succeeds();
    app.db
        .connect()
        .batch_execute(
            "ALTER TABLE globex.customers ADD COLUMN plan bigint REFERENCES shared.plans",
        )
        .unwrap();
    let run = app.manage(&["migrate", "--try"]).fails();
    assert!(!run.out.contains("other tenants"), "{run:?}");
    app.db
        .connect()
        .batch_execute("ALTER TABLE globex.customers DROP COLUMN plan")
        .unwrap();
    app.manage(&["migrate", "--try"])
        .succeeds()
        .says("0003_planless would work");
    app.manage(&["migrate", "--yes"]).succeeds();
}
