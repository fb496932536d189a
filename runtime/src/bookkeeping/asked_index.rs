//! The index that a `CREATE INDEX` asks for, and a guard that refuses one that is not it.
//!
//! `IF NOT EXISTS` passes over any index of the name, whatever it is on. So in a transaction such a statement comes after a
//! block that makes an index of an empty copy of the table, if there is one of the name, compares the two, and runs the
//! statement without `IF NOT EXISTS` if they differ, which PostgreSQL refuses.

use std::borrow::Cow;
use std::fmt::Write as _;

use tenantry_sql::{Statement, Token, statements, tokens};

use super::circle;
use crate::name::{FUNCTION_NEEDED, quote_identifier, quote_literal};

/// The beginning and the end of a guard.
pub(super) const BEGIN: &str = "DO $tenantry_index$";
pub(super) const END: &str = "$tenantry_index$; ";

/// The code of a guard that finds no key by which batches could be.
pub(super) const NO_KEY: &str = "42P10";

/// The index that a `CREATE INDEX` asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AskedIndex {
    /// Nothing, if PostgreSQL is to choose the name.
    pub(crate) name: Option<String>,
    pub(crate) is_unique: bool,
    is_concurrent: bool,
    /// Whether it may be there already.
    may_exist: bool,
    pub(crate) schema: String,
    pub(crate) table: String,
    /// The rest of the statement after the name of the table.
    pub(crate) rest: String,
}

impl AskedIndex {
    /// Reads a text of one statement. It gives nothing if the statement makes no index, or names no schema.
    pub(crate) fn of(sql: &str) -> Option<Self> {
        let statement = statements(sql).ok()?.into_iter().next()?;
        Self::of_statement(sql, &statement)
    }

    fn of_statement(sql: &str, statement: &Statement<'_>) -> Option<Self> {
        let is_unique = statement.begins(&["create", "unique", "index"]);
        if !is_unique && !statement.begins(&["create", "index"]) {
            return None;
        }
        let mut tokens = StatementTokens {
            statement,
            at: if is_unique { 3 } else { 2 },
        };
        let is_concurrent = tokens.skip("concurrently");
        let may_exist = tokens.skip("if");
        if may_exist {
            tokens.skip("not");
            tokens.skip("exists");
        }
        let name = if tokens.skip("on") {
            None
        } else {
            let name = tokens.name()?;
            tokens.skip("on").then_some(())?;
            Some(name)
        };
        tokens.skip("only");
        let schema = tokens.name()?;
        tokens.next().filter(|dot| dot.text == ".")?;
        let table = tokens.name()?;
        let last = statement.tokens.get(tokens.at - 1)?;
        let end = statement.tokens.last()?;
        Some(Self {
            name,
            is_unique,
            is_concurrent,
            may_exist,
            schema,
            table,
            rest: sql[last.start + last.text.len()..end.start + end.text.len()].to_owned(),
        })
    }

    /// Whether the rest names the table, which is not the copy that a guard makes.
    fn names_its_table(&self) -> bool {
        let all: Vec<Token<'_>> = tokens(&self.rest)
            .filter(|it| !it.text.trim().is_empty())
            .collect();
        all.windows(2).any(|pair| {
            pair[1].text == "." && pair[0].name().is_some_and(|name| name == self.table)
        })
    }

