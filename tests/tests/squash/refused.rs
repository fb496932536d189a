//! Ranges that are not made one, and why.

use tenantry::ErrorKind;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{
    CUSTOMERS, Folder, PLANS, check_whole, create, ensure_role, schemas, texts,
};

use crate::common::{ALL, CODES, Migrations, NOTES, PHONES, PRICES};

fn chain<'a>(more: &[Folder<'a>]) -> Migrations {
    let mut folders: Vec<Folder<'a>> = vec![PLANS, CUSTOMERS];
    folders.extend(more);
    Migrations::new(&folders)
}

#[test]
fn a_range_is_two_migrations_at_least_in_their_order() {
    let database = TestDb::new();
    let mut client = database.connect();
    let migrations = Migrations::new(&ALL);
    for (range, why) in [
        (("3", "3"), "`0003_phones` alone is one migration already"),
        (("4", "3"), "the first migration comes after the last"),
        (("0003_phone", "4"), "did you mean `0003_phones`?"),
        (("3", "9"), "there is no migration `9`"),
    ] {
        migrations.refuses(&mut client, range, why);
    }
    for (name, why) in [
        (
            "prices",
            "has the name of a migration whose place it would take",
        ),
        ("Prices", "is not named like a migration"),
        ("../x", "is not named like a migration"),
    ] {
        let error = migrations.migrator().on(&mut client).squash("3", "6", name);
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Chain);
        assert!(error.to_string().contains(why), "{error}");
    }
    let carried = tenantry_tests::fleet::chain(&ALL);
    let error = tenantry_tests::fleet::migrator(carried)
        .on(&mut client)
        .squash("3", "6", "squashed");
    assert!(error.unwrap_err().to_string().contains("`Chain::open`"));
}

#[test]
fn what_a_transaction_leaves_would_reach_the_next() {
    let database = TestDb::new();
    let mut client = database.connect();
    for (sql, why) in [
        ("SET LOCAL work_mem = '1MB'; SELECT 1", "what it sets"),
        ("SET CONSTRAINTS ALL DEFERRED", "what it sets"),
        ("CREATE TEMPORARY TABLE kept (id int)", "what is temporary"),
        (
            "SELECT set_config('a.b', 'c', true)",
            "a setting for the transaction",
        ),
        (
            "LOCK TABLE \"{tenant}\".customers",
            "the lock that it takes",
        ),
    ] {
        let files = [("tenant.up.sql", sql)];
        let migrations = chain(&[("0003_left", &files), ("0004_notes", PHONES.1)]);
        migrations.refuses(&mut client, ("3", "4"), why);
        // At the end it reaches nothing.
        let migrations = chain(&[("0003_notes", PHONES.1), ("0004_left", &files)]);
        migrations.try_squash(&mut client, "3", "4").unwrap();
    }
}

#[test]
fn a_migration_that_is_no_transaction_stays_apart() {
    let database = TestDb::new();
    let mut client = database.connect();
    let alone = [
        (
            "migration.toml",
            "format = 1\nid = \"0004_alone\"\ntransaction = false\n",
        ),
        ("tenant.up.sql", "CREATE TABLE \"{tenant}\".alone (id int)"),
    ];
    let migrations = chain(&[PHONES, ("0004_alone", &alone)]);
    let why = "`0004_alone` is no transaction, and `0003_phones` is one";
    migrations.refuses(&mut client, ("3", "4"), why);
}

#[test]
fn rows_that_each_tenant_has_read_are_not_changed_before() {
    let database = TestDb::new();
    let mut client = database.connect();
    let copies = [(
        "tenant.up.sql",
        "CREATE TABLE \"{tenant}\".copies AS SELECT code FROM \"{shared}\".plans",
    )];
    let migrations = chain(&[PHONES, ("0004_copies", &copies), ("0005_codes", CODES.1)]);
    let why = "`0004_copies` reads or writes shared rows for each tenant, and in one migration the shared part of `0005_codes` would come before it";
    migrations.refuses(&mut client, ("3", "5"), why);
    migrations.try_squash(&mut client, "3", "4").unwrap();
}

