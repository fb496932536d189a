//! Columns with another name or type whose defaults differ, or whose tables are other than usual, while both versions run.

use tenantry::migrate::{Choices, Phase};
use tenantry::model::ModelDef;
use tenantry::prelude::*;
use tenantry_tests::fleet::{migrator, texts};

use crate::given::{Given, TENANTS};

mod before {
    use super::*;

    #[shared_model]
    pub(crate) struct Plan {
        #[field(key)]
        pub id: i64,
        #[field(unique, default = 1)]
        pub price: i32,
    }

    #[tenant_model]
    pub(crate) struct Item {
        #[field(key)]
        pub id: i64,
        #[field(default = 0)]
        pub stock: i32,
        pub total: i32,
        #[field(default = "none")]
        pub word: Option<String>,
        #[field(default = 1)]
        pub count: i32,
        #[field(constraint = false, on_delete = "set_null")]
        pub plan: Option<Fk<Plan>>,
    }
}

mod after {
    use super::*;

    #[shared_model]
    pub(crate) struct Plan {
        #[field(key)]
        pub id: i64,
        #[field(unique, default = 1)]
        pub cost: i64,
    }

    #[tenant_model]
    pub(crate) struct Item {
        #[field(key)]
        pub id: i64,
        #[field(default = 5)]
        pub level: i64,
        #[field(default = 7)]
        pub amount: i64,
        #[field(default = "none", max_length = 9)]
        pub text: Option<String>,
        #[field(default = 2)]
        pub number: i32,
        #[field(constraint = false, on_delete = "set_null")]
        pub tariff: Option<Fk<Plan>>,
    }
}

/// The required field of one type gets a default with its new name.
mod given_default {
    use super::*;

    #[tenant_model]
    pub(crate) struct Bill {
        #[field(key)]
        pub id: i64,
        pub total: i32,
        pub note: Option<String>,
    }
}

mod with_default {
    use super::*;

    #[tenant_model]
    pub(crate) struct Bill {
        #[field(key)]
        pub id: i64,
        #[field(default = 5)]
        pub amount: i32,
        pub remark: Option<String>,
    }
}

const BEFORE: [&ModelDef; 2] = [before::Plan::DEF, before::Item::DEF];
const AFTER: [&ModelDef; 2] = [after::Plan::DEF, after::Item::DEF];

const ROWS: &str = "INSERT INTO {t}.items (stock, total) VALUES (1, 1)";

const OLD: &str = "SELECT concat_ws(' ', stock, total, coalesce(word, '-'), count, plan) FROM {t}.items ORDER BY id";
const NEW: &str = "SELECT concat_ws(' ', level, amount, coalesce(text, '-'), number, tariff) FROM {t}.items ORDER BY id";

fn choices() -> Choices {
    Choices::new()
        .rename("plans.price=cost")
        .rename("items.stock=level")
        .rename("items.total=amount")
        .rename("items.word=text")
        .rename("items.count=number")
        .rename("items.plan=tariff")
}

/// Applies what both versions of the application can live with.
fn expand(given: &mut Given) {
    let migrator = migrator(given.chain()).phase(Phase::Expand);
    migrator.on(&mut given.client).run().unwrap();
}

#[test]
fn both_versions_read_one_value_where_their_defaults_differ() {
    let mut given = Given::new(&BEFORE, ROWS);
    given.run("acme", "INSERT INTO shared.plans (price) VALUES (10)");
    given.write(&AFTER, &choices());
    expand(&mut given);
    for tenant in TENANTS {
        for sql in [
            // What is the default of one version is a value to the other.
            "INSERT INTO {t}.items (stock, total, word) VALUES (5, 7, NULL)",
            "INSERT INTO {t}.items (stock, total) VALUES (0, 2)",
            "INSERT INTO {t}.items (level, amount, text, number) VALUES (5, 7, NULL, 2)",
            "INSERT INTO {t}.items (level, amount) VALUES (0, 3)",
            "INSERT INTO {t}.items (total, plan) VALUES (4, 1)",
            "INSERT INTO {t}.items (number, tariff) VALUES (1, 1)",
            "UPDATE {t}.items SET level = 5 WHERE stock = 1",
        ] {
            given.run(tenant, sql);
        }
        let found = [OLD, NEW].map(|sql| given.finds_in(tenant, sql));
        assert_eq!(found[0], found[1]);
        let expected = [
            "5 1 none 1",
            "5 7 - 1",
            "0 2 none 1",
            "5 7 - 2",
            "0 3 none 1",
            "0 4 none 1 1",
            "0 7 none 1 1",
        ];
        assert_eq!(found[1], expected);
    }
    given.run("acme", "INSERT INTO shared.plans (cost) VALUES (20)");
    given.run("acme", "UPDATE shared.plans SET price = 30 WHERE cost = 10");
    let plans = "SELECT price || ' ' || cost FROM shared.plans ORDER BY id";
    assert_eq!(texts(&mut given.client, plans), ["30 30", "20 20"]);
    given.migrate();
    given.expect_structure(&AFTER);
    let back = migrator(given.chain());
    back.on(&mut given.client).rollback(Some("1")).unwrap();
    given.expect_structure(&BEFORE);
}

