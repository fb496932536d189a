//! How the values of a column become those of another type.

use crate::name::quote_identifier;

/// PostgreSQL converts by itself where there is an assignment cast. Elsewhere the statement says how, as a start for
/// the person who reviews it: by way of text, which every type can be read from and written to.
pub(super) fn alter_type(column: &str, from: &str, to: &str) -> String {
    if converts_by_itself(from, to) {
        format!("TYPE {to}")
    } else {
        format!("TYPE {to} USING {}::text::{to}", quote_identifier(column))
    }
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

/// Whether PostgreSQL has an assignment cast between two types, going by their names.
fn converts_by_itself(from: &str, to: &str) -> bool {
    let (from, to) = (base_type(from), base_type(to));
    let (from_element, to_element) = (from.trim_end_matches("[]"), to.trim_end_matches("[]"));
    let akin = from_element == to_element
        || FAMILIES
            .iter()
            .any(|family| family.contains(&from_element) && family.contains(&to_element));
    // Every type can be assigned to text.
    FAMILIES[0].contains(&&*to) || akin && from.ends_with("[]") == to.ends_with("[]")
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
            alter("integer", "integer[]"),
            r#"TYPE integer[] USING "a"::text::integer[]"#
        );
    }
}
