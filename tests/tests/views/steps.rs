//! Views in steps between which two versions of the application work.

use tenantry::migrate::{Choices, NewMigration, Phase};
use tenantry::model::ModelDef;
use tenantry::prelude::*;

use crate::given::Given;
use crate::shop::{Customer, CustomerSales, FreePlan, Freeloader, Invoice, MODELS, Plan, given};

/// The operations of each migration, with its phase.
fn told(migrations: &[NewMigration]) -> Vec<(Phase, Vec<String>)> {
    let of = |it: &NewMigration| {
        let operations = it.operations().iter().map(ToString::to_string);
        (it.phase(), operations.collect())
    };
    migrations.iter().map(of).collect()
}

fn words(steps: &[(Phase, &[&str])]) -> Vec<(Phase, Vec<String>)> {
    let words = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect();
    steps
        .iter()
        .map(|(phase, all)| (*phase, words(all)))
        .collect()
}

/// Writes the migrations that lead to other models, carries them out one by one, takes them back and does it again.
fn step_by_step(given: &mut Given, models: &[&ModelDef]) -> Vec<(Phase, Vec<String>)> {
    let before: Vec<String> = given.finds("SELECT name FROM {t}.\"group\" ORDER BY id");
    let migrations = given.write(models, &Choices::new());
    assert_eq!(
        tenantry::migrate::changes(models, &given.chain()).unwrap(),
        []
    );
    given.migrate();
    given.expect_structure(models);
    tenantry_tests::fleet::migrator(given.chain())
        .on(&mut given.client)
        .rollback(Some("1"))
        .unwrap();
    let again = given.finds("SELECT name FROM {t}.\"group\" ORDER BY id");
    assert_eq!(again, before);
    given.migrate();
    told(&migrations)
}

mod wider {
    use super::*;

    #[tenant_view(
        sql = "
            SELECT c.id, c.id AS customer, c.plan, c.name, count(i.id) AS invoices,
                sum(i.{Invoice.total}) FILTER (WHERE i.paid) AS paid, max(i.id) AS last
            FROM {Customer} c LEFT JOIN {Invoice} i ON i.customer = c.id
            GROUP BY c.id
        ",
        name = "group"
    )]
    pub(super) struct CustomerSales {
        pub id: i64,
        pub customer: i64,
        pub plan: i64,
        #[field(max_length = 40)]
        pub name: String,
        pub invoices: i64,
        pub paid: Option<Decimal>,
        pub last: Option<i64>,
    }
}

#[test]
fn a_column_behind_the_others_is_added_where_the_view_stands() {
    let alone = [&MODELS[..3], &[CustomerSales::DEF]].concat();
    let mut given = given(&alone);
    let wider = [&MODELS[..3], &[wider::CustomerSales::DEF]].concat();
    let steps = step_by_step(&mut given, &wider);
    assert_eq!(
        steps,
        words(&[(Phase::Expand, &["replace tenant view `group`"])])
    );
    let last = given.finds("SELECT last::text FROM {t}.\"group\" WHERE id = 1");
    assert_eq!(last, ["3"]);
}

#[test]
fn a_column_behind_the_others_is_no_replacement_where_another_view_reads_it() {
    let mut given = given(&MODELS);
    let mut models = MODELS;
    models[4] = wider::CustomerSales::DEF;
    let steps = step_by_step(&mut given, &models);
    assert_eq!(
        steps,
        words(&[(
            Phase::Expand,
            &[
                "drop tenant view `freeloaders`",
                "drop tenant view `group`",
                "create tenant view `group`",
                "create tenant view `freeloaders`",
            ]
        )])
    );
}

mod renamed {
    use super::*;

    #[tenant_model(table = "customers")]
    pub(super) struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(max_length = 40, was = "name")]
        pub title: String,
        pub plan: Fk<Plan>,
    }

    #[tenant_model(table = "order")]
    pub(super) struct Invoice {
        #[field(key)]
        pub id: i64,
        pub customer: Fk<Customer>,
        #[field(column = "select", precision = 12, scale = 2)]
        pub total: Decimal,
        #[field(default = false)]
        pub paid: bool,
    }

    #[tenant_view(
        sql = "
            SELECT c.id, c.id AS customer, c.plan, c.title AS name, count(i.id) AS invoices,
                sum(i.{Invoice.total}) FILTER (WHERE i.paid) AS paid
            FROM {Customer} c LEFT JOIN {Invoice} i ON i.customer = c.id
            GROUP BY c.id
        ",
        name = "group"
    )]
    pub(super) struct CustomerSales {
        pub id: i64,
        pub customer: i64,
        pub plan: i64,
        #[field(max_length = 40)]
        pub name: String,
        pub invoices: i64,
        pub paid: Option<Decimal>,
    }
}

#[test]
fn a_renamed_column_is_read_by_both_versions_until_the_last_step() {
    let mut given = given(&MODELS);
    let models = [
        Plan::DEF,
        renamed::Customer::DEF,
        renamed::Invoice::DEF,
        FreePlan::DEF,
        renamed::CustomerSales::DEF,
        Freeloader::DEF,
    ];
    let steps = step_by_step(&mut given, &models);
    let phases: Vec<Phase> = steps.iter().map(|step| step.0).collect();
    assert_eq!(
        phases,
        [Phase::Expand, Phase::Expand, Phase::Expand, Phase::Contract],
        "{steps:#?}"
    );
    for (_, operations) in &steps[..3] {
        assert!(
            !operations.iter().any(|it| it.contains("view")),
            "{steps:#?}"
        );
    }
    let last = &steps[3].1;
    assert_eq!(
        last[2..],
        [
            "drop tenant view `freeloaders`",
            "drop tenant view `group`",
            "drop column `title` from tenant table `customers`, kept equal to `name`",
            "rename column `name` of tenant table `customers` to `title`",
            "create tenant view `group`",
            "create tenant view `freeloaders`",
        ]
    );
}

