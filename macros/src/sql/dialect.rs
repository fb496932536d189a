//! Spellings of other databases and languages, which PostgreSQL refuses, or reads as something else.

use super::parentheses::enclosing;
use super::tokens::Token;

/// Words that no column, table or alias has for a name without `AS` or quotes.
const RESERVED: [&str; 12] = [
    "and", "from", "group", "having", "in", "limit", "not", "offset", "on", "or", "order", "where",
];

/// Something a statement has that is spelt in another way in PostgreSQL's SQL, and how it is spelt there.
pub(crate) fn foreign_spelling(tokens: &[Token]) -> Option<(&'static str, String)> {
    let whole = unbalanced(tokens).or_else(|| unfinished(tokens));
    let at = |position| {
        let rules = [
            doubled,
            null_compared,
            parameter_as_list,
            limit_of_two,
            comma_before_clause,
            other_database,
            text_in_double_quotes,
        ];
        rules.iter().find_map(|rule| rule(tokens, position))
    };
    whole.or_else(|| (0..tokens.len()).find_map(at))
}

type Found = Option<(&'static str, String)>;

/// Every parenthesis is closed, and none that was not opened.
fn unbalanced(tokens: &[Token]) -> Found {
    let mut depth = 0_usize;
    for token in tokens {
        match token {
            Token::Symbol('(') => depth += 1,
            Token::Symbol(')') if depth == 0 => {
                return Some(("a `)` closes nothing", "remove it".to_owned()));
            }
            Token::Symbol(')') => depth -= 1,
            _ => {}
        }
    }
    (depth > 0).then(|| ("a `(` is not closed", "add a `)`".to_owned()))
}

/// A statement does not end where something has to follow.
fn unfinished(tokens: &[Token]) -> Found {
    let (last, before) = tokens.split_last()?;
    let is_named = before.last().is_some_and(|token| token.is("as"));
    let is_open = matches!(last, Token::Symbol(',' | '=' | '<' | '>')) || last.is_any(&RESERVED);
    (is_open && !is_named && !is_after_dot(tokens, before.len())).then(|| {
        (
            "the statement ends where something has to follow",
            "write it, or remove what it would belong to".to_owned(),
        )
    })
}

fn is_after_dot(tokens: &[Token], position: usize) -> bool {
    before(tokens, position) == Some(&Token::Symbol('.'))
}

fn before(tokens: &[Token], position: usize) -> Option<&Token> {
    tokens.get(position.checked_sub(1)?)
}

/// `==` compares nothing.
fn doubled(tokens: &[Token], position: usize) -> Found {
    let is_double = tokens[position..].starts_with(&[Token::Symbol('='), Token::Symbol('=')]);
    let is_longer = |token: Option<&Token>| {
        token.is_some_and(
            |token| matches!(token, Token::Symbol(sign) if "+-*/<>=~!@#%^&|`?".contains(*sign)),
        )
    };
    (is_double && !is_longer(before(tokens, position)) && !is_longer(tokens.get(position + 2)))
        .then(|| ("values are compared with `==`", "write `=`".to_owned()))
}

/// Nothing is equal to `NULL`, and nothing is not; to set a column to it is another thing.
fn null_compared(tokens: &[Token], position: usize) -> Found {
    if !tokens[position].is("null") {
        return None;
    }
    let sign = position.checked_sub(1)?;
    let (begin, instead) = match (before(tokens, sign), &tokens[sign]) {
        (Some(Token::Symbol('<' | '!')), Token::Symbol('>' | '=')) => (sign - 1, "IS NOT NULL"),
        (Some(Token::Symbol('=' | '>' | '<' | ':')), _) => return None,
        (_, Token::Symbol('=')) => (sign, "IS NULL"),
        _ => return None,
    };
    (!is_set(tokens, begin)).then(|| {
        (
            "a value is compared with `NULL`, which is never true",
            format!("write `{instead}`"),
        )
    })
}

/// Whether what stands before a position is a column that is set.
fn is_set(tokens: &[Token], position: usize) -> bool {
    let clauses = ["set", "where", "having", "select", "returning", "by"];
    let in_conditions = ["on", "when", "and", "or", "not"];
    let mut depth = 0_usize;
    // Behind a comma begins the next column, whatever the one before is set to.
    let mut is_behind_comma = false;
    for token in tokens[..position].iter().rev() {
        match token {
            Token::Symbol(')' | ']') => depth += 1,
            Token::Symbol('(' | '[') if depth == 0 => return false,
            Token::Symbol('(' | '[') => depth -= 1,
            Token::Symbol(',') if depth == 0 => is_behind_comma = true,
            token if depth == 0 && token.is_any(&clauses) => return token.is("set"),
            token if depth == 0 && !is_behind_comma && token.is_any(&in_conditions) => {
                return false;
            }
            _ => {}
        }
    }
    false
}

/// A parameter is one value, an array too. `position($1 IN $2)` is of the grammar.
fn parameter_as_list(tokens: &[Token], position: usize) -> Found {
    let Some(Token::Parameter(number)) = tokens.get(position + 1) else {
        return None;
    };
    let is_of_position = || {
        enclosing(tokens, position)
            .and_then(|open| before(tokens, open))
            .is_some_and(|token| token.is("position"))
    };
    if !tokens[position].is("in") || is_after_dot(tokens, position) || is_of_position() {
        return None;
    }
    let is_not = before(tokens, position).is_some_and(|token| token.is("not"));
    let instead = if is_not { "<> ALL" } else { "= ANY" };
    Some((
        "`IN` takes a list in parentheses, and a parameter is one value",
        format!("write `{instead} (${number})`, and bind an array"),
    ))
}

/// `LIMIT 10, 5` is the way of others.
fn limit_of_two(tokens: &[Token], position: usize) -> Found {
    let is_number =
        |token: Option<&Token>| matches!(token, Some(Token::Constant | Token::Parameter(_)));
    let is_two = tokens[position].is("limit")
        && is_number(tokens.get(position + 1))
        && tokens.get(position + 2) == Some(&Token::Symbol(','));
    is_two.then(|| {
        (
            "`LIMIT` takes one number",
            "write `LIMIT 5 OFFSET 10` for five rows after the first ten".to_owned(),
        )
    })
}

/// A list does not end in a comma.
fn comma_before_clause(tokens: &[Token], position: usize) -> Found {
    let next = tokens.get(position + 1)?;
    let ends = next == &Token::Symbol(')') || next.is_any(&RESERVED) && !next.is("not");
    (tokens[position] == Token::Symbol(',') && ends).then(|| {
        (
            "a list ends in a comma",
            "remove the comma, or write what is to follow".to_owned(),
        )
    })
}

/// Words of other databases where PostgreSQL has none of that kind.
fn other_database(tokens: &[Token], position: usize) -> Found {
    let follows = |words: &[&str]| {
        let found = tokens.get(position..position + words.len());
        found.is_some_and(|found| found.iter().zip(words).all(|(token, word)| token.is(word)))
    };
    let is_top = || {
        tokens[position].is("select")
            && tokens
                .get(position + 1)
                .is_some_and(|token| token.is("top"))
            && matches!(
                tokens.get(position + 2),
                Some(Token::Constant | Token::Parameter(_))
            )
    };
    if follows(&["insert", "ignore"]) {
        return Some((
            "`INSERT IGNORE` is not PostgreSQL's",
            "write `ON CONFLICT DO NOTHING` behind the values".to_owned(),
        ));
    }
    if follows(&["on", "duplicate", "key"]) {
        return Some((
            "`ON DUPLICATE KEY` is not PostgreSQL's",
            "write `ON CONFLICT (column) DO UPDATE SET ...`".to_owned(),
        ));
    }
    is_top().then(|| {
        (
            "`SELECT TOP` is not PostgreSQL's",
            "write `LIMIT` at the end of the statement".to_owned(),
        )
    })
}

/// A name in double quotes that a value is compared with: `email = "ann"`. A column that is called so is named by its slot.
fn text_in_double_quotes(tokens: &[Token], position: usize) -> Found {
    let Token::Quoted(name) = &tokens[position] else {
        return None;
    };
    let is_name_at = |at: usize| tokens[at] == tokens[position] && !is_compared(tokens, at);
    if !is_compared(tokens, position) || (0..tokens.len()).any(is_name_at) {
        return None;
    }
    Some((
        "a value stands in double quotes, which are for names",
        format!(
            "write a text as `'{}'`, or as `$1` and bind it; a column is `{{Model.field}}`",
            name.replace('\'', "''")
        ),
    ))
}

/// Whether a name stands alone behind a comparison, in a list that something is looked for in, or among the values of a new row.
fn is_compared(tokens: &[Token], position: usize) -> bool {
    if matches!(tokens.get(position + 1), Some(Token::Symbol('.' | '('))) {
        return false;
    }
    match before(tokens, position) {
        Some(Token::Symbol('=' | '<' | '>' | '~')) => true,
        Some(Token::Symbol(',' | '(')) => enclosing(tokens, position)
            .and_then(|open| before(tokens, open))
            .is_some_and(|token| token.is("in") || token.is("values") && has_no_columns(tokens)),
        Some(token) => token.is_any(&["like", "ilike", "between"]),
        None => false,
    }
}

/// Whether no column can stand among the values of a statement: those of an `INSERT` are made of no row.
fn has_no_columns(tokens: &[Token]) -> bool {
    let inserts = tokens.first().is_some_and(|token| token.is("insert"));
    inserts && !tokens.iter().any(|token| token.is("lateral"))
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    fn found(sql: &str) -> Option<String> {
        let tokens = tokens(sql).expect("the test has whole tokens");
        foreign_spelling(&tokens).map(|(what, help)| format!("{what}: {help}"))
    }

    #[test]
    fn spellings_of_others_are_found() {
        for (sql, part) in [
            ("SELECT a FROM b WHERE a == 1", "write `=`"),
            ("SELECT a FROM b WHERE a = NULL", "`IS NULL`"),
            ("SELECT a FROM b WHERE a <> NULL", "`IS NOT NULL`"),
            ("SELECT a FROM b WHERE a != null AND c", "`IS NOT NULL`"),
            ("UPDATE b SET a = 1 WHERE c = NULL", "`IS NULL`"),
            (
                "UPDATE b SET a = CASE WHEN c = NULL THEN 1 END",
                "`IS NULL`",
            ),
            ("UPDATE b SET a = (b = NULL)", "`IS NULL`"),
            ("SELECT a FROM b WHERE a IN $1", "`= ANY ($1)`"),
            ("SELECT a FROM b WHERE a NOT IN $2", "`<> ALL ($2)`"),
            ("SELECT a FROM b LIMIT 1, 2", "OFFSET"),
            ("SELECT a FROM b LIMIT $1, $2", "OFFSET"),
            ("SELECT a, FROM b", "comma"),
            ("SELECT a FROM b WHERE a IN (1, )", "comma"),
            ("SELECT a FROM b WHERE (a = 1", "`)`"),
            ("SELECT a FROM b WHERE a = 1)", "remove it"),
            ("SELECT a FROM b WHERE", "ends"),
            ("SELECT a FROM b WHERE a =", "ends"),
            ("SELECT a FROM b WHERE a = 1 AND", "ends"),
            ("SELECT a FROM b ORDER BY a LIMIT", "ends"),
            ("INSERT IGNORE INTO b (a) VALUES (1)", "ON CONFLICT"),
            (
                "INSERT INTO b (a) VALUES (1) ON DUPLICATE KEY UPDATE a = 1",
                "ON CONFLICT",
            ),
            ("SELECT TOP 5 a FROM b", "LIMIT"),
            ("SELECT a FROM b WHERE a = \"ann\"", "`'ann'`"),
            ("SELECT a FROM b WHERE a <> \"it's\"", "`'it''s'`"),
            ("UPDATE b SET a = \"Ann B\"", "`'Ann B'`"),
            ("SELECT a FROM b WHERE a IN ('c', \"d\")", "`'d'`"),
            ("SELECT a FROM b WHERE a IN (\"d\")", "double quotes"),
            ("SELECT a FROM b WHERE a NOT ILIKE \"%x%\"", "`'%x%'`"),
            ("SELECT a FROM b WHERE a BETWEEN \"c\" AND $1", "`'c'`"),
            ("INSERT INTO b (a) VALUES (\"ann\")", "`'ann'`"),
            ("INSERT INTO b (a, c) VALUES ($1, \"ann\")", "`'ann'`"),
        ] {
            let found = found(sql).unwrap_or_default();
            assert!(found.contains(part), "{sql}: {found}");
        }
    }

    #[test]
    fn what_postgresql_has_is_not_among_them() {
        for sql in [
            "UPDATE b SET a = NULL, c = NULL WHERE d",
            "UPDATE b SET a = (SELECT 1 WHERE c), d = NULL",
            "UPDATE b SET a = NOT a, c = NULL",
            "UPDATE b SET a = d AND e, c = NULL WHERE f",
            "UPDATE b SET a = CASE WHEN d THEN 1 END, c[1] = NULL",
            "INSERT INTO b (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET a = NULL",
            "SELECT a FROM b WHERE a IS NULL AND c IS NOT DISTINCT FROM NULL",
            "SELECT make_interval(days => NULL), f(a := NULL)",
            "SELECT position($1 IN $2), a FROM b WHERE a IN ($1, $2)",
            "SELECT a FROM b WHERE a = ANY ($1) LIMIT $2 OFFSET $3",
            "WITH c AS (SELECT a FROM b LIMIT 1), d AS (SELECT 1) SELECT a FROM c, d",
            "SELECT 1 AS where",
            "SELECT a AS \"c\" FROM b WHERE d = \"c\"",
            "SELECT \"a\" FROM b WHERE \"a\" = 1 AND c IN (SELECT \"d\" FROM b)",
            "SELECT c FROM b AS \"B\" WHERE c = \"B\".d AND c = \"f\"(1)",
            "INSERT INTO b (\"a\") VALUES (1) ON CONFLICT (\"a\") DO NOTHING",
            "WITH c AS (SELECT a AS \"d\" FROM b) SELECT 1 FROM c WHERE a > \"d\"",
            "SELECT a.limit, a.in FROM b AS a",
            "SELECT a, not c FROM b",
            "SELECT top, ignore FROM b",
            "SELECT a === c, a <=> c, a !== c FROM b",
            "SELECT",
            "SELECT * FROM b FOR UPDATE OF b",
            "INSERT INTO b DEFAULT VALUES",
            "SELECT v.c FROM b, LATERAL (VALUES (\"a\")) AS v (c)",
            "INSERT INTO d (e) SELECT v.c FROM b, LATERAL (VALUES (\"a\")) AS v (c)",
        ] {
            assert_eq!(found(sql), None, "{sql}");
        }
    }
}
