//! Cuts a text into tokens.

use std::iter::FusedIterator;
use std::ops::Range;

use crate::bytes::{begins_word, continues_word, is_space, line_end, run};
use crate::delimiter::Delimiters;
use crate::token::{Kind, Token, Unclosed};
use crate::{number, operator, quote};

/// Cuts a text into tokens. Together they are the whole text; what is not closed ends with the text.
///
/// ```
/// use tenantry_sql::{Kind, tokens};
///
/// let kinds: Vec<Kind> = tokens("SELECT 'a'::text").map(|token| token.kind).collect();
/// assert_eq!(kinds, [Kind::Word, Kind::Space, Kind::String, Kind::Symbol, Kind::Word]);
/// ```
pub fn tokens(sql: &str) -> Tokens<'_> {
    Tokens::within(sql, 0..sql.len(), None)
}

/// Tells whether SQL has the name, quoted or not, outside of strings and comments.
pub fn mentions(sql: &str, name: &str) -> bool {
    tokens(sql).any(|token| token.name().is_some_and(|found| found == name))
}

/// The tokens of a text, see [`tokens`].
#[derive(Debug, Clone)]
pub struct Tokens<'a> {
    sql: &'a str,
    at: usize,
    delimiters: Option<&'a Delimiters<'a>>,
}

impl<'a> Tokens<'a> {
    /// The tokens of a part of a text, with their places in the whole.
    pub(crate) fn within(
        sql: &'a str,
        range: Range<usize>,
        delimiters: Option<&'a Delimiters<'a>>,
    ) -> Self {
        Self {
            sql: &sql[..range.end],
            at: range.start,
            delimiters,
        }
    }

    /// The kind of the token that begins with a byte, and where it ends.
    fn end_of(&self, start: usize, first: u8) -> (Kind, usize) {
        let bytes = self.sql.as_bytes();
        let second = bytes.get(start + 1).copied();
        let or_open = |end: Option<usize>, kind, open| match end {
            Some(end) => (kind, end),
            None => (Kind::Open(open), bytes.len()),
        };
        match (first, second) {
            _ if is_space(first) => (Kind::Space, run(bytes, start, is_space)),
            (b'-', Some(b'-')) => (Kind::Comment, line_end(bytes, start)),
            (b'/', Some(b'*')) => or_open(
                block_comment(bytes, start),
                Kind::Comment,
                Unclosed::Comment,
            ),
            (b'"', _) => or_open(quote::name(bytes, start), Kind::Quoted, Unclosed::Name),
            (b'$', Some(b'0'..=b'9')) => (
                Kind::Parameter,
                run(bytes, start + 1, |b| b.is_ascii_digit()),
            ),
            (b'$', _) => match quote::delimiter(bytes, start) {
                Some(inner) => or_open(self.dollar(start, inner), Kind::Dollar, Unclosed::Dollar),
                None => (Kind::Symbol, start + 1),
            },
            (b'.', Some(b'0'..=b'9')) | (b'0'..=b'9', _) => {
                (Kind::Number, number::end(bytes, start))
            }
            (b'.', Some(b'.')) | (b':', Some(b':' | b'=')) => (Kind::Symbol, start + 2),
            _ if operator::is_part(first) => (Kind::Operator, operator::end(bytes, start)),
            _ => match quote::string_start(bytes, start) {
                Some(string) => or_open(
                    quote::string(bytes, &string),
                    Kind::String,
                    Unclosed::String,
                ),
                None if matches!(&bytes[start..], [b'u' | b'U', b'&', b'"', ..]) => or_open(
                    quote::name(bytes, start + 2),
                    Kind::EscapedName,
                    Unclosed::Name,
                ),
                None if begins_word(first) => (Kind::Word, run(bytes, start, continues_word)),
                // All other bytes are in ASCII, so each is a character.
                None => (Kind::Symbol, start + 1),
            },
        }
    }

