//! Models whose rows become the tenants, or stop to be them, where there are tenants already.

use tenantry::ErrorKind;
use tenantry::migrate::{Choices, Phase, Question, make_with, questions};
use tenantry::model::ModelDef;
use tenantry::prelude::*;
use tenantry_tests::fleet::{app, create, key, migrator, texts};

use crate::application::{Account, Membership, NewAccount, Note, User};
use crate::given::Given;

/// The application of before: users, and tenants with notes.
const BEFORE: [&ModelDef; 2] = [User::DEF, Note::DEF];

const AFTER: [&ModelDef; 4] = [User::DEF, Note::DEF, Account::DEF, Membership::DEF];

/// The same under other names.
mod renamed {
    use super::*;

    #[shared_model(tenant, table = "customers", was = "accounts")]
    #[derive(Debug)]
    pub(crate) struct Account {
        #[field(key, given, was = "key")]
        pub(crate) slug: TenantKey,
        pub(crate) owner: Fk<User>,
        #[field(default = "free", max_length = 8)]
        pub(crate) plan: String,
        pub(crate) paid_until: Option<Date>,
    }
}

/// The same, but the rows are no tenants.
mod plain {
    use super::*;

    /// A customer, whose data is in a schema of its own.
    #[shared_model]
    #[derive(Debug)]
    pub(crate) struct Account {
        #[field(key, given)]
        pub(crate) key: TenantKey,
        pub(crate) owner: Fk<User>,
        #[field(default = "free", max_length = 8)]
        pub(crate) plan: String,
        pub(crate) paid_until: Option<Date>,
    }

    /// A row that needs nothing but its key.
    #[shared_model(tenant)]
    #[derive(Debug)]
    pub(crate) struct Site {
        #[field(key, given)]
        pub(crate) key: TenantKey,
        pub(crate) title: Option<String>,
    }
}

fn given() -> Given {
    let mut given = Given::new(&BEFORE, "INSERT INTO {t}.notes (text) VALUES ('a')");
    given.run(
        "",
        "INSERT INTO shared.users (email) VALUES ('ann@x.example')",
    );
    given
}

fn choices() -> Choices {
    let plan = "CASE WHEN t.key = 'acme' THEN 'pro' ELSE 'free' END";
    Choices::new()
        .fill("accounts.owner", "1")
        .fill("accounts.plan", plan)
}

const ROWS: &str = "SELECT key || ' ' || owner || ' ' || plan FROM shared.accounts ORDER BY 1";

#[test]
fn tenants_that_there_are_get_rows() {
    let mut given = given();
    let asked = questions(&AFTER, &given.chain(), &Choices::new()).unwrap();
    assert!(matches!(&asked[..], [Question::Fill { column, .. }] if column == "accounts.owner"));
    let error = make_with(&AFTER, &given.chain(), None, &Choices::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Models, "{error}");
    assert!(
        error.to_string().contains("--fill \"accounts.owner=…\""),
        "{error}"
    );
    let written = given.write(&AFTER, &choices());
    let phases: Vec<Phase> = written
        .iter()
        .map(tenantry::migrate::NewMigration::phase)
        .collect();
    assert_eq!(phases, [Phase::Expand, Phase::Contract]);
    // Between the two both versions of the application go on.
    let (former, next) = (app(given.url()), app(given.url()));
    let expand = migrator(given.chain()).phase(Phase::Expand);
    expand.on(&mut given.client).run().unwrap();
    let drifted = migrator(given.chain())
        .on(&mut given.client)
        .drift()
        .unwrap();
    assert_eq!((drifted.found, drifted.uncompared), (vec![], vec![]));
    former.tenants().create(key("former")).unwrap();
    let mut acme = next.tenant(key("acme")).unwrap();
    let error = acme.row::<Account>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TenantRow, "{error}");
    let text = error.to_string();
    assert!(
        text.contains("acme")
            && text.contains("no row in `accounts` yet")
            && text.contains("help: "),
        "{text}"
    );
    let none = Account::find(acme.key().clone()).optional(&mut acme);
    assert!(none.unwrap().is_none());
    let ann = User::query().one(&mut next.shared().unwrap()).unwrap();
    next.tenants()
        .create(NewAccount::new(key("next"), &ann).plan("max"))
        .unwrap();
    next.tenants()
        .create(NewAccount::new(key("short"), &ann))
        .unwrap();
    former
        .tenants()
        .rename(key("next"), key("renamed"))
        .unwrap();
    former.tenants().drop(key("short")).unwrap();
    assert_eq!(texts(&mut given.client, ROWS), ["renamed 1 max"]);
    given.migrate();
    let all = [
        "acme 1 pro",
        "former 1 free",
        "renamed 1 max",
        "select 1 free",
    ];
    assert_eq!(texts(&mut given.client, ROWS), all);
    given.expect_structure(&AFTER);
    let drifted = migrator(given.chain())
        .on(&mut given.client)
        .drift()
        .unwrap();
    assert_eq!((drifted.found, drifted.uncompared), (vec![], vec![]));
    let error = former.tenants().create(key("later")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TenantRow, "{error}");
    // All of it is taken back, and made again.
    migrator(given.chain())
        .on(&mut given.client)
        .rollback(Some("1"))
        .unwrap();
    given.expect_structure(&BEFORE);
    create(&mut given.client, "later");
    former.tenants().drop(key("later")).unwrap();
    given.migrate();
    given.expect_structure(&AFTER);
    assert_eq!(texts(&mut given.client, ROWS).len(), 4);
}

