//! Locks that somebody holds in a tenant: a delete waits for them for a while, since others wait for the delete.

use std::collections::BTreeSet;
use std::thread;

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry_tests::fleet::{key, texts};
use tenantry_tests::wait::until;

use crate::{Customer, Given, NewCustomer, schema_of};

#[test]
fn a_tenant_whose_table_is_locked_is_told_by_its_key() {
    let given = Given::new();
    let mut client = given.database.connect();
    let schema = schema_of(&mut client, "select");
    let mut lock = client.transaction().unwrap();
    lock.batch_execute(&format!("LOCK \"{schema}\".features"))
        .unwrap();
    let error = given.plan(2).delete(&mut given.shared()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LockTimeout, "{error}");
    assert_eq!(error.tenant().map(TenantKey::as_str), Some("select"));
    lock.rollback().unwrap();
    given.plan(2).delete(&mut given.shared()).unwrap();
}

#[test]
fn a_row_of_a_tenant_that_is_locked_is_told_by_its_key_and_nothing_is_changed() {
    let given = Given::new();
    for name in ["acme", "select"] {
        Customer::insert(NewCustomer::new("Ann", 1).next_plan(2))
            .execute(&mut given.tenant(name))
            .unwrap();
    }
    let mut client = given.database.connect();
    let schema = schema_of(&mut client, "select");
    let mut lock = client.transaction().unwrap();
    lock.batch_execute(&format!("SELECT FROM \"{schema}\".customers FOR UPDATE"))
        .unwrap();
    let mut errors = vec![given.plan(2).delete(&mut given.shared()).unwrap_err()];
    given
        .shared()
        .transaction(|shared| {
            let set = sql!("SELECT set_config('lock_timeout', '7s', true)");
            shared.sql(set).row::<String>()?;
            errors.push(given.plan(2).delete(shared).unwrap_err());
            given.plan(3).delete(shared)?;
            let wait = sql!("SELECT current_setting('lock_timeout')");
            assert_eq!(shared.sql(wait).row::<String>()?, "7s");
            Ok(())
        })
        .unwrap();
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::LockTimeout, "{error}");
        assert_eq!(error.tenant().map(TenantKey::as_str), Some("select"));
    }
    let row = Customer::query().one(&mut given.tenant("acme")).unwrap();
    assert!(row.next_plan.is_some());
    lock.rollback().unwrap();
    given.plan(2).delete(&mut given.shared()).unwrap();
}

#[test]
fn a_shared_row_that_is_locked_is_waited_for_no_longer() {
    let given = Given::new();
    let mut client = given.database.connect();
    let mut lock = client.transaction().unwrap();
    lock.batch_execute("SELECT FROM shared.plans WHERE id = 2 FOR UPDATE")
        .unwrap();
    let error = given.plan(2).delete(&mut given.shared()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LockTimeout, "{error}");
    assert_eq!((error.model(), error.tenant()), (Some("Plan"), None));
    assert_eq!(given.plans(), [1, 2, 3]);
}

#[test]
fn one_table_among_many_is_waited_for_once() {
    let given = Given::new();
    for number in 0..30 {
        let name = format!("more{number}");
        given.db.tenants().create(&key(&name)).unwrap();
    }
    let mut client = given.database.connect();
    let schema = schema_of(&mut client, "more17");
    let mut lock = client.transaction().unwrap();
    lock.batch_execute(&format!("LOCK \"{schema}\".features"))
        .unwrap();
    let plan = given.plan(2);
    let mut looks = given.database.connect();
    let waits = "SELECT waitstart::text FROM pg_locks WHERE NOT granted AND waitstart < clock_timestamp() - interval '1500 ms' \
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let mut long = BTreeSet::new();
    let error = thread::scope(|threads| {
        let deletion = threads.spawn(|| plan.delete(&mut given.shared()).unwrap_err());
        until("the delete gives up", || {
            long.extend(texts(&mut looks, waits));
            deletion.is_finished()
        });
        deletion.join().unwrap()
    });
    assert_eq!(error.tenant().map(TenantKey::as_str), Some("more17"));
    // A search that waits as long in each half waits so long for each of seven, and one that waits shortly for none of them, unless the
    // machine is slow.
    assert!(long.len() < 4, "{long:?}");
}
