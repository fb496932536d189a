//! Fleets of which some have all of a range, others none or a part.

use postgres::Client;
use tenantry::ErrorKind;
use tenantry::migrate::{Chain, Migrator};
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{chain, check_whole, create, key, migrate, migrator, texts};

use crate::common::{ALL, Migrations, OF_TENANTS, booked, picture, versions};

/// A fleet at the second migration, with rows.
fn at_second(database: &TestDb, tenants: &[&str]) -> Client {
    let mut client = database.connect();
    migrate(&mut client, chain(&OF_TENANTS[..2]));
    for tenant in tenants {
        create(&mut client, tenant);
        let row = format!("INSERT INTO \"{tenant}\".customers VALUES (1, 'ann')");
        client.batch_execute(&row).unwrap();
    }
    client
}

fn only(chain: Chain, tenants: &[&str]) -> Migrator {
    migrator(chain).only(tenants.iter().map(|name| key(name)))
}

#[test]
fn who_has_all_is_booked_and_who_has_none_gets_the_one() {
    let database = TestDb::new();
    let mut client = at_second(&database, &["all", "none"]);
    let former = chain(&OF_TENANTS);
    only(former, &["all"]).on(&mut client).run().unwrap();
    let migrations = Migrations::new(&OF_TENANTS);
    migrations.squash(&mut client, "3", "4");
    let before = texts(
        &mut client,
        "SELECT xmin::text FROM \"all\".notes UNION ALL SELECT xmin::text FROM \"all\".customers",
    );
    assert_eq!(migrations.migrate(&mut client), (1, 0));
    assert_eq!(
        booked(&mut client),
        [
            "all 0002_customers",
            "all 0004_squashed",
            "none 0002_customers",
            "none 0004_squashed",
            "shared 0001_plans"
        ]
    );
    let after = texts(
        &mut client,
        "SELECT xmin::text FROM \"all\".notes UNION ALL SELECT xmin::text FROM \"all\".customers",
    );
    assert_eq!(after, before);
    for tenant in ["all", "none"] {
        let rows = format!(
            "SELECT phone FROM \"{tenant}\".customers UNION ALL SELECT text FROM \"{tenant}\".notes"
        );
        assert_eq!(texts(&mut client, &rows), ["none", "welcome"], "{tenant}");
    }
    check_whole(&mut client, &migrations.chain());
}

#[test]
fn who_has_a_part_is_named_before_anything_is_done() {
    let database = TestDb::new();
    let mut client = at_second(&database, &["none", "part_2", "all"]);
    let [all, part] = [chain(&OF_TENANTS), chain(&OF_TENANTS[..3])];
    only(all, &["all"]).on(&mut client).run().unwrap();
    only(part, &["part_2"]).on(&mut client).run().unwrap();
    let migrations = Migrations::new(&OF_TENANTS);
    migrations.refuses(
        &mut client,
        ("3", "4"),
        "not all of the range is applied to the tenant `part_2`",
    );
    migrations.squash(&mut TestDb::new().connect(), "3", "4");
    let before = picture(&mut client);
    let migrator = migrations.migrator();
    let refused = [
        migrator.on(&mut client).run().map(drop).unwrap_err(),
        migrator.on(&mut client).dry_run().map(drop).unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error.kind(), ErrorKind::Diverged);
        assert_eq!(
            error.to_string(),
            "`0004_squashed` takes the place of `0003_phones` to `0004_notes`, and not all of these is applied to \
             the tenant `part_2` (up to `0003_phones`)\n\
             help: migrate to `0004_notes` with the release before `0004_squashed`, whose chain has the migrations themselves; \
             then with this one"
        );
    }
    let status = migrator.on(&mut client).status().unwrap();
    assert!(
        status.conflicts[0].contains("part_2"),
        "{:?}",
        status.conflicts
    );
    assert!(picture(&mut client) == before);
    // What it says helps.
    only(chain(&OF_TENANTS), &["part_2"])
        .to("0004_notes")
        .on(&mut client)
        .run()
        .unwrap();
    assert_eq!(migrations.migrate(&mut client), (1, 0));
    check_whole(&mut client, &migrations.chain());
}

#[test]
fn a_shared_schema_with_a_part_is_named_too() {
    let database = TestDb::new();
    let mut client = database.connect();
    // All of the third, of which the shared schema has nothing; then a part of it.
    for length in [3, 4] {
        migrate(&mut client, chain(&ALL[..length]));
        if length == 3 {
            create(&mut client, "acme");
        }
        let migrations = Migrations::new(&ALL);
        migrations.squash(&mut TestDb::new().connect(), "3", "6");
        let before = picture(&mut client);
        let error = migrations.migrator().on(&mut client).run().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Diverged);
        let said = error.to_string();
        assert!(said.contains("it has nothing of `000"), "{said}");
        assert!(
            said.contains("migrate to `0006_prices` with the release before"),
            "{said}"
        );
        assert!(picture(&mut client) == before);
    }
}

