//! Names that others had before, and names that mean something in SQL.

use tenantry::ErrorKind;
use tenantry::migrate::{Choices, make_with};
use tenantry::prelude::*;

use crate::given::Given;

mod before {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq, Column)]
    pub(crate) enum State {
        Open,
        Late,
        Paid,
    }

    #[tenant_model(check = "notes.date > '2020-01-01'::date", index("abs(total)"))]
    pub(crate) struct Note {
        #[field(key)]
        pub id: i64,
        pub date: Date,
        #[field(check = "total > 0")]
        pub total: i32,
        #[field(check = "sum < 100")]
        pub sum: Option<i32>,
        #[field(default = "open")]
        pub state: State,
    }
}

mod after {
    use super::*;

    #[tenant_model(
        table = "entries",
        check = "entries.day > '2020-01-01'::date",
        index("abs(sum)")
    )]
    pub(crate) struct Entry {
        #[field(key)]
        pub id: i64,
        pub day: Date,
        #[field(check = "sum > 0")]
        pub sum: i32,
        #[field(check = "\"order\" < 100")]
        pub order: Option<i32>,
        #[field(default = "open")]
        pub state: before::State,
    }
}

/// One label fewer, and a column with a value that has to be given.
mod fewer {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq, Column)]
    pub(crate) enum State {
        Late,
        Paid,
    }

    #[tenant_model]
    pub(crate) struct Note {
        #[field(key)]
        pub id: i64,
        pub date: Date,
        pub total: i32,
        pub sum: Option<i32>,
        pub flag: bool,
        #[field(default = "late")]
        pub state: State,
    }
}

const ROWS: &str = "INSERT INTO {t}.notes (date, total, sum, state) VALUES \
    ('2026-01-01', 1, 5, 'open'), ('2026-01-02', 2, NULL, 'paid')";

#[test]
fn a_name_that_another_column_had_is_free_once_that_has_a_new_one() {
    let rows = "SELECT concat_ws(' ', day, sum, \"order\") FROM {t}.entries ORDER BY id";
    let choices = Choices::new()
        .rename("notes=entries")
        .rename("entries.date=day")
        .rename("entries.total=sum")
        .rename("entries.sum=order");
    let mut given = Given::new(&[before::Note::DEF], ROWS);
    let operations = given.become_(&[after::Entry::DEF], &choices);
    assert_eq!(given.finds(rows), ["2026-01-01 1 5", "2026-01-02 2"]);
    assert!(
        operations.iter().all(|it| it.starts_with("rename")),
        "{operations:#?}"
    );
}

#[test]
fn two_names_do_not_become_one() {
    let given = Given::new(&[before::Note::DEF], "");
    let refused = |choices: Choices| {
        let made = make_with(&[after::Entry::DEF], &given.chain(), None, &choices);
        let error = made.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Models);
        assert!(error.to_string().contains("renames nothing"), "{error}");
    };
    let table = Choices::new().rename("notes=entries");
    refused(
        table
            .rename("entries.total=order")
            .rename("entries.sum=order"),
    );
    // Nobody could tell afterwards which rows had which label.
    let choices = Choices::new()
        .rename("notes.state:open=late")
        .fill("notes.flag", "true");
    let made = make_with(&[fewer::Note::DEF], &given.chain(), None, &choices);
    assert!(made.unwrap_err().to_string().contains("renames nothing"));
}

#[test]
fn a_value_is_one_expression_of_any_kind() {
    let mut given = Given::new(&[before::Note::DEF], "");
    for wrong in [
        "true; DROP TABLE x",
        "true -- all",
        "true)",
        "(true",
        "",
        "'true",
    ] {
        let choices = Choices::new().fill("notes.flag", wrong);
        let made = make_with(&[fewer::Note::DEF], &given.chain(), None, &choices);
        let error = made.unwrap_err().to_string();
        assert!(
            error.contains("is not one SQL expression"),
            "{wrong}: {error}"
        );
    }
    let choices = Choices::new().fill("notes.flag", "true AND NOT false");
    given.become_(&[fewer::Note::DEF], &choices);
}
