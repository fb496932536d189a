//! The rows that belong to others, of which the keys are known.

use sea_query::extension::postgres::PgFunc;
use sea_query::{Alias, Expr as SqlExpr, ExprTrait, Func, JoinType, Query as Sql, SelectStatement};

use super::{Renderer, Row, column, live};
use crate::error::Result;
use crate::query::eager::Branch;
use crate::query::tolerance::check_named;
use crate::value::{Param, SqlType};

impl Renderer<'_> {
    /// The rows that a list of keys leads to. Behind what is selected of a row stands its key, unless that is the row's own.
    ///
    /// A list is a condition, `= ANY ($1)`. Keys are a table of their own where they are joined one by one: for a limit, or because what
    /// equals them need not have their bytes.
    pub(crate) fn related(&mut self, branch: &Branch, keys: Param) -> Result<SelectStatement> {
        let keys = self.bind_param(keys);
        let mut select = Sql::select();
        if branch.is_list() {
            let found = self.matched(branch, &mut select, |key| key.eq(PgFunc::any(keys)))?;
            if branch.own_key().is_none() {
                select.expr(found);
            }
            return Ok(select);
        }
        let table = self.alias();
        let key = SqlExpr::col((Alias::new(&table), Alias::new(&table)));
        let list = Func::cust(Alias::new("unnest")).arg(keys);
        let typed = Self::typed_key(branch, key.clone());
        if branch.is_limited() {
            // A row has its own query, whose order is that of its nested loop.
            let mut inner = Sql::select();
            self.matched(branch, &mut inner, |column| column.eq(typed))?;
            let rows = self.alias();
            select
                .expr(SqlExpr::cust(format!("\"{rows}\".*")))
                .expr(key)
                .from_function(list, Alias::new(&table))
                .join_lateral(
                    JoinType::InnerJoin,
                    inner,
                    Alias::new(&rows),
                    SqlExpr::cust("TRUE"),
                );
        } else {
            select.from_function(list, Alias::new(&table));
            self.matched(branch, &mut select, |column| column.eq(typed))?;
            select.expr(key);
        }
        Ok(select)
    }

    /// A key of the list as one of its column's type, where it came as a text.
    fn typed_key(branch: &Branch, key: SqlExpr) -> SqlExpr {
        let SqlType::Extension(ty) = branch.to.sql else {
            return key;
        };
        SqlExpr::cust_with_exprs(format!("CAST($1 AS {ty})"), [key])
    }

    /// Adds the related rows whose column meets a condition. Returns the column.
    fn matched(
        &mut self,
        branch: &Branch,
        select: &mut SelectStatement,
        condition: impl FnOnce(SqlExpr) -> SqlExpr,
    ) -> Result<SqlExpr> {
        let mut at = self.alias();
        check_named(branch.to, self.context)?;
        let key = column(&at, branch.to);
        let first = branch.links.first().map(|link| link.shape.model);
        select.from(self.rows_of(first.unwrap_or(branch.shape.model), &at));
        for link in &branch.links {
            let next = self.alias();
            check_named(link.step.to, self.context)?;
            check_named(link.step.from, self.context)?;
            let target = self.rows_of(link.step.target, &next);
            let on = column(&next, link.step.to).eq(column(&at, link.step.from));
            select.join(JoinType::InnerJoin, target, on);
            let row = Row::of(&at, true);
            for order in &link.shape.order {
                self.order(select, order, &row)?;
            }
            select.and_where_option(live::meant(link.shape.model, link.shape.deleted, &at));
            if let Some(node) = &link.shape.filter {
                select.and_where(self.expr(node, &row)?);
            }
            self.join(select, &row);
            at = next;
        }
        let row = Row::of(&at, true);
        select.and_where(condition(key.clone()));
        *select = self.fill(select.take(), &branch.shape, &row, true)?;
        Ok(key)
    }
}
