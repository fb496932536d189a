//! Windows: values computed for each row from the rows around it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Bound, RangeBounds};

use super::kind::{AggregateCall, Plain, Window, Within};
use super::typed::{Expr, Expression};
use crate::model::{Model, Placement, SharedSchema};
use crate::query::node::{Node, OVER, OrderBy};
use crate::query::order::Ordering;
use crate::value::Field;

/// The rows around a row: those that are alike in some expressions, in an order.
pub struct Over<M: Model, P = SharedSchema> {
    partition: Vec<Node>,
    order: Vec<OrderBy>,
    frame: Option<String>,
    marker: PhantomData<fn() -> (M, P)>,
}

impl<M: Model> Over<M> {
    /// All rows of the answer.
    pub fn all() -> Self {
        Self {
            partition: Vec::new(),
            order: Vec::new(),
            frame: None,
            marker: PhantomData,
        }
    }
}

impl<M: Model, P: Placement> Over<M, P> {
    /// Narrows it to the rows that are alike in a column or expression, besides those given before.
    pub fn partition_by<T: Field, Q: Placement, K: Within<Plain>>(
        mut self,
        by: impl Expression<Model = M, Value = T, Reach = Q, Kind = K>,
    ) -> Over<M, P::With<Q>> {
        self.partition.push(by.into_expr().node.known());
        self.retyped()
    }

    /// Orders it. An aggregate is then of the rows up to the one at hand, and those that are equal to it in the order.
    pub fn order_by<Q: Placement, K: Within<Plain>>(
        mut self,
        order: impl Ordering<M, Reach = Q, Kind = K>,
    ) -> Over<M, P::With<Q>> {
        self.order.push(order.into_order().by);
        self.retyped()
    }

    /// Narrows it to rows around the one at hand, by their places in the order: `rows(-6..=0)` are the six before it and itself, `rows(..=0)` all up to it,
    /// `rows(1..)` all behind it. Aggregates and [`Windows::first_value`] and the like are of these rows; ranks, `lag` and `lead` are of all.
    pub fn rows(mut self, places: impl RangeBounds<i32>) -> Self {
        self.frame = Some(frame(places.start_bound(), places.end_bound()));
        self
    }

    fn retyped<Q>(self) -> Over<M, Q> {
        Over {
            partition: self.partition,
            order: self.order,
            frame: self.frame,
            marker: PhantomData,
        }
    }
}

impl<M: Model, P> Clone for Over<M, P> {
    fn clone(&self) -> Self {
        Self {
            partition: self.partition.clone(),
            order: self.order.clone(),
            frame: self.frame.clone(),
            marker: PhantomData,
        }
    }
}

impl<M: Model, P> fmt::Debug for Over<M, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Over")
            .field("partition", &self.partition)
            .field("order", &self.order)
            .field("frame", &self.frame)
            .finish()
    }
}

fn frame(start: Bound<&i32>, end: Bound<&i32>) -> String {
    let place = |bound, excluded: i64| match bound {
        Bound::Included(&place) => Some(i64::from(place)),
        Bound::Excluded(&place) => Some(i64::from(place) + excluded),
        Bound::Unbounded => None,
    };
    let (start, end) = (place(start, 1), place(end, -1));
    if start.zip(end).is_some_and(|(start, end)| start > end) {
        // No row. The server refuses some pairs of places that are the wrong way round, and this is none of them.
        return "ROWS BETWEEN 2 FOLLOWING AND 1 FOLLOWING".to_owned();
    }
    let written = |place: Option<i64>, open: &str| match place {
        None => format!("UNBOUNDED {open}"),
        Some(0) => "CURRENT ROW".to_owned(),
        Some(before @ ..0) => format!("{} PRECEDING", -before),
        Some(behind) => format!("{behind} FOLLOWING"),
    };
    let (start, end) = (written(start, "PRECEDING"), written(end, "FOLLOWING"));
    format!("ROWS BETWEEN {start} AND {end}")
}

fn over<M: Model, T, P, Q>(function: Node, over: Over<M, P>) -> Expr<M, T, Q, Window> {
    let mut parts = vec![function];
    let mut words = Vec::new();
    let mut list = |word: &str, nodes: Vec<(Node, String)>| {
        let mut places = Vec::new();
        for (node, behind) in nodes {
            parts.push(node);
            places.push(format!("${}{behind}", parts.len()));
        }
        if !places.is_empty() {
            words.push(format!("{word} BY {}", places.join(", ")));
        }
    };
    let partition = over.partition.into_iter().map(|node| (node, String::new()));
    list("PARTITION", partition.collect());
    let order = over.order.into_iter().map(|order| {
        let direction = if order.descending { " DESC" } else { "" };
        let nulls = match order.nulls_first {
            None => "",
            Some(true) => " NULLS FIRST",
            Some(false) => " NULLS LAST",
        };
        (order.node, format!("{direction}{nulls}"))
    });
    list("ORDER", order.collect());
    words.extend(over.frame);
    Expr::new(Node::call(format!("{OVER}{})", words.join(" ")), parts))
}

