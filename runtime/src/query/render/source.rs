//! Where the rows of a query come from: the table of its model, or other queries.

use sea_query::{Alias, Asterisk, Expr as SqlExpr, Query as Sql, SelectStatement};

use super::{Key, Renderer, Row, column};
use crate::error::{Error, ErrorKind, Result};
use crate::model::ColumnDef;
use crate::query::node::{RowSource, SetOperation, Shape};

const NOT_GIVEN: &str = "an expression is of a column that the queries which are put together don't give\n\
    help: have each of them select it, or say it of each of them before they are put together";

impl Renderer<'_> {
    /// A query over the rows of its source, which the statement knows as `alias`.
    pub(super) fn over(&mut self, shape: &Shape, alias: &str) -> Result<SelectStatement> {
        let mut select = Sql::select();
        match &shape.source {
            RowSource::Table if alias == shape.model.table => {
                select.from(self.table(shape.model));
            }
            RowSource::Table => {
                select.from_as(self.table_name(shape.model), Alias::new(alias));
            }
            RowSource::Queries(set) => {
                let rows = self.together(set)?;
                select.from_subquery(rows, Alias::new(alias));
                if let Some(given) = shape.source.given() {
                    self.closed.push(alias.to_owned());
                    for (node, place) in given.iter().zip(1..) {
                        self.keys.push(Key {
                            node: node.clone(),
                            table: alias.to_owned(),
                            sql: SqlExpr::col((Alias::new(alias), Alias::new(name(place)))),
                        });
                    }
                }
            }
        }
        Ok(select)
    }

    fn together(&mut self, set: &SetOperation) -> Result<SelectStatement> {
        let (first, others) = set.parts.split_first().expect("queries are put together");
        self.names_outputs = first.selected.is_some();
        let mut whole = self.select(first)?;
        if !others.is_empty() {
            // Its order and limit are its own.
            let alias = self.alias();
            whole = Sql::select()
                .column(Asterisk)
                .from_subquery(whole, Alias::new(alias))
                .take();
        }
        for part in others {
            let part = self.select(part)?;
            SelectStatement::union(&mut whole, set.how, part);
        }
        Ok(whole)
    }

    /// A column of a row.
    pub(super) fn own(&self, row: &Row, def: &ColumnDef) -> Result<SqlExpr> {
        if !self.closed.contains(&row.table) {
            return Ok(column(&row.table, def));
        }
        let is_it = |key: &&Key| {
            key.table == row.table && key.node.own_def().is_some_and(|own| own.name == def.name)
        };
        match self.keys.iter().find(is_it) {
            Some(key) => Ok(key.sql.clone()),
            None => Err(Error::new(ErrorKind::Configuration, NOT_GIVEN)),
        }
    }
}

/// The name of an output at a place, from 1.
pub(super) fn name(place: usize) -> String {
    format!("C{place}")
}
