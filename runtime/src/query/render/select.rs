//! Whole queries as SQL.

use std::ptr;
use std::sync::Arc;

use sea_query::{
    Alias, Expr as SqlExpr, NullOrdering, Order as Direction, Query as Sql, SelectStatement,
};

use super::outline::{Asked, Outline, Place, count};
use super::template::{TEMPLATES, Template, with_outline};
use super::{Renderer, Row, column, live, source};
use crate::error::{Error, ErrorKind, Result};
use crate::model::ColumnDef;
use crate::place::{Context, TenantVersion};
use crate::query::error::check_origin;
use crate::query::given_back::given_back;
use crate::query::node::{Distinct, Node, OrderBy, RowSource, Shape, Step};
use crate::query::tolerance::{is_lacked, stand_in_of};
use crate::value::Param;

impl Shape {
    /// The text of a query, and its parameters. A text that was made before is not made again.
    pub(crate) fn text(&self, asked: Asked, context: &Context) -> Result<(String, Vec<Param>)> {
        check(self, context)?;
        let known = with_outline(|outline| {
            outline.version = context.version();
            outline.query(self, asked).ok()?;
            let template = TEMPLATES.of(&outline.parts);
            let template = template.or_else(|| self.template(asked, context, outline));
            Some(template?.fill(&mut outline.values, context))
        });
        let Some(known) = known else {
            return self.rendered(asked, context);
        };
        debug_assert_eq!(
            known,
            self.rendered(asked, context)?,
            "the outline of a query decides about its text"
        );
        Ok(known)
    }

    /// Makes the template of an outline. Gives nothing if it can't be had.
    fn template(
        &self,
        asked: Asked,
        context: &Context,
        outline: &Outline,
    ) -> Option<Arc<Template>> {
        if !Template::is_possible(outline) {
            return None;
        }
        let mut renderer = Renderer::with_slots(context);
        let select = renderer.asked(self, asked).ok()?;
        let (text, _, places) = renderer.text(&select).into_parts();
        let template = Template::cut(&text, outline, &places)?;
        TEMPLATES.keep(&outline.parts, &template);
        Some(template)
    }

    pub(super) fn rendered(&self, asked: Asked, context: &Context) -> Result<(String, Vec<Param>)> {
        let mut renderer = Renderer::new(context);
        let select = renderer.asked(self, asked)?;
        Ok(renderer.finish(&select))
    }
}

