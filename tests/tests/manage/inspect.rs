//! Models and a first migration from a database that something else has made, up to queries with these models.

use std::fs;
use std::path::Path;

use tenantry::Database;
use tenantry::prelude::*;
use tenantry_tests::fleet::texts;
use tenantry_tests::manage::inspected::models::{
    NewOrder, NewPerson, Order, OrderLine, Passport, Person, PersonType, Plan,
};

use super::app::{App, Run};

const MODELS: &str = "src/models.rs";

/// A database with the schemas of customers, and the program that is to take them over.
fn of_hand(keys: &[&str]) -> App {
    let mut app = App::new();
    let mut client = app.db.connect();
    let shared = include_str!("inspect_shared.sql");
    client
        .batch_execute(&format!("CREATE SCHEMA shared; {shared}"))
        .unwrap();
    for key in keys {
        let sql = include_str!("inspect.sql");
        let sql = sql.replace("{tenant}", key).replace("{shared}", "shared");
        client
            .batch_execute(&format!("CREATE SCHEMA {key}; {sql}"))
            .unwrap();
    }
    app.release("inspected");
    app
}

/// Compares a file with the one that is recorded and compiled here.
fn is_recorded(text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/manage/inspected/models.rs");
    if std::env::var("INSTA_UPDATE").is_ok_and(|it| it == "always") {
        fs::write(&path, text).unwrap();
    }
    let recorded = fs::read_to_string(&path).unwrap();
    assert!(
        text == recorded,
        "other models than those that are recorded; `INSTA_UPDATE=always` records these:\n{text}"
    );
}

#[test]
fn a_database_by_hand_becomes_models_and_is_taken_over_with_its_rows() {
    let app = of_hand(&["acme", "globex"]);
    let before = app.picture();
    let told = app.manage(&["inspect", "acme", "--shared"]).finishes();
    assert_eq!(app.picture(), before, "it only prints");
    is_recorded(&told.out);
    let run = app.manage(&["inspect", "acme", "--shared", "--models", MODELS]);
    let run = run.finishes().says("9 models, written:");
    assert_eq!(run.err, told.err);
    is_recorded(&fs::read_to_string(app.folder().join(MODELS)).unwrap());
    is_told(&run);

    app.manage(&["makemigrations", "--check"]).succeeds();
    let adopt = [
        "adopt",
        "--at",
        "0001_initial",
        "--shared",
        "acme",
        "globex",
    ];
    app.manage(&adopt)
        .fails()
        .complains("stop making column `id` of tenant table `people` an identity column")
        .complains(
            "rename constraint `order_person_id_fkey` of tenant table `order` to `order_of_whom`",
        );
    let sql = app
        .manage(&[&adopt[..], &["--sql"]].concat())
        .succeeds()
        .out;
    assert!(!sql.contains("DROP TABLE"), "{sql}");
    assert!(!sql.contains("DROP CONSTRAINT"), "{sql}");
    app.db.connect().batch_execute(&sql).unwrap();
    app.manage(&adopt).succeeds();
    app.manage(&["check"]).succeeds();
    app.manage(&["status", "--drift"]).succeeds();
    app.manage(&["tenants", "create", "initech"]).succeeds();
    app.manage(&["check"]).succeeds();
    can_be_used(&app).unwrap();
}

/// All that the models don't say is told.
#[track_caller]
fn is_told(run: &Run) {
    for part in [
        "tenant table `log`: no model: it has no primary key",
        "tenant table `visits`: no model: it is partitioned",
        "tenant table `people`: no field for column `Nick`",
        "tenant table `people`: no field for column `search`: no field has the type `tsvector`",
        "  view `totals`",
        "  function `noted()`",
        "  trigger `order.noted`",
        "  policy `passports.all_of_them`",
        "  constraint `order.order_during_later`",
        "  type `cents`",
        "  create index `people_by_seen` on tenant table `people`",
        "  make column `id` of tenant table `people` an identity column",
        "  change column `mood` of tenant table `people` from `\"{tenant}\".mood` to `text`",
    ] {
        assert!(
            run.err.contains(part),
            "`{part}` is missing in\n{}",
            run.err
        );
    }
    for part in ["not kept", "otherwise in what the migration makes"] {
        assert!(!run.err.contains(part), "{}", run.err);
    }
}