#[test]
fn rows_that_there_are_become_the_tenants() {
    let mut given = given();
    given.write(
        &[User::DEF, Note::DEF, plain::Account::DEF],
        &Choices::new(),
    );
    given.migrate();
    given.run(
        "",
        "INSERT INTO shared.accounts (key, owner, plan) VALUES ('acme', 1, 'max'), ('globex', 1, 'pro')",
    );
    // A version that makes and deletes such rows can't go on.
    let written = given.write(&AFTER[..3], &choices());
    let phases = written.iter().map(tenantry::migrate::NewMigration::phase);
    assert_eq!(phases.collect::<Vec<_>>(), [Phase::Contract]);
    let error = migrator(given.chain())
        .on(&mut given.client)
        .run()
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("there are rows in `accounts` without a tenant")
            && text.contains("help: create their tenants"),
        "{text}"
    );
    app(given.url()).tenants().create(key("globex")).unwrap();
    given.migrate();
    given.expect_structure(&AFTER[..3]);
    assert_eq!(
        texts(&mut given.client, ROWS),
        ["acme 1 max", "globex 1 pro", "select 1 free"]
    );
}

#[test]
fn tenants_that_were_said_not_to_be_are_refused() {
    let mut given = given();
    given.write(&AFTER, &Choices::new().fill("accounts.owner", "NULL"));
    let error = migrator(given.chain())
        .on(&mut given.client)
        .run()
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("without a row in `accounts`") && text.contains("--fill"),
        "{text}"
    );
    for tenant in ["acme", "select"] {
        app(given.url()).tenants().drop(key(tenant)).unwrap();
    }
    given.migrate();
    given.expect_structure(&AFTER);
}

#[test]
fn a_row_that_needs_no_values_is_made_without_being_asked_for() {
    let mut given = given();
    let models = [User::DEF, Note::DEF, plain::Site::DEF];
    given.write(&models, &Choices::new());
    given.migrate();
    let sites = "SELECT key FROM shared.sites ORDER BY 1";
    assert_eq!(texts(&mut given.client, sites), ["acme", "select"]);
}

#[test]
fn other_names_change_nothing_of_it() {
    let mut given = given();
    given.write(&AFTER[..3], &choices());
    given.migrate();
    let models = [User::DEF, Note::DEF, renamed::Account::DEF];
    given.write(&models, &Choices::new());
    given.migrate();
    given.expect_structure(&models);
    let drifted = migrator(given.chain())
        .on(&mut given.client)
        .drift()
        .unwrap();
    assert_eq!((drifted.found, drifted.uncompared), (vec![], vec![]));
    let db = app(given.url());
    let error = db.tenants().create(key("globex")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TenantRow, "{error}");
    db.tenants().rename(key("acme"), key("acme2")).unwrap();
    let row = db
        .tenant(key("acme2"))
        .unwrap()
        .row::<renamed::Account>()
        .unwrap();
    assert_eq!(row.slug, key("acme2"));
    let error = given
        .client
        .batch_execute("DELETE FROM shared.customers")
        .unwrap_err();
    assert_eq!(error.code().unwrap().code(), "TN011", "{error}");
    db.tenants().drop(key("acme2")).unwrap();
    assert_eq!(
        texts(&mut given.client, "SELECT slug FROM shared.customers"),
        ["select"]
    );
}

#[test]
fn rows_of_another_model_become_the_tenants() {
    let mut given = given();
    given.write(&AFTER[..3], &choices());
    given.migrate();
    let models = [User::DEF, Note::DEF, plain::Account::DEF, plain::Site::DEF];
    given.write(&models, &Choices::new());
    given.migrate();
    given.expect_structure(&models);
    let db = app(given.url());
    assert_eq!(
        db.tenant(key("acme"))
            .unwrap()
            .row::<plain::Site>()
            .unwrap()
            .title,
        None
    );
    db.tenants().drop(key("acme")).unwrap();
    assert_eq!(
        texts(&mut given.client, ROWS),
        ["acme 1 pro", "select 1 free"]
    );
    // And none at all.
    given.write(
        &BEFORE,
        &Choices::new().accept_loss("accounts").accept_loss("sites"),
    );
    given.migrate();
    given.expect_structure(&BEFORE);
    create(&mut given.client, "globex");
}

#[test]
fn migrations_are_tried_out_without_a_registry() {
    let database = tenantry::testing::TestDb::new();
    let chain = tenantry_tests::chain_of_schema(&crate::application::SCHEMA);
    let mut client = database.connect();
    let tried = migrator(chain).on(&mut client).try_new_tenant().unwrap();
    assert!(tried.error.is_none(), "{tried:?}");
}
