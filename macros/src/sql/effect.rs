//! Effects of a statement beside its answer, as far as its text tells.
//!
//! A list of what is known, not of what is dangerous: a function can hide anything. What is not known is only slower: the
//! session is reset before anybody else has the connection.

use tenantry_sql::{Harmless, begins_type, harmless};

use super::grammar::{is_infix, is_of_grammar};
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
        Token::Symbol('(') => opens_nothing_unknown(tokens, position),
        // A cast to a type that is not built in calls what it is made of.
        Token::Symbol(':') if before(1) == Some(&Token::Symbol(':')) => {
            let is_own = tokens
                .get(position + 1)
                .is_some_and(|schema| schema.is("pg_catalog"))
                && tokens.get(position + 2) == Some(&Token::Symbol('.'));
            let at = position + if is_own { 3 } else { 1 };
            is_type(tokens, at) && tokens.get(at + 1) != Some(&Token::Symbol('.'))
        }
        Token::Word(word) => word != "cast" && word != "call",
        // A text behind the name of a type is read by it.
        Token::Text(_) => match before(1) {
            Some(Token::Word(word)) if word == "zone" => before(2).is_some_and(|it| it.is("time")),
            Some(Token::Word(word)) => {
                let is_qualified = before(2) == Some(&Token::Symbol('.'));
                let is_operator =
                    ["like", "ilike"].contains(&word.as_str()) && is_infix(tokens, position - 1);
                let is_known = is_operator || BEFORE_TEXT.contains(&word.as_str());
                !is_qualified && (is_known || is_type(tokens, position - 1))
            }
            Some(Token::Quoted(_) | Token::Slot(_)) => false,
            _ => true,
        },
        _ => true,
    }
}

/// Whether a parenthesis belongs to the grammar, or to the call of a function that leaves nothing behind.
fn opens_nothing_unknown(tokens: &[Token], open: usize) -> bool {
    let before = |steps: usize| open.checked_sub(steps).map(|at| &tokens[at]);
    let named = |word: &str| before(2).is_some_and(|it| it.is(word));
    match before(1) {
        Some(Token::Word(name)) if before(2) == Some(&Token::Symbol('.')) => {
            before(3).is_some_and(|schema| schema.is("pg_catalog"))
                && before(4) != Some(&Token::Symbol('.'))
                && is_function(name)
        }
        // A name that is given here, with the names of its columns.
        Some(Token::Word(_) | Token::Quoted(_)) if named("as") => true,
        Some(Token::Word(word)) => {
            let is_cast = before(2) == Some(&Token::Symbol(':')) && is_type(tokens, open - 1);
            is_function(word)
                || is_cast
                || CASTS.contains(&word.as_str())
                || is_of_grammar(tokens, open)
        }
        Some(Token::Quoted(_)) => false,
        // A function can have the name of a table or of a column.
        Some(Token::Slot(_)) => named("into"),
        _ => true,
    }
}

/// Whether a type of PostgreSQL's own begins at a position.
fn is_type(tokens: &[Token], position: usize) -> bool {
    let Some(Token::Word(word)) = tokens.get(position) else {
        return false;
    };
    match word.as_str() {
        "double" => tokens
            .get(position + 1)
            .is_some_and(|next| next.is("precision")),
        // A table's columns are declared with these, and an expression finds no such type among PostgreSQL's own.
        word => !word.contains("serial") && begins_type(word),
    }
}

/// Functions of PostgreSQL's own that have the name of the type that they turn a value into.
const CASTS: [&str; 25] = [
    "bool",
    "box",
    "bpchar",
    "cidr",
    "circle",
    "date",
    "float4",
    "float8",
    "int2",
    "int4",
    "int8",
    "line",
    "lseg",
    "macaddr",
    "macaddr8",
    "money",
    "name",
    "path",
    "point",
    "polygon",
    "regclass",
    "text",
    "timestamptz",
    "timetz",
    "varbit",
];

