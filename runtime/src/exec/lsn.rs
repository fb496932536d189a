//! Positions in the server's log, by which a replica is compared with its primary.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind};

/// A moment of the primary: all that was committed until then. Made by [`Database::written`](crate::Database::written).
///
/// It is text for a cookie or a header, as in `0/16B3748`. It is of no use for another server, or after a replica with less in it took the
/// primary's place.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(into = "String", try_from = "String")]
pub struct Written(u64);

/// The size of a page of the log, and of the headers that one can begin with.
const PAGE: u64 = 8192;
const HEADERS: [u64; 2] = [24, 40];

impl Written {
    /// The end of what is before it: a position right after a page's header is that of the page, for a replica that has all.
    pub(crate) fn end(self) -> Self {
        let within = self.0 % PAGE;
        if HEADERS.contains(&within) {
            Self(self.0 - within)
        } else {
            self
        }
    }
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:X}/{:X}", self.0 >> 32, self.0 & 0xFFFF_FFFF)
    }
}

impl FromStr for Written {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let half = |digits: &str| {
            let is_plain = (1..=8).contains(&digits.len())
                && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            is_plain.then(|| u64::from_str_radix(digits, 16).ok())?
        };
        let halves = text.split_once('/');
        let whole = halves.and_then(|(high, low)| Some(half(high)? << 32 | half(low)?));
        whole.map(Self).ok_or_else(|| {
            Error::new(
                ErrorKind::Value,
                "this is no position in a server's log\nhelp: pass what `Database::written` gave, as in `0/16B3748`",
            )
        })
    }
}

impl From<Written> for String {
    fn from(written: Written) -> Self {
        written.to_string()
    }
}

impl TryFrom<String> for Written {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_text_and_back() {
        for text in ["0/0", "0/16B3748", "A/FFFFFFFF", "FFFFFFFF/1"] {
            assert_eq!(text.parse::<Written>().expect(text).to_string(), text);
        }
        assert!("1/0".parse::<Written>().ok() > "0/FFFFFFFF".parse().ok());
        for text in [
            "",
            "/",
            "0",
            "0/",
            "/0",
            "0/G",
            "0/+1",
            "0/-1",
            "0/123456789",
            "0/1/2",
            " 0/1",
        ] {
            assert!(text.parse::<Written>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_beginning_of_a_page_is_the_end_of_the_one_before() {
        for (given, end) in [
            ("0/2018", "0/2000"),
            ("0/2028", "0/2000"),
            ("0/2020", "0/2020"),
        ] {
            let given: Written = given.parse().expect("valid");
            assert_eq!(given.end().to_string(), end);
        }
    }
}
