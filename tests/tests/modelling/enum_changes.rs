//! Enums of PostgreSQL's own whose labels come, go, move and get other names.

use tenantry::ErrorKind;
use tenantry::migrate::Choices;
use tenantry::model::ModelDef;
use tenantry::prelude::*;

use crate::enum_types::before::{MODELS, Mood, NewNote, Note};
use crate::given::Given;

/// The labels of the type in a schema, in order.
pub(crate) fn enum_labels(given: &mut Given, schema: &str) -> Vec<String> {
    let sql = format!(
        "SELECT e.enumlabel::text FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid \
         JOIN pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname = '{schema}' ORDER BY e.enumsortorder"
    );
    given.finds_in(schema, &sql)
}

macro_rules! mood {
    ($name:ident, $default:literal, $($(#[$attribute:meta])* $variant:ident)*) => {
        mod $name {
            use super::*;

            #[derive(Debug, Clone, Copy, PartialEq, Eq, Column)]
            #[column(enum_type = "current mood")]
            pub(super) enum Mood {
                $($(#[$attribute])* $variant,)*
            }

            #[tenant_model(table = "notes", unique(name))]
            pub(super) struct Note {
                #[field(key)]
                pub(super) id: i64,
                pub(super) name: String,
                pub(super) mood: Mood,
                pub(super) was: Option<Mood>,
                #[field(default = $default)]
                pub(super) will_be: Mood,
            }

            #[tenant_model(table = "days")]
            pub(super) struct Day {
                #[field(key)]
                pub(super) id: i64,
                pub(super) moods: Vec<Mood>,
                pub(super) gaps: Vec<Option<Mood>>,
            }

            #[shared_model(table = "posts")]
            pub(super) struct Post {
                #[field(key)]
                pub(super) id: i64,
                pub(super) mood: Mood,
            }

            pub(super) const MODELS: [&ModelDef; 3] = [Note::DEF, Day::DEF, Post::DEF];
        }
    };
}

mood! { wider, "happy", Awful Sad #[column(rename = "it's \"ok\", \\ so")] Okay Fine Happy Elated }
mood! { turned, "sad", Happy Sad }
mood! { renamed, "glad", Sad #[column(rename = "okay")] Okay #[column(rename = "glad")] Happy }
mood! { wider_by_default, "elated", Sad #[column(rename = "it's \"ok\", \\ so")] Okay Happy Elated }

mod texts {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq, Column)]
    pub(super) enum Mood {
        Sad,
        #[column(rename = "it's \"ok\", \\ so")]
        Okay,
        Happy,
    }

    #[tenant_model(table = "notes", unique(name))]
    pub(super) struct Note {
        #[field(key)]
        pub id: i64,
        pub name: String,
        pub mood: Mood,
        pub was: Option<Mood>,
        #[field(default = "happy")]
        pub will_be: Mood,
    }

    pub(super) const MODELS: [&ModelDef; 1] = [Note::DEF];
}

const ROWS: &str = "INSERT INTO {t}.notes (name, mood, was) VALUES ('one', 'sad', 'happy'), ('two', 'happy', NULL); \
    INSERT INTO {t}.days (moods, gaps) VALUES ('{sad,happy}', '{NULL}')";

const READ: &str = "SELECT concat_ws('|', name, mood, was, will_be) FROM {t}.notes ORDER BY id";

#[test]
fn labels_are_added_at_their_places_and_taken_away_again() {
    let mut given = Given::new(&MODELS, ROWS);
    let operations = given.become_(&wider::MODELS, &Choices::new());
    assert_eq!(
        operations,
        [
            "have shared type `current mood` with `awful`, `fine`, `elated`",
            "have tenant type `current mood` with `awful`, `fine`, `elated`",
        ]
    );
    for schema in ["shared", "acme", "select", "later"] {
        let found = enum_labels(&mut given, schema);
        let expected = [
            "awful",
            "sad",
            "it's \"ok\", \\ so",
            "fine",
            "happy",
            "elated",
        ];
        assert_eq!(found, expected, "{schema}");
    }
    assert_eq!(
        given.finds(READ),
        ["one|sad|happy|happy", "two|happy|happy"]
    );
}

#[test]
fn a_default_that_is_a_new_label_is_one_migration() {
    let mut given = Given::new(&MODELS, ROWS);
    given.become_(&wider_by_default::MODELS, &Choices::new());
    given.run(
        "acme",
        "INSERT INTO {t}.notes (name, mood) VALUES ('new', 'elated')",
    );
    let found = given.finds_in("acme", READ);
    assert_eq!(found[2], "new|elated|elated");
}

#[test]
fn labels_go_and_change_places_with_the_rows_and_defaults() {
    let mut given = Given::new(&MODELS, ROWS);
    given.become_(&turned::MODELS, &Choices::new());
    for schema in ["shared", "acme", "select", "later"] {
        assert_eq!(
            enum_labels(&mut given, schema),
            ["happy", "sad"],
            "{schema}"
        );
    }
    assert_eq!(
        given.finds(READ),
        ["one|sad|happy|happy", "two|happy|happy"]
    );
    given.run(
        "acme",
        "INSERT INTO {t}.notes (name, mood) VALUES ('new', 'sad')",
    );
    let worst = "SELECT name FROM {t}.notes ORDER BY mood, id";
    assert_eq!(given.finds_in("acme", worst), ["two", "one", "new"]);
    assert_eq!(given.finds_in("acme", READ)[2], "new|sad|sad");
}

#[test]
fn a_label_gets_another_name_and_no_row_is_written() {
    let mut given = Given::new(&MODELS, ROWS);
    let rename = Choices::new()
        .rename("notes.mood:happy=glad")
        .rename("notes.mood:it's \"ok\", \\ so=okay")
        .rename("posts.mood:happy=glad")
        .rename("posts.mood:it's \"ok\", \\ so=okay");
    given.become_(&renamed::MODELS, &rename);
    for schema in ["shared", "acme", "select", "later"] {
        assert_eq!(
            enum_labels(&mut given, schema),
            ["sad", "okay", "glad"],
            "{schema}"
        );
    }
    assert_eq!(given.finds(READ), ["one|sad|glad|glad", "two|glad|glad"]);
}

#[test]
fn a_text_becomes_the_type_and_the_type_a_text() {
    let rows = "INSERT INTO {t}.notes (name, mood, was) VALUES ('one', 'sad', 'happy')";
    let mut given = Given::new(&texts::MODELS, rows);
    given.become_(&[Note::DEF], &Choices::new());
    assert_eq!(given.finds(READ), ["one|sad|happy|happy"]);
    let mut given = Given::new(&[Note::DEF], rows);
    given.become_(&texts::MODELS, &Choices::new());
    assert_eq!(given.finds(READ), ["one|sad|happy|happy"]);
    assert!(
        enum_labels(&mut given, "acme").is_empty(),
        "no column has the type"
    );
}

#[test]
fn a_label_that_is_gone_is_a_typed_error_and_not_told() {
    let mut given = Given::new(&MODELS, ROWS);
    let db = Database::connect(given.url()).unwrap();
    let mut scope = db.tenant(&TenantKey::new("acme").unwrap()).unwrap();
    given.run(
        "acme",
        "ALTER TYPE {t}.\"current mood\" RENAME VALUE 'happy' TO 'secret'",
    );
    let error = Note::query().all(&mut scope).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
    let error = Note::insert(NewNote::new("x", Mood::Happy))
        .execute(&mut scope)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Database, "{error}");
    assert!(error.to_string().contains("model `Note`"), "{error}");
    assert!(!error.to_string().contains("happy"), "{error}");
}
