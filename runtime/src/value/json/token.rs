//! Tokens of JSON.

/// A token of JSON.
pub(super) enum Token<'a> {
    Open,
    Close,
    Text {
        /// The text between the quotes, as written.
        text: &'a [u8],
        is_key: bool,
    },
    Number(&'a [u8]),
}

/// The tokens of well-formed JSON that matter here.
pub(super) struct JsonTokens<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for JsonTokens<'a> {
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
                    let behind = self.0.iter().find(|byte| !byte.is_ascii_whitespace());
                    return Some(Token::Text {
                        text: &rest[..end],
                        is_key: behind == Some(&b':'),
                    });
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
