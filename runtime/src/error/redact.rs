//! The part of the server's words that anybody may read.
//!
//! PostgreSQL quotes the values of rows, which are customers' data, in its messages, details and hints. So only what is
//! known to name nothing but objects and types is told; a list of what quotes values would never be complete. All of it
//! stays in the cause of the error.

use postgres::error::{DbError, ErrorPosition};

use crate::name::{FUNCTION_NEEDED, TENANT_ROW_REFUSED};

/// The words of a refusal without the values of rows. It was that of some SQL, if that is known.
pub(super) fn told(error: &DbError, sql: Option<&str>) -> String {
    let trust = match trust(error) {
        Trust::Names if sql.is_some_and(|sql| may_name_values(error, sql)) => Trust::Form,
        trust => trust,
    };
    let mut told = match trust {
        Trust::Names => error.message().to_owned(),
        Trust::Form => without_values(error.message(), error.code().code()),
        Trust::Nothing => condition(error.code().code()).to_owned(),
    };
    // Those of constraints have the row in them.
    if trust == Trust::Names && !matches!(class(error), "21" | "23" | "44" | "P0") {
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
    match class(error) {
        _ if is_of_a_migration(error) => Trust::Names,
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

fn class(error: &DbError) -> &str {
    error.code().code().get(..2).unwrap_or_default()
}

/// Whether a message may quote a value that was taken for a name, as by `value::regclass` or `nextval(value)`: it names
/// something that is not in the SQL.
///
/// Where PostgreSQL points into the SQL itself, the name stands there.
fn may_name_values(error: &DbError, sql: &str) -> bool {
    let looks_up = matches!(class(error), "0A" | "3D" | "3F" | "42" | "58");
    // Of limits that are exceeded only that of an index has a name that is not in the SQL: `word is too long in tsquery: …`.
    let is_too_long = class(error) == "54" && !error.message().starts_with("index row ");
    if !(looks_up || is_too_long) || matches!(error.position(), Some(ErrorPosition::Original(_))) {
        return false;
    }
    let message = error.message();
    if !message.is_ascii() {
        return true;
    }
    let mut known = sql.to_owned();
    // What a routine does is written in it, and quoted there.
    let context = error.where_().unwrap_or_default();
    if ["PL/pgSQL function ", "SQL function "]
        .iter()
        .any(|it| context.contains(it))
    {
        known.push_str(context);
        if let Some(ErrorPosition::Internal { query, .. }) = error.position() {
            known.push_str(query);
        }
    }
    let known = plain(&known);
    named(message).any(|name| !has_word(&known, &plain(name)))
}

/// The names in a message: the texts in double quotes, and the one after a colon. Between two names is a word of
/// PostgreSQL's, unless a name has quotes in it.
fn named(message: &str) -> impl Iterator<Item = &str> {
    let is_between = |text: &str| {
        let is_spaced = text.starts_with(' ') && text.ends_with(' ');
        is_spaced && text.chars().all(|c| c == ' ' || c.is_ascii_lowercase())
    };
    let end = message.matches('"').count();
    let parts = message.split('"').enumerate();
    let names = parts.filter(move |(at, part)| {
        let is_inside = *at > 0 && *at < end;
        at % 2 == 1 || is_inside && !is_between(part)
    });
    let last = message.split_once(": ");
    let last = last.map(|(_, last)| last.trim_matches('"'));
    names.map(|(_, part)| part).chain(last)
}

fn plain(text: &str) -> String {
    text.replace('"', "").to_lowercase()
}

/// Whether a text has a word, and not only as a part of another.
fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        !before.ends_with(is_part) && !after.starts_with(is_part)
    })
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

/// Whether SQL that `makemigrations` has written refuses something: to move rows, which it names by their keys, or to part a tenant
/// from its row. It quotes nothing else.
fn is_of_a_migration(error: &DbError) -> bool {
    matches!(
        error.code().code(),
        "TN010" | TENANT_ROW_REFUSED | FUNCTION_NEEDED
    ) && error.schema() == Some(crate::name::BOOKKEEPING_SCHEMA)
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

/// Meaning of a code, in the words of the PostgreSQL manual.
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
            Some("0A" | "3D" | "3F" | "42" | "58") => {
                "what is asked for by its name is not there, or can't be had"
            }
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

    #[test]
    fn a_name_is_a_word_of_the_sql_or_may_be_a_value() {
        let sql = r#"ALTER TABLE "acme"."big table" DROP COLUMN Notes"#;
        let is_known =
            |message: &str| named(message).all(|name| has_word(&plain(sql), &plain(name)));
        for message in [
            r#"relation "acme.big table" does not exist"#,
            r#"column "notes" of relation "big table" does not exist"#,
            "cannot drop table",
        ] {
            assert!(is_known(message), "{message}");
        }
        for message in [
            r#"relation "acme.big" "x" does not exist"#,
            r#"role "note" does not exist"#,
            "operator does not exist: geheim",
            r#"syntax error in tsquery: "ann & ""#,
            r#"syntax error at or near ""ann""#,
            r#"syntax error at or near ""ann"""#,
            r#"relation "acme"ann"notes" does not exist"#,
        ] {
            assert!(!is_known(message), "{message}");
        }
    }
}
