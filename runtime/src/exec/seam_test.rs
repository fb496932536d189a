//! The seam holds: an asynchronous driver is no more than this file, and every query runs over it unchanged.

use std::future::Future;
use std::pin::Pin;

use tokio_postgres::NoTls;
use tokio_postgres::types::{ToSql, Type};

use super::{Answer, Connection, Flow, Gives, Statement};
use crate::error::Result;
use crate::model::{
    ColumnDef, FixedSql, Fk, Model, ModelDef, PlacementKind, RowReader, SharedSchema, Statements,
};
use crate::name::SchemaName;
use crate::scope::{Context, SharedScope};
use crate::testing::TestDb;
use crate::value::{DecodeError, Field, Param};

struct TokioConnection(tokio_postgres::Client);

impl TokioConnection {
    async fn execute(&self, statement: &Statement) -> Result<Answer> {
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
    type Outcome<'a, T: 'a> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

    fn drive<'a, T: Send + 'a>(
        &'a mut self,
        mut flow: Flow<'a, T>,
        context: &'a Context,
    ) -> Self::Outcome<'a, T> {
        Box::pin(async move {
            loop {
                match flow {
                    Flow::Done(outcome) => return outcome.map_err(|error| context.explain(error)),
                    Flow::Run(statement, next) => {
                        context.admit(&statement)?;
                        let answer = self.execute(&statement).await;
                        flow = next(answer.map_err(|error| context.explain(error))?);
                    }
                }
            }
        })
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
