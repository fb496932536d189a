//! Placeholders of other libraries: `?`, `:id`, `%s`, `$name`.

use super::tokens::Token;

/// The first placeholder of a statement that is none of PostgreSQL's.
pub(crate) fn strange_placeholder(tokens: &[Token]) -> Option<String> {
    let mut brackets = 0_usize;
    for (position, token) in tokens.iter().enumerate() {
        let next = tokens.get(position + 1);
        let before = position.checked_sub(1).map(|before| &tokens[before]);
        match token {
            Token::Symbol('[') => brackets += 1,
            Token::Symbol(']') => brackets = brackets.saturating_sub(1),
            // A cast is two of them, and a slice of an array has one in its brackets.
            Token::Symbol(':') if brackets == 0 && before != Some(&Token::Symbol(':')) => {
                match next {
                    Some(Token::Word(name)) => return Some(format!(":{name}")),
                    Some(Token::Constant) => return Some(":1".to_owned()),
                    _ => {}
                }
            }
            Token::Symbol('$') => {
                return Some(match next {
                    Some(Token::Word(name)) => format!("${name}"),
                    _ => "$".to_owned(),
                });
            }
            // `@ 5` is an absolute value, `a <@ b` and `a @> b` are comparisons.
            Token::Symbol('@')
                if matches!(before, Some(Token::Symbol('=' | '(' | ',')))
                    || before.is_some_and(|before| {
                        matches!(before, Token::Word(_)) && !ends_value(before)
                    }) =>
            {
                if let Some(Token::Word(name)) = next {
                    return Some(format!("@{name}"));
                }
            }
            // With a value on its left it is an operator.
            Token::Symbol(sign @ ('?' | '%')) if !before.is_some_and(ends_value) => {
                return Some(match next {
                    Some(Token::Word(name)) if *sign == '%' => format!("%{name}"),
                    _ => sign.to_string(),
                });
            }
            _ => {}
        }
    }
    None
}

/// Whether a value can end with a token.
fn ends_value(token: &Token) -> bool {
    const BEFORE_VALUES: [&str; 24] = [
        "select",
        "where",
        "and",
        "or",
        "not",
        "on",
        "when",
        "then",
        "else",
        "in",
        "like",
        "ilike",
        "between",
        "limit",
        "offset",
        "values",
        "set",
        "by",
        "having",
        "from",
        "returning",
        "case",
        "is",
        "distinct",
    ];
    match token {
        Token::Word(word) => !BEFORE_VALUES.contains(&word.as_str()),
        Token::Quoted(_)
        | Token::Text(_)
        | Token::Constant
        | Token::Parameter(_)
        | Token::Slot(_) => true,
        Token::Symbol(sign) => matches!(
            sign,
            ')' | ']' | '?' | '%' | '|' | '&' | '@' | '<' | '>' | '#' | '~'
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    fn found(statement: &str) -> Option<String> {
        strange_placeholder(&tokens(statement).unwrap())
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
        ] {
            assert_eq!(found(statement), None, "{statement}");
        }
    }
}
