//! The seam holds: an asynchronous driver is no more than this file, and every query runs over it unchanged.

use std::future::Future;
use std::pin::Pin;
use std::task::{self, Poll, ready};

use tokio_postgres::NoTls;
use tokio_postgres::types::{ToSql, Type};

use super::{Answer, Connection, Flow, Gives, Next, Statement};
use crate::error::Result;
use crate::model::{
    ColumnDef, FixedSql, Fk, Model, ModelDef, PlacementKind, RowReader, SharedSchema, Statements,
};
use crate::name::SchemaName;
use crate::place::Context;
use crate::scope::SharedScope;
use crate::testing::TestDb;
use crate::value::{DecodeError, Field, Param};

struct TokioConnection(tokio_postgres::Client);

impl TokioConnection {
    async fn execute(&self, statement: Statement) -> Result<Answer> {
        let params: Vec<(&(dyn ToSql + Sync), Type)> = statement
            .params
            .iter()
            .map(|param| (param as &(dyn ToSql + Sync), param.ty().clone()))
            .collect();
        Ok(match statement.gives {
            Gives::Rows => Answer::Rows(self.0.query_typed(&statement.sql, &params).await?),
            Gives::Count => Answer::Count(self.0.execute_typed(&statement.sql, &params).await?),
        })
    }
}

impl Connection for TokioConnection {
    type Outcome<'a, T: 'a> = Driven<'a, T>;

    fn drive<'a, T: 'a>(&'a mut self, flow: Flow<'a, T>, context: &'a Context) -> Driven<'a, T> {
        Driven {
            connection: self,
            context,
            step: Step::Next(flow),
        }
    }
}

/// A flow on its way. It can be sent to another thread if its outcome can, without asking that of all outcomes.
struct Driven<'a, T> {
    connection: &'a TokioConnection,
    context: &'a Context,
    step: Step<'a, T>,
}

enum Step<'a, T> {
    Next(Flow<'a, T>),
    Sent(
        Pin<Box<dyn Future<Output = Result<Answer>> + Send + 'a>>,
        Next<'a, T>,
    ),
    Over,
}

// Nothing of it is pinned but what a box holds.
impl<T> Unpin for Driven<'_, T> {}

impl<T> Future for Driven<'_, T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<Result<T>> {
        let (connection, context) = (self.connection, self.context);
        loop {
            if let Step::Sent(answer, _) = &mut self.step {
                let answer = ready!(answer.as_mut().poll(task));
                let Step::Sent(_, next) = std::mem::replace(&mut self.step, Step::Over) else {
                    unreachable!("a statement was sent");
                };
                let answer = answer.map_err(|error| context.explain(error))?;
                self.step = Step::Next(next(answer));
            }
            match std::mem::replace(&mut self.step, Step::Over) {
                Step::Next(Flow::Done(outcome)) => {
                    return Poll::Ready(outcome.map_err(|error| context.explain(error)));
                }
                Step::Next(Flow::Run(statement, next)) => {
                    statement.admitted(context)?;
                    self.step = Step::Sent(Box::pin(connection.execute(statement)), next);
                }
                Step::Sent(..) | Step::Over => {
                    unreachable!("a future is not polled when it is over")
                }
            }
        }
    }
}

struct Plan {
    id: i64,
    code: String,
}

impl Model for Plan {
    type Placement = SharedSchema;
    type Key = i64;
    const NAME: &'static str = "Plan";
    const MODULE: &'static str = module_path!();
    const TABLE: &'static str = "plans";
    const KEY_COLUMN: &'static str = "id";
    const DEF: &'static ModelDef = &ModelDef {
        name: Self::NAME,
        module: Self::MODULE,
        placement: PlacementKind::Shared,
        table: Self::TABLE,
        comment: None,
        columns: &[
            ColumnDef::new::<i64>("id", "id").key(),
            ColumnDef::new::<String>("code", "code"),
        ],
        key: 0,
        given: &[1],
        indexes: &[],
        checks: &[],
        as_strict_as: &[],
        statements: Statements {
            find: FixedSql(
                "SELECT \"id\", \"code\" FROM ",
                ".\"plans\" WHERE \"id\" = $1",
            ),
            exists: FixedSql(
                "SELECT EXISTS(SELECT 1 FROM ",
                ".\"plans\" WHERE \"id\" = $1)",
            ),
            insert: FixedSql(
                "INSERT INTO ",
                ".\"plans\" (\"code\") VALUES ($1) RETURNING \"id\", \"code\"",
            ),
            delete: FixedSql("DELETE FROM ", ".\"plans\" WHERE \"id\" = $1"),
        },
    };

    fn key(&self) -> &i64 {
        &self.id
    }

    fn read(row: &mut RowReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            id: row.take()?,
            code: row.take()?,
        })
    }

    fn write(&self) -> Result<Vec<Param>, DecodeError> {
        Ok(vec![self.id.to_param()?, self.code.to_param()?])
    }
}

/// Compiles for what can go to another thread.
fn sent(_: &impl Send) {}

#[test]
fn queries_run_over_an_asynchronous_driver_unchanged() {
    let database = TestDb::new();
    let create = "CREATE SCHEMA shared; CREATE TABLE shared.plans (id bigint PRIMARY KEY, code text NOT NULL);
                  INSERT INTO shared.plans VALUES (1, 'free'), (2, 'pro')";
    database.connect().batch_execute(create).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(database.url(), NoTls)
            .await
            .unwrap();
        let io = tokio::spawn(connection);
        let context = Context::new("test".into(), SchemaName::new("shared").unwrap(), None);
        let mut scope = SharedScope::new(TokioConnection(client), context);

        sent(&Plan::query().all(&mut scope));
        let mut pro = Plan::find(Fk::from(2)).one(&mut scope).await.unwrap();
        pro.code = "plus".to_owned();
        pro.save(&mut scope).await.unwrap();
        assert_eq!(Plan::query().count(&mut scope).await.unwrap(), 2);
        assert_eq!(Plan::find(2).one(&mut scope).await.unwrap().code, "plus");
        assert!(
            Plan::find(3)
                .one(&mut scope)
                .await
                .is_err_and(|error| error.is_not_found())
        );

        drop(scope);
        io.await.unwrap().unwrap();
    });
}
