//! What of the server's words anybody may read.
//!
//! PostgreSQL quotes the values of rows, which are customers' data, in its messages, details and hints. So only what is
//! known to name nothing but objects and types is told; a list of what quotes values would never be complete. All of it
//! stays in the cause of the error.

use postgres::error::DbError;

/// The words of a refusal without the values of rows.
pub(super) fn told(error: &DbError) -> String {
    let mut told = match trust(error) {
        Trust::Names => error.message().to_owned(),
        Trust::Form => without_values(error.message(), error.code().code()),
        Trust::Nothing => condition(error.code().code()).to_owned(),
    };
    if names_only_objects(error) {
        append(&mut told, error);
    }
    told
}

/// All words of a refusal.
pub(super) fn all(error: &DbError) -> String {
    let mut all = error.message().to_owned();
    append(&mut all, error);
    if let Some(context) = error.where_() {
        all.push_str("; context: ");
        all.push_str(context);
    }
    all
}

fn append(text: &mut String, error: &DbError) {
    if let Some(detail) = error.detail() {
        text.push_str(": ");
        text.push_str(detail);
    }
    if let Some(hint) = error.hint() {
        text.push_str("; hint: ");
        text.push_str(hint);
    }
}

/// How much of a message can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// It names objects, types, or pieces of the statement.
    Names,
    /// It says what is wrong, and may quote the value.
    Form,
    /// Whoever wrote the SQL has written it too.
    Nothing,
}

fn trust(error: &DbError) -> Trust {
    let code = error.code().code();
    // The classes of appendix A of the PostgreSQL manual.
    match code.get(..2).unwrap_or_default() {
        _ if is_of_the_author(error) => Trust::Nothing,
        _ if is_of_made_up_sql(error) => Trust::Form,
        "08" | "0A" | "21" | "23" | "25" | "26" | "28" | "2B" | "2D" | "34" | "3B" | "3D"
        | "3F" | "40" | "42" | "44" | "53" | "54" | "55" | "57" | "58" => Trust::Names,
        "22" | "XX" => Trust::Form,
        // `query returned no rows`, `query returned more than one row`.
        _ if matches!(code, "P0002" | "P0003") => Trust::Names,
        _ => Trust::Nothing,
    }
}

/// Whether details and hints name objects only, too. Those of constraints have the row in them.
fn names_only_objects(error: &DbError) -> bool {
    let class = error.code().code().get(..2).unwrap_or_default();
    trust(error) == Trust::Names && !matches!(class, "21" | "23" | "44" | "P0")
}

/// Whether the text was written by whoever wrote a function: `RAISE`, `ASSERT`, or an exception of another language.
///
/// The code does not tell, since `RAISE` can give any.
fn is_of_the_author(error: &DbError) -> bool {
    let is_raised = |routine: &str| {
        matches!(routine, "exec_stmt_raise" | "exec_stmt_assert") || routine.starts_with("PLy_")
    };
    error.routine().is_some_and(is_raised)
}

/// Whether a function made the SQL, so that a name in it may be a value.
fn is_of_made_up_sql(error: &DbError) -> bool {
    error
        .where_()
        .is_some_and(|context| context.contains("EXECUTE"))
}

/// A message without what it quotes: `invalid input syntax for type integer: …`.
///
/// Other languages quote in other ways, so a message that is not plain ASCII is replaced as a whole.
fn without_values(message: &str, code: &str) -> String {
    if !message.is_ascii() {
        return condition(code).to_owned();
    }
    let starts = [": ", "\"", "0x", "'"];
    let Some(start) = starts.iter().filter_map(|it| message.find(it)).min() else {
        return if message.contains(|c: char| c.is_ascii_digit()) {
            condition(code).to_owned()
        } else {
            message.to_owned()
        };
    };
    let is_plain = |text: &str| {
        text.chars()
            .all(|c| c.is_ascii_alphabetic() || matches!(c, ' ' | '-' | ',' | '(' | ')'))
    };
    let (before, rest) = message.split_at(start);
    let before = before.trim_end();
    let colon = if rest.starts_with(':') { ":" } else { "" };
    // What follows the last quote is the server's again: `value … is out of range for type integer`.
    let after = rest.rfind('"').map_or("", |at| &rest[at + 1..]);
    let after = if is_plain(after) && colon.is_empty() {
        after
    } else {
        ""
    };
    let space = if before.is_empty() || !colon.is_empty() {
        ""
    } else {
        " "
    };
    format!(
        "{before}{space}{colon}{}…{after}",
        if colon.is_empty() { "" } else { " " }
    )
}

/// What a code means, in the words of the PostgreSQL manual.
fn condition(code: &str) -> &'static str {
    match code {
        "22001" => "a text is too long for its column",
        "22003" => "a number is out of range",
        "22007" => "a date or time is not well-formed",
        "22008" => "a date or time is out of range",
        "22P02" => "a text is no value of the type",
        "P0001" => "an exception was raised by the SQL or a function",
        "P0004" => "an assertion of the SQL or a function failed",
        _ => match code.get(..2) {
            Some("22") => "a value is not valid",
            Some("23" | "44") => "a constraint is violated",
            _ => "an exception was raised by the SQL or a function",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_tells_what_is_wrong_without_the_value() {
        for (message, told) in [
            (
                "invalid input syntax for type integer: \"ann@x.example\"",
                "invalid input syntax for type integer: …",
            ),
            (
                "value \"99999999999\" is out of range for type integer",
                "value … is out of range for type integer",
            ),
            (
                "value \"9\" is ann's\" is out of range for type integer",
                "value … is out of range for type integer",
            ),
            (
                "\"1e400\" is out of range for type double precision",
                "… is out of range for type double precision",
            ),
            (
                "invalid input value for enum \"status\": \"geheim\"",
                "invalid input value for enum …",
            ),
            ("invalid value \"ab\" for \"MM\"", "invalid value …"),
            (
                "invalid byte sequence for encoding \"UTF8\": 0xff 0x41",
                "invalid byte sequence for encoding …",
            ),
            (
                "character with byte sequence 0xe2 0x82 in encoding \"UTF8\" has no equivalent in encoding \"LATIN1\"",
                "character with byte sequence …",
            ),
            (
                "date/time field value out of range: \"1999-13-01\"",
                "date/time field value out of range: …",
            ),
            ("setval: value 4711 is out of bounds", "setval: …"),
            ("division by zero", "division by zero"),
            ("index 4711 out of valid range", "a value is not valid"),
            ("Wert »4711« ist außerhalb", "a value is not valid"),
        ] {
            assert_eq!(without_values(message, "22000"), told);
        }
    }
}
