//! How deep expressions may be nested.
//!
//! Whatever looks at an expression, copies, writes or drops it goes down into it, and so would overflow the stack where one is made in a loop.

use super::node::{Node, OrderBy, RowSource, Shape};

/// The most levels.
const MOST: usize = 128;

/// How many levels a query within another counts for: as many times more is gone through for one.
const QUERY: usize = 8;

impl Node {
    /// The expression, or what can't be sent where it is nested too deep. Its parts are known not to be.
    pub(crate) fn bounded(self) -> Self {
        if self.is_deeper(MOST, false) {
            Self::TooDeep
        } else {
            self
        }
    }

    /// Whether it has a few levels only.
    pub(crate) fn is_shallow(&self) -> bool {
        !self.is_deeper(8, true)
    }

    /// `whole`: whether all of a list is looked at. Otherwise only its last is, since the others were when they were that: a list that
    /// grows is not gone through for each.
    fn is_deeper(&self, levels: usize, whole: bool) -> bool {
        let Some(below) = levels.checked_sub(1) else {
            return true;
        };
        let deeper = |node: &Self| node.is_deeper(below, whole);
        match self {
            Self::Column(_) | Self::New(..) | Self::Value { .. } | Self::Constant(_) => false,
            // Whatever it is made part of is refused too.
            Self::TooDeep => true,
            Self::At(_, of) | Self::Not(of) | Self::In { of, .. } | Self::Null { of, .. } => {
                deeper(of)
            }
            Self::Among(_, of) | Self::Exists { condition: of, .. } => {
                of.is_deeper(levels.saturating_sub(QUERY), whole)
            }
            Self::Call(_, parts) | Self::Aggregate(_, parts) => parts.iter().any(deeper),
            Self::Binary(sides, _) | Self::Has(sides) => deeper(&sides.0) || deeper(&sides.1),
            Self::Between(parts) => deeper(&parts.0) || deeper(&parts.1) || deeper(&parts.2),
            Self::And(nodes) | Self::Or(nodes) if nodes.len() > 2 && !whole => {
                nodes.last().is_some_and(deeper)
            }
            Self::And(nodes) | Self::Or(nodes) => nodes.iter().any(deeper),
            Self::Query(_, shape) => shape.is_deeper(levels.saturating_sub(QUERY), whole),
            Self::InQuery(of, shape) => {
                deeper(of) || shape.is_deeper(levels.saturating_sub(QUERY), whole)
            }
        }
    }
}

impl Shape {
    fn is_deeper(&self, levels: usize, whole: bool) -> bool {
        let selected = self.selected.iter().flatten();
        let conditions = self.filter.iter().chain(&self.having);
        let orders = self.order.iter().map(|OrderBy { node, .. }| node);
        let mut nodes = selected.chain(conditions).chain(orders);
        nodes.any(|node| node.is_deeper(levels, whole)) || self.source.is_deeper(levels, whole)
    }
}

impl RowSource {
    fn is_deeper(&self, levels: usize, whole: bool) -> bool {
        match self {
            Self::Table => false,
            Self::Queries(set) => {
                let mut parts = set.parts.iter();
                parts.any(|part| part.is_deeper(levels.saturating_sub(QUERY), whole))
            }
            Self::Once(of) => of.is_deeper(levels.saturating_sub(QUERY), whole),
            Self::Tree(walk) => {
                let mut condition = walk.condition.iter();
                condition.any(|node| node.is_deeper(levels.saturating_sub(QUERY), whole))
            }
        }
    }
}
