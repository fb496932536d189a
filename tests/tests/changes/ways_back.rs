//! Taken back where the next version has written what the version from before has no room for: the table, the column and the rows are named,
//! nothing is lost, and once the rows are mended it goes on.

use tenantry::migrate::Choices;
use tenantry::model::ModelDef;
use tenantry::prelude::*;
use tenantry_tests::fleet::migrator;

use crate::given::Given;

/// Labels of a text.
#[derive(Column, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Few {
    Open,
}

/// The same, and one more.
#[derive(Column, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum More {
    Open,
    Done,
}

/// Models of the tables in question.
macro_rules! notes {
    ($name:ident, [$($parts:tt)*], { $($fields:tt)* }) => {
        mod $name {
            use super::*;

            #[tenant_model(table = "by")]
            pub(super) struct By {
                #[field(key)]
                pub(super) id: i64,
            }

            #[tenant_model(table = "select", $($parts)*)]
            pub(super) struct Note {
                #[field(key)]
                pub(super) id: i64,
                pub(super) rank: i32,
                $($fields)*
            }

            pub(super) const MODELS: [&ModelDef; 2] = [By::DEF, Note::DEF];
        }
    };
}

notes!(plain, [], {});
notes!(required, [], { pub(super) text: String, });
notes!(optional, [], { pub(super) text: Option<String>, });
notes!(checked, [check(name = "above", "rank > 0")], {});
notes!(unique, [unique(rank, part)], { pub(super) part: i32, });
notes!(equal, [], { pub(super) part: i32, });
notes!(expressed, [unique("lower(text)", name = "lower", filter = "rank > 0")], { pub(super) text: String, });
notes!(few, [], { pub(super) state: Few, });
notes!(more, [], { pub(super) state: More, });
notes!(led, [], { pub(super) by: Fk<By>, });
notes!(free, [], { pub(super) by: i64, });

/// A change that is taken back where rows stand in the way.
struct Way {
    before: &'static [&'static ModelDef],
    after: &'static [&'static ModelDef],
    choices: Choices,
    /// The rows that the next version writes in between.
    written: &'static str,
    /// The words that are told of the rows, and of what to do.
    told: [&'static str; 2],
    /// The SQL that mends it.
    mended: &'static str,
}

impl Way {
    fn holds(self) {
        let mut given = Given::new(self.before, "");
        given.write(self.after, &self.choices);
        given.migrate();
        given.run("acme", self.written);
        let rows = "SELECT to_jsonb(t)::text FROM {t}.\"select\" AS t ORDER BY id";
        let back = |given: &mut Given| {
            let migrator = migrator(given.chain());
            migrator.on(&mut given.client).rollback(Some("1"))
        };
        let error = back(&mut given).unwrap_err().to_string();
        let [rows_told, help] = self.told;
        assert!(error.contains(rows_told), "{error}");
        assert!(error.contains(&format!("\nhelp: {help}")), "{error}");
        assert!(error.contains("tenant `acme`"), "{error}");
        // Of the tenant nothing is lost; the other is back.
        let kept = given.finds_in("acme", rows);
        assert_ne!(kept, [""; 0]);
        given.run("acme", self.mended);
        back(&mut given).unwrap();
        given.expect_structure(self.before);
        assert_eq!(given.finds_in("acme", rows).len(), kept.len());
    }
}

#[test]
fn nulls_in_a_column_that_went_and_took_none() {
    Way {
        before: &required::MODELS,
        after: &plain::MODELS,
        choices: Choices::new().accept_loss("select.text"),
        written: "INSERT INTO {t}.\"select\" (rank) SELECT 1 FROM generate_series(1, 4)",
        told: ["`text` is null in rows of `select`: (id = 1), (id = 2), (id = 3), and more", "write a value there: `UPDATE \"acme\".\"select\" SET \"text\" = … WHERE \"text\" IS NULL`, and run it again"],
        mended: "UPDATE {t}.\"select\" SET text = 'mended' WHERE text IS NULL",
    }
    .holds();
}

#[test]
fn nulls_in_a_column_that_takes_some_since() {
    Way {
        before: &required::MODELS,
        after: &optional::MODELS,
        choices: Choices::new(),
        written: "INSERT INTO {t}.\"select\" (rank, text) VALUES (1, 'a'), (2, NULL)",
        told: [
            "`text` is null in rows of `select`: (id = 2)",
            "write a value there:",
        ],
        mended: "UPDATE {t}.\"select\" SET text = '' WHERE text IS NULL",
    }
    .holds();
}

#[test]
fn rows_that_a_check_refused_that_went() {
    Way {
        before: &checked::MODELS,
        after: &plain::MODELS,
        choices: Choices::new(),
        written: "INSERT INTO {t}.\"select\" (rank) VALUES (1), (-1)",
        told: [
            "the check `above`, `(rank > 0)`, is not true of rows of `select`: (id = 2)",
            "change or delete these rows",
        ],
        mended: "UPDATE {t}.\"select\" SET rank = 5 WHERE rank < 0",
    }
    .holds();
}

#[test]
fn labels_that_were_not_there() {
    Way {
        before: &few::MODELS,
        after: &more::MODELS,
        choices: Choices::new(),
        written: "INSERT INTO {t}.\"select\" (rank, state) VALUES (1, 'open'), (1, 'done')",
        told: [
            "is not true of rows of `select`: (id = 2)",
            "change or delete these rows",
        ],
        mended: "UPDATE {t}.\"select\" SET state = 'open' WHERE state = 'done'",
    }
    .holds();
}

#[test]
fn rows_that_were_to_be_unique() {
    Way {
        before: &unique::MODELS,
        after: &equal::MODELS,
        choices: Choices::new(),
        written: "INSERT INTO {t}.\"select\" (rank, part) VALUES (1, 1), (2, 1), (1, 1)",
        told: [
            "rank, part has to be unique, and is the same in rows of `select`: (id = 1), (id = 3)",
            "change or delete all but one of those that are equal",
        ],
        mended: "UPDATE {t}.\"select\" SET part = 2 WHERE id = 3",
    }
    .holds();
}

#[test]
fn rows_that_were_to_be_unique_by_an_expression() {
    Way {
        before: &expressed::MODELS,
        after: &required::MODELS,
        choices: Choices::new(),
        written: "INSERT INTO {t}.\"select\" (rank, text) VALUES (1, 'A'), (-2, 'a'), (1, 'a')",
        told: ["lower(text) has to be unique, and is the same in rows of `select`: (id = 1), (id = 3)", "change or delete all but one"],
        mended: "DELETE FROM {t}.\"select\" WHERE id = 3; INSERT INTO {t}.\"select\" (rank, text) VALUES (1, 'b')",
    }
    .holds();
}

#[test]
fn rows_that_lead_nowhere() {
    Way {
        before: &led::MODELS,
        after: &free::MODELS,
        choices: Choices::new(),
        written: "INSERT INTO {t}.by DEFAULT VALUES; INSERT INTO {t}.\"select\" (rank, by) VALUES (1, 1), (1, 77)",
        told: ["leads to no row of `acme.by` from rows of `select`: (id = 2)", "have these rows lead to rows"],
        mended: "UPDATE {t}.\"select\" SET by = 1 WHERE id = 2",
    }
    .holds();
}
