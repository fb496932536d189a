//! The tables that SQL locks, as far as it tells, so that a transaction which did not have them all can begin with another one.
//!
//! The first lock of a transaction is waited for as long as it may, and those behind it shortly ([`circle`]). So whoever takes the same
//! tables in another order would be in the way each time, and an autovacuum, which PostgreSQL ends after `deadlock_timeout`
//! for whoever waits for it, would be so too. When it is tried again, another table comes first.
//!
//! [`circle`]: super::circle

use tenantry_sql::{Statement, Token, statements};

use super::circle::{BEGIN, END, limit};
use crate::name::quote_literal;

/// The schemas of a tenant and of what is shared, before they are filled in.
pub(super) const SLOTS: (&str, &str) = ("\"{tenant}\"", "\"{shared}\"");

/// A lock on a table, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mode {
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    AccessExclusive,
}

impl Mode {
    fn words(self) -> &'static str {
        match self {
            Self::RowExclusive => "ROW EXCLUSIVE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }
}

/// A table that SQL locks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TakenTable {
    /// Its schema, as it is written, and its name, as it is written.
    table: (String, String),
    mode: Mode,
}

/// The tables that SQL locks, each once, in their order.
pub(super) fn taken(sql: &str) -> Vec<TakenTable> {
    let mut all = Vec::new();
    for statement in statements(sql).unwrap_or_default() {
        for one in locked(&statement) {
            add(&mut all, one);
        }
    }
    all
}

/// Adds a table to others. One that is there already is locked in the stronger of both ways.
fn add(all: &mut Vec<TakenTable>, one: TakenTable) {
    match all.iter_mut().find(|it| it.table == one.table) {
        Some(there) => there.mode = there.mode.max(one.mode),
        None => all.push(one),
    }
}

/// The statements that lock the tables of several files in another order than these, a different one each time. They pass over
/// what is not there yet, and what the role may not lock.
pub(super) fn in_another_order<'a>(
    files: impl Iterator<Item = &'a [TakenTable]>,
    schemas: (&str, &str),
    attempts: usize,
) -> String {
    let mut all = Vec::new();
    files.flatten().for_each(|one| add(&mut all, one.clone()));
    if all.len() < 2 {
        return String::new();
    }
    let first = attempts % all.len();
    all.rotate_left(first);
    let locks = all.iter().enumerate().map(|(nth, taken)| {
        let limit = if nth == 0 { String::new() } else { limit(1) };
        limit + &taken.lock(schemas)
    });
    locks.collect()
}

impl TakenTable {
    /// The statement that locks it.
    pub(super) fn lock(&self, (tenant, shared): (&str, &str)) -> String {
        let (schema, name) = &self.table;
        let schema = match schema.as_str() {
            it if it == SLOTS.0 => tenant,
            it if it == SLOTS.1 => shared,
            other => other,
        };
        let table = format!("{schema}.{name}");
        format!(
            "{BEGIN}DO $tenantry_lock$ BEGIN IF EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass({}) \
             AND relkind IN ('r', 'p') AND pg_catalog.has_table_privilege(oid, 'UPDATE, DELETE, TRUNCATE')) \
             THEN LOCK TABLE {table} IN {} MODE; END IF; END $tenantry_lock${END}",
            quote_literal(&table),
            self.mode.words(),
        )
    }
}

/// The tables that a statement locks.
pub(super) fn locked(statement: &Statement<'_>) -> Vec<TakenTable> {
    let tokens = &statement.tokens;
    let named = match () {
        () if statement.begins(&["alter", "table"]) => first(tokens, "table", altered(tokens)),
        () if statement.begins(&["drop", "table"]) || statement.begins(&["truncate"]) => {
            return all(tokens, Mode::AccessExclusive);
        }
        () if statement.begins(&["create", "index"])
            || statement.begins(&["create", "unique", "index"]) =>
        {
            first(tokens, "on", Mode::Share)
        }
        () if statement.begins(&["create", "trigger"])
            || statement.begins(&["create", "or", "replace", "trigger"]) =>
        {
            first(tokens, "on", Mode::ShareRowExclusive)
        }
        () if statement.begins(&["update"]) => first(tokens, "update", Mode::RowExclusive),
        () if statement.begins(&["insert"]) => first(tokens, "into", Mode::RowExclusive),
        () if statement.begins(&["delete"]) => first(tokens, "from", Mode::RowExclusive),
        () => None,
    };
    let referenced = first(tokens, "references", Mode::ShareRowExclusive);
    named.into_iter().chain(referenced).collect()
}

