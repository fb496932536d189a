//! Effects of a statement beside its answer, as far as its text tells.
//!
//! A list of what is known, not of what is dangerous: a function can hide anything. What is not known is only slower: the
//! session is reset before anybody else has the connection.

use tenantry_sql::{Harmless, begins_type, harmless};

use super::tokens::Token;

/// Effect of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It reads, so it can be run again.
    Reads,
    /// It changes rows, and leaves nothing else behind.
    Writes,
    /// It is not known.
    Unknown,
}

/// Tells what a statement may do.
pub(crate) fn effect(tokens: &[Token]) -> Effect {
    let begins = tokens
        .iter()
        .find(|token| **token != Token::Symbol('('))
        .is_some_and(|token| token.is_any(&BEGINNINGS));
    let is_known = begins
        && !tokens.contains(&Token::Symbol(';'))
        && (0..tokens.len())
            .all(|position| is_harmless(tokens, position) && !changes_named(tokens, position));
    if !is_known {
        return Effect::Unknown;
    }
    let writes = (0..tokens.len()).any(|position| writes(tokens, position));
    let into = tokens.iter().any(|token| token.is("into"));
    match (writes, into) {
        (true, _) => Effect::Writes,
        // `SELECT INTO` makes a table.
        (false, true) => Effect::Unknown,
        (false, false) => Effect::Reads,
    }
}

fn writes(tokens: &[Token], position: usize) -> bool {
    let locks = position > 0 && tokens[position - 1].is_any(&["for", "key"]);
    tokens[position].is_any(&["insert", "update", "delete", "merge"]) && !locks
}

/// Whether rows are changed of something that is named, and is no table of a model: a view may do anything, as
/// `pg_settings` does.
fn changes_named(tokens: &[Token], position: usize) -> bool {
    let after = &tokens[position + 1..];
    let changed = match &tokens[position] {
        token if token.is("update") && writes(tokens, position) => after,
        token if token.is("into") => after,
        token if token.is("delete") => match after {
            [from, rest @ ..] if from.is("from") => rest,
            _ => return false,
        },
        _ => return false,
    };
    match changed {
        [only, Token::Word(_) | Token::Quoted(_), ..] if only.is("only") => true,
        [Token::Word(word), ..] => word != "only" && word != "set",
        [Token::Quoted(_), ..] => true,
        _ => false,
    }
}

/// Whether nothing unknown is called at a position.
fn is_harmless(tokens: &[Token], position: usize) -> bool {
    let before = |steps: usize| position.checked_sub(steps).map(|at| &tokens[at]);
    match &tokens[position] {
        Token::Symbol('(') => match before(1) {
            Some(Token::Word(name)) if before(2) == Some(&Token::Symbol('.')) => {
                before(3).is_some_and(|schema| schema.is("pg_catalog"))
                    && before(4) != Some(&Token::Symbol('.'))
                    && is_function(name)
            }
            // A name that is given here, with the names of its columns.
            Some(Token::Word(_) | Token::Quoted(_)) if before(2).is_some_and(|it| it.is("as")) => {
                true
            }
            Some(Token::Word(word)) => {
                is_function(word) || KEYWORDS.contains(&word.as_str()) || begins_type(word)
            }
            Some(Token::Quoted(_)) => false,
            _ => true,
        },
        // A cast to a type that is not built in calls what it is made of.
        Token::Symbol(':') if before(1) == Some(&Token::Symbol(':')) => {
            let rest = match &tokens[position + 1..] {
                [schema, Token::Symbol('.'), rest @ ..] if schema.is("pg_catalog") => rest,
                rest => rest,
            };
            matches!(rest, [Token::Word(name), rest @ ..]
                if begins_type(name) && rest.first() != Some(&Token::Symbol('.')))
        }
        Token::Word(word) => word != "cast" && word != "call",
        // A text behind the name of a type is read by it.
        Token::Text(_) => match before(1) {
            Some(Token::Word(word)) if word == "zone" => before(2).is_some_and(|it| it.is("time")),
            Some(Token::Word(word)) => {
                let is_qualified = before(2) == Some(&Token::Symbol('.'));
                !is_qualified && (BEFORE_TEXT.contains(&word.as_str()) || begins_type(word))
            }
            Some(Token::Quoted(_)) => false,
            _ => true,
        },
        _ => true,
    }
}

/// Words that a text can follow, and that are no type's name.
const BEFORE_TEXT: [&str; 27] = [
    "all",
    "and",
    "as",
    "asymmetric",
    "between",
    "case",
    "default",
    "distinct",
    "else",
    "from",
    "having",
    "ilike",
    "in",
    "is",
    "like",
    "limit",
    "not",
    "offset",
    "on",
    "or",
    "returning",
    "select",
    "symmetric",
    "then",
    "to",
    "when",
    "where",
];

/// Whether a function leaves nothing behind, not even a number of a sequence.
fn is_function(name: &str) -> bool {
    harmless(name).is_some_and(|kind| kind != Harmless::Sequence)
}

const BEGINNINGS: [&str; 8] = [
    "select", "values", "table", "with", "insert", "update", "delete", "merge",
];

