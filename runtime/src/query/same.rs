//! Whether two expressions are the same.

use std::sync::Arc;

use super::node::{Distinct, Node, Operand, OrderBy, RowSource, Shape, Step, TreeWalk};

impl Node {
    /// Tells whether it is the same expression as another over the same row, as far as can be told.
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Column(a), Self::Column(b)) | (Self::New(_, a), Self::New(_, b)) => {
                a.name == b.name
            }
            (Self::At(a, x), Self::At(b, y)) | (Self::Among(a, x), Self::Among(b, y)) => {
                a.same(b) && x.same(y)
            }
            (Self::Value { value: a, .. }, Self::Value { value: b, .. }) => a.same(b),
            (Self::Constant(a), Self::Constant(b)) => a == b,
            (Self::Call(a, x), Self::Call(b, y)) => a == b && each(x, y, Self::same),
            (Self::Aggregate(a, x), Self::Aggregate(b, y)) => a == b && each(x, y, Self::same),
            (Self::Binary(a, x), Self::Binary(b, y)) => x == y && a.0.same(&b.0) && a.1.same(&b.1),
            (
                Self::In {
                    of: a,
                    sql: x,
                    values,
                    negated,
                },
                Self::In {
                    of: b,
                    sql: y,
                    values: others,
                    negated: other,
                },
            ) => x == y && negated == other && a.same(b) && each(values, others, Operand::same),
            (Self::Between(a), Self::Between(b)) => {
                a.0.same(&b.0) && a.1.same(&b.1) && a.2.same(&b.2)
            }
            (Self::Null { of: a, negated: x }, Self::Null { of: b, negated: y }) => {
                x == y && a.same(b)
            }
            (Self::Has(a), Self::Has(b)) => a.0.same(&b.0) && a.1.same(&b.1),
            (Self::And(a), Self::And(b)) | (Self::Or(a), Self::Or(b)) => each(a, b, Self::same),
            (Self::Not(a), Self::Not(b)) => a.same(b),
            (
                Self::Exists {
                    step: a,
                    condition: x,
                },
                Self::Exists {
                    step: b,
                    condition: y,
                },
            ) => a.same(b) && x.same(y),
            (Self::Query(a, x), Self::Query(b, y)) => a == b && x.same(y),
            (Self::InQuery(a, x), Self::InQuery(b, y)) => a.same(b) && x.same(y),
            // Not `_`, so that a new node is not forgotten here.
            (
                Self::Column(_)
                | Self::New(..)
                | Self::TooDeep
                | Self::At(..)
                | Self::Among(..)
                | Self::Value { .. }
                | Self::Constant(_)
                | Self::Call(..)
                | Self::Aggregate(..)
                | Self::Binary(..)
                | Self::In { .. }
                | Self::Between(_)
                | Self::Null { .. }
                | Self::Has(_)
                | Self::And(_)
                | Self::Or(_)
                | Self::Not(_)
                | Self::Exists { .. }
                | Self::Query(..)
                | Self::InQuery(..),
                _,
            ) => false,
        }
    }
}

impl Operand {
    fn same(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Param(a), Self::Param(b)) if a == b)
    }
}

impl Step {
    pub(super) fn same(&self, other: &Self) -> bool {
        let names = |step: &Self| {
            let target = step.target;
            (step.from.name, step.to.name, target.module, target.name)
        };
        names(self) == names(other)
    }
}

impl OrderBy {
    fn same(&self, other: &Self) -> bool {
        self.node.same(&other.node)
            && self.descending == other.descending
            && self.nulls_first == other.nulls_first
    }
}

impl Shape {
    /// Tells whether it is the same query, as far as can be told: of one that follows a row, it can't.
    fn same(&self, other: &Self) -> bool {
        let model = |shape: &Self| (shape.model.module, shape.model.name);
        let counts = |shape: &Self| (shape.keys, shape.limit, shape.offset);
        let distinct = match (&self.distinct, &other.distinct) {
            (Distinct::No, Distinct::No) | (Distinct::Yes, Distinct::Yes) => true,
            (Distinct::On(a), Distinct::On(b)) => each(a, b, Node::same),
            _ => false,
        };
        let selected = match (&self.selected, &other.selected) {
            (None, None) => true,
            (Some(a), Some(b)) => each(a, b, Node::same),
            _ => false,
        };
        distinct
            && selected
            && self.deleted == other.deleted
            && self.source.same(&other.source)
            && model(self) == model(other)
            && counts(self) == counts(other)
            && each(&self.joins, &other.joins, Step::same)
            && maybe(self.filter.as_ref(), other.filter.as_ref())
            && maybe(self.having.as_ref(), other.having.as_ref())
            && each(&self.order, &other.order, OrderBy::same)
            && self.origin.is_none()
            && other.origin.is_none()
            && self.refused == other.refused
    }
}

impl RowSource {
    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Table, Self::Table) => true,
            (Self::Queries(a), Self::Queries(b)) => {
                a.how == b.how && each(&a.parts, &b.parts, Shape::same)
            }
            (Self::Once(a), Self::Once(b)) => Arc::ptr_eq(a, b),
            (Self::Tree(a), Self::Tree(b)) => a.same(b),
            (Self::Table | Self::Queries(_) | Self::Once(_) | Self::Tree(_), _) => false,
        }
    }
}

impl TreeWalk {
    fn same(&self, other: &Self) -> bool {
        self.step.same(&other.step)
            && self.row.same(&other.row)
            && (self.deleted, self.levels, self.has_row)
                == (other.deleted, other.levels, other.has_row)
            && maybe(self.condition.as_deref(), other.condition.as_deref())
    }
}

fn each<T>(left: &[T], right: &[T], same: fn(&T, &T) -> bool) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(a, b)| same(a, b))
}

fn maybe(left: Option<&Node>, right: Option<&Node>) -> bool {
    match (left, right) {
        (None, None) => true,
        (Some(a), Some(b)) => a.same(b),
        _ => false,
    }
}
