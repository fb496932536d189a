//! Conditions that users write: `Customer::EMAIL.ends_with("@x.example") & !Customer::BLOCKED.eq(true)`.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr, Not};

use super::node::{Comparison, Node, Operand, Step};
use crate::model::{Column, ForeignKey, Inverse, Model, Placement, With};
use crate::value::{Field, IntoValue, Scalar};

/// A condition on rows of `M` that can be evaluated in a scope that reaches `P`.
///
/// Conditions combine with `&`, `|` and `!`. As in SQL, a comparison with a null is neither true nor false.
pub struct Expr<M: Model, P = <M as Model>::Placement> {
    pub(crate) node: Node,
    marker: PhantomData<fn() -> (M, P)>,
}

/// A condition on rows of `M`: an [`Expr`], and nothing else.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no condition on rows of `{M}`",
    label = "no condition on rows of `{M}`",
    note = "a condition is made of a column of `{M}`, as in `{M}::COLUMN.eq(value)`; values are compared with `eq`, `ne`, `lt`, `le`, `gt` and `ge`, and conditions combined with `&`, `|` and `!`: `==`, `<` and `&&` are the program's own",
    note = "a condition on a row that `{M}` references is given to the foreign key: `{M}::COLUMN.on(condition)`"
)]
pub trait Condition<M: Model>: sealed::Sealed {
    /// The placement that a scope must reach to evaluate it.
    type Reach: Placement;

    #[doc(hidden)]
    fn into_expr(self) -> Expr<M, Self::Reach>;
}

mod sealed {
    pub trait Sealed {}
    impl<M: super::Model, P> Sealed for super::Expr<M, P> {}
}

impl<M: Model, P: Placement> Condition<M> for Expr<M, P> {
    type Reach = P;

    fn into_expr(self) -> Self {
        self
    }
}

impl<M: Model, P> Expr<M, P> {
    pub(crate) fn new(node: Node) -> Self {
        Self {
            node,
            marker: PhantomData,
        }
    }
}

impl<M: Model> Expr<M> {
    pub(crate) fn always() -> Self {
        Self::new(Node::Constant(true))
    }
}

impl<M: Model, P> Clone for Expr<M, P> {
    fn clone(&self) -> Self {
        Self::new(self.node.clone())
    }
}

impl<M: Model, P> fmt::Debug for Expr<M, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expr").field(&self.node).finish()
    }
}

impl<M: Model, P: With<Q>, Q: Placement> BitAnd<Expr<M, Q>> for Expr<M, P> {
    type Output = Expr<M, P::Reach>;

    fn bitand(self, other: Expr<M, Q>) -> Self::Output {
        Expr::new(match (self.node, other.node) {
            (Node::And(mut left), right) => {
                left.push(right);
                Node::And(left)
            }
            (left, right) => Node::And(vec![left, right]),
        })
    }
}

impl<M: Model, P: With<Q>, Q: Placement> BitOr<Expr<M, Q>> for Expr<M, P> {
    type Output = Expr<M, P::Reach>;

    fn bitor(self, other: Expr<M, Q>) -> Self::Output {
        Expr::new(match (self.node, other.node) {
            (Node::Or(mut left), right) => {
                left.push(right);
                Node::Or(left)
            }
            (left, right) => Node::Or(vec![left, right]),
        })
    }
}

impl<M: Model, P> Not for Expr<M, P> {
    type Output = Self;

    fn not(self) -> Self {
        Self::new(Node::Not(Box::new(self.node)))
    }
}

macro_rules! comparisons {
    ($($name:ident, $how:ident, $doc:literal;)*) => {
        impl<M: Model, T: Field> Column<M, T> {$(
            #[doc = $doc]
            pub fn $name(self, value: impl IntoValue<T>) -> Expr<M> {
                let value = Operand::of(&value.into_value());
                Expr::new(Node::Compare { column: self.def(), how: Comparison::$how, value })
            }
        )*}
    };
}

