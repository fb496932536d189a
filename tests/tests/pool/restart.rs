//! A server that restarts between two requests.

use std::process::Command;

use postgres::NoTls;
use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry::testing::{Server, TestDb};
use tenantry_tests::chain_of;
use tenantry_tests::shop::{NewPlan, Plan};
use tenantry_tests::wait::until;

/// Kills a process of the server, at which it ends all others and starts anew, and waits until it is there again.
fn restart(database: &TestDb) {
    let mut killed = database.connect();
    let mut witness = database.connect();
    let pid: i32 = killed
        .query_one("SELECT pg_catalog.pg_backend_pid()", &[])
        .unwrap()
        .get(0);
    let kill = Command::new("kill").args(["-9", &pid.to_string()]).status();
    assert!(kill.unwrap().success());
    // Once a process that nobody killed is gone, the server lets nobody in before all others are, too.
    until("the server ends all", || {
        witness.simple_query("SELECT 1").is_err()
    });
    until("the server is there again", || {
        database.config().connect(NoTls).is_ok()
    });
}

#[test]
fn a_restart_between_two_requests_fails_none() {
    // Others have their sessions on the server that tests share. This one may forget nothing that it has acknowledged.
    let server = Server::builder()
        .setting("synchronous_commit", "on")
        .start()
        .unwrap();
    let database = server.database().unwrap();
    let mut options = Options::default();
    options.max_connections = 4;
    let db = Database::connect_with(&database.config(), NoTls, options).unwrap();
    db.migrator(chain_of(&[Plan::DEF])).run().unwrap();
    let acme = TenantKey::new("acme").unwrap();
    db.tenants().create(&acme).unwrap();
    let requests: [&dyn Fn() -> tenantry::Result<()>; 6] = [
        &|| {
            let new = NewPlan::new("alone", Decimal::ONE);
            Plan::insert(new).execute(&mut db.shared()?)?;
            Ok(())
        },
        &|| {
            db.shared()?.transaction(|tx| {
                Plan::insert(NewPlan::new("inside", Decimal::ONE)).execute(tx)?;
                Ok(())
            })
        },
        &|| Plan::query().count(&mut db.shared()?).map(drop),
        &|| db.tenant(&acme).map(drop),
        &|| db.tenants().get(&acme).map(drop),
        &|| Ok(db.shared()?.client().batch_execute("SELECT 1")?),
    ];
    for request in requests {
        // All of the pool is open, idle, and dead after that.
        drop([(); 4].map(|()| db.shared().unwrap()));
        restart(&database);
        request().unwrap();
    }
    assert_eq!(Plan::query().count(&mut db.shared().unwrap()).unwrap(), 2);
}
