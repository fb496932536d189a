//! Columns for which rows have no value, and values that are converted.

use tenantry::migrate::{Choices, Question, make_with, questions};
use tenantry::prelude::*;

use crate::given::Given;

mod before {
    use super::*;

    #[tenant_model]
    pub(crate) struct Note {
        #[field(key)]
        pub id: i64,
        pub text: Option<String>,
        pub done: bool,
        pub old: i32,
    }
}

mod after {
    use super::*;

    #[tenant_model]
    pub(crate) struct Note {
        #[field(key)]
        pub id: i64,
        #[field(default = "none")]
        pub text: String,
        pub done: i32,
        pub rank: i64,
    }
}

const ROWS: &str =
    "INSERT INTO {t}.notes (text, done, old) VALUES ('a', true, 1), (NULL, false, 2)";

#[test]
fn rows_get_the_values_that_they_lack() {
    let mut given = Given::new(&[before::Note::DEF], ROWS);
    let without = make_with(&[after::Note::DEF], &given.chain(), None, &Choices::new());
    let error = without.unwrap_err().to_string();
    assert!(error.contains("--fill \"notes.rank=…\""), "{error}");
    let choices = Choices::new()
        .fill("notes.rank", "5")
        .fill("notes.old", "-1");
    given.become_(&[after::Note::DEF], &choices);
    let rows = "SELECT text || done || rank FROM {t}.notes ORDER BY 1";
    assert_eq!(given.finds(rows), ["a15", "none05"]);
}

#[test]
fn a_value_for_what_needs_none_is_refused() {
    let given = Given::new(&[before::Note::DEF], "");
    let choices = Choices::new().fill("notes.rank", "5").fill("notes.id", "1");
    let error = make_with(&[after::Note::DEF], &given.chain(), None, &choices).unwrap_err();
    assert!(
        error.to_string().starts_with("`notes.id` is no column"),
        "{error}"
    );
}

mod required {
    use super::*;

    #[tenant_model]
    pub(crate) struct Note {
        #[field(key)]
        pub id: i64,
        pub text: String,
        pub done: bool,
        pub old: i32,
    }
}

#[test]
fn nulls_that_are_forbidden_get_a_value_or_are_said_not_to_be() {
    let mut given = Given::new(&[before::Note::DEF], ROWS);
    let chain = given.chain();
    let models = [required::Note::DEF];
    let refused = make_with(&models, &chain, None, &Choices::new()).unwrap_err();
    assert_eq!(refused.kind(), tenantry::ErrorKind::Models);
    let error = refused.to_string();
    assert!(
        error.contains("`Note::text` takes no null any more"),
        "{error}"
    );
    assert!(error.contains("--fill \"notes.text=NULL\""), "{error}");
    let asked = questions(&models, &chain, &Choices::new()).unwrap();
    let [
        Question::Fill {
            column,
            sql_type,
            is_nullable_before: true,
            ..
        },
    ] = &asked[..]
    else {
        panic!("{asked:?}");
    };
    assert_eq!((column.as_str(), sql_type.as_str()), ("notes.text", "text"));
    // Said to be none, they are looked for, and nothing is written over them.
    for none in ["NULL", " null "] {
        let none = Choices::new().fill("notes.text", none);
        assert_eq!(questions(&models, &chain, &none).unwrap(), []);
        let made = make_with(&models, &chain, None, &none).unwrap().unwrap();
        let (_, sql) = made.migrations()[0]
            .files()
            .find(|(name, _)| *name == "tenant.up.sql")
            .unwrap();
        assert!(!sql.contains("UPDATE"), "{sql}");
    }
    given.become_(&models, &Choices::new().fill("notes.text", "'none'"));
    let rows = "SELECT text FROM {t}.notes ORDER BY 1";
    assert_eq!(given.finds(rows), ["a", "none"]);
}
