//! Writes over connections that were ended while they lay idle, and over those that break while they write.

use postgres::Config;
use postgres::NoTls;
use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry::scope::{Options, PreparedStatements};
use tenantry::testing::TestDb;
use tenantry_tests::chain_of;
use tenantry_tests::lossy::Lossy;
use tenantry_tests::shop::{NewPlan, Plan};

type Write = dyn Fn(&mut SharedScope) -> tenantry::Result<u64>;

fn connect(config: &Config) -> Database {
    connect_with(config, PreparedStatements::Unnamed)
}

fn connect_with(config: &Config, prepared: PreparedStatements) -> Database {
    let mut options = Options::default();
    options.prepared_statements = prepared;
    options.max_connections = 1;
    Database::connect_with(config, NoTls, options).unwrap()
}

fn plans() -> TestDb {
    let database = TestDb::new();
    connect(&database.config())
        .migrator(chain_of(&[Plan::DEF]))
        .run()
        .unwrap();
    database
}

/// Ends all other sessions, and waits until they are gone.
fn end_all(database: &TestDb) {
    let sql = "SELECT count(pg_catalog.pg_terminate_backend(pid, 60000)) FROM pg_catalog.pg_stat_activity \
               WHERE datname = pg_catalog.current_database() AND pid <> pg_catalog.pg_backend_pid()";
    let ended = database.connect().query_one(sql, &[]).unwrap();
    assert!(ended.get::<_, i64>(0) > 0);
}

#[test]
fn a_write_over_a_connection_that_was_ended_just_now_is_done_once() {
    let database = plans();
    let lossy = Lossy::on_the_way_to(&database, "never said");
    // Over a socket of the machine, which breaks when it is written to, and over TCP, which breaks afterwards.
    let ways = [database.config(), lossy.config()];
    let prepared = [
        PreparedStatements::Unnamed,
        PreparedStatements::Cached { per_connection: 9 },
    ];
    for (config, prepared) in ways.iter().flat_map(|way| prepared.map(|how| (way, how))) {
        let db = connect_with(config, prepared);
        let writes: [&Write; 4] = [
            &|scope| {
                let new = NewPlan::new("counted", Decimal::ONE);
                Plan::insert(new).execute(scope).map(|()| 1)
            },
            &|scope| {
                let new = NewPlan::new("given", Decimal::ONE);
                Plan::insert(new).returning(scope).map(|_| 1)
            },
            &|scope| {
                let all = Plan::update_where(Plan::everything()).set(Plan::MONTHLY, Decimal::TWO);
                all.execute(scope)
            },
            &|scope| Plan::delete_where(Plan::everything()).execute(scope),
        ];
        for (write, changed) in writes.into_iter().zip([1, 1, 2, 2]) {
            Plan::query().count(&mut db.shared().unwrap()).unwrap();
            end_all(&database);
            assert_eq!(write(&mut db.shared().unwrap()).unwrap(), changed);
        }
    }
}

#[test]
fn a_write_whose_answer_is_lost_is_unknown_and_not_sent_again() {
    let database = plans();
    let lossy = Lossy::on_the_way_to(&database, "lost on the way");
    let db = connect(&lossy.config());
    Plan::query().count(&mut db.shared().unwrap()).unwrap();
    let new = NewPlan::new("lost on the way", Decimal::ONE);
    let error = Plan::insert(new)
        .execute(&mut db.shared().unwrap())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CommitUnknown, "{error}");
    assert!(lossy.has_lost());
    assert_eq!(Plan::query().count(&mut db.shared().unwrap()).unwrap(), 1);
}
