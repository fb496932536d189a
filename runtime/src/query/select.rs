//! Queries for rows.

use std::fmt;
use std::marker::PhantomData;

use sea_query::{Expr as SqlExpr, Query as Sql, SelectStatement};

use super::decode::{self, Append, FromRow};
use super::error::{check_origin, not_found};
use super::expr::{Condition, Plain, Window, Within};
use super::node::{Node, Step};
use super::order::{OrderBy, Ordering};
use super::render::{BUILDER, Renderer, Row, column};
use super::stored::Stored;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::reach::Reaches;
use crate::exec::{Effect, Flow, Gives, Statement};
use crate::model::{Column, ForeignKey, Model, ModelDef, Placement};
use crate::place::Context;

/// A query for rows of `M`. Made by `Customer::query()`.
///
/// `Out` is what a row becomes; `P` is the placement that a scope must reach to run it.
#[must_use = "a query does nothing until a scope is given to `all`, `for_each`, `one`, `first`, `count` or `exists`"]
pub struct Query<M: Model, Out = Stored<M>, P = <M as Model>::Placement> {
    filter: Option<Node>,
    order: Vec<OrderBy>,
    joins: Vec<Step>,
    limit: Option<u64>,
    offset: Option<u64>,
    /// Where the row comes from that the query follows, so that it runs nowhere else.
    pub(super) origin: Option<(Context, &'static ModelDef)>,
    marker: PhantomData<fn() -> (M, Out, P)>,
}

impl<M: Model> Query<M> {
    pub(crate) fn new() -> Self {
        Self {
            filter: None,
            order: Vec::new(),
            joins: Vec::new(),
            limit: None,
            offset: None,
            origin: None,
            marker: PhantomData,
        }
    }
}

impl<M: Model, Out, P: Placement> Query<M, Out, P> {
    /// Keeps the rows that meet a condition, besides those given before.
    pub fn filter<Q: Placement, K: Within<Plain>>(
        mut self,
        condition: impl Condition<M, Reach = Q, Kind = K>,
    ) -> Query<M, Out, P::With<Q>> {
        self.and(condition.into_condition().node);
        self.retyped()
    }

    pub(super) fn and(&mut self, node: Node) {
        self.filter = Some(match self.filter.take() {
            Some(Node::And(mut nodes)) => {
                nodes.push(node);
                Node::And(nodes)
            }
            Some(other) => Node::And(vec![other, node]),
            None => node,
        });
    }

    /// Orders the rows; a further order decides between rows that are equal in those before.
    pub fn order_by<Q: Placement, K: Within<Window>>(
        mut self,
        order: impl Ordering<M, Reach = Q, Kind = K>,
    ) -> Query<M, Out, P::With<Q>> {
        self.order.push(order.into_order().by);
        self.retyped()
    }

    /// Limits the answer to so many rows.
    pub fn limit(mut self, rows: u64) -> Self {
        self.limit = Some(rows);
        self
    }

    /// Leaves out so many rows at the start.
    pub fn offset(mut self, rows: u64) -> Self {
        self.offset = Some(rows);
        self
    }

    /// Loads the referenced row with each row: `Invoice::query().join(Invoice::CUSTOMER)` gives pairs.
    ///
    /// Through an `Option<Fk<_>>` the second of a pair is an `Option` too. It can be called up to four times.
    pub fn join<F: ForeignKey>(
        mut self,
        relation: Column<M, F>,
    ) -> Query<M, Out::Tuple, P::With<<F::Target as Model>::Placement>>
    where
        Out: Append<F::Of<Stored<F::Target>>>,
    {
        self.joins.push(relation.step());
        self.retyped()
    }

    fn retyped<NewOut, NewP>(self) -> Query<M, NewOut, NewP> {
        let Self {
            filter,
            order,
            joins,
            limit,
            offset,
            origin,
            marker: _,
        } = self;
        Query {
            filter,
            order,
            joins,
            limit,
            offset,
            origin,
            marker: PhantomData,
        }
    }

    /// Returns all rows.
    ///
    /// # Errors
    ///
    /// When the server refuses the statement, or a row does not fit the model: [`try_all`](Self::try_all) gives the others.
    pub fn all<S: Reaches<M, P>>(self, scope: &mut S) -> S::Outcome<'_, Vec<Out>>
    where
        Out: FromRow,
    {
        self.run(scope, "select", |rows, context| {
            decode::read_all(&rows, context)
        })
    }

    /// Returns all rows, each by itself: one with a value that its field can't hold is an error, and hides no other.
    ///
    /// # Errors
    ///
    /// When the server refuses the statement. Of a row: [`ErrorKind::Decode`], which names the column, and the key if
    /// that is a number.
    pub fn try_all<S: Reaches<M, P>>(self, scope: &mut S) -> S::Outcome<'_, Vec<Result<Out>>>
    where
        Out: FromRow,
    {
        self.run(scope, "select", |rows, context| {
            Ok(rows.iter().map(|row| decode::read(row, context)).collect())
        })
    }

    /// Returns the first row, if there is any.
    ///
    /// # Errors
    ///
    /// When the server refuses the statement, or the row does not fit the model.
    pub fn first<S: Reaches<M, P>>(self, scope: &mut S) -> S::Outcome<'_, Option<Out>>
    where
        Out: FromRow,
    {
        let limit = self.limit.unwrap_or(1).min(1);
        self.limit(limit).run(scope, "select", |rows, context| {
            rows.first()
                .map(|row| decode::read(row, context))
                .transpose()
        })
    }

