//! Names with dots: which of them can lead out of the schemas that a statement's scope reaches.

use std::collections::BTreeSet;

use super::positions::is_of_object;
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
    let known =
        |name: &str| aliases.contains(name) || tables.contains(name) || ROWS.contains(&name);
    let mut found = Vec::new();
    let mut position = 0;
    while position < tokens.len() {
        let Some((parts, end)) = name_at(tokens, position) else {
            position += 1;
            continue;
        };
        let goes_on = tokens.get(end) == Some(&Token::Symbol('.'));
        let is_plain = parts.len() == 1 && !goes_on;
        // What follows a value in parentheses is a column of it.
        let of_value = position > 0 && tokens[position - 1] == Token::Symbol('.');
        let is_column = !is_of_object(tokens, position, end)
            && match parts[..] {
                // The table of a model, or a column of it.
                [Part::Slot, ..] => true,
                // All columns, or one by its slot, of a relation.
                [Part::Name(first)] => {
                    tokens.get(end + 1) == Some(&Token::Symbol('*')) && known(first)
                }
                [Part::Name(first), Part::Slot, ..] => known(first),
                [Part::Name(first), Part::Name(_)] => !goes_on && known(first),
                _ => false,
            };
        let is_own = match parts[..] {
            [Part::Name(OWN)] => goes_on,
            [Part::Name(OWN), Part::Name(_)] => !goes_on,
            _ => false,
        };
        if !is_plain && !of_value && !is_column && !is_own {
            let parts: Vec<&str> = parts.into_iter().map(Part::as_str).collect();
            found.push(parts.join("."));
        }
        position = end;
    }
    found
}

/// A part of a name.
#[derive(Debug, Clone, Copy)]
enum Part<'a> {
    Name(&'a str),
    /// A table or a column of a model.
    Slot,
}

impl<'a> Part<'a> {
    fn of(token: &'a Token) -> Option<Self> {
        match token {
            Token::Word(name) | Token::Quoted(name) => Some(Self::Name(name)),
            Token::Slot(_) => Some(Self::Slot),
            _ => None,
        }
    }

    fn as_str(self) -> &'a str {
        match self {
            Self::Name(name) => name,
            Self::Slot => "{..}",
        }
    }
}