    /// Returns the block that refuses another index of the name, if that can be told in a transaction.
    fn guard(&self) -> Option<String> {
        let name = self.name.as_deref()?;
        if !self.may_exist
            || self.is_concurrent
            || self.rest.contains(END.trim())
            || self.names_its_table()
        {
            return None;
        }
        let schema = quote_identifier(&self.schema);
        let number = format!("{}::pg_catalog.regnamespace", quote_literal(&schema));
        let table = quote_identifier(&self.table);
        let unique = if self.is_unique { "UNIQUE " } else { "" };
        let rest = &self.rest;
        let index = quote_identifier(name);
        let (name, table_name) = (quote_literal(name), quote_literal(&self.table));
        // From the method on, the definitions say the same.
        let definition = |of: &str| {
            let table = format!("pg_catalog.format('%I.%I USING ', {number}, {of}_table.relname)");
            format!(
                "pg_catalog.substr(pg_catalog.pg_get_indexdef({of}.indexrelid), pg_catalog.strpos( \
                 pg_catalog.pg_get_indexdef({of}.indexrelid), {table}) + pg_catalog.length({table}))"
            )
        };
        let relation = |of: &str, name: &str| {
            format!("{of}.relnamespace = {number} AND {of}.relname = {name}::pg_catalog.name")
        };
        Some(format!(
            "{BEGIN} BEGIN IF EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE {there}) THEN \
             CREATE TABLE {schema}.tenantry_asked (LIKE {schema}.{table}); \
             CREATE {unique}INDEX tenantry_asked_index ON {schema}.tenantry_asked{rest}; \
             IF NOT EXISTS (SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_index AS there ON there.indexrelid = c.oid \
             JOIN pg_catalog.pg_class AS there_table ON there_table.oid = there.indrelid AND {on_table} \
             JOIN pg_catalog.pg_class AS asked_table ON {on_copy} \
             JOIN pg_catalog.pg_index AS asked ON asked.indrelid = asked_table.oid \
             WHERE {there} AND there.indisvalid AND there.indisunique = asked.indisunique AND {one} = {other}) \
             THEN CREATE {unique}INDEX {index} ON {schema}.{table}{rest}; END IF; \
             DROP TABLE {schema}.tenantry_asked; END IF; END {END}",
            there = relation("c", &name),
            on_table = relation("there_table", &table_name),
            on_copy = relation("asked_table", "'tenantry_asked'"),
            one = definition("there"),
            other = definition("asked"),
        ))
    }
}

/// SQL for a transaction, in which `CREATE INDEX IF NOT EXISTS` passes over no other index.
pub(super) fn guarded(sql: &str) -> Cow<'_, str> {
    let all = statements(sql).unwrap_or_default();
    let mut text = Cow::Borrowed(sql);
    for statement in all.iter().rev() {
        let asked = AskedIndex::of_statement(sql, statement);
        if let Some(guard) = asked.and_then(|asked| asked.guard()) {
            text.to_mut().insert_str(statement.start(), &guard);
        }
    }
    text
}

/// Returns the rest of the words about a failure at a place: of a guard, that there is another index.
pub(super) fn help(at: Option<&str>, code: Option<&str>) -> &'static str {
    let is_guard = at.is_some_and(|text| text.starts_with(BEGIN));
    if is_guard && code == Some(NO_KEY) {
        ": batches take a primary key, or a unique index without nulls, of just these columns in their order, each a \
         number, a text, a date, a UUID or the like\n\
         help: name the columns of its primary key in the comment, or do the statement without batches"
    } else if is_guard && code == Some(FUNCTION_NEEDED) {
        "\n\
         help: run `migrate` with the program that has the function: it finds out what new tenants are made of, and `check` says \
         why that can't be; or delete such rows in a migration before it"
    } else if is_guard && code == Some("42P07") {
        ", and is not the index that is asked for\nhelp: drop or rename what is there, and run it again; or give the new one \
         another name"
    } else if code == Some("42704") && at.is_some_and(is_of_exclusion) {
        "\n\
         help: PostgreSQL's extension `btree_gist` compares types that are no ranges: write `CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA public` \
         into `shared.up.sql` of a migration before, or have somebody make it who may"
    } else if code == Some(MISFIT) && at.is_some_and(is_of_view) {
        "\n\
         help: the first is what the fields of the view's struct say, and the second what its SELECT gives, from left to right: give the field the other type or \
         name, or cast the column or name it in the SELECT, and make the migration again"
    } else {
        ""
    }
}

/// The code of a view whose columns are not those that it had.
const MISFIT: &str = "42P16";

/// Whether a view is replaced at a place.
fn is_of_view(text: &str) -> bool {
    statements(text).is_ok_and(|all| {
        let first = all.first();
        first.is_some_and(|it| it.begins(&["create", "or", "replace", "view"]))
    })
}

