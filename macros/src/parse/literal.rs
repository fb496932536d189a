//! Defaults: a literal of Rust, or SQL.

use darling::{Error, FromMeta, Result};
use syn::{Expr, Lit, Meta, UnOp};

use super::args::literal;
use crate::spans::Ends;

/// A column's default.
#[derive(Debug, Clone)]
pub(crate) struct DefaultValue {
    /// The default as SQL.
    pub(crate) sql: String,
    /// The literal; nothing if it was written as SQL.
    pub(crate) literal: Option<Literal>,
    /// Where the value is written.
    pub(crate) ends: Ends,
}

/// A literal, for the check that the column can hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Literal {
    Text(String),
    /// Digits, with a sign, a point and an exponent.
    Number(String),
    Boolean,
}

impl Literal {
    fn into_sql(self, flag: Option<bool>) -> String {
        match self {
            Self::Text(text) => quoted(&text),
            Self::Number(digits) if is_negative_zero(&digits) => quoted("-0"),
            Self::Number(digits) => digits,
            Self::Boolean => flag.unwrap_or_default().to_string(),
        }
    }
}

const FORMS: &str = "a default is a literal, as `default = 5` or `default = \"draft\"`, or SQL, as `default = sql(\"now()\")`";

impl FromMeta for DefaultValue {
    fn from_meta(item: &Meta) -> Result<Self> {
        match item {
            Meta::NameValue(pair) => Self::from_expr(&pair.value),
            _ => Err(Error::custom(FORMS).with_span(item)),
        }
    }

    fn from_expr(expr: &Expr) -> Result<Self> {
        let forms = || Error::custom(FORMS).with_span(expr);
        let ends = Ends::of(expr);
        if let Expr::Call(call) = expr {
            let named_sql = matches!(&*call.func, Expr::Path(path) if path.path.is_ident("sql"));
            return match (named_sql, call.args.first(), call.args.len()) {
                (true, Some(argument), 1) => match literal(argument) {
                    Some(Lit::Str(sql)) => Ok(Self {
                        sql: sql.value(),
                        literal: None,
                        ends: Ends::of(sql),
                    }),
                    _ => Err(forms()),
                },
                _ => Err(forms()),
            };
        }
        let (literal, flag) = read(expr).ok_or_else(forms)?;
        Ok(Self {
            sql: literal.clone().into_sql(flag),
            literal: Some(literal),
            ends,
        })
    }
}

/// Reads a literal, and what a boolean one says.
fn read(expr: &Expr) -> Option<(Literal, Option<bool>)> {
    if let Expr::Unary(unary) = expr
        && matches!(unary.op, UnOp::Neg(_))
    {
        let digits = literal(&unary.expr).and_then(number)?;
        return Some((Literal::Number(format!("-{digits}")), None));
    }
    match literal(expr)? {
        Lit::Str(text) => Some((Literal::Text(text.value()), None)),
        Lit::Bool(flag) => Some((Literal::Boolean, Some(flag.value))),
        other => Some((Literal::Number(number(other)?), None)),
    }
}

fn number(literal: &Lit) -> Option<String> {
    match literal {
        Lit::Int(number) => Some(number.base10_digits().to_owned()),
        Lit::Float(number) => Some(number.base10_digits().to_owned()),
        _ => None,
    }
}

/// Whether a number is the zero that only floats have: SQL's own numbers have no sign there, and a text becomes whatever the column has.
fn is_negative_zero(digits: &str) -> bool {
    let significant = digits.split(['e', 'E']).next().unwrap_or_default();
    digits.starts_with('-') && !significant.contains(|digit| matches!(digit, '1'..='9'))
}

/// A text as a literal of SQL.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn default(meta: &Meta) -> Option<String> {
        DefaultValue::from_meta(meta).ok().map(|value| value.sql)
    }

    #[test]
    fn literals_become_literals_of_sql() {
        let cases: [(Meta, &str); 9] = [
            (parse_quote!(default = -0.0), "'-0'"),
            (parse_quote!(default = -0e5), "'-0'"),
            (parse_quote!(default = -0.01), "-0.01"),
            (parse_quote!(default = "it's"), "'it''s'"),
            (parse_quote!(default = 1_000), "1000"),
            (parse_quote!(default = -5), "-5"),
            (parse_quote!(default = 0.5), "0.5"),
            (parse_quote!(default = false), "false"),
            (parse_quote!(default = sql("now()")), "now()"),
        ];
        for (meta, expected) in cases {
            assert_eq!(default(&meta).as_deref(), Some(expected));
        }
    }

    #[test]
    fn other_expressions_are_no_defaults() {
        for meta in [
            parse_quote!(default),
            parse_quote!(default = now()),
            parse_quote!(default = sql(5)),
            parse_quote!(default = -"a"),
            parse_quote!(default = 'a'),
        ] {
            assert_eq!(default(&meta), None);
        }
    }
}
