//! From conditions to SQL, once the scope's schemas are known.
//!
//! sea-query writes the text. It is given each parameter as a number, the parameter's index here, because its own
//! values cover fewer types than ours; [`Renderer::finish`] puts the parameters in the order that it chose.

mod block;
mod list;
mod live;
mod merged;
mod order;
mod outline;
mod overlay;
mod related;
mod row;
mod select;
mod source;
mod template;
mod text;
mod tree;

use sea_query::extension::postgres::PgFunc;
use sea_query::{
    Alias, Expr as SqlExpr, ExprTrait, JoinType, PostgresQueryBuilder, Query as Sql,
    QueryStatementWriter, SelectStatement, TableRef, Value,
};

pub(crate) use self::block::{Block, numbered};
use self::list::joined;
pub(crate) use self::live::meant;
pub(crate) use self::outline::Asked;
use self::outline::Place;
use self::row::Join;
pub(crate) use self::row::Row;
use self::source::ComputedOnce;
use self::template::SLOTS;
use self::text::Text;
use super::fits::compared;
use super::node::{DEPTH, Node, Step};
use super::tolerance::check_named;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnDef, ModelDef};
use crate::place::Context;
use crate::value::Param;

const TOO_DEEP: &str = "an expression has more than 128 levels\n\
    help: ask for one of many values with `is_in`, make long sums and texts in the program, and conditions of lists: `a & b & c`";

const NEW_NOWHERE: &str = "`excluded` stands for the new row of an insert that has met another, and there is none here\n\
    help: give it to `set` or `filter` behind `on_conflict`";

/// Collects the parameters and aliases of one statement.
pub(crate) struct Renderer<'c> {
    context: &'c Context,
    params: Vec<Param>,
    /// Of each parameter, where it is in the query.
    places: Vec<Place>,
    /// Whether slots stand for the schemas.
    has_slots: bool,
    /// The model of the insert that has met another row, if it is of one.
    meets: Option<&'static ModelDef>,
    aliases: usize,
    /// Whether what is rendered is a query within the statement, whose values nobody reads.
    is_inner: bool,
    keys: Vec<Key>,
    /// Tables that have no columns but those of which keys are known.
    closed: Vec<String>,
    /// Queries that the statement computes once.
    once: Vec<ComputedOnce>,
    /// Whether the outputs of the next query have names.
    names_outputs: bool,
}

/// An expression that has to be the same wherever it stands in a statement, with its parameters and aliases; and the row's table.
struct Key {
    node: Node,
    table: String,
    sql: SqlExpr,
}

impl<'c> Renderer<'c> {
    pub(crate) fn new(context: &'c Context) -> Self {
        Self {
            context,
            params: Vec::new(),
            places: Vec::new(),
            has_slots: false,
            meets: None,
            aliases: 0,
            is_inner: false,
            keys: Vec::new(),
            closed: Vec::new(),
            once: Vec::new(),
            names_outputs: false,
        }
    }

    /// The same of a text in which slots stand for the schemas.
    fn with_slots(context: &'c Context) -> Self {
        Self {
            has_slots: true,
            ..Self::new(context)
        }
    }

    /// The same of what an insert does when it has met another row.
    pub(crate) fn of_met(context: &'c Context, model: &'static ModelDef) -> Self {
        Self {
            meets: Some(model),
            ..Self::new(context)
        }
    }

