//! Checks, uniqueness and foreign keys that change with a column that gets another name or type in the same release.

use tenantry::migrate::Choices;
use tenantry::model::ModelDef;
use tenantry::prelude::*;

use crate::given::Given;
use crate::releases::{Work, does, is_refused, there_and_back};

mod before {
    use super::*;

    #[tenant_model]
    pub(crate) struct Person {
        #[field(key)]
        pub id: i64,
    }

    #[tenant_model(
        table = "order",
        check(name = "select", "total >= 0 AND total <= 10"),
        check(name = "gone", "total <> 3 AND part > 0"),
        check = "total < 1000 AND part < 1000000",
        unique(total, part)
    )]
    pub(crate) struct Order {
        #[field(key)]
        pub id: i64,
        pub total: i64,
        pub part: i32,
    }

    #[tenant_model(
        table = "group",
        check = "code >= 0",
        check(name = "user", "code <> 7"),
        unique(code)
    )]
    pub(crate) struct Group {
        #[field(key)]
        pub id: i64,
        pub code: i32,
        pub part: i32,
        pub payer: Option<Fk<Person>>,
    }
}

mod after {
    use super::*;

    #[tenant_model(
        table = "order",
        check(name = "select", "amount >= 5 AND amount <= 15"),
        check = "amount < 1000 AND part < 2000000",
        check(name = "new", "amount <> 16")
    )]
    pub(crate) struct Order {
        #[field(key)]
        pub id: i64,
        pub amount: i64,
        pub part: i32,
    }

    #[tenant_model(
        table = "group",
        check(name = "group_code_check", "label <> '' AND length(label) < 6"),
        check(name = "next", "label <> '7' OR part > 5"),
        unique(part, label)
    )]
    pub(crate) struct Group {
        #[field(key)]
        pub id: i64,
        pub label: String,
        pub part: i32,
        pub buyer: Option<Fk<before::Person>>,
    }
}

const BEFORE: [&ModelDef; 3] = [before::Person::DEF, before::Order::DEF, before::Group::DEF];
const AFTER: [&ModelDef; 3] = [before::Person::DEF, after::Order::DEF, after::Group::DEF];

const ROWS: &str = "INSERT INTO {t}.\"order\" (total, part) VALUES (5, 1), (10, 1); \
    INSERT INTO {t}.\"group\" (code, part) VALUES (-0, 1), (8, 1)";

fn choices() -> Choices {
    Choices::new()
        .rename("order.total=amount")
        .rename("group.code=label")
        .rename("group.payer=buyer")
}

#[test]
fn a_release_of_all_of_them_is_cut() {
    let given = Given::new(&BEFORE, ROWS);
    let steps = given.steps(&AFTER, &choices());
    let checks = steps
        .iter()
        .filter(|it| it.contains("check `") || !it.starts_with(' '));
    let checks: Vec<&str> = checks.map(|it| it.trim()).collect();
    assert_eq!(
        checks,
        [
            "expand",
            "expand",
            "expand",
            "drop check `gone` from tenant table `order`",
            "add check `new` to tenant table `order`",
            "drop check `order_total_part_check` from tenant table `order`",
            "add check `order_amount_part_check` to tenant table `order`",
            "drop check `select` from tenant table `order`",
            "add check `select` to tenant table `order`",
            "drop check `group_code_check` from tenant table `group`",
            "add check `group_code_check` to tenant table `group`",
            "drop check `user` from tenant table `group`",
            "add check `next` to tenant table `group`",
            "contract",
            "drop check `new` from tenant table `order`",
            "drop check `order_amount_part_check` from tenant table `order`",
            "drop check `select` from tenant table `order`",
            "add check `new` to tenant table `order`",
            "add check `order_amount_part_check` to tenant table `order`",
            "add check `select` to tenant table `order`",
            "drop check `group_code_check` from tenant table `group`",
            "drop check `next` from tenant table `group`",
            "add check `group_code_check` to tenant table `group`",
            "add check `next` to tenant table `group`",
        ]
    );
}

#[test]
fn they_lead_to_the_same_and_back_again() {
    let mut given = Given::new(&BEFORE, ROWS);
    given.become_(&AFTER, &choices());
    let kept = "SELECT label || ' ' || part FROM {t}.\"group\" ORDER BY id";
    assert_eq!(given.finds_in("acme", kept), ["0 1", "8 1"]);
}

#[test]
fn each_release_writes_what_it_may_and_nobody_what_neither_may() {
    let mut given = Given::new(&BEFORE, ROWS);
    given.write(&AFTER, &choices());
    let releases: (Work, Work) = (
        |client, nth| {
            let total = if nth % 11 == 3 { 4 } else { nth % 11 };
            let sql = format!(
                "INSERT INTO acme.\"order\" (total, part) VALUES ({total}, {}) ON CONFLICT (total, part) DO UPDATE SET part = excluded.part; \
                 INSERT INTO acme.\"group\" (code, part) VALUES ({}, 1) ON CONFLICT (code) DO UPDATE SET part = 1",
                1 + nth / 50,
                10 + nth % 50
            );
            does(client, &sql);
            for sql in [
                "INSERT INTO acme.\"order\" (total, part) VALUES (-1, 1)",
                "INSERT INTO acme.\"order\" (total, part) VALUES (16, 1)",
                "INSERT INTO acme.\"group\" (code, part) VALUES (-100000, 1)",
            ] {
                is_refused(client, "23514", sql);
            }
        },
        |client, nth| {
            let sql = format!(
                "INSERT INTO acme.\"order\" (amount, part) VALUES ({}, {}); \
                 INSERT INTO acme.\"group\" (label, part) VALUES ('{}', 6)",
                5 + nth % 11,
                1000 + nth,
                1000 + nth % 80_000
            );
            does(client, &sql);
            for sql in [
                "INSERT INTO acme.\"order\" (amount, part) VALUES (-1, 1)",
                "INSERT INTO acme.\"order\" (amount, part) VALUES (16, 1)",
                "INSERT INTO acme.\"group\" (label, part) VALUES ('-100000', 1)",
            ] {
                is_refused(client, "23514", sql);
            }
        },
    );
    let mended = "UPDATE {t}.\"order\" SET total = 5, part = -id WHERE total < 5";
    let mended_back =
        "UPDATE {t}.\"order\" SET total = 10, part = 500000 + id WHERE total > 10 OR part < 0";
    there_and_back(&mut given, releases, (mended, mended_back));
    given.expect_structure(&BEFORE);
}
