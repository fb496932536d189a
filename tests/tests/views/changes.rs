//! Models of views that change, and views whose tables do.

use tenantry::migrate::Choices;
use tenantry::model::ModelDef;
use tenantry_tests::fleet::{migrator, texts};

use crate::given::Given;
use crate::shop::{FreePlan, MODELS, Plan, given};

/// The views of all schemas, as PostgreSQL has them, each of the tenants' as those of the others.
fn views(given: &mut Given) -> Vec<String> {
    let tenants = texts(
        &mut given.client,
        "SELECT schema_name FROM tenantry.tenant ORDER BY 1",
    );
    let of = |given: &mut Given, schema: &str| {
        let found = texts(
            &mut given.client,
            &format!(
                "SELECT pg_catalog.format('%s (%s) %s %s', c.relname, pg_catalog.array_to_string(c.reloptions, ','), \
                 pg_catalog.obj_description(c.oid, 'pg_class'), pg_catalog.pg_get_viewdef(c.oid)) FROM pg_catalog.pg_class AS c \
                 WHERE c.relkind = 'v' AND c.relnamespace = '\"{schema}\"'::regnamespace ORDER BY 1"
            ),
        );
        let named = [format!("\"{schema}\"."), format!("{schema}.")];
        let found = found.into_iter();
        let found = found.map(|view| named.iter().fold(view, |view, name| view.replace(name, "")));
        found.collect::<Vec<_>>()
    };
    let all: Vec<Vec<String>> = tenants.iter().map(|tenant| of(given, tenant)).collect();
    for views in &all {
        assert_eq!(*views, all[0], "a tenant has views as the others");
    }
    [of(given, "shared"), all[0].clone()].concat()
}

fn named(views: &[String]) -> Vec<&str> {
    let names = views.iter().map(|view| view.split(" (").next().unwrap());
    names.collect()
}

mod after {
    use tenantry::prelude::*;

    use crate::shop::Plan;

    /// Its names are other ones now.
    #[tenant_model(table = "clients", was = "customers")]
    pub(crate) struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(max_length = 60)]
        pub name: String,
        #[field(was = "plan")]
        pub tariff: Fk<Plan>,
    }

    /// A customer's sales, of other tables.
    #[tenant_view(
        sql = "
            SELECT c.id, c.id AS customer, c.tariff AS plan, c.name, count(i.id) AS invoices, sum(i.{Order.total}) AS paid
            FROM {Customer} c LEFT JOIN {Order} i ON i.customer = c.id AND i.paid
            GROUP BY c.id
        ",
        name = "group"
    )]
    pub(crate) struct CustomerSales {
        pub id: i64,
        pub customer: i64,
        pub plan: Fk<Plan>,
        #[field(max_length = 60)]
        pub name: String,
        pub invoices: i64,
        pub paid: Option<Decimal>,
    }

    /// Reads the view by the names that it has.
    #[tenant_view(sql = r#"
        SELECT f.code, s.name FROM {CustomerSales} s JOIN "{shared}".free_plans AS f ON f.id = s.plan WHERE s.invoices > 0
    "#)]
    pub(crate) struct Freeloader {
        pub code: String,
        #[field(max_length = 60)]
        pub name: String,
    }

    #[tenant_model(table = "order")]
    pub(crate) struct Order {
        #[field(key)]
        pub id: i64,
        pub customer: Fk<Customer>,
        #[field(column = "select", precision = 12, scale = 2)]
        pub total: Decimal,
        #[field(default = false)]
        pub paid: bool,
    }
}

#[test]
fn a_new_tenant_and_a_migrated_one_have_the_views() {
    let mut given = given(&MODELS[..3]);
    assert_eq!(views(&mut given), [""; 0]);
    let told = given.become_(&MODELS, &Choices::new());
    assert_eq!(
        told,
        [
            "create shared view `free_plans`",
            "create tenant view `group`",
            "create tenant view `freeloaders`",
        ]
    );
    let baseline = "SELECT COALESCE(reason, 'there is one') FROM tenantry.baseline";
    assert_eq!(texts(&mut given.client, baseline), ["there is one"]);
    let found = views(&mut given);
    assert_eq!(named(&found), ["free_plans", "freeloaders", "group"]);
    assert!(
        found
            .iter()
            .all(|view| view.contains("(security_invoker=true)")),
        "{found:?}"
    );
    assert!(found[0].contains("A plan that costs nothing."), "{found:?}");
}

#[test]
fn a_view_that_no_model_has_any_more_is_dropped_before_what_it_reads() {
    let mut given = given(&MODELS);
    let told = given.become_(&MODELS[..4], &Choices::new());
    assert_eq!(
        told,
        ["drop tenant view `freeloaders`", "drop tenant view `group`",]
    );
    assert_eq!(named(&views(&mut given)), ["free_plans"]);
}

#[test]
fn views_are_taken_off_while_their_tables_change() {
    let mut given = given(&MODELS);
    let models: [&'static ModelDef; 6] = {
        use tenantry::Model;
        [
            Plan::DEF,
            after::Customer::DEF,
            after::Order::DEF,
            FreePlan::DEF,
            after::CustomerSales::DEF,
            after::Freeloader::DEF,
        ]
    };
    let told = given.become_(&models, &Choices::new().together());
    let of_views = |it: &String| it.contains("view");
    let off = told.iter().position(of_views).unwrap();
    let on = told.iter().rposition(of_views).unwrap();
    assert_eq!(
        [&told[off..off + 2], &told[on - 1..=on]].concat(),
        [
            "drop tenant view `freeloaders`",
            "drop tenant view `group`",
            "create tenant view `group`",
            "create tenant view `freeloaders`"
        ],
        "{told:#?}"
    );
    let between = &told[off + 2..on - 1];
    let blocking = ["rename tenant table", "rename column", "change column"];
    let is_blocked = |it: &String| blocking.iter().any(|words| it.starts_with(words));
    let blocked = between.iter().filter(|it| is_blocked(it)).count();
    let all = told.iter().filter(|it| is_blocked(it)).count();
    assert_eq!((blocked, all), (3, 3), "{told:#?}");
    let found = views(&mut given);
    assert_eq!(found.len(), 3);
    assert!(found[2].contains("clients"), "{found:?}");
    let rows = given.finds("SELECT name || ' ' || invoices FROM {t}.\"group\" ORDER BY 1");
    assert_eq!(rows, ["Ann 2", "Bob 0", "Cid 0"]);
}

#[test]
fn a_view_that_somebody_has_changed_by_hand_is_drift() {
    let mut given = given(&MODELS);
    let drift = |given: &mut Given| {
        let found = migrator(given.chain()).on(&mut given.client).drift();
        format!("{:?}", found.unwrap().found)
    };
    assert_eq!(drift(&mut given), "[]");
    given.run(
        "select",
        "CREATE OR REPLACE VIEW {t}.freeloaders WITH (security_invoker = true) AS \
         SELECT ''::text AS code, g.name FROM {t}.\"group\" AS g",
    );
    let found = drift(&mut given);
    assert!(
        found.contains("freeloaders") && found.contains("select"),
        "{found}"
    );
    assert!(!found.contains("acme"), "{found}");
    // So is one that would be read with the rights of its owner.
    given.run("acme", "ALTER VIEW {t}.\"group\" RESET (security_invoker)");
    let found = drift(&mut given);
    assert!(
        found.contains("acme") && found.contains("view `group`"),
        "{found}"
    );
}
