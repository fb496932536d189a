//! Functions that an index or a generated column can't hold, since their answer is not the same for ever.

use super::tokens::Token;

/// The clock, chance, and who is connected.
const CHANGING: [&str; 20] = [
    "now",
    "current_date",
    "current_time",
    "current_timestamp",
    "localtime",
    "localtimestamp",
    "clock_timestamp",
    "statement_timestamp",
    "transaction_timestamp",
    "timeofday",
    "random",
    "gen_random_uuid",
    "uuidv4",
    "uuidv7",
    "current_user",
    "session_user",
    "current_role",
    "current_schema",
    "current_setting",
    "nextval",
];

/// Functions that depend on settings of the session, and what does not.
const BY_SETTINGS: [(&str, &str); 7] = [
    (
        "concat",
        "`a || b`, with `coalesce(...)` around what can be null",
    ),
    (
        "concat_ws",
        "`a || ' ' || b`, with `coalesce(...)` around what can be null",
    ),
    ("format", "`a || b`"),
    (
        "array_to_string",
        "the array itself, and `method = \"gin\"`",
    ),
    (
        "to_char",
        "`extract(... FROM ...)` or `date_trunc('day', at, 'UTC')`",
    ),
    ("to_date", "the column itself"),
    ("unaccent", "a function of your own that is `IMMUTABLE`"),
];

/// Functions that take the session's configuration of text search, unless one stands before the text.
const OF_TEXT_SEARCH: [&str; 4] = [
    "to_tsvector",
    "to_tsquery",
    "plainto_tsquery",
    "websearch_to_tsquery",
];

/// The place where values of an expression are kept.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kept {
    Index,
    Column,
}

impl Kept {
    fn named(self) -> &'static str {
        match self {
            Self::Index => "an index",
            Self::Column => "a generated column",
        }
    }
}

/// Why values of an expression can't be kept, if it is known that they can't.
pub(crate) fn changes(tokens: &[Token], kept: Kept) -> Option<String> {
    let place = kept.named();
    tokens.iter().enumerate().find_map(|(position, token)| {
        let Token::Word(word) = token else {
            return None;
        };
        let before = position.checked_sub(1).map(|before| &tokens[before]);
        let call = tokens.get(position + 1) == Some(&Token::Symbol('('));
        let special = word.starts_with("current_") || word.starts_with("local");
        if before == Some(&Token::Symbol('.')) || !(call || special || word == "session_user") {
            return None;
        }
        if CHANGING.contains(&word.as_str()) {
            return Some(format!(
                "has `{word}`, which changes, and {place} keeps what it was when the row was written\nhelp: leave it out here, and {}",
                match kept {
                    Kept::Index => "write it in the condition of a query",
                    Kept::Column => "compute it in a query; a value of the insert alone is a `default`",
                }
            ));
        }
        if let Some((_, other)) = BY_SETTINGS.iter().find(|(name, _)| name == word) {
            return Some(format!(
                "calls `{word}`, which depends on the session's settings, and {place} can't\nhelp: write {other}"
            ));
        }
        (OF_TEXT_SEARCH.contains(&word.as_str()) && !has_comma(tokens, position + 2)).then(|| {
            format!(
                "calls `{word}` without a configuration, which depends on the session, and {place} can't\nhelp: write `{word}('simple', ...)`, or another configuration"
            )
        })
    })
}

/// Whether a comma stands in the parentheses that were opened before a position, and not deeper.
fn has_comma(tokens: &[Token], from: usize) -> bool {
    let mut depth = 0_usize;
    for token in &tokens[from..] {
        match token {
            Token::Symbol('(') => depth += 1,
            Token::Symbol(')') if depth == 0 => return false,
            Token::Symbol(')') => depth -= 1,
            Token::Symbol(',') if depth == 0 => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    fn found(expression: &str) -> Option<String> {
        changes(&tokens(expression).unwrap(), Kept::Index)
    }

    #[test]
    fn what_changes_or_depends_on_settings_is_found() {
        for expression in [
            "at > now()",
            "day > CURRENT_DATE",
            "lower(concat(first, last))",
            "to_tsvector(title)",
            "to_tsvector(coalesce(title, ''))",
            "to_char(at, 'YYYY')",
            "owner = session_user",
        ] {
            assert!(found(expression).is_some(), "{expression}");
        }
    }

    #[test]
    fn what_stays_is_let_be() {
        for expression in [
            "lower(first || ' ' || last)",
            "to_tsvector('english', title)",
            "date_trunc('day', at, 'UTC')",
            "now IS NULL AND random > 5",
            "note = 'now()'",
        ] {
            assert_eq!(found(expression), None, "{expression}");
        }
    }
}
