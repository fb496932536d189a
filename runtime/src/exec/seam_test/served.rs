//! An asynchronous driver with a real server.

use std::sync::Arc;

use futures_util::{TryFutureExt, TryStreamExt};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, NoTls};

use super::model::Plan;
use super::polled::{Polled, Sends, Sent, polled, transaction};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Answer, Flow, Gives, Statement, blocking};
use crate::migrate::{Chain, Migrator};
use crate::model::Fk;
use crate::name::{SchemaName, TenantKey};
use crate::place::Context;
use crate::query::Queries;
use crate::scope::{Session, SharedScope};
use crate::tenant::{self, Tenant};
use crate::testing::TestDb;

struct Tokio(Arc<Client>);

impl Sends for Tokio {
    fn send(&self, statement: Statement) -> Sent {
        let client = Arc::clone(&self.0);
        if statement.gives == Gives::Each {
            let rows = async move {
                let params = statement.params.into_iter();
                let params = params.map(|param| (param.clone(), param.ty().clone()));
                let rows = client.query_typed_raw(&statement.sql, params).await?;
                Ok(rows.map_err(Error::from))
            };
            return Sent::Each(Box::pin(rows.try_flatten_stream()), 0);
        }
        Sent::Whole(Box::pin(async move {
            let sql = &statement.sql;
            let params: Vec<(&(dyn ToSql + Sync), Type)> = statement
                .params
                .iter()
                .map(|param| (param as &(dyn ToSql + Sync), param.ty().clone()))
                .collect();
            Ok(match statement.gives {
                Gives::Rows => Answer::Rows(client.query_typed(sql, &params).await?),
                Gives::Count => Answer::Count(client.execute_typed(sql, &params).await?),
                Gives::Nothing => {
                    client.batch_execute(sql).await?;
                    Answer::Nothing
                }
                Gives::Each => unreachable!("its rows are told one by one"),
            })
        }))
    }
}

type Scope = SharedScope<Polled<Tokio>>;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn database() -> TestDb {
    let database = TestDb::new();
    let create = "CREATE SCHEMA shared; CREATE TABLE shared.plans (id bigint PRIMARY KEY, code text NOT NULL UNIQUE);
                  INSERT INTO shared.plans VALUES (1, 'free'), (2, 'pro')";
    database.connect().batch_execute(create).unwrap();
    database
}

