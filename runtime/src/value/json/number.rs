//! Numbers in JSON, and which of them reading and writing has changed.

use std::collections::HashMap;

use super::token::{JsonTokens, Token};

/// A number of so few characters is read without loss, also in single precision.
const SHORT: usize = 6;

/// A number of so few characters is read without loss in double precision.
const SHORT_IN_DOUBLE: usize = 15;

/// All numbers, as they are written.
pub(super) fn tokens(json: &[u8]) -> impl Iterator<Item = &[u8]> {
    JsonTokens(json).filter_map(|token| match token {
        Token::Number(number) => Some(number),
        _ => None,
    })
}

/// Tells whether a number may lose something when it is read.
pub(super) fn may_change(token: &[u8]) -> bool {
    token.len() > SHORT_IN_DOUBLE || (token.len() > SHORT && is_rounded(&JsonNumber::of(token)))
}

/// Whether a number has more digits than single precision gives back.
fn is_rounded(number: &JsonNumber) -> bool {
    JsonNumber::of(number.single().to_string().as_bytes()) != *number
}

/// Returns a number that is not in `written` any more, as it is written in `stored`.
///
/// Of short ones it has to be there in single precision: a type can also leave a number out, or write something else for it.
pub(super) fn changed(stored: &[u8], written: &[u8]) -> Option<String> {
    let mut rest: HashMap<JsonNumber, usize> = HashMap::new();
    for token in tokens(written) {
        *rest.entry(JsonNumber::of(token)).or_default() += 1;
    }
    let mut gone = Vec::new();
    for token in tokens(stored) {
        let number = JsonNumber::of(token);
        match rest.get_mut(&number) {
            Some(count) if *count > 0 => *count -= 1,
            _ if may_change(token) => gone.push((token, number)),
            _ => {}
        }
    }
    rest.retain(|_, count| *count > 0);
    let is_changed = |token: &[u8], number: &JsonNumber| {
        let single = number.single().to_bits();
        token.len() > SHORT_IN_DOUBLE || rest.keys().any(|other| other.single().to_bits() == single)
    };
    let (token, _) = gone
        .into_iter()
        .find(|(token, number)| is_changed(token, number))?;
    Some(String::from_utf8_lossy(token).into_owned())
}

/// A number in the one form that all ways to write it have: significant digits, and the power of ten of the last.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct JsonNumber {
    negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

impl JsonNumber {
    pub(super) fn of(token: &[u8]) -> Self {
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

    pub(super) fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// The number of single precision that it is read as.
    fn single(&self) -> f32 {
        let digits = String::from_utf8_lossy(&self.digits);
        let sign = if self.negative { "-" } else { "" };
        format!("{sign}0{digits}e{}", self.exponent)
            .parse()
            .unwrap_or(f32::NAN)
    }
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
                JsonNumber::of(one.as_bytes()),
                JsonNumber::of(other.as_bytes()),
                "{one}"
            );
        }
        assert_ne!(
            JsonNumber::of(b"9007199254740993"),
            JsonNumber::of(b"9007199254740992")
        );
        assert_ne!(JsonNumber::of(b"1"), JsonNumber::of(b"-1"));
    }

    #[test]
    fn a_short_number_has_changed_if_single_precision_has_it_still() {
        for (stored, written) in [
            ("[0.123456789]", "[0.12345679]"),
            ("[16777217]", "[16777216.0]"),
            ("[1, 0.123456789]", "[1, 0.12345679]"),
            ("[0.1234567890123456]", "[]"),
        ] {
            assert!(changed(stored.as_bytes(), written.as_bytes()).is_some());
        }
        for (stored, written) in [
            ("[0.123456789, 5]", "[0.123456789, 6]"),
            ("[1700000001]", "[\"a\"]"),
            ("[16777217, 16777216]", "[16777216]"),
            ("[16777216, 1234567]", "[16777216.0]"),
        ] {
            assert_eq!(changed(stored.as_bytes(), written.as_bytes()), None);
        }
    }
}
