//! Where a statement names relations, and which of them it writes to.
//!
//! This is no parser of SQL. It knows the words that a relation follows, and the few places where these words mean
//! something else.

use super::around::{compares, is_column_list, is_label, qualified};
use super::tokens::Token;
use super::with::{Own, with_queries};

/// Text that stands where a relation belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Relation {
    /// A slot, by its position among all.
    Slot { slot: usize, written: bool },
    /// A name, as written.
    Name(String),
}

/// Words in front of a relation that belong to it.
const BEFORE_RELATION: [&str; 5] = ["only", "lateral", "table", "rows", "from"];

/// Words that begin a query in parentheses.
const QUERY: [&str; 7] = [
    "select", "values", "with", "table", "insert", "update", "delete",
];

/// Words that end a list of relations. None of them but `set` can be an alias without `AS`.
const AFTER_RELATIONS: [&str; 15] = [
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
];

/// Functions whose arguments are separated by `FROM`.
const FROM_IN_CALL: [&str; 5] = ["extract", "substring", "trim", "overlay", "position"];

/// All relations of a statement but the names of its own `WITH` queries and calls of functions.
pub(crate) fn relations(tokens: &[Token]) -> Vec<Relation> {
    let mut scan = Scan {
        tokens,
        own: with_queries(tokens),
        levels: vec![Level::default()],
        found: Vec::new(),
    };
    let mut position = 0;
    while position < tokens.len() {
        position = scan.step(position);
    }
    scan.found
}

/// A pair of parentheses, or the whole.
#[derive(Debug, Clone, Copy, Default)]
struct Level {
    /// Whether a comma is followed by another relation.
    list: bool,
    /// Whether the relations of the list are written to.
    written: bool,
    /// Whether `FROM` separates a function's arguments.
    call: bool,
}

struct Scan<'a> {
    tokens: &'a [Token],
    own: Vec<Own<'a>>,
    levels: Vec<Level>,
    found: Vec<Relation>,
}

impl Scan<'_> {
    fn level(&mut self) -> &mut Level {
        // The outermost level is never closed, see `step`.
        self.levels.last_mut().expect("the outermost level stays")
    }

    /// Looks at a token, and gives the position of the next to look at.
    fn step(&mut self, position: usize) -> usize {
        let token = &self.tokens[position];
        let before = position.checked_sub(1).map(|before| &self.tokens[before]);
        match token {
            Token::Symbol('(') => self.open(before),
            Token::Symbol(')') if self.levels.len() > 1 => {
                self.levels.pop();
            }
            Token::Symbol(',') if self.level().list => {
                let written = self.level().written;
                return self.relation(position + 1, written, !written);
            }
            // A column, or an alias, of such a name.
            Token::Word(_)
                if before == Some(&Token::Symbol('.')) || is_label(self.tokens, position) => {}
            // A list is ended by `ON CONFLICT DO UPDATE SET`; any other `set` is an alias in it.
            Token::Word(word)
                if AFTER_RELATIONS.contains(&word.as_str())
                    && (word != "set" || before.is_some_and(|token| token.is("update"))) =>
            {
                self.level().list = false;
            }
            Token::Word(word) => {
                if let Some(target) = self.follows(word, position) {
                    let list = matches!(word.as_str(), "from" | "using" | "truncate" | "lock");
                    let level = self.level();
                    level.list = level.list || list;
                    level.written = target;
                    let callable = matches!(word.as_str(), "from" | "using" | "join") && !target;
                    return self.relation(position + 1, target, callable);
                }
            }
            _ => {}
        }
        position + 1
    }

    fn open(&mut self, before: Option<&Token>) {
        let call = before.is_some_and(|token| token.is_any(&FROM_IN_CALL));
        self.levels.push(Level {
            call,
            ..Level::default()
        });
    }

    /// Whether a relation follows the word at a position, and if so whether it is written to.
    fn follows(&mut self, word: &str, position: usize) -> Option<bool> {
        let before = position.checked_sub(1);
        let after = |words: &[&str]| before.is_some_and(|before| self.tokens[before].is_any(words));
        match word {
            "from" if after(&["delete"]) => Some(true),
            "from" if before.is_some_and(|before| compares(self.tokens, before)) => None,
            "from" if self.level().call => None,
            "from" | "join" | "using" | "table" => Some(false),
            // `FOR [NO KEY] UPDATE` locks, `DO UPDATE` and `THEN UPDATE` write where the statement does.
            "update" if after(&["for", "key", "do", "then", "on"]) => None,
            "into" | "update" | "truncate" => Some(true),
            "lock" if before.is_none() => Some(true),
            _ => None,
        }
    }

    /// Notes the relation at a position. `callable` says that it may be a function's result.
    fn relation(&mut self, mut position: usize, written: bool, callable: bool) -> usize {
        while self
            .tokens
            .get(position)
            .is_some_and(|token| token.is_any(&BEFORE_RELATION))
        {
            position += 1;
        }
        let name = match self.tokens.get(position) {
            Some(Token::Slot(slot)) => {
                self.found.push(Relation::Slot {
                    slot: *slot,
                    written,
                });
                return position + 1;
            }
            Some(Token::Symbol('(')) => return self.parenthesis(position, written, callable),
            Some(Token::Word(name) | Token::Quoted(name)) => name,
            _ => return position,
        };
        let (whole, end) = qualified(self.tokens, name, position + 1);
        let call = callable && matches!(self.tokens.get(end), Some(Token::Symbol('(')));
        let own =
            !written && end == position + 1 && self.own.iter().any(|own| own.is(name, position));
        if !call && !own {
            self.found.push(Relation::Name(whole));
        }
        end
    }

    /// A query in parentheses, or relations there: joined ones, or the one in `DELETE FROM ONLY (relation)`.
    fn parenthesis(&mut self, position: usize, written: bool, callable: bool) -> usize {
        let inside = self.tokens.get(position + 1);
        self.open(None);
        if inside.is_some_and(|token| token.is_any(&QUERY)) {
            return position + 1;
        }
        // `JOIN ... USING (a, b)` has columns in its parentheses.
        let before = position.checked_sub(1).map(|before| &self.tokens[before]);
        if before.is_some_and(|token| token.is("using"))
            && is_column_list(self.tokens, position + 1)
        {
            return position + 1;
        }
        self.relation(position + 1, written, callable)
    }
}

