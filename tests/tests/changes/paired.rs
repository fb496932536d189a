//! Columns with another name, while both versions of the application run.

use tenantry::SchemaName;
use tenantry::migrate::{Choices, Phase};
use tenantry::prelude::*;
use tenantry::structure::introspect;
use tenantry_tests::fleet::{app, create, key, migrator, texts};

use crate::given::{Given, TENANTS};

mod before {
    use super::*;

    #[tenant_model]
    pub(crate) struct Customer {
        #[field(key)]
        pub id: i64,
    }

    #[tenant_model(
        check = "total >= 0",
        index("total", filter = "total > 5"),
        unique(number, total)
    )]
    pub(crate) struct Invoice {
        #[field(key)]
        pub id: i64,
        #[field(unique)]
        pub number: i64,
        pub total: i32,
        #[field(default = "open", max_length = 20)]
        pub order: String,
        pub note: Option<String>,
        #[field(on_delete = "cascade")]
        pub customer: Fk<Customer>,
    }
}

mod after {
    use super::*;

    #[tenant_model]
    pub(crate) struct Customer {
        #[field(key)]
        pub id: i64,
    }

    #[tenant_model(
        check = "amount >= 0",
        index("amount", filter = "amount > 5"),
        unique(code, amount)
    )]
    pub(crate) struct Invoice {
        #[field(key)]
        pub id: i64,
        #[field(unique)]
        pub code: i64,
        pub amount: i32,
        #[field(default = "open", max_length = 20, column = "select")]
        pub state: String,
        pub remark: Option<String>,
        #[field(on_delete = "cascade")]
        pub payer: Fk<Customer>,
    }
}

const BEFORE: [&tenantry::model::ModelDef; 2] = [before::Customer::DEF, before::Invoice::DEF];
const AFTER: [&tenantry::model::ModelDef; 2] = [after::Customer::DEF, after::Invoice::DEF];

const ROWS: &str = "INSERT INTO {t}.customers SELECT FROM generate_series(1, 3); \
    INSERT INTO {t}.invoices (number, total, \"order\", note, customer) \
    VALUES (1, 10, 'open', NULL, 1), (2, 20, 'paid', 'x', 2)";

fn choices() -> Choices {
    Choices::new()
        .rename("invoices.number=code")
        .rename("invoices.total=amount")
        .rename("invoices.order=select")
        .rename("invoices.note=remark")
        .rename("invoices.customer=payer")
}

const OLD: &str =
    "SELECT concat_ws(' ', number, total, \"order\", note, customer) FROM {t}.invoices ORDER BY id";
const NEW: &str =
    "SELECT concat_ws(' ', code, amount, \"select\", remark, payer) FROM {t}.invoices ORDER BY id";

/// Applies what both versions of the application can live with.
fn expand(given: &mut Given) {
    let migrator = migrator(given.chain()).phase(Phase::Expand);
    migrator.on(&mut given.client).run().unwrap();
}

