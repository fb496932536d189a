//! Chains of which several migrations have checks that wait for the end of their transaction.

use tenantry::migrate::Chain;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{CUSTOMERS, Folder, PLANS, check_whole, create, texts};

use crate::common::{Migrations, NOTES, PHONES};

/// Rows of `parts` before those that they refer to, and numbers that are unique in the end only.
const PARTS: &str = "\
    CREATE TABLE \"{tenant}\".\"It's whole\" (id int PRIMARY KEY);\n\
    CREATE TABLE \"{tenant}\".parts (id int, n int UNIQUE DEFERRABLE INITIALLY DEFERRED, \
    CONSTRAINT \"The \"\"key\" FOREIGN KEY (id) REFERENCES \"{tenant}\".\"It's whole\" DEFERRABLE INITIALLY DEFERRED);\n\
    INSERT INTO \"{tenant}\".parts VALUES (1, 1), (2, 2);\nUPDATE \"{tenant}\".parts SET n = 3 - n;\n\
    INSERT INTO \"{tenant}\".\"It's whole\" VALUES (1), (2);\n";

/// The same of other tables, and once more of those of before.
const LINES: &str = "\
    CREATE TABLE \"{tenant}\".orders (id int PRIMARY KEY);\n\
    CREATE TABLE \"{tenant}\".lines (id int REFERENCES \"{tenant}\".orders DEFERRABLE INITIALLY DEFERRED);\n\
    INSERT INTO \"{tenant}\".lines VALUES (1), (2);\nINSERT INTO \"{tenant}\".orders VALUES (1), (2);\n\
    INSERT INTO \"{tenant}\".parts VALUES (3, 3);\nINSERT INTO \"{tenant}\".\"It's whole\" VALUES (3);\n\
    DELETE FROM \"{tenant}\".\"It's whole\" WHERE id = 1;\nDELETE FROM \"{tenant}\".parts WHERE id = 1;\n";

/// A constraint trigger whose rows another one looks at, which nothing else has touched.
const LOGGED: &str = "\
    CREATE TABLE \"{tenant}\".seen (id int REFERENCES \"{tenant}\".orders DEFERRABLE INITIALLY DEFERRED);\n\
    CREATE FUNCTION \"{tenant}\".see() RETURNS trigger LANGUAGE plpgsql SET search_path = \"{tenant}\" AS \
    $f$ BEGIN INSERT INTO seen VALUES (NEW.id); RETURN NULL; END $f$;\n\
    CREATE CONSTRAINT TRIGGER \"to see\" AFTER INSERT ON \"{tenant}\".orders DEFERRABLE INITIALLY DEFERRED \
    FOR EACH ROW EXECUTE FUNCTION \"{tenant}\".see();\n\
    INSERT INTO \"{tenant}\".orders VALUES (7);\n";

fn of_tenants<'a>(id: &'a str, sql: &'a [(&'a str, &'a str); 1]) -> Folder<'a> {
    (id, &sql[..])
}

const FILES: [[(&str, &str); 1]; 3] = [
    [("tenant.up.sql", PARTS)],
    [("tenant.up.sql", LINES)],
    [("tenant.up.sql", LOGGED)],
];

fn chain() -> Migrations {
    Migrations::new(&[
        PLANS,
        CUSTOMERS,
        of_tenants("0003_parts", &FILES[0]),
        of_tenants("0004_lines", &FILES[1]),
        of_tenants("0005_logged", &FILES[2]),
        of_tenants(
            "0006_again",
            &[(
                "tenant.up.sql",
                "INSERT INTO \"{tenant}\".lines VALUES (8);\nINSERT INTO \"{tenant}\".orders VALUES (8);",
            )],
        ),
        ("0007_phones", PHONES.1),
        ("0008_notes", NOTES.1),
    ])
}

#[test]
fn each_migration_has_its_own_end() {
    let database = TestDb::new();
    let mut client = database.connect();
    let migrations = chain();
    let migrator = || migrations.migrator();
    // A tenant that goes through all of it, in transactions of its own.
    tenantry_tests::fleet::migrate(&mut client, first(&migrations));
    create(&mut client, "tenant_old");
    migrator().on(&mut client).try_new_tenant().unwrap();
    migrator().on(&mut client).try_out().unwrap();
    migrations.migrate(&mut client);
    let reasons = "SELECT reason FROM tenantry.baseline WHERE reason IS NOT NULL";
    assert_eq!(texts(&mut client, reasons), [""; 0]);
    create(&mut client, "tenant_new");
    check_whole(&mut client, &migrations.chain());
    for tenant in ["tenant_old", "tenant_new"] {
        let rows = format!(
            "SELECT pg_catalog.concat_ws(' ', 'part', id, n) FROM {tenant}.parts \
             UNION ALL SELECT 'seen ' || id FROM {tenant}.seen UNION ALL SELECT 'line ' || id FROM {tenant}.lines ORDER BY 1"
        );
        assert_eq!(
            texts(&mut client, &rows),
            [
                "line 1", "line 2", "line 8", "part 2 1", "part 3 3", "seen 7", "seen 8"
            ],
            "{tenant}"
        );
    }
}

/// The migrations before the first that has checks which wait.
fn first(migrations: &Migrations) -> Chain {
    let all = migrations.chain();
    let folder = Migrations::new(&[PLANS, CUSTOMERS]);
    assert_eq!(
        all.migrations()[1].id(),
        folder.chain().migrations()[1].id()
    );
    folder.chain()
}

#[test]
fn a_range_behind_them_is_made_one() {
    let database = TestDb::new();
    let mut client = database.connect();
    let migrations = chain();
    migrations.migrate(&mut client);
    migrations.squash(&mut client, "7", "8");
}

#[test]
fn a_range_of_them_is_refused_at_the_statement() {
    let database = TestDb::new();
    let mut client = database.connect();
    let migrations = chain();
    migrations.refuses(
        &mut client,
        ("3", "4"),
        "as one migration they fail on new schemas",
    );
    migrations.refuses(
        &mut client,
        ("3", "4"),
        "help: end the range before that statement",
    );
}
