//! Databases that something else has made: they are taken over as they are.

use tenantry_tests::fleet::texts;

use super::app::App;

/// An application whose database was made by something else: the schemas are there, and nothing knows of them.
fn foreign(keys: &[&str]) -> App {
    let app = App::with_tenants(keys);
    let mut client = app.db.connect();
    client
        .batch_execute("DROP SCHEMA tenantry CASCADE")
        .unwrap();
    client
        .batch_execute("INSERT INTO shared.plans (code, ledger_id) VALUES ('pro', 1)")
        .unwrap();
    for key in keys {
        let sql = format!(
            "COMMENT ON SCHEMA {key} IS NULL; INSERT INTO {key}.customers (email, plan) VALUES ('ann@{key}.example', 1)"
        );
        client.batch_execute(&sql).unwrap();
    }
    app
}

#[test]
fn a_database_of_something_else_is_taken_over_with_its_rows() {
    let mut app = foreign(&["acme", "globex"]);
    app.manage(&["migrate"]).fails().complains("already exists");
    app.manage(&[
        "adopt",
        "--at",
        "0001_initial",
        "--shared",
        "acme",
        "umbrella=globex",
    ])
    .succeeds()
    .says("the shared schema `shared` is taken over at 0001_initial")
    .says("the schema `acme` is that of the tenant `acme` now, at version 1")
    .says("the schema `globex` is that of the tenant `umbrella` now, at version 1");
    app.manage(&["check"]).succeeds();
    app.manage(&["status", "--drift"]).succeeds();
    app.manage(&["tenants", "create", "initech"]).succeeds();
    app.release("second");
    app.manage(&["makemigrations"]).succeeds();
    app.manage(&["migrate"]).succeeds();
    app.manage(&["check"]).succeeds();
    let mut client = app.db.connect();
    for (schema, email) in [
        ("acme", "ann@acme.example"),
        ("globex", "ann@globex.example"),
    ] {
        let sql = format!("SELECT email FROM {schema}.customers WHERE notes IS NULL");
        assert_eq!(texts(&mut client, &sql), [email]);
    }
    // It is a tenant like any other.
    app.manage(&["tenants", "drop", "umbrella", "--yes"])
        .succeeds();
    assert_eq!(app.tables("globex"), Vec::<String>::new());
}

#[test]
fn a_schema_that_is_something_else_is_refused_with_what_is_different() {
    let app = foreign(&["acme", "globex"]);
    let mut client = app.db.connect();
    client
        .batch_execute(
            "ALTER TABLE acme.customers ADD COLUMN \"Extra\" text; ALTER TABLE acme.customers ALTER COLUMN email DROP NOT NULL; \
             CREATE VIEW acme.emails AS SELECT email FROM acme.customers; \
             ALTER TABLE shared.plans ADD COLUMN extra text",
        )
        .unwrap();
    app.manage(&["adopt", "--at", "1", "--shared"])
        .fails()
        .complains("the schema `shared` is not what the migrations up to `0001_initial` make")
        .complains("add column `extra` to shared table `plans`");
    // Nothing was taken over, and nothing is believed of it.
    app.manage(&["adopt", "--at", "1", "acme"])
        .fails()
        .complains("take the shared schema over first");
    let sql = app
        .manage(&["adopt", "--at", "1", "--shared", "--sql"])
        .succeeds()
        .out;
    assert!(
        sql.contains("ALTER TABLE \"shared\".\"plans\" DROP COLUMN \"extra\";"),
        "{sql}"
    );
    client.batch_execute(&sql).unwrap();
    app.manage(&["adopt", "--at", "1", "--shared"]).succeeds();
    // One that differs is in nobody's way.
    app.manage(&["adopt", "--at", "1", "acme", "globex"])
        .fails()
        .says("the tenant `globex` now")
        .complains("add column `Extra` to tenant table `customers`")
        .complains("allow nulls in column `email`")
        .complains("create view `emails`")
        .complains("(tenant `acme`)");
    client.batch_execute("DROP VIEW acme.emails").unwrap();
    let sql = app
        .manage(&["adopt", "--at", "1", "acme", "--sql"])
        .succeeds()
        .out;
    client.batch_execute(&sql).unwrap();
    app.manage(&["adopt", "--at", "1", "acme"]).succeeds();
    app.manage(&["check"]).succeeds();
    assert_eq!(
        texts(&mut client, "SELECT email FROM acme.customers"),
        ["ann@acme.example"]
    );
}

