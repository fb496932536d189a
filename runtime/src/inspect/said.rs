//! SQL that a model can say, and labels in conditions.

use tenantry_sql::{Kind, Token, mentions, tokens};

/// Functions that a model's SQL can't call, for what they find by name or give.
const REFUSED: [&str; 10] = [
    "nextval",
    "setval",
    "currval",
    "lastval",
    "uuid_generate_v4",
    "uuid",
    "set_config",
    "max",
    "min",
    "unnest",
];

/// Functions whose answer depends on settings, so that a model's index or generated column can't have them.
const CHANGING: [&str; 8] = [
    "concat",
    "concat_ws",
    "format",
    "array_to_string",
    "to_char",
    "to_date",
    "unaccent",
    "to_tsvector",
];

/// Whether the values of an expression are stored with the row, or it is only looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueUse {
    Stored,
    Checked,
}

/// Tells whether a model can say an expression without the columns that it has no fields for.
pub(super) fn is_sayable(sql: &str, use_of_it: ValueUse, left_out: &[String]) -> bool {
    if left_out.iter().any(|column| mentions(sql, column)) {
        return false;
    }
    let all: Vec<Token<'_>> = tokens(sql).filter(|token| !token.is_blank()).collect();
    let of = |at: usize| all.get(at);
    all.iter().enumerate().all(|(at, token)| {
        let before = at.checked_sub(1).and_then(of);
        let is_cast = before.is_some_and(|it| it.text == "::");
        let is_called = of(at + 1).is_some_and(|it| it.text == "(");
        match token.kind {
            Kind::Word | Kind::Quoted => {
                let name = token.name().unwrap_or_default();
                let is_refused = is_called && REFUSED.contains(&&*name);
                let is_changing =
                    use_of_it == ValueUse::Stored && is_called && CHANGING.contains(&&*name);
                let is_object = is_cast && name.starts_with("reg");
                !(is_refused || is_changing || is_object)
            }
            Kind::Comment | Kind::EscapedName | Kind::Parameter => false,
            _ if token.text == "." => {
                let schema = before.and_then(Token::name);
                schema.is_some_and(|it| ["pg_catalog", "{tenant}", "{shared}"].contains(&&*it))
            }
            _ => token.text != ";",
        }
    })
}

/// Takes away the parentheses around a whole expression.
pub(super) fn bare(sql: &str) -> &str {
    let Some(inner) = sql.strip_prefix('(').and_then(|it| it.strip_suffix(')')) else {
        return sql;
    };
    let mut depth = 0_i32;
    for token in tokens(inner) {
        match token.text {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return sql;
        }
    }
    inner
}

/// The labels that a condition allows a column to have, if it says nothing else: `state IN ('open', 'done')`.
pub(super) fn labels(condition: &str, column: &str) -> Option<Vec<String>> {
    const WORDS: [&str; 5] = ["any", "array", "text", "character", "varying"];
    let mut labels = Vec::new();
    let (mut columns, mut equals, mut lists) = (0, 0, 0);
    for token in tokens(condition).filter(|token| !token.is_blank()) {
        match token.kind {
            Kind::String => labels.push(text(token.text)?),
            Kind::Word | Kind::Quoted => {
                let name = token.name()?;
                if name == column {
                    columns += 1;
                } else if name == "array" {
                    lists += 1;
                } else if !WORDS.contains(&&*name) {
                    return None;
                }
            }
            _ => match token.text {
                "=" => equals += 1,
                "(" | ")" | "[" | "]" | "," | "::" => {}
                _ => return None,
            },
        }
    }
    let is_list = (columns, equals, lists) == (1, 1, 1);
    (is_list && !labels.is_empty()).then_some(labels)
}

/// The value of a plain string of SQL.
fn text(literal: &str) -> Option<String> {
    let inner = literal.strip_prefix('\'')?.strip_suffix('\'')?;
    Some(inner.replace("''", "'"))
}

/// The text of a default that is a text and nothing else, and its type: `'draft'::character varying`.
pub(super) fn text_default(sql: &str) -> Option<(String, String)> {
    let mut all = tokens(sql);
    let first = all.next()?;
    let rest = &sql[first.text.len()..];
    let of = rest.strip_prefix("::")?;
    let value = (first.kind == Kind::String).then(|| text(first.text))??;
    Some((value, of.to_owned()))
}

/// The labels of a type that is an enum, of the statement that makes it.
pub(super) fn labels_of_type(definition: &str) -> Option<Vec<String>> {
    let (before, list) = definition.split_once(" AS ENUM (")?;
    if !before.starts_with("CREATE TYPE ") {
        return None;
    }
    let strings = tokens(list).filter(|token| token.kind == Kind::String);
    strings.map(|token| text(token.text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_out_of_the_schema_is_not_sayable() {
        for sql in [
            "total > 0",
            "lower(email)",
            "\"{tenant}\".f(a) > 0",
            "pg_catalog.lower(a)",
        ] {
            assert!(is_sayable(sql, ValueUse::Checked, &[]), "{sql}");
        }
        for sql in [
            "public.f(a)",
            "nextval('a'::regclass)",
            "a.b > 0",
            "f('x'::regclass)",
        ] {
            assert!(!is_sayable(sql, ValueUse::Checked, &[]), "{sql}");
        }
        assert!(!is_sayable("a > b", ValueUse::Checked, &["b".to_owned()]));
        assert!(!is_sayable("to_char(a, 'x')", ValueUse::Stored, &[]));
    }

    #[test]
    fn labels_are_read_as_postgresql_writes_them() {
        for (condition, expected) in [
            (
                "(state = ANY (ARRAY['a'::text, 'it''s'::text]))",
                Some(vec!["a".to_owned(), "it's".to_owned()]),
            ),
            (
                "((state)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
                Some(vec!["a".to_owned(), "b".to_owned()]),
            ),
            ("(state <> ALL (ARRAY['a'::text]))", None),
            ("((state = ANY (ARRAY['a'::text])) OR other)", None),
            ("(state = 'a'::text)", None),
        ] {
            assert_eq!(labels(condition, "state"), expected, "{condition}");
        }
    }

    #[test]
    fn only_the_parentheses_around_the_whole_go() {
        assert_eq!(bare("(a > 0)"), "a > 0");
        assert_eq!(bare("(a) = (b)"), "(a) = (b)");
        assert_eq!(bare("((a > 0) AND (b > 0))"), "(a > 0) AND (b > 0)");
    }

    #[test]
    fn a_default_that_is_a_text_is_read() {
        let of = |sql| text_default(sql).map(|(value, _)| value);
        assert_eq!(of("'it''s'::text").as_deref(), Some("it's"));
        assert_eq!(of("now()"), None);
        assert_eq!(of("('a'::text || 'b'::text)"), None);
    }
}
