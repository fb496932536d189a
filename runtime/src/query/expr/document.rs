//! Documents of JSON, and words of texts.

use sea_query::BinOper;
use sea_query::extension::postgres::PgBinOper;

use super::text::Text;
use super::typed::{Expr, Expression, Mapped};
use crate::query::node::{Node, Operand};
use crate::value::{Field, Json, Param};

/// A field that holds JSON: `Json<T>` or `Option<Json<T>>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no JSON",
    label = "this holds no JSON",
    note = "keys are looked up in fields of type `Json<...>` or `Option<Json<...>>`"
)]
pub trait Document: Field {}
impl<T> Document for Json<T> where Self: Field {}
impl<T> Document for Option<Json<T>> where Self: Field {}

/// Operators of JSON.
pub trait Documents: Expression {
    /// The value of a key; null where there is none.
    fn field(self, key: &str) -> Mapped<Self, Option<Json<serde_json::Value>>>
    where
        Self::Value: Document,
    {
        operated(self, BinOper::Custom("->"), Param::text(key))
    }

    /// The value of a key as text; null where there is none, or where it is `null`.
    fn field_text(self, key: &str) -> Mapped<Self, Option<String>>
    where
        Self::Value: Document,
    {
        operated(self, BinOper::Custom("->>"), Param::text(key))
    }

    /// Tests whether there is a key, whatever its value.
    fn has_key(self, key: &str) -> Mapped<Self, bool>
    where
        Self::Value: Document,
    {
        operated(self, BinOper::Custom("?"), Param::text(key))
    }

    /// Tests whether it includes all of another document.
    fn includes(self, document: serde_json::Value) -> Mapped<Self, bool>
    where
        Self::Value: Document,
    {
        let other = Node::value(Operand::of(&Json(document)));
        let node = self.into_expr().node;
        Expr::new(Node::binary(node, PgBinOper::Contains, other))
    }

    /// Tests whether a text has words, as one of PostgreSQL's own text search configurations, such as `english`, reads them.
    ///
    /// One that an application has made is not found by its name: whose it is, the name does not say.
    fn has_words(self, configuration: &str, words: &str) -> Mapped<Self, bool>
    where
        Self::Value: Text,
    {
        let [configuration, words] =
            [configuration, words].map(|text| Node::value(Operand::Param(Param::text(text))));
        // A name with a schema could be another tenant's, and one without would be looked for along `search_path`.
        let own = "CAST('pg_catalog.' || quote_ident($2) AS regconfig)";
        let sql = format!("to_tsvector({own}, $1) @@ plainto_tsquery({own}, $3)");
        let parts = vec![self.into_expr().node, configuration, words];
        Expr::new(Node::call(format!("coalesce({sql}, false)"), parts))
    }
}

impl<E: Expression> Documents for E {}

fn operated<E: Expression, T>(of: E, operator: BinOper, operand: Param) -> Mapped<E, T> {
    let operand = Node::value(Operand::Param(operand));
    Expr::new(Node::binary(of.into_expr().node, operator, operand))
}
