//! The chain on disk: reading it, and writing what models ask for.
#![expect(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use tenantry::migrate::{Chain, Choices, Phase, make, make_empty, make_with};
use tenantry::model::ModelDef;
use tenantry::testing::TestDb;
use tenantry::{Error, ErrorKind, Model};
use tenantry_tests::fleet::{create, migrate, migrator, tables, texts};

fn write(dir: &Path, path: &str, text: impl AsRef<[u8]>) {
    let path = dir.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn migration(dir: &Path, id: &str) {
    write(
        dir,
        &format!("{id}/migration.toml"),
        format!("format = 1\nid = \"{id}\"\n"),
    );
    write(dir, &format!("{id}/tenant.up.sql"), "SELECT 1;\n");
}

/// Opens a folder in which two migrations were changed so that it is not a chain any more.
fn broken(change: impl FnOnce(&Path)) -> Error {
    let dir = TempDir::new().unwrap();
    migration(dir.path(), "0001_a");
    migration(dir.path(), "0002_b");
    Chain::open(dir.path()).unwrap();
    change(dir.path());
    let error = Chain::open(dir.path()).expect_err("the chain is broken");
    assert_eq!(error.kind(), ErrorKind::Chain);
    let text = error.to_string();
    let start = format!("`{}", dir.path().display());
    assert!(text.starts_with(&start), "{text}");
    error
}

#[test]
fn what_is_wrong_with_a_chain_is_told_with_its_path() {
    type Change = fn(&Path);
    let cases: [(Change, &str); 18] = [
        (
            |dir| migration(dir, "0002_c"),
            "0002_c`: has the same number as `0002_b`",
        ),
        (
            |dir| migration(dir, "0004_d"),
            "0004_d`: the migration before it is missing",
        ),
        (
            |dir| migration(dir, "3_d"),
            "3_d`: is not named like a migration",
        ),
        (
            |dir| fs::remove_dir_all(dir).unwrap(),
            "`: there is no such folder",
        ),
        (
            |dir| fs::remove_file(dir.join("0001_a/migration.toml")).unwrap(),
            "0001_a/migration.toml`: the file is missing",
        ),
        (
            |dir| fs::remove_file(dir.join("0001_a/tenant.up.sql")).unwrap(),
            "0001_a/tenant.up.sql`: the migration does nothing",
        ),
        (
            |dir| write(dir, "0001_a/tenant.up.sql", "-- soon\n"),
            "0001_a/tenant.up.sql`: the migration does nothing",
        ),
        (
            |dir| write(dir, "0001_a/shared.down.sql", "SELECT 1"),
            "0001_a/shared.down.sql`: there is nothing that it could undo",
        ),
        (
            |dir| write(dir, "0001_a/tenant.sql", "SELECT 1"),
            "0001_a/tenant.sql`: is not a file of a migration",
        ),
        (
            |dir| write(dir, "0001_a/tenant.up.sql", b"SELECT 1;\nSELECT '\xff'"),
            "0001_a/tenant.up.sql`: line 2 is not UTF-8",
        ),
        (
            |dir| write(dir, "0001_a/tenant.up.sql", "SELECT 1;\n\nCOMMIT;\n"),
            "0001_a/tenant.up.sql:3`: `COMMIT` would end",
        ),
        (
            |dir| write(dir, "0001_a/tenant.down.sql", "SET search_path = x"),
            "0001_a/tenant.down.sql:1`: `search_path` is never set",
        ),
        (
            |dir| write(dir, "0001_a/shared.up.sql", "SELECT \"{tenant}\".x"),
            "0001_a/shared.up.sql:1`: the part for the shared schema",
        ),
        (
            |dir| write(dir, "0001_a/tenant.up.sql", "SELECT 'a"),
            "0001_a/tenant.up.sql:1`: a string is not closed",
        ),
        (
            |dir| write(dir, "0001_a/migration.toml", "format = 2\nid = \"0001_a\""),
            "0001_a/migration.toml`: has format 2",
        ),
        (
            |dir| write(dir, "0001_a/migration.toml", "format = 1\nid = \"0001_x\""),
            "0001_a/migration.toml`: the id is `0001_x`",
        ),
        (
            |dir| {
                write(
                    dir,
                    "0001_a/migration.toml",
                    "format = 1\nid = \"0001_a\"\nfase = \"x\"",
                );
            },
            "unknown field `fase`",
        ),
        (
            |dir| write(dir, "0001_a/sub/x.sql", ""),
            "0001_a/sub`: a migration has no folders in it",
        ),
    ];
    for (change, expected) in cases {
        let text = broken(change).to_string();
        assert!(text.contains(expected), "{expected}\n{text}");
    }
}

#[test]
fn notes_hidden_files_and_line_ends_do_not_matter() {
    let dir = TempDir::new().unwrap();
    migration(dir.path(), "0001_a");
    let plain = Chain::open(dir.path()).unwrap();
    write(dir.path(), "0001_a/README.md", "why");
    write(dir.path(), "0001_a/.tenant.up.sql.swp", b"\xff");
    write(dir.path(), ".0002_b.17/tenant.up.sql", "half");
    write(dir.path(), "README.md", "how");
    write(dir.path(), "0001_a/tenant.up.sql", "\u{feff}SELECT 1;\r\n");
    let same = Chain::open(dir.path()).unwrap();
    assert_eq!(
        plain.migrations()[0].tenant(),
        same.migrations()[0].tenant()
    );
    assert_eq!(same.migrations().len(), 1);
}

/// The models of the first version of an application.
mod first {
    use tenantry::{Fk, shared_model, tenant_model};

    /// A plan.
    #[shared_model]
    pub(crate) struct Plan {
        #[field(key)]
        pub(crate) id: i64,
        #[field(unique, max_length = 40)]
        pub(crate) code: String,
    }

    #[tenant_model]
    pub(crate) struct Customer {
        #[field(key)]
        pub(crate) id: i64,
        pub(crate) name: String,
        pub(crate) plan: Fk<Plan>,
    }
}

/// Those of the second: a column more, a column less, and a table more.
mod second {
    use tenantry::{Fk, tenant_model};

    pub(crate) use super::first::Plan;

    #[tenant_model]
    pub(crate) struct Customer {
        #[field(key)]
        pub(crate) id: i64,
        pub(crate) plan: Fk<Plan>,
        pub(crate) notes: Option<String>,
    }

    #[tenant_model]
    pub(crate) struct Invoice {
        #[field(key)]
        pub(crate) id: i64,
        #[field(on_delete = "cascade")]
        pub(crate) customer: Fk<Customer>,
    }
}

/// Tenants have let go of the shared table, which is gone.
mod third {
    use tenantry::tenant_model;

    #[tenant_model]
    pub(crate) struct Customer {
        #[field(key)]
        pub(crate) id: i64,
        pub(crate) notes: Option<String>,
    }
}

/// A new column that rows have no value for.
mod impossible {
    use tenantry::tenant_model;

    #[tenant_model]
    pub(crate) struct Customer {
        #[field(key)]
        pub(crate) id: i64,
        pub(crate) notes: Option<String>,
        #[field(column = "mail")]
        pub(crate) email: String,
    }
}

const FIRST: [&ModelDef; 2] = [first::Plan::DEF, first::Customer::DEF];
const SECOND: [&ModelDef; 3] = [
    second::Plan::DEF,
    second::Customer::DEF,
    second::Invoice::DEF,
];
const THIRD: [&ModelDef; 1] = [third::Customer::DEF];

/// Makes and writes what models ask for; gives the ids of the migrations.
fn makemigrations(dir: &Path, models: &[&ModelDef]) -> Vec<String> {
    let chain = Chain::open_or_empty(dir).unwrap();
    let Some(made) = make(models, &chain, None).unwrap() else {
        return Vec::new();
    };
    made.write(dir).unwrap();
    made.migrations()
        .iter()
        .map(|made| made.id().to_owned())
        .collect()
}

#[test]
fn models_become_migrations_that_can_be_run_and_rolled_back() {
    let dir = TempDir::new().unwrap();
    let dir = dir.path().join("migrations");
    let db = TestDb::new();
    let mut client = db.connect();

    assert_eq!(makemigrations(&dir, &FIRST), ["0001_initial"]);
    assert_eq!(makemigrations(&dir, &FIRST), Vec::<String>::new());
    migrate(&mut client, Chain::open(&dir).unwrap());
    create(&mut client, "acme");
    assert_eq!(tables(&mut client, "shared"), ["plans"]);
    assert_eq!(tables(&mut client, "acme"), ["customers"]);

    let made = makemigrations(&dir, &SECOND);
    // What takes away something comes after what the version of the application from before can live with.
    assert_eq!(made.len(), 2, "{made:?}");
    assert_eq!(makemigrations(&dir, &SECOND), Vec::<String>::new());
    let chain = Chain::open(&dir).unwrap();
    let phases = [1, 2].map(|place: usize| chain.migrations()[place].phase());
    assert_eq!(phases, [Phase::Expand, Phase::Contract]);
    assert!(
        chain
            .migrations()
            .iter()
            .all(|migration| !migration.is_edited())
    );
    assert!(chain.migrations()[1].operations().len() > 2);
    migrate(&mut client, chain);
    create(&mut client, "bolt");
    for schema in ["acme", "bolt"] {
        assert_eq!(tables(&mut client, schema), ["customers", "invoices"]);
    }

    // The shared table can only go once the tenants have let go of it.
    let made = makemigrations(&dir, &THIRD);
    assert_eq!(made.len(), 3, "{made:?}");
    let chain = Chain::open(&dir).unwrap();
    assert!(chain.migrations()[4].shared().is_none() && chain.migrations()[5].tenant().is_none());
    migrate(&mut client, chain.clone());
    assert_eq!(tables(&mut client, "shared"), Vec::<String>::new());

    migrator(chain.clone())
        .on(&mut client)
        .rollback(Some("0001_initial"))
        .unwrap();
    create(&mut client, "cord");
    let columns = "SELECT string_agg(column_name, ' ' ORDER BY column_name) FROM information_schema.columns \
                   WHERE table_name = 'customers' GROUP BY table_schema";
    assert_eq!(texts(&mut client, columns), ["id name plan"; 3]);
    migrate(&mut client, chain);
    assert_eq!(texts(&mut client, columns), ["id notes"; 3]);
}

#[test]
fn a_generated_file_is_sql_to_read() {
    let dir = TempDir::new().unwrap();
    makemigrations(dir.path(), &FIRST);
    let chain = Chain::open(dir.path()).unwrap();
    let made = make_with(&SECOND, &chain, None, &Choices::new().together()).unwrap();
    made.unwrap().write(dir.path()).unwrap();
    let folder = dir.path().join("0002_create_invoices_and_more");
    let files: Vec<String> = ["tenant.up.sql", "tenant.down.sql", "migration.toml"]
        .iter()
        .map(|name| {
            format!(
                "==> {name}\n{}",
                fs::read_to_string(folder.join(name)).unwrap()
            )
        })
        .collect();
    insta::assert_snapshot!(files.join("\n"));
}

#[test]
fn a_column_that_existing_rows_have_no_value_for_is_refused_with_the_field() {
    let dir = TempDir::new().unwrap();
    makemigrations(dir.path(), &THIRD);
    let chain = Chain::open(dir.path()).unwrap();
    let error = make(&[impossible::Customer::DEF], &chain, None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Models);
    let text = error.to_string();
    assert!(
        text.starts_with("`Customer::email` is new") && text.contains("`Option`"),
        "{text}"
    );
}

#[test]
fn an_empty_migration_is_for_writing_by_hand() {
    let dir = TempDir::new().unwrap();
    makemigrations(dir.path(), &FIRST);
    let chain = Chain::open(dir.path()).unwrap();
    let made = make_empty(&chain, "backfill").unwrap();
    assert_eq!(made.migrations()[0].id(), "0002_backfill");
    made.write(dir.path()).unwrap();
    let text = Chain::open(dir.path()).unwrap_err().to_string();
    assert!(text.contains("write SQL into this file"), "{text}");
    write(
        dir.path(),
        "0002_backfill/tenant.up.sql",
        "UPDATE \"{tenant}\".customers SET name = ''",
    );
    let chain = Chain::open(dir.path()).unwrap();
    assert!(chain.migrations()[1].shared().is_none() && chain.migrations()[1].is_edited());
    assert!(make(&FIRST, &chain, None).unwrap().is_none());
    assert_eq!(
        make_empty(&chain, "Back fill").unwrap_err().kind(),
        ErrorKind::Chain
    );
}

#[test]
fn nothing_is_overwritten_and_nothing_is_left_of_a_failure() {
    let dir = TempDir::new().unwrap();
    let chain = Chain::open_or_empty(dir.path()).unwrap();
    let made = make(&FIRST, &chain, None).unwrap().unwrap();
    write(dir.path(), "0001_initial/mine.txt", "precious");
    let error = made.write(dir.path()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("0001_initial`: is there already"),
        "{error}"
    );
    let names: Vec<String> = fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names, ["0001_initial"]);
}

