//! Columns that a version of the application leaves out, because it does not know them.
//!
//! The version from before leaves out what is new, and the next one what goes. Whether a constraint refuses their rows depends on the
//! values that stand there then.

use tenantry_sql::{Harmless, Kind, Token, begins_type, harmless, mentions, tokens};

use crate::structure::{Change, Column, ForeignKey};

/// A column that is left out.
#[derive(Debug, Clone, Copy)]
pub(super) struct LeftOut<'a> {
    pub(super) column: &'a str,
    pub(super) value: LeftOutValue,
}

/// The value of a column in the rows of whoever leaves it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeftOutValue {
    Null,
    /// Another in each row.
    Another,
    /// Maybe the same in all rows, or one that is computed of what they have.
    Same,
}

impl<'a> LeftOut<'a> {
    /// The column that the version of the application from before leaves out, if a change is one for it.
    pub(super) fn by_before(change: &'a Change) -> Option<Self> {
        match change {
            Change::AddColumn { column, fill } => Some(Self::of(column, fill.as_deref())),
            _ => None,
        }
    }

    /// The column that the next version leaves out, if a change is one for it.
    pub(super) fn by_next(change: &'a Change) -> Option<Self> {
        match change {
            Change::DropColumn { column, fill } => Some(Self::of(column, fill.as_deref())),
            _ => None,
        }
    }

    fn of(column: &'a Column, fill: Option<&str>) -> Self {
        // The value for rows that are there is the default meanwhile, of a column that has none and takes no nulls.
        let fill = fill.filter(|_| !column.nullable);
        let value = match column.default.as_deref().or(fill) {
            _ if column.identity => LeftOutValue::Another,
            _ if column.generated.is_some() => LeftOutValue::Same,
            None => LeftOutValue::Null,
            Some(sql) if is_another_each_time(sql) => LeftOutValue::Another,
            Some(_) => LeftOutValue::Same,
        };
        Self {
            column: &column.name,
            value,
        }
    }

    /// Whether no row of whoever leaves the column out is looked up by a foreign key.
    pub(super) fn leads_nowhere(&self, key: &ForeignKey) -> bool {
        self.value == LeftOutValue::Null && key.columns.iter().any(|it| it == self.column)
    }
}

/// Whether an expression is null where the column is: it has nothing but that, values, and functions and operators that make null of null.
pub(super) fn is_null_with(sql: &str, column: &str) -> bool {
    const FUNCTIONS: [&str; 11] = [
        "lower", "upper", "initcap", "btrim", "ltrim", "rtrim", "md5", "abs", "round", "length",
        "reverse",
    ];
    let all: Vec<Token<'_>> = tokens(sql).filter(|it| !it.is_blank()).collect();
    mentions(sql, column)
        && all.iter().enumerate().all(|(at, token)| match token.kind {
            Kind::Word | Kind::Quoted => {
                let is_type = at > 0 && all[at - 1].text == "::";
                token.name().is_some_and(|name| {
                    name == column || FUNCTIONS.contains(&&*name) || is_type && begins_type(&name)
                })
            }
            Kind::String | Kind::Number => true,
            // An array keeps what it is put together with.
            Kind::Operator => token.text != "||",
            Kind::Symbol => ["(", ")", ",", "::"].contains(&token.text),
            _ => false,
        })
}