/// Words that a parenthesis can follow without being called.
const KEYWORDS: [&str; 58] = [
    "all",
    "and",
    "any",
    "array",
    "as",
    "asymmetric",
    "between",
    "by",
    "case",
    "conflict",
    "cube",
    "default",
    "distinct",
    "else",
    "end",
    "except",
    "exists",
    "filter",
    "from",
    "group",
    "having",
    "ilike",
    "in",
    "intersect",
    "into",
    "is",
    "join",
    "key",
    "lateral",
    "like",
    "limit",
    "materialized",
    "not",
    "nothing",
    "null",
    "of",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "over",
    "overlaps",
    "returning",
    "rollup",
    "row",
    "select",
    "set",
    "sets",
    "similar",
    "some",
    "symmetric",
    "then",
    "union",
    "using",
    "values",
    "when",
    "where",
];

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    fn of(statement: &str) -> Effect {
        effect(&tokens(&statement.replace("{A}", "\u{1}")).unwrap())
    }

    #[test]
    fn what_only_reads_is_known() {
        for statement in [
            "SELECT 1",
            "SELECT a.id, lower(b) FROM {A} a JOIN {A} b ON (a.id = b.id) WHERE a.id IN (1, 2) AND (b.x OR NOT (b.y))",
            "SELECT count(*) FILTER (WHERE x) OVER (PARTITION BY y) FROM {A}",
            "WITH t AS MATERIALIZED (SELECT 1) SELECT * FROM t",
            "(SELECT 1) UNION ALL (SELECT 2)",
            "VALUES (1), (2)",
            "SELECT x::numeric(10, 2), '2020-01-01'::pg_catalog.date FROM generate_series(1, 3) AS g (x)",
            "SELECT pg_catalog.pg_backend_pid()",
            "SELECT * FROM {A} WHERE id = $1 FOR NO KEY UPDATE",
            "SELECT coalesce(a, (SELECT max(b) FROM {A})) FROM {A} ORDER BY (a) LIMIT (1)",
            "SELECT 'set_config(''role'', ''x'', false)'",
            "SELECT date '2020-01-01', now() AT TIME ZONE 'utc' FROM {A} WHERE a LIKE 'x' OR b IS DISTINCT FROM 'y' OR c = 'z'",
            "SELECT * FROM {A} FOR UPDATE OF a",
        ] {
            assert_eq!(of(statement), Effect::Reads, "{statement}");
        }
    }

    #[test]
    fn what_changes_rows_and_nothing_else_is_known() {
        for statement in [
            "INSERT INTO {A} (a, b) VALUES (1, lower($1)) ON CONFLICT (a) DO UPDATE SET b = 2 RETURNING a",
            "UPDATE {A} SET a = now() WHERE id = ANY ($1)",
            "DELETE FROM {A}",
            "WITH gone AS (DELETE FROM {A} RETURNING id) SELECT count(*) FROM gone",
            "MERGE INTO {A} USING {A} AS b ON (true) WHEN MATCHED THEN DELETE",
            "MERGE INTO ONLY {A} USING {A} AS b ON (true) WHEN MATCHED THEN UPDATE SET a = 1 WHEN NOT MATCHED THEN INSERT VALUES (1)",
            "DELETE FROM ONLY {A}",
            "INSERT INTO {A} VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 'x'",
        ] {
            assert_eq!(of(statement), Effect::Writes, "{statement}");
        }
    }

    #[test]
    fn what_is_not_known_is_told() {
        for statement in [
            "SELECT set_config('role', 'x', false)",
            "SELECT pg_catalog.set_config('role', 'x', false)",
            "SELECT pg_advisory_lock(1)",
            "SELECT pg_catalog.\"set_config\"('a.b', 'x', false)",
            "SELECT \"lower\"('x')",
            "SELECT acme.lower('x')",
            "SELECT acme . pg_catalog . lower ('x')",
            "SELECT lower /* */ (f ( 1 ))",
            "SELECT 1 WHERE $1::acme.checked IS NULL",
            "SELECT $1::checked",
            "SELECT CAST($1 AS checked)",
            "SELECT checked '1'",
            "SELECT public.checked '1'",
            "SELECT \"checked\" '1'",
            "SELECT time checked '1'",
            "INSERT INTO {A} VALUES (nextval('s'))",
            "UPDATE pg_settings SET setting = '1' WHERE name = 'work_mem'",
            "UPDATE ONLY \"pg_catalog\".\"pg_settings\" SET setting = '1'",
            "WITH a AS (DELETE FROM acme.sly RETURNING 1) SELECT 1",
            "INSERT INTO acme.sly SELECT 1",
            "MERGE INTO sly USING {A} AS b ON (true) WHEN MATCHED THEN DELETE",
            "SET ROLE x",
            "DO $$ BEGIN END $$",
            "CALL p()",
            "LISTEN x",
            "CREATE TEMP TABLE t (a int)",
            "SELECT 1 INTO TEMP t",
            "PREPARE p AS SELECT 1",
            "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
            "EXPLAIN ANALYZE DELETE FROM {A}",
            "LOCK TABLE {A}",
            "TRUNCATE {A}",
            "SELECT 1; SET ROLE x",
            "COMMIT",
            "",
        ] {
            assert_eq!(of(statement), Effect::Unknown, "{statement}");
        }
    }
}
