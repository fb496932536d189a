//! Places in a statement where a name with a dot is that of a type, an operator, a collation or a function.
//!
//! Nothing there is a column, whatever aliases the statement gives: `acme.money` in a cast is a type of the schema `acme`, also where
//! `acme` is an alias.

use super::around::is_column;
use super::parentheses::enclosing;
use super::tokens::Token;

/// Words that can stand first in parentheses or behind a comma, and before a column. PostgreSQL takes none of them for a column's name,
/// so what follows any other word there is its type or its operator class.
const BEFORE_COLUMN: [&str; 11] = [
    "select", "distinct", "all", "not", "case", "variadic", "both", "leading", "trailing", "from",
    "where",
];

/// Words that stand before a column in the calls of some functions only.
const IN_CALLS: [(&str, &[&str]); 5] = [
    ("document", &["xmlparse", "xmlserialize"]),
    ("content", &["xmlparse", "xmlserialize"]),
    ("version", &["xmlroot"]),
    ("default", &["xmlnamespaces"]),
    ("key", &["json_object", "json_objectagg"]),
];

/// Whether the name with a dot between two positions is that of something else than a column.
pub(super) fn is_of_object(tokens: &[Token], begin: usize, end: usize) -> bool {
    let is_called_or_typed = matches!(tokens.get(end), Some(Token::Text(_) | Token::Symbol('(')));
    is_called_or_typed || follows_object(tokens, begin)
}

/// Whether what stands before a position lets no column follow.
fn follows_object(tokens: &[Token], begin: usize) -> bool {
    let Some(before) = begin.checked_sub(1) else {
        return false;
    };
    let further = before.checked_sub(1).map(|further| &tokens[further]);
    match &tokens[before] {
        Token::Symbol(':') => further == Some(&Token::Symbol(':')),
        Token::Symbol('(') => further.is_some_and(|token| token.is("operator")),
        Token::Symbol(')') => !goes_on(tokens, before),
        Token::Symbol(sign) => *sign == ']',
        Token::Word(word) => {
            ["as", "collate", "setof"].contains(&word.as_str())
                || is_column(tokens, before)
                || further.is_some_and(|token| token.is("collate"))
                || (word == "returning" && is_in_json(tokens, before))
                || (begins_item(further) && !is_before_column(tokens, before, word))
        }
        // `("a" acme.money)`: two values never follow each other.
        _ => true,
    }
}

/// Whether a value can follow the parenthesis that closes at a position: `DISTINCT ON (a) b.c`, `OPERATOR(pg_catalog.+) b.c`,
/// `RETURNING WITH (OLD AS b) b.c`.
pub(super) fn goes_on(tokens: &[Token], close: usize) -> bool {
    let Some(open) = enclosing(tokens, close) else {
        return false;
    };
    let word = |count: usize, word: &str| {
        open.checked_sub(count)
            .is_some_and(|before| tokens[before].is(word))
    };
    word(1, "operator")
        || (word(1, "on") && word(2, "distinct"))
        || (word(1, "with") && word(2, "returning"))
}

/// Whether what stands before a word makes it the first of an item: of a list, or of the columns of a table that is made of a document.
fn begins_item(before: Option<&Token>) -> bool {
    match before {
        None | Some(Token::Symbol('(' | ',')) => true,
        Some(token) => token.is("columns"),
    }
}

fn is_before_column(tokens: &[Token], position: usize, word: &str) -> bool {
    let called = || {
        let open = enclosing(tokens, position)?;
        tokens.get(open.checked_sub(1)?)
    };
    let in_call = IN_CALLS.iter().any(|(own, calls)| {
        *own == word && called().is_some_and(|function| function.is_any(calls))
    });
    BEFORE_COLUMN.contains(&word) || in_call
}

/// Whether a position is in the call of a function for JSON, whose `RETURNING` is followed by a type.
fn is_in_json(tokens: &[Token], position: usize) -> bool {
    let function = enclosing(tokens, position).and_then(|open| tokens.get(open.checked_sub(1)?));
    matches!(function, Some(Token::Word(name)) if name.starts_with("json"))
}