#[cfg(test)]
mod tests {
    use super::super::slots::take_out;
    use super::super::tokens::tokens;
    use super::*;

    fn found(statement: &str) -> Vec<Relation> {
        relations(&tokens(&take_out(statement).unwrap().text).unwrap())
    }

    fn names(statement: &str) -> Vec<String> {
        let found = found(statement).into_iter();
        found
            .filter_map(|relation| match relation {
                Relation::Name(name) => Some(name),
                Relation::Slot { .. } => None,
            })
            .collect()
    }

    fn written(statement: &str) -> Vec<usize> {
        let found = found(statement).into_iter();
        found
            .filter_map(|relation| match relation {
                Relation::Slot {
                    slot,
                    written: true,
                } => Some(slot),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn relations_by_name_are_found_wherever_they_stand() {
        let cases = [
            ("SELECT 1 FROM users", "users"),
            ("SELECT 1 FROM {A}, users", "users"),
            ("SELECT 1 FROM {A} a JOIN users u ON true", "users"),
            (
                "SELECT 1 FROM {A} a LEFT JOIN LATERAL users u ON true",
                "users",
            ),
            ("SELECT 1 FROM acme.users", "acme.users"),
            ("SELECT 1 FROM \"Users\"", "Users"),
            ("SELECT 1 FROM ONLY users", "users"),
            ("SELECT 1 FROM (users CROSS JOIN {A})", "users"),
            ("SELECT (SELECT 1 FROM users)", "users"),
            ("DELETE FROM {A} USING (users AS u CROSS JOIN {B})", "users"),
            (
                "SELECT 1 FROM {A} WHERE EXISTS (SELECT 1 FROM users)",
                "users",
            ),
            ("INSERT INTO users (a) VALUES (1)", "users"),
            ("INSERT INTO {A} SELECT 1 FROM users", "users"),
            ("UPDATE users SET a = 1", "users"),
            ("UPDATE {A} SET a = 1 FROM users", "users"),
            ("DELETE FROM users", "users"),
            ("DELETE FROM {A} USING users", "users"),
            (
                "MERGE INTO {A} USING users ON true WHEN MATCHED THEN DELETE",
                "users",
            ),
            ("TRUNCATE users", "users"),
            ("TRUNCATE TABLE {A}, users", "users"),
            ("TABLE users", "users"),
            ("LOCK TABLE users", "users"),
            ("WITH a AS (SELECT 1 FROM users) SELECT 1 FROM a", "users"),
            ("SELECT extract(year FROM (SELECT 1 FROM users))", "users"),
            (
                "SELECT 1 FROM users WHERE NOT EXISTS (WITH users AS (SELECT 1) SELECT 1 FROM users)",
                "users",
            ),
            (
                "WITH users AS (SELECT 1 FROM users) SELECT 1 FROM users",
                "users",
            ),
            (
                "WITH a AS (SELECT 1 FROM b), b AS (SELECT 1) SELECT 1 FROM a, b",
                "b",
            ),
            (
                "INSERT INTO {A} WITH u AS (SELECT 1) SELECT 1 FROM u RETURNING (SELECT 1 FROM u)",
                "u",
            ),
            (
                "SELECT 1 FROM {A} WINDOW a AS (), b AS () ORDER BY (SELECT 1 FROM b)",
                "b",
            ),
            ("SELECT 1 FROM {A} AS set, users", "users"),
            ("SELECT 1 FROM {A} set, users", "users"),
            ("SELECT 1 FROM {A} values, users", "users"),
            ("SELECT 1 FROM {A} a JOIN {B} b ON a.limit, users", "users"),
            ("SELECT a.as FROM users", "users"),
            ("SELECT 1 AS as FROM users", "users"),
            ("SELECT a.distinct FROM users", "users"),
            ("SELECT 1 distinct FROM users", "users"),
        ];
        for (statement, expected) in cases {
            assert_eq!(names(statement), [expected], "{statement}");
        }
    }

    #[test]
    fn what_is_no_relation_is_let_be() {
        let cases = [
            "SELECT a, b FROM {A}, {B} WHERE (a, b) IN (SELECT 1, 2)",
            "SELECT 1 FROM {A} JOIN {B} USING (id, x)",
            "SELECT 1 FROM generate_series(1, 2) AS g, unnest($1) WITH ORDINALITY AS u (a, b)",
            "SELECT 1 FROM {A} a, LATERAL (VALUES (1), (2)) v (n)",
            "SELECT extract(year FROM at), substring(a FROM 1 FOR 2), trim(BOTH FROM a) FROM {A}",
            "SELECT 1 FROM {A} WHERE a IS NOT DISTINCT FROM b",
            "SELECT 1 FROM {A} FOR UPDATE",
            "SELECT 1 FROM {A} FOR NO KEY UPDATE OF a",
            "INSERT INTO {A} (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2, b = 3",
            "MERGE INTO {A} USING {B} ON true WHEN MATCHED THEN UPDATE SET a = 1, b = 2",
            "WITH a (x, y) AS MATERIALIZED (SELECT 1), b AS NOT MATERIALIZED (SELECT 2) SELECT 1 FROM a, b",
            "WITH RECURSIVE t AS (SELECT 1 UNION ALL SELECT 2 FROM t) TABLE t",
            "SELECT 1 FROM {A} a WHERE a.update IS NULL AND a.\"from\" IS NULL",
            "SELECT 1 FROM {A} ORDER BY a, b",
            "SELECT 1 AS from, 2 AS update, 3 FROM {A}",
            "SELECT 1 FROM {A} WHERE a IS DISTINCT FROM b",
            "INSERT INTO {A} SELECT 1 FROM {B} ON CONFLICT (a) DO UPDATE SET a = 2, b = 3",
            "INSERT INTO {A} WITH u AS (SELECT 1) SELECT 1 FROM u",
            "WITH RECURSIVE a AS (SELECT 1 FROM b), b AS (SELECT 1) SELECT 1 FROM a",
            "WITH a AS (SELECT 1) SELECT (WITH b AS (SELECT 1 FROM a) SELECT 1 FROM a, b)",
            "SELECT a, b FROM ({A} CROSS JOIN {B})",
            "DELETE FROM {A} WHERE a = 1 RETURNING a, b",
        ];
        for statement in cases {
            assert_eq!(names(statement), [""; 0], "{statement}");
        }
    }

    #[test]
    fn written_slots_are_told_from_read_ones() {
        let cases: [(&str, &[usize]); 15] = [
            ("SELECT 1 FROM {A} JOIN {B} ON true", &[]),
            ("INSERT INTO {A} SELECT 1 FROM {B}", &[0]),
            ("UPDATE ONLY {A} SET a = 1 FROM {B}, {C}", &[0]),
            ("DELETE FROM {A} USING {B}, {C}", &[0]),
            (
                "MERGE INTO {A} USING {B} ON true WHEN MATCHED THEN DELETE",
                &[0],
            ),
            ("TRUNCATE TABLE {A}, {B}", &[0, 1]),
            ("LOCK TABLE {A}", &[0]),
            (
                "WITH x AS (DELETE FROM {A} RETURNING 1) INSERT INTO {B} SELECT 1 FROM x",
                &[0, 1],
            ),
            ("SELECT 1 FROM {A} FOR UPDATE", &[]),
            ("DELETE FROM ONLY ({A}) USING {B}", &[0]),
            (
                "UPDATE ONLY ({A}) SET a = 1 FROM ({B} CROSS JOIN {C})",
                &[0],
            ),
            ("TRUNCATE ONLY ({A}), ONLY ({B})", &[0, 1]),
            (
                "MERGE INTO ONLY ({A}) USING {B} ON true WHEN MATCHED THEN DELETE",
                &[0],
            ),
            ("LOCK TABLE ONLY ({A}), {B}", &[0, 1]),
            (
                "INSERT INTO {A} (a) VALUES (1) ON CONFLICT DO UPDATE SET a = 2",
                &[0],
            ),
        ];
        for (statement, expected) in cases {
            assert_eq!(written(statement), expected, "{statement}");
        }
    }
}
