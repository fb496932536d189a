//! Numbers.

use crate::bytes::{begins_word, continues_word, run};

/// Where the number ends that begins here with a digit, or with a dot and a digit.
pub(crate) fn end(bytes: &[u8], start: usize) -> usize {
    let mut at = match bytes[start..] {
        [b'0', b'x' | b'X', ..] => digits(bytes, start + 2, |b| b.is_ascii_hexdigit()),
        [b'0', b'o' | b'O', ..] => digits(bytes, start + 2, |b| matches!(b, b'0'..=b'7')),
        [b'0', b'b' | b'B', ..] => digits(bytes, start + 2, |b| matches!(b, b'0' | b'1')),
        _ => decimal(bytes, start),
    };
    // PostgreSQL refuses letters here; so it does not matter to which token they belong.
    if bytes.get(at).is_some_and(|&byte| begins_word(byte)) {
        at = run(bytes, at, continues_word);
    }
    at
}

fn decimal(bytes: &[u8], start: usize) -> usize {
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let mut at = digits(bytes, start, is_digit);
    // `1..2` are bounds, and not the number `1.`.
    if bytes.get(at) == Some(&b'.') && bytes.get(at + 1) != Some(&b'.') {
        at = match bytes.get(at + 1) {
            Some(byte) if is_digit(*byte) => digits(bytes, at + 1, is_digit),
            _ => at + 1,
        };
    }
    let exponent = match bytes[at..] {
        [b'e' | b'E', b'+' | b'-', digit, ..] if is_digit(digit) => Some(at + 2),
        [b'e' | b'E', digit, ..] if is_digit(digit) => Some(at + 1),
        _ => None,
    };
    exponent.map_or(at, |exponent| digits(bytes, exponent, is_digit))
}

/// Where digits end that may have single underscores between them.
fn digits(bytes: &[u8], start: usize, is_digit: impl Fn(u8) -> bool) -> usize {
    let mut at = run(bytes, start, &is_digit);
    while bytes.get(at) == Some(&b'_') && bytes.get(at + 1).is_some_and(|&byte| is_digit(byte)) {
        at = run(bytes, at + 1, &is_digit);
    }
    at
}

#[cfg(test)]
mod tests {
    use crate::{Kind, tokens};

    #[test]
    fn numbers_end_where_postgresql_ends_them() {
        for (sql, expected) in [
            ("1.5e-3+2", &["1.5e-3", "2"][..]),
            ("1..2", &["1", "2"]),
            ("1.", &["1."]),
            ("a.5", &[".5"]),
            (".5.5", &[".5", ".5"]),
            ("1.e5", &["1.e5"]),
            (
                "0x1F_a0, 0o17, 0b1_0, 1_000.5_0",
                &["0x1F_a0", "0o17", "0b1_0", "1_000.5_0"],
            ),
            ("1e5total", &["1e5total"]),
            ("1e+x", &["1e"]),
        ] {
            let found: Vec<&str> = tokens(sql)
                .filter(|token| token.kind == Kind::Number)
                .map(|token| token.text)
                .collect();
            assert_eq!(found, expected, "{sql}");
        }
    }
}
