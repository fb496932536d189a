//! JSON as text: its numbers, and what `jsonb` can't hold.

use crate::value::DecodeError;

/// How deep `serde_json` reads: whoever writes deeper could not read it again.
const MAX_DEPTH: usize = 127;

/// A number of so few characters is read without loss, whatever reads it.
const SHORT: usize = 15;

/// Refuses what `jsonb` would change, or what could not be read again.
pub(super) fn check(json: &[u8]) -> Result<(), DecodeError> {
    let mut depth = 0;
    for token in Tokens(json) {
        match token {
            Token::Open => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(format!(
                        "the JSON is nested deeper than {MAX_DEPTH} levels, and could not be read again"
                    )
                    .into());
                }
            }
            Token::Close => depth -= 1,
            Token::Text(text) => {
                if has_nul(text) {
                    return Err(
                        "the JSON has a text with a NUL character, which `jsonb` can't hold".into(),
                    );
                }
            }
            Token::Number(number) => {
                if number.first() == Some(&b'-') && Number::of(number).digits.is_empty() {
                    return Err(
                        "the JSON has a negative zero, which `jsonb` takes for zero\n\
                                help: add `0.0` to the number"
                            .into(),
                    );
                }
            }
        }
    }
    Ok(())
}

/// All numbers.
pub(super) fn numbers(json: &[u8]) -> Vec<Number> {
    Tokens(json)
        .filter_map(|token| match token {
            Token::Number(number) => Some(Number::of(number)),
            _ => None,
        })
        .collect()
}

/// The numbers that are long enough to lose something when they are read, as they are written and in their one form.
pub(super) fn long_numbers(json: &[u8]) -> Vec<(String, Number)> {
    Tokens(json)
        .filter_map(|token| match token {
            Token::Number(number) if number.len() > SHORT => Some((
                String::from_utf8_lossy(number).into_owned(),
                Number::of(number),
            )),
            _ => None,
        })
        .collect()
}

/// A number in the one form that all ways to write it have: significant digits, and the power of ten of the last.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Number {
    negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

impl Number {
    fn of(token: &[u8]) -> Self {
        let (mantissa, power) = match token.iter().position(|byte| matches!(byte, b'e' | b'E')) {
            Some(e) => (&token[..e], &token[e + 1..]),
            None => (token, &b"0"[..]),
        };
        let mut exponent: i64 = std::str::from_utf8(power)
            .ok()
            .and_then(|power| power.parse().ok())
            .unwrap_or_default();
        if let Some(point) = mantissa.iter().position(|byte| *byte == b'.') {
            exponent -= i64::try_from(mantissa.len() - point - 1).unwrap_or_default();
        }
        let mut digits: Vec<u8> = mantissa
            .iter()
            .copied()
            .filter(u8::is_ascii_digit)
            .skip_while(|digit| *digit == b'0')
            .collect();
        while digits.last() == Some(&b'0') {
            digits.pop();
            exponent += 1;
        }
        if digits.is_empty() {
            exponent = 0;
        }
        Self {
            negative: token.first() == Some(&b'-') && !digits.is_empty(),
            digits,
            exponent,
        }
    }
}

enum Token<'a> {
    Open,
    Close,
    /// Text between the quotes.
    Text(&'a [u8]),
    Number(&'a [u8]),
}

/// The tokens of well-formed JSON that matter here.
struct Tokens<'a>(&'a [u8]);

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let (&first, rest) = self.0.split_first()?;
            match first {
                b'[' | b'{' => {
                    self.0 = rest;
                    return Some(Token::Open);
                }
                b']' | b'}' => {
                    self.0 = rest;
                    return Some(Token::Close);
                }
                b'"' => {
                    let end = text_end(rest);
                    self.0 = rest.get(end + 1..).unwrap_or_default();
                    return Some(Token::Text(&rest[..end]));
                }
                b'-' | b'0'..=b'9' => {
                    let belongs =
                        |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
                    let end = self
                        .0
                        .iter()
                        .position(|byte| !belongs(byte))
                        .unwrap_or(self.0.len());
                    let (number, rest) = self.0.split_at(end);
                    self.0 = rest;
                    return Some(Token::Number(number));
                }
                _ => self.0 = rest,
            }
        }
    }
}

/// Where the text ends that begins after a quote.
fn text_end(text: &[u8]) -> usize {
    let mut position = 0;
    while let Some(byte) = text.get(position) {
        match byte {
            b'"' => return position,
            b'\\' => position += 2,
            _ => position += 1,
        }
    }
    text.len()
}

fn has_nul(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        if rest[at..].starts_with(b"\\u0000") {
            return true;
        }
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_form_however_it_is_written() {
        let same = [
            (
                "1.7976931348623157e308",
                format!("17976931348623157{}", "0".repeat(292)),
            ),
            ("5e-324", format!("0.{}5", "0".repeat(323))),
            ("-100.00", "-1e+2".to_owned()),
            ("0.0", "0".to_owned()),
        ];
        for (one, other) in same {
            assert_eq!(
                Number::of(one.as_bytes()),
                Number::of(other.as_bytes()),
                "{one}"
            );
        }
        assert_ne!(
            Number::of(b"9007199254740993"),
            Number::of(b"9007199254740992")
        );
        assert_ne!(Number::of(b"1"), Number::of(b"-1"));
    }

    #[test]
    fn what_jsonb_can_not_hold_is_found_and_nothing_else() {
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        for refused in [
            r#"{"a":"x\u0000"}"#,
            r#"{"\u0000":1}"#,
            r#""\\\u0000""#,
            "[-0.0]",
            "-0",
            "-0e5",
            &deep(128),
        ] {
            assert!(check(refused.as_bytes()).is_err(), "{refused}");
        }
        for held in [
            r#"{"a":"\\u0000","b":"-0.0"}"#,
            "[0.0,-1,-0.5,null]",
            r#""\"-0""#,
            &deep(127),
        ] {
            assert!(check(held.as_bytes()).is_ok(), "{held}");
        }
    }
}