comparisons! {
    lt, Less, "Tests whether the column is less than a value.";
    le, LessOrEqual, "Tests whether the column is less than a value, or equal to it.";
    gt, Greater, "Tests whether the column is greater than a value.";
    ge, GreaterOrEqual, "Tests whether the column is greater than a value, or equal to it.";
}

impl<M: Model, T: Field> Column<M, T> {
    /// Tests whether the column equals a value; given `None`, whether it is null.
    pub fn eq(self, value: impl IntoValue<T>) -> Expr<M> {
        self.compare_or_null(Operand::of(&value.into_value()), Comparison::Equal)
    }

    /// Tests whether the column differs from a value; given `None`, whether it is not null.
    ///
    /// A null column does not differ from any value, as in SQL.
    pub fn ne(self, value: impl IntoValue<T>) -> Expr<M> {
        self.compare_or_null(Operand::of(&value.into_value()), Comparison::NotEqual)
    }

    fn compare_or_null(self, value: Operand, how: Comparison) -> Expr<M> {
        let column = self.def();
        Expr::new(if value.is_null() {
            Node::Null {
                column,
                negated: how == Comparison::NotEqual,
            }
        } else {
            Node::Compare { column, how, value }
        })
    }

    /// Tests whether the column equals another of the same row.
    pub fn eq_column(self, other: Column<M, T>) -> Expr<M> {
        self.compare_columns(Comparison::Equal, other)
    }

    /// Tests whether the column differs from another of the same row.
    pub fn ne_column(self, other: Column<M, T>) -> Expr<M> {
        self.compare_columns(Comparison::NotEqual, other)
    }

    /// Tests whether the column is less than another of the same row.
    pub fn lt_column(self, other: Column<M, T>) -> Expr<M> {
        self.compare_columns(Comparison::Less, other)
    }

    /// Tests whether the column is greater than another of the same row.
    pub fn gt_column(self, other: Column<M, T>) -> Expr<M> {
        self.compare_columns(Comparison::Greater, other)
    }

    fn compare_columns(self, how: Comparison, other: Column<M, T>) -> Expr<M> {
        Expr::new(Node::CompareColumns {
            left: self.def(),
            how,
            right: other.def(),
        })
    }

    /// Tests whether the column is one of some values; of none, it never is. `None` among them stands for null.
    pub fn is_in<V: IntoValue<T>>(self, values: impl IntoIterator<Item = V>) -> Expr<M> {
        self.listed(values, false)
    }

    /// Tests whether the column is none of some values. `None` among them leaves out the rows where the column is null;
    /// so does any value, as with [`ne`](Self::ne).
    pub fn is_not_in<V: IntoValue<T>>(self, values: impl IntoIterator<Item = V>) -> Expr<M> {
        self.listed(values, true)
    }

    fn listed<V: IntoValue<T>>(
        self,
        values: impl IntoIterator<Item = V>,
        negated: bool,
    ) -> Expr<M> {
        let values = values
            .into_iter()
            .map(|value| Operand::of(&value.into_value()))
            .collect();
        Expr::new(Node::In {
            column: self.def(),
            values,
            negated,
        })
    }

    /// Tests whether the column is within two values, both included.
    pub fn between(self, low: impl IntoValue<T>, high: impl IntoValue<T>) -> Expr<M> {
        let (low, high) = (
            Operand::of(&low.into_value()),
            Operand::of(&high.into_value()),
        );
        Expr::new(Node::Between {
            column: self.def(),
            low,
            high,
        })
    }
}

/// A field that can be null: an `Option`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is never null",
    label = "this column is never null",
    note = "a field that can be null is an `Option<{Self}>`"
)]
pub trait Optional: Field {}
impl<T: Scalar> Optional for Option<T> {}

