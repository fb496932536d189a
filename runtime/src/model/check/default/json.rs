//! JSON, read by the compiler.

/// How deep values are in each other at the most.
const DEEPEST: u32 = 64;

/// Whether a text is one value.
pub(super) const fn is_valid(text: &[u8]) -> bool {
    match value(blank(text), DEEPEST) {
        Some(rest) => blank(rest).is_empty(),
        None => false,
    }
}

/// Reads a value, and gives what follows.
const fn value(text: &[u8], depth: u32) -> Option<&[u8]> {
    if depth == 0 {
        return None;
    }
    match text {
        [b't', b'r', b'u', b'e', rest @ ..]
        | [b'f', b'a', b'l', b's', b'e', rest @ ..]
        | [b'n', b'u', b'l', b'l', rest @ ..] => Some(rest),
        [b'"', rest @ ..] => string(rest),
        [b'[', rest @ ..] => items(rest, b']', depth),
        [b'{', rest @ ..] => items(rest, b'}', depth),
        _ => number(text),
    }
}

/// Reads the values of an array, or the names and values of an object, with what closes it.
const fn items(text: &[u8], close: u8, depth: u32) -> Option<&[u8]> {
    let mut rest = blank(text);
    if let [first, after @ ..] = rest
        && *first == close
    {
        return Some(after);
    }
    loop {
        if close == b'}' {
            let [b'"', name @ ..] = rest else {
                return None;
            };
            let Some(after) = string(name) else {
                return None;
            };
            let [b':', after @ ..] = blank(after) else {
                return None;
            };
            rest = blank(after);
        }
        let Some(after) = value(rest, depth - 1) else {
            return None;
        };
        match blank(after) {
            [b',', following @ ..] => rest = blank(following),
            [last, following @ ..] if *last == close => return Some(following),
            _ => return None,
        }
    }
}

/// Reads a string whose first quote is read.
const fn string(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text;
    loop {
        match rest {
            [b'"', after @ ..] => return Some(after),
            [b'\\', b'u', a, b, c, d, after @ ..]
                if a.is_ascii_hexdigit()
                    && b.is_ascii_hexdigit()
                    && c.is_ascii_hexdigit()
                    && d.is_ascii_hexdigit() =>
            {
                // `jsonb` has no NUL characters.
                if matches!([*a, *b, *c, *d], [b'0', b'0', b'0', b'0']) {
                    return None;
                }
                rest = after;
            }
            [
                b'\\',
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't',
                after @ ..,
            ] => {
                rest = after;
            }
            [b'\\' | 0..=0x1f, ..] | [] => return None,
            [_, after @ ..] => rest = after,
        }
    }
}

const fn number(text: &[u8]) -> Option<&[u8]> {
    let unsigned = match text {
        [b'-', rest @ ..] => rest,
        _ => text,
    };
    let mut rest = match unsigned {
        [b'0', rest @ ..] => rest,
        [b'1'..=b'9', rest @ ..] => digits(rest),
        _ => return None,
    };
    if let [b'.', b'0'..=b'9', fraction @ ..] = rest {
        rest = digits(fraction);
    }
    match rest {
        [b'e' | b'E', b'+' | b'-', b'0'..=b'9', after @ ..]
        | [b'e' | b'E', b'0'..=b'9', after @ ..] => Some(digits(after)),
        _ => Some(rest),
    }
}

const fn digits(text: &[u8]) -> &[u8] {
    let mut rest = text;
    while let [b'0'..=b'9', after @ ..] = rest {
        rest = after;
    }
    rest
}

/// Returns the text behind white space.
const fn blank(text: &[u8]) -> &[u8] {
    let mut rest = text;
    while let [b' ' | b'\t' | b'\n' | b'\r', after @ ..] = rest {
        rest = after;
    }
    rest
}
