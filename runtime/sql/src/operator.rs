//! Operators.

/// As far as a run of signs is looked at. PostgreSQL refuses operators of more than 63 characters; without a limit, a long
/// run that is many operators would be looked at once for each.
const WINDOW: usize = 66;

/// Whether a byte can be part of an operator.
pub(crate) fn is_part(byte: u8) -> bool {
    is_own(byte) || matches!(byte, b'+' | b'-' | b'*' | b'/' | b'<' | b'>' | b'=')
}

/// Whether no operator of the SQL standard has it.
fn is_own(byte: u8) -> bool {
    matches!(
        byte,
        b'~' | b'!' | b'@' | b'#' | b'^' | b'&' | b'|' | b'`' | b'?' | b'%'
    )
}

/// Where the operator ends that begins here. It is not the beginning of a comment.
pub(crate) fn end(bytes: &[u8], start: usize) -> usize {
    let window = &bytes[start..bytes.len().min(start + WINDOW)];
    let length = window.iter().position(|&byte| !is_part(byte));
    let signs = &window[..length.unwrap_or(window.len())];
    let comment = signs
        .windows(2)
        .position(|pair| matches!(pair, b"/*" | b"--"));
    let signs = &signs[..comment.unwrap_or(signs.len())];
    start + length_of(signs)
}

/// `+` and `-` end an operator only if it has a sign that no operator of the standard has: `a <- 1` is `a < -1`.
fn length_of(signs: &[u8]) -> usize {
    if signs.iter().any(|&sign| is_own(sign)) {
        return signs.len();
    }
    let last = signs.iter().rposition(|sign| !matches!(sign, b'+' | b'-'));
    last.map_or(1, |last| last + 1)
}

#[cfg(test)]
mod tests {
    use crate::tokens;

    #[test]
    fn operators_end_where_postgresql_ends_them() {
        for (sql, expected) in [
            ("a<-1", &["a", "<", "-", "1"][..]),
            ("a@-1", &["a", "@-", "1"]),
            ("a*-+b", &["a", "*", "-", "+", "b"]),
            ("a-/*x*/b", &["a", "-", "/*x*/", "b"]),
            ("a<--b", &["a", "<", "--b"]),
            ("a||b", &["a", "||", "b"]),
            ("->>", &["->>"]),
            ("+", &["+"]),
            ("=$1", &["=", "$1"]),
        ] {
            let texts: Vec<&str> = tokens(sql).map(|token| token.text).collect();
            assert_eq!(texts, expected, "{sql}");
        }
    }

    #[test]
    fn a_long_run_of_signs_takes_no_longer_than_its_length() {
        let sql = "+".repeat(100_000);
        assert_eq!(tokens(&sql).count(), 100_000);
    }
}