/// Whether an exclusion constraint is added at a place, by itself or with its table.
fn is_of_exclusion(text: &str) -> bool {
    let all = statements(text).unwrap_or_default();
    let first = all.first();
    first.is_some_and(|it| it.tokens.iter().any(|token| token.is("exclude")))
}

/// The text before a byte and after it as it was without guards. A byte in a guard is that of its statement.
pub(super) fn unguarded(text: &str, byte: usize) -> (String, String) {
    let (mut before, mut after) = (String::new(), String::new());
    let mut at = 0;
    while at < text.len() {
        let guards = [(BEGIN, END), (circle::BEGIN, circle::END)].into_iter();
        let found = guards.filter_map(|(begin, end)| Some((at + text[at..].find(begin)?, end)));
        let guard = found.min();
        let end = guard.map_or(text.len(), |(guard, _)| guard);
        let cut = byte.clamp(at, end);
        let _ = write!(before, "{}", &text[at..cut]);
        let _ = write!(after, "{}", &text[cut..end]);
        at = match guard {
            Some((guard, end)) => text[guard..]
                .find(end)
                .map_or(text.len(), |found| guard + found + end.len()),
            None => end,
        };
    }
    (before, after)
}

/// Goes through the tokens of a statement.
struct StatementTokens<'a> {
    statement: &'a Statement<'a>,
    at: usize,
}

impl<'a> StatementTokens<'a> {
    fn next(&mut self) -> Option<&'a Token<'a>> {
        let token = self.statement.tokens.get(self.at)?;
        self.at += 1;
        Some(token)
    }

    fn skip(&mut self, word: &str) -> bool {
        let found = self.statement.tokens.get(self.at);
        let is_next = found.is_some_and(|token| token.is(word));
        self.at += usize::from(is_next);
        is_next
    }

    fn name(&mut self) -> Option<String> {
        Some(self.next()?.name()?.into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_taken_apart() {
        let asked = AskedIndex::of(
            "\n\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"By \"\"A\"\"\" ON ONLY \"acme\".\"T\" USING btree (a) \
             WHERE b > 0\n;",
        )
        .unwrap();
        assert_eq!(asked.name.as_deref(), Some("By \"A\""));
        assert_eq!((asked.schema.as_str(), asked.table.as_str()), ("acme", "T"));
        assert!(asked.is_unique);
        assert_eq!(asked.rest, " USING btree (a) WHERE b > 0");
        let asked = AskedIndex::of("create index on acme.T (a)").unwrap();
        assert_eq!((asked.name, asked.table.as_str()), (None, "t"));
        for other in [
            "CREATE INDEX a ON b (c)",
            "DROP INDEX a.b",
            "CREATE TABLE a.b (c int)",
        ] {
            assert_eq!(AskedIndex::of(other), None, "{other}");
        }
    }

    #[test]
    fn a_guard_is_no_part_of_what_is_told() {
        let sql = "SELECT 1;\n  CREATE INDEX IF NOT EXISTS i ON \"{tenant}\".t (a); SELECT 2;\nCREATE INDEX CONCURRENTLY IF NOT EXISTS j ON \"{tenant}\".t (b)";
        let text = guarded(sql);
        let guard = text.find(BEGIN).unwrap();
        assert_eq!(text.matches(BEGIN).count(), 1);
        let at = sql.find("CREATE").unwrap();
        let cut = |at: usize| (sql[..at].to_owned(), sql[at..].to_owned());
        assert_eq!(unguarded(&text, guard), cut(at));
        assert_eq!(unguarded(&text, guard + 10), cut(at));
        let second = text.find("SELECT 2").unwrap();
        assert_eq!(unguarded(&text, second), cut(sql.find("SELECT 2").unwrap()));
        assert!(statements(&text).is_ok_and(|all| all.len() == 5));
        let named = "CREATE INDEX IF NOT EXISTS i ON \"{tenant}\".t (a) WHERE t.b > 0";
        assert_eq!(guarded(named), named);
    }
}
