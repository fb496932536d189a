//! How the values of a column become those of another type.

use crate::name::quote_identifier;

/// Returns what follows `ALTER COLUMN`.
///
/// PostgreSQL converts by itself where there is an assignment cast, and is told to where there is another cast. Elsewhere
/// the statement goes by way of text, which every type can be read from and written to, as a start for the person who
/// reviews it.
pub(super) fn alter_type(column: &str, from: &str, to: &str) -> String {
    let name = quote_identifier(column);
    converted(&name, from, to).map_or_else(
        || format!("TYPE {to}"),
        |value| format!("TYPE {to} USING {value}"),
    )
}

/// Returns the expression of a value as one of another type; none where the value is assigned as it is.
pub(super) fn converted(value: &str, from: &str, to: &str) -> Option<String> {
    let (from_base, to_base) = (base_type(from), base_type(to));
    if let Some(converted) = at_utc(value, &from_base, &to_base) {
        Some(converted)
    } else if is_of_elements(&to_base, &from_base) {
        Some(format!(
            "CASE WHEN {value} IS NOT NULL THEN ARRAY[{value}]::{to} END"
        ))
    } else if is_of_elements(&from_base, &to_base) {
        Some(format!("{value}[1]"))
    } else if converts_by_itself(&from_base, &to_base) {
        None
    } else if from_base == "boolean" && is_number(&to_base) {
        Some(format!("{value}::integer"))
    } else if is_number(&from_base) && to_base == "boolean" {
        Some(format!("{value} <> 0"))
    } else if EXPLICIT.contains(&(from_base.as_str(), to_base.as_str())) {
        Some(format!("{value}::{to}"))
    } else {
        Some(format!("{value}::text::{to}"))
    }
}

/// Returns what a moment is in another type at UTC. PostgreSQL's own casts take the time zone of the session, which may be another
/// in each run.
fn at_utc(name: &str, from: &str, to: &str) -> Option<String> {
    const MOMENT: &str = "timestamp with time zone";
    const LOCAL: &str = "timestamp without time zone";
    match (from, to) {
        (MOMENT, LOCAL) | (LOCAL, MOMENT) => Some(format!("{name} AT TIME ZONE 'UTC'")),
        (MOMENT, "date" | "time without time zone") => {
            Some(format!("({name} AT TIME ZONE 'UTC')::{to}"))
        }
        ("date", MOMENT) => Some(format!("{name}::timestamp AT TIME ZONE 'UTC'")),
        _ => None,
    }
}

fn is_whole(base: &str) -> bool {
    ["smallint", "integer", "bigint"].contains(&base)
}

pub(super) fn is_number(base: &str) -> bool {
    is_whole(base) || ["numeric", "real", "double precision"].contains(&base)
}

pub(super) fn is_text(base: &str) -> bool {
    FAMILIES[0].contains(&base)
}

/// Types that PostgreSQL converts into each other when a value is assigned.
const FAMILIES: [&[&str]; 3] = [
    &["text", "character varying", "character"],
    &[
        "smallint",
        "integer",
        "bigint",
        "numeric",
        "real",
        "double precision",
    ],
    &[
        "timestamp with time zone",
        "timestamp without time zone",
        "date",
    ],
];

/// Further pairs that PostgreSQL converts when a value is assigned.
const ASSIGNED: [(&str, &str); 5] = [
    ("json", "jsonb"),
    ("jsonb", "json"),
    ("timestamp with time zone", "time without time zone"),
    ("timestamp without time zone", "time without time zone"),
    ("interval", "time without time zone"),
];

/// Pairs that it converts when it is told to, and that are not the same by way of text.
const EXPLICIT: [(&str, &str); 6] = [
    ("jsonb", "boolean"),
    ("jsonb", "integer"),
    ("jsonb", "bigint"),
    ("jsonb", "smallint"),
    ("jsonb", "numeric"),
    ("jsonb", "double precision"),
];

/// Whether a type is that of lists whose elements are, or are assigned to, values of another that is none.
fn is_of_elements(list: &str, value: &str) -> bool {
    list.strip_suffix("[]").is_some_and(|element| {
        let is_akin = element == value || converts_by_itself(value, element) && !is_text(element);
        !value.ends_with("[]") && is_akin
    })
}

/// Whether PostgreSQL has an assignment cast between two types, going by their names without bounds.
fn converts_by_itself(from: &str, to: &str) -> bool {
    let (from_element, to_element) = (from.trim_end_matches("[]"), to.trim_end_matches("[]"));
    let akin = from_element == to_element
        || FAMILIES
            .iter()
            .any(|family| family.contains(&from_element) && family.contains(&to_element));
    // Every type can be assigned to text.
    FAMILIES[0].contains(&to)
        || akin && from.ends_with("[]") == to.ends_with("[]")
        || ASSIGNED.contains(&(from, to))
}

