//! Migrations of models whose embedded structs change.

use tenantry::migrate::{Choices, changes};
use tenantry::prelude::*;

use crate::given::Given;

mod plain {
    use super::*;

    #[tenant_model]
    pub(super) struct Customer {
        #[field(key)]
        pub id: i64,
        pub home_street: String,
        #[field(default = "Bern")]
        pub home_city: String,
        pub work_street: String,
        #[field(default = "Bern")]
        pub work_city: String,
    }
}

mod embedded {
    use super::*;

    #[derive(Embedded)]
    pub(super) struct Address {
        pub street: String,
        #[field(default = "Bern")]
        pub city: String,
    }

    #[tenant_model]
    pub(super) struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(embed)]
        pub home: Address,
        #[field(embed)]
        pub work: Address,
    }
}

mod larger {
    use super::*;

    #[derive(Embedded)]
    pub(super) struct Address {
        #[field(max_length = 30)]
        pub street: String,
        #[field(default = "Bern", index)]
        pub city: String,
        #[field(default = "CH", check = "length(country) = 2")]
        pub country: String,
        pub floor: Option<i32>,
    }

    #[tenant_model]
    pub(super) struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(embed)]
        pub home: Address,
        #[field(embed)]
        pub work: Address,
    }
}

const ROWS: &str =
    "INSERT INTO {t}.customers (home_street, work_street, work_city) VALUES ('A', 'B', 'Thun')";

#[test]
fn columns_go_into_a_struct_that_gets_more_of_them() {
    let mut given = Given::new(&[plain::Customer::DEF], ROWS);
    // The same columns, and another way to write them.
    let models = [embedded::Customer::DEF];
    assert_eq!(changes(&models, &given.chain()).unwrap(), []);
    let found = given.finds(
        "SELECT concat_ws('|', home_street, home_city, work_street, work_city) FROM {t}.customers",
    );
    assert_eq!(found, ["A|Bern|B|Thun"]);
    let words = given.become_(&[larger::Customer::DEF], &Choices::new());
    assert!(
        words.iter().any(|word| word.contains("`work_country`")),
        "{words:#?}"
    );
    let found = given
        .finds("SELECT concat_ws('|', home_country, work_country, work_floor) FROM {t}.customers");
    assert_eq!(found, ["CH|CH"]);
}
