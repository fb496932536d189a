//! Migrations of models whose embedded structs may not be there any more, or have to be there.

use tenantry::migrate::Choices;
use tenantry::prelude::*;
use tenantry_tests::fleet::texts;

use crate::given::{Given, TENANTS};

#[derive(Embedded, Debug, PartialEq)]
struct Place {
    #[field(check = "latitude IS NOT NULL")]
    latitude: i32,
}

#[derive(Embedded, Debug, PartialEq)]
struct Address {
    street: String,
    #[field(index)]
    city: String,
    #[field(default = "CH")]
    country: String,
    #[field(embed)]
    place: Place,
}

mod always {
    use super::*;

    #[tenant_model]
    pub(super) struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(embed)]
        pub home: Address,
    }
}

mod sometimes {
    use super::*;

    #[tenant_model]
    pub(super) struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(embed)]
        pub home: Option<Address>,
    }
}

mod before {
    use super::*;

    #[tenant_model]
    pub(super) struct Customer {
        #[field(key)]
        pub id: i64,
    }
}

const ROWS: &str = "INSERT INTO {t}.customers (home_street, home_city, home_place_latitude) VALUES ('A', 'Bern', 46)";

const HOMES: &str = "SELECT concat_ws('|', home_street, home_city, home_country, home_place_latitude) FROM {t}.customers ORDER BY id";

#[test]
fn a_struct_that_may_not_be_there_has_no_nulls_forbidden_and_no_default() {
    let mut given = Given::new(&[always::Customer::DEF], ROWS);
    let steps = given.steps(&[sometimes::Customer::DEF], &Choices::new());
    // The former release leaves the country to the default as long as it runs.
    let contract = steps.iter().position(|step| step == "contract").unwrap();
    let at = |word: &str| {
        steps
            .iter()
            .position(|step| step.contains(word))
            .unwrap_or_else(|| panic!("{word}: {steps:#?}"))
    };
    for column in [
        "home_street",
        "home_city",
        "home_country",
        "home_place_latitude",
    ] {
        let step = steps
            .iter()
            .position(|step| step.contains(column) && step.contains("null"));
        assert!(step.unwrap() < contract, "{steps:#?}");
    }
    assert!(at("drop the default") > contract, "{steps:#?}");
    given.migrate();
    given.expect_structure(&[sometimes::Customer::DEF]);
    for tenant in TENANTS {
        given.run(tenant, "INSERT INTO {t}.customers DEFAULT VALUES");
    }
    assert_eq!(given.finds(HOMES), ["A|Bern|CH|46", ""]);
}

#[test]
fn a_struct_that_has_to_be_there_is_asked_for_in_each_column() {
    let rows = "INSERT INTO {t}.customers (home_street, home_city, home_country, home_place_latitude) VALUES ('A', 'Bern', 'DE', 46); \
                INSERT INTO {t}.customers DEFAULT VALUES";
    let mut given = Given::new(&[sometimes::Customer::DEF], rows);
    let fills = Choices::new()
        .fill("customers.home_street", "'?'")
        .fill("customers.home_city", "'?'")
        .fill("customers.home_place_latitude", "0");
    let words = given.become_(&[always::Customer::DEF], &fills);
    assert!(
        words.iter().any(|word| word.contains("`home_city`")),
        "{words:#?}"
    );
    assert_eq!(given.finds(HOMES), ["A|Bern|DE|46", "?|?|CH|0"]);
}

#[test]
fn a_struct_that_is_new_is_there_in_no_row_that_was() {
    let mut given = Given::new(
        &[before::Customer::DEF],
        "INSERT INTO {t}.customers DEFAULT VALUES",
    );
    given.become_(&[sometimes::Customer::DEF], &Choices::new());
    let nulls = "SELECT num_nonnulls(home_street, home_city, home_country, home_place_latitude)::text FROM {t}.customers";
    assert_eq!(given.finds(nulls), ["0"]);
    assert_eq!(
        texts(
            &mut given.client,
            "SELECT count(*)::text FROM acme.customers"
        ),
        ["1"]
    );
}
