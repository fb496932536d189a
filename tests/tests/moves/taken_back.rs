//! Dealt rows that a rollback brings back.

use tenantry::migrate::Choices;

use crate::dealt::{AFTER, with_rows};
use crate::given::Given;

fn dealt() -> Given {
    let mut given = with_rows();
    given.write(&AFTER, &Choices::new().move_table("plans=deal:owner"));
    given.migrate();
    given
}

const ALL: &str = "SELECT concat_ws(' ', owner, name) FROM shared.plans ORDER BY name";

fn all() -> [&'static str; 6] {
    [
        "acme basic of acme",
        "globex basic of globex",
        "select basic of select",
        "acme gold of acme",
        "globex gold of globex",
        "select gold of select",
    ]
}

#[test]
fn rows_that_name_another_tenant_are_refused_by_their_keys() {
    let mut given = dealt();
    given.run("UPDATE acme.plans SET owner = 'globex' WHERE id = 1");
    let error = given.fails_to_roll_back("1");
    assert!(
        error.contains("rows of `plans` would be another tenant's"),
        "{error}"
    );
    assert!(error.contains("their keys: 1"), "{error}");
    given.run("UPDATE acme.plans SET owner = 'acme' WHERE id = 1");
    given.roll_back("1");
    assert_eq!(given.finds(ALL), all());
}

#[test]
fn a_kept_table_that_was_dropped_is_made_again_and_filled() {
    let mut given = dealt();
    given.write(&AFTER, &Choices::new().drop_moved("plans"));
    given.migrate();
    given.roll_back("1");
    assert_eq!(given.finds(ALL), all());
    assert_eq!(given.drift(), [""; 0]);
    given.migrate();
    assert_eq!(
        given.finds("SELECT name FROM acme.plans ORDER BY name"),
        ["basic of acme", "gold of acme"]
    );
}

#[test]
fn values_that_only_the_kept_table_has_stay() {
    let mut given = dealt();
    given.run(
        "ALTER TABLE shared.plans ADD COLUMN extra text, DISABLE TRIGGER tenantry_kept;
         UPDATE shared.plans SET extra = 'extra of ' || name;
         ALTER TABLE shared.plans ENABLE TRIGGER tenantry_kept;
         UPDATE acme.plans SET name = 'changed' WHERE id = 1;
         DELETE FROM globex.orders; DELETE FROM globex.plans WHERE name LIKE 'gold%'",
    );
    given.roll_back("1");
    assert_eq!(
        given.finds("SELECT concat_ws(' ', name, extra) FROM shared.plans ORDER BY name"),
        [
            "basic of globex extra of basic of globex",
            "basic of select extra of basic of select",
            "changed extra of basic of acme",
            "gold of acme extra of gold of acme",
            "gold of select extra of gold of select",
        ]
    );
}

#[test]
fn rows_are_not_dealt_out_of_a_table_that_is_not_frozen() {
    let mut given = with_rows();
    given.write(&AFTER, &Choices::new().move_table("plans=deal:owner"));
    let only = tenantry::migrate::Selection::all().keys([tenantry_tests::fleet::key("acme")]);
    let one = tenantry_tests::fleet::migrator(given.chain()).select(only);
    one.on(&mut given.client).run().unwrap();
    given.run("DROP TRIGGER tenantry_kept ON shared.plans");
    let error = given.fails_to_migrate();
    assert!(error.contains("trigger `tenantry_kept` is gone"), "{error}");
    given.run(
        "CREATE TRIGGER tenantry_kept BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON shared.plans \
         FOR EACH STATEMENT EXECUTE FUNCTION shared.plans_kept()",
    );
    given.migrate();
    assert_eq!(
        given.finds("SELECT name FROM globex.plans ORDER BY name"),
        ["basic of globex", "gold of globex"]
    );
}

#[test]
fn a_number_that_is_above_is_not_set_back() {
    let mut given = with_rows();
    given.run("SELECT setval('shared.plans_id_seq', 900)");
    given.write(&AFTER, &Choices::new().move_table("plans=deal:owner"));
    given.migrate();
    given.run("ALTER SEQUENCE shared.plans_id_seq RESTART WITH 5000");
    given.roll_back("1");
    assert_eq!(
        given.finds("SELECT nextval('shared.plans_id_seq')::text"),
        ["5000"]
    );
}
