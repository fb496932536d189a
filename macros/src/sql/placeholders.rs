//! Placeholders of other libraries: `?`, `:id`, `%s`, `$name`.

use super::grammar::ends_value;
use super::parentheses::enclosing;
use super::tokens::Token;

/// Text that is no parameter of PostgreSQL's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placeholder {
    pub(crate) text: String,
    /// Whether no statement of PostgreSQL's can have it there; otherwise it may be an operator, `@ balance`.
    pub(crate) is_certain: bool,
}

/// The placeholders of a statement that are none of PostgreSQL's.
pub(crate) fn strange_placeholders(tokens: &[Token]) -> impl Iterator<Item = Placeholder> {
    let mut brackets = 0_usize;
    (0..tokens.len()).filter_map(move |position| {
        match tokens[position] {
            Token::Symbol('[') => brackets += 1,
            Token::Symbol(']') => brackets = brackets.saturating_sub(1),
            _ => {}
        }
        placeholder(tokens, position, brackets > 0)
    })
}

/// The placeholder at a position, if one is.
fn placeholder(tokens: &[Token], position: usize, in_brackets: bool) -> Option<Placeholder> {
    let before = position.checked_sub(1);
    let next = tokens.get(position + 1);
    let named = |sign: char| match next {
        Some(Token::Word(name)) => Some(format!("{sign}{name}")),
        _ => None,
    };
    let (text, is_certain) = match tokens[position] {
        // A cast is two of them, and a slice of an array has one in its brackets.
        Token::Symbol(':')
            if !in_brackets
                && before.is_none_or(|before| tokens[before] != Token::Symbol(':'))
                && !is_between_key_and_value(tokens, position) =>
        {
            let number = (next == Some(&Token::Constant)).then(|| ":1".to_owned());
            (named(':').or(number)?, true)
        }
        Token::Symbol('$') => (named('$').unwrap_or_else(|| "$".to_owned()), true),
        // `@ 5` is an absolute value, `a <@ b` and `a @> b` are comparisons.
        Token::Symbol('@') if before.is_some_and(|before| is_open(tokens, before)) => {
            (named('@')?, false)
        }
        // With a value on its left it is an operator, and it may be one of the application's own without.
        Token::Symbol(sign @ ('?' | '%'))
            if before.is_none_or(|before| !ends_operand(tokens, before)) =>
        {
            let named = (sign == '%').then(|| named('%')).flatten();
            let text = named.unwrap_or_else(|| sign.to_string());
            (text, next.is_none_or(begins_no_value))
        }
        _ => return None,
    };
    Some(Placeholder { text, is_certain })
}

/// Whether a position is between a key and a value: `json_object('a' : 1)`.
fn is_between_key_and_value(tokens: &[Token], position: usize) -> bool {
    let function = enclosing(tokens, position).and_then(|open| tokens.get(open.checked_sub(1)?));
    function.is_some_and(|token| token.is_any(&["json_object", "json_objectagg"]))
        && ends_value(tokens, position - 1)
}

/// Whether something has to follow a token.
fn is_open(tokens: &[Token], position: usize) -> bool {
    match tokens[position] {
        Token::Symbol(sign) => ['=', '(', ','].contains(&sign),
        Token::Word(_) => !ends_value(tokens, position),
        _ => false,
    }
}

/// Whether an operator, or another sign of one, can follow a token.
fn ends_operand(tokens: &[Token], position: usize) -> bool {
    match &tokens[position] {
        Token::Symbol(sign) => ")]?%|&@<>#~".contains(*sign),
        _ => ends_value(tokens, position),
    }
}

/// Whether no value can begin with a token, so that no operator stands before it.
fn begins_no_value(token: &Token) -> bool {
    const BEHIND_VALUES: [&str; 24] = [
        "and",
        "as",
        "asc",
        "collate",
        "desc",
        "else",
        "end",
        "except",
        "fetch",
        "for",
        "from",
        "group",
        "having",
        "in",
        "intersect",
        "limit",
        "offset",
        "on",
        "or",
        "order",
        "returning",
        "then",
        "union",
        "where",
    ];
    match token {
        Token::Symbol(sign) => [')', ',', ']'].contains(sign),
        token => token.is_any(&BEHIND_VALUES),
    }
}

#[cfg(test)]
mod tests {
    use super::super::slots::take_out;
    use super::super::tokens::tokens;
    use super::*;

    fn all(statement: &str) -> Vec<Placeholder> {
        strange_placeholders(&tokens(&take_out(statement).unwrap().text).unwrap()).collect()
    }

    fn found(statement: &str) -> Option<String> {
        Some(all(statement).first()?.text.clone())
    }

    #[test]
    fn placeholders_of_other_libraries_are_found() {
        for (statement, expected) in [
            ("SELECT 1 WHERE id = ?", "?"),
            ("SELECT f(?, ?)", "?"),
            ("SELECT 1 WHERE id = :id", ":id"),
            ("SELECT 1 WHERE id IN (:1)", ":1"),
            ("SELECT 1 LIMIT ?", "?"),
            ("SELECT 1 WHERE id = %s", "%s"),
            ("SELECT 1 WHERE id = $name", "$name"),
            ("SELECT 1 WHERE id = @id", "@id"),
            ("SELECT f(@a, 1)", "@a"),
        ] {
            assert_eq!(found(statement).as_deref(), Some(expected), "{statement}");
        }
    }

    #[test]
    fn operators_casts_and_slices_are_let_be() {
        for statement in [
            "SELECT data ? 'a', data ?| $1, data ?& $2, 5 % 2, id % $3",
            "SELECT 1::int, a[1:2], a[x:y], '?', '%s', ':id'",
            "SELECT ($1)::text[], \"a\" ? 'b', data -> 'a' ? 'b'",
            "SELECT @ -5, a @> b, a <@ b, a @@ b, a @? '$.b'",
            "SELECT json_object('a': 1, b : c, f(x):$1, (a.b) : d)",
            "SELECT json_objectagg(a.name : a.set % 2), json_object('a' : a[x:y])",
            "SELECT a.limit % 2, a.offset % 5, a.values ? 'a', {A.x} % 2",
        ] {
            assert_eq!(found(statement), None, "{statement}");
        }
    }

    #[test]
    fn what_may_be_an_operator_is_not_certain() {
        for statement in [
            "SELECT @balance FROM a",
            "SELECT 1 WHERE a = @b",
            "SELECT 1 WHERE a = ? b",
            "SELECT a =% b",
        ] {
            let all = all(statement);
            assert!(!all.is_empty(), "{statement}");
            assert!(all.iter().all(|one| !one.is_certain), "{statement}");
        }
        for statement in [
            "SELECT 1 WHERE id = ?",
            "SELECT f(?, 1)",
            "SELECT 1 WHERE a = ? AND b",
            "SELECT 1 LIMIT ? OFFSET 5",
            "SELECT :id",
            "SELECT json_object(:id)",
            "SELECT json_object('a' : f(:id))",
            "SELECT json_object('a' VALUE :id, 'b' : 1)",
            "SELECT json_array('a' : 1)",
            "SELECT $name",
        ] {
            let all = all(statement);
            assert!(all.iter().any(|one| one.is_certain), "{statement}");
        }
    }
}
