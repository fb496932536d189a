//! Trees as SQL: `WITH RECURSIVE`, which goes from level to level.

use sea_query::{
    Alias, CommonTableExpression, Cycle, Expr as SqlExpr, ExprTrait, JoinType, Query as Sql,
    SelectStatement, UnionType, WithClause,
};

use super::outline::{Place, count};
use super::{Renderer, Row, column, live};
use crate::error::{Error, ErrorKind, Result};
use crate::query::node::TreeWalk;
use crate::query::tolerance::{check_named, is_lacked};

/// The columns of the walk: the key of a row, the value that leads on, how far the row is, whether it was met before, and the way to it.
const KEY: &str = "K";
const NEXT: &str = "N";
pub(super) const DEPTH: &str = "D";
const CLOSES: &str = "X";
const WAY: &str = "W";

const NO_TREE: &str = "`depth` is of the rows of a tree, and the query is of no tree, or of one within it\n\
    help: ask in a query of `descendants_of` or `ancestors_of`, and select it there where its rows are put together with others";

impl Renderer<'_> {
    /// The rows of a tree, with their depths.
    pub(super) fn tree(&mut self, walk: &TreeWalk) -> Result<SelectStatement> {
        check_named(walk.step.from, self.context)?;
        check_named(walk.step.to, self.context)?;
        let table = self.table_name(walk.step.target);
        let (way, first) = (self.alias(), self.alias());
        let of_way = |name: &str| SqlExpr::col((Alias::new(&way), Alias::new(name)));

        let start = self.condition(&walk.row, &first)?;
        let mut steps = Sql::select();
        steps
            .expr(column(&first, walk.key))
            .expr(column(&first, walk.step.from))
            .expr(SqlExpr::cust("0"))
            .from_as(table.clone(), Alias::new(&first))
            .and_where(column(&first, walk.key).eq(start));

        let next = self.alias();
        let row = Row::of(&next, true);
        let mut further = Sql::select();
        further
            .expr(column(&next, walk.key))
            .expr(column(&next, walk.step.from))
            .expr(SqlExpr::cust_with_exprs("$1 + 1", [of_way(DEPTH)]))
            .from(Alias::new(&way))
            .join_as(
                JoinType::InnerJoin,
                table.clone(),
                Alias::new(&next),
                column(&next, walk.step.to).eq(of_way(NEXT)),
            )
            .and_where_option(live::meant(walk.step.target, walk.deleted, &next));
        if let Some(levels) = &walk.levels {
            let levels = self.bind_at(Place::of(levels), count(*levels));
            further.and_where(of_way(DEPTH).lt(levels));
        }
        if let Some(condition) = &walk.condition {
            let condition = self.expr(condition, &row)?;
            further.and_where(condition);
        }
        self.join(&mut further, &row);
        SelectStatement::union(&mut steps, UnionType::All, further);

        let mut recursion = CommonTableExpression::new();
        recursion
            .table_name(Alias::new(&way))
            .columns([KEY, NEXT, DEPTH].map(Alias::new))
            .query(steps);
        let cycle = Cycle::new_from_expr_set_using(
            SqlExpr::col(Alias::new(KEY)),
            Alias::new(CLOSES),
            Alias::new(WAY),
        );
        let mut with = WithClause::new();
        with.recursive(true).cte(recursion).cycle(cycle);

        let found = self.alias();
        let mut rows = Sql::select();
        // What stands for others is that of the query that reads the rows.
        let version = self.context.version();
        let columns = walk.step.target.columns.iter();
        let columns = columns.filter(|def| !is_lacked(def, version));
        rows.exprs(columns.map(|def| column(&found, def)))
            .expr(of_way(DEPTH))
            .from(Alias::new(&way))
            .join_as(
                JoinType::InnerJoin,
                table,
                Alias::new(&found),
                column(&found, walk.key).eq(of_way(KEY)),
            )
            .and_where(of_way(CLOSES).not())
            .with_cte(with);
        if !walk.has_row {
            rows.and_where(of_way(DEPTH).gt(SqlExpr::cust("0")));
        }
        Ok(rows)
    }
}

/// The error of a depth where there is no tree.
pub(super) fn refused() -> Error {
    Error::new(ErrorKind::Configuration, NO_TREE)
}
