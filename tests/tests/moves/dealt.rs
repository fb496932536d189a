//! A shared model becomes a tenant's.

use tenantry::migrate::Choices;
use tenantry::model::ModelDef;
use tenantry::prelude::*;

use tenantry_tests::fleet::{key, migrator};

use crate::given::{Given, TENANTS};

mod before {
    use super::*;

    #[shared_model]
    pub(crate) struct Plan {
        #[field(key)]
        pub id: i64,
        pub owner: String,
        #[field(unique)]
        pub name: String,
    }

    #[tenant_model]
    pub(crate) struct Order {
        #[field(key)]
        pub id: i64,
        pub plan: Fk<Plan>,
    }
}

mod after {
    use super::*;

    #[tenant_model]
    pub(crate) struct Plan {
        #[field(key)]
        pub id: i64,
        pub owner: String,
        #[field(unique)]
        pub name: String,
    }

    #[tenant_model]
    pub(crate) struct Order {
        #[field(key)]
        pub id: i64,
        pub plan: Fk<Plan>,
    }
}

const BEFORE: [&ModelDef; 2] = [before::Plan::DEF, before::Order::DEF];
pub(crate) const AFTER: [&ModelDef; 2] = [after::Plan::DEF, after::Order::DEF];

/// Two plans for each tenant, one of which is ordered.
pub(crate) fn with_rows() -> Given {
    let given = Given::new(&BEFORE);
    for name in TENANTS {
        let mut shared = given.shared();
        let plans = ["basic", "gold"].map(|plan| {
            let new = before::NewPlan::new(name, format!("{plan} of {name}"));
            before::Plan::insert(new).returning(&mut shared).unwrap()
        });
        before::Order::insert(before::NewOrder::new(plans[1].key()))
            .execute(&mut given.tenant(name))
            .unwrap();
    }
    given
}

fn plans(given: &Given, tenant: &str) -> Vec<String> {
    let mut tenant = given.tenant(tenant);
    let plans = after::Plan::query().order_by(after::Plan::NAME.asc());
    let plans = plans.all(&mut tenant).unwrap();
    plans.iter().map(|plan| plan.name.clone()).collect()
}

#[test]
fn each_tenant_gets_its_own_rows() {
    let mut given = with_rows();
    given.write(&AFTER, &Choices::new().move_table("plans=deal:owner"));
    given.migrate();
    for name in TENANTS {
        assert_eq!(
            plans(&given, name),
            [format!("basic of {name}"), format!("gold of {name}")]
        );
        let mut tenant = given.tenant(name);
        let order = after::Order::query().one(&mut tenant).unwrap();
        let plan = order.follow(after::Order::PLAN, &mut tenant).unwrap();
        assert_eq!(plan.name, format!("gold of {name}"));
        // New rows are numbered above those that came.
        let new = after::NewPlan::new(name, "new");
        after::Plan::insert(new).execute(&mut tenant).unwrap();
    }
    let refused =
        before::Plan::delete_where(before::Plan::everything()).execute(&mut given.shared());
    let error = refused.unwrap_err().to_string();
    assert!(
        error.contains("were moved to each tenant's schema"),
        "{error}"
    );
}

#[test]
fn each_tenant_gets_a_copy_of_all_rows() {
    let mut given = with_rows();
    given.write(&AFTER, &Choices::new().move_table("plans=copy"));
    given.migrate();
    for name in TENANTS {
        assert_eq!(plans(&given, name).len(), 6);
    }
    given.expect_baseline();
    // Who comes later had none before either.
    tenantry_tests::fleet::create(&mut given.client, "later");
    assert_eq!(plans(&given, "later"), [""; 0]);
    assert_eq!(given.drift(), [""; 0]);
    given.write(&AFTER, &Choices::new().drop_moved("plans"));
    given.migrate();
    tenantry_tests::fleet::create(&mut given.client, "last");
    assert_eq!(plans(&given, "last"), [""; 0]);
}

