//! Defaults that are written as literals: each has to be a value of its column.
//!
//! The database would find most of this when the first row is inserted, and take the rest for another value.

mod array;
mod json;
mod number;
mod text;
mod time;

use self::array::{Item, Unescaped};
use self::number::NumberLiteral;
use super::Message;
use super::equal::{equal, equal_bytes};
use crate::model::ColumnDef;
use crate::value::SqlType;

/// A default as it is written in the program.
#[derive(Debug, Clone, Copy)]
pub enum Literal {
    /// A text in quotes.
    Text(&'static str),
    /// A number, with its sign.
    Number(&'static str),
    /// `true` or `false`.
    Boolean,
}

/// The default of a column is one of its values.
///
/// # Errors
///
/// The message to panic with, when it is none, or not the one that it reads like.
pub const fn default(column: &ColumnDef, literal: Literal) -> Result<(), Message> {
    if let Literal::Text(text) = literal {
        if column.nullable && text::is_word(text, "null") {
            return Err(refusal(column, literal).push(
                "a column that can be null is null without a default\nhelp: remove `default`, or write `default = sql(\"'null'\")` for the word",
            ));
        }
        if text::has_nul(text) {
            return Err(refusal(column, literal)
                .push("PostgreSQL has no texts with a NUL character\nhelp: remove it"));
        }
    }
    if let Some(labels) = column.labels {
        return label(column, literal, labels);
    }
    match objection(column, literal) {
        None => item_labels(column, literal),
        Some(objection) => Err(refusal(column, literal)
            .push("the column is ")
            .push(described(column))
            .push_range(column.range)
            .push(objection)),
    }
}

/// The beginning of all messages.
const fn refusal(column: &ColumnDef, literal: Literal) -> Message {
    let message = Message::new();
    let message = match literal {
        Literal::Text(text) => message.push("`\"").push_short(text).push("\"`"),
        Literal::Number(digits) => message.push("`").push_short(digits).push("`"),
        Literal::Boolean => message.push("`true` or `false`"),
    };
    message
        .push(" can't be the default of field `")
        .push(column.field)
        .push("`: ")
}

const fn label(
    column: &ColumnDef,
    literal: Literal,
    labels: &[&'static str],
) -> Result<(), Message> {
    let mut i = 0;
    while i < labels.len() {
        if let Literal::Text(text) = literal
            && equal(text, labels[i])
        {
            return match column.sql {
                SqlType::Varchar(longest) if text::length(text.as_bytes()) > longest as usize => Err(refusal(
                    column, literal,
                )
                .push(
                    "the label is longer than `max_length`\nhelp: raise `max_length`, or remove it",
                )),
                _ => Ok(()),
            };
        }
        i += 1;
    }
    let message = refusal(column, literal).push("the labels are ");
    Err(listed(message, labels).push("\nhelp: write one of the labels"))
}

/// The items of an array are labels, if only these are values.
const fn item_labels(column: &ColumnDef, literal: Literal) -> Result<(), Message> {
    let (Some(labels), Literal::Text(text)) = (column.item_labels, literal) else {
        return Ok(());
    };
    let Some(mut rest) = array::inside(text.as_bytes()) else {
        return Ok(());
    };
    while let Some((item, after)) = array::next(rest, column.null_items) {
        let fits = match item {
            Item::Null => true,
            Item::Plain(item) => is_label(labels, item),
            Item::Escaped(item) => match Unescaped::read(item) {
                Some(item) => is_label(labels, item.as_bytes()),
                None => true,
            },
        };
        if !fits {
            return Err(listed(
                refusal(column, literal).push("the labels of its items are "),
                labels,
            )
            .push("\nhelp: write labels in braces"));
        }
        rest = match after {
            [_, following @ ..] => following,
            [] => return Ok(()),
        };
    }
    Ok(())
}

const fn is_label(labels: &[&'static str], item: &[u8]) -> bool {
    let mut i = 0;
    while i < labels.len() {
        let label = labels[i].as_bytes();
        if equal_bytes(item, label) {
            return true;
        }
        i += 1;
    }
    false
}

const fn listed(mut message: Message, labels: &[&'static str]) -> Message {
    let mut i = 0;
    while i < labels.len() {
        message = message
            .push(if i == 0 { "`" } else { ", `" })
            .push(labels[i])
            .push("`");
        i += 1;
    }
    message
}

const fn described(column: &ColumnDef) -> &'static str {
    match &column.sql {
        SqlType::SmallInt | SqlType::Integer | SqlType::BigInt if column.range.is_some() => {
            "a whole number"
        }
        SqlType::Array(_) if column.range.is_some() => "an array of whole numbers",
        SqlType::SmallInt => "a `smallint`, from -32768 to 32767",
        SqlType::Integer => "an `integer`, from -2147483648 to 2147483647",
        SqlType::BigInt => "a `bigint`, from -9223372036854775808 to 9223372036854775807",
        SqlType::Real => "a `real`",
        SqlType::Double => "a `double precision`",
        SqlType::Boolean => "a `boolean`",
        SqlType::Text => "a `text`",
        SqlType::Varchar(_) => "a text of at most `max_length` characters",
        SqlType::Bytea => "a `bytea`",
        SqlType::Uuid => "a `uuid`",
        SqlType::TimestampTz => "a `timestamp with time zone`",
        SqlType::Timestamp => "a `timestamp without time zone`",
        SqlType::Date => "a `date`",
        SqlType::Time => "a `time`",
        SqlType::Numeric => "a `numeric`",
        SqlType::Decimal(..) => {
            "a `numeric` of `precision` digits, `scale` of them behind the point"
        }
        SqlType::Jsonb => "a `jsonb`",
        SqlType::Interval => "an `interval`",
        SqlType::Inet => "an `inet`",
        SqlType::Cidr => "a `cidr`",
        SqlType::MacAddr => "a `macaddr`",
        SqlType::Range(_) => "a range",
        SqlType::Array(_) => "an array",
        SqlType::Enum(_) => "a label of an enum",
        SqlType::Extension(_) => "a value of an extension's type",
    }
}

/// Advice for a literal that is no value of a type.
const fn objection(column: &ColumnDef, literal: Literal) -> Option<&'static str> {
    let sql = &column.sql;
    let (fits, help) = match (sql, literal) {
        (SqlType::SmallInt | SqlType::Integer | SqlType::BigInt, Literal::Number(digits)) => {
            let number = NumberLiteral::read(digits.as_bytes());
            let fits = match number {
                Some(number) => number.is_integer_of(sql) && is_in_range(column, number),
                None => false,
            };
            (
                fits,
                "\nhelp: write a whole number in that range, or give the field another type",
            )
        }
        (SqlType::SmallInt | SqlType::Integer | SqlType::BigInt, _) => (
            false,
            "\nhelp: write a whole number without quotes, as `default = 5`",
        ),
        (SqlType::Real | SqlType::Double, Literal::Number(digits)) => {
            let fits = match NumberLiteral::read(digits.as_bytes()) {
                Some(number) => number.is_float_of(sql),
                None => false,
            };
            (fits, "\nhelp: write a number in its range")
        }
        (SqlType::Real | SqlType::Double, Literal::Text(text)) => (
            text::is_no_number(text.as_bytes()),
            "\nhelp: write a number without quotes, as `default = 0.5`",
        ),
        (SqlType::Numeric | SqlType::Decimal(..), Literal::Number(text) | Literal::Text(text)) => {
            let fits = match NumberLiteral::read(text.as_bytes()) {
                Some(number) => number.is_decimal_of(sql),
                None => false,
            };
            (
                fits,
                "\nhelp: write a number that is stored as it is, as `default = 0.5`",
            )
        }
        (SqlType::Boolean, Literal::Boolean) => (true, ""),
        (SqlType::Boolean, _) => (false, "\nhelp: write `default = true` or `default = false`"),
        (SqlType::Varchar(longest), Literal::Text(text)) => (
            text::length(text.as_bytes()) <= *longest as usize,
            "\nhelp: write a shorter text, or raise `max_length`",
        ),
        (SqlType::Date | SqlType::Time | SqlType::Timestamp | SqlType::TimestampTz, _) => {
            let fits = match literal {
                Literal::Text(text) => reads(sql, None, text.as_bytes()),
                _ => false,
            };
            let comes_back = match literal {
                Literal::Text(text) => reads(sql, column.last_second, text.as_bytes()),
                _ => false,
            };
            let help = match literal {
                Literal::Text(text) if time::is_infinite(sql, text.as_bytes()) => time::INFINITE,
                _ if fits => time::LATER,
                _ => time::form(sql),
            };
            (comes_back, help)
        }
        (SqlType::Jsonb, Literal::Text(text)) => match json::fault(text.as_bytes()) {
            Some(fault) => (false, json_help(fault, sql)),
            None => (true, ""),
        },
        (SqlType::Array(item), Literal::Text(text)) => {
            (is_array(column, item, text.as_bytes()), form(sql))
        }
        (_, Literal::Text(text)) => (reads(sql, None, text.as_bytes()), form(sql)),
        (_, _) => (false, form(sql)),
    };
    if fits { None } else { Some(help) }
}

/// How a value is written as a text.
const fn form(sql: &SqlType) -> &'static str {
    match sql {
        SqlType::Text | SqlType::Varchar(_) => "\nhelp: write it in quotes",
        SqlType::Uuid => {
            "\nhelp: write it as `default = \"01890a5d-ac96-774b-bcce-b302099a8057\"`, or make one up with `sql(\"gen_random_uuid()\")`"
        }
        SqlType::Bytea => "\nhelp: write the bytes in hexadecimal, as `default = \"\\\\x00ff\"`",
        SqlType::Jsonb => {
            "\nhelp: write JSON in quotes, as `default = \"[]\"`, with `\\\"` around texts inside"
        }
        SqlType::Array(_) => {
            "\nhelp: write the items in braces and quotes, as `default = \"{}\"` or `default = \"{1,2}\"`; items that can be null need a `Vec<Option<...>>`"
        }
        SqlType::Interval
        | SqlType::Inet
        | SqlType::Cidr
        | SqlType::MacAddr
        | SqlType::Extension(_)
        | SqlType::Range(_) => "\nhelp: write it as SQL, as `default = sql(\"'1 day'\")`",
        _ => "\nhelp: write it in quotes as PostgreSQL does",
    }
}

const fn json_help(fault: json::JsonFault, sql: &SqlType) -> &'static str {
    match fault {
        json::JsonFault::Form => form(sql),
        json::JsonFault::Character => {
            "\nhelp: write no `\\u0000`, which it has not, and both halves of a character such as `\\ud83d\\ude00`"
        }
        json::JsonFault::Number => {
            "\nhelp: write numbers that a `double precision` has, or a text in quotes"
        }
        json::JsonFault::Key => {
            "\nhelp: write each key of an object once, since the last one alone is kept"
        }
    }
}

/// Whether PostgreSQL reads a text as a value of a type, in the one way that is understood everywhere, and a program reads it back.
const fn reads(sql: &SqlType, last_second: Option<i64>, text: &[u8]) -> bool {
    match sql {
        SqlType::SmallInt | SqlType::Integer | SqlType::BigInt => match NumberLiteral::read(text) {
            // A literal of SQL can be `1e3`; the text of a whole number can't.
            Some(number) => text::is_whole(text) && number.is_integer_of(sql),
            None => false,
        },
        SqlType::Real | SqlType::Double => match NumberLiteral::read(text) {
            Some(number) => number.is_float_of(sql),
            None => text::is_no_number(text),
        },
        SqlType::Numeric | SqlType::Decimal(..) => match NumberLiteral::read(text) {
            Some(number) => number.is_decimal_of(sql),
            None => false,
        },
        SqlType::Boolean => equal_bytes(text, b"true") || equal_bytes(text, b"false"),
        // Which labels there are is looked at before.
        SqlType::Text | SqlType::Enum(_) => true,
        SqlType::Varchar(longest) => text::length(text) <= *longest as usize,
        SqlType::Bytea => text::is_bytes(text),
        SqlType::Uuid => text::is_uuid(text),
        SqlType::Date | SqlType::Time | SqlType::Timestamp | SqlType::TimestampTz => {
            time::reads(sql, last_second, text)
        }
        SqlType::Jsonb => json::fault(text).is_none(),
        // There are no arrays of arrays, and the forms of the others are many.
        SqlType::Array(_)
        | SqlType::Extension(_)
        | SqlType::Interval
        | SqlType::Inet
        | SqlType::Cidr
        | SqlType::MacAddr
        | SqlType::Range(_) => false,
    }
}

/// Whether a whole number is in the range of a column's type.
const fn is_in_range(column: &ColumnDef, number: NumberLiteral<'_>) -> bool {
    match column.range {
        Some(range) => number.is_within(range),
        None => true,
    }
}

/// Whether an item of an array, a value of its type, is in the range of a column's type.
const fn is_item_in_range(column: &ColumnDef, item: &[u8]) -> bool {
    match NumberLiteral::read(item) {
        Some(number) if column.range.is_some() => is_in_range(column, number),
        _ => true,
    }
}

/// Whether a text is an array: `{}`, `{1,2}`, `{"a b","c"}`.
const fn is_array(column: &ColumnDef, item: &SqlType, text: &[u8]) -> bool {
    let Some(mut rest) = array::inside(text) else {
        return false;
    };
    if rest.is_empty() {
        return true;
    }
    loop {
        let Some((value, after)) = array::next(rest, column.null_items) else {
            return false;
        };
        let fits = match value {
            Item::Null => true,
            Item::Plain(value) => {
                reads(item, column.last_second, value) && is_item_in_range(column, value)
            }
            Item::Escaped(value) => match Unescaped::read(value) {
                Some(value) => {
                    reads(item, column.last_second, value.as_bytes())
                        && is_item_in_range(column, value.as_bytes())
                }
                None => true,
            },
        };
        if !fits {
            return false;
        }
        match after {
            [] => return true,
            [b',', following @ ..] => rest = following,
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests;
