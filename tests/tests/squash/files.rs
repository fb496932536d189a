//! The folder of the chain, while and after several migrations become one.

use std::fs;

use tenantry::migrate::{Chain, Merge};
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{check_whole, create};

use crate::common::{ALL, Migrations, PHONES, booked, versions};

fn opens(migrations: &Migrations) -> Result<Vec<String>, String> {
    let chain = Chain::open(migrations.path("")).map_err(|error| error.to_string())?;
    let ids = chain.migrations().iter().map(|it| it.id().to_owned());
    Ok(ids.collect())
}

#[test]
fn what_is_left_of_a_writing_that_was_cut_off_does_nothing() {
    let migrations = Migrations::new(&ALL);
    fs::write(migrations.path("0003_phones/why.md"), "asked for by sales").unwrap();
    migrations.squash(&mut TestDb::new().connect(), "3", "6");
    assert_eq!(
        migrations.text("0006_squashed/0003_phones.why.md"),
        "asked for by sales"
    );
    let whole = ["0001_plans", "0002_customers", "0006_squashed", "0007_tags"];
    assert_eq!(opens(&migrations).unwrap(), whole);
    migrations.add(&PHONES);
    assert_eq!(opens(&migrations).unwrap(), whole);
    for former in ["0003_phones", "0004", "5"] {
        let error = migrations.chain().find(former).map(|it| it.id().to_owned());
        let said = error.unwrap_err().to_string();
        assert!(
            said.contains("help: `0006_squashed` has taken its place"),
            "{said}"
        );
    }
    let merge = Merge::of(migrations.path(""), &[], &[]).unwrap().unwrap();
    assert_eq!(merge.renumbered().count(), 0);
    // It would be lost otherwise.
    migrations.add(&(
        "0003_phones",
        &[(
            "tenant.up.sql",
            "ALTER TABLE \"{tenant}\".customers ADD COLUMN fax text",
        )],
    ));
    let error = opens(&migrations).unwrap_err();
    assert!(
        error.contains("0003_phones`: was changed since `0006_squashed` has taken its place"),
        "{error}"
    );
    fs::remove_dir_all(migrations.path("0003_phones")).unwrap();
    migrations.add(&("0004_fax", PHONES.1));
    let error = opens(&migrations).unwrap_err();
    assert!(
        error.contains("0004_fax`: has a number of those whose place `0006_squashed` takes"),
        "{error}"
    );
    let error = Merge::of(migrations.path(""), &[], &[]).unwrap_err();
    assert!(
        error.to_string().contains("give it a number after 0006"),
        "{error}"
    );
}

#[test]
fn what_was_changed_since_it_was_compared_is_not_taken_away() {
    let migrations = Migrations::new(&ALL);
    let database = TestDb::new();
    let mut client = database.connect();
    let squash = migrations.try_squash(&mut client, "3", "6").unwrap();
    fs::write(
        migrations.path("0005_notes/tenant.up.sql"),
        "CREATE TABLE \"{tenant}\".notes ()",
    )
    .unwrap();
    let before = migrations.names();
    let error = squash.write().unwrap_err();
    assert!(
        error.to_string().contains("0005_notes`: was changed since"),
        "{error}"
    );
    assert_eq!(migrations.names(), before);
}

#[test]
fn branches_are_merged_after_it() {
    let migrations = Migrations::new(&ALL);
    migrations.squash(&mut TestDb::new().connect(), "3", "6");
    migrations.add(&(
        "0007_faxes",
        &[("tenant.up.sql", "CREATE TABLE \"{tenant}\".faxes ()")],
    ));
    let merge = Merge::of(migrations.path(""), &[], &["0007_tags"])
        .unwrap()
        .unwrap();
    let renumbered: Vec<(&str, &str)> = merge.renumbered().collect();
    assert_eq!(renumbered, [("0007_faxes", "0008_faxes")]);
    merge.write().unwrap();
    assert_eq!(
        opens(&migrations).unwrap(),
        [
            "0001_plans",
            "0002_customers",
            "0006_squashed",
            "0007_tags",
            "0008_faxes"
        ]
    );
}

#[test]
fn what_is_one_can_be_a_part_of_another() {
    let database = TestDb::new();
    let mut client = database.connect();
    let migrations = Migrations::new(&ALL);
    migrations.migrate(&mut client);
    create(&mut client, "acme");
    // The first was never booked here.
    migrations.squash(&mut client, "4", "6");
    let last = migrations.migrator().on(&mut client);
    last.squash("3", "7", "all").unwrap().write().unwrap();
    assert_eq!(
        opens(&migrations).unwrap(),
        ["0001_plans", "0002_customers", "0007_all"]
    );
    assert_eq!(migrations.migrate(&mut client), (0, 0));
    let whole = [
        "acme 0002_customers",
        "acme 0007_all",
        "shared 0001_plans",
        "shared 0007_all",
    ];
    assert_eq!(booked(&mut client), whole);
    assert_eq!(versions(&mut client), ["acme 7", "new 7", "shared 7"]);
    check_whole(&mut client, &migrations.chain());
}

#[test]
fn the_list_of_what_gave_its_place_up_is_whole() {
    let migrations = Migrations::new(&ALL[..2]);
    let squashed = |replaced: &[&str]| {
        let of = |id: &&str| format!("[[replaces]]\nid = \"{id}\"\nchecksum = \"sha256:0\"\n");
        let replaces: String = replaced.iter().map(of).collect();
        let manifest = format!("format = 1\nid = \"0004_squashed\"\n{replaces}");
        let files = [("migration.toml", &*manifest), PHONES.1[0]];
        migrations.add(&("0004_squashed", &files));
        opens(&migrations)
    };
    assert!(squashed(&["0003_a", "0004_b"]).is_ok());
    for (replaced, why) in [
        (
            &["0003_a"][..],
            "ends with the number 0003, which is not that of `0004_squashed`",
        ),
        (&["0004_b"], "the migration before it is missing"),
        (
            &["0002_x", "0004_b"],
            "leaves out what comes before `0004_b`",
        ),
        (&["third", "0004_b"], "has `third`, which is no id"),
        (
            &["0002_customers", "0003_a", "0004_b"],
            "`0002_customers`: was changed since `0004_squashed`",
        ),
    ] {
        let error = squashed(replaced).unwrap_err();
        assert!(
            error.contains(why)
                || error.contains(&why.replace("`0002_customers`", "0002_customers`")),
            "{error}"
        );
    }
}