    /// Where a string in dollar quotes ends.
    fn dollar(&self, start: usize, inner: usize) -> Option<usize> {
        let delimiter = &self.sql[start..inner];
        let closing = match self.delimiters {
            Some(delimiters) => delimiters.next(delimiter, inner)?,
            None => inner + self.sql[inner..].find(delimiter)?,
        };
        let end = closing + delimiter.len();
        (end <= self.sql.len()).then_some(end)
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let start = self.at;
        let first = *self.sql.as_bytes().get(start)?;
        let (kind, end) = self.end_of(start, first);
        self.at = end;
        Some(Token {
            kind,
            text: &self.sql[start..end],
            start,
        })
    }
}

impl FusedIterator for Tokens<'_> {}

/// Where the comment ends that begins here with `/*`. Others can be nested in it.
fn block_comment(bytes: &[u8], start: usize) -> Option<usize> {
    let (mut depth, mut at) = (1_usize, start + 2);
    while depth > 0 {
        match bytes.get(at..at + 2)? {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(sql: &str) -> Vec<(Kind, &str)> {
        let whole: String = tokens(sql).map(|token| token.text).collect();
        assert_eq!(whole, sql);
        tokens(sql)
            .filter(|token| !token.is_blank())
            .map(|token| (token.kind, token.text))
            .collect()
    }

    #[test]
    fn letters_beyond_ascii_and_dollars_are_parts_of_names() {
        for word in [
            "é",
            "→$a$",
            "a$b$",
            "a\u{a0}b",
            "\u{feff}SELECT",
            "_1",
            "x$1",
        ] {
            assert_eq!(shown(word), [(Kind::Word, word)]);
        }
        assert_eq!(shown("$€$ ; COMMIT; $€$").len(), 1);
        assert_eq!(shown("$é$é$é$"), [(Kind::Dollar, "$é$é$é$")]);
    }

    #[test]
    fn spaces_are_those_of_ascii() {
        assert_eq!(shown("a \t\n\r\u{b}\u{c}b").len(), 2);
        assert_eq!(shown("a\u{2003}b\u{85}c").len(), 1);
    }

    #[test]
    fn a_dollar_sign_begins_a_string_a_parameter_or_nothing() {
        assert_eq!(
            shown("$1$ $$;$$ $x$ $$;$$ $x$ $ $9a$"),
            [
                (Kind::Parameter, "$1"),
                (Kind::Symbol, "$"),
                (Kind::Dollar, "$$;$$"),
                (Kind::Dollar, "$x$ $$;$$ $x$"),
                (Kind::Symbol, "$"),
                (Kind::Parameter, "$9"),
                (Kind::Word, "a$"),
            ]
        );
    }

    #[test]
    fn comments_nest_and_end_with_any_line_break() {
        assert_eq!(shown("a -- b\rc /* d /* e */ -- */ f").len(), 3);
        assert_eq!(shown("/*/ */ a /**/ b /***/ c /*//**/*/ d").len(), 4);
        assert_eq!(shown("a /* /* */"), [(Kind::Word, "a")]);
    }

    #[test]
    fn signs_of_two_characters_are_one_token() {
        let texts: Vec<&str> = shown("a::b := c[1..2] => d.e{")
            .iter()
            .map(|(_, text)| *text)
            .collect();
        assert_eq!(
            texts,
            [
                "a", "::", "b", ":=", "c", "[", "1", "..", "2", "]", "=>", "d", ".", "e", "{"
            ]
        );
    }

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
    fn what_is_not_closed_ends_with_the_text() {
        for (sql, open) in [
            ("'a", Unclosed::String),
            ("E'a\\'", Unclosed::String),
            ("E'\\", Unclosed::String),
            ("'a'\n'", Unclosed::String),
            ("B'''", Unclosed::String),
            ("\"a\"\"", Unclosed::Name),
            ("U&\"a", Unclosed::Name),
            ("$a$ $b$", Unclosed::Dollar),
            ("/* /* */", Unclosed::Comment),
            ("/*/", Unclosed::Comment),
        ] {
            let last = tokens(sql).last().unwrap();
            assert_eq!(last.kind, Kind::Open(open), "{sql}");
        }
    }
}
