//! `CASE`: the value of the first condition that holds.

use std::fmt;

use super::condition::Condition;
use super::convert::Standalone;
use super::kind::Kind;
use super::operand::Term;
use super::text::Together;
use super::typed::Expr;
use crate::model::{Model, Placement};
use crate::query::node::Node;
use crate::value::Field;

/// A choice among values by conditions. Made by [`case`].
#[must_use = "a case has no value until it ends with `otherwise` or `or_null`"]
pub struct Case<M: Model, T, P, K> {
    so_far: Expr<M, T, P, K>,
}

/// Chooses a value by conditions: the one of the first condition that holds.
///
/// ```
/// use tenantry::prelude::*;
/// use tenantry::query::case;
///
/// #[tenant_model]
/// pub struct Item {
///     #[field(key)]
///     pub id: i64,
///     pub count: i32,
/// }
///
/// let stock = case(Item::COUNT.eq(0), "none")
///     .when(Item::COUNT.lt(10), "few")
///     .otherwise("many");
/// # drop(Item::query().order_by(stock.asc()));
/// ```
pub fn case<M, C, V>(
    condition: C,
    value: V,
) -> Case<M, V::Value, <C::Reach as Placement>::With<V::Reach>, <C::Kind as Kind>::With<V::Kind>>
where
    M: Model,
    C: Condition<M>,
    V: Standalone<M>,
{
    let parts = vec![
        condition.into_condition().node,
        value.into_standalone().node,
    ];
    Case {
        so_far: Expr::new(Node::call("WHEN $1 THEN $2", parts)),
    }
}

impl<M: Model, T: Field, P: Placement, K: Kind> Case<M, T, P, K> {
    /// Adds a value for a further condition.
    pub fn when<C, V, By>(
        self,
        condition: C,
        value: V,
    ) -> Case<
        M,
        Together<T, V::Value>,
        <P::With<C::Reach> as Placement>::With<V::Reach>,
        <K::With<C::Kind> as Kind>::With<V::Kind>,
    >
    where
        C: Condition<M>,
        V: Term<M, T, By>,
    {
        let parts = [condition.into_condition().node, value.into_term().node];
        Case {
            so_far: Expr::new(longer(self.so_far.node, "WHEN", parts)),
        }
    }

    /// Ends with the value for all other rows.
    pub fn otherwise<V, By>(
        self,
        value: V,
    ) -> Expr<M, Together<T, V::Value>, P::With<V::Reach>, K::With<V::Kind>>
    where
        V: Term<M, T, By>,
    {
        ended(longer(self.so_far.node, "ELSE", [value.into_term().node]))
    }

    /// Ends, with null for all other rows.
    pub fn or_null(self) -> Expr<M, Option<T::Scalar>, P, K> {
        ended(self.so_far.node)
    }
}

impl<M: Model, T, P, K> fmt::Debug for Case<M, T, P, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Case").field(&self.so_far).finish()
    }
}

fn longer<const N: usize>(so_far: Node, word: &str, more: [Node; N]) -> Node {
    let Node::Call(sql, mut parts) = so_far else {
        unreachable!("a case is made as a call");
    };
    let first = parts.len() + 1;
    parts.extend(more);
    let end = match N {
        1 => format!("{word} ${first}"),
        _ => format!("{word} ${first} THEN ${}", first + 1),
    };
    Node::call(format!("{sql} {end}"), parts)
}

fn ended<M: Model, T, P, K>(so_far: Node) -> Expr<M, T, P, K> {
    let Node::Call(sql, parts) = so_far else {
        unreachable!("a case is made as a call");
    };
    Expr::new(Node::call(format!("CASE {sql} END"), parts))
}
