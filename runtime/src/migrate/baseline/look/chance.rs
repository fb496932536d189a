//! Whether SQL may give something else another time, although two replays give it alike by chance.
//!
//! An hour or a year from the clock, one of two random numbers, the role of the session: a replay a moment later does not show
//! that these change. So whatever is called has to be known not to: functions of PostgreSQL and of extensions by the catalogue, routines,
//! views and operators of migrations by their texts.

use std::collections::BTreeMap;

use tenantry_sql::{Kind, Token, tokens};

use super::changing::ChangingFunctions;
use super::forms::{arguments, is_column, is_foreign_block, is_readable};
use super::time::{self, is_put_together, is_time, is_whole_value, quoted};

/// The reason of what names something that changes.
pub(super) const CHANCE: &str = "looks at the clock, at chance, at the session or at the catalogue";
/// The reason of dynamic SQL.
pub(super) const DYNAMIC: &str = "runs SQL that is put together, and can't be read before";

/// Key words that are chance or the session wherever they stand, like those that are the time.
const WORDS: [&str; 2] = ["current_catalog", "tablesample"];

/// Key words that are the role of the session, a number of the catalogue or of a transaction. Without rows they are only a way to say to
/// whom or to what something is done.
const WITH_ROWS: [&str; 11] = [
    "current_user",
    "current_role",
    "current_schema",
    "session_user",
    "system_user",
    "user",
    "information_schema",
    "oid",
    "tableoid",
    "xmax",
    "xmin",
];

/// Words with which dynamic SQL begins, if it changes or gives rows.
const VERBS: [&str; 10] = [
    "select", "insert", "update", "delete", "merge", "with", "do", "call", "prepare", "execute",
];

/// Words of a body after which a statement begins.
const BEFORE_STATEMENTS: [&str; 4] = ["begin", "then", "else", "loop"];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Named {
    /// Has a parenthesis after it, or is called like a column.
    Routine,
    /// A view, a domain, an operator.
    Other,
}

/// Judge of what is known to change.
pub(super) struct Judge<'c> {
    changing: &'c ChangingFunctions,
    names: BTreeMap<String, FoundChance>,
}

#[derive(Clone, Copy)]
struct FoundChance {
    kind: Named,
    reason: &'static str,
    /// Whether it counts only for rows.
    needs_rows: bool,
}

impl<'c> Judge<'c> {
    /// Finds out which of the things that are called by name may change, with whatever calls these. One without a text can't be read.
    pub(super) fn new(
        changing: &'c ChangingFunctions,
        mut all: Vec<(String, Named, Option<String>)>,
    ) -> Self {
        let mut judge = Self {
            changing,
            names: BTreeMap::new(),
        };
        for has_rows in [false, true] {
            loop {
                let before = all.len();
                all.retain(|(name, kind, text)| {
                    let reason = judge.text(text.as_deref(), has_rows);
                    if let Some(reason) = reason {
                        let found = FoundChance {
                            kind: *kind,
                            reason,
                            needs_rows: has_rows,
                        };
                        let entry = judge.names.entry(name.clone()).or_insert(found);
                        if *kind == Named::Other {
                            entry.kind = Named::Other;
                        }
                    }
                    reason.is_none()
                });
                if all.len() == before {
                    break;
                }
            }
        }
        judge
    }

