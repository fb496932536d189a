//! Tables joined to that of a query, and orders by their columns.

use sea_query::{NullOrdering, Order as SqlOrder, SelectStatement};

use super::node::Step;
use super::order::Order;
use super::render::{Renderer, column};
use crate::model::Model;

/// The tables joined so far, by the foreign keys that lead to them.
#[derive(Default)]
pub(super) struct Joined {
    aliases: Vec<(Vec<&'static str>, String)>,
}

impl Joined {
    /// The alias of the table at the end of a path, which is joined on the way unless it is already.
    pub(super) fn alias(
        &mut self,
        renderer: &mut Renderer<'_>,
        select: &mut SelectStatement,
        path: &[Step],
        root: &str,
    ) -> String {
        let mut table = root.to_owned();
        let mut names = Vec::new();
        for step in path {
            names.push(step.from.name);
            let known = self.aliases.iter().find(|(path, _)| *path == names);
            table = if let Some((_, alias)) = known {
                alias.clone()
            } else {
                let alias = renderer.left_join(select, step, &table);
                self.aliases.push((names.clone(), alias.clone()));
                alias
            };
        }
        table
    }
}

/// Orders rows by a column of the query's table, or of one that was joined.
pub(super) fn order_by<M: Model>(select: &mut SelectStatement, order: &Order<M>, table: &str) {
    let direction = if order.descending {
        SqlOrder::Desc
    } else {
        SqlOrder::Asc
    };
    let expr = column(table, order.column);
    match order.nulls_first {
        None => select.order_by_expr(expr, direction),
        Some(true) => select.order_by_expr_with_nulls(expr, direction, NullOrdering::First),
        Some(false) => select.order_by_expr_with_nulls(expr, direction, NullOrdering::Last),
    };
}