/// Words that a text can follow, and that are no type's name.
const BEFORE_TEXT: [&str; 24] = [
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
    "in",
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

#[cfg(test)]
mod tests {
    use super::super::slots::take_out;
    use super::super::tokens::tokens;
    use super::*;

    fn of(statement: &str) -> Effect {
        effect(&tokens(&take_out(statement).unwrap().text).unwrap())
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
            "SELECT rank() FILTER (WHERE x) OVER (PARTITION BY (y) ORDER BY (z)), row_number() OVER () FROM {A}",
            "SELECT 1 FROM {A} GROUP BY ROLLUP (a, b)",
            "SELECT 1 FROM {A} GROUP BY DISTINCT CUBE (a)",
            "SELECT 1 FROM {A} GROUP BY GROUPING SETS (CUBE (a), (b))",
            "WITH t AS NOT MATERIALIZED (SELECT 1) SELECT * FROM t",
            "SELECT 1 FROM {A} a WHERE name LIKE ('x') AND a.value NOT ILIKE ($1) AND $1 SIMILAR TO ('y') OR content LIKE 'z' OR lower(a.is) NOT LIKE 'z'",
            "SELECT 1 FROM {A} WHERE {A.x} LIKE ANY (ARRAY['x']) AND (a, b) OVERLAPS (c, d) AND \"x\" LIKE 'x'",
            "SELECT 1 FROM {A} a JOIN (SELECT 1) b ON (true) LEFT JOIN (SELECT 2) c ON (true) CROSS JOIN (SELECT 3) d",
            "SELECT 1::double precision, '1'::pg_catalog.float8, $1::timestamptz(3), date(now()), text(1)",
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
            "INSERT INTO {A} (a) SELECT 1 FROM {B} JOIN {C} ON (true) ON CONFLICT (a, lower(b)) WHERE (a > 1) DO NOTHING",
            "INSERT INTO {A} VALUES (1) ON CONFLICT (a) DO UPDATE SET (a, b) = (1, 2) WHERE true",
            "UPDATE {A} SET (a, b) = (1, 2)",
            "UPDATE {A} AS set SET (a, b) = (SELECT 1, 2)",
        ] {
            assert_eq!(of(statement), Effect::Writes, "{statement}");
        }
    }

    #[test]
    fn words_of_the_grammar_are_functions_and_types_as_well() {
        for word in [
            "key",
            "conflict",
            "cube",
            "filter",
            "nothing",
            "of",
            "over",
            "rollup",
            "set",
            "sets",
            "by",
            "materialized",
            "like",
            "ilike",
            "is",
            "join",
            "overlaps",
            "similar",
            "partition",
            "double",
            "serial",
            "uuid",
            "escape",
            "zone",
            "operator",
        ] {
            for place in [
                "SELECT @($1)",
                "SELECT DISTINCT ON (1) @($1)",
                "SELECT 1 OPERATOR(pg_catalog.+) @($1)",
                "SELECT NOT @($1), 1",
                "SELECT 1 FROM {A} JOIN {B} ON @(1)",
                "SELECT 1 FROM @(1) AS g (x)",
                "SELECT 1 FROM {A}, @(1)",
                "SELECT 1 FROM {A} CROSS JOIN @(1)",
                "SELECT 1 FROM {A} TABLESAMPLE @(1)",
                "SELECT 1 FROM {A} ORDER BY @(1)",
                "SELECT 1 FROM {A} GROUP BY 1 + @(a)",
                "SELECT 1 FROM {A} GROUP BY ROLLUP (@(a))",
                "SELECT 1 FROM {A} WHERE now() AT TIME ZONE @(1) IS NULL",
                "SELECT 1 FROM {A} WHERE a LIKE 'x' ESCAPE @(1)",
                "SELECT CASE WHEN a THEN @(1) END FROM {A}",
                "SELECT 1 FROM {A} FETCH FIRST @(1) ROWS ONLY",
                "SELECT sum(1) OVER (ROWS @(1) PRECEDING) FROM {A}",
                "UPDATE {A} SET a = @(1)",
                "UPDATE {A} SET a = 1 RETURNING @(1)",
                "INSERT INTO {A} SELECT 1 FROM {B} JOIN {C} ON @(1) ON CONFLICT DO NOTHING",
                "INSERT INTO {A} SELECT 1 FROM {B} JOIN {C} ON @(1) WHERE true ON CONFLICT (a) DO NOTHING",
                "INSERT INTO {A} SELECT 1 FROM {B} JOIN {C} ON @(1) WHERE {B}.do UNION SELECT 2 AS do",
                "DELETE FROM {A} RETURNING WITH (OLD AS o) @(1)",
            ] {
                let statement = place.replace('@', word);
                assert_eq!(of(&statement), Effect::Unknown, "{statement}");
            }
        }
        for word in [
            "like", "ilike", "is", "double", "serial", "key", "similar", "join",
        ] {
            for place in [
                "SELECT @ '1'",
                "SELECT NOT @ '1'",
                "SELECT 1 WHERE true AND @ '1'",
                "SELECT $1::@",
                "SELECT 1 OPERATOR(pg_catalog.+) @ '1'",
            ] {
                let statement = place.replace('@', word);
                assert_eq!(of(&statement), Effect::Unknown, "{statement}");
            }
        }
        for statement in [
            "SELECT {A.x}($1) FROM {A}",
            "SELECT a.{A.x}($1) FROM {A} a",
            "SELECT 1 FROM {A}(1)",
            "SELECT {A} '(1)' FROM {A}",
            "SELECT count(*) filter($1) FROM {A}",
        ] {
            assert_eq!(of(statement), Effect::Unknown, "{statement}");
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
