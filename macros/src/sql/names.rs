//! Names with dots: which of them can lead out of the schemas that a statement's scope reaches.

use std::collections::BTreeSet;

use super::tokens::Token;
use super::with::with_queries;

/// The schema of PostgreSQL's own functions and types, which is the same for all.
const OWN: &str = "pg_catalog";

/// Words that stand for rows without being declared.
const ROWS: [&str; 3] = ["excluded", "old", "new"];

/// Words that are no alias of what they follow.
const NO_ALIAS: [&str; 42] = [
    "where",
    "group",
    "order",
    "having",
    "limit",
    "offset",
    "fetch",
    "union",
    "intersect",
    "except",
    "returning",
    "set",
    "for",
    "window",
    "when",
    "on",
    "using",
    "join",
    "inner",
    "left",
    "right",
    "full",
    "cross",
    "natural",
    "values",
    "select",
    "default",
    "and",
    "or",
    "as",
    "from",
    "is",
    "in",
    "not",
    "between",
    "like",
    "then",
    "end",
    "do",
    "tablesample",
    "with",
    "overriding",
];

/// The names with dots that are no columns of a relation which the statement has, as written.
///
/// `tables` are the names that the tables of the statement's models have, unless they are given others.
pub(crate) fn strange_names(tokens: &[Token], tables: &BTreeSet<String>) -> Vec<String> {
    let aliases = aliases(tokens);
    let mut found = Vec::new();
    let mut position = 0;
    while position < tokens.len() {
        let Some((parts, end)) = name_at(tokens, position) else {
            position += 1;
            continue;
        };
        let before = position.checked_sub(1).map(|before| &tokens[before]);
        // What follows a slot, or a value in parentheses, is a column of it.
        let of_value = before == Some(&Token::Symbol('.'));
        let of_type = before == Some(&Token::Symbol(':'));
        let of_collation = before.is_some_and(|token| token.is("collate"));
        let known =
            |name: &str| aliases.contains(name) || tables.contains(name) || ROWS.contains(&name);
        let goes_on = tokens.get(end) == Some(&Token::Symbol('.'));
        let is_column = match &parts[..] {
            // All columns, or one by its slot, of a relation.
            [first] => {
                let of_alias = match tokens.get(end + 1) {
                    Some(Token::Symbol('*') | Token::Slot(_)) => known(first),
                    _ => false,
                };
                !goes_on || of_alias
            }
            [first, _] => !goes_on && !of_type && !of_collation && known(first),
            _ => false,
        };
        let is_own = parts[0] == OWN && parts.len() <= 2 && (parts.len() == 2) != goes_on;
        if !of_value && !is_column && !is_own {
            found.push(parts.join("."));
        }
        position = end;
    }
    found
}

/// The parts of the name that begins at a position, and where it ends.
fn name_at(tokens: &[Token], position: usize) -> Option<(Vec<String>, usize)> {
    let part = |position: usize| match tokens.get(position) {
        Some(Token::Word(part) | Token::Quoted(part)) => Some(part.clone()),
        _ => None,
    };
    let mut parts = vec![part(position)?];
    let mut end = position + 1;
    while tokens.get(end) == Some(&Token::Symbol('.'))
        && let Some(next) = part(end + 1)
    {
        parts.push(next);
        end += 2;
    }
    Some((parts, end))
}

/// The names that a statement gives to relations: all that may be one.
fn aliases(tokens: &[Token]) -> BTreeSet<&str> {
    let mut aliases = BTreeSet::new();
    let own = with_queries(tokens);
    for (position, token) in tokens.iter().enumerate() {
        let (Token::Word(name) | Token::Quoted(name)) = token else {
            continue;
        };
        if tokens.get(position + 1) == Some(&Token::Symbol('.')) {
            continue;
        }
        let Some(before) = position.checked_sub(1) else {
            continue;
        };
        let plain = matches!(token, Token::Quoted(_)) || !NO_ALIAS.contains(&name.as_str());
        let follows = match &tokens[before] {
            Token::Slot(_) | Token::Symbol(')') => plain,
            Token::Word(word) if word == "as" => true,
            // The name of a query in `WITH`, and an alias of one: `FROM bills b`.
            Token::Word(word) if ["with", "recursive", "ordinality"].contains(&word.as_str()) => {
                true
            }
            Token::Symbol(',') => is_query(tokens, position),
            Token::Word(word) => {
                let of_query = own.iter().any(|own| own.is(word, before));
                plain
                    && !NO_ALIAS.contains(&word.as_str())
                    && (of_query || is_relation(tokens, before))
            }
            Token::Quoted(_) => plain && is_relation(tokens, before),
            _ => false,
        };
        // A query stands for itself: `FROM bills WHERE bills.id = 1`.
        if follows || is_relation(tokens, position) {
            aliases.insert(name.as_str());
        }
    }
    aliases
}