#[test]
fn a_shared_schema_that_is_half_recorded_is_behind() {
    let database = TestDb::new();
    let mut client = database.connect();
    migrate(&mut client, chain(&ALL[..2]));
    create(&mut client, "acme");
    // Recorded is all of it; applied is the third only, as the shared part after it fails.
    let mut broken = ALL;
    broken[3] = ("0004_codes", &[("shared.up.sql", "SELECT 1 / 0")]);
    migrator(chain(&broken)).on(&mut client).run().unwrap_err();
    assert_eq!(versions(&mut client), ["acme 3", "new 3", "shared 1"]);
    let migrations = Migrations::new(&ALL);
    migrations.squash(&mut TestDb::new().connect(), "3", "6");
    let error = migrations.migrator().on(&mut client).run().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`0004_codes` has other SQL there"),
        "{error}"
    );
    // With the SQL that was squashed.
    migrator(chain(&ALL))
        .to("0003_phones")
        .on(&mut client)
        .run()
        .unwrap();
    let error = migrations.migrator().on(&mut client).run().unwrap_err();
    let said = error.to_string();
    assert!(said.contains("the shared schema (nothing"), "{said}");
    migrate(&mut client, chain(&ALL));
    assert_eq!(migrations.migrate(&mut client), (0, 0));
    assert_eq!(versions(&mut client), ["acme 7", "new 7", "shared 6"]);
}

#[test]
fn a_fleet_at_the_end_moves_to_the_number_of_the_whole() {
    let database = TestDb::new();
    let mut client = database.connect();
    let db = tenantry_tests::fleet::app(database.url());
    let migrations = Migrations::new(&ALL[..6]);
    std::fs::create_dir(migrations.path("baseline")).unwrap();
    let seed = "INSERT INTO \"{tenant}\".notes (text) VALUES ('seed')";
    std::fs::write(migrations.path("baseline/seed.sql"), seed).unwrap();
    migrations.migrate(&mut client);
    for name in ["active", "suspended", "gone"] {
        create(&mut client, name);
    }
    db.tenants().refill_standbys(2).unwrap();
    db.tenants().suspend(key("suspended")).unwrap();
    client
        .batch_execute("UPDATE tenantry.tenant SET state = 'dropping' WHERE key = 'gone'")
        .unwrap();
    let baseline = "SELECT mark::text FROM tenantry.baseline WHERE sql IS NOT NULL";
    let before = texts(&mut client, baseline);
    assert_eq!(before.len(), 1);
    assert_eq!(
        texts(&mut client, "SELECT position::text FROM tenantry.provision"),
        ["5"]
    );
    migrations.squash(&mut client, "3", "6");
    assert_eq!(migrations.migrate(&mut client), (0, 0));
    let at = "SELECT DISTINCT version || ' ' || (SELECT position FROM tenantry.provision) FROM tenantry.tenant";
    assert_eq!(texts(&mut client, at), ["6 6"]);
    // New tenants are made of what they were made of, and a standby is still one.
    assert_eq!(texts(&mut client, baseline), before);
    assert_eq!(db.tenants().standbys().unwrap().ready, 2);
    db.tenants().create(key("claimed")).unwrap();
    assert_eq!(db.tenants().standbys().unwrap().ready, 1);
    db.tenants().trim_standbys(0).unwrap();
    db.tenants().create(key("made")).unwrap();
    for name in ["claimed", "made"] {
        let notes = format!("SELECT text FROM {name}.notes ORDER BY id");
        assert_eq!(texts(&mut client, &notes), ["welcome", "seed"], "{name}");
    }
    db.tenants().drop(key("gone")).unwrap();
    check_whole(&mut client, &migrations.chain());
    let strays = "SELECT migration FROM tenantry.ledger WHERE migration NOT IN (SELECT id FROM tenantry.migration)";
    assert_eq!(texts(&mut client, strays), Vec::<String>::new());
}

#[test]
fn what_is_applied_nowhere_gives_way_as_any_migration_does() {
    let database = TestDb::new();
    let mut client = database.connect();
    let migrations = Migrations::new(&ALL);
    migrations
        .migrator()
        .to("0002")
        .on(&mut client)
        .run()
        .unwrap();
    create(&mut client, "acme");
    migrations.squash(&mut client, "3", "6");
    assert_eq!(migrations.migrate(&mut client), (1, 1));
    check_whole(&mut client, &migrations.chain());
}

#[test]
fn a_release_from_before_says_what_has_happened() {
    let database = TestDb::new();
    let mut client = database.connect();
    let migrations = Migrations::new(&ALL);
    migrations.migrate(&mut client);
    migrations.squash(&mut client, "3", "6");
    migrations.migrate(&mut client);
    let before = picture(&mut client);
    let error = migrator(chain(&ALL)).on(&mut client).run().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Diverged);
    let said = error.to_string();
    assert!(
        said.contains(
            "the database has `0006_squashed`, which has taken the place of `0006_prices`"
        ),
        "{said}"
    );
    assert!(picture(&mut client) == before);
}
