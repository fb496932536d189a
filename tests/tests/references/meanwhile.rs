//! Others at work while a shared row is deleted.

use std::thread;

use futures_util::FutureExt as _;
use postgres::Client;
use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry_tests::fleet::key;
use tenantry_tests::wait::until_by;

use crate::{Customer, Given, NewCustomer, Plan, schema_of};

/// How many sessions wait for a lock of another.
pub(crate) fn waiting(client: &mut Client) -> i64 {
    let sql = "SELECT count(*) FROM pg_stat_activity \
               WHERE datname = current_database() AND wait_event_type = 'Lock'";
    client.query_one(sql, &[]).unwrap().get(0)
}

fn somebody_waits(client: &mut Client) -> bool {
    waiting(client) > 0
}

fn ann(plan: i64) -> tenantry::query::Insert<Customer> {
    Customer::insert(NewCustomer::new("Ann", plan))
}

#[test]
fn a_delete_waits_for_a_reference_that_is_not_committed_and_finds_it() {
    let given = Given::new();
    let mut client = given.database.connect();
    thread::scope(|threads| {
        let deletion = given.tenant("acme").transaction(|acme| {
            ann(2).execute(acme)?;
            let deletion = threads.spawn(|| given.plan(2).delete(&mut given.shared()));
            until_by(&deletion, "the delete waits", || {
                somebody_waits(&mut client)
            });
            Ok::<_, tenantry::Error>(deletion)
        });
        let error = deletion.unwrap().join().unwrap().unwrap_err();
        assert!(
            error.to_string().contains("`Customer.plan` in `acme`"),
            "{error}"
        );
    });
    assert_eq!(given.plans(), [1, 2, 3]);
}

#[test]
fn a_reference_waits_for_a_delete_and_is_refused_by_it() {
    let given = Given::new();
    let mut client = given.database.connect();
    thread::scope(|threads| {
        let insertion = given.shared().transaction(|shared| {
            given.plan(2).delete(shared)?;
            let insertion = threads.spawn(|| ann(2).execute(&mut given.tenant("acme")));
            until_by(&insertion, "the insert waits", || {
                somebody_waits(&mut client)
            });
            Ok::<_, tenantry::Error>(insertion)
        });
        let error = insertion.unwrap().join().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ForeignKey, "{error}");
        assert_eq!(error.column(), Some("plan"));
    });
}

#[test]
fn a_reference_that_waits_for_a_delete_is_written_when_that_is_undone() {
    let given = Given::new();
    let mut client = given.database.connect();
    thread::scope(|threads| {
        let mut insertion = None;
        let undone: tenantry::Result<()> = given.shared().transaction(|shared| {
            let plan = given.plan(2);
            plan.delete(shared)?;
            let thread = threads.spawn(|| ann(2).execute(&mut given.tenant("acme")));
            until_by(&thread, "the insert waits", || somebody_waits(&mut client));
            insertion = Some(thread);
            let none = Plan::query().filter(Plan::ID.eq(9));
            none.one(shared).map(drop)
        });
        drop(undone);
        insertion.unwrap().join().unwrap().unwrap();
    });
    assert_eq!(given.plans(), [1, 2, 3]);
}

#[test]
fn a_tenant_that_is_created_meanwhile_is_found() {
    let given = Given::new();
    let mut client = given.database.connect();
    thread::scope(|threads| {
        let created = given.db.tenants().create_with(&key("late"), |late| {
            ann(2).execute(late)?;
            let deletion = threads.spawn(|| given.plan(2).delete(&mut given.shared()));
            until_by(&deletion, "the delete waits", || {
                somebody_waits(&mut client)
            });
            Ok(deletion)
        });
        let (_, deletion) = created.unwrap();
        let error = deletion.join().unwrap().unwrap_err();
        assert!(
            error.to_string().contains("`Customer.plan` in `late`"),
            "{error}"
        );
    });
}

#[test]
fn a_standby_that_becomes_a_tenant_meanwhile_is_found_under_its_new_name() {
    let given = Given::new();
    given.db.tenants().refill_standbys(1).unwrap();
    let mut client = given.database.connect();
    let sql = "SELECT schema_name FROM tenantry.tenant WHERE state = 'standby'";
    let standby: String = client.query_one(sql, &[]).unwrap().get(0);
    let seed = format!(
        "INSERT INTO \"{standby}\".customers (name, plan, next_plan, country) VALUES ('Ann', 1, 2, 'de')"
    );
    client.batch_execute(&seed).unwrap();
    let acme = schema_of(&mut client, "acme");
    let mut holder = given.database.connect();
    let mut held = holder.transaction().unwrap();
    held.batch_execute(&format!("LOCK \"{acme}\".customers, \"{acme}\".features"))
        .unwrap();
    thread::scope(|threads| {
        let deletion = threads.spawn(|| given.plan(2).delete(&mut given.shared()));
        until_by(&deletion, "the delete looks at the first tenant", || {
            somebody_waits(&mut client)
        });
        given.db.tenants().create(&key("late")).unwrap();
        held.rollback().unwrap();
        deletion.join().unwrap().unwrap();
    });
    assert_ne!(schema_of(&mut client, "late"), standby);
    let row = Customer::query().one(&mut given.tenant("late")).unwrap();
    assert!(row.next_plan.is_none());
    assert_eq!(given.plans(), [1, 3]);
}

#[test]
fn a_transaction_that_does_not_see_what_others_commit_is_refused() {
    let given = Given::new();
    let refused = given
        .shared()
        .build_transaction()
        .repeatable_read()
        .run(|shared| given.plan(2).delete(shared));
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Configuration);
    assert_eq!(given.plans(), [1, 2, 3]);
}

#[test]
fn tasks_check_and_delete_alike() {
    let given = Given::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let db = tenantry::tokio::Database::connect(given.database.url())
            .await
            .unwrap();
        let mut acme = db.tenant(key("acme")).await.unwrap();
        let error = ann(99).execute(&mut acme).await.unwrap_err();
        assert_eq!(error.column(), Some("plan"));
        ann(2).execute(&mut acme).await.unwrap();
        let mut shared = db.shared();
        let plan = |id| Plan::delete_where(Plan::ID.eq(id));
        let error = plan(2).execute(&mut shared).await.unwrap_err();
        assert!(
            error.to_string().contains("`Customer.plan` in `acme`"),
            "{error}"
        );
        assert_eq!(plan(3).execute(&mut shared).await.unwrap(), 1);
        // A future that is dropped half-way leaves nothing locked.
        drop(plan(1).execute(&mut shared).now_or_never());
        plan(1).execute(&mut shared).await.unwrap();
    });
    assert_eq!(given.plans(), [2]);
}
