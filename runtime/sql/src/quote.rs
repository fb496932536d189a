//! Strings and names in quotes.

use crate::bytes::{begins_word, is_newline, is_space, line_end, run};

/// The beginning of a string in single quotes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start {
    /// Behind the first quote.
    pub(crate) inner: usize,
    pub(crate) rules: Rules,
}

/// Meaning of single quotes and backslashes in a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rules {
    /// Two quotes are one: `'…'`, `N'…'`, `U&'…'`.
    Plain,
    /// A backslash takes along what follows, and two quotes are one: `E'…'`.
    Escapes,
    /// The next quote ends it: `B'…'`, `X'…'`.
    Bits,
}

/// Reads the prefix and the first quote of a string, if one begins here.
pub(crate) fn string_start(bytes: &[u8], start: usize) -> Option<Start> {
    let (prefix, rules) = match bytes[start..] {
        [b'\'', ..] => (0, Rules::Plain),
        [b'n' | b'N', b'\'', ..] => (1, Rules::Plain),
        [b'e' | b'E', b'\'', ..] => (1, Rules::Escapes),
        [b'b' | b'B' | b'x' | b'X', b'\'', ..] => (1, Rules::Bits),
        [b'u' | b'U', b'&', b'\'', ..] => (2, Rules::Plain),
        _ => return None,
    };
    Some(Start {
        inner: start + prefix + 1,
        rules,
    })
}

/// Where a string ends, with the lines that go on with it.
pub(crate) fn string(bytes: &[u8], start: &Start) -> Option<usize> {
    let mut at = start.inner;
    loop {
        match *bytes.get(at)? {
            b'\\' if start.rules == Rules::Escapes => at += 2,
            b'\'' if start.rules != Rules::Bits && bytes.get(at + 1) == Some(&b'\'') => at += 2,
            b'\'' => match continued(bytes, at + 1) {
                Some(inner) => at = inner,
                None => return Some(at + 1),
            },
            _ => at += 1,
        }
    }
}

/// Where a string goes on that a quote has closed: behind the next quote, if there are only spaces and comments of one line
/// in between, and a line break before the first of them that is a comment with a quote behind it.
pub(crate) fn continued(bytes: &[u8], closed: usize) -> Option<usize> {
    let mut at = run(bytes, closed, |byte| is_space(byte) && !is_newline(byte));
    if bytes[at..].starts_with(b"--") {
        at = line_end(bytes, at);
    }
    if !is_newline(*bytes.get(at)?) {
        return None;
    }
    loop {
        at = run(bytes, at, is_space);
        if !bytes[at..].starts_with(b"--") {
            return (*bytes.get(at)? == b'\'').then_some(at + 1);
        }
        // A comment counts with the line break behind it; without one the text is at its end.
        at = line_end(bytes, at);
    }
}

/// Where the name in double quotes ends whose first quote is here.
pub(crate) fn name(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        let quote = run(bytes, at, |byte| byte != b'"');
        bytes.get(quote)?;
        if bytes.get(quote + 1) != Some(&b'"') {
            return Some(quote + 1);
        }
        at = quote + 2;
    }
}

/// Where the delimiter of a string in dollar quotes ends, if one begins with the dollar sign here.
pub(crate) fn delimiter(bytes: &[u8], start: usize) -> Option<usize> {
    let is_tag = |byte: u8| begins_word(byte) || byte.is_ascii_digit();
    let end = match *bytes.get(start + 1)? {
        first if begins_word(first) => run(bytes, start + 1, is_tag),
        _ => start + 1,
    };
    (bytes.get(end) == Some(&b'$')).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use crate::{Kind, tokens};

    fn texts(sql: &str) -> Vec<&str> {
        tokens(sql)
            .filter(|token| !token.is_blank())
            .map(|token| token.text)
            .collect()
    }

    #[test]
    fn prefixes_are_part_of_the_string() {
        for string in [
            "'a''b'",
            "E'a\\'b'",
            "e'\\\\'",
            "b'1'",
            "X'1F'",
            "n'a'",
            "U&'\\0061'",
            "E'\\é'",
        ] {
            let found: Vec<_> = tokens(string)
                .map(|token| (token.kind, token.text))
                .collect();
            assert_eq!(found, [(Kind::String, string)]);
        }
        assert_eq!(texts("re'a'"), ["re", "'a'"]);
        assert_eq!(texts("u & 'a'"), ["u", "&", "'a'"]);
        assert_eq!(texts("B'1''0'"), ["B'1'", "'0'"]);
    }

    #[test]
    fn a_string_goes_on_in_the_next_line_by_the_same_rules() {
        for string in [
            "E'a'\n'\\''",
            "'a' -- b\n -- c\r\n\t'd'",
            "'a'\n\n'b'\n'c'",
            "'a'\u{b}\n'b'",
        ] {
            assert_eq!(texts(string), [string]);
        }
        for (sql, expected) in [
            ("'a' 'b'", ["'a'", "'b'"]),
            ("'a' /* b */\n'c'", ["'a'", "'c'"]),
            ("'a'\n/* b */'c'", ["'a'", "'c'"]),
            ("'a'\nE'c'", ["'a'", "E'c'"]),
            ("'a'\n- 'c'", ["'a'", "-"]),
        ] {
            assert_eq!(texts(sql)[..2], expected, "{sql}");
        }
        assert_eq!(texts("'a' -- b"), ["'a'"]);
    }

    #[test]
    fn names_can_have_quotes() {
        assert_eq!(
            texts("\"a\"\"b\"\"\" U&\"c\" u&d"),
            ["\"a\"\"b\"\"\"", "U&\"c\"", "u", "&", "d"]
        );
    }
}