#[test]
fn a_shared_schema_that_is_refused_leaves_nothing_behind() {
    let app = foreign(&["acme"]);
    let mut client = app.db.connect();
    let adopt = ["adopt", "--at", "1", "--shared"];
    let all = "SELECT nspname::text FROM pg_namespace WHERE nspname IN ('tenantry', 'shared')";
    client
        .batch_execute("ALTER TABLE shared.plans ADD COLUMN extra text")
        .unwrap();
    app.manage(&adopt)
        .fails()
        .complains("add column `extra` to shared table `plans`");
    assert_eq!(texts(&mut client, all), ["shared"]);
    client.batch_execute("DROP SCHEMA shared CASCADE").unwrap();
    app.manage(&adopt)
        .fails()
        .complains("the database has no schema `shared`");
    assert!(texts(&mut client, all).is_empty());
}

#[test]
fn a_shared_schema_that_is_taken_over_already_is_compared_again() {
    let app = foreign(&["acme"]);
    let again = ["adopt", "--at", "1", "--shared"];
    app.manage(&again).succeeds();
    app.manage(&again).succeeds();
    let mut client = app.db.connect();
    client
        .batch_execute("ALTER TABLE shared.plans ADD COLUMN extra text")
        .unwrap();
    app.manage(&again)
        .fails()
        .complains("the schema `shared` is not what the migrations up to `0001_initial` make")
        .complains("add column `extra` to shared table `plans`");
}

#[test]
fn what_can_not_be_taken_over_is_told() {
    let app = foreign(&["acme", "globex"]);
    app.manage(&["adopt", "--at", "1", "acme"])
        .fails()
        .complains("migrate the database first");
    app.manage(&["adopt", "--at", "7", "--shared"])
        .fails()
        .complains("there is no migration `7`");
    app.manage(&["adopt", "--at", "1"]).refused_as_usage();
    app.manage(&["adopt", "--at", "1", "--shared", "acme"])
        .succeeds();
    let mut client = app.db.connect();
    client.batch_execute("CREATE SCHEMA empty").unwrap();
    for (tenant, told) in [
        ("nobody", "no schema `nobody`"),
        ("acme", "there is a tenant with this key"),
        ("other=acme", "of the tenant `acme`"),
        ("ACME=globex", "there is a tenant `acme`"),
        ("empty", "drop tenant table `customers`"),
        ("shared", "is the shared schema"),
        ("x=t7_x", "has the form of the names that tenantry makes up"),
    ] {
        if tenant.ends_with("t7_x") {
            client
                .batch_execute("ALTER SCHEMA globex RENAME TO t7_x")
                .unwrap();
        }
        app.manage(&["adopt", "--at", "1", tenant])
            .fails()
            .complains(told);
    }
    // There is a tenant that counts on it.
    app.manage(&["adopt", "--at", "1", "--shared"]).succeeds();
    app.manage(&["check"]).succeeds();
}

#[test]
fn an_older_schema_is_taken_over_where_it_is_and_brought_up() {
    let mut app = foreign(&["acme"]);
    app.manage(&["adopt", "--at", "1", "--shared"]).succeeds();
    app.release("second");
    app.manage(&["makemigrations"]).succeeds();
    app.manage(&["migrate"]).succeeds();
    app.manage(&["adopt", "--at", "2", "acme"])
        .fails()
        .complains("drop column `notes`");
    app.manage(&["adopt", "--at", "1", "acme"]).succeeds();
    app.manage(&["migrate"]).succeeds();
    app.manage(&["check"]).succeeds();
    assert!(
        app.columns("acme", "customers")
            .contains(&"notes".to_owned())
    );
}

#[test]
fn a_schema_that_nobody_could_migrate_is_refused() {
    let app = foreign(&["acme"]);
    let mut client = app.db.connect();
    let role = "tenantry_stranger_adopt";
    client
        .batch_execute(&format!(
            "DROP ROLE IF EXISTS {role}; CREATE ROLE {role}; CREATE ROLE {role}_books; \
             GRANT CREATE ON DATABASE {} TO {role}_books",
            app.db.name()
        ))
        .unwrap();
    app.manage(&["adopt", "--at", "1", "--shared"]).succeeds();
    client
        .batch_execute(&format!(
            "ALTER TABLE acme.customers OWNER TO {role}; ALTER TABLE tenantry.tenant OWNER TO {role}_books"
        ))
        .unwrap();
    let run = app.manage(&["adopt", "--at", "1", "acme"]).fails();
    client
        .batch_execute(&format!(
            "DROP OWNED BY {role}, {role}_books CASCADE; DROP ROLE {role}, {role}_books"
        ))
        .unwrap();
    assert!(run.err.contains("`customers` belongs to"), "{run:?}");
    assert!(run.err.contains("could not be migrated"), "{run:?}");
}
