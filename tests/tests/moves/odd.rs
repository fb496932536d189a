//! Models with keys of several columns, rows that stay when they are deleted, and values at the edges of their types.

use tenantry::migrate::{Choices, Phase};
use tenantry::model::ModelDef;
use tenantry::prelude::*;

use crate::given::{Given, TENANTS};

mod before {
    use super::*;

    #[tenant_model]
    pub(crate) struct Reading {
        #[field(key, max_length = 20)]
        pub place: String,
        #[field(key)]
        pub number: i32,
        #[field(unique)]
        pub label: Option<String>,
        pub value: f64,
        pub at: Option<Timestamp>,
        #[field(soft_delete)]
        pub deleted_at: Option<Timestamp>,
    }
}

mod after {
    use super::*;

    #[shared_model]
    pub(crate) struct Reading {
        #[field(key, max_length = 20)]
        pub place: String,
        #[field(key)]
        pub number: i32,
        pub tenant: String,
        #[field(unique)]
        pub label: Option<String>,
        pub value: f64,
        pub at: Option<Timestamp>,
        #[field(soft_delete)]
        pub deleted_at: Option<Timestamp>,
    }
}

mod alike {
    use super::*;

    #[shared_model]
    pub(crate) struct Reading {
        #[field(key, max_length = 20)]
        pub place: String,
        #[field(key)]
        pub number: i32,
        #[field(unique)]
        pub label: Option<String>,
        pub value: f64,
        pub at: Option<Timestamp>,
        #[field(soft_delete)]
        pub deleted_at: Option<Timestamp>,
    }
}

const BEFORE: [&ModelDef; 1] = [before::Reading::DEF];
const AFTER: [&ModelDef; 1] = [after::Reading::DEF];

fn collect() -> Choices {
    Choices::new().move_table("readings=collect:tenant")
}

/// Readings whose values are near each other, and one that is deleted.
fn with_rows() -> Given {
    let mut given = Given::new(&BEFORE);
    for name in TENANTS {
        given.run(&format!(
            "INSERT INTO {name:?}.readings (place, number, label, value, at, deleted_at) VALUES \
             ('{name}', 1, '{name} 1', 0.1, 'infinity', NULL), ('{name}', 2, NULL, '-0', '-infinity', NULL), \
             ('{name}', 3, 'gone', 'NaN', NULL, '2020-02-29 12:00Z'), ('{name}', 4, NULL, 5e-324, '0044-03-15 12:00Z BC', NULL)"
        ));
    }
    given
}

/// The rows of a table, each bit of them.
fn rows(given: &mut Given, table: &str, condition: &str) -> Vec<String> {
    given.finds(&format!(
        "SELECT concat_ws(' ', place, number, label, encode(float8send(value), 'hex'), at, deleted_at) FROM {table} \
         WHERE {condition} ORDER BY 1"
    ))
}

#[test]
fn rows_go_and_come_back_bit_by_bit() {
    let mut given = with_rows();
    let was: Vec<_> = TENANTS
        .iter()
        .map(|name| rows(&mut given, &format!("{name:?}.readings"), "true"))
        .collect();
    let migrations = given.write(&AFTER, &collect());
    assert_eq!(migrations[0].phase(), Phase::Contract);
    // A role's setting that has floats written in few digits.
    given.run("SET extra_float_digits = -10");
    given.migrate();
    for (name, was) in TENANTS.iter().zip(&was) {
        let moved = rows(&mut given, "shared.readings", &format!("tenant = '{name}'"));
        assert_eq!(moved, *was);
    }
    // The least change that there is.
    given.run(
        "UPDATE shared.readings SET value = 0.1::float8 + 1e-17::float8 * 2 WHERE place = 'acme' AND number = 1; \
         UPDATE shared.readings SET value = '0' WHERE place = 'acme' AND number = 2; \
         UPDATE shared.readings SET deleted_at = NULL WHERE place = 'acme' AND number = 3",
    );
    let changed = rows(&mut given, "shared.readings", "tenant = 'acme'");
    assert_ne!(changed, was[0]);
    given.roll_back("1");
    assert_eq!(rows(&mut given, "acme.readings", "true"), changed);
    assert_eq!(rows(&mut given, "globex.readings", "true"), was[1]);
}

#[test]
fn rows_that_were_dealt_out_come_back_bit_by_bit() {
    let mut given = Given::new(&AFTER);
    given.run(
        "INSERT INTO shared.readings (place, number, tenant, value, at) VALUES ('acme', 1, 'acme', 0.1, NULL), \
         ('acme', 2, 'acme', '-0', 'infinity'), ('globex', 1, 'globex', 'NaN', NULL)",
    );
    given.write(&BEFORE, &Choices::new().move_table("readings=deal:tenant"));
    given.run("SET extra_float_digits = -10");
    given.migrate();
    given.run("UPDATE acme.readings SET value = value + 2e-17 WHERE number = 1");
    let changed = rows(&mut given, "acme.readings", "true");
    given.roll_back("1");
    let back = rows(&mut given, "shared.readings", "tenant = 'acme'");
    assert_eq!(back, changed);
}

#[test]
fn a_copy_that_has_changed_by_a_bit_is_not_forgotten() {
    let mut given = Given::new(&[alike::Reading::DEF]);
    given.run("INSERT INTO shared.readings (place, number, value) VALUES ('acme', 1, 0.1)");
    given.write(&BEFORE, &Choices::new().move_table("readings=copy"));
    given.run("SET extra_float_digits = -10");
    given.migrate();
    given.run("UPDATE globex.readings SET value = value + 2e-17");
    let error = given.fails_to_roll_back("1");
    assert!(error.contains("their keys: acme/1"), "{error}");
    given.run("UPDATE globex.readings SET value = 0.1");
    given.roll_back("1");
}

#[test]
fn rows_that_are_not_deleted_are_unique_among_all_tenants() {
    let mut given = with_rows();
    given.run("UPDATE globex.readings SET label = 'acme 1' WHERE number = 1");
    given.write(&AFTER, &collect());
    let error = given.fails_to_migrate();
    assert!(
        error.contains("have what rows of other tenants have"),
        "{error}"
    );
    assert!(
        error.contains("that is unique by readings_label_idx"),
        "{error}"
    );
    assert!(error.contains("help: "), "{error}");
    assert!(!error.contains("acme 1"), "{error}");
    given.run("UPDATE globex.readings SET deleted_at = now() WHERE number = 1");
    given.migrate();
    assert_eq!(
        given.finds("SELECT count(*)::text FROM shared.readings"),
        ["12"]
    );
}