/// The models read what was there, and write beside it.
fn can_be_used(app: &App) -> tenantry::Result<()> {
    let db = Database::connect(app.db.url())?;
    for key in ["acme", "globex", "initech"] {
        let mut tenant = db.tenant(&TenantKey::new(key)?)?;
        let is_new = key == "initech";
        tenant.transaction(|tx| {
            if is_new {
                for name in ["Ann", "Bob"] {
                    Person::insert(NewPerson::new(name, format!("{name}@x.example")))
                        .execute(tx)?;
                }
            }
            let ann = Person::query().filter(Person::NAME.eq("Ann")).one(tx)?;
            let cid = NewPerson::new("Cid", "cid@x.example")
                .r#type(PersonType::HonoraryMember)
                .boss(&ann)
                .code("ab".to_owned());
            let cid = Person::insert(cid).returning(tx)?;
            assert_eq!(
                (ann.id, cid.id),
                (1, 3),
                "it goes on where the sequence was"
            );
            assert_eq!(cid.first.as_deref(), Some("c"));
            assert_eq!(cid.follow(Person::BOSS, tx)?.map(|it| it.id), Some(1));
            let order = NewOrder::new(&cid, 7, 2, Decimal::from(40)).plan(1);
            let order = if is_new {
                None
            } else {
                Some(Order::insert(order).returning(tx)?)
            };
            assert_eq!(Order::query().all(tx)?.len(), if is_new { 0 } else { 2 });
            assert_eq!(
                order.map(|it| it.person.key().to_owned()),
                (!is_new).then_some(3)
            );
            assert_eq!(OrderLine::query().all(tx)?.len(), 0);
            assert_eq!(Passport::query().all(tx)?.len(), 0);
            assert_eq!(Plan::query().all(&mut tx.shared_mut())?.len(), 1);
            Ok::<(), tenantry::Error>(())
        })?;
    }
    let mut client = app.db.connect();
    assert_eq!(
        texts(&mut client, "SELECT what FROM acme.log"),
        ["INSERT"; 2]
    );
    Ok(())
}

#[test]
fn what_can_not_be_inspected_is_told() {
    let app = of_hand(&["acme"]);
    app.manage(&["inspect"]).refused_as_usage();
    app.manage(&["inspect", "acmee"])
        .fails()
        .complains("the database has no schema `acmee`\nhelp: did you mean `acme`?");
    app.manage(&["inspect", "zzz"])
        .fails()
        .complains("help: there are `acme`, `public`, `shared`");
    app.manage(&["inspect", "public"])
        .fails()
        .complains("help: ");
    app.manage(&["inspect", "shared"])
        .fails()
        .complains("`shared` is the shared schema");
    app.manage(&["inspect", "acme", "--shared", "--shared-schema", "common"])
        .fails()
        .complains("no schema `common`");
    app.db
        .connect()
        .batch_execute("CREATE SCHEMA empty")
        .unwrap();
    app.manage(&["inspect", "empty"])
        .fails()
        .complains("there is nothing in the schema `empty`");
    fs::create_dir_all(app.folder().join("src")).unwrap();
    fs::write(app.folder().join(MODELS), "precious").unwrap();
    let write = ["inspect", "acme", "--shared", "--models", MODELS];
    app.manage(&write).fails().complains("is there already");
    assert_eq!(
        fs::read_to_string(app.folder().join(MODELS)).unwrap(),
        "precious"
    );
    fs::remove_file(app.folder().join(MODELS)).unwrap();
    app.manage(&write).finishes();
    fs::remove_file(app.folder().join(MODELS)).unwrap();
    app.manage(&write)
        .fails()
        .complains("there are migrations already, from `0001_initial` on");
}

#[test]
fn a_role_that_can_not_try_it_out_is_told() {
    let app = of_hand(&["acme"]);
    let role = format!("tenantry_reader_{}", app.db.name());
    let mut client = app.db.connect();
    client
        .batch_execute(&format!("CREATE ROLE {role}; GRANT {role} TO CURRENT_USER"))
        .unwrap();
    let url = format!("{}?options=-c%20role%3D{role}", app.db.url());
    let run = app.manage(&["inspect", "acme", "--database-url", &url]);
    client.batch_execute(&format!("DROP ROLE {role}")).unwrap();
    run.fails()
        .complains("the migration can't be tried out")
        .complains("help: use the role that is going to migrate");
}