/// The parts of the name that begins at a position, and where it ends.
fn name_at(tokens: &[Token], position: usize) -> Option<(Vec<Part<'_>>, usize)> {
    let part = |position: usize| tokens.get(position).and_then(Part::of);
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
            ("SELECT acme.{A.x} FROM {A}", "acme.{..}"),
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
    fn an_alias_opens_no_schema_where_no_column_can_stand() {
        for place in [
            "CAST(1 AS acme.money)",
            "1::acme.money",
            "1::acme.money[]",
            "acme.money '5'",
            "acme.money E'5'",
            "(SELECT m FROM json_to_record($1) AS j (a acme.money))",
            "(SELECT m FROM json_to_record($1) AS j (by int, \"by\" acme.money))",
            "(SELECT m FROM json_to_record($1) AS j (by acme.money))",
            "(SELECT m FROM json_to_record($1) j (a int, value acme.money))",
            "(SELECT 1 FROM ROWS FROM (json_to_record($1) AS (a acme.money)))",
            "(SELECT 1 FROM XMLTABLE('/a' PASSING $1 COLUMNS a acme.money PATH 'a'))",
            "(SELECT 1 FROM JSON_TABLE($1, '$' COLUMNS (a int, b acme.money PATH '$.a')))",
            "JSON_VALUE($1, '$' RETURNING acme.money)",
            "XMLSERIALIZE(CONTENT $1 AS acme.money)",
            "'a' COLLATE acme.money",
            "1 OPERATOR(acme.*) 2",
            "1 OPERATOR ( acme.*< ) 2",
            "1 OPERATOR(acme.+) 2",
            "CAST(1 AS acme.{A.x})",
            "1::acme.{A.x}",
            "acme.{A.x} '5'",
            "acme.{A.x}(1)",
            "{A.x}.money '5'",
            "1::{A.x}.money",
            "{A.x}.f(1)",
        ] {
            for alias in ["acme", "AS acme"] {
                let statement = format!("SELECT {place} FROM {{A}} {alias}");
                assert_eq!(found(&statement).len(), 1, "{statement}");
            }
        }
        for statement in [
            "INSERT INTO {A} AS acme (a) VALUES (1) ON CONFLICT (a acme.ops) DO NOTHING",
            "INSERT INTO {A} AS acme (a) VALUES (1) ON CONFLICT (lower(a) acme.ops) DO NOTHING",
            "INSERT INTO {A} AS acme (a) VALUES (1) ON CONFLICT ({A.x} acme.ops) DO NOTHING",
            "INSERT INTO {A} AS acme (a) VALUES (1) ON CONFLICT (a COLLATE \"C\" acme.ops) DO NOTHING",
            "INSERT INTO {A} AS acme (a) VALUES (1) ON CONFLICT (a COLLATE pg_catalog.c acme.ops) DO NOTHING",
            "SELECT users.money '5' FROM {Users}",
            "UPDATE {A} AS new SET x = new.money '5'",
        ] {
            assert_eq!(found(statement).len(), 1, "{statement}");
        }
    }

    #[test]
    fn columns_are_let_be_wherever_they_can_stand() {
        for value in [
            "(SELECT a.x)",
            "DISTINCT ON (a.x) a.y",
            "count(DISTINCT a.x), count(ALL a.x), (NOT a.x), f(b, NOT a.x)",
            "(CASE a.x WHEN a.y THEN a.z ELSE a.x END), f(VARIADIC a.x)",
            "trim(BOTH a.x FROM a.y), trim(FROM a.x), trim(LEADING a.x FROM a.y)",
            "extract(year FROM a.x), substring(a.x FROM a.y FOR a.z), overlay(a.x PLACING a.y FROM a.z)",
            "position(a.x IN a.y), a.x AT TIME ZONE a.y, a.x IS DISTINCT FROM a.y",
            "a.x LIKE a.y ESCAPE a.z, a.x SIMILAR TO a.y, a.x BETWEEN SYMMETRIC a.y AND a.z",
            "sum(a.x) FILTER (WHERE a.y) OVER (PARTITION BY a.x ORDER BY a.y DESC)",
            "xmlparse(DOCUMENT a.x), xmlparse(CONTENT a.x), xmlroot(a.x, VERSION a.y)",
            "json_object(KEY a.x VALUE a.y), json_object(a.x VALUE a.y, KEY a.z VALUE a.x)",
            "xmlelement(NAME n, a.x), xmlexists('a' PASSING BY REF a.x), xmlforest(a.x AS y)",
            "1 OPERATOR(pg_catalog.+) a.x, -a.x, a.x[1:a.y], (a.p).x, ARRAY[a.x, a.y], a.l[1].x",
            "a.x::text::pg_catalog.int4, CAST(a.x AS pg_catalog.text), pg_catalog.date '2020-01-01'",
            "ROW(a.x, a.y), (a.x, a.y) OVERLAPS (a.x, a.y), NULLIF(a.x, a.y), a.x COLLATE \"C\"",
        ] {
            let statement = format!("SELECT {value} FROM {{A}} a ORDER BY a.x, a.y LIMIT 1");
            assert_eq!(found(&statement), [""; 0], "{statement}");
        }
        for statement in [
            "SELECT 1 FROM {A} a JOIN {B} b USING (id) WHERE NOT a.x OR a.y AND (a.z)",
            "SELECT 1 FROM {A} a GROUP BY a.x, ROLLUP (a.y, a.z), GROUPING SETS ((a.x), a.y) HAVING a.x",
            "INSERT INTO {A} AS a (x) VALUES ($1) ON CONFLICT (x) DO UPDATE SET x = a.x RETURNING a.x, a.y",
            "WITH d AS (DELETE FROM {A} a RETURNING a.x) SELECT d.x FROM d WHERE (d.x) IN (VALUES (d.x))",
            "DELETE FROM {A} a USING {B} b WHERE a.x = b.y RETURNING (SELECT a.x), b.y",
            "MERGE INTO {A} a USING {B} b ON a.x = b.x WHEN MATCHED AND a.y THEN DELETE WHEN NOT MATCHED THEN INSERT (x) VALUES (b.x)",
            "SELECT a.x FROM {A} a, LATERAL (SELECT a.y) l, unnest(a.x) u, XMLTABLE(a.x PASSING a.y COLUMNS x int PATH 'x' DEFAULT a.z) t",
            "SELECT x.y FROM XMLTABLE(XMLNAMESPACES(DEFAULT a.x), '/a' PASSING a.y COLUMNS y int) x, {A} a",
        ] {
            assert_eq!(found(statement), [""; 0], "{statement}");
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
