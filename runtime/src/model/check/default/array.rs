//! Arrays of one dimension: `{}`, `{1,2}`, `{"a b","c"}`.

use super::text::equal_in_any_case;

/// How long an item with escapes is at the most.
const LONGEST: usize = 1024;

/// An item of an array.
#[derive(Debug, Clone, Copy)]
pub(super) enum Item<'a> {
    Null,
    /// It stands there as it is.
    Plain(&'a [u8]),
    /// Backslashes stand before some of its characters.
    Escaped(&'a [u8]),
}

/// Returns what stands in the braces of an array; nothing if there are none.
pub(super) const fn inside(text: &[u8]) -> Option<&[u8]> {
    match text {
        [b'{', inner @ .., b'}'] => Some(inner),
        _ => None,
    }
}

/// The next item of an array, without its quotes, and what follows it.
pub(super) const fn next(text: &[u8], nulls: bool) -> Option<(Item<'_>, &[u8])> {
    // Spaces around an item are not part of it.
    let text = text.trim_ascii_start();
    if let [b'"', inner @ ..] = text {
        return quoted(inner);
    }
    let mut i = 0;
    while i < text.len() && text[i] != b',' {
        if matches!(text[i], b'{' | b'}' | b'"' | b'\\') {
            return None;
        }
        i += 1;
    }
    let (item, rest) = text.split_at(i);
    let item = item.trim_ascii();
    if item.is_empty() {
        return None;
    }
    // PostgreSQL takes the bare word for a null.
    if equal_in_any_case(item, b"null") {
        return if nulls {
            Some((Item::Null, rest))
        } else {
            None
        };
    }
    Some((Item::Plain(item), rest))
}

/// The item whose first quote is read, and what follows it.
const fn quoted(text: &[u8]) -> Option<(Item<'_>, &[u8])> {
    let (mut i, mut escapes) = (0, false);
    while i < text.len() {
        match text[i] {
            b'\\' => {
                escapes = true;
                i += 1;
            }
            b'"' => {
                let (item, _) = text.split_at(i);
                let (_, rest) = text.split_at(i + 1);
                let item = if escapes {
                    Item::Escaped(item)
                } else {
                    Item::Plain(item)
                };
                return Some((item, rest.trim_ascii_start()));
            }
            _ => {}
        }
        i += 1;
    }
    None
}

/// An item without its backslashes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unescaped {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Unescaped {
    /// Takes the backslashes out; returns nothing if the item is longer than what is looked at.
    pub(super) const fn read(item: &[u8]) -> Option<Self> {
        if item.len() > LONGEST {
            return None;
        }
        let (mut bytes, mut length, mut i) = ([0; LONGEST], 0, 0);
        while i < item.len() {
            if item[i] == b'\\' {
                i += 1;
            }
            bytes[length] = item[i];
            length += 1;
            i += 1;
        }
        Some(Self { bytes, length })
    }

    pub(super) const fn as_bytes(&self) -> &[u8] {
        let (bytes, _) = self.bytes.split_at(self.length);
        bytes
    }
}
