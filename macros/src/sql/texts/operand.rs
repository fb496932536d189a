//! Values that are turned into names: which of them tell by themselves that no schema is named.

use super::super::around::is_column;
use super::super::grammar::is_of_grammar;
use super::super::parentheses::enclosing;
use super::super::tokens::Token;

/// Words that can stand before a value in parentheses. A parenthesis behind any other belongs to a call.
const BEFORE_VALUE: [&str; 22] = [
    "select",
    "distinct",
    "all",
    "and",
    "or",
    "not",
    "case",
    "when",
    "then",
    "else",
    "in",
    "on",
    "by",
    "having",
    "where",
    "returning",
    "limit",
    "offset",
    "between",
    "like",
    "values",
    "from",
];

/// Where the value begins that ends before a position: with its parentheses, its call and its casts.
pub(super) fn before(tokens: &[Token], end: usize) -> usize {
    let mut begin = end;
    while let Some(last) = begin.checked_sub(1) {
        begin = last;
        if matches!(tokens[last], Token::Symbol(')' | ']'))
            && let Some(open) = enclosing(tokens, last)
        {
            begin = open;
            let called = open.checked_sub(1).is_some_and(|word| match &tokens[word] {
                Token::Word(name) => {
                    !BEFORE_VALUE.contains(&name.as_str()) || !is_of_grammar(tokens, open)
                }
                Token::Quoted(_) => true,
                _ => false,
            });
            begin -= usize::from(called);
        }
        while begin >= 2 && is_column(tokens, begin) {
            begin -= 2;
        }
        match begin.checked_sub(2) {
            Some(cast) if tokens[cast..begin] == [Token::Symbol(':'), Token::Symbol(':')] => {
                begin = cast;
            }
            _ => break,
        }
    }
    begin
}

/// Whether a value is a column of PostgreSQL's that is the number of a relation, whose name is only shown.
pub(super) fn is_number(value: &[Token]) -> bool {
    let (Some(Token::Word(name) | Token::Quoted(name)), true) = (value.last(), is_reference(value))
    else {
        return false;
    };
    ["oid", "tableoid"].contains(&name.as_str()) || name.ends_with("relid")
}

/// Whether a value is one text without a dot, a number, a parameter or a column, perhaps with casts, or the type of something.
pub(super) fn is_plain(value: &[Token]) -> bool {
    match value {
        [Token::Text(text)] => spelled(text).is_some_and(|text| !text.contains('.')),
        [Token::Parameter(_) | Token::Constant] => true,
        [Token::Symbol('('), inner @ .., Token::Symbol(')')]
        | [
            inner @ ..,
            Token::Symbol(':'),
            Token::Symbol(':'),
            Token::Word(_),
        ] => is_plain(inner),
        [Token::Word(word), Token::Symbol('('), .., last] => {
            word == "pg_typeof"
                && *last == Token::Symbol(')')
                && enclosing(value, value.len() - 1) == Some(1)
        }
        _ => is_reference(value),
    }
}

/// Whether a value is a name, perhaps with those that it is qualified with.
fn is_reference(value: &[Token]) -> bool {
    let is_part = |(position, token): (usize, &Token)| match token {
        Token::Word(_) | Token::Quoted(_) | Token::Slot(_) => position % 2 == 0,
        Token::Symbol(sign) => *sign == '.' && position % 2 == 1,
        _ => false,
    };
    // `CASE … END` has ended where only its last word is looked at.
    value.len() % 2 == 1
        && value.iter().enumerate().all(is_part)
        && !matches!(value, [word] if word.is("end"))
}

/// Whether a text is a name with its schema, as PostgreSQL takes it. What can't be known may be one.
pub(super) fn is_dotted_name(token: &Token) -> bool {
    let Token::Text(text) = token else {
        return false;
    };
    let Some(text) = spelled(text) else {
        return true;
    };
    // Whatever is in double quotes belongs to a part.
    let bare: String = text.trim().split('"').step_by(2).collect();
    let parts: Vec<&str> = bare.split('.').map(str::trim).collect();
    parts.len() > 1 && !parts.iter().any(|part| part.contains(char::is_whitespace))
}

/// The text that a literal stands for, unless what is behind it says so.
pub(in crate::sql) fn spelled(literal: &str) -> Option<String> {
    tenantry_sql::tokens(literal).next()?.string()
}