/// Whether a condition names none but these columns.
pub(super) fn names_only(sql: &str, columns: &[&str]) -> bool {
    const KEY_WORDS: [&str; 31] = [
        "and",
        "or",
        "not",
        "is",
        "null",
        "in",
        "between",
        "symmetric",
        "like",
        "ilike",
        "similar",
        "to",
        "any",
        "all",
        "some",
        "array",
        "true",
        "false",
        "unknown",
        "case",
        "when",
        "then",
        "else",
        "end",
        "distinct",
        "from",
        "cast",
        "as",
        "escape",
        "isnull",
        "notnull",
    ];
    let all: Vec<Token<'_>> = tokens(sql).filter(|it| !it.is_blank()).collect();
    let is_before = |at: usize, texts: &[&str]| at > 0 && all[at - 1].is_any(texts);
    all.iter().enumerate().all(|(at, token)| {
        let Some(name) = token.name() else {
            return true;
        };
        let next = all.get(at + 1);
        let is_joined = |text: &str| next.is_some_and(|next| next.text == text);
        let is_typed = at > 0 && ["::", "."].contains(&all[at - 1].text) || is_before(at, &["as"]);
        let is_word = token.kind == Kind::Word && token.is_any(&KEY_WORDS);
        let is_of_text = begins_type(&name) && next.is_some_and(|it| it.kind == Kind::String);
        columns.contains(&&*name)
            || is_word
            || is_typed
            || is_of_text
            || is_joined("(")
            || is_joined(".")
    })
}

/// Whether a default is a call of a function that never gives the same value twice.
fn is_another_each_time(sql: &str) -> bool {
    let all: Vec<Token<'_>> = tokens(sql)
        .filter(|it| !it.is_blank() && !it.is_sign("("))
        .collect();
    let called = all.iter().find(|it| !it.is("pg_catalog") && it.text != ".");
    let name = called.and_then(Token::name);
    name.is_some_and(|name| {
        let is_drawn = name.contains("uuid") && harmless(&name) == Some(Harmless::Changing);
        name == "nextval" || name == "uuid_generate_v4" || is_drawn
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_of_a_column_that_is_left_out_is_known() {
        let column = |default: Option<&str>, nullable| {
            let mut column = Column::new("a", "integer");
            (column.default, column.nullable) = (default.map(str::to_owned), nullable);
            column
        };
        for (default, nullable, fill, expected) in [
            (None, true, None, LeftOutValue::Null),
            (None, true, Some("1"), LeftOutValue::Null),
            (None, false, None, LeftOutValue::Null),
            (None, false, Some("1"), LeftOutValue::Same),
            (
                None,
                false,
                Some("gen_random_uuid()"),
                LeftOutValue::Another,
            ),
            (Some("0"), true, None, LeftOutValue::Same),
            (Some("now()"), false, None, LeftOutValue::Same),
            (
                Some("(pg_catalog.gen_random_uuid())"),
                false,
                None,
                LeftOutValue::Another,
            ),
            (
                Some("nextval('s'::regclass)"),
                false,
                None,
                LeftOutValue::Another,
            ),
        ] {
            let column = column(default, nullable);
            assert_eq!(
                LeftOut::of(&column, fill).value,
                expected,
                "{column:?} {fill:?}"
            );
        }
        let identity = Column {
            identity: true,
            ..column(None, false)
        };
        assert_eq!(LeftOut::of(&identity, None).value, LeftOutValue::Another);
        let computed = Column {
            generated: Some("b + 1".to_owned()),
            ..column(None, true)
        };
        assert_eq!(LeftOut::of(&computed, None).value, LeftOutValue::Same);
    }

    #[test]
    fn an_expression_is_null_with_its_column_if_nothing_makes_a_value_of_null() {
        for (sql, expected) in [
            ("lower(a)", true),
            ("\"a\"", true),
            ("(a + 1)::text", true),
            ("round(a, 2) * b", false),
            ("lower('a')", false),
            ("coalesce(a, 0)", false),
            ("a IS NULL", false),
            ("a || 'b'", false),
        ] {
            assert_eq!(is_null_with(sql, "a"), expected, "{sql}");
        }
    }

    #[test]
    fn a_condition_names_none_but_new_columns() {
        for (sql, expected) in [
            ("a > 0", true),
            ("\"a\" IN ('x', 'y') AND b IS NOT NULL", true),
            (
                "length(a) < 5 AND a::text <> '' AND CAST(b AS integer) > 1",
                true,
            ),
            ("a >= date '2020-01-01'", true),
            ("a > c", false),
            ("a > 0 OR \"c\" IS NULL", false),
            ("a > date", false),
        ] {
            assert_eq!(names_only(sql, &["a", "b"]), expected, "{sql}");
        }
    }
}
