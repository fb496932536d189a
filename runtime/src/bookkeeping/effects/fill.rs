//! Values that rows get.

use tenantry_sql::{Kind, Token};

use super::expression::{Volatile, is_harmless};

/// Whether a statement writes a column of those rows only that have null, or one text, in the same column, and evaluates nothing but what is
/// built in and harmless: `UPDATE a.b SET c = 1 WHERE c IS NULL`.
///
/// A trigger may do more. But it was fired once for each of these rows before as well, and nothing that is known depends on it.
pub(crate) fn is_fill(tokens: &[Token<'_>]) -> bool {
    let [update, _, dot, _, set, column, equals, rest @ ..] = tokens else {
        return false;
    };
    let is_update = update.is("update") && dot.is_sign(".") && set.is("set") && equals.text == "=";
    let [value @ .., where_, same, one, other] = rest else {
        return false;
    };
    let is_narrow = where_.is("where")
        && same.name().is_some()
        && same.name() == column.name()
        && (one.is("is") && other.is("null") || one.text == "=" && other.kind == Kind::String);
    let is_list = |token: &Token<'_>| token.is_sign(",") || token.is("where") || token.is("from");
    is_update && is_narrow && !value.iter().any(is_list) && is_harmless(value, Volatile::Allowed)
}
