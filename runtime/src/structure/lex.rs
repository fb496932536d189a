//! Cuts SQL into tokens, as far as one must to tell a name from a text that looks like it.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A key word or a name without quotes.
    Word,
    /// A name in double quotes.
    Quoted,
    /// A text in single quotes, with the `E` before it if there is one.
    Literal,
    /// A text between dollar signs.
    Dollar,
    /// A comment.
    Comment,
    /// White space, a number or a sign.
    Other,
}

/// Cuts SQL into tokens. Together they are the whole text; what is not closed ends with the text.
pub(super) fn tokens(sql: &str) -> impl Iterator<Item = (Kind, &str)> {
    let mut rest = sql;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let (kind, length) = token(rest, first);
        let (token, after) = rest.split_at(length);
        rest = after;
        Some((kind, token))
    })
}

/// Whether the SQL has the name, quoted or not, outside texts and comments.
pub(super) fn mentions(sql: &str, name: &str) -> bool {
    tokens(sql).any(|(kind, token)| identifier(kind, token).is_some_and(|found| found == name))
}

/// The name that a token means, if it is one.
pub(super) fn identifier(kind: Kind, token: &str) -> Option<String> {
    match kind {
        Kind::Word => Some(token.to_ascii_lowercase()),
        Kind::Quoted => {
            let inner = token.strip_prefix('"')?.strip_suffix('"')?;
            Some(inner.replace("\"\"", "\""))
        }
        _ => None,
    }
}

fn token(rest: &str, first: char) -> (Kind, usize) {
    match first {
        '"' => (Kind::Quoted, quoted(rest, '"', false)),
        '\'' => (Kind::Literal, quoted(rest, '\'', false)),
        'e' | 'E' if rest[1..].starts_with('\'') => {
            (Kind::Literal, 1 + quoted(&rest[1..], '\'', true))
        }
        '-' if rest.starts_with("--") => {
            (Kind::Comment, rest.find(['\n', '\r']).unwrap_or(rest.len()))
        }
        '/' if rest.starts_with("/*") => (Kind::Comment, block_comment(rest)),
        '$' => dollar(rest).map_or((Kind::Other, 1), |length| (Kind::Dollar, length)),
        c if starts_word(c) => (Kind::Word, word(rest)),
        // A number takes the letters after it along, so that the `e` of `1e5` is no name.
        c if c.is_ascii_digit() => (Kind::Other, word(rest)),
        c => (Kind::Other, c.len_utf8()),
    }
}

fn starts_word(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

fn word(rest: &str) -> usize {
    rest.find(|c: char| !starts_word(c) && !c.is_ascii_digit() && c != '$')
        .unwrap_or(rest.len())
}

/// The length of a text in quotes; a doubled quote does not end it.
fn quoted(rest: &str, quote: char, escapes: bool) -> usize {
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if escapes && c == '\\' {
            chars.next();
        } else if c == quote && chars.next_if(|&(_, next)| next == quote).is_none() {
            return at + 1;
        }
    }
    rest.len()
}

/// Block comments nest in PostgreSQL.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        let here = &rest.as_bytes()[at..];
        if here.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// The length of a text between `$tag$` and `$tag$`; none when the dollar sign starts no such text.
fn dollar(rest: &str) -> Option<usize> {
    let tag_end = 1 + rest[1..].find('$')?;
    let tag = &rest[1..tag_end];
    if tag.starts_with(|c: char| c.is_ascii_digit()) || word(tag) < tag.len() {
        return None;
    }
    let delimiter = &rest[..=tag_end];
    let body = &rest[tag_end + 1..];
    Some(
        body.find(delimiter)
            .map_or(rest.len(), |end| tag_end + 1 + end + delimiter.len()),
    )
}

/// A text between dollar signs: the delimiter on either side of it, and the text.
pub(super) fn dollar_parts(token: &str) -> Option<(&str, &str)> {
    let tag_end = 1 + token[1..].find('$')?;
    let delimiter = &token[..=tag_end];
    let body = token[delimiter.len()..].strip_suffix(delimiter)?;
    Some((delimiter, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_inside_a_text_or_a_comment_is_not_mentioned() {
        assert!(mentions("total > 0", "total"));
        assert!(mentions(r#"("Total" > 0)"#, "Total"));
        assert!(mentions("TOTAL > 0", "total"));
        assert!(mentions("x -- a comment ends here\r> total", "total"));
        for sql in [
            "kind = 'total'",
            "kind = 'it''s total'",
            r"kind = E'it\'s total'",
            "totals > 0",
            "$1 > 0 -- total",
            "/* a /* total */ total */ x > 0",
            "f($q$ total $q$)",
            "x > 1e5total",
        ] {
            assert!(!mentions(sql, "total"), "{sql}");
        }
    }

    #[test]
    fn tokens_are_the_whole_text_even_when_something_is_not_closed() {
        for sql in [
            "a = 'b", "\"", "$a$ x", "/* /* */", "x$1$y", "1.5e3ß", "E'\\", "$", "--",
        ] {
            let whole: String = tokens(sql).map(|(_, token)| token).collect();
            assert_eq!(whole, sql);
        }
    }
}
