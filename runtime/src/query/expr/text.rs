//! Patterns and functions of texts.

use sea_query::BinOper;
use sea_query::extension::postgres::PgBinOper;

use super::operand::{Combined, Term};
use super::typed::{Expr, Expression, Mapped};
use crate::query::node::{Node, Operand};
use crate::value::{Field, Nullness, Param};

/// A field that holds text: `String` or `Option<String>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no text",
    label = "this holds no text",
    note = "patterns and functions of texts are for fields of type `String` or `Option<String>`; other columns are compared with `eq`, `lt`, `between` and the like, or made a text by `cast::<String>()`"
)]
pub trait Text: Field<Scalar = String> {}
impl Text for String {}
impl Text for Option<String> {}

/// Patterns and functions of texts.
pub trait Texts: Expression {
    /// Tests whether the text matches a SQL pattern: `%` stands for any text, `_` for any character, `\` for the next
    /// one.
    fn like(self, pattern: impl Into<String>) -> Mapped<Self, bool>
    where
        Self::Value: Text,
    {
        matched(self, BinOper::Like, &pattern.into())
    }

    /// Tests whether the text matches a SQL pattern in any case.
    fn ilike(self, pattern: impl Into<String>) -> Mapped<Self, bool>
    where
        Self::Value: Text,
    {
        matched(self, PgBinOper::ILike, &pattern.into())
    }

    /// Tests whether the text starts with another, taken literally.
    fn starts_with(self, text: &str) -> Mapped<Self, bool>
    where
        Self::Value: Text,
    {
        self.like(format!("{}%", literal(text)))
    }

    /// Tests whether the text ends with another, taken literally.
    fn ends_with(self, text: &str) -> Mapped<Self, bool>
    where
        Self::Value: Text,
    {
        self.like(format!("%{}", literal(text)))
    }

    /// Tests whether the text contains another, taken literally.
    fn contains(self, text: &str) -> Mapped<Self, bool>
    where
        Self::Value: Text,
    {
        self.like(format!("%{}%", literal(text)))
    }

    /// Tests whether the text starts with another, taken literally, in any case.
    fn istarts_with(self, text: &str) -> Mapped<Self, bool>
    where
        Self::Value: Text,
    {
        self.ilike(format!("{}%", literal(text)))
    }

    /// Tests whether the text ends with another, taken literally, in any case.
    fn iends_with(self, text: &str) -> Mapped<Self, bool>
    where
        Self::Value: Text,
    {
        self.ilike(format!("%{}", literal(text)))
    }

    /// Tests whether the text contains another, taken literally, in any case.
    fn icontains(self, text: &str) -> Mapped<Self, bool>
    where
        Self::Value: Text,
    {
        self.ilike(format!("%{}%", literal(text)))
    }

    /// The text in small letters.
    fn lower(self) -> Mapped<Self, Self::Value>
    where
        Self::Value: Text,
    {
        Expr::new(Node::call("lower($1)", vec![self.into_expr().node]))
    }

    /// The text in capital letters.
    fn upper(self) -> Mapped<Self, Self::Value>
    where
        Self::Value: Text,
    {
        Expr::new(Node::call("upper($1)", vec![self.into_expr().node]))
    }

    /// The text without the spaces at its ends.
    fn trim(self) -> Mapped<Self, Self::Value>
    where
        Self::Value: Text,
    {
        Expr::new(Node::call("btrim($1)", vec![self.into_expr().node]))
    }

    /// The number of characters.
    fn length(self) -> Mapped<Self, <<Self::Value as Field>::Null as Nullness>::Of<i32>>
    where
        Self::Value: Text,
    {
        Expr::new(Node::call("char_length($1)", vec![self.into_expr().node]))
    }

    /// The text with another behind it; null if either is.
    fn concat<O, By>(
        self,
        other: O,
    ) -> Combined<Self, O, By, Self::Value, Together<Self::Value, O::Value>>
    where
        Self::Value: Text,
        O: Term<Self::Model, Self::Value, By>,
    {
        let (left, right) = (self.into_expr().node, other.into_term().node);
        Expr::new(Node::binary(left, PgBinOper::Concatenate, right))
    }
}

impl<E: Expression> Texts for E {}

/// The type of what is made of a `T` and a `U`, and is a `T` but null if either is.
pub type Together<T, U> =
    <<<T as Field>::Null as Nullness>::With<<U as Field>::Null> as Nullness>::Of<
        <T as Field>::Scalar,
    >;

fn matched<E: Expression>(text: E, how: impl Into<BinOper>, pattern: &str) -> Mapped<E, bool> {
    let pattern = Node::value(Operand::Param(Param::text(pattern)));
    Expr::new(Node::binary(text.into_expr().node, how, pattern))
}

/// Takes the meaning from the characters that mean something in a pattern.
fn literal(text: &str) -> String {
    text.replace('\\', r"\\")
        .replace('%', r"\%")
        .replace('_', r"\_")
}
