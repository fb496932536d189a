//! Kinds of bytes, and runs of them.

/// End of a run of bytes.
pub(crate) fn run(bytes: &[u8], start: usize, belongs: impl Fn(u8) -> bool) -> usize {
    let rest = &bytes[start..];
    let length = rest.iter().position(|&byte| !belongs(byte));
    start + length.unwrap_or(rest.len())
}

/// Whether a byte is white space. Any other space of Unicode is a letter.
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// Whether a byte ends a line.
pub(crate) fn is_newline(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// Whether a name can begin with a byte. All bytes beyond ASCII are letters.
pub(crate) fn begins_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || !byte.is_ascii()
}

/// Whether a name can go on with a byte.
pub(crate) fn continues_word(byte: u8) -> bool {
    begins_word(byte) || byte.is_ascii_digit() || byte == b'$'
}

/// End of the line, without its line break.
pub(crate) fn line_end(bytes: &[u8], start: usize) -> usize {
    run(bytes, start, |byte| !is_newline(byte))
}