impl<M: Model, T: Field> Column<M, T> {
    /// Tests whether the column is null.
    pub fn is_null(self) -> Expr<M>
    where
        T: Optional,
    {
        Expr::new(Node::Null {
            column: self.def(),
            negated: false,
        })
    }

    /// Tests whether the column is not null.
    pub fn is_not_null(self) -> Expr<M>
    where
        T: Optional,
    {
        Expr::new(Node::Null {
            column: self.def(),
            negated: true,
        })
    }
}

/// A field that holds text: `String` or `Option<String>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no text",
    label = "this column holds no text",
    note = "patterns are for fields of type `String` or `Option<String>`; other columns are compared with `eq`, `lt`, `between` and the like"
)]
pub trait Text: Field {}
impl Text for String {}
impl Text for Option<String> {}

impl<M: Model, T: Field> Column<M, T> {
    /// Tests whether the text matches a SQL pattern: `%` stands for any text, `_` for any character, `\` for the next
    /// one.
    pub fn like(self, pattern: impl Into<String>) -> Expr<M>
    where
        T: Text,
    {
        Expr::new(Node::Like {
            column: self.def(),
            pattern: pattern.into(),
            any_case: false,
        })
    }

    /// Tests whether the text matches a SQL pattern in any case.
    pub fn ilike(self, pattern: impl Into<String>) -> Expr<M>
    where
        T: Text,
    {
        Expr::new(Node::Like {
            column: self.def(),
            pattern: pattern.into(),
            any_case: true,
        })
    }

    /// Tests whether the text starts with another, taken literally.
    pub fn starts_with(self, text: &str) -> Expr<M>
    where
        T: Text,
    {
        self.like(format!("{}%", literal(text)))
    }

    /// Tests whether the text ends with another, taken literally.
    pub fn ends_with(self, text: &str) -> Expr<M>
    where
        T: Text,
    {
        self.like(format!("%{}", literal(text)))
    }

    /// Tests whether the text contains another, taken literally.
    pub fn contains(self, text: &str) -> Expr<M>
    where
        T: Text,
    {
        self.like(format!("%{}%", literal(text)))
    }
}

/// Takes the meaning from the characters that mean something in a pattern.
fn literal(text: &str) -> String {
    text.replace('\\', r"\\")
        .replace('%', r"\%")
        .replace('_', r"\_")
}

impl<M: Model, F: Field> Column<M, F> {
    /// Tests whether the referenced row meets a condition; false where there is none.
    pub fn on<Q>(self, condition: Expr<F::Target, Q>) -> Expr<M, <M::Placement as With<Q>>::Reach>
    where
        F: ForeignKey,
        Q: Placement,
        M::Placement: With<Q>,
    {
        Expr::new(Node::Exists {
            step: self.step(),
            condition: Box::new(condition.node),
        })
    }
}

impl<M: Model, F: ForeignKey> Column<M, F> {
    pub(crate) fn step(self) -> Step {
        let target = F::Target::DEF;
        Step {
            from: self.def(),
            to: target.key_column(),
            target,
        }
    }
}

impl<M: Model, T: Model> Inverse<M, T> {
    /// Tests whether any of the referencing rows meets a condition.
    pub fn any<Q>(self, condition: Expr<T, Q>) -> Expr<M, <M::Placement as With<Q>>::Reach>
    where
        Q: Placement,
        M::Placement: With<Q>,
    {
        Expr::new(Node::Exists {
            step: self.step(),
            condition: Box::new(condition.node),
        })
    }

    /// Tests whether there is any referencing row.
    pub fn exists(self) -> Expr<M, <M::Placement as With<T::Placement>>::Reach>
    where
        M::Placement: With<T::Placement>,
    {
        self.any(Expr::<T, T::Placement>::new(Node::Constant(true)))
    }

    fn step(self) -> Step {
        Step {
            from: M::DEF.key_column(),
            to: self.def(),
            target: T::DEF,
        }
    }
}
