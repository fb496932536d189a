//! The text that a string stands for.

use crate::quote::{self, Rules};
use crate::token::Token;

/// The text that a string stands for, and where each of its bytes is.
#[derive(Debug, Default)]
pub(crate) struct Unescaped {
    pub(crate) text: String,
    /// The place of each byte of the text in the SQL that has the string; of an escaped one, where the escape begins.
    pub(crate) places: Vec<usize>,
}

impl Unescaped {
    fn push(&mut self, text: &str, place: usize) {
        self.text.push_str(text);
        self.places.extend((place..).take(text.len()));
    }
}

/// Undoes the quotes and escapes of a string. `U&'…'` keeps its escapes: what they mean is said behind the string.
pub(crate) fn unescape(token: &Token<'_>) -> Unescaped {
    let mut unescaped = Unescaped::default();
    if let Some((delimiter, text)) = token.dollar_parts() {
        unescaped.push(text, token.start + delimiter.len());
        return unescaped;
    }
    let (text, bytes) = (token.text, token.text.as_bytes());
    let Some(start) = quote::string_start(bytes, 0) else {
        return unescaped;
    };
    let mut at = start.inner;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if start.rules == Rules::Escapes => {
                let (letter, end) = escape(text, at + 1);
                let place = token.start + at;
                unescaped
                    .text
                    .push_str(letter.as_deref().unwrap_or(&text[at + 1..end]));
                unescaped.places.resize(unescaped.text.len(), place);
                at = end;
            }
            b'\'' if start.rules != Rules::Bits && bytes.get(at + 1) == Some(&b'\'') => {
                unescaped.push("'", token.start + at);
                at += 2;
            }
            b'\'' => match quote::continued(bytes, at + 1) {
                Some(inner) => at = inner,
                None => break,
            },
            _ => {
                let rest = &text[at..];
                let end = rest
                    .find(['\'', '\\'])
                    .map_or(text.len(), |length| at + length);
                let end = if end == at { at + 1 } else { end };
                unescaped.push(&text[at..end], token.start + at);
                at = end;
            }
        }
    }
    unescaped
}

/// The text of the escape behind a backslash, unless it is the letter itself, and where it ends.
fn escape(text: &str, at: usize) -> (Option<String>, usize) {
    let number = |start: usize, most: usize, radix: u32| {
        let digits = text[start..].bytes().take(most);
        let end = start
            + digits
                .take_while(|&b| char::from(b).is_digit(radix))
                .count();
        let value = u32::from_str_radix(&text[start..end], radix).ok();
        let letter = value.and_then(char::from_u32).map(String::from);
        (letter, end)
    };
    let Some(letter) = text[at..].chars().next() else {
        return (None, at);
    };
    match letter {
        'b' => (Some("\u{8}".to_owned()), at + 1),
        'f' => (Some("\u{c}".to_owned()), at + 1),
        'n' => (Some("\n".to_owned()), at + 1),
        'r' => (Some("\r".to_owned()), at + 1),
        't' => (Some("\t".to_owned()), at + 1),
        '0'..='7' => number(at, 3, 8),
        'x' if text[at + 1..].starts_with(|c: char| c.is_ascii_hexdigit()) => number(at + 1, 2, 16),
        'u' => number(at + 1, 4, 16),
        'U' => number(at + 1, 8, 16),
        _ => (None, at + letter.len_utf8()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens;

    #[test]
    fn strings_stand_for_what_postgresql_reads() {
        for (sql, expected) in [
            ("'a''b'", "a'b"),
            (r"'a\n'", r"a\n"),
            (r"E'a\n\'\\\x41\101\u00e9\é\''", "a\n'\\AAéé'"),
            ("'a' -- b\n 'c'", "ac"),
            ("$$a'b$$", "a'b"),
            ("E'a'\n'\\''", "a'"),
            (r"E'\xzz\u12'", "xzz\u{12}"),
        ] {
            let token = tokens(sql).next().unwrap();
            assert_eq!(token.text, sql);
            let unescaped = unescape(&token);
            assert_eq!(unescaped.text, expected);
            assert_eq!(unescaped.places.len(), unescaped.text.len());
        }
    }
}
