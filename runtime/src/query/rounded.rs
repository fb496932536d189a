//! Which selected values the server has rounded.
//!
//! Quotients and averages have as many digits as PostgreSQL thinks right, which can be more than a `Decimal` holds. Rounding them once more
//! takes nothing away that was exact. Sums and products are exact, so of these each digit counts.

use sea_query::BinOper;

use super::node::{Node, OVER, RowSource, Shape, yields_truth};

impl Shape {
    /// A bit for each selected value that was rounded.
    pub(crate) fn rounded(&self) -> u64 {
        let mut bits = 0;
        for (index, node) in self.selected.iter().flatten().take(64).enumerate() {
            let is_rounded = node.is_rounded() || self.source.has_rounded(node);
            bits |= u64::from(is_rounded) << index;
        }
        bits
    }
}

impl RowSource {
    /// Whether any of the queries that give the value of an expression has it rounded.
    fn has_rounded(&self, node: &Node) -> bool {
        let place = self
            .given()
            .and_then(|given| given.iter().position(|it| it.same(node)));
        match (self, place) {
            (Self::Queries(set), Some(place @ ..64)) => {
                let mut bits = set.parts.iter().map(Shape::rounded);
                bits.any(|bits| bits >> place & 1 == 1)
            }
            (Self::Once(of), Some(place @ ..64)) => of.rounded() >> place & 1 == 1,
            _ => false,
        }
    }
}

impl Node {
    fn is_rounded(&self) -> bool {
        match self {
            Self::Binary(_, BinOper::Div) => true,
            Self::Binary(sides, operator) => {
                !yields_truth(*operator) && (sides.0.is_rounded() || sides.1.is_rounded())
            }
            Self::Aggregate(function, parts) => {
                let rounds = ["avg(", "stddev_", "var_"];
                let rounds = rounds.iter().any(|it| function.sql.starts_with(it));
                rounds || parts.iter().any(Self::is_rounded)
            }
            // Behind the function are the rows that it is of.
            Self::Call(sql, parts) if sql.starts_with(OVER) => {
                parts.first().is_some_and(Self::is_rounded)
            }
            Self::Call(_, parts) => parts.iter().any(Self::is_rounded),
            Self::At(_, of) | Self::Among(_, of) => of.is_rounded(),
            Self::Query(None, shape) => shape.rounded() != 0,
            Self::Column(_)
            | Self::New(..)
            | Self::Value { .. }
            | Self::Constant(_)
            | Self::In { .. }
            | Self::Between(_)
            | Self::Null { .. }
            | Self::Has(_)
            | Self::And(_)
            | Self::Or(_)
            | Self::Not(_)
            | Self::Exists { .. }
            | Self::Query(Some(_), _)
            | Self::InQuery(..)
            | Self::TooDeep => false,
        }
    }
}
