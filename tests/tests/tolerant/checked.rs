//! Migrations that fields name: whether the chain has them, and what they do.

use std::path::Path;

use tempfile::TempDir;
use tenantry::ErrorKind;
use tenantry::migrate::{Chain, Choices, check_current, make, make_with};
use tenantry::model::{ModelDef, Schema};
use tenantry::prelude::*;
use tenantry_tests::fleet::{create, migrate};

macro_rules! note {
    ($module:ident { $($fields:tt)* }) => {
        mod $module {
            use super::*;

            #[tenant_model]
            pub(super) struct Note {
                #[field(key)]
                pub(super) id: i64,
                pub(super) text: String,
                $($fields)*
            }
        }
    };
}

note!(first { pub(super) mark: String, });
note!(colored {
    pub(super) mark: String,
    #[field(since = "0002_colors", default = "none")]
    pub(super) color: String,
});
note!(early {
    pub(super) mark: String,
    #[field(since = "0001_note", default = "none")]
    pub(super) color: String,
});
note!(as_old_as_the_table {
    #[field(since = "0001_note", default = "none")]
    pub(super) mark: String,
});
note!(unmarked {
    #[field(until = "0004_marks", default = "")]
    pub(super) mark: String,
    #[field(since = "0002_colors", default = "none")]
    pub(super) color: String,
});
note!(unmarked_too_early {
    #[field(until = "0003_marks", default = "")]
    pub(super) mark: String,
    #[field(since = "0002_colors", default = "none")]
    pub(super) color: String,
});
note!(gone {
    #[field(since = "0002_colors", default = "none")]
    pub(super) color: String,
});

static COLORED: Schema = Schema::new(&[colored::Note::DEF], &[]);
static UNMARKED: Schema = Schema::new(&[unmarked::Note::DEF], &[]);

fn opened(folder: &Path) -> Chain {
    Chain::open_or_empty(folder).unwrap()
}

fn write(folder: &Path, model: &'static ModelDef, name: &str, choices: &Choices) -> Vec<String> {
    let made = make_with(&[model], &opened(folder), Some(name), choices);
    let made = made.unwrap_or_else(|error| panic!("{error}")).unwrap();
    made.write(folder).unwrap();
    let migrations = made.migrations().iter();
    migrations
        .map(|migration| migration.id().to_owned())
        .collect()
}

fn refused(folder: &Path, model: &'static ModelDef, name: Option<&str>, parts: &[&str]) {
    let error = make(&[model], &opened(folder), name).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Models, "{error}");
    let said = error.to_string();
    for part in parts {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn the_migration_that_a_field_names_has_to_add_or_drop_its_column() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    write(folder, first::Note::DEF, "note", &Choices::new());
    // It is not written yet, and is to be called so.
    let column = "field `color` of model `Note` is there since";
    refused(
        folder,
        colored::Note::DEF,
        None,
        &[
            column,
            "`0002_colors`, which the chain does not have",
            "`0002_add_",
            "--name",
        ],
    );
    refused(
        folder,
        early::Note::DEF,
        None,
        &[
            column,
            "`0001_note`, which does not add the column `notes.color`",
            "write `since = \"0002_",
        ],
    );
    refused(
        folder,
        as_old_as_the_table::Note::DEF,
        None,
        &["as old as its table", "remove `since`"],
    );
    let error = check_current(&COLORED, folder).unwrap_err();
    assert!(
        error.to_string().contains("changes without a migration"),
        "{error}"
    );
    assert_eq!(
        write(folder, colored::Note::DEF, "colors", &Choices::new()),
        ["0002_colors"]
    );
    check_current(&COLORED, folder).unwrap();

    // What takes away is a migration of its own, behind the one that makes ready for it.
    let fill = Choices::new().fill("notes.mark", "''");
    let made = make_with(
        &[unmarked_too_early::Note::DEF],
        &opened(folder),
        Some("marks"),
        &fill,
    );
    let said = made.unwrap_err().to_string();
    for part in [
        "field `mark` of model `Note` is there until `0003_marks`, which does not drop the column `notes.mark`",
        "`0004_marks` drops the column",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(
        write(folder, unmarked::Note::DEF, "marks", &fill),
        ["0003_marks", "0004_marks"]
    );
    check_current(&UNMARKED, folder).unwrap();
    assert!(
        make(&[unmarked::Note::DEF], &opened(folder), None)
            .unwrap()
            .is_none()
    );
    // The field can go once no tenant has its column, and nothing is to be migrated then.
    assert!(
        make(&[gone::Note::DEF], &opened(folder), None)
            .unwrap()
            .is_none()
    );
    refused(
        folder,
        unmarked_too_early::Note::DEF,
        None,
        &["write `until = \"0004_marks\"`"],
    );
}

#[test]
fn a_program_is_written_before_its_migrations_and_serves_all_on_the_way() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    write(folder, first::Note::DEF, "note", &Choices::new());
    let database = tenantry::testing::TestDb::new();
    let mut client = database.connect();
    migrate(&mut client, opened(folder));
    create(&mut client, "acme");
    let acme = TenantKey::new("acme").unwrap();
    client
        .batch_execute("INSERT INTO acme.notes (text, mark) VALUES ('one', 'x')")
        .unwrap();
    let program = || Database::connect(database.url()).unwrap();
    let read = |marks: &str, color: &str| {
        let db = program();
        let mut scope = db.tenant(&acme).unwrap();
        let note = unmarked::Note::query().one(&mut scope).unwrap();
        assert_eq!((&*note.mark, &*note.color), (marks, color));
    };
    // With the migrations of later.
    read("x", "none");
    write(folder, colored::Note::DEF, "colors", &Choices::new());
    migrate(&mut client, opened(folder));
    client
        .batch_execute("UPDATE acme.notes SET color = 'red'")
        .unwrap();
    read("x", "red");
    let fill = Choices::new().fill("notes.mark", "''");
    write(folder, unmarked::Note::DEF, "marks", &fill);
    migrate(&mut client, opened(folder));
    read("", "red");
}