    /// Where the statement runs.
    pub(crate) fn context(&self) -> &'c Context {
        self.context
    }

    /// Whether the row that was met is of a model. No two of one placement have the same table.
    fn is_met(&self, model: &ModelDef) -> bool {
        let is_it = |met: &ModelDef| met.placement == model.placement && met.table == model.table;
        self.meets.is_some_and(is_it)
    }

    /// A model's table with its schema.
    pub(crate) fn table(&self, model: &ModelDef) -> TableRef {
        TableRef::from(self.table_name(model))
    }

    /// An alias that no table's name equals: those have no capital letters.
    pub(crate) fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("T{}", self.aliases)
    }

    /// A parameter.
    pub(crate) fn bind_param(&mut self, param: Param) -> SqlExpr {
        self.bind_at(Place::NONE, param)
    }

    /// A parameter that is at a place of the query.
    fn bind_at(&mut self, place: Place, param: Param) -> SqlExpr {
        SqlExpr::val(Value::BigUnsigned(Some(self.collect(place, param))))
    }

    /// The number by which sea-query knows a parameter.
    fn collect(&mut self, place: Place, param: Param) -> u64 {
        self.params.push(param);
        self.places.push(place);
        let index = u64::try_from(self.params.len() - 1);
        index.expect("a list in memory has fewer than 2^64 parameters")
    }

    /// An expression over the row of a table that the statement knows as `table`, of a statement that joins no others.
    pub(crate) fn condition(&mut self, node: &Node, table: &str) -> Result<SqlExpr> {
        self.expr(node, &Row::of(table, false))
    }

    /// An expression by which a query's rows are alike. PostgreSQL takes it for another one if it has other parameters or aliases
    /// elsewhere; so it is kept.
    fn key(&mut self, node: &Node, row: &Row) -> Result<SqlExpr> {
        let sql = self.expr(node, row)?;
        self.keys.push(Key {
            node: node.clone(),
            table: row.table.clone(),
            sql: sql.clone(),
        });
        Ok(sql)
    }

    /// An expression over a row.
    pub(crate) fn expr(&mut self, node: &Node, row: &Row) -> Result<SqlExpr> {
        let mut keys = self.keys.iter();
        if let Some(key) = keys.find(|key| key.table == row.table && key.node.same(node)) {
            return Ok(key.sql.clone());
        }
        Ok(match node {
            Node::Column(def) => self.own(row, def)?,
            Node::New(model, def) if self.is_met(model) => {
                check_named(def, self.context)?;
                column("excluded", def)
            }
            Node::New(..) => return Err(Error::new(ErrorKind::Configuration, NEW_NOWHERE)),
            Node::TooDeep => return Err(Error::new(ErrorKind::Configuration, TOO_DEEP)),
            Node::At(step, of) => self.at(step, of, row)?,
            Node::Value { value, column } => {
                let param = compared(*column, value)?.clone();
                self.bind_at(Place::of(node), param)
            }
            Node::Constant(DEPTH) => return Err(tree::refused()),
            Node::Constant(sql) => SqlExpr::cust(*sql),
            Node::Call(sql, parts) => {
                let parts = self.each(parts, row)?;
                SqlExpr::cust_with_exprs(sql.clone(), parts)
            }
            Node::Aggregate(function, parts) => {
                let parts = self.each(parts, row)?;
                SqlExpr::cust_with_exprs(function.sql, parts)
            }
            Node::Binary(sides, operator) => {
                let (left, right) = (self.expr(&sides.0, row)?, self.expr(&sides.1, row)?);
                left.binary(*operator, right)
            }
            Node::In {
                of,
                sql,
                values,
                negated,
            } => {
                let (place, column) = (Place::of(node), of.def());
                let of = self.expr(of, row)?;
                self.listed(&of, (column, *sql), (values, place), *negated)?
            }
            Node::Between(parts) => {
                let (of, low, high) = &**parts;
                self.expr(of, row)?
                    .between(self.expr(low, row)?, self.expr(high, row)?)
            }
            Node::Null { of, negated: false } => self.expr(of, row)?.is_null(),
            Node::Null { of, negated: true } => self.expr(of, row)?.is_not_null(),
            Node::Has(parts) => {
                let value = self.expr(&parts.1, row)?;
                let array = match self.expr(&parts.0, row)? {
                    // `ANY ((SELECT ...))` is one of the query's rows, and not of the array that it gives.
                    query @ SqlExpr::SubQuery(..) => {
                        SqlExpr::cust_with_exprs("COALESCE($1)", [query])
                    }
                    array => array,
                };
                value.eq(PgFunc::any(array))
            }
            Node::And(nodes) => joined(self.each(nodes, row)?, SqlExpr::and),
            Node::Or(nodes) => joined(self.each(nodes, row)?, SqlExpr::or),
            Node::Not(node) => self.expr(node, row)?.not(),
            Node::Exists { step, condition } => self.exists(step, condition, row)?,
            Node::Among(step, of) => self.among_referencing(step, of, row)?,
            Node::Query(before, shape) => {
                let query = SqlExpr::SubQuery(None, Box::new(self.select(shape)?.into()));
                match before {
                    Some(sql) => SqlExpr::cust_with_exprs(*sql, [query]),
                    None => query,
                }
            }
            Node::InQuery(of, shape) => {
                let of = self.expr(of, row)?;
                of.in_subquery(self.select(shape)?)
            }
        })
    }

    fn each(&mut self, nodes: &[Node], row: &Row) -> Result<Vec<SqlExpr>> {
        nodes.iter().map(|node| self.expr(node, row)).collect()
    }

    fn exists(&mut self, step: &Step, condition: &Node, row: &Row) -> Result<SqlExpr> {
        let (mut inner, target) = self.referenced(step, row)?;
        inner.expr(SqlExpr::cust("1"));
        if !matches!(condition, Node::Constant("TRUE")) {
            let condition = self.expr(condition, &target)?;
            inner.and_where(condition);
        }
        self.join(&mut inner, &target);
        Ok(SqlExpr::exists(inner))
    }

    /// An expression over the row that a foreign key leads to: of a joined table, or else a query of its own.
    fn at(&mut self, step: &Step, of: &Node, row: &Row) -> Result<SqlExpr> {
        let Some(target) = self.target(step, row)? else {
            return self.among_referencing(step, of, row);
        };
        let value = self.expr(of, &target)?;
        // Where no row is joined, columns are null, and what is computed from nulls need not be.
        if step.from.nullable && of.def().is_none() {
            let parts = [column(&target.table, step.to), value];
            let sql = "CASE WHEN $1 IS NOT NULL THEN $2 END";
            return Ok(SqlExpr::cust_with_exprs(sql, parts));
        }
        Ok(value)
    }

    /// A value computed from the rows that a foreign key leads to, in one of its directions.
    fn among_referencing(&mut self, step: &Step, of: &Node, row: &Row) -> Result<SqlExpr> {
        let (mut inner, target) = self.referenced(step, row)?;
        let value = self.expr(of, &target)?;
        inner.expr(value);
        self.join(&mut inner, &target);
        Ok(SqlExpr::SubQuery(None, Box::new(inner.into())))
    }

    /// A query for the rows that a foreign key leads to, in one of its directions.
    fn referenced(&mut self, step: &Step, row: &Row) -> Result<(SelectStatement, Row)> {
        let own = self.own(row, step.from)?;
        check_named(step.to, self.context)?;
        let alias = self.alias();
        let mut inner = Sql::select();
        inner
            .from(self.rows_of(step.target, &alias))
            .and_where(column(&alias, step.to).eq(own))
            .and_where_option(live::referencing(step, &alias));
        Ok((inner.take(), Row::of(&alias, true)))
    }

    /// The row that a foreign key leads to, in a table that is joined unless it is already; none in a statement without joins.
    pub(crate) fn target(&mut self, step: &Step, row: &Row) -> Result<Option<Row>> {
        let Some(joined) = row.joined.clone() else {
            return Ok(None);
        };
        let own = self.own(row, step.from)?;
        let same = |join: &&Join| join.from == row.table && join.step.from.name == step.from.name;
        let known = joined
            .borrow()
            .iter()
            .find(same)
            .map(|join| join.alias.clone());
        let table = known.unwrap_or_else(|| {
            let alias = self.alias();
            joined.borrow_mut().push(Join {
                from: row.table.clone(),
                step: *step,
                own,
                alias: alias.clone(),
            });
            alias
        });
        Ok(Some(Row {
            table,
            joined: Some(joined),
        }))
    }

    /// Joins the tables that expressions over a row have asked for.
    pub(crate) fn join(&self, select: &mut SelectStatement, row: &Row) {
        for join in row.joined.iter().flat_map(|joined| joined.take()) {
            let on = column(&join.alias, join.step.to).eq(join.own);
            let rows = self.rows_of(join.step.target, &join.alias);
            select.join(JoinType::LeftJoin, rows, on);
        }
    }

    fn table_name(&self, model: &ModelDef) -> (Alias, Alias) {
        let slots = SLOTS.iter().filter(|_| self.has_slots);
        let mut slot = slots.filter(|(_, placement)| *placement == model.placement);
        let schema = slot.next().map_or_else(
            || model.table_in(self.context).schema.as_str(),
            |(slot, _)| slot,
        );
        (Alias::new(schema), Alias::new(model.table))
    }

    /// Returns a statement's text, and its parameters in the order of their numbers there.
    pub(crate) fn finish(self, statement: &impl QueryStatementWriter) -> (String, Vec<Param>) {
        let text = self.text(statement);
        let (sql, params, _) = text.into_parts();
        (sql, params)
    }

    /// The same of a text behind which so many parameters have their numbers already.
    pub(crate) fn finish_behind(
        self,
        before: usize,
        statement: &impl QueryStatementWriter,
    ) -> (String, Vec<Param>) {
        let (sql, params, _) = self.text_from(statement, before).into_parts();
        (sql, params)
    }

    fn text(self, statement: &impl QueryStatementWriter) -> Text {
        self.text_from(statement, 0)
    }

    /// The text of a statement that stands behind another, which has so many parameters.
    fn text_from(self, statement: &impl QueryStatementWriter, before: usize) -> Text {
        let mut text = Text::of(self.params, self.places, before);
        Self::write_once(&self.once, &mut text);
        statement.build_collect_into(PostgresQueryBuilder, &mut text);
        text
    }
}

/// A column of a table that the statement knows as `table`.
pub(crate) fn column(table: &str, def: &ColumnDef) -> SqlExpr {
    SqlExpr::col((Alias::new(table), Alias::new(def.name)))
}
