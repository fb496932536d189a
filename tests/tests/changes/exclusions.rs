//! Rows that exclude each other: who writes one is told by which constraint, and the rows of the version from before wait for the contract.

use tenantry::ErrorKind;
use tenantry::migrate::Choices;
use tenantry::model::ModelDef;
use tenantry::prelude::*;
use tenantry::value::Range;
use tenantry_tests::fleet::{app, key};

use crate::given::Given;

/// A model of the table in question.
macro_rules! booking {
    ($name:ident, $($parts:tt)*) => {
        mod $name {
            use super::*;

            #[tenant_model(table = "order", $($parts)*)]
            pub(super) struct Booking {
                #[field(key)]
                pub(super) id: i64,
                pub(super) room: i32,
                pub(super) during: Range<i32>,
                pub(super) off: bool,
            }

            pub(super) const MODELS: [&ModelDef; 1] = [Booking::DEF];
        }
    };
}

booking!(free,);
booking!(
    alone,
    exclude(room = "=", during = "&&", filter = "NOT off", name = "user")
);
booking!(stricter, exclude(room = "=", during = "&&", name = "user"));

const ROWS: &str =
    "INSERT INTO {t}.\"order\" (room, during, off) VALUES (1, '[1,5)', false), (2, '[3,9)', false)";

#[test]
fn the_phases_are_those_in_which_neither_version_is_refused_what_it_writes() {
    let phases = |from: &[&'static ModelDef], to: &[&'static ModelDef]| {
        let mut phase = String::new();
        let mut found = Vec::new();
        for step in Given::new(from, ROWS).steps(to, &Choices::new()) {
            if !step.starts_with(' ') {
                phase = step;
            } else if step.contains("exclusion constraint") {
                found.push(format!("{phase}:{}", &step[1..]));
            }
        }
        found
    };
    let to_table = "exclusion constraint `user` to tenant table `order`";
    let from_table = "exclusion constraint `user` from tenant table `order`";
    assert_eq!(
        phases(&free::MODELS, &alone::MODELS),
        [format!("contract: add {to_table}")]
    );
    assert_eq!(
        phases(&stricter::MODELS, &free::MODELS),
        [format!("contract: drop {from_table}")]
    );
    let exchanged = phases(&alone::MODELS, &stricter::MODELS);
    assert_eq!(exchanged.len(), 2, "{exchanged:?}");
    assert!(exchanged.iter().all(|it| it.starts_with("contract: ")));
    assert!(exchanged[1].ends_with(from_table), "{exchanged:?}");
}

#[test]
fn a_row_that_is_excluded_is_told_with_its_constraint() {
    let mut given = Given::new(&free::MODELS, ROWS);
    given.become_(&alone::MODELS, &Choices::new());
    let mut scope = app(given.url()).tenant(&key("acme")).unwrap();
    let booked =
        |during: std::ops::Range<i32>, off| alone::NewBooking::new(1, Range::from(during), off);
    let error = alone::Booking::insert(booked(4..6, false))
        .execute(&mut scope)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exclusion, "{error}");
    assert_eq!(error.constraint(), Some("user"));
    assert_eq!(error.table(), Some("order"));
    for (during, off) in [(5..7, false), (1..9, true)] {
        let new = alone::Booking::insert(booked(during, off));
        new.execute(&mut scope).unwrap();
    }
}