#[test]
fn both_versions_write_and_read_the_column_under_their_names() {
    let mut given = Given::new(&BEFORE, ROWS);
    let migrations = given.write(&AFTER, &choices());
    let phases: Vec<Phase> = migrations
        .iter()
        .map(tenantry::migrate::NewMigration::phase)
        .collect();
    let expected = [Phase::Expand, Phase::Expand, Phase::Expand, Phase::Contract];
    assert_eq!(phases, expected);
    expand(&mut given);
    create(&mut given.client, "later");
    given.run("later", ROWS);
    let db = app(given.url());
    for tenant in ["acme", "select", "later"] {
        let mut scope = db.tenant(&key(tenant)).unwrap();
        let customer = before::Customer::query().all(&mut scope).unwrap().remove(2);
        let payer = after::Customer::query().all(&mut scope).unwrap().remove(2);
        let old = new!(before::Invoice {
            number: 3,
            total: 30,
            customer: &customer
        });
        let mut old = before::Invoice::insert(old).returning(&mut scope).unwrap();
        let new = new!(after::Invoice {
            code: 4,
            amount: 40,
            state: "late",
            remark: "y",
            payer: &payer
        });
        let mut new = after::Invoice::insert(new).returning(&mut scope).unwrap();
        let mut read = after::Invoice::query()
            .filter(after::Invoice::CODE.eq(3))
            .one(&mut scope)
            .unwrap();
        assert_eq!((read.amount, read.state.as_str()), (30, "open"));
        let other = before::Invoice::query()
            .filter(before::Invoice::TOTAL.eq(40))
            .one(&mut scope)
            .unwrap();
        assert_eq!((other.number, other.order.as_str()), (4, "late"));
        assert_eq!(other.note.as_deref(), Some("y"));
        // Each saves what it has read, and the other sees it.
        old.total = 31;
        old.save(&mut scope).unwrap();
        new.remark = None;
        new.amount = 41;
        new.save(&mut scope).unwrap();
        read.state = "sent".to_owned();
        read.save(&mut scope).unwrap();
        drop(scope);
        let found = [OLD, NEW].map(|sql| given.finds_in(tenant, sql));
        assert_eq!(found[0], found[1]);
        assert_eq!(
            found[0],
            ["1 10 open 1", "2 20 paid x 2", "3 31 sent 3", "4 41 late 3"]
        );
    }
    drop(db);
    given.migrate();
    given.expect_structure(&AFTER);
    let rows = ["1 10 open 1", "2 20 paid x 2", "3 31 sent 3", "4 41 late 3"];
    assert_eq!(given.finds(NEW), rows);
    // Back to where both run, and to where only the former one does.
    let back = |given: &mut Given, to: &str| {
        let migrator = migrator(given.chain());
        migrator.on(&mut given.client).rollback(Some(to)).unwrap();
    };
    back(&mut given, migrations[2].id());
    given.run(
        "acme",
        "UPDATE {t}.invoices SET amount = 11 WHERE number = 1; UPDATE {t}.invoices SET total = 21 WHERE code = 2",
    );
    let found = [OLD, NEW].map(|sql| given.finds_in("acme", sql));
    assert_eq!(found[0], found[1]);
    assert_eq!(found[0][..2], ["1 11 open 1", "2 21 paid x 2"]);
    back(&mut given, "1");
    given.expect_structure(&BEFORE);
    assert_eq!(given.finds_in("select", OLD), rows);
}

#[test]
fn a_rename_in_pairs_goes_up_and_down_with_rows() {
    let mut given = Given::new(&BEFORE, ROWS);
    let operations = given.become_(&AFTER, &choices());
    assert!(
        operations
            .iter()
            .any(|it| it.contains("kept equal to `total`")),
        "{operations:#?}"
    );
    assert_eq!(given.finds(NEW), ["1 10 open 1", "2 20 paid x 2"]);
}

#[test]
fn who_has_downtime_renames_at_once() {
    let mut given = Given::new(&BEFORE, ROWS);
    let operations = given.become_(&AFTER, &choices().together());
    assert!(
        operations.iter().all(|it| it.starts_with("rename")),
        "{operations:#?}"
    );
}

