//! The text that a string stands for.

use crate::quote::{self, Rules};
use crate::token::{Kind, Token};

/// The text that a string stands for, and where each of its bytes is.
#[derive(Debug, Default)]
pub(crate) struct Unescaped {
    pub(crate) text: String,
    /// The place of each byte of the text in the SQL that has the string; of an escaped one, where the escape begins.
    pub(crate) places: Vec<usize>,
    /// Whether it has `\v`: the letter in PostgreSQL 15, and not surely in all releases.
    pub(crate) has_vertical: bool,
}

impl Token<'_> {
    /// The text that it stands for, if it is a string whose text it tells by itself: what `U&'…'` means is said behind it, and what
    /// `\v` means is not surely the same in all releases.
    pub fn string(&self) -> Option<String> {
        let is_known = match self.kind {
            Kind::String => !self.text.starts_with(['u', 'U']),
            Kind::Dollar => true,
            _ => false,
        };
        let unescaped = is_known.then(|| unescape(self))?;
        (!unescaped.has_vertical).then_some(unescaped.text)
    }
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
                let (bytes, end) = escapes(text, at, &mut unescaped.has_vertical);
                // What is no text is refused by PostgreSQL.
                unescaped.text.push_str(&String::from_utf8_lossy(&bytes));
                unescaped
                    .places
                    .resize(unescaped.text.len(), token.start + at);
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

/// The bytes that escapes stand for which follow each other, and where they end. A letter can take several: its bytes one by
/// one, or the two halves of its number.
fn escapes(text: &str, start: usize, has_vertical: &mut bool) -> (Vec<u8>, usize) {
    let (mut bytes, mut at, mut half) = (Vec::new(), start, None);
    while text.as_bytes().get(at) == Some(&b'\\') {
        let (escaped, end) = escape(text, at + 1);
        let letter = match (escaped, half.take()) {
            (Escaped::Byte(byte), _) => {
                bytes.push(byte);
                None
            }
            (Escaped::Number(number @ 0xd800..0xdc00), _) => {
                half = Some(number);
                None
            }
            (Escaped::Number(low @ 0xdc00..0xe000), Some(high)) => {
                char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))
            }
            (Escaped::Number(number), _) => char::from_u32(number),
            (Escaped::Letter(letter), _) => {
                *has_vertical |= letter == VERTICAL;
                Some(letter)
            }
        };
        if let Some(letter) = letter {
            bytes.extend(letter.encode_utf8(&mut [0; 4]).bytes());
        }
        at = end;
    }
    (bytes, at)
}

/// The vertical tab.
const VERTICAL: char = '\u{b}';

/// The character that an escape stands for.
enum Escaped {
    Letter(char),
    /// One byte of a letter, or all of it.
    Byte(u8),
    /// The number of a letter in Unicode, or half of it.
    Number(u32),
}

/// Reads the escape behind a backslash, and where it ends.
fn escape(text: &str, at: usize) -> (Escaped, usize) {
    let number = |start: usize, most: usize, radix: u32| {
        let digits = text[start..].bytes().take(most);
        let end = start
            + digits
                .take_while(|&b| char::from(b).is_digit(radix))
                .count();
        let value = u32::from_str_radix(&text[start..end], radix);
        (value.unwrap_or_default(), end)
    };
    // PostgreSQL drops what is more than a byte.
    let byte = |(value, end): (u32, usize)| (Escaped::Byte(value.to_le_bytes()[0]), end);
    let unicode = |(value, end)| (Escaped::Number(value), end);
    let Some(letter) = text[at..].chars().next() else {
        return (Escaped::Byte(b'\\'), at);
    };
    let control = match letter {
        '0'..='7' => return byte(number(at, 3, 8)),
        'x' if text[at + 1..].starts_with(|c: char| c.is_ascii_hexdigit()) => {
            return byte(number(at + 1, 2, 16));
        }
        'u' => return unicode(number(at + 1, 4, 16)),
        'U' => return unicode(number(at + 1, 8, 16)),
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => VERTICAL,
        letter => letter,
    };
    (Escaped::Letter(control), at + letter.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens;

    #[test]
    fn a_vertical_tab_is_told_by_no_string() {
        for (sql, is_told) in [
            (r"E'a\vb'", false),
            (r"E'a\\vb'", true),
            (r"E'\x0bb'", true),
            (r"'a\vb'", true),
        ] {
            let told = tokens(sql).next().unwrap().string();
            assert_eq!(told.is_some(), is_told, "{sql}");
        }
    }

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
            (r"E'\xc3\xa9\303\251\551'", "ééi"),
            (r"E'\ud83d\ude00\U0001F600'", "😀😀"),
        ] {
            let token = tokens(sql).next().unwrap();
            assert_eq!(token.text, sql);
            let unescaped = unescape(&token);
            assert_eq!(unescaped.text, expected);
            assert_eq!(unescaped.places.len(), unescaped.text.len());
        }
    }
}