/// Whether all values of a type are values of another, that PostgreSQL takes them for without a look at the rows.
pub(super) fn widens(from: &str, to: &str) -> bool {
    let (from_base, to_base) = (base_type(from), base_type(to));
    let varies = |base: &str| base == "text" || base == "character varying";
    if varies(&from_base) && varies(&to_base) {
        return match (&bounds(from)[..], &bounds(to)[..]) {
            (_, []) => true,
            ([one], [other]) => one <= other,
            _ => false,
        };
    }
    if from_base != to_base || from_base != "numeric" {
        return false;
    }
    match (&bounds(from)[..], &bounds(to)[..]) {
        (_, []) => true,
        ([precision, scale], [wider, same]) => scale == same && precision <= wider,
        _ => false,
    }
}

/// Says what values lose when they are converted, where the server does so without a word.
pub(super) fn loss(from: &str, to: &str) -> Option<&'static str> {
    const ROUNDED: &str = "values are rounded";
    const EQUAL_KEYS: &str = "the order of keys, and all but the last of equal keys, are lost";
    const INEXACT: &str = "digits are lost that the new type has no room for";
    let (from_base, to_base) = (base_type(from), base_type(to));
    if let (Some(_), Some(_)) = (from_base.strip_suffix("[]"), to_base.strip_suffix("[]")) {
        let element = |sql_type: &str| sql_type.trim_end_matches("[]").to_owned();
        return loss(&element(from), &element(to));
    }
    if is_of_elements(&from_base, &to_base) {
        return Some("all elements but the first are lost, and empty lists become null");
    }
    match (&*from_base, &*to_base) {
        (from, to) if never_converts(from, to) => Some(
            "no value is one of the new type, so it fails in every schema that has rows: add a field beside it, fill that, \
             and have references lead there",
        ),
        ("numeric", "numeric") => loses_digits(&bounds(from), &bounds(to)).then_some(ROUNDED),
        ("numeric" | "real" | "double precision", whole) if is_whole(whole) => Some(ROUNDED),
        ("real" | "double precision", "numeric") if !bounds(to).is_empty() => Some(ROUNDED),
        // A `real` has seven digits, and a `double precision` sixteen.
        ("double precision" | "numeric" | "integer" | "bigint", "real")
        | ("numeric" | "bigint", "double precision")
        | ("double precision", "numeric") => Some(INEXACT),
        ("timestamp with time zone" | "timestamp without time zone", "date") => {
            Some("the time of day is lost")
        }
        ("timestamp with time zone" | "timestamp without time zone", "time without time zone") => {
            Some("the date is lost")
        }
        ("interval", "time without time zone") => Some("the days are lost"),
        ("json", "jsonb") => Some(EQUAL_KEYS),
        (number, "boolean") if is_number(number) => Some("all numbers but 0 become true"),
        // What is read from text or JSON is rounded as well.
        ("jsonb", whole) if is_whole(whole) => Some(ROUNDED),
        (text, "numeric") if (is_text(text) || text == "jsonb") && !bounds(to).is_empty() => {
            Some(ROUNDED)
        }
        (text, "real" | "double precision") if is_text(text) || text == "jsonb" => Some(INEXACT),
        (text, "date") if is_text(text) => Some("the time of day is lost, where there is one"),
        (text, "timestamp without time zone" | "time without time zone") if is_text(text) => {
            Some("offsets from UTC, and dates before a time of day, are lost where there are any")
        }
        (text, "jsonb") if is_text(text) => Some(EQUAL_KEYS),
        _ if from_base == to_base && is_of_time(&from_base) => {
            let digits = |sql_type| bounds(sql_type).first().copied().unwrap_or(6);
            (digits(to) < digits(from)).then_some("fractions of seconds are rounded")
        }
        _ => None,
    }
}

/// Whether not a single value of a type can be read as one of another.
pub(super) fn never_converts(from: &str, to: &str) -> bool {
    let is_list = |base: &str| base.ends_with("[]");
    if is_list(from) != is_list(to) {
        return !is_text(from) && !is_text(to) && !is_of_elements(to, from);
    }
    let kind = |base: &str| match base {
        "uuid" => Some(0),
        "boolean" => Some(1),
        _ if is_number(base) => Some(2),
        _ if is_of_time(base) || base == "date" => Some(3),
        _ => None,
    };
    let is_flag = |kind: Option<i32>| matches!(kind, Some(1 | 2));
    match (kind(from), kind(to)) {
        (from @ Some(_), to @ Some(_)) => from != to && !(is_flag(from) && is_flag(to)),
        _ => false,
    }
}

pub(super) fn is_of_time(base: &str) -> bool {
    base.starts_with("time") || base.starts_with("interval")
}

