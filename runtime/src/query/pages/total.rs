//! Orders that no two rows of an answer share.

use crate::query::node::{Distinct, Node, OrderBy, Shape};

impl Shape {
    /// The order of its rows, and behind it what tells those apart that are alike in it: the key, of groups their keys, of rows that are
    /// distinct all that is selected.
    ///
    /// PostgreSQL sorts those that are alike in another way for another `LIMIT`, so that they would be on several pages or on none.
    pub(super) fn total_order(&self) -> Vec<OrderBy> {
        let mut order = self.order.clone();
        let descending = order.last().is_some_and(|by| by.descending);
        let by = |node: &Node, nullable| OrderBy {
            node: node.clone(),
            descending,
            nulls_first: None,
            nullable,
        };
        if let Some(nodes) = self.told_by() {
            for node in nodes {
                if !order.iter().any(|it| it.node.same(node)) {
                    order.push(by(node, true));
                }
            }
            return order;
        }
        if self.model.is_keyless() {
            // Rows that are alike in all columns may be on either of two pages, and nobody could tell.
            for column in self.model.columns.iter().map(Node::Column) {
                if !order.iter().any(|it| it.node.same(&column)) {
                    order.push(by(&column, true));
                }
            }
            return order;
        }
        let key: Vec<Node> = self.model.key_columns().map(Node::Column).collect();
        let place = |order: &[OrderBy], part: &Node| order.iter().position(|by| by.node.same(part));
        for part in &key {
            if place(&order, part).is_none() {
                order.push(by(part, false));
            }
        }
        // What follows the whole key decides nothing.
        let last = key.iter().filter_map(|part| place(&order, part)).max();
        order.truncate(last.map_or(0, |last| last + 1));
        order
    }

    /// The selected expressions that no two rows of the answer share, if those are not the rows of the model.
    fn told_by(&self) -> Option<&[Node]> {
        let selected = self.selected.as_deref()?;
        match self.distinct {
            Distinct::Yes => Some(selected),
            _ if self.keys > 0 => Some(&selected[..self.keys]),
            // Of queries put together there is nothing else.
            _ if self.source.given().is_some() => Some(selected),
            _ => None,
        }
    }
}
