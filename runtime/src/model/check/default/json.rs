//! JSON, read by the compiler.

use super::number::NumberLiteral;

/// How deep values are in each other at the most.
const DEEPEST: u32 = 64;

/// Why a text is no value that a column gives back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JsonFault {
    Form,
    /// A character that `jsonb` does not have, written with an escape.
    Character,
    /// A number that `jsonb`, or whoever reads it, does not have.
    Number,
    /// An object with a key twice.
    Key,
}

type JsonRest<'a> = Result<&'a [u8], JsonFault>;

/// Returns why a text is not one value; nothing if it is.
pub(super) const fn fault(text: &[u8]) -> Option<JsonFault> {
    match value(blank(text), DEEPEST) {
        Ok(rest) if blank(rest).is_empty() => None,
        Ok(_) => Some(JsonFault::Form),
        Err(fault) => Some(fault),
    }
}

/// Reads a value, and gives what follows.
const fn value(text: &[u8], depth: u32) -> JsonRest<'_> {
    if depth == 0 {
        return Err(JsonFault::Form);
    }
    match text {
        [b't', b'r', b'u', b'e', rest @ ..]
        | [b'f', b'a', b'l', b's', b'e', rest @ ..]
        | [b'n', b'u', b'l', b'l', rest @ ..] => Ok(rest),
        [b'"', rest @ ..] => string(rest),
        [b'[', rest @ ..] => items(rest, b']', depth),
        [b'{', rest @ ..] => items(rest, b'}', depth),
        _ => number(text),
    }
}

/// Reads the values of an array, or the names and values of an object, with what closes it.
const fn items(text: &[u8], close: u8, depth: u32) -> JsonRest<'_> {
    let first = blank(text);
    let mut rest = first;
    if let [sign, after @ ..] = rest
        && *sign == close
    {
        return Ok(after);
    }
    loop {
        if close == b'}' {
            let [b'"', name @ ..] = rest else {
                return Err(JsonFault::Form);
            };
            let after = match string(name) {
                Ok(after) => after,
                Err(fault) => return Err(fault),
            };
            let [b':', after @ ..] = blank(after) else {
                return Err(JsonFault::Form);
            };
            if is_before(first, name) {
                return Err(JsonFault::Key);
            }
            rest = blank(after);
        }
        let after = match value(rest, depth - 1) {
            Ok(after) => after,
            Err(fault) => return Err(fault),
        };
        match blank(after) {
            [b',', following @ ..] => rest = blank(following),
            [last, following @ ..] if *last == close => return Ok(following),
            _ => return Err(JsonFault::Form),
        }
    }
}

/// Whether a name stands among the members of an object, which begin at a place, before it does so itself.
const fn is_before(members: &[u8], name: &[u8]) -> bool {
    let mut rest = members;
    while let [b'"', other @ ..] = rest {
        if other.len() == name.len() {
            return false;
        }
        if is_same(other, name) {
            return true;
        }
        rest = behind_member(other);
    }
    false
}

/// Whether two strings whose first quotes are read are the same, however their characters are written.
const fn is_same(one: &[u8], other: &[u8]) -> bool {
    let (mut one, mut other) = (one, other);
    loop {
        match (one, other) {
            ([b'"', ..], [b'"', ..]) => return true,
            ([b'"', ..], _) | (_, [b'"', ..]) => return false,
            _ => {}
        }
        let (Ok((left, after_one)), Ok((right, after_other))) = (character(one), character(other))
        else {
            return false;
        };
        if left != right {
            return false;
        }
        (one, other) = (after_one, after_other);
    }
}

/// The text behind a member of an object, whose first quote is read, and behind its comma.
const fn behind_member(text: &[u8]) -> &[u8] {
    let (mut rest, mut depth, mut quoted) = (text, 0_u32, true);
    while let [sign, after @ ..] = rest {
        rest = after;
        match *sign {
            b'\\' if quoted => {
                if let [_, after @ ..] = rest {
                    rest = after;
                }
            }
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => depth += 1,
            b']' | b'}' if !quoted && depth > 0 => depth -= 1,
            b',' if !quoted && depth == 0 => return blank(rest),
            _ => {}
        }
    }
    rest
}

