//! The columns that a query gives, as far as its text shows them.

use super::tokens::Token;

/// Words behind the list of what is selected.
const AFTER: [&str; 14] = [
    "from",
    "into",
    "where",
    "group",
    "having",
    "window",
    "union",
    "intersect",
    "except",
    "order",
    "limit",
    "offset",
    "fetch",
    "for",
];

/// How many columns a query gives; nothing if that is not certain.
pub(crate) fn count(tokens: &[Token]) -> Option<usize> {
    let mut depth = 0_usize;
    let main = tokens.iter().position(|token| {
        depth = deeper(depth, token);
        depth == 0 && token.is("select")
    })?;
    let mut at = main + 1;
    if tokens.get(at)?.is("all") {
        at += 1;
    } else if tokens.get(at)?.is("distinct") {
        at += 1;
        if tokens.get(at)?.is("on") {
            return None;
        }
    }
    let (mut depth, mut commas, begin) = (0_usize, 0, at);
    while let Some(token) = tokens.get(at) {
        depth = deeper(depth, token);
        match token {
            Token::Symbol(',') if depth == 0 => commas += 1,
            Token::Word(word)
                if depth == 0
                    && AFTER.contains(&word.as_str())
                    && !is_label(tokens, at)
                    && !is_comparison(tokens, at) =>
            {
                break;
            }
            _ => {}
        }
        at += 1;
    }
    Some(if at == begin { 0 } else { commas + 1 })
}

/// Whether a query has a `*` that stands for all columns of something.
pub(crate) fn has_all(tokens: &[Token]) -> bool {
    tokens.windows(2).any(|pair| {
        pair[1] == Token::Symbol('*')
            && match &pair[0] {
                Token::Symbol(sign) => ['.', ','].contains(sign),
                before => before.is_any(&["select", "all", "distinct"]),
            }
    })
}

fn deeper(depth: usize, token: &Token) -> usize {
    match token {
        Token::Symbol('(' | '[') => depth + 1,
        Token::Symbol(')' | ']') => depth.saturating_sub(1),
        _ => depth,
    }
}

/// Whether a word is the name that is given to a column, or that of a column itself.
fn is_label(tokens: &[Token], at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| &tokens[before]);
    before.is_some_and(|before| before.is("as") || *before == Token::Symbol('.'))
}

/// Whether it is the end of `IS DISTINCT FROM`.
fn is_comparison(tokens: &[Token], at: usize) -> bool {
    let is = |steps: usize, words: &[&str]| {
        let before = at.checked_sub(steps).map(|before| &tokens[before]);
        before.is_some_and(|before| before.is_any(words))
    };
    is(1, &["distinct"]) && is(2, &["is", "not"])
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    #[test]
    fn columns_are_counted_where_they_are_certain() {
        for (query, columns) in [
            ("SELECT 1", Some(1)),
            ("SELECT a, f(b, c), (d, e), ARRAY[1, 2] FROM t", Some(4)),
            (
                "SELECT extract(year FROM a), b IS NOT DISTINCT FROM c, d FROM t, u",
                Some(3),
            ),
            (
                "SELECT DISTINCT a AS \"from\", b AS limit, c.order FROM t",
                Some(3),
            ),
            (
                "WITH x AS (SELECT 1, 2, 3) SELECT a, b FROM x UNION SELECT 1, 2",
                Some(2),
            ),
            ("SELECT FROM t", Some(0)),
            ("SELECT DISTINCT ON (a, b) a, b FROM t", None),
            ("VALUES (1, 2)", None),
            ("(SELECT 1, 2)", None),
        ] {
            assert_eq!(count(&tokens(query).unwrap()), columns, "{query}");
        }
    }

    #[test]
    fn a_star_is_told_from_a_product_and_a_count() {
        for query in ["SELECT * FROM t", "SELECT t.*", "SELECT a, * FROM t"] {
            assert!(has_all(&tokens(query).unwrap()), "{query}");
        }
        for query in ["SELECT count(*), a * b, (a) * 2 FROM t", "SELECT 2 * 3"] {
            assert!(!has_all(&tokens(query).unwrap()), "{query}");
        }
    }
}