mod shared_changes {
    use super::*;

    #[shared_model(table = "plans")]
    pub(super) struct Plan {
        #[field(key)]
        pub id: i64,
        pub code: String,
        // It was of 32 bits.
        pub cents: i64,
    }

    #[shared_view(sql = "SELECT p.id, p.code FROM {Plan} p WHERE p.cents = 0")]
    pub(super) struct FreePlan {
        pub id: i64,
        pub code: String,
    }
}

#[test]
fn views_of_tenants_are_taken_off_before_the_shared_view_that_they_read() {
    let mut given = given(&MODELS);
    let mut models = MODELS;
    models[0] = shared_changes::Plan::DEF;
    models[3] = shared_changes::FreePlan::DEF;
    let steps = step_by_step(&mut given, &models);
    let all: Vec<&str> = steps
        .iter()
        .flat_map(|(_, all)| all.iter().map(String::as_str))
        .filter(|it| it.contains("view"))
        .collect();
    assert_eq!(
        all,
        [
            "drop tenant view `freeloaders`",
            "drop shared view `free_plans`",
            "create shared view `free_plans`",
            "create tenant view `freeloaders`",
        ],
        "{steps:#?}"
    );
    let loaders = given.finds("SELECT name FROM {t}.freeloaders");
    assert_eq!(loaders, ["Ann"]);
}

mod moved {
    use super::*;

    /// Under another name.
    #[tenant_view(
        sql = "SELECT c.id, c.name FROM {Customer} c WHERE EXISTS (SELECT 1 FROM {Invoice} i WHERE i.customer = c.id)",
        name = "buyers"
    )]
    pub(super) struct Buyer {
        pub id: i64,
        #[field(max_length = 40)]
        pub name: String,
    }
}

#[test]
fn a_view_with_another_name_is_there_before_the_former_goes() {
    let alone = [&MODELS[..3], &[CustomerSales::DEF]].concat();
    let mut given = given(&alone);
    let models = [Plan::DEF, Customer::DEF, Invoice::DEF, moved::Buyer::DEF];
    let migrations = given.write(&models, &Choices::new());
    assert_eq!(
        told(&migrations),
        words(&[
            (Phase::Expand, &["create tenant view `buyers`"]),
            (Phase::Contract, &["drop tenant view `group`"]),
        ])
    );
    given.migrate();
    let buyers = given.finds("SELECT name FROM {t}.buyers ORDER BY 1");
    assert_eq!(buyers, ["Ann", "Cid"]);
}

mod taken {
    use super::*;

    /// An invoice; its table needs quoting.
    #[tenant_model(table = "order")]
    pub(super) struct Invoice {
        #[field(key)]
        pub id: i64,
        pub customer: Fk<Customer>,
        #[field(column = "select", precision = 12, scale = 2)]
        pub total: Decimal,
        #[field(default = "open", index)]
        pub state: String,
    }

    #[tenant_view(
        sql = "
            SELECT c.id, c.id AS customer, c.plan, c.name, count(i.id) AS invoices,
                sum(i.{Invoice.total}) FILTER (WHERE i.state = 'paid') AS paid
            FROM {Customer} c LEFT JOIN {Invoice} i ON i.customer = c.id
            GROUP BY c.id
        ",
        name = "group"
    )]
    pub(super) struct CustomerSales {
        pub id: i64,
        pub customer: i64,
        pub plan: i64,
        #[field(max_length = 40)]
        pub name: String,
        pub invoices: i64,
        pub paid: Option<Decimal>,
    }
}

#[test]
fn a_view_is_replaced_between_the_column_that_comes_and_the_one_that_goes() {
    let mut given = given(&MODELS);
    let models = [
        Plan::DEF,
        Customer::DEF,
        taken::Invoice::DEF,
        FreePlan::DEF,
        taken::CustomerSales::DEF,
        Freeloader::DEF,
    ];
    let steps = step_by_step(&mut given, &models);
    assert_eq!(
        steps,
        words(&[
            (
                Phase::Expand,
                &[
                    "add column `state` to tenant table `order`",
                    "replace tenant view `group`",
                    "create index `order_state_idx` on tenant table `order`",
                ]
            ),
            (
                Phase::Contract,
                &["drop column `paid` from tenant table `order`"]
            ),
        ])
    );
}

#[test]
fn the_same_in_one_step_is_replaced_between_the_two() {
    let mut given = given(&MODELS);
    let models = [
        Plan::DEF,
        Customer::DEF,
        taken::Invoice::DEF,
        FreePlan::DEF,
        taken::CustomerSales::DEF,
        Freeloader::DEF,
    ];
    let told = given.become_(&models, &Choices::new().together());
    assert_eq!(
        told,
        [
            "add column `state` to tenant table `order`",
            "replace tenant view `group`",
            "create index `order_state_idx` on tenant table `order`",
            "drop column `paid` from tenant table `order`",
        ]
    );
}
