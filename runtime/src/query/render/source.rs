//! Where the rows of a query come from: the table of its model, other queries, or a walk along references.

use std::fmt::Write as _;
use std::iter::repeat;
use std::sync::Arc;

use sea_query::{
    Alias, Asterisk, Expr as SqlExpr, PostgresQueryBuilder, Query as Sql, SelectStatement,
};

use super::text::Text;
use super::tree::DEPTH as DEPTH_COLUMN;
use super::{Key, Renderer, Row, column};
use crate::error::{Error, ErrorKind, Result};
use crate::model::ColumnDef;
use crate::query::node::{DEPTH, Node, RowSource, SetOperation, Shape};
use crate::query::tolerance::check_named;

const NOT_GIVEN: &str = "an expression is of a column that the queries which are put together don't give\n\
    help: have each of them select it, or say it of each of them before they are put together";

/// A query that the statement computes once, its name there, and its SQL.
pub(super) type ComputedOnce = (Arc<Shape>, String, SelectStatement);

impl Renderer<'_> {
    /// A query over the rows of its source, which the statement knows as `alias`.
    pub(super) fn over(&mut self, shape: &Shape, alias: &str) -> Result<SelectStatement> {
        let mut select = Sql::select();
        match &shape.source {
            RowSource::Table => {
                select.from(self.rows_of(shape.model, alias));
            }
            RowSource::Queries(set) => {
                let rows = self.together(set)?;
                select.from_subquery(rows, Alias::new(alias));
            }
            RowSource::Once(of) => {
                let name = self.once(of)?;
                select.from_as(Alias::new(name), Alias::new(alias));
            }
            RowSource::Tree(walk) => {
                let rows = self.tree(walk)?;
                select.from_subquery(rows, Alias::new(alias));
            }
        }
        self.know(&shape.source, alias);
        Ok(select)
    }

    /// Takes note of the expressions that are columns of a source.
    pub(super) fn know(&mut self, source: &RowSource, alias: &str) {
        if matches!(source, RowSource::Tree(_)) {
            self.output(Node::Constant(DEPTH), alias, DEPTH_COLUMN.to_owned());
        }
        if let Some(given) = source.given() {
            self.closed.push(alias.to_owned());
            for (node, place) in given.iter().zip(1..) {
                self.output(node.of_own_type().clone(), alias, name(place));
            }
        }
    }

    /// Has an expression over the rows of a source stand for one of its columns.
    fn output(&mut self, node: Node, alias: &str, column: String) {
        self.keys.push(Key {
            node,
            table: alias.to_owned(),
            sql: SqlExpr::col((Alias::new(alias), Alias::new(column))),
        });
    }

    /// The name of a query that the statement computes once.
    fn once(&mut self, of: &Arc<Shape>) -> Result<String> {
        let known = self.once.iter().find(|(shape, ..)| Arc::ptr_eq(shape, of));
        if let Some((_, name, _)) = known {
            return Ok(name.clone());
        }
        self.names_outputs = of.selected.is_some();
        let rows = self.select(of)?;
        let name = self.alias();
        self.once.push((Arc::clone(of), name.clone(), rows));
        Ok(name)
    }

    /// Writes the queries that the statement computes once, in the order in which they read each other.
    pub(super) fn write_once(once: &[ComputedOnce], text: &mut Text) {
        for ((_, name, rows), before) in once.iter().zip(["WITH "].into_iter().chain(repeat(", ")))
        {
            // In the words of sea-query's own `WITH`, which belongs to one kind of statement.
            let written = write!(text, "{before}\"{name}\" AS MATERIALIZED (");
            written.expect("a text takes all that is written");
            rows.build_collect_into(PostgresQueryBuilder, text);
            text.write_str(")")
                .expect("a text takes all that is written");
        }
        if !once.is_empty() {
            text.write_str(" ")
                .expect("a text takes all that is written");
        }
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
        check_named(def, self.context)?;
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
