//! Texts, and values that are written as texts.

/// Whether a text is a word, in whatever case.
pub(super) const fn is_word(text: &str, word: &str) -> bool {
    equal_in_any_case(text.as_bytes(), word.as_bytes())
}

pub(super) const fn equal_in_any_case(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if !a[i].eq_ignore_ascii_case(&b[i]) {
            return false;
        }
        i += 1;
    }
    true
}

pub(super) const fn has_nul(text: &str) -> bool {
    let (bytes, mut i) = (text.as_bytes(), 0);
    while i < bytes.len() {
        if bytes[i] == 0 {
            return true;
        }
        i += 1;
    }
    false
}

/// How many characters a text has.
pub(super) const fn length(bytes: &[u8]) -> usize {
    let (mut count, mut i) = (0, 0);
    while i < bytes.len() {
        // All bytes of a character but its first begin with these bits.
        if bytes[i] & 0b1100_0000 != 0b1000_0000 {
            count += 1;
        }
        i += 1;
    }
    count
}

/// Whether a text is read as bytes: `\x00ff`, or letters without a backslash.
pub(super) const fn is_bytes(text: &[u8]) -> bool {
    let (digits, hexadecimal) = match text {
        [b'\\', b'x', digits @ ..] => (digits, true),
        _ => (text, false),
    };
    let mut i = 0;
    while i < digits.len() {
        let fits = if hexadecimal {
            digits[i].is_ascii_hexdigit()
        } else {
            digits[i] != b'\\'
        };
        if !fits {
            return false;
        }
        i += 1;
    }
    !hexadecimal || digits.len().is_multiple_of(2)
}

/// Whether a text is a UUID with its four hyphens.
pub(super) const fn is_uuid(text: &[u8]) -> bool {
    if text.len() != 36 {
        return false;
    }
    let mut i = 0;
    while i < text.len() {
        let fits = match i {
            8 | 13 | 18 | 23 => text[i] == b'-',
            _ => text[i].is_ascii_hexdigit(),
        };
        if !fits {
            return false;
        }
        i += 1;
    }
    true
}

/// Whether a text is digits, perhaps with a sign, as PostgreSQL reads a whole number.
pub(super) const fn is_whole(text: &[u8]) -> bool {
    let digits = match text {
        [b'+' | b'-', digits @ ..] => digits,
        _ => text,
    };
    let mut i = 0;
    while i < digits.len() {
        if !digits[i].is_ascii_digit() {
            return false;
        }
        i += 1;
    }
    i > 0
}

/// Whether a text is a number with a floating point that no digits stand for.
pub(super) const fn is_no_number(text: &[u8]) -> bool {
    equal_in_any_case(text, b"nan")
        || equal_in_any_case(text, b"infinity")
        || equal_in_any_case(text, b"-infinity")
}