#[test]
fn a_statement_that_gives_both_columns_different_values_is_refused() {
    let mut given = Given::new(&BEFORE, ROWS);
    given.write(&AFTER, &choices());
    expand(&mut given);
    for (sql, is_refused) in [
        (
            "UPDATE {t}.invoices SET total = 1, amount = 2 WHERE code = 1",
            true,
        ),
        (
            "UPDATE {t}.invoices SET total = 2, amount = 2 WHERE code = 1",
            false,
        ),
        (
            "UPDATE {t}.invoices SET total = 10, amount = 3 WHERE code = 1",
            true,
        ),
        (
            "INSERT INTO {t}.invoices (number, total, amount, payer) VALUES (7, 1, 2, 1)",
            true,
        ),
        (
            "INSERT INTO {t}.invoices (number, total, amount, payer) VALUES (7, 2, 2, 1)",
            false,
        ),
    ] {
        let sql = sql.replace("{t}", "acme");
        let done = given.client.batch_execute(&sql);
        let Err(error) = done else {
            assert!(!is_refused, "{sql}");
            continue;
        };
        assert!(is_refused, "{sql}: {error:?}");
        let error = error.as_db_error().unwrap();
        assert_eq!(error.code().code(), "TN010", "{error}");
        assert!(error.message().contains("help: write one of the two"));
    }
}

#[test]
fn nulls_and_defaults_are_those_that_were_given() {
    let mut given = Given::new(&BEFORE, ROWS);
    given.write(&AFTER, &choices());
    expand(&mut given);
    for tenant in TENANTS {
        for sql in [
            "INSERT INTO {t}.invoices (code, amount, remark, payer) VALUES (3, 0, 'z', 1)",
            "UPDATE {t}.invoices SET remark = NULL WHERE number = 3",
            "INSERT INTO {t}.invoices (number, total, note, customer) VALUES (4, 0, 'z', 1)",
            "UPDATE {t}.invoices SET note = NULL WHERE code = 4",
            "INSERT INTO {t}.invoices (code, amount, \"select\", payer) VALUES (5, 0, 'open', 1)",
            "INSERT INTO {t}.invoices (code, amount, payer) VALUES (5, 9, 2) \
             ON CONFLICT (code) DO UPDATE SET amount = EXCLUDED.amount",
            "INSERT INTO {t}.invoices (number, total, customer) VALUES (5, 8, 2) \
             ON CONFLICT (number) DO UPDATE SET customer = EXCLUDED.customer",
        ] {
            given.run(tenant, sql);
        }
        let found = [OLD, NEW].map(|sql| given.finds_in(tenant, sql));
        assert_eq!(found[0], found[1]);
        assert_eq!(found[0][2..], ["3 0 open 1", "4 0 open 1", "5 9 open 2"]);
        let gone = format!("DELETE FROM {tenant:?}.customers WHERE id = 1");
        given.client.batch_execute(&gone).unwrap();
        assert_eq!(given.finds_in(tenant, NEW).len(), 2);
    }
}

#[test]
fn tenants_that_are_made_in_between_have_the_pair() {
    let mut given = Given::new(&BEFORE, ROWS);
    given.write(&AFTER, &choices());
    expand(&mut given);
    let reason = "SELECT coalesce(reason, 'kept') FROM tenantry.baseline";
    assert_eq!(texts(&mut given.client, reason), ["kept"]);
    let db = app(given.url());
    assert_eq!(db.tenants().refill_standbys(1).unwrap(), 1);
    // The first takes the standby, the other is made at once.
    for tenant in ["order", "later"] {
        db.tenants().create(&key(tenant)).unwrap();
    }
    assert_eq!(db.tenants().standbys().unwrap().ready, 0);
    drop(db);
    let names = ["acme", "order", "later"].map(|name| SchemaName::new(name).unwrap());
    let shared = SchemaName::new("shared").unwrap();
    let found = introspect(&mut given.client, &names, &shared).unwrap();
    for name in &names[1..] {
        assert_eq!(found[&names[0]], found[name], "{name}");
    }
    for tenant in ["order", "later"] {
        given.run(tenant, ROWS);
        given.run(tenant, "UPDATE {t}.invoices SET amount = 21 WHERE code = 2");
        let found = [OLD, NEW].map(|sql| given.finds_in(tenant, sql));
        assert_eq!(found[0], found[1]);
        assert_eq!(found[0], ["1 10 open 1", "2 21 paid x 2"]);
    }
    given.migrate();
    given.expect_structure(&AFTER);
}