#[test]
fn the_next_version_has_the_default_that_only_it_has() {
    const BEFORE: [&ModelDef; 1] = [given_default::Bill::DEF];
    const AFTER: [&ModelDef; 1] = [with_default::Bill::DEF];
    let mut given = Given::new(&BEFORE, "INSERT INTO {t}.bills (total) VALUES (1)");
    let choices = Choices::new()
        .rename("bills.total=amount")
        .rename("bills.note=remark");
    given.write(&AFTER, &choices);
    expand(&mut given);
    for sql in [
        "INSERT INTO {t}.bills DEFAULT VALUES",
        "INSERT INTO {t}.bills (total) VALUES (5)",
        "INSERT INTO {t}.bills (total) VALUES (6)",
    ] {
        given.run("acme", sql);
    }
    let both = "SELECT total || ' ' || amount FROM {t}.bills ORDER BY id";
    assert_eq!(given.finds_in("acme", both), ["1 1", "5 5", "5 5", "6 6"]);
    given.migrate();
    given.expect_structure(&AFTER);
    let back = migrator(given.chain());
    back.on(&mut given.client).rollback(Some("1")).unwrap();
    given.expect_structure(&BEFORE);
}

#[test]
fn rows_without_a_value_are_not_written_to_fill_the_pair() {
    const BEFORE: [&ModelDef; 1] = [given_default::Bill::DEF];
    const AFTER: [&ModelDef; 1] = [with_default::Bill::DEF];
    let rows = "INSERT INTO {t}.bills (total, note) VALUES (1, NULL), (2, 'x')";
    let mut given = Given::new(&BEFORE, rows);
    // Only what has a value in the former column.
    let choices = Choices::new()
        .rename("bills.total=amount")
        .rename("bills.note=remark");
    let made = given.write(&AFTER, &choices);
    let (_, sql) = made[1].files().find(|it| it.0 == "tenant.up.sql").unwrap();
    assert!(
        sql.contains(r#"WHERE "remark" IS NULL AND "note" IS NOT NULL"#),
        "{sql}"
    );
    expand(&mut given);
    let both = "SELECT concat_ws(' ', note, remark) FROM {t}.bills ORDER BY id";
    assert_eq!(given.finds(both), ["", "x x"]);
}

/// A trigger of one's own, written for the version from before.
const OWN: &str = "CREATE FUNCTION {t}.own() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
    IF NEW.size IS NULL THEN RAISE 'no size'; END IF; \
    NEW.size := trim(NEW.size); \
    IF NEW.size = '7' THEN NEW.size := '8'; END IF; \
    RETURN NEW; END $$; \
    CREATE TRIGGER own BEFORE INSERT OR UPDATE ON {t}.parcels FOR EACH ROW EXECUTE FUNCTION {t}.own()";

mod sized {
    use super::*;

    #[tenant_model]
    pub(crate) struct Parcel {
        #[field(key)]
        pub id: i64,
        pub size: String,
    }
}

mod measured {
    use super::*;

    #[tenant_model]
    pub(crate) struct Parcel {
        #[field(key)]
        pub id: i64,
        pub length: i32,
    }
}

#[test]
fn triggers_of_ones_own_find_the_value_and_have_theirs_carried_over() {
    const BEFORE: [&ModelDef; 1] = [sized::Parcel::DEF];
    const AFTER: [&ModelDef; 1] = [measured::Parcel::DEF];
    let mut given = Given::new(&BEFORE, "INSERT INTO {t}.parcels (size) VALUES ('1')");
    for tenant in TENANTS {
        given.run(tenant, OWN);
    }
    given.write(&AFTER, &Choices::new().rename("parcels.size=length"));
    expand(&mut given);
    let both = "SELECT concat_ws(' ', size, length) FROM {t}.parcels ORDER BY id";
    for tenant in TENANTS {
        for sql in [
            "INSERT INTO {t}.parcels (length) VALUES (7), (11)",
            "INSERT INTO {t}.parcels (size) VALUES (' 7'), ('011 '), ('x')",
        ] {
            given.run(tenant, sql);
        }
        let expected = ["1 1", "8 8", "11 11", "8 8", "011 11", "x"];
        assert_eq!(given.finds_in(tenant, both), expected);
        for sql in [
            "UPDATE {t}.parcels SET length = 7 WHERE id = 1",
            "UPDATE {t}.parcels SET size = ' 7 ' WHERE id = 3",
            "UPDATE {t}.parcels SET length = 12 WHERE size = 'x'",
        ] {
            given.run(tenant, sql);
        }
        let expected = ["8 8", "8 8", "8 8", "8 8", "011 11", "12 12"];
        assert_eq!(given.finds_in(tenant, both), expected);
    }
}
