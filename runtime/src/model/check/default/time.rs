//! Times and dates as ISO 8601 writes them.

use crate::value::SqlType;

/// How a value of a type is written.
pub(super) const fn form(sql: &SqlType) -> &'static str {
    match sql {
        SqlType::Date => {
            "\nhelp: write a day of the calendar as `default = \"2026-01-31\"`, or `default = sql(\"CURRENT_DATE\")`"
        }
        SqlType::Time => "\nhelp: write it as `default = \"08:30:00\"`",
        SqlType::Timestamp => {
            "\nhelp: write it as `default = \"2026-01-31 08:30:00\"`, or `auto_now_add` for the time of the insert"
        }
        _ => {
            "\nhelp: write it with its zone as `default = \"2026-01-31 08:30:00Z\"`, or `auto_now_add` for the time of the insert"
        }
    }
}

/// Whether a text is a value of a type.
pub(super) const fn reads(sql: &SqlType, text: &[u8]) -> bool {
    match sql {
        SqlType::Date => matches!(date(text), Some([])),
        SqlType::Time => matches!(time(text), Some([])),
        _ => {
            let Some([b' ' | b'T', rest @ ..]) = date(text) else {
                return false;
            };
            let Some(rest) = time(rest) else {
                return false;
            };
            match sql {
                SqlType::Timestamp => rest.is_empty(),
                // Without a zone it would be read in that of the session.
                _ => zone(rest),
            }
        }
    }
}

/// Reads `2026-01-31`, and gives what follows.
const fn date(text: &[u8]) -> Option<&[u8]> {
    let Some((year, [b'-', rest @ ..])) = digits(text, 4) else {
        return None;
    };
    let Some((month, [b'-', rest @ ..])) = digits(rest, 2) else {
        return None;
    };
    let Some((day, rest)) = digits(rest, 2) else {
        return None;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let longest = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    if year >= 1 && day >= 1 && day <= longest {
        Some(rest)
    } else {
        None
    }
}

/// Reads `08:30`, `08:30:00` or `08:30:00.123456`, and gives what follows.
const fn time(text: &[u8]) -> Option<&[u8]> {
    let Some((hour, [b':', rest @ ..])) = digits(text, 2) else {
        return None;
    };
    let Some((minute, rest)) = digits(rest, 2) else {
        return None;
    };
    if hour > 23 || minute > 59 {
        return None;
    }
    let [b':', seconds @ ..] = rest else {
        return Some(rest);
    };
    let Some((second, rest)) = digits(seconds, 2) else {
        return None;
    };
    if second > 59 {
        return None;
    }
    let [b'.', fraction @ ..] = rest else {
        return Some(rest);
    };
    let mut i = 0;
    while i < fraction.len() && fraction[i].is_ascii_digit() {
        i += 1;
    }
    // PostgreSQL keeps microseconds, and would round the rest.
    if i == 0 || i > 6 {
        return None;
    }
    Some(fraction.split_at(i).1)
}

/// Whether a text is `Z`, `+02` or `+02:00`.
const fn zone(text: &[u8]) -> bool {
    match text {
        [b'Z'] => true,
        [b'+' | b'-', rest @ ..] => match digits(rest, 2) {
            Some((hours, [])) => hours <= 15,
            Some((hours, [b':', rest @ ..])) => match digits(rest, 2) {
                Some((minutes, [])) => hours <= 15 && minutes <= 59,
                _ => false,
            },
            _ => false,
        },
        _ => false,
    }
}

/// Reads exactly so many digits.
const fn digits(text: &[u8], count: usize) -> Option<(u32, &[u8])> {
    if text.len() < count {
        return None;
    }
    let (digits, rest) = text.split_at(count);
    let (mut value, mut i) = (0, 0);
    while i < count {
        if !digits[i].is_ascii_digit() {
            return None;
        }
        value = value * 10 + (digits[i] - b'0') as u32;
        i += 1;
    }
    Some((value, rest))
}
