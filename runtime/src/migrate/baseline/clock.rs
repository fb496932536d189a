//! Whether SQL looks at the clock.

use tenantry_sql::{Kind, Statement, Token, statements};

/// Words that are the time wherever they stand.
const WORDS: [&str; 9] = [
    "current_date",
    "current_time",
    "current_timestamp",
    "localtime",
    "localtimestamp",
    "clock_timestamp",
    "statement_timestamp",
    "transaction_timestamp",
    "timeofday",
];

/// Functions that are, or may be, about the time now.
const FUNCTIONS: [&str; 2] = ["now", "age"];

/// Texts that become the time when they are read as one.
const TEXTS: [&str; 4] = ["'now'", "'today'", "'tomorrow'", "'yesterday'"];

/// Whether a statement names the time now, in the bodies of its routines too.
pub(super) fn looks_at_clock(statement: &Statement<'_>) -> bool {
    let next = statement.tokens.iter().skip(1).map(Some).chain([None]);
    statement
        .tokens
        .iter()
        .zip(next)
        .any(|(token, next)| is_clock(token, next))
}

fn is_clock(token: &Token<'_>, next: Option<&Token<'_>>) -> bool {
    let is_one_of = |words: &[&str]| {
        words
            .iter()
            .any(|word| token.text.eq_ignore_ascii_case(word))
    };
    match token.kind {
        Kind::Word => {
            is_one_of(&WORDS) || is_one_of(&FUNCTIONS) && next.is_some_and(|next| next.text == "(")
        }
        Kind::String => is_one_of(&TEXTS),
        Kind::Dollar => body_looks_at_clock(token.text),
        _ => false,
    }
}

/// Looks into a text in dollar quotes.
fn body_looks_at_clock(text: &str) -> bool {
    let end = text[1..].find('$').map_or(text.len(), |at| at + 2);
    let body = text.get(end..text.len() - end).unwrap_or_default();
    statements(body).is_ok_and(|all| all.iter().any(looks_at_clock))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_found_where_it_is_one() {
        let looks = |sql: &str| statements(sql).unwrap().iter().any(looks_at_clock);
        for sql in [
            "INSERT INTO a VALUES (extract(year FROM now()))",
            "UPDATE a SET b = Current_Date",
            "SELECT 'today'::date",
            "DO $do$ BEGIN PERFORM f(age(x)); END $do$",
            "DO $$ BEGIN EXECUTE $a$ SELECT now () $a$; END $$",
        ] {
            assert!(looks(sql), "{sql}");
        }
        for sql in [
            "INSERT INTO now VALUES ('it is now today', 'now()')",
            "SELECT age FROM people -- now()",
        ] {
            assert!(!looks(sql), "{sql}");
        }
    }
}