    /// The reason why some text may give other rows another time. One that is not there can't be read.
    pub(super) fn reason_of(&self, text: Option<&str>) -> Option<&'static str> {
        self.text(text, true)
    }

    fn text(&self, text: Option<&str>, has_rows: bool) -> Option<&'static str> {
        let Some(text) = text else {
            return Some(CHANCE);
        };
        let tokens: Vec<Token<'_>> = tokens(text)
            .filter(|it| !matches!(it.kind, Kind::Space | Kind::Comment))
            .collect();
        self.reason(&tokens, has_rows)
    }

    /// The reason why tokens may give something else another time. Some of it counts only where rows are changed.
    pub(super) fn reason(&self, tokens: &[Token<'_>], has_rows: bool) -> Option<&'static str> {
        if is_foreign_block(tokens) || is_put_together(tokens) {
            return Some(CHANCE);
        }
        // Only then are strings executed; else they are only texts.
        let is_block = tokens.first().is_some_and(|first| first.is("do"));
        let is_dynamic = is_block || tokens.iter().any(|token| token.is("execute"));
        (0..tokens.len()).find_map(|at| self.at(tokens, at, (has_rows, is_dynamic)))
    }

    fn at(
        &self,
        tokens: &[Token<'_>],
        at: usize,
        (has_rows, is_dynamic): (bool, bool),
    ) -> Option<&'static str> {
        let token = &tokens[at];
        let text = token.text;
        let is_text = matches!(token.kind, Kind::String | Kind::Dollar);
        // If no text is made a time later, one that is kept is the same each time, or two replays tell.
        let is_kept = is_text && !self.changing.casts_texts && is_whole_value(tokens, at);
        match token.kind {
            Kind::Word | Kind::Quoted => self.name(tokens, at, has_rows),
            // It can be any.
            Kind::EscapedName => Some(CHANCE),
            Kind::Operator => self.found(text, has_rows),
            Kind::String => {
                let inner = quoted(text).replace("''", "'");
                self.string(&inner, (has_rows, is_dynamic), is_kept)
            }
            Kind::Dollar => {
                let (_, inner) = token.dollar_parts()?;
                if is_dynamic {
                    // As a whole: what is put together in one statement of a body is executed in another.
                    return self.text(Some(inner), has_rows);
                }
                self.string(inner, (has_rows, is_dynamic), is_kept)
            }
            _ => None,
        }
    }

    fn string(
        &self,
        inner: &str,
        (has_rows, is_dynamic): (bool, bool),
        is_kept: bool,
    ) -> Option<&'static str> {
        if is_time(inner) && !is_kept {
            return Some(CHANCE);
        }
        if !is_dynamic {
            return None;
        }
        let first = inner.split_whitespace().next().unwrap_or_default();
        // What is not SQL names nothing but by chance.
        if inner.contains('(') || VERBS.iter().any(|verb| first.eq_ignore_ascii_case(verb)) {
            // What it is filled in with is not known, so what becomes of its texts is not either.
            let is_text = |it: &Token<'_>| it.kind == Kind::String && is_time(quoted(it.text));
            let has_time = tokens(inner).any(|it| is_text(&it));
            return has_time
                .then_some(CHANCE)
                .or_else(|| self.text(Some(inner), has_rows));
        }
        // It can be filled in as a name.
        let is_called = has_rows && self.changing.is_called((inner, None), false, has_rows);
        let found = is_called.then_some(CHANCE);
        found.or_else(|| self.found(inner, has_rows).filter(|_| has_rows))
    }

    /// The reason of something other than a routine, by its name.
    fn found(&self, name: &str, has_rows: bool) -> Option<&'static str> {
        let found = self.names.get(name)?;
        (found.kind == Named::Other && (has_rows || !found.needs_rows)).then_some(found.reason)
    }

    fn name(&self, tokens: &[Token<'_>], at: usize, has_rows: bool) -> Option<&'static str> {
        let token = &tokens[at];
        let before = at.checked_sub(1).map(|at| tokens[at].text);
        let next = tokens.get(at + 1).map(|token| token.text);
        let is_one_of = |words: &[&str]| {
            let mut words = words.iter();
            words.any(|word| token.text.eq_ignore_ascii_case(word))
        };
        // In another schema it is a table or a function of that name.
        let qualifier = at.checked_sub(2).map(|at| &tokens[at]);
        let qualifier = qualifier.and_then(Token::name);
        let is_catalogue = qualifier.as_deref() == Some("pg_catalog");
        let is_qualified = before == Some(".") && !is_catalogue;
        let name = token.name()?;
        if token.kind == Kind::Word && (is_one_of(&WORDS) || is_one_of(&time::WORDS)) {
            return Some(CHANCE);
        }
        if has_rows && token.kind == Kind::Word {
            if token.is("execute") && !is_readable(&tokens[at + 1..], at == 0) {
                return Some(DYNAMIC);
            }
            let is_number = is_one_of(&["oid", "tableoid", "xmin", "xmax"]);
            if token.is("oid") && is_column(before, next) {
                return None;
            }
            if token.is("copy")
                && (at == 0 || tokens[at - 1].is_any(&BEFORE_STATEMENTS) || before == Some(";"))
            {
                return Some(CHANCE);
            }
            if is_one_of(&WITH_ROWS) && (before != Some(".") || is_number) {
                return Some(CHANCE);
            }
        }
        // PostgreSQL lets nobody have names that begin so, but its own.
        let is_own =
            name.starts_with("pg_") && name != "pg_catalog" && !name.starts_with("pg_temp");
        if has_rows && is_own && next != Some("(") && !is_qualified {
            return Some(CHANCE);
        }
        let is_call = next == Some("(") && before.is_none_or(|it| !it.eq_ignore_ascii_case("into"));
        let called = (&*name, arguments(&tokens[at + 1..]));
        if is_call && self.changing.is_called(called, is_qualified, has_rows) {
            return Some(CHANCE);
        }
        let found = self.names.get(&*name)?;
        let is_called = is_call || found.kind == Named::Other;
        (is_called && (has_rows || !found.needs_rows)).then_some(found.reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(sql: &str, has_rows: bool) -> Option<&'static str> {
        let changing = ChangingFunctions::of(&[
            "now",
            "age",
            "random",
            "array_sample",
            "version",
            "pg_backend_pid",
            "current_setting",
            "to_regclass",
        ]);
        let text = |text: &str| Some(text.to_owned());
        let judge = Judge::new(
            &changing,
            vec![
                (
                    "this_year".to_owned(),
                    Named::Routine,
                    text("SELECT extract(year FROM now())"),
                ),
                (
                    "of_it".to_owned(),
                    Named::Routine,
                    text("SELECT this_year()"),
                ),
                ("python".to_owned(), Named::Routine, None),
                ("daily".to_owned(), Named::Other, text("SELECT this_year()")),
                ("<~>".to_owned(), Named::Other, text("python()")),
                ("plain".to_owned(), Named::Routine, text("SELECT 1")),
                (
                    "is_there".to_owned(),
                    Named::Routine,
                    text("SELECT FROM pg_class"),
                ),
            ],
        );
        judge.text(Some(sql), has_rows)
    }

    #[test]
    fn what_may_be_different_another_time_is_found() {
        for sql in [
            "INSERT INTO a VALUES (extract(year FROM now()))",
            "UPDATE a SET b = Current_Date",
            "SELECT 'today'::date",
            "SELECT E'today'::date",
            "DO $do$ BEGIN PERFORM f(age(x)); END $do$",
            "DO $$ BEGIN EXECUTE $a$ SELECT now () $a$; END $$",
            "DO $$ BEGIN EXECUTE 'SELECT now()'; END $$",
            "DO $$ BEGIN EXECUTE 'UPDATE a SET d = current_date'; END $$",
            "DO $$ BEGIN EXECUTE 'INSERT INTO a VALUES (''today''::date)'; END $$",
            "INSERT INTO a VALUES ('tomorrow 08:00'::timestamptz)",
            "INSERT INTO a VALUES ('{2020-01-01,today}'::date[])",
            "INSERT INTO a VALUES ($$now$$::timestamptz)",
            "INSERT INTO a VALUES ('now Europe/Berlin'::timestamptz)",
            "INSERT INTO a SELECT b FROM c TABLESAMPLE bernoulli (50)",
            "INSERT INTO a SELECT (array_sample(ARRAY[1, 2], 1))[1]",
            "INSERT INTO a SELECT \"this_year\"()",
            "SELECT s.this_year()",
            "SELECT s.of_it()",
            "SELECT s.python()",
            "SELECT 1 OPERATOR(s.<~>) 2",
            "SELECT pg_catalog.now()",
            "INSERT INTO a SELECT * FROM s.daily",
            "INSERT INTO a VALUES (random() < 0.5)",
            "INSERT INTO a VALUES (('no' || 'w')::timestamptz)",
            "INSERT INTO a VALUES (CAST(concat('to', 'day') AS date))",
            "INSERT INTO a VALUES (reverse('won')::pg_catalog.timestamptz > b)",
            "INSERT INTO a VALUES (E'no\\167'::timestamp < b)",
            "UPDATE a SET b = 1 WHERE at > 'now'",
            "UPDATE a SET b = (at > 'now')",
            "INSERT INTO a VALUES (f('now'))",
            "INSERT INTO a SELECT b, c > 'today' FROM d",
            "SELECT U&\"n\\006fw\"()",
        ] {
            assert!(reason(sql, false).is_some(), "{sql}");
        }
    }

    #[test]
    fn what_is_about_roles_and_the_catalogue_counts_for_rows() {
        for sql in [
            "INSERT INTO a VALUES (USER)",
            "INSERT INTO a SELECT current_setting('x')",
            "INSERT INTO a SELECT count(*) FROM pg_catalog.pg_class",
            "INSERT INTO a SELECT 1 FROM information_schema.columns",
            "INSERT INTO a SELECT 's.a'::regclass::oid",
            "INSERT INTO a SELECT b.xmin FROM b",
            "SELECT s.is_there()",
            "DO $$ BEGIN EXECUTE x; END $$",
            "DO $$ BEGIN EXECUTE 'SELECT n' || 'ow()'; END $$",
            "DO $$ BEGIN EXECUTE format('SELECT ' || x); END $$",
            "DO $$ BEGIN EXECUTE format('SELECT %s()', 'version'); END $$",
            "DO $$ BEGIN EXECUTE format('TABLE %I', 'daily'); END $$",
        ] {
            assert!(reason(sql, true).is_some(), "{sql}");
            let is_chance = sql.contains("setting") || sql.contains("'version'");
            assert!(is_chance || reason(sql, false).is_none(), "{sql}");
        }
    }

    #[test]
    fn what_is_the_same_each_time_is_not() {
        for sql in [
            "INSERT INTO now VALUES ('it is now today', 'daily', 'random')",
            "INSERT INTO a VALUES (1, 'Today'), (2, 'now')",
            "INSERT INTO a SELECT 'Tomorrow', b FROM c",
            "UPDATE a SET b = 1, c = 'today' WHERE b = 2",
            "SELECT 'now'::text",
            "INSERT INTO a (years) SELECT age(b, c) FROM d",
            "INSERT INTO a (id, oid) VALUES (1, 2)",
            "UPDATE a SET oid = 3 WHERE a.oid = 2",
            "INSERT INTO a SELECT ('2020-01-01' || b)::date, (b->>'at')::timestamptz, ('2020-01-01')::date FROM c",
            "INSERT INTO a VALUES ('Delete user'), ('Power user (all)'), ('Age (years)'), ('<p>Dear user, copy (now) this</p>')",
            "INSERT INTO a VALUES ('Now hiring'), ('{\"range\": \"today\"}'), ($t$Dear user, it is now() or never$t$)",
            "INSERT INTO a (id, copy) VALUES (1, 'x')",
            "INSERT INTO version (id) VALUES (1)",
            "INSERT INTO a (\"user\", random) VALUES (t.user)",
            "SELECT age FROM people -- now()",
            "INSERT INTO a (this_year) VALUES (1)",
            "INSERT INTO \"{tenant}\".version (id) VALUES (1)",
            "INSERT INTO a SELECT s.plain(), lower(b), 1 < 2",
            "DO $$ BEGIN EXECUTE 'UPDATE a SET b = 1' USING x; EXECUTE format('UPDATE %I SET b = 1', 'a'); END $$",
            "EXECUTE p(1)",
            "CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW EXECUTE FUNCTION s.plain()",
        ] {
            assert_eq!(reason(sql, true), None, "{sql}");
        }
    }
}
