//! Messages that are composed during compilation.

/// Constant evaluation has no `String`, hence the fixed buffer.
const CAPACITY: usize = 1024;

/// A message composed during compilation.
#[derive(Debug, Clone, Copy)]
pub struct Message {
    text: [u8; CAPACITY],
    length: usize,
}

impl Message {
    pub(super) const fn new() -> Self {
        Self {
            text: [0; CAPACITY],
            length: 0,
        }
    }

    /// Appends a text; what does not fit is left out.
    pub(super) const fn push(mut self, text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut i = 0;
        while i < bytes.len() && self.length < CAPACITY {
            self.text[self.length] = bytes[i];
            self.length += 1;
            i += 1;
        }
        self
    }

    /// Appends the beginning of a text that may be long.
    pub(super) const fn push_short(self, text: &str) -> Self {
        const LONGEST: usize = 40;
        if text.len() <= LONGEST {
            return self.push(text);
        }
        let mut end = LONGEST;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.push(text.split_at(end).0).push("…")
    }

    /// Appends the bounds of a range, if there is one: ` from 0 to 255`.
    pub(super) const fn push_range(self, range: Option<(i64, i64)>) -> Self {
        match range {
            Some((lowest, highest)) => self
                .push(" from ")
                .push_number(lowest)
                .push(" to ")
                .push_number(highest),
            None => self,
        }
    }

    const fn push_number(self, number: i64) -> Self {
        const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
        let message = if number < 0 { self.push("-") } else { self };
        let magnitude = number.unsigned_abs();
        let before = magnitude / 10;
        let message = if before > 0 {
            // It is far below the highest.
            message.push_number(before.cast_signed())
        } else {
            message
        };
        message.push(DIGITS[(magnitude % 10) as usize])
    }

    /// The message as text.
    pub const fn as_str(&self) -> &str {
        let (text, _) = self.text.split_at(self.length);
        match std::str::from_utf8(text) {
            Ok(text) => text,
            Err(_) => "a name in this message was too long to print",
        }
    }
}

/// Ends the evaluation of a constant with a message. The compiler reports it where this is called.
///
/// # Panics
///
/// Always: that is how a constant fails.
#[track_caller]
pub const fn fail(message: &Message) -> ! {
    panic!("{}", message.as_str())
}