/// Whether a name is followed by `AS (`, as that of a query in `WITH`.
fn is_query(tokens: &[Token], position: usize) -> bool {
    tokens
        .get(position + 1)
        .is_some_and(|token| token.is("as") || *token == Token::Symbol('('))
}

/// Whether the name at a position stands where a relation does; that it is a query's is checked elsewhere.
fn is_relation(tokens: &[Token], position: usize) -> bool {
    position
        .checked_sub(1)
        .is_some_and(|before| tokens[before].is_any(&["from", "join", "lateral", "using", "only"]))
}

#[cfg(test)]
mod tests {
    use super::super::slots::take_out;
    use super::super::tokens::tokens;
    use super::*;

    fn found(statement: &str) -> Vec<String> {
        let tokens = tokens(&take_out(statement).unwrap().text).unwrap();
        strange_names(&tokens, &BTreeSet::from(["users".to_owned()]))
    }

    #[test]
    fn names_of_other_schemas_are_found_wherever_they_stand() {
        for (statement, expected) in [
            ("SELECT 1::acme.money", "acme.money"),
            ("SELECT CAST(1 AS acme.money)", "acme.money"),
            ("SELECT acme.money '5'", "acme.money"),
            ("SELECT acme.users.name FROM {A}", "acme.users.name"),
            ("SELECT acme.users FROM {A}", "acme.users"),
            ("SELECT acme.users.* FROM {A}", "acme.users"),
            ("SELECT acme.* FROM {A}", "acme"),
            ("SELECT acme.{A.x} FROM {A}", "acme"),
            ("SELECT 1 WHERE 'a' COLLATE acme.c > 'b'", "acme.c"),
            ("SELECT 1 OPERATOR(acme.+) 2", "acme"),
            (
                "SELECT 1 FROM {A} acme WHERE 1::acme.money = 1",
                "acme.money",
            ),
            (
                "DELETE FROM {A} USING (globex.customers AS g CROSS JOIN {B})",
                "globex.customers",
            ),
            (
                "SELECT 1 FROM json_to_record($1) AS t (a acme.money)",
                "acme.money",
            ),
            ("SELECT db.pg_catalog.now()", "db.pg_catalog.now"),
            ("SELECT \"Acme\".\"users\"", "Acme.users"),
        ] {
            assert_eq!(found(statement), [expected], "{statement}");
        }
    }

    #[test]
    fn columns_of_the_statements_own_relations_are_let_be() {
        for statement in [
            "SELECT a.id, {A}.name, users.id, {A}.* FROM {A} AS a JOIN {B} b ON b.id = a.id",
            "SELECT a.* FROM {A} a WHERE ((a.point).x) > (a.list)[1]",
            "WITH bills (n) AS (SELECT 1), b AS (SELECT 2) SELECT bills.n, b.n, c.n FROM bills JOIN b ON true JOIN bills c ON true",
            "WITH bills (n) AS (SELECT 1) SELECT b.n FROM {A} a, bills b WHERE b.n = a.n",
            "SELECT g.o FROM {A} a, unnest(a.tags) WITH ORDINALITY g (n, o)",
            "SELECT g.n, v.n FROM generate_series(1, 2) g (n), (VALUES (1)) AS v (n)",
            "INSERT INTO {A} (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = excluded.a",
            "SELECT pg_catalog.now(), 1::pg_catalog.int4 OPERATOR(pg_catalog.+) 1",
            "MERGE INTO {A} AS t USING {B} AS s ON s.id = t.id WHEN MATCHED THEN UPDATE SET a = s.a",
            "UPDATE {A} SET x = s.x FROM (SELECT 1 AS x) s WHERE s.x = {A}.y",
            "SELECT a.*, a.{A.x}, c.{m::A.y} FROM {A} a JOIN {m::A} AS c ON c.{m::A.y} = a.{A.x}",
            "SELECT 1 FROM {A} LEFT JOIN LATERAL (SELECT 2 AS n) l ON l.n = 1",
        ] {
            assert_eq!(found(statement), [""; 0], "{statement}");
        }
    }
}