/// Whether a `numeric` with these bounds may have more digits after the point than one with those.
fn loses_digits(from: &[u32], to: &[u32]) -> bool {
    let scale = |bounds: &[u32]| match bounds {
        [] => None,
        [_] => Some(0),
        [_, scale, ..] => Some(*scale),
    };
    match (scale(from), scale(to)) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(before), Some(after)) => after < before,
    }
}

/// The bounds of a type: 12 and 2 of `numeric(12,2)`.
fn bounds(sql_type: &str) -> Vec<u32> {
    let inside = sql_type
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(')'));
    let numbers = inside.map_or("", |(inside, _)| inside).split(',');
    numbers
        .filter_map(|number| number.trim().parse().ok())
        .collect()
}

/// A type's name without what bounds its values: `numeric` of `numeric(12,2)`.
pub(super) fn base_type(sql_type: &str) -> String {
    match (sql_type.find('('), sql_type.rfind(')')) {
        (Some(open), Some(close)) if open < close => {
            [&sql_type[..open], &sql_type[close + 1..]].concat()
        }
        _ => sql_type.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_that_does_not_convert_by_itself_goes_by_way_of_text() {
        let alter = |from: &str, to: &str| alter_type("a", from, to);
        assert_eq!(alter("integer", "numeric(12,2)"), "TYPE numeric(12,2)");
        assert_eq!(alter("timestamp(3) without time zone", "date"), "TYPE date");
        assert_eq!(
            alter("uuid", "character varying(40)"),
            "TYPE character varying(40)"
        );
        assert_eq!(alter("integer[]", "bigint[]"), "TYPE bigint[]");
        assert_eq!(alter("text", "uuid"), r#"TYPE uuid USING "a"::text::uuid"#);
        assert_eq!(
            alter("boolean", "integer"),
            r#"TYPE integer USING "a"::integer"#
        );
        assert_eq!(
            alter("boolean", "numeric(5,2)"),
            r#"TYPE numeric(5,2) USING "a"::integer"#
        );
        assert_eq!(alter("bigint", "boolean"), r#"TYPE boolean USING "a" <> 0"#);
        assert_eq!(
            alter("timestamp with time zone", "date"),
            r#"TYPE date USING ("a" AT TIME ZONE 'UTC')::date"#
        );
        assert_eq!(alter("json", "jsonb"), "TYPE jsonb");
        assert_eq!(
            alter("integer", "bigint[]"),
            r#"TYPE bigint[] USING CASE WHEN "a" IS NOT NULL THEN ARRAY["a"]::bigint[] END"#
        );
        assert_eq!(alter("bigint[]", "integer"), r#"TYPE integer USING "a"[1]"#);
    }

    #[test]
    fn a_loss_is_named_where_the_server_says_nothing() {
        for (from, to) in [
            ("numeric(12,2)", "numeric(10,1)"),
            ("numeric", "numeric(12,2)"),
            ("numeric(12,2)", "bigint"),
            ("timestamp with time zone", "date"),
            (
                "timestamp without time zone",
                "timestamp(0) without time zone",
            ),
            ("bigint", "double precision"),
            ("double precision", "real"),
            ("numeric(12,2)[]", "numeric(10,1)[]"),
            ("text", "numeric(12,2)"),
            ("jsonb", "integer"),
            ("character varying(40)", "timestamp without time zone"),
            ("integer", "uuid"),
            ("uuid", "bigint"),
            ("date", "integer"),
            ("boolean", "uuid"),
            ("bigint[]", "bigint"),
            ("uuid", "bigint[]"),
            ("jsonb", "bigint[]"),
            ("bigint[]", "date"),
        ] {
            assert!(loss(from, to).is_some(), "{from} {to}");
        }
        for (from, to) in [
            ("numeric(12,2)", "numeric(10,2)"),
            ("numeric(12,2)", "numeric"),
            ("integer", "bigint"),
            ("bigint", "integer"),
            ("integer", "double precision"),
            ("date", "timestamp with time zone"),
            ("character varying(40)", "character varying(10)"),
            ("text", "uuid"),
            ("integer", "bigint[]"),
            ("text", "bigint[]"),
            ("bigint[]", "text"),
        ] {
            assert_eq!(loss(from, to), None, "{from} {to}");
        }
    }

    #[test]
    fn a_wider_type_takes_no_look_at_the_rows() {
        for (from, to, expected) in [
            ("character varying(40)", "character varying(80)", true),
            ("character varying(40)", "text", true),
            ("text", "character varying(40)", false),
            ("character varying(80)", "character varying(40)", false),
            ("numeric(10,2)", "numeric(12,2)", true),
            ("numeric(10,2)", "numeric(12,3)", false),
            ("integer", "bigint", false),
        ] {
            assert_eq!(widens(from, to), expected, "{from} {to}");
        }
    }
}