    /// Returns the only row.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when there is none, [`ErrorKind::SeveralRows`] when there are several; and as
    /// [`all`](Self::all).
    pub fn one<S: Reaches<M, P>>(self, scope: &mut S) -> S::Outcome<'_, Out>
    where
        Out: FromRow,
    {
        // One more than wanted tells that there are several.
        let limit = self.limit.unwrap_or(2).min(2);
        self.limit(limit)
            .run(scope, "select", |rows, context| match &rows[..] {
                [row] => decode::read(row, context),
                [] => Err(not_found(M::DEF)),
                _ => Err(Error::new(
                    ErrorKind::SeveralRows,
                    "one row was asked for, and several match",
                )
                .in_model(M::DEF, "select")),
            })
    }

    /// Counts the rows, without regard to a limit or offset.
    ///
    /// # Errors
    ///
    /// When the server refuses the statement.
    pub fn count<S: Reaches<M, P>>(self, scope: &mut S) -> S::Outcome<'_, i64> {
        let statement = self.summary(scope.context(), "count", |mut select| {
            select.expr(SqlExpr::cust("count(*)"));
            select
        });
        scope.drive(Flow::run(statement, |answer| {
            decode::read_value(&answer.rows())
        }))
    }

    /// Tells whether there is any row.
    ///
    /// # Errors
    ///
    /// When the server refuses the statement.
    pub fn exists<S: Reaches<M, P>>(self, scope: &mut S) -> S::Outcome<'_, bool> {
        let statement = self.summary(scope.context(), "exists", |mut inner| {
            inner.expr(SqlExpr::cust("1"));
            Sql::select().expr(SqlExpr::exists(inner)).take()
        });
        scope.drive(Flow::run(statement, |answer| {
            decode::read_value(&answer.rows())
        }))
    }

    /// The statement that [`all`](Self::all) would send, as text with parameters `$1`, `$2`, ….
    ///
    /// # Errors
    ///
    /// When a value of a condition can't be sent to PostgreSQL.
    pub fn to_sql<S: Reaches<M, P>>(&self, scope: &S) -> Result<String> {
        Ok(self.statement(scope.context(), "select")?.sql)
    }

    fn run<'a, T: 'a, S: Reaches<M, P>>(
        self,
        scope: &'a mut S,
        operation: &'static str,
        outcome: impl FnOnce(Vec<postgres::Row>, &Context) -> Result<T> + Send + 'static,
    ) -> S::Outcome<'a, T> {
        let context = scope.context().clone();
        let statement = self.statement(&context, operation);
        scope.drive(Flow::run(statement, move |answer| {
            outcome(answer.rows(), &context)
        }))
    }

    fn check_origin(&self, context: &Context) -> Result<()> {
        match &self.origin {
            Some((origin, model)) => check_origin(model, origin, context, "follow"),
            None => Ok(()),
        }
    }

    pub(super) fn statement(
        &self,
        context: &Context,
        operation: &'static str,
    ) -> Result<Statement> {
        self.check_origin(context)?;
        let mut renderer = Renderer::new(context);
        let row = Row::of(M::DEF.table, true);
        let mut select = Sql::select();
        select.from(renderer.table(M::DEF));
        for def in M::DEF.columns {
            select.expr(column(&row.table, def));
        }
        for step in &self.joins {
            if let Some(target) = renderer.target(step, &row) {
                for def in step.target.columns {
                    select.expr(column(&target.table, def));
                }
            }
        }
        let parts = self.parts(&mut select, &mut renderer, &row);
        parts.map_err(|error| error.in_model(M::DEF, operation))?;
        renderer.join(&mut select, &row);
        if let Some(limit) = self.limit {
            select.limit(limit);
        }
        if let Some(offset) = self.offset {
            select.offset(offset);
        }
        let (sql, params) = renderer.finish(select.build(BUILDER));
        Ok(Statement {
            sql,
            params,
            gives: Gives::Rows,
            effect: Effect::Reads,
            model: Some(M::DEF),
            operation,
        })
    }

    /// Adds the orders and the condition.
    fn parts(
        &self,
        select: &mut SelectStatement,
        renderer: &mut Renderer<'_>,
        row: &Row,
    ) -> Result<()> {
        for order in &self.order {
            order.add_to(select, renderer, row)?;
        }
        if let Some(node) = &self.filter {
            select.and_where(renderer.expr(node, row)?);
        }
        Ok(())
    }

    fn summary(
        &self,
        context: &Context,
        operation: &'static str,
        shape: impl FnOnce(SelectStatement) -> SelectStatement,
    ) -> Result<Statement> {
        self.check_origin(context)?;
        let mut renderer = Renderer::new(context);
        let mut select = Sql::select();
        select.from(renderer.table(M::DEF));
        if let Some(node) = &self.filter {
            let row = Row::of(M::DEF.table, true);
            let condition = renderer.expr(node, &row);
            select.and_where(condition.map_err(|error| error.in_model(M::DEF, operation))?);
            renderer.join(&mut select, &row);
        }
        let (sql, params) = renderer.finish(shape(select).build(BUILDER));
        Ok(Statement {
            sql,
            params,
            gives: Gives::Rows,
            effect: Effect::Reads,
            model: Some(M::DEF),
            operation,
        })
    }
}

impl<M: Model, Out, P> Clone for Query<M, Out, P> {
    fn clone(&self) -> Self {
        let Self {
            filter,
            order,
            joins,
            limit,
            offset,
            origin,
            marker,
        } = self;
        Self {
            filter: filter.clone(),
            order: order.clone(),
            joins: joins.clone(),
            limit: *limit,
            offset: *offset,
            origin: origin.clone(),
            marker: *marker,
        }
    }
}

impl<M: Model, Out, P> fmt::Debug for Query<M, Out, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("model", &M::NAME)
            .field("filter", &self.filter)
            .field("order", &self.order)
            .field("limit", &self.limit)
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}
