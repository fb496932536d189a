//! Conditions that say nothing of nulls.

use tenantry_sql::{Kind, tokens};

/// Words of conditions, and functions, that give null where they are given nulls only.
const STRICT: [&str; 18] = [
    "and",
    "or",
    "not",
    "between",
    "like",
    "ilike",
    "in",
    "length",
    "char_length",
    "octet_length",
    "lower",
    "upper",
    "trim",
    "btrim",
    "ltrim",
    "rtrim",
    "abs",
    "round",
];

/// Whether a condition is certainly null, which a check lets pass, where all of some columns are.
pub(crate) fn is_null_of_nulls(sql: &str, columns: &[&str]) -> bool {
    let mut has_column = false;
    let mut after_cast = false;
    for token in tokens(sql) {
        if token.is_blank() {
            continue;
        }
        let is_cast = token.text == "::";
        match token.kind {
            Kind::Word | Kind::Quoted => {
                let Some(name) = token.name() else {
                    return false;
                };
                if columns.contains(&&*name) {
                    has_column = true;
                } else if !after_cast && !STRICT.contains(&&*name) {
                    return false;
                }
            }
            Kind::String | Kind::Number | Kind::Symbol | Kind::Operator => {}
            _ => return false,
        }
        after_cast = is_cast;
    }
    has_column
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asks_about_nulls_is_known() {
        for (sql, expected) in [
            ("length(city) > 3 AND city <> 'x'", true),
            ("\"city\" LIKE 'B%' OR NOT zip::text ~ '^1'", true),
            ("zip BETWEEN 1000 AND 9999", true),
            ("coalesce(zip, 0) > 3", false),
            ("zip IS NOT NULL", false),
            ("CASE WHEN zip > 1 THEN true ELSE false END", false),
            ("true", false),
            ("zip > 1 OR true", false),
        ] {
            assert_eq!(is_null_of_nulls(sql, &["city", "zip"]), expected, "{sql}");
        }
    }
}