async fn scope(database: &TestDb) -> Scope {
    let (client, connection) = tokio_postgres::connect(database.url(), NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let context = Context::new("test".into(), SchemaName::new("shared").unwrap(), None);
    SharedScope::new(Polled::new(Tokio(Arc::new(client))), &context)
}

async fn codes(scope: &mut Scope) -> Vec<String> {
    let plans = Plan::query().order_by(Plan::ID.asc()).all(scope);
    let plans = plans.await.unwrap();
    plans.iter().map(|plan| plan.code.clone()).collect()
}

async fn rename(scope: &mut Scope, id: i64, code: &str) -> Result<()> {
    let mut plan = Plan::find(Fk::from(id)).one(scope).await?;
    plan.code = code.to_owned();
    plan.save(scope).await
}

/// Compiles for what can go to another thread.
fn sent(_: &impl Send) {}

#[test]
fn queries_run_over_an_asynchronous_driver_unchanged() {
    let database = database();
    runtime().block_on(async {
        let mut scope = scope(&database).await;
        sent(&Plan::query().all(&mut scope));
        rename(&mut scope, 2, "plus").await.unwrap();
        assert_eq!(Plan::query().count(&mut scope).await.unwrap(), 2);
        assert_eq!(Plan::find(2).one(&mut scope).await.unwrap().code, "plus");
        let missing = Plan::find(3).one(&mut scope).await;
        assert!(missing.is_err_and(|error| error.is_not_found()));
    });
}

#[test]
fn rows_are_told_one_by_one_and_a_future_dropped_between_them_harms_nothing() {
    let database = database();
    let many = "INSERT INTO shared.plans SELECT n, n::text FROM generate_series(3, 5000) AS n";
    database.connect().batch_execute(many).unwrap();
    runtime().block_on(async {
        let mut scope = scope(&database).await;
        let all = || Plan::query().order_by(Plan::ID.asc());
        let mut told = 0;
        let count = all().for_each(&mut scope, |plan| {
            told += plan.id;
            Ok(())
        });
        sent(&count);
        assert_eq!(count.await.unwrap(), 5000);
        assert_eq!(told, 5000 * 5001 / 2);
        let mut seen = 0;
        let ended = all().for_each(&mut scope, |_| {
            seen += 1;
            match seen {
                3 => Err(Error::new(ErrorKind::NotFound, "of the application")),
                _ => Ok(()),
            }
        });
        assert!(ended.await.is_err_and(|error| error.is_not_found()));
        assert_eq!(seen, 3);
        // The server fails after that, which the commit has to know.
        let outcome = transaction(&mut scope, async |tx| {
            rename(tx, 1, "undone").await?;
            let sql = "SELECT 10 / (100000 - n) FROM generate_series(1, 200000) AS n";
            let failing = Statement::look("test", sql, Vec::new());
            let ended = || Error::new(ErrorKind::NotFound, "of the application");
            let each = Flow::each(Ok(failing), |_| Err(ended()));
            assert!(
                tx.drive(each)
                    .await
                    .is_err_and(|error| error.is_not_found())
            );
            Ok(())
        });
        assert_eq!(outcome.await.unwrap_err().kind(), ErrorKind::Aborted);
        for times in 0.. {
            let work = transaction(&mut scope, async |tx| {
                rename(tx, 1, "told").await?;
                all().for_each(tx, |_| Ok(())).await
            });
            let done = polled(times, work).await.is_some();
            let first = codes(&mut scope).await.swap_remove(0);
            assert!(first == "told" || !done, "{times}");
            if done {
                break;
            }
        }
    });
}

#[test]
fn a_transaction_whose_future_is_dropped_at_any_await_leaves_nothing_behind() {
    let database = database();
    runtime().block_on(async {
        let mut scope = scope(&database).await;
        let mut whole = false;
        for times in 0.. {
            let before = codes(&mut scope).await;
            let work = transaction(&mut scope, async |tx| {
                rename(tx, 1, &format!("{times}a")).await?;
                let inner: Result<()> = transaction(tx, async |tx| {
                    rename(tx, 2, "undone").await?;
                    Err(Error::new(ErrorKind::NotFound, "of the application"))
                })
                .await;
                assert!(inner.is_err_and(|error| error.is_not_found()));
                transaction(tx, async |tx| rename(tx, 2, &format!("{times}b")).await).await
            });
            let done = polled(times, work).await;
            let after = codes(&mut scope).await;
            assert_eq!(scope.connection.transactions.depth(), 0);
            match done {
                Some(done) => {
                    done.unwrap();
                    assert_eq!(after, [format!("{times}a"), format!("{times}b")]);
                    whole = true;
                    break;
                }
                // The commit was sent already, or the work is undone.
                None => assert!(
                    after == before || after == [format!("{times}a"), format!("{times}b")],
                    "{times}: {after:?}"
                ),
            }
        }
        assert!(whole);
    });
}

#[test]
fn a_savepoint_that_is_dropped_takes_its_own_work_with_it_or_the_whole() {
    let database = database();
    runtime().block_on(async {
        let mut scope = scope(&database).await;
        let mut ends = [0; 3];
        for times in 0.. {
            let before = codes(&mut scope).await;
            let mut over = false;
            let outer = transaction(&mut scope, async |tx| {
                rename(tx, 1, &format!("{times}a")).await?;
                let inner = transaction(tx, async |tx| rename(tx, 2, &format!("{times}b")).await);
                over = polled(times, inner).await.is_some();
                rename(tx, 1, &format!("{times}c")).await
            })
            .await;
            let after = codes(&mut scope).await;
            let end = match (&outer, over) {
                (Ok(()), true) => {
                    assert_eq!(after, [format!("{times}c"), format!("{times}b")]);
                    0
                }
                (Ok(()), false) => {
                    assert_eq!(after, [format!("{times}c"), before[1].clone()]);
                    1
                }
                // Whether the savepoint's work was taken over could not be told.
                (Err(error), over) => {
                    assert!(!over, "{error}");
                    assert_eq!(after, before);
                    2
                }
            };
            ends[end] += 1;
            if over {
                break;
            }
        }
        assert!(ends[0] == 1 && ends[1] > 0, "{ends:?}");
    });
}

#[test]
fn a_statement_that_is_dropped_and_fails_keeps_its_transaction_from_being_committed() {
    let database = database();
    runtime().block_on(async {
        let mut scope = scope(&database).await;
        let outcome = transaction(&mut scope, async |tx| {
            rename(tx, 2, "lost").await?;
            let twice = Plan::update_where(Plan::ID.eq(2)).set(Plan::CODE, "free");
            assert!(polled(1, twice.execute(tx)).await.is_none());
            Ok(())
        })
        .await;
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Aborted);
        assert_eq!(codes(&mut scope).await, ["free", "pro"]);
    });
}

#[test]
fn a_tenant_is_opened_by_a_flow_also_where_there_is_none_and_where_the_books_are_gone() {
    let database = database();
    let key = TenantKey::new("Acme").unwrap();
    let chain = Chain::from_files(&[
        (
            "0001_first/migration.toml",
            "format = 1\nid = \"0001_first\"\n",
        ),
        (
            "0001_first/tenant.up.sql",
            "CREATE TABLE \"{tenant}\".notes ()",
        ),
    ])
    .unwrap();
    Migrator::new(chain, SchemaName::new("shared").unwrap())
        .on(&mut database.connect())
        .run()
        .unwrap();
    let aside = |work: &(dyn Fn(&mut postgres::Client) + Sync)| {
        blocking(|| work(&mut database.connect()));
    };
    runtime().block_on(async {
        let mut scope = scope(&database).await;
        sent(&scope.drive(tenant::opened(&key)));
        let message = |opened: Result<Tenant>| opened.unwrap_err().to_string();
        let unknown = message(scope.drive(tenant::opened(&key)).await);
        assert!(unknown.contains("help: create it first"), "{unknown}");
        let new = tenant::NewTenant::new(&TenantKey::new("acme").unwrap());
        aside(&|client| drop(tenant::create(client, &new).unwrap()));
        let twin = message(scope.drive(tenant::opened(&key)).await);
        assert!(twin.contains("help: write `acme`"), "{twin}");
        aside(&|client| {
            let rename = "UPDATE tenantry.tenant SET key = 'Acme'";
            client.batch_execute(rename).unwrap();
        });
        let opened = scope.drive(tenant::opened(&key)).await.unwrap();
        assert_eq!(opened.schema().as_str(), "acme");
        aside(&|client| {
            let gone = "DROP SCHEMA tenantry CASCADE";
            client.batch_execute(gone).unwrap();
        });
        let gone = scope.drive(tenant::opened(&key)).await.unwrap_err();
        assert_eq!(gone.kind(), ErrorKind::DamagedBooks);
        assert!(gone.to_string().contains("`acme`"), "{gone}");
    });
}