#[test]
fn a_state_that_the_migrations_do_not_lead_to_is_refused() {
    let dir = TempDir::new().unwrap();
    makemigrations(dir.path(), &FIRST);
    let state = dir.path().join("state.json");
    let before = fs::read(&state).unwrap();
    makemigrations(dir.path(), &SECOND);
    let after = fs::read(&state).unwrap();
    let last = Chain::open(dir.path()).unwrap();
    let last = dir.path().join(last.migrations().last().unwrap().id());
    let refused = || {
        let chain = Chain::open(dir.path()).unwrap();
        let error = make(&SECOND, &chain, None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Chain, "{error}");
        assert!(
            error
                .to_string()
                .contains("not what the migrations lead to"),
            "{error}"
        );
    };
    fs::write(&state, before).unwrap();
    refused();
    fs::write(&state, after).unwrap();
    assert!(
        make(&SECOND, &Chain::open(dir.path()).unwrap(), None)
            .unwrap()
            .is_none()
    );
    fs::remove_dir_all(last).unwrap();
    refused();
}

#[test]
fn a_state_that_was_lost_or_torn_is_not_guessed() {
    let dir = TempDir::new().unwrap();
    makemigrations(dir.path(), &FIRST);
    let state = dir.path().join("state.json");
    fs::write(&state, "<<<<<<< ours\n").unwrap();
    let chain = Chain::open(dir.path()).unwrap();
    let error = make(&SECOND, &chain, None).unwrap_err();
    assert!(
        error.to_string().contains("state.json`: ") && error.to_string().contains("two branches"),
        "{error}"
    );
    fs::remove_file(&state).unwrap();
    let chain = Chain::open(dir.path()).unwrap();
    let error = make(&SECOND, &chain, None).unwrap_err();
    assert!(error.to_string().contains("the file is missing"), "{error}");
}

mod current {
    use tenantry::prelude::*;

    #[shared_model]
    pub(crate) struct Plan {
        #[field(key)]
        pub id: i64,
    }

    tenantry::schema! {
        pub(crate) static SCHEMA = [Plan];
    }
}

#[test]
fn a_test_of_the_application_fails_until_the_models_have_their_migration() {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    let error = tenantry::migrate::check_current(&current::SCHEMA, path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Models);
    let told = error.to_string();
    assert!(
        told.contains("create shared table `plans`") && told.contains("help: run"),
        "{told}"
    );
    let failed =
        std::panic::catch_unwind(|| tenantry::assert_migrations_current!(current::SCHEMA, path));
    failed.unwrap_err();
    let models = current::SCHEMA.models().unwrap();
    let chain = Chain::open_or_empty(path).unwrap();
    let made = make(&models, &chain, None).unwrap();
    made.unwrap().write(path).unwrap();
    tenantry::assert_migrations_current!(current::SCHEMA, path);
}
