//! Numbers as they are written.

use crate::value::SqlType;

/// The digits that a [`Decimal`](https://docs.rs/rust_decimal) holds for certain.
const DECIMAL_DIGITS: i32 = 28;

/// An exponent that is too high or too low for every type.
const FAR: i32 = 100_000;

/// A number: its significant digits, and how much of them is in front of the point.
#[derive(Debug, Clone, Copy)]
pub(super) struct NumberLiteral<'a> {
    negative: bool,
    /// The digits as written, with the point in between, from the first that is not zero to the last.
    significant: &'a [u8],
    /// How many digits are significant.
    count: i32,
    /// The number is `0.ddd` times ten to the power of this.
    power: i32,
    /// How many digits are written behind the point, zeros too, once the exponent has moved it.
    places: i32,
}

/// How far behind the point PostgreSQL keeps digits.
const LAST_PLACE: i32 = 16_383;

impl<'a> NumberLiteral<'a> {
    /// Reads digits with a sign, a point and an exponent.
    pub(super) const fn read(text: &'a [u8]) -> Option<Self> {
        let (negative, text) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        let (mut digits, mut before, mut points, mut end) = (0, 0, 0, 0);
        let (mut first, mut last) = (usize::MAX, 0);
        // Digits in front of the point and of the first that is not zero, which count with a sign behind the point.
        let mut leading = 0;
        while end < text.len() {
            match text[end] {
                b'0'..=b'9' => {
                    digits += 1;
                    if points == 0 {
                        before += 1;
                    }
                    if text[end] != b'0' {
                        if first == usize::MAX {
                            first = end;
                        }
                        last = end + 1;
                    } else if first == usize::MAX {
                        leading += 1;
                    }
                }
                b'.' if points == 0 => points = 1,
                _ => break,
            }
            end += 1;
        }
        if digits == 0 {
            return None;
        }
        let (_, rest) = text.split_at(end);
        let Some(exponent) = exponent(rest) else {
            return None;
        };
        // Beyond that PostgreSQL reads no exponent.
        if exponent.abs() >= FAR {
            return None;
        }
        let places = digits - before - exponent;
        if first == usize::MAX {
            return Some(Self {
                negative,
                significant: &[],
                count: 0,
                power: 0,
                places,
            });
        }
        let (until, _) = text.split_at(last);
        let (_, significant) = until.split_at(first);
        Some(Self {
            negative,
            significant,
            count: digits_in(significant),
            power: before - leading + exponent,
            places,
        })
    }

    /// Whether it is a whole number in the range of a type.
    pub(super) const fn is_integer_of(&self, sql: &SqlType) -> bool {
        let (lowest, highest): (&[u8], &[u8]) = match sql {
            SqlType::SmallInt => (b"32768", b"32767"),
            SqlType::Integer => (b"2147483648", b"2147483647"),
            _ => (b"9223372036854775808", b"9223372036854775807"),
        };
        let whole = self.count == 0 || self.power >= self.count;
        whole && self.at_most(if self.negative { lowest } else { highest }, 0)
    }

    /// Whether it, a whole number, is one from the lowest to the highest.
    pub(super) const fn is_within(&self, (lowest, highest): (i64, i64)) -> bool {
        let (mut value, mut digits, mut i) = (0_i128, 0, 0);
        while i < self.significant.len() {
            if self.significant[i] != b'.' {
                value = value * 10 + (self.significant[i] - b'0') as i128;
                digits += 1;
            }
            i += 1;
        }
        while digits < self.power {
            value *= 10;
            digits += 1;
        }
        if self.negative {
            value = -value;
        }
        lowest as i128 <= value && value <= highest as i128
    }

    /// Whether it is in the range of a type with a floating point: PostgreSQL refuses digits that are rounded to infinity, as Rust's
    /// largest number is not, and those that are rounded to zero.
    pub(super) const fn is_float_of(&self, sql: &SqlType) -> bool {
        // Half a step beyond the largest number, and half of the smallest, in as many digits as matter.
        let real = matches!(sql, SqlType::Real);
        let (highest, zeros): (&[u8], i32) = if real {
            (b"34028235677973366163", 19)
        } else {
            (b"17976931348623158079", 289)
        };
        let (lowest, places): (&[u8], i32) = if real {
            (b"70064923216240853547", -65)
        } else {
            (b"24703282292062327209", -343)
        };
        self.count == 0 || (self.at_most(highest, zeros) && !self.at_most(lowest, places))
    }

    /// Whether `jsonb` stores it, and whoever reads it back has such a number, if perhaps a rounded one.
    pub(super) const fn is_of_json(&self) -> bool {
        self.at_most(b"17976931348623157", 292) && self.places <= LAST_PLACE
    }

    /// Whether a column of a type stores it as it is.
    pub(super) const fn is_decimal_of(&self, sql: &SqlType) -> bool {
        let behind = self.count - self.power;
        let fits = match *sql {
            SqlType::Decimal(precision, scale) => {
                self.power <= precision as i32 - scale as i32 && behind <= scale as i32
            }
            _ => self.places <= LAST_PLACE,
        };
        let comes_back = self.power <= DECIMAL_DIGITS
            && behind <= DECIMAL_DIGITS
            && self.count <= DECIMAL_DIGITS;
        (fits && comes_back) || (self.count == 0 && self.places <= LAST_PLACE)
    }

    /// Whether it is no further from zero than a number of so many digits, followed by so many zeros.
    const fn at_most(&self, digits: &[u8], zeros: i32) -> bool {
        if self.count == 0 {
            return true;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_possible_wrap,
            reason = "a few digits"
        )]
        let length = digits.len() as i32 + zeros;
        if self.power != length {
            return self.power < length;
        }
        let (mut own, mut other) = (0, 0);
        while own < self.significant.len() {
            if self.significant[own] == b'.' {
                own += 1;
                continue;
            }
            if other == digits.len() {
                return false;
            }
            if self.significant[own] != digits[other] {
                return self.significant[own] < digits[other];
            }
            own += 1;
            other += 1;
        }
        true
    }
}

const fn digits_in(text: &[u8]) -> i32 {
    let (mut count, mut i) = (0, 0);
    while i < text.len() {
        if text[i] != b'.' {
            count += 1;
        }
        i += 1;
    }
    count
}

/// Reads `e-5`; nothing is 0.
const fn exponent(text: &[u8]) -> Option<i32> {
    let (negative, digits) = match text {
        [] => return Some(0),
        [b'e' | b'E', b'-', rest @ ..] => (true, rest),
        [b'e' | b'E', b'+', rest @ ..] | [b'e' | b'E', rest @ ..] => (false, rest),
        _ => return None,
    };
    if digits.is_empty() {
        return None;
    }
    let (mut value, mut i) = (0_i32, 0);
    while i < digits.len() {
        if !digits[i].is_ascii_digit() {
            return None;
        }
        // Beyond that every range is left, however many digits follow.
        if value < FAR {
            value = value * 10 + (digits[i] - b'0') as i32;
        }
        i += 1;
    }
    Some(if negative { -value } else { value })
}
