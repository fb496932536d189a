//! The condition on rows that are behind a position of an order.

use std::fmt::Write;

use crate::query::node::{Node, Operand, OrderBy};
use crate::value::Param;

impl OrderBy {
    /// The same from the end to the beginning.
    pub(super) fn reversed(mut self) -> Self {
        self.descending = !self.descending;
        self.nulls_first = self.nulls_first.map(|first| !first);
        self
    }

    fn has_nulls_first(&self) -> bool {
        self.nulls_first.unwrap_or(self.descending)
    }
}

/// Returns the condition on rows behind one of such values, in an order; `inclusive`: or on the same place.
///
/// Orders of one direction that are never null are compared as rows, `(a, b) > ($1, $2)`, for which PostgreSQL uses an index over them. Where others
/// follow, a comparison of the first ones is beside, for an index too: `a >= $1 AND (a > $1 OR ...)`.
pub(super) fn beyond(order: &[OrderBy], values: &[Param], inclusive: bool) -> Node {
    let Some(first) = order.first() else {
        return Node::Constant(if inclusive { "TRUE" } else { "FALSE" });
    };
    let alike = order.iter().zip(values).take_while(|(by, value)| {
        !by.nullable && !value.is_null() && by.descending == first.descending
    });
    let run = alike.count();
    if run == order.len() {
        return compared(order, values, inclusive);
    }
    let length = run.max(1);
    let ((these, others), (known, rest)) = (order.split_at(length), values.split_at(length));
    let behind = beyond(others, rest, inclusive);
    let is_null = |negated: &str| {
        let sql = format!("($1) IS {negated}NULL");
        Node::call(sql, vec![first.node.clone()])
    };
    match (known[0].is_null(), first.has_nulls_first()) {
        // Nothing but nulls is behind a null.
        (true, false) => Node::And(vec![is_null(""), behind]),
        (true, true) => Node::Or(vec![is_null("NOT "), behind]),
        (false, false) if first.nullable => {
            let on_place = Node::And(vec![equal(these, known), behind]);
            Node::Or(vec![compared(these, known, false), is_null(""), on_place])
        }
        (false, _) => {
            let further = Node::Or(vec![compared(these, known, false), behind]);
            Node::And(vec![compared(these, known, true), further])
        }
    }
}

/// Compares expressions of one direction with values.
fn compared(order: &[OrderBy], values: &[Param], inclusive: bool) -> Node {
    rows(
        order,
        values,
        match (order[0].descending, inclusive) {
            (false, false) => ">",
            (false, true) => ">=",
            (true, false) => "<",
            (true, true) => "<=",
        },
    )
}

fn equal(order: &[OrderBy], values: &[Param]) -> Node {
    rows(order, values, "=")
}

/// Two rows with an operator between them.
fn rows(order: &[OrderBy], values: &[Param], operator: &str) -> Node {
    let list = |from: usize| {
        let mut list = String::new();
        for place in from..from + order.len() {
            let comma = if place > from { ", " } else { "" };
            let _ = write!(list, "{comma}${place}");
        }
        list
    };
    let sql = format!("({}) {operator} ({})", list(1), list(1 + order.len()));
    let expressions = order.iter().map(|by| by.node.clone());
    let values = values.iter().cloned().map(Operand::Param).map(Node::value);
    Node::call(sql, expressions.chain(values).collect())
}