/// A part for tenants that looks whether the shared part after it is there already, where nobody sees that it does.
fn looks(sql: &'static str) -> [(&'static str, &'static str); 1] {
    [("tenant.up.sql", sql)]
}

const PRICED: Folder<'static> = (
    "0004_priced",
    &[(
        "shared.up.sql",
        "CREATE TABLE \"{shared}\".squash_prices (id bigint PRIMARY KEY)",
    )],
);

#[test]
fn a_structure_that_is_another_is_told_as_a_difference() {
    let database = TestDb::new();
    let mut client = database.connect();
    let looks = looks(
        "DO $$ BEGIN IF EXISTS (SELECT FROM pg_catalog.pg_class WHERE relname = 'squash_prices') THEN \
         EXECUTE 'CREATE TABLE ' || '\"{tenant}\"'::regnamespace || '.late (id bigint PRIMARY KEY)'; END IF; END $$",
    );
    let migrations = chain(&[("0003_looks", &looks), PRICED]);
    let why = "as one they give something else (`+` is what would have been done besides, `±` what is another):\n  \
               a tenant's schema\n  + create tenant table `late`\nhelp: ";
    migrations.refuses(&mut client, ("3", "4"), why);
}

#[test]
fn rows_that_are_others_are_told_as_a_difference() {
    let database = TestDb::new();
    let mut client = database.connect();
    let looks = looks(
        "INSERT INTO \"{tenant}\".customers (id, name) SELECT 1, count(*)::text FROM pg_catalog.pg_class WHERE relname = 'squash_prices'",
    );
    let migrations = chain(&[("0003_looks", &looks), PRICED]);
    let why = "  a tenant's schema\n  ± the column `name` of the rows of `customers`\nhelp: ";
    migrations.refuses(&mut client, ("3", "4"), why);
}

#[test]
fn rows_that_are_others_each_time_show_nothing() {
    let database = TestDb::new();
    let mut client = database.connect();
    let clock =
        looks("INSERT INTO \"{tenant}\".customers (id, name) VALUES (1, clock_timestamp()::text)");
    let migrations = chain(&[("0003_clock", &clock), ("0004_prices", PRICES.1)]);
    let why = "what they give is not the same each time they run, so it can't be compared:\n  \
               a tenant's schema\n  ± the column `name` of the rows of `customers`";
    migrations.refuses(&mut client, ("3", "4"), why);
}

#[test]
fn a_way_back_that_is_another_is_told_too() {
    let database = TestDb::new();
    let mut client = database.connect();
    // Undone one by one, the shared column is there still when the tenant's part before it is undone.
    let kept = [
        ("tenant.up.sql", "CREATE TABLE \"{tenant}\".kept (id int)"),
        (
            "tenant.down.sql",
            "DO $$ BEGIN IF EXISTS (SELECT FROM pg_catalog.pg_class WHERE relname = 'squash_prices') THEN \
             EXECUTE 'DROP TABLE ' || '\"{tenant}\"'::regnamespace || '.kept'; END IF; END $$",
        ),
    ];
    let priced = [
        PRICED.1[0],
        ("shared.down.sql", "DROP TABLE \"{shared}\".squash_prices"),
    ];
    let migrations = chain(&[("0003_kept", &kept), ("0004_priced", &priced)]);
    let why = "as one they give something else, once they are undone";
    migrations.refuses(&mut client, ("3", "4"), why);
}

