//! Forms of SQL around a word, by its tokens: whether it is a column, how many arguments a call has, what `EXECUTE` runs.

use tenantry_sql::{Kind, Token};

/// Whether a word between two others is a column of a table: a column of the catalogue has that name too, but then the table is told.
pub(super) fn is_column(before: Option<&str>, next: Option<&str>) -> bool {
    const BEFORE: [&str; 9] = ["(", ",", ".", "and", "by", "on", "select", "set", "where"];
    let is_cast = next == Some("::");
    let begins = |it: &str| BEFORE.iter().any(|word| it.eq_ignore_ascii_case(word));
    !is_cast && before.is_some_and(begins)
}

/// How many arguments a call has, which begins with its parenthesis; nothing if it is written in a form of its own.
pub(super) fn arguments(call: &[Token<'_>]) -> Option<i32> {
    const FORMS: [&str; 7] = ["as", "for", "from", "in", "order", "variadic", "with"];
    let (mut depth, mut number) = (0, 0);
    for (at, token) in call.iter().enumerate() {
        match token.text {
            "(" | "[" => depth += 1,
            ")" | "]" if depth == 1 => return Some(number + i32::from(at > 1)),
            ")" | "]" => depth -= 1,
            "," if depth == 1 => number += 1,
            _ if depth == 1 && token.is_any(&FORMS) => return None,
            _ => {}
        }
    }
    None
}

/// Whether it is a `DO` in another language than PL/pgSQL, which can't be read.
pub(super) fn is_foreign_block(tokens: &[Token<'_>]) -> bool {
    let is_foreign =
        |pair: &[Token<'_>]| pair[0].is("language") && pair[1].name().as_deref() != Some("plpgsql");
    tokens.first().is_some_and(|first| first.is("do")) && tokens.windows(2).any(is_foreign)
}

/// Whether the operand of `EXECUTE` is a text that stands there, or a pattern that stands there with names to be filled in; or the name of
/// a prepared statement, that was looked at when it was prepared.
pub(super) fn is_readable(operand: &[Token<'_>], is_statement: bool) -> bool {
    let is_text = |token: &Token<'_>| matches!(token.kind, Kind::String | Kind::Dollar);
    match operand {
        _ if is_statement => true,
        // A trigger's.
        [word, ..] if word.is_any(&["function", "procedure"]) => true,
        // A privilege.
        [word, ..] if word.is_any(&["on"]) => true,
        [text, rest @ ..] if is_text(text) => rest
            .first()
            .is_none_or(|it| it.kind == Kind::Word || it.text == ";"),
        [format, open, text, rest @ ..] => {
            let is_joined = rest
                .iter()
                .take_while(|it| it.text != ";")
                .any(|it| it.text == "||");
            format.is("format") && open.text == "(" && is_text(text) && !is_joined
        }
        _ => false,
    }
}
