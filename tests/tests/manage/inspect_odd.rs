//! `inspect` of schemas that models can say little of: it tells so, and what it writes can be taken over all the same.

use std::fs;

use tenantry_tests::fleet::texts;

use super::app::App;

const WRITE: [&str; 4] = ["inspect", "acme", "--models", "src/models.rs"];

fn of_odd_things() -> App {
    let app = App::new();
    let sql = include_str!("inspect_odd.sql");
    app.db
        .connect()
        .batch_execute(&format!("CREATE SCHEMA acme; {sql}"))
        .unwrap();
    app
}

#[test]
fn enums_that_can_not_be_texts_stay_as_they_are() {
    let app = of_odd_things();
    let run = app.manage(&WRITE).finishes();
    let run = run.says("`adopt --at 0001_initial acme --sql`");
    for part in [
        "no field for column `mood`: a view, rule, trigger, policy or computed column uses its enum",
        "no field for column `level`: a check or index needs its enum for more than `=`",
        "no field for column `kind`: a function takes its enum",
        "no field for column `nothing`: the labels of its enum make no names of variants",
        "no field for column `is_sad`: it is computed as",
        "  view `sad_days`",
        "  change column `state` of tenant table `days` from `\"{tenant}\".state` to `text`",
    ] {
        assert!(
            run.err.contains(part),
            "`{part}` is missing in\n{}",
            run.err
        );
    }
    assert!(!run.err.contains("not kept"), "{}", run.err);

    app.manage(&["migrate"]).succeeds();
    let adopt = ["adopt", "--at", "0001_initial", "acme"];
    let sql = app.manage(&[&adopt[..], &["--sql"]].concat());
    let sql = sql.succeeds().out;
    let mut client = app.db.connect();
    client.batch_execute(&sql).unwrap();
    app.manage(&adopt).succeeds();
    app.manage(&["status", "--drift"]).succeeds();
    app.manage(&["tenants", "create", "globex"]).succeeds();
    let of_both = "SELECT DISTINCT a.attname || ' ' || a.atttypid::regtype::text FROM pg_attribute AS a \
         WHERE a.attrelid IN ('acme.days'::regclass, 'globex.days'::regclass) AND a.attname IN ('level', 'state') ORDER BY 1";
    assert_eq!(
        texts(&mut client, of_both),
        ["level acme.level", "level globex.level", "state text"]
    );
    let order = "SELECT level::text FROM acme.days WHERE level > '9'";
    assert_eq!(texts(&mut client, order), ["10"]);
}

#[test]
fn names_that_are_taken_lead_to_the_same_tables_and_enums() {
    let app = of_odd_things();
    app.manage(&WRITE).finishes();
    let models = fs::read_to_string(app.folder().join("src/models.rs")).unwrap();
    assert!(
        models.contains(
            "#[tenant_model(table = \"results\")]\n#[derive(Debug)]\npub struct ResultRecord {"
        ),
        "{models}"
    );
    assert_eq!(models.matches("pub enum ").count(), 1, "{models}");
    assert_eq!(
        models.matches("Option<StateKind>").count(),
        2,
        "one enum for all columns: {models}"
    );
}

#[test]
fn models_are_not_left_without_their_migration() {
    let app = of_odd_things();
    fs::write(app.folder().join("file"), "no folder").unwrap();
    let elsewhere = [&WRITE[..], &["--migrations", "file/migrations"]].concat();
    app.manage(&elsewhere)
        .fails()
        .complains("`file/migrations`: can't be written");
    assert!(!app.folder().join("src/models.rs").exists());
    app.manage(&WRITE).finishes();
}

#[test]
fn a_lock_that_somebody_holds_is_no_refusal() {
    let app = of_odd_things();
    let mut client = app.db.connect();
    client
        .batch_execute(
            "CREATE SCHEMA shared; CREATE TABLE shared.plans (id bigint PRIMARY KEY); \
             ALTER TABLE acme.results ADD COLUMN plan bigint REFERENCES shared.plans",
        )
        .unwrap();
    let mut tx = client.transaction().unwrap();
    tx.batch_execute("INSERT INTO shared.plans VALUES (1)")
        .unwrap();
    app.manage(&WRITE)
        .fails()
        .complains("the migration can't be tried out now")
        .complains("help: nothing has changed");
    assert!(!app.folder().join("src/models.rs").exists());
    tx.commit().unwrap();
    let run = app.manage(&WRITE).finishes();
    let key = "  add foreign key `results_plan_fkey` to tenant table `results`";
    assert!(run.err.contains(key), "{}", run.err);
}
