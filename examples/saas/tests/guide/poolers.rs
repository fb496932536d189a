//! Code of the page about poolers.

use saas::models::{NewProject, Project};
use tenantry::Database;
use tenantry::postgres::NoTls;
use tenantry::prelude::*;
use tenantry::scope::{Options, PreparedStatements};
use tenantry::testing::TestDb;
use tenantry_tests::bouncer::Bouncer;
use tenantry_tests::programs::is_not_installed;

use crate::testing::{database, key};

const NO_MIGRATION: &str = "
the connection leads through a pooler that gives each transaction any session: what a migration holds between two transactions, such as its locks, would be left to others
help: connect to the server itself to migrate or to roll back, or through a pooler in session mode
";

const NOT_PREPARED: &str = "
prepared statements can't be kept on the server: there is a pooler between that does not know them, so that one process would run the statements of another
help: connect without it, use PgBouncer from 1.21 on with `max_prepared_statements` above zero, or leave `Options::prepared_statements` at `Unnamed`
";

#[test]
fn requests_go_through_a_transaction_pooler_and_migrations_do_not() {
    let database = database();
    let lines = "pool_mode = transaction\nserver_reset_query_always = 1";
    let Some(bouncer) = Bouncer::start_with(&database, lines) else {
        return is_not_installed("PgBouncer");
    };
    let pooled = Database::connect_with(&bouncer.config(), NoTls, options()).unwrap();
    let mut acme = pooled.tenant(&key("acme")).unwrap();
    acme.transaction(|tx| Project::insert(NewProject::new("Website")).execute(tx))
        .unwrap();
    pooled.tenants().create(&key("initech")).unwrap();

    let empty = TestDb::new();
    let bouncer = Bouncer::start_with(&empty, lines).unwrap();
    let pooled = Database::connect_with(&bouncer.config(), NoTls, options()).unwrap();
    let error = pooled.migrator(saas::chain().unwrap()).run().unwrap_err();
    assert_eq!(error.to_string(), NO_MIGRATION.trim());

    let mut options = options();
    options.prepared_statements = PreparedStatements::Cached {
        per_connection: 100,
    };
    let error = Database::connect_with(&bouncer.config(), NoTls, options).unwrap_err();
    assert_eq!(error.to_string(), NOT_PREPARED.trim());
}

#[test]
fn a_statement_pooler_is_for_single_statements() {
    let database = database();
    let Some(bouncer) = Bouncer::start_with(&database, "pool_mode = statement") else {
        return is_not_installed("PgBouncer");
    };
    let pooled = Database::connect_with(&bouncer.config(), NoTls, options()).unwrap();
    let mut acme = pooled.tenant(&key("acme")).unwrap();
    assert_eq!(Project::query().count(&mut acme).unwrap(), 0);
    Project::insert(NewProject::new("Website"))
        .execute(&mut acme)
        .unwrap();
    let in_transaction = acme.transaction(|tx| Project::query().count(tx));
    assert!(in_transaction.is_err());
    assert!(pooled.tenants().create(&key("initech")).is_err());
    assert!(
        pooled
            .tenants()
            .get(&key("initech"))
            .unwrap_err()
            .is_unknown_tenant()
    );
}

/// The pooler keeps the connections to the server, so each program may have more of its own.
fn options() -> Options {
    let mut options = Options::default();
    options.max_connections = 50;
    options
}