#[test]
fn rows_of_nobody_are_refused_by_their_keys_before_anything_is_moved() {
    let mut given = with_rows();
    given.run("INSERT INTO shared.plans (id, owner, name) VALUES (77, 'nobody', 'x')");
    given.write(&AFTER, &Choices::new().move_table("plans=deal:owner"));
    let error = given.fails_to_migrate();
    assert!(
        error.contains("belong to no tenant by their \"owner\"; their keys: 77"),
        "{error}"
    );
    given.run("DELETE FROM shared.plans WHERE id = 77");
    given.migrate();
    assert_eq!(plans(&given, "acme").len(), 2);
}

#[test]
fn a_rollback_brings_dealt_rows_back_as_they_are_by_then() {
    let mut given = with_rows();
    given.write(&AFTER, &Choices::new().move_table("plans=deal:owner"));
    given.migrate();
    given.run(
        "UPDATE acme.plans SET name = 'changed' WHERE name LIKE 'basic%';
         INSERT INTO globex.plans (id, owner, name) VALUES (100, 'globex', 'new')",
    );
    given.roll_back("1");
    assert_eq!(
        given.finds("SELECT name FROM shared.plans ORDER BY name"),
        [
            "basic of globex",
            "basic of select",
            "changed",
            "gold of acme",
            "gold of globex",
            "gold of select",
            "new"
        ]
    );
    before::Plan::insert(before::NewPlan::new("acme", "afterwards"))
        .execute(&mut given.shared())
        .unwrap();
}

#[test]
fn copies_that_were_changed_are_not_thrown_away() {
    let mut given = with_rows();
    given.write(&AFTER, &Choices::new().move_table("plans=copy"));
    given.migrate();
    given.run("UPDATE acme.plans SET name = 'changed' WHERE id = 1");
    let error = given.fails_to_roll_back("1");
    assert!(error.contains("has changed rows of `plans`"), "{error}");
    assert!(error.contains("their keys: 1"), "{error}");
    given.run("UPDATE acme.plans SET name = 'basic of acme' WHERE id = 1");
    given.roll_back("1");
    assert_eq!(
        given.finds("SELECT count(*)::text FROM shared.plans"),
        ["6"]
    );
}

#[test]
fn a_tenant_that_was_renamed_before_its_turn_gets_its_rows() {
    let mut given = with_rows();
    given.write(&AFTER, &Choices::new().move_table("plans=deal:owner"));
    let only = tenantry::migrate::Selection::all().keys([key("acme")]);
    let one = migrator(given.chain()).select(only);
    one.on(&mut given.client).run().unwrap();
    let tenants = given.database().tenants();
    tenants.rename(key("globex"), key("initech")).unwrap();
    tenants.rename(key("acme"), key("acme2")).unwrap();
    given.migrate();
    for (name, before) in [("initech", "globex"), ("acme2", "acme")] {
        assert_eq!(
            plans(&given, name),
            [format!("basic of {before}"), format!("gold of {before}")]
        );
    }
    given.write(&AFTER, &Choices::new().drop_moved("plans"));
    given.migrate();
    assert_eq!(
        given.finds("SELECT relname::text FROM pg_class WHERE relname = 'plans_kept'"),
        [""; 0]
    );
}

#[test]
fn a_table_is_not_dropped_that_may_have_been_written_to() {
    let mut given = with_rows();
    given.write(&AFTER, &Choices::new().move_table("plans=deal:owner"));
    given.migrate();
    given.write(&AFTER, &Choices::new().drop_moved("plans"));
    given.run("ALTER TABLE shared.plans DISABLE TRIGGER tenantry_kept");
    let error = given.fails_to_migrate();
    assert!(
        error.contains("`plans` may have been written to"),
        "{error}"
    );
    given.run("ALTER TABLE shared.plans ENABLE TRIGGER tenantry_kept");
    given.migrate();
}
