//! A chain that has become long, as whoever works with it makes it shorter.

use tenantry::Database;
use tenantry::testing::TestDb;
use tenantry_tests::dump::dump;
use tenantry_tests::fleet::{app, check_whole, create, key, texts};

use crate::common::{ALL, Migrations, booked, versions};

#[test]
fn several_migrations_become_one() -> tenantry::Result<()> {
    let database = TestDb::new();
    let db: Database = app(database.url());
    let migrations = Migrations::new(&ALL[..6]);
    db.migrator(migrations.chain()).run()?;
    db.tenants().create(key("acme"))?;

    let migrator = db.migrator(migrations.chain());
    let squash = migrator.squash("0003_phones", "0006_prices", "contacts")?;
    assert_eq!(squash.id(), "0006_contacts");
    let replaced: Vec<&str> = squash.replaced().collect();
    assert_eq!(
        replaced,
        ["0003_phones", "0004_codes", "0005_notes", "0006_prices"]
    );
    squash.write()?;
    assert_eq!(
        migrations.names(),
        ["0001_plans", "0002_customers", "0006_contacts"]
    );
    assert_eq!(
        migrations.text("0006_contacts/shared.up.sql"),
        "-- 0004_codes\n\
         INSERT INTO \"{shared}\".plans VALUES (1, 'free'), (2, 'paid');\n\
         \n\
         -- 0006_prices\n\
         ALTER TABLE \"{shared}\".plans ADD COLUMN price int;\n"
    );
    let down = migrations.text("0006_contacts/tenant.down.sql");
    assert!(down.find("0005_notes") < down.find("0003_phones"), "{down}");

    // Whoever has all of them has the one: nothing is run, and the next migration has the next number.
    assert!(db.migrator(migrations.chain()).status()?.is_up_to_date());
    assert!(db.migrator(migrations.chain()).dry_run()?.is_empty());
    migrations.add(&ALL[6]);
    let report = db.migrator(migrations.chain()).run()?;
    assert_eq!((report.migrated, report.shared.len()), (1, 0));
    assert_eq!(report.booked, ["0006_contacts"]);
    let mut client = database.connect();
    assert_eq!(
        booked(&mut client),
        [
            "acme 0002_customers",
            "acme 0006_contacts",
            "acme 0007_tags",
            "shared 0001_plans",
            "shared 0006_contacts"
        ]
    );
    assert_eq!(versions(&mut client), ["acme 7", "new 7", "shared 6"]);
    check_whole(&mut client, &migrations.chain());
    assert!(db.migrator(migrations.chain()).drift()?.found.is_empty());
    // So has whoever comes later.
    db.tenants().create(key("later"))?;
    check_whole(&mut client, &migrations.chain());
    Ok(())
}

#[test]
fn a_new_database_gets_the_same_of_one_as_of_several() {
    let schemas = |migrations: &Migrations| {
        let database = TestDb::new();
        let mut client = database.connect();
        migrations.migrate(&mut client);
        create(&mut client, "acme");
        ["shared", "acme"].map(|schema| dump(&mut client, database.url(), schema))
    };
    let migrations = Migrations::new(&ALL);
    let before = schemas(&migrations);
    migrations.squash(&mut TestDb::new().connect(), "3", "6");
    assert_eq!(migrations.chain().migrations().len(), 4);
    assert_eq!(schemas(&migrations), before);
}

#[test]
fn a_dry_run_changes_nothing() {
    let database = TestDb::new();
    let mut client = database.connect();
    let migrations = Migrations::new(&ALL);
    migrations.migrate(&mut client);
    let before = crate::common::picture(&mut client);
    let squash = migrations.try_squash(&mut client, "0003", "0006").unwrap();
    let files: Vec<&str> = squash.files().map(|(name, _)| name).collect();
    assert_eq!(
        files,
        [
            "migration.toml",
            "shared.up.sql",
            "shared.down.sql",
            "tenant.up.sql",
            "tenant.down.sql"
        ]
    );
    assert!(crate::common::picture(&mut client) == before);
    assert_eq!(migrations.names().len(), 7);
}

#[test]
fn the_whole_is_rolled_back_and_comes_again() {
    let database = TestDb::new();
    let mut client = database.connect();
    let migrations = Migrations::new(&ALL);
    migrations.migrate(&mut client);
    create(&mut client, "acme");
    migrations.squash(&mut client, "3", "6");
    assert_eq!(migrations.migrate(&mut client), (0, 0));
    let columns = "SELECT attname::text FROM pg_catalog.pg_attribute \
                   WHERE attrelid = 'acme.customers'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum";
    let error = migrations
        .migrator()
        .on(&mut client)
        .rollback(Some("0005_notes"));
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("no migration `0005_notes`")
    );
    migrations
        .migrator()
        .on(&mut client)
        .rollback(Some("0002_customers"))
        .unwrap();
    assert_eq!(versions(&mut client), ["acme 2", "new 2", "shared 1"]);
    assert_eq!(texts(&mut client, columns), ["id", "name", "plan"]);
    assert_eq!(migrations.migrate(&mut client), (1, 1));
    assert_eq!(texts(&mut client, columns), ["id", "name", "plan", "phone"]);
    check_whole(&mut client, &migrations.chain());
}