#[test]
fn a_label_that_is_used_at_once_needs_two_transactions() {
    let database = TestDb::new();
    let mut client = database.connect();
    let moods = [(
        "tenant.up.sql",
        "CREATE TYPE \"{tenant}\".mood AS ENUM ('sad'); CREATE TABLE \"{tenant}\".days (mood \"{tenant}\".mood)",
    )];
    let happy = [(
        "tenant.up.sql",
        "ALTER TYPE \"{tenant}\".mood ADD VALUE 'happy'",
    )];
    let used = [(
        "tenant.up.sql",
        "INSERT INTO \"{tenant}\".days VALUES ('happy')",
    )];
    let migrations = chain(&[
        ("0003_moods", &moods),
        ("0004_happy", &happy),
        ("0005_used", &used),
        ("0006_phones", PHONES.1),
        ("0007_prices", PRICES.1),
    ]);
    migrations.refuses(&mut client, ("4", "5"), "they add a label to an enum type");
    // Since release 17 a transaction may use at once what it adds to a type of its own.
    let release = texts(&mut client, "SHOW server_version_num").remove(0);
    if release.parse::<u32>().unwrap() < 170_000 {
        let why = "the migrations themselves fail on new schemas: migration `0005_used`";
        migrations.refuses(&mut client, ("6", "7"), why);
    } else {
        migrations.try_squash(&mut client, "6", "7").unwrap();
    }
    // What is not one transaction is done in several where somebody would clear away after a crash.
    migrations.migrate(&mut client);
    create(&mut client, "acme");
    let why = "as one migration they fail on new schemas: migration `0005_squashed`";
    let before = (migrations.names(), schemas(&mut client));
    let error = migrations.try_squash(&mut client, "4", "5").unwrap_err();
    let said = error.to_string();
    assert!(
        said.contains(why) && said.contains("end the range before it"),
        "{said}"
    );
    assert_eq!((migrations.names(), schemas(&mut client)), before);
    migrations.squash(&mut client, "6", "7");
    assert_eq!(schemas(&mut client), before.1);
    let unfinished = texts(&mut client, "SELECT key FROM tenantry.provisioning");
    assert_eq!(unfinished, Vec::<String>::new());
    assert_eq!(migrations.migrate(&mut client), (0, 0));
    check_whole(&mut client, &migrations.chain());
}

#[test]
fn phases_stay_apart_as_long_as_somebody_may_need_them() {
    let database = TestDb::new();
    let mut client = database.connect();
    let dropped = [
        (
            "migration.toml",
            "format = 1\nid = \"0004_no_phones\"\nphase = \"contract\"\n",
        ),
        (
            "tenant.up.sql",
            "ALTER TABLE \"{tenant}\".customers DROP COLUMN phone",
        ),
    ];
    let migrations = chain(&[PHONES, ("0004_no_phones", &dropped), NOTES_AFTER]);
    let why = "the range has migrations of the phases `expand` and `contract`, and not all of it is applied to everybody here";
    migrations.refuses(&mut client, ("3", "4"), why);
    migrations.migrator().to("2").on(&mut client).run().unwrap();
    create(&mut client, "acme");
    migrations.refuses(&mut client, ("3", "4"), why);
    migrations.migrate(&mut client);
    let squash = migrations.squash(&mut client, "3", "4");
    let manifest = migrations.text(&format!("{}/migration.toml", squash.id()));
    assert!(manifest.contains("phase = \"contract\""), "{manifest}");
}

const NOTES_AFTER: Folder<'static> = ("0005_tags", crate::common::TAGS.1);

#[test]
fn rows_are_never_moved_as_a_part_of_a_range() {
    let database = TestDb::new();
    let mut client = database.connect();
    let moves = [
        (
            "migration.toml",
            "format = 1\nid = \"0004_move\"\n[[operations]]\nplacement = \"tenant\"\ntable = \"notes\"\nop = \"move_rows\"\n\
             rows = { how = \"collect\", columns = [\"id\"], key = [\"id\"] }\n",
        ),
        NOTES.1[0],
    ];
    let migrations = chain(&[PHONES, ("0004_move", &moves)]);
    migrations.refuses(&mut client, ("3", "4"), "`0004_move` moves rows between");
}

#[test]
fn a_role_that_must_not_make_schemas_is_told_so() {
    let database = TestDb::new();
    let mut client = database.connect();
    ensure_role(&mut client, "squash_guest");
    let migrations = Migrations::new(&ALL);
    client.batch_execute("SET ROLE squash_guest").unwrap();
    let error = migrations.try_squash(&mut client, "3", "6").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Permission, "{error}");
}