/// Reads a string whose first quote is read.
const fn string(text: &[u8]) -> JsonRest<'_> {
    let mut rest = text;
    loop {
        if let [b'"', after @ ..] = rest {
            return Ok(after);
        }
        rest = match character(rest) {
            Ok((_, after)) => after,
            Err(fault) => return Err(fault),
        };
    }
}

/// Reads a character of a string: its number, or a byte of it.
const fn character(text: &[u8]) -> Result<(u32, &[u8]), JsonFault> {
    match text {
        [b'\\', b'u', rest @ ..] => escaped(rest),
        [b'\\', sign, after @ ..] => {
            let number = match sign {
                b'"' | b'\\' | b'/' => *sign,
                b'b' => 8,
                b'f' => 12,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                _ => return Err(JsonFault::Form),
            };
            Ok((number as u32, after))
        }
        [b'\\' | 0..=0x1f, ..] | [] => Err(JsonFault::Form),
        [first @ 0..=0x7f, after @ ..] => Ok((*first as u32, after)),
        [first, after @ ..] => {
            // A text is UTF-8 from end to end: the first byte tells how many follow.
            let (mut number, mut rest) = match first {
                0xf0..=0xff => (*first as u32 & 0x07, after),
                0xe0..=0xef => (*first as u32 & 0x0f, after),
                _ => (*first as u32 & 0x1f, after),
            };
            while let [next @ 0x80..=0xbf, after @ ..] = rest {
                number = number << 6 | *next as u32 & 0x3f;
                rest = after;
            }
            Ok((number, rest))
        }
    }
}

/// Reads what follows `\u`: four digits, and four more where a character has two halves.
const fn escaped(text: &[u8]) -> Result<(u32, &[u8]), JsonFault> {
    let Some((unit, rest)) = digits_of_unit(text) else {
        return Err(JsonFault::Form);
    };
    match unit {
        // `jsonb` has neither the character NUL nor half a character.
        0 | 0xdc00..=0xdfff => Err(JsonFault::Character),
        0xd800..=0xdbff => {
            let [b'\\', b'u', second @ ..] = rest else {
                return Err(JsonFault::Character);
            };
            match digits_of_unit(second) {
                Some((low @ 0xdc00..=0xdfff, rest)) => {
                    Ok((0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00), rest))
                }
                Some(_) => Err(JsonFault::Character),
                None => Err(JsonFault::Form),
            }
        }
        _ => Ok((unit, rest)),
    }
}

const fn digits_of_unit(text: &[u8]) -> Option<(u32, &[u8])> {
    let (mut unit, mut rest, mut i) = (0, text, 0);
    while i < 4 {
        let [digit, after @ ..] = rest else {
            return None;
        };
        let Some(digit) = (*digit as char).to_digit(16) else {
            return None;
        };
        unit = unit * 16 + digit;
        rest = after;
        i += 1;
    }
    Some((unit, rest))
}

const fn number(text: &[u8]) -> JsonRest<'_> {
    let unsigned = match text {
        [b'-', rest @ ..] => rest,
        _ => text,
    };
    let mut rest = match unsigned {
        [b'0', rest @ ..] => rest,
        [b'1'..=b'9', rest @ ..] => digits(rest),
        _ => return Err(JsonFault::Form),
    };
    if let [b'.', b'0'..=b'9', fraction @ ..] = rest {
        rest = digits(fraction);
    }
    let rest = match rest {
        [b'e' | b'E', b'+' | b'-', b'0'..=b'9', after @ ..]
        | [b'e' | b'E', b'0'..=b'9', after @ ..] => digits(after),
        _ => rest,
    };
    let (written, _) = text.split_at(text.len() - rest.len());
    match NumberLiteral::read(written) {
        Some(number) if number.is_of_json() => Ok(rest),
        _ => Err(JsonFault::Number),
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
