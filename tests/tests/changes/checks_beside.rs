//! Checks that change in the release in which columns come, go, and get another name or type.

use tenantry::migrate::{Choices, Phase};
use tenantry::model::ModelDef;
use tenantry::prelude::*;
use tenantry_tests::fleet::migrator;

use crate::given::Given;

mod before {
    use super::*;

    #[tenant_model(
        table = "order",
        check(name = "select", "part > 0 AND gone < 5"),
        check(name = "more", "part < 100"),
        check = "total >= 0",
        check = "stock > 0"
    )]
    pub(crate) struct Order {
        #[field(key)]
        pub id: i64,
        pub part: i32,
        #[field(default = 0)]
        pub gone: i32,
        pub total: i64,
        pub stock: i32,
    }
}

mod after {
    use super::*;

    #[tenant_model(
        table = "order",
        check(name = "select", "part > 1"),
        check(name = "more", "part < 100 + come"),
        check = "amount >= 0",
        check = "stock > 0"
    )]
    pub(crate) struct Order {
        #[field(key)]
        pub id: i64,
        pub part: i32,
        #[field(default = 7)]
        pub come: i32,
        pub amount: i64,
        pub stock: i64,
    }
}

const BEFORE: [&ModelDef; 1] = [before::Order::DEF];
const AFTER: [&ModelDef; 1] = [after::Order::DEF];

const ROWS: &str =
    "INSERT INTO {t}.\"order\" (part, gone, total, stock) VALUES (2, 1, 5, 3), (99, 4, 6, 4)";

fn choices() -> Choices {
    Choices::new()
        .rename("order.total=amount")
        .accept_loss("order.gone")
}

#[test]
fn they_lead_to_the_same_and_back_again() {
    let mut given = Given::new(&BEFORE, ROWS);
    given.become_(&AFTER, &choices());
    let kept = "SELECT part || ' ' || amount || ' ' || stock || ' ' || come FROM {t}.\"order\" ORDER BY id";
    assert_eq!(given.finds_in("acme", kept), ["2 5 3 7", "99 6 4 7"]);
}

#[test]
fn both_releases_write_in_between() {
    let mut given = Given::new(&BEFORE, ROWS);
    given.write(&AFTER, &choices());
    let expand = migrator(given.chain()).phase(Phase::Expand);
    expand.on(&mut given.client).run().unwrap();
    // Each satisfies its own checks, and not those of the other.
    given.run(
        "acme",
        "INSERT INTO {t}.\"order\" (part, gone, total, stock) VALUES (1, 4, 1, 1)",
    );
    given.run(
        "acme",
        "INSERT INTO {t}.\"order\" (part, come, amount, stock) VALUES (104, 9, 5, 3)",
    );
}