/// How `ALTER TABLE` locks its table. It is no more than it takes by itself: a constraint that is validated reads all rows, beside those who
/// write.
fn altered(tokens: &[Token<'_>]) -> Mode {
    // The first word is the statement's own `ALTER`.
    let has = |word: &str| tokens.iter().skip(1).any(|token| token.is(word));
    if ["drop", "alter", "rename"].into_iter().any(has) {
        Mode::AccessExclusive
    } else if has("validate") && !has("add") && !has("set") {
        Mode::ShareUpdateExclusive
    } else if has("add") && has("foreign") {
        Mode::ShareRowExclusive
    } else {
        Mode::AccessExclusive
    }
}

/// The first table that is named behind a word.
fn first(tokens: &[Token<'_>], word: &str, mode: Mode) -> Option<TakenTable> {
    let at = tokens.iter().position(|token| token.is(word))?;
    all(&tokens[at + 1..], mode).into_iter().next()
}

/// All tables that are named.
fn all(tokens: &[Token<'_>], mode: Mode) -> Vec<TakenTable> {
    let named = tokens
        .windows(3)
        .filter(|part| part[1].text == "." && part[0].name().is_some() && part[2].name().is_some());
    let taken = |part: &[Token<'_>]| TakenTable {
        table: (part[0].text.to_owned(), part[2].text.to_owned()),
        mode,
    };
    named.map(taken).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_locked_as_their_statements_lock_them() {
        let sql = "CREATE INDEX ON \"{tenant}\".a (b); ALTER TABLE \"{tenant}\".a ADD b int; \
            ALTER TABLE ONLY \"{tenant}\".c ADD CONSTRAINT d FOREIGN KEY (b) REFERENCES \"{shared}\".e ON DELETE SET NULL; \
            CREATE TRIGGER t AFTER INSERT ON \"{tenant}\".f EXECUTE FUNCTION \"{tenant}\".g(); \
            ALTER TABLE \"{tenant}\".n VALIDATE CONSTRAINT o; \
            UPDATE \"{tenant}\".h SET i = 1; DROP TABLE \"{tenant}\".j, \"{tenant}\".k; CREATE INDEX ON \"{tenant}\".l (m); SELECT 1";
        let found = taken(sql);
        let found: Vec<(&str, Mode)> = found
            .iter()
            .map(|it| (it.table.1.as_str(), it.mode))
            .collect();
        let expected = [
            ("a", Mode::AccessExclusive),
            ("c", Mode::ShareRowExclusive),
            ("e", Mode::ShareRowExclusive),
            ("f", Mode::ShareRowExclusive),
            ("n", Mode::ShareUpdateExclusive),
            ("h", Mode::RowExclusive),
            ("j", Mode::AccessExclusive),
            ("k", Mode::AccessExclusive),
            ("l", Mode::Share),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn another_table_comes_first_each_time() {
        let sql = "ALTER TABLE \"{tenant}\".a ADD b int; ALTER TABLE \"{shared}\".c ADD b int;";
        let all = taken(sql);
        let order = |attempts| {
            let text = in_another_order([&all[..]].into_iter(), ("\"t\"", "\"s\""), attempts);
            let at = |table: &str| {
                text.find(&format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE"))
                    .unwrap()
            };
            at("\"t\".a") < at("\"s\".c")
        };
        assert_eq!([1, 2, 3].map(order), [false, true, false]);
        let one = taken("ALTER TABLE \"{tenant}\".a ADD b int");
        assert_eq!(in_another_order([&one[..]].into_iter(), ("t", "s"), 1), "");
    }
}
