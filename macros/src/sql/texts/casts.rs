//! Casts of texts to types whose values are names.

use super::super::parentheses::{enclosing, items};
use super::super::tokens::Token;
use super::NAMES_SOMETHING;
use super::operand::{before, is_number, is_plain};

/// Types whose texts are names of relations, functions and operators.
const NAMES: [&str; 6] = [
    "regclass",
    "regproc",
    "regprocedure",
    "regoper",
    "regoperator",
    "regnamespace",
];

/// Types whose texts are names that can have a schema.
const OFTEN_PLAIN: [&str; 4] = ["regtype", "regconfig", "regdictionary", "regcollation"];

/// Why a type at a position, which a value beside it is turned into, leads past the slots.
pub(super) fn cast(tokens: &[Token], position: usize, name: &str) -> Option<&'static str> {
    // `_regclass` is an array of them.
    let plain = name.strip_prefix('_').unwrap_or(name);
    let any = NAMES.contains(&plain);
    if !any && !OFTEN_PLAIN.contains(&plain) {
        return None;
    }
    if tokens.get(position + 1) == Some(&Token::Symbol('.')) {
        // The alias of a relation.
        return None;
    }
    let mut begin = position;
    if position >= 2 && tokens[position - 1] == Token::Symbol('.') {
        // `pg_catalog.regclass` is the same type, `a.regclass` a column.
        begin -= 2;
        if !tokens[begin].is("pg_catalog") {
            return None;
        }
    }
    let given = given(tokens, begin, position);
    let is_fine = given.is_some_and(|given| is_number(given) || (!any && is_plain(given)));
    (!is_fine).then_some(NAMES_SOMETHING)
}

/// The value that is turned into the type between two positions, if one is.
fn given(tokens: &[Token], begin: usize, end: usize) -> Option<&[Token]> {
    if let Some(cast) = begin.checked_sub(2)
        && tokens[cast..begin] == [Token::Symbol(':'), Token::Symbol(':')]
    {
        return Some(&tokens[before(tokens, cast)..cast]);
    }
    if let Some(last) = begin.checked_sub(1)
        && tokens[last].is("as")
    {
        let open = enclosing(tokens, last)?;
        let is_cast = open
            .checked_sub(1)
            .is_some_and(|word| tokens[word].is("cast"));
        return is_cast.then(|| &tokens[open + 1..last]);
    }
    match tokens.get(end + 1)? {
        Token::Text(_) => Some(&tokens[end + 1..end + 2]),
        Token::Symbol('(') => match items(tokens, end + 2)[..] {
            [only] => Some(only),
            _ => None,
        },
        _ => None,
    }
}