impl<M: Model, T: Field, P: Placement> Expr<M, T, P, AggregateCall> {
    /// Computes the aggregate for each row, of the rows around it: `Invoice::TOTAL.sum().over(Over::all())`.
    pub fn over<Q: Placement>(self, window: Over<M, Q>) -> Expr<M, T, P::With<Q>, Window> {
        over(self.node, window)
    }
}

/// A function of the rows around a row, which needs a window: [`row_number`], [`rank`], [`Windows::lag`] and the like.
#[must_use = "a function of a window has no value until `over` says which"]
pub struct WindowFunction<M: Model, T, P = SharedSchema> {
    node: Node,
    marker: PhantomData<fn() -> (M, T, P)>,
}

impl<M: Model, T, P> WindowFunction<M, T, P> {
    fn new(node: Node) -> Self {
        Self {
            node,
            marker: PhantomData,
        }
    }
}

impl<M: Model, T: Field, P: Placement> WindowFunction<M, T, P> {
    /// Computes it from the rows of a window.
    pub fn over<Q: Placement>(self, window: Over<M, Q>) -> Expr<M, T, P::With<Q>, Window> {
        over(self.node, window)
    }
}

impl<M: Model, T, P> fmt::Debug for WindowFunction<M, T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WindowFunction").field(&self.node).finish()
    }
}

/// The number of the row in its window, from 1.
pub fn row_number<M: Model>() -> WindowFunction<M, i64> {
    WindowFunction::new(Node::call("row_number()", Vec::new()))
}

/// The number of the first row that is equal to it in the window's order: 1, 1, 3.
pub fn rank<M: Model>() -> WindowFunction<M, i64> {
    WindowFunction::new(Node::call("rank()", Vec::new()))
}

/// The number of different rows up to it in the window's order: 1, 1, 2.
pub fn dense_rank<M: Model>() -> WindowFunction<M, i64> {
    WindowFunction::new(Node::call("dense_rank()", Vec::new()))
}

/// The part of its window that the row is in, from 1, where the rows are in so many parts of one size. PostgreSQL refuses 0 parts.
pub fn ntile<M: Model>(parts: u16) -> WindowFunction<M, i32> {
    WindowFunction::new(Node::call(format!("ntile({parts})"), Vec::new()))
}

/// The part of the other rows in its window that come before it in the order: from 0 to 1.
pub fn percent_rank<M: Model>() -> WindowFunction<M, f64> {
    WindowFunction::new(Node::call("percent_rank()", Vec::new()))
}

/// The part of the rows in its window that come before it in the order or are equal to it: up to 1.
pub fn cume_dist<M: Model>() -> WindowFunction<M, f64> {
    WindowFunction::new(Node::call("cume_dist()", Vec::new()))
}

/// Functions of other rows of a window.
pub trait Windows: Expression {
    /// The value in the row before it; null in the first.
    fn lag(self) -> WindowFunction<Self::Model, Option<Scalared<Self>>, Self::Reach>
    where
        Self::Kind: Within<Plain>,
    {
        windowed(self, "lag($1)")
    }

    /// The value in the row behind it; null in the last.
    fn lead(self) -> WindowFunction<Self::Model, Option<Scalared<Self>>, Self::Reach>
    where
        Self::Kind: Within<Plain>,
    {
        windowed(self, "lead($1)")
    }

    /// The value so many rows before it; null where there are fewer.
    fn lag_by(self, rows: u16) -> WindowFunction<Self::Model, Option<Scalared<Self>>, Self::Reach>
    where
        Self::Kind: Within<Plain>,
    {
        windowed(self, format!("lag($1, {rows})"))
    }

    /// The value so many rows behind it; null where there are fewer.
    fn lead_by(self, rows: u16) -> WindowFunction<Self::Model, Option<Scalared<Self>>, Self::Reach>
    where
        Self::Kind: Within<Plain>,
    {
        windowed(self, format!("lead($1, {rows})"))
    }

    /// The value in the first row; null where [`Over::rows`] leaves none.
    fn first_value(self) -> WindowFunction<Self::Model, Option<Scalared<Self>>, Self::Reach>
    where
        Self::Kind: Within<Plain>,
    {
        windowed(self, "first_value($1)")
    }

    /// The value in the last row, which in a window with an order is the last that is equal to the one at hand: for the last of all give the window `rows(..)`.
    fn last_value(self) -> WindowFunction<Self::Model, Option<Scalared<Self>>, Self::Reach>
    where
        Self::Kind: Within<Plain>,
    {
        windowed(self, "last_value($1)")
    }

    /// The value in the row of that number, from 1; null where there are fewer. PostgreSQL refuses 0.
    fn nth_value(
        self,
        number: u16,
    ) -> WindowFunction<Self::Model, Option<Scalared<Self>>, Self::Reach>
    where
        Self::Kind: Within<Plain>,
    {
        windowed(self, format!("nth_value($1, {number})"))
    }
}

impl<E: Expression> Windows for E {}

/// The scalar of an expression's value.
pub type Scalared<E> = <<E as Expression>::Value as Field>::Scalar;

fn windowed<E: Expression, T>(
    of: E,
    function: impl Into<Cow<'static, str>>,
) -> WindowFunction<E::Model, T, E::Reach> {
    WindowFunction::new(Node::call(function, vec![of.into_expr().node.known()]))
}
