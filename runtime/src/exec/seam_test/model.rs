//! A shared model, as the macros would write it.

use crate::error::Result;
use crate::model::{
    ColumnDef, Deletable, FixedSql, Model, ModelDef, PlacementKind, RowReader, SharedSchema,
    Statements, Writable,
};
use crate::value::{DecodeError, Field, Param};

pub(super) struct Plan {
    pub(super) id: i64,
    pub(super) code: String,
}

impl Deletable for Plan {}

impl Writable for Plan {}

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
        was: None,
        comment: None,
        columns: &[
            ColumnDef::new::<i64>("id", "id").key(),
            ColumnDef::new::<String>("code", "code"),
        ],
        key: &[0],
        given: &[1],
        indexes: &[],
        checks: &[],
        foreign_keys: &[],
        as_strict_as: &[],
        is_tenant: false,
        view: None,
        overlay: None,
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

    fn key(&self) -> i64 {
        self.id
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
