//! Times and dates as ISO 8601 writes them.

use super::text::equal_in_any_case;
use crate::value::SqlType;

/// How a value of a type is written.
pub(super) const fn form(sql: &SqlType) -> &'static str {
    match sql {
        SqlType::Date => {
            "\nhelp: write a day of the calendar as `default = \"2026-01-31\"`, or `default = sql(\"(now() AT TIME ZONE 'UTC')::date\")` for the day of the insert"
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

/// Advice for a moment that is after the last one of the field's type.
pub(super) const LATER: &str = "\nhelp: write an earlier moment: this one is after the last that the field's type has, such as 9999-12-30 22:00:00Z for jiff's `Timestamp`";

/// Advice for a moment or day that comes before or after all others.
pub(super) const INFINITE: &str = "\nhelp: give the field the type `Unbounded<...>`, and write `default = sql(\"'infinity'\")` or `default = sql(\"'-infinity'\")`";

/// Whether a text is one of PostgreSQL's infinite moments or days.
pub(super) const fn is_infinite(sql: &SqlType, text: &[u8]) -> bool {
    let text = match text {
        [b'-' | b'+', rest @ ..] => rest,
        _ => text,
    };
    !matches!(sql, SqlType::Time) && equal_in_any_case(text, b"infinity")
}

/// Whether a text is a value of a type, and not after the last second that its type in Rust has, counted from 1970.
pub(super) const fn reads(sql: &SqlType, last_second: Option<i64>, text: &[u8]) -> bool {
    match sql {
        SqlType::Date => matches!(date(text), Some((_, []))),
        SqlType::Time => matches!(time(text), Some((_, []))),
        _ => {
            let Some((day, [b' ' | b'T', rest @ ..])) = date(text) else {
                return false;
            };
            let Some((second, rest)) = time(rest) else {
                return false;
            };
            if matches!(sql, SqlType::Timestamp) {
                return rest.is_empty();
            }
            // Without a zone it would be read in that of the session.
            let Some(offset) = zone(rest) else {
                return false;
            };
            match last_second {
                Some(last) => day * 86_400 + second - offset <= last,
                None => true,
            }
        }
    }
}

/// How many days before each month a year has had that is no leap year.
const DAYS_BEFORE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/// Days from the first of the year 1 to the first of 1970.
const UNTIL_1970: i64 = 719_162;

/// Reads `2026-01-31`, and gives its number, counted from 1970, and what follows.
const fn date(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some((year, [b'-', rest @ ..])) = digits(text, 4) else {
        return None;
    };
    let Some((month, [b'-', rest @ ..])) = digits(rest, 2) else {
        return None;
    };
    let Some((day, rest)) = digits(rest, 2) else {
        return None;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if year < 1 || day < 1 || day > longest {
        return None;
    }
    let years = year - 1;
    #[expect(
        clippy::cast_sign_loss,
        clippy::cast_possible_truncation,
        reason = "it is a month"
    )]
    let before = DAYS_BEFORE[month as usize - 1] + (leap && month > 2) as i64;
    let days = years * 365 + years / 4 - years / 100 + years / 400 + before + day - 1;
    Some((days - UNTIL_1970, rest))
}

/// Reads `08:30`, `08:30:00` or `08:30:00.123456`, and gives the second of the day and what follows.
const fn time(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some((hour, [b':', rest @ ..])) = digits(text, 2) else {
        return None;
    };
    let Some((minute, rest)) = digits(rest, 2) else {
        return None;
    };
    if hour > 23 || minute > 59 {
        return None;
    }
    let whole = (hour * 60 + minute) * 60;
    let [b':', seconds @ ..] = rest else {
        return Some((whole, rest));
    };
    let Some((second, rest)) = digits(seconds, 2) else {
        return None;
    };
    if second > 59 {
        return None;
    }
    let whole = whole + second;
    let [b'.', fraction @ ..] = rest else {
        return Some((whole, rest));
    };
    let mut i = 0;
    while i < fraction.len() && fraction[i].is_ascii_digit() {
        i += 1;
    }
    // PostgreSQL keeps microseconds, and would round the rest.
    if i == 0 || i > 6 {
        return None;
    }
    Some((whole, fraction.split_at(i).1))
}

/// The seconds by which `Z`, `+02` or `+02:00` is ahead of UTC.
const fn zone(text: &[u8]) -> Option<i64> {
    let (sign, rest) = match text {
        [b'Z'] => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match digits(rest, 2) {
        Some((hours, [])) => (hours, 0),
        Some((hours, [b':', rest @ ..])) => match digits(rest, 2) {
            Some((minutes, [])) => (hours, minutes),
            _ => return None,
        },
        _ => return None,
    };
    if hours > 15 || minutes > 59 {
        return None;
    }
    Some(sign * (hours * 60 + minutes) * 60)
}

/// Reads exactly so many digits.
const fn digits(text: &[u8], count: usize) -> Option<(i64, &[u8])> {
    if text.len() < count {
        return None;
    }
    let (digits, rest) = text.split_at(count);
    let (mut value, mut i) = (0, 0);
    while i < count {
        if !digits[i].is_ascii_digit() {
            return None;
        }
        value = value * 10 + (digits[i] - b'0') as i64;
        i += 1;
    }
    Some((value, rest))
}