impl Renderer<'_> {
    fn asked(&mut self, shape: &Shape, asked: Asked) -> Result<SelectStatement> {
        Ok(match asked {
            Asked::Rows => self.outermost(shape)?,
            Asked::Count => self
                .bare(shape, false)?
                .expr(SqlExpr::cust("count(*)"))
                .take(),
            Asked::Exists => {
                let inner = self.bare(shape, true)?.expr(SqlExpr::cust("1")).take();
                Sql::select().expr(SqlExpr::exists(inner)).take()
            }
        })
    }

    /// A query within a statement, whose table has a name that no other has.
    pub(super) fn select(&mut self, shape: &Shape) -> Result<SelectStatement> {
        self.within(shape, true)
    }

    fn within(&mut self, shape: &Shape, is_limited: bool) -> Result<SelectStatement> {
        let names_outputs = std::mem::take(&mut self.names_outputs);
        let alias = self.alias();
        let select = self.over(shape, &alias)?;
        self.names_outputs = names_outputs;
        let was_inner = std::mem::replace(&mut self.is_inner, true);
        let select = self.fill(select, shape, &Row::of(&alias, true), is_limited);
        self.is_inner = was_inner;
        select
    }

    /// A query that is the statement.
    pub(super) fn outermost(&mut self, shape: &Shape) -> Result<SelectStatement> {
        let table = shape.model.table;
        let select = self.over(shape, table)?;
        self.fill(select, shape, &Row::of(table, true), true)
    }

    /// The rows of a query, to be counted or asked for: without what is in them, as far as that changes nothing.
    fn bare(&mut self, shape: &Shape, is_limited: bool) -> Result<SelectStatement> {
        let is_of_table = matches!(shape.source, RowSource::Table);
        if shape.selected.is_some() || !matches!(shape.distinct, Distinct::No) || !is_of_table {
            let inner = self.within(shape, is_limited)?;
            let alias = self.alias();
            return Ok(Sql::select()
                .from_subquery(inner, Alias::new(&alias))
                .take());
        }
        check(shape, self.context)?;
        let mut select = Sql::select();
        select.from(self.rows_of(shape.model, shape.model.table));
        select.and_where_option(live::meant(shape.model, shape.deleted, shape.model.table));
        if let Some(node) = &shape.filter {
            let row = Row::of(shape.model.table, true);
            let condition = self.expr(node, &row)?;
            select.and_where(condition);
            self.join(&mut select, &row);
        }
        if is_limited {
            self.limit(&mut select, shape);
        }
        Ok(select)
    }

    fn limit(&mut self, select: &mut SelectStatement, shape: &Shape) {
        if let Some(limit) = &shape.limit {
            select.limit(self.collect(Place::of(&shape.limit), count(*limit)));
        }
        if let Some(offset) = &shape.offset {
            select.offset(self.collect(Place::of(&shape.offset), count(*offset)));
        }
    }

    pub(super) fn fill(
        &mut self,
        mut select: SelectStatement,
        shape: &Shape,
        row: &Row,
        is_limited: bool,
    ) -> Result<SelectStatement> {
        check(shape, self.context)?;
        let names_outputs = std::mem::take(&mut self.names_outputs);
        let mut parts = Vec::new();
        if let Distinct::On(keys) = &shape.distinct {
            for key in keys {
                parts.push(self.key(key, row)?);
            }
        }
        let mut outputs = self.outputs(shape, row)?;
        if !parts.is_empty() {
            // sea-query knows columns there only; so the first output takes it along.
            let places: Vec<_> = (1..=parts.len()).map(|place| format!("${place}")).collect();
            let sql = format!("DISTINCT ON ({}) ${}", places.join(", "), parts.len() + 1);
            parts.push(outputs.remove(0));
            outputs.insert(0, SqlExpr::cust_with_exprs(sql, parts));
        }
        if names_outputs {
            for (output, place) in outputs.into_iter().zip(1..) {
                select.expr_as(output, Alias::new(source::name(place)));
            }
        } else {
            select.exprs(outputs);
        }
        self.alike(&mut select, shape, row)?;
        for order in shape.orders().iter() {
            self.order(&mut select, order, row)?;
        }
        if let Some(time) = live::tells(shape.model, shape.deleted) {
            let time = self.own(row, time)?;
            select.and_where_option(live::among(time, shape.deleted));
        }
        if let Some(node) = &shape.filter {
            select.and_where(self.expr(node, row)?);
        }
        if let Some(node) = &shape.having {
            select.and_having(self.expr(node, row)?);
        }
        if is_limited {
            self.limit(&mut select, shape);
        }
        self.join(&mut select, row);
        Ok(select)
    }

    /// The selected expressions, or the columns of the rows, and those of the rows that are joined.
    fn outputs(&mut self, shape: &Shape, row: &Row) -> Result<Vec<SqlExpr>> {
        let mut outputs = Vec::new();
        if let Some(nodes) = &shape.selected {
            let keys = if matches!(shape.distinct, Distinct::Yes) {
                nodes.len()
            } else {
                shape.keys
            };
            let is_inner = self.is_inner;
            let given = |node| {
                if is_inner {
                    Node::of_own_type(node)
                } else {
                    node
                }
            };
            let (keys, others) = nodes.split_at(keys);
            for node in keys {
                self.key(node.of_own_type(), row)?;
                outputs.push(self.expr(given(node), row)?);
            }
            for node in others {
                outputs.push(self.expr(given(node), row)?);
            }
        } else {
            // What stands for others is that of the query that reads the rows.
            let version = self.context.version();
            // An overlay has all columns.
            let version = version.filter(|_| shape.model.overlay.is_none());
            let left_out = version.filter(|_| self.is_inner);
            let columns = shape.model.columns.iter();
            let columns = columns.filter(|def| !is_lacked(def, left_out));
            outputs.extend(columns.map(|def| self.given(&row.table, def, version)));
        }
        for step in &shape.joins {
            if let Some(target) = self.target(step, row)? {
                let columns = step.target.columns.iter();
                outputs.extend(columns.map(|def| self.joined(&target.table, step, def)));
            }
        }
        for node in &shape.also {
            outputs.push(self.expr(node, row)?);
        }
        Ok(outputs)
    }

    /// A column as it is read, or as a query within the statement has it.
    fn given(&self, table: &str, def: &ColumnDef, version: Option<TenantVersion>) -> SqlExpr {
        let column = column(table, def);
        if self.is_inner && !is_lacked(def, version) {
            return column;
        }
        given_back(column, def, version)
    }

    /// The same of a row that is joined, and may not be there.
    fn joined(&self, table: &str, step: &Step, def: &ColumnDef) -> SqlExpr {
        if is_lacked(def, self.context.version()) {
            return stand_in_of(def, column(table, step.to));
        }
        self.given(table, def, self.context.version())
    }

    /// Says which rows of the answer are one: those of a group, or all that are alike.
    fn alike(&mut self, select: &mut SelectStatement, shape: &Shape, row: &Row) -> Result<()> {
        let all = shape.selected.as_deref().unwrap_or_default();
        let differs = |node: &Node| !ptr::eq(node, node.of_own_type());
        let is_distinct = matches!(shape.distinct, Distinct::Yes);
        // What is put in order is of another type than what is given: so the rows that are alike are groups.
        let is_grouped = is_distinct && shape.keys == 0 && all.iter().any(differs);
        if is_distinct && !is_grouped {
            select.distinct();
        }
        let keys = if is_grouped { all.len() } else { shape.keys };
        for (node, place) in all.iter().take(keys).zip(1..) {
            let by = if differs(node) {
                self.expr(node.of_own_type(), row)?
            } else {
                SqlExpr::cust(place.to_string())
            };
            select.add_group_by([by]);
        }
        Ok(())
    }

    pub(super) fn order(
        &mut self,
        select: &mut SelectStatement,
        order: &OrderBy,
        row: &Row,
    ) -> Result<()> {
        let expr = self.expr(&order.node, row)?;
        let direction = if order.descending {
            Direction::Desc
        } else {
            Direction::Asc
        };
        match order.nulls_first {
            None => select.order_by_expr(expr, direction),
            Some(true) => select.order_by_expr_with_nulls(expr, direction, NullOrdering::First),
            Some(false) => select.order_by_expr_with_nulls(expr, direction, NullOrdering::Last),
        };
        Ok(())
    }
}

fn check(shape: &Shape, context: &Context) -> Result<()> {
    if let Some(why) = shape.refused {
        return Err(Error::new(ErrorKind::Configuration, why).in_model(shape.model, "select"));
    }
    match &shape.origin {
        Some((origin, model)) => check_origin(model, origin, context, "follow"),
        None => Ok(()),
    }
}
